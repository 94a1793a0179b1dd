//! An organisation's desk: one person after another by keyboard alone, and what was entered today.
//!
//! Not here: what a question looks like (`components::question`) and saving (`services::field`). What was entered is shown
//! in words only until it was received: from then on it is gone from a shared computer.

mod keys;
mod today;

pub use today::Today;

use crate::components::notice::Notice;
use crate::components::page::Page;
use crate::components::question::{Dense, Elements, Keyed, Summary, elements, focus_question};
use crate::routes::{Router, Screen};
use crate::screens::home::Drafts;
use crate::screens::quick::keep_and_go_on;
use crate::screens::record::{SituationLine, with_labels};
use crate::services::field::{Field, FormInHand, Purpose};
use crate::text::desk;
use crate::view::prelude::*;
use veldpost_forms::session::{Element, Key};

/// The form in hand, anew for each person; without one it begins one.
#[component]
pub fn Desk() -> impl IntoView {
    let field = expect_context::<Field>();
    on_cleanup(move || field.leave_form());
    let record = Memo::new(move |_| field.with_form(|form| form.record));
    let first = field.peek_form(|form| form.record);
    move || match record.get() {
        Some(now) => {
            let follows = first.is_some_and(|first| first != now);
            view! { <Asking follows=follows /> }.into_view()
        }
        None => {
            field.open_form(Purpose::New, Screen::Desk);
            view! { <Page title=desk::TITLE back=Screen::Home><Notice /></Page> }.into_view()
        }
    }
}

#[component]
fn Asking(
    /// Another person was just kept.
    follows: bool,
) -> impl IntoView {
    let field = expect_context::<Field>();
    let router = expect_context::<Router>();
    provide_context(Dense);
    provide_context(Keyed);
    let wrong = field.peek_form(FormInHand::problems).unwrap_or_default();
    let extra = RwSignal::new(wrong.iter().map(|problem| problem.key).collect::<Vec<_>>());
    // The place is asked of the first person; of the next it is known.
    let carried = field
        .peek_form(|form| !form.carried.is_empty())
        .unwrap_or(false);
    let place = RwSignal::new(!carried);
    let all: Elements = Memo::new(move |_| {
        let place = place.get();
        extra
            .with(|extra| field.with_form(|form| form.at_desk(extra, place)))
            .unwrap_or_default()
    });
    let problems = Memo::new(move |_| {
        let shown = |form: &FormInHand| {
            let mut wrong = form.problems();
            wrong.retain(|problem| form.asked_on && form.shows(problem.key));
            with_labels(wrong, form)
        };
        field.with_form(shown).unwrap_or_default()
    });
    let done = Callback::new(move |()| keep_and_go_on(field, extra));
    let more = move |_| {
        field.show_form(FormInHand::open_first);
        router.go(Screen::Record);
    };
    let change = Callback::new(move |()| {
        place.set(true);
        focus_first_question(all);
    });
    let bar = ViewFn::from(move || {
        view! {
            <button type="button" class="button" on:click=more>
                {desk::MORE.get()}
            </button>
            <button
                type="button"
                class="button button-primary bar-main"
                on:click=move |_| done.run(())
            >
                {desk::SAVE.get()}
            </button>
        }
    });
    // After the heading, which each new screen gives the focus to.
    request_animation_frame(move || focus_first_question(all));
    view! {
        <Page title=desk::TITLE class="page-wide" back=Screen::Home bar=bar>
            <Notice />
            {follows.then(|| view! { <p class="status">{desk::SAVED.get()}</p> })}
            <p class="hint" id="desk-keys">
                {organisation(field).map(|name| view! { <strong dir="auto">{name}</strong> })} " "
                {desk::KEYS.get()}
            </p>
            <Summary
                problems=problems
                on_pick=Callback::new(|(key, _): (Key, String)| focus_question(key))
            />
            <SituationLine on_change=change />
            <form
                class="form desk"
                autocomplete="off"
                novalidate
                aria-describedby="desk-keys"
                on:submit=|event| event.prevent_default()
                on:keydown=move |event| keys::pressed(&event, done)
            >
                {elements(all, None)}
            </form>
            <Drafts />
            <Today rows=10 />
        </Page>
    }
}

fn focus_first_question(all: Elements) {
    let first = all.with_untracked(|all| {
        all.iter().find_map(|element| match element {
            Element::Question(question) if question.kind.is_question() => Some(question.key),
            _ => None,
        })
    });
    if let Some(key) = first {
        focus_question(key);
    }
}

/// "Balie van …", when its invitation was an organisation's.
fn organisation(field: Field) -> Option<String> {
    let id = field.membership()?.organisation?;
    let organisations = field.settings()?.organisations;
    let known = organisations.into_iter().find(|known| known.id == id)?;
    Some(desk::OF.with(&[("name", &known.name)]))
}
