//! Registreren: a questionnaire in short pages. Each answer is kept as it is given.
//!
//! Not here: what a question looks like (`components::question`) and where answers go
//! (`services::field::drafts`).

use crate::browser::life;
use crate::components::notice::Notice;
use crate::components::page::Page;
use crate::components::question::{
    Elements, PageHeading, Summary, elements, focus_question, shown_value,
};
use crate::routes::{Router, Screen};
use crate::screens::home::Drafts;
use crate::services::announcer::Announcer;
use crate::services::field::{Field, FormInHand, Purpose, UNKNOWN};
use crate::text::{common, home, record};
use crate::view::prelude::*;
use veldpost_forms::session::{Element, Key, Problem};
use wasm_bindgen_futures::spawn_local;

/// The open page of the form in hand.
#[component]
pub fn Record() -> impl IntoView {
    with_form_in_hand(|_| Filling().into_view())
}

/// Shows a screen that works on the form in hand, anew for each record; without one it leads home. The screen is told whether a form
/// went before it. One function for all of them: each closure of its own would be compiled once more.
pub fn with_form_in_hand(screen: fn(bool) -> View) -> impl IntoView {
    let field = expect_context::<Field>();
    on_cleanup(move || field.leave_form());
    let first = field.peek_form(|form| form.record);
    let record = Memo::new(move |_| field.with_form(|form| form.record));
    move || match record.get() {
        Some(record) => screen(first != Some(record)),
        None => NoForm().into_view(),
    }
}

/// By its address alone (a shortcut on the home screen, a link for practice) the screen opens a new form. After a reload or a
/// lock what was typed waits as a draft.
#[component]
fn NoForm() -> impl IntoView {
    let field = expect_context::<Field>();
    let router = expect_context::<Router>();
    let screen = router.screen();
    // A summary of nothing helps nobody.
    let new = match screen {
        Screen::Quick => Screen::Quick,
        _ => Screen::Record,
    };
    let may_begin = router.is_as_loaded() && screen == new;
    let begins = RwSignal::new(may_begin);
    spawn_local(async move {
        field.look_for_drafts().await;
        if may_begin && field.drafts.with_untracked(Vec::is_empty) {
            field.open_form(Purpose::New, new);
        } else {
            begins.try_set(false);
        }
    });
    view! {
        <Show when=move || !begins.get()>
            <Page title=record::TITLE back=Screen::Home>
                <Notice />
                <p>{record::NO_FORM.get()}</p>
                <Drafts />
                <div class="stack">
                    <button
                        type="button"
                        class="button button-big"
                        on:click=move |_| field.open_form(Purpose::New, new)
                    >
                        {home::NEW_RECORD.get()}
                    </button>
                    <button
                        type="button"
                        class="button button-big"
                        on:click=move |_| router.replace(Screen::Home)
                    >
                        {record::TO_START.get()}
                    </button>
                </div>
            </Page>
        </Show>
    }
}

#[component]
fn Filling() -> impl IntoView {
    let field = expect_context::<Field>();
    let router = expect_context::<Router>();
    let view = Memo::new(move |_| field.with_form(FormInHand::page_view).flatten());
    let step = Memo::new(move |_| field.with_form(FormInHand::step).unwrap_or_default());
    let amends = field.peek_form(|form| form.amends).unwrap_or(false);
    let heading = Memo::new(move |_| {
        view.with(|view| view.as_ref().map(|view| view.title.clone()))
            .unwrap_or_default()
    });
    let back = move |()| {
        let place = step.get_untracked().0;
        if field.peek_form(|form| form.to_check).unwrap_or(false) {
            router.go(Screen::Check);
        } else if place > 0 {
            turn_to(field, place - 1);
        } else if amends {
            router.go(Screen::RecordDetail);
        } else {
            router.go(Screen::Home);
        }
    };
    let top = ViewFn::from(move || {
        let words = move || {
            let (place, all) = step.get();
            record::STEP.with(&[("n", &(place + 1)), ("all", &all)])
        };
        view! { <p>{words}</p> }
    });
    focus_what_was_asked_for(field);
    provide_context(PageHeading(heading));
    view! {
        <Page
            title=if amends { record::AMEND_TITLE } else { record::TITLE }
            heading=heading
            on_back=Callback::new(back)
            top=top
            bar=ViewFn::from(move || bar(field, router, step))
        >
            <Notice />
            <LockedAmend />
            <PageProblems />
            <SituationLine on_change=Callback::new(move |()| to_situation(field)) />
            <Questions />
        </Page>
    }
}

