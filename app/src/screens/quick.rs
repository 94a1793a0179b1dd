//! Snel toevoegen: one person in four taps; the situation stays as it was.

use crate::browser::life;
use crate::components::notice::Notice;
use crate::components::page::Page;
use crate::components::question::{Dense, Elements, Summary, elements, focus_question};
use crate::routes::{Router, Screen};
use crate::screens::record::{LockedAmend, SituationLine, with_form_in_hand, with_labels};
use crate::services::field::{Field, FormInHand};
use crate::text::{quick, record};
use crate::view::prelude::*;
use veldpost_forms::session::Key;

/// The shortest form, again and again.
#[component]
pub fn Quick() -> impl IntoView {
    // The first form that this screen sees follows nothing; each later one follows a save.
    with_form_in_hand(|follows| view! { <Asking follows=follows /> }.into_view())
}

/// Keeps the person and goes on with the next; what is wrong or missing is asked, and said above.
pub fn keep_and_go_on(field: Field, extra: RwSignal<Vec<Key>>) {
    let wrong = field.peek_form(FormInHand::problems).unwrap_or_default();
    if wrong.is_empty() {
        field.finish_for_next();
        return;
    }
    extra.update(|extra| extra.extend(wrong.iter().map(|problem| problem.key)));
    field.show_form(|form| {
        form.show(&wrong);
        form.asked_on = true;
    });
    request_animation_frame(|| life::focus_first(".error-summary h2"));
}

#[component]
fn Asking(
    /// Another person was just kept.
    follows: bool,
) -> impl IntoView {
    let field = expect_context::<Field>();
    let router = expect_context::<Router>();
    // Here, so that it goes with this screen: a context outlives a component.
    provide_context(Dense);
    let promoted = field
        .peek_form(|form| form.promoted_from.is_some())
        .unwrap_or(false);
    // What else must be asked: without a round, the situation.
    let extra = RwSignal::new(wrong_keys(field));
    let all: Elements = Memo::new(move |_| {
        extra
            .with(|extra| field.with_form(|form| form.quick(extra)))
            .unwrap_or_default()
    });
    let problems = Memo::new(move |_| {
        let shown = |form: &FormInHand| {
            let mut wrong = if form.asked_on {
                form.problems()
            } else {
                Vec::new()
            };
            wrong.retain(|problem| form.shows(problem.key));
            with_labels(wrong, form)
        };
        field.with_form(shown).unwrap_or_default()
    });
    let done = move |_| keep_and_go_on(field, extra);
    let more = move |_| {
        field.show_form(FormInHand::open_first);
        router.go(Screen::Record);
    };
    let change = Callback::new(move |()| {
        let carried = field
            .peek_form(FormInHand::carried_keys)
            .unwrap_or_default();
        let first = carried.first().copied();
        extra.update(|extra| extra.extend(carried));
        if let Some(key) = first {
            focus_question(key);
        }
    });
    let bar = ViewFn::from(move || {
        view! {
            <button type="button" class="button" on:click=more>
                {quick::MORE.get()}
            </button>
            <button type="button" class="button button-primary bar-main" on:click=done>
                {quick::DONE.get()}
            </button>
        }
    });
    let counting = field.round.with_untracked(Option::is_some);
    view! {
        <Page
            title=quick::TITLE
            back=if counting { Screen::Tally } else { Screen::Home }
            bar=bar
        >
            <Notice />
            <LockedAmend />
            {follows.then(|| view! { <p class="status">{quick::SAVED.get()}</p> })}
            {promoted.then(|| view! { <p class="status">{record::PROMOTED.get()}</p> })}
            <Summary
                problems=problems
                on_pick=Callback::new(|(key, _): (Key, String)| focus_question(key))
            />
            <SituationLine on_change=change />
            <form
                class="form"
                autocomplete="off"
                novalidate
                on:submit=|event| event.prevent_default()
            >
                {elements(all, None)}
            </form>
        </Page>
    }
}

fn wrong_keys(field: Field) -> Vec<Key> {
    let wrong = field.peek_form(FormInHand::problems).unwrap_or_default();
    wrong.into_iter().map(|problem| problem.key).collect()
}