/// *Wijzig* on the summary, and a problem's link, lead to one question.
fn focus_what_was_asked_for(field: Field) {
    let mut wanted = None;
    field.show_form(|form| wanted = form.focus.take());
    if let Some(key) = wanted {
        // After the heading, which each new page gives the focus to.
        request_animation_frame(move || focus_question(key));
    }
}

/// Opens a page, with the focus on its heading.
fn turn_to(field: Field, place: usize) {
    field.turn_to(place);
    request_animation_frame(|| life::focus_first("h1"));
}

fn to_situation(field: Field) {
    field.show_form(|form| {
        if let Some(name) = form.carried.first().cloned() {
            form.open_page_of(&name);
        }
    });
    request_animation_frame(|| life::focus_first("h1"));
}

fn bar(field: Field, router: Router, step: Memo<(usize, usize)>) -> impl IntoView {
    let to_check = field.peek_form(|form| form.to_check).unwrap_or(false);
    let last = Memo::new(move |_| step.with(|(place, all)| place + 1 >= *all));
    let next = move |_| {
        if is_fine(field) {
            turn_to(field, step.get_untracked().0 + 1);
        }
    };
    let check = move |_| {
        if is_fine(field) {
            router.go(Screen::Check);
        }
    };
    let done = move |_| {
        if is_fine(field) {
            finish(field);
        }
    };
    move || match (to_check, last.get()) {
        (true, _) => button(record::TO_CHECK, "button button-primary bar-main", check),
        (false, false) => button(record::NEXT, "button button-primary bar-main", next),
        (false, true) => view! {
            {button(record::CHECK, "button", check)}
            {button(record::DONE, "button button-primary bar-main", done)}
        }
        .into_view(),
    }
}

fn button(words: crate::text::Text, class: &'static str, act: impl Fn(Event) + 'static) -> View {
    view! {
        <button type="button" class=class on:click=act>
            {words.get()}
        </button>
    }
    .into_view()
}

/// Keeps the record; then back to where it came from.
pub fn finish(field: Field) {
    let amends = field.peek_form(|form| form.amends).unwrap_or(false);
    let counting = field.round.with_untracked(Option::is_some);
    field.finish_form(match (amends, counting) {
        (true, _) => Screen::RecordDetail,
        (false, true) => Screen::Tally,
        (false, false) if field.stand().desk => Screen::Desk,
        (false, false) => Screen::Home,
    });
}

/// Whether the open page has no problem. Else they show from now on, and the summary gets the
/// focus.
fn is_fine(field: Field) -> bool {
    let wrong = field
        .peek_form(FormInHand::problems_of_page)
        .unwrap_or_default();
    field.show_form(|form| {
        form.show(&wrong);
        form.asked_on = !wrong.is_empty();
    });
    if !wrong.is_empty() {
        request_animation_frame(|| life::focus_first(".error-summary h2"));
    }
    wrong.is_empty()
}

/// What stands in the way of the next page, once it was asked for.
#[component]
fn PageProblems() -> impl IntoView {
    let field = expect_context::<Field>();
    let problems = Memo::new(move |_| {
        let of_page = |form: &FormInHand| {
            let mut wrong = if form.asked_on {
                form.problems_of_page()
            } else {
                Vec::new()
            };
            wrong.retain(|problem| form.shows(problem.key));
            with_labels(wrong, form)
        };
        field.with_form(of_page).unwrap_or_default()
    });
    let pick = Callback::new(|(key, _): (Key, String)| focus_question(key));
    view! { <Summary problems=problems on_pick=pick /> }
}

/// Each problem with the label of its question.
pub fn with_labels(wrong: Vec<Problem>, form: &FormInHand) -> Vec<(Problem, String)> {
    wrong
        .into_iter()
        .map(|problem| {
            let label = form.label(&problem).unwrap_or_default();
            (problem, label)
        })
        .collect()
}

/// A change of a record can only be kept while records can be read.
#[component]
pub fn LockedAmend() -> impl IntoView {
    let field = expect_context::<Field>();
    let router = expect_context::<Router>();
    let amends = field.peek_form(|form| form.amends).unwrap_or(false);
    move || {
        (amends && !field.unlocked.get() && !field.reads_nothing()).then(|| {
            view! {
                <div class="banner banner-warning">
                    <h2 class="banner-title">{record::LOCKED_AMEND.get()}</h2>
                    <p>{record::LOCKED_AMEND_WHAT.get()}</p>
                    <div class="buttons">
                        <button
                            type="button"
                            class="button"
                            on:click=move |_| router.go(Screen::Unlock)
                        >
                            {home::UNLOCK.get()}
                        </button>
                    </div>
                </div>
            }
        })
    }
}

/// "Zelfde als vorige: …, Wijzig", on the page that the form was opened on.
#[component]
pub fn SituationLine(on_change: Callback<()>) -> impl IntoView {
    let field = expect_context::<Field>();
    let words = Memo::new(move |_| {
        let area = field
            .round
            .with(|round| round.as_ref().and_then(|r| r.situation.area.clone()));
        let carried = |form: &FormInHand| {
            if form.carried.is_empty() || form.step().0 != form.first {
                return Vec::new();
            }
            let mut situation = form.situation();
            situation.retain(|question| form.carried.contains(&question.name));
            situation.iter().map(shown_value).collect()
        };
        let carried: Vec<String> = field.with_form(carried).unwrap_or_default();
        if carried.is_empty() {
            return String::new();
        }
        area.into_iter()
            .chain(carried)
            .collect::<Vec<_>>()
            .join(", ")
    });
    move || {
        (!words.with(String::is_empty)).then(|| {
            view! {
                <div class="situation">
                    <p>
                        {record::SAME_AS_BEFORE.get()} " "
                        <strong dir="auto">{move || words.get()}</strong>
                    </p>
                    <button
                        type="button"
                        class="button button-quiet"
                        on:click=move |_| on_change.run(())
                    >
                        {common::CHANGE.get()}
                        <span class="visually-hidden">
                            " " {record::CHANGE_SITUATION.get()}
                        </span>
                    </button>
                </div>
            }
        })
    }
}

/// The questions of the open page.
#[component]
fn Questions() -> impl IntoView {
    let field = expect_context::<Field>();
    let view = Memo::new(move |_| field.with_form(FormInHand::page_view).flatten());
    let key = Memo::new(move |_| view.with(|view| view.as_ref().map(|view| view.key)));
    let all: Elements = Memo::new(move |_| {
        view.with(|view| view.as_ref().map(|view| view.elements.clone()))
            .unwrap_or_default()
    });
    let around = move || {
        let around = view.with(|view| view.as_ref().map(|view| view.around.join(" · ")));
        around
            .filter(|around| !around.is_empty())
            .map(|around| view! { <p class="hint">{around}</p> })
    };
    view! {
        <form class="form" autocomplete="off" novalidate on:submit=|event| event.prevent_default()>
            {around}
            {move || {
                key.track();
                elements(all, None)
            }}
            <Rest all=all page=key />
        </form>
    }
}

/// "Rest van deze stap: weet ik niet", while something waits that it can answer.
#[component]
fn Rest(all: Elements, page: Memo<Option<Key>>) -> impl IntoView {
    let field = expect_context::<Field>();
    let announcer = expect_context::<Announcer>();
    let waits = Memo::new(move |_| all.with(|all| all.iter().any(may_be_unknown)));
    let answer = move |_| {
        let Some(page) = page.get_untracked() else {
            return;
        };
        let mut answered = 0;
        field.change_form(false, |form| {
            answered = form.session.answer_rest(page, UNKNOWN)
        });
        announcer.say_now(record::REST_DONE.with(&[("n", &answered)]));
    };
    move || {
        waits.get().then(|| {
            view! {
                <button type="button" class="button button-wide" on:click=answer>
                    {record::REST.get()}
                </button>
            }
        })
    }
}

fn may_be_unknown(element: &Element) -> bool {
    match element {
        Element::Question(question) => {
            question.value.is_empty()
                && !question.read_only
                && question.choices.iter().any(|choice| choice.code == UNKNOWN)
        }
        Element::Repeat(repeat) => repeat
            .instances
            .iter()
            .flat_map(|instance| &instance.elements)
            .any(may_be_unknown),
        Element::Heading(_) => false,
    }
}
