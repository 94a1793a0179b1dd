//! Choosing: one, several, from a list that drops down, or a box to tick.
//!
//! Radios and checkboxes are the browser's own: drawn ones lose their state in forced colours.

use super::{Dense, Keyed, Question, focus_question};
use crate::services::field::UNKNOWN;
use crate::text::{self, record};
use crate::view::prelude::*;
use veldpost_forms::session::QuestionView;

/// Choices of at most so many characters stand two beside each other on a phone.
const SHORT: usize = 15;

/// "Weet ik niet" and "wil niet zeggen": set apart from the answers.
fn is_apart(code: &str) -> bool {
    matches!(code, UNKNOWN | "refused")
}

/// A choice that says nothing else can be true.
fn stands_alone(code: &str) -> bool {
    is_apart(code) || code == "none"
}

pub(super) fn one(question: Question) -> View {
    let problem = Memo::new(move |_| question.problem());
    view! {
        <fieldset
            class="field"
            class:field-invalid=move || problem.with(Option::is_some)
            id=question.id("")
            role="radiogroup"
            aria-describedby=move || question.described(problem, false)
            aria-required=move || question.required()
            aria-invalid=move || problem.with(Option::is_some).then_some("true")
        >
            <legend class="label">{question.label()}</legend>
            {question.hint()}
            {question.error(problem)}
            {rows(question, false)}
            {move || can_be_cleared(question).then(|| clear(question))}
        </fieldset>
    }
    .into_view()
}

/// A radio cannot be let go of; where no "weet ik niet" stands among the choices, a tap on the wrong one would stay.
fn can_be_cleared(question: Question) -> bool {
    question.view.with(|view| {
        let apart = view.choices.iter().any(|choice| is_apart(&choice.code));
        !view.required && !apart && !view.value.is_empty()
    })
}

fn clear(question: Question) -> View {
    view! {
        <button
            type="button"
            class="button button-quiet"
            on:click=move |_| {
                question.answer("", false);
                focus_question(question.key);
            }
        >
            {record::CLEAR.get()}
        </button>
    }
    .into_view()
}

pub(super) fn many(question: Question) -> View {
    let problem = Memo::new(move |_| question.problem());
    view! {
        <fieldset
            class="field"
            class:field-invalid=move || problem.with(Option::is_some)
            id=question.id("")
            aria-describedby=move || question.described(problem, false)
        >
            <legend class="label">{question.label()}</legend>
            {question.hint()}
            {question.error(problem)}
            {rows(question, true)}
        </fieldset>
    }
    .into_view()
}

fn rows(question: Question, many: bool) -> View {
    let dense = use_context::<Dense>().is_some();
    let keyed = !many && use_context::<Keyed>().is_some();
    let offered = move || {
        question.view.with(|view| {
            let choices = view.choices.iter().enumerate();
            choices
                .map(|(place, choice)| {
                    let key = keyed.then(|| key_at(view, place)).flatten();
                    (choice.code.clone(), choice.label.clone(), key)
                })
                .collect::<Vec<_>>()
        })
    };
    view! {
        <div class=move || question.view.with(|view| layout(view, dense))>
            <For
                each=offered
                key=Clone::clone
                children=move |(code, label, key)| row(question, many, code, label, key)
            />
        </div>
    }
    .into_view()
}

/// The key of a choice: a label that is one digit has that digit, and the rest of such a list letters. Else they are
/// numbered, and go on with letters after the tenth.
fn key_at(view: &QuestionView, place: usize) -> Option<char> {
    const KEYS: &str = "1234567890abcdefghijklmnopqrstuvwxyz";
    let digit = |label: &str| label.parse::<u8>().is_ok_and(|digit| digit < 10);
    let digits = view.choices.iter().filter(|choice| digit(&choice.label));
    let number = digits.count();
    if number == 0 {
        return KEYS.chars().nth(place);
    }
    let label = &view.choices.get(place)?.label;
    if digit(label) {
        return label.chars().next();
    }
    let before = view.choices.iter().take(place);
    let letters = before.filter(|choice| !digit(&choice.label)).count();
    KEYS.chars().nth(10 + letters)
}

fn row(question: Question, many: bool, code: String, label: String, key: Option<char>) -> View {
    let class = if is_apart(&code) {
        "choice choice-apart"
    } else {
        "choice"
    };
    let checked = {
        let code = code.clone();
        move || question.view.with(|view| is_chosen(view, &code))
    };
    let choose = move |event: Event| {
        if many {
            let codes = question
                .view
                .with_untracked(|view| toggled(view, &code, event_target_checked(&event)));
            question.answer(&codes, false);
            question.field.left(question.key);
        } else {
            question.answer(&code, false);
        }
    };
    // What a label says between brackets at its end explains it.
    let split = label
        .strip_suffix(')')
        .and_then(|label| label.split_once(" ("));
    let (label, hint) = match split {
        Some((label, hint)) => (label.to_owned(), Some(text::with_capital(hint))),
        None => (label, None),
    };
    view! {
        <label class=class data-key=key.map(String::from)>
            <input
                type=if many { "checkbox" } else { "radio" }
                name=question.id("")
                autocomplete="off"
                prop:checked=checked
                on:change=choose
            />
            <span dir="auto">
                {label} {hint.map(|hint| view! { <span class="hint">{hint}</span> })}
            </span>
        </label>
    }
    .into_view()
}

fn layout(view: &QuestionView, dense: bool) -> &'static str {
    let short = || {
        view.choices
            .iter()
            .all(|choice| choice.label.chars().count() <= SHORT)
    };
    if view.appears("compact") || (dense && short()) {
        "choices choices-compact"
    } else if view.appearance.contains("columns") || (short() && view.choices.len() > 1) {
        "choices choices-grid"
    } else {
        "choices"
    }
}

fn is_chosen(view: &QuestionView, code: &str) -> bool {
    view.choices
        .iter()
        .any(|choice| choice.chosen && choice.code == code)
}

/// The codes after a box was ticked or cleared.
fn toggled(view: &QuestionView, code: &str, on: bool) -> String {
    let stays = |other: &str| other != code && !(on && (stands_alone(code) || stands_alone(other)));
    let chosen = view.choices.iter().filter(|choice| choice.chosen);
    let mut codes: Vec<&str> = chosen
        .map(|choice| choice.code.as_str())
        .filter(|other| stays(other))
        .collect();
    if on {
        codes.push(code);
    }
    codes.join(" ")
}

pub(super) fn drop_down(question: Question) -> View {
    let problem = Memo::new(move |_| question.problem());
    let offered = move || {
        question.view.with(|view| {
            let choices = view.choices.iter();
            choices
                .map(|choice| (choice.code.clone(), choice.label.clone()))
                .collect::<Vec<_>>()
        })
    };
    let option = move |(code, label): (String, String)| {
        let kept = code.clone();
        let chosen = move || question.view.with(|view| is_chosen(view, &kept));
        view! {
            <option value=code prop:selected=chosen>
                {label}
            </option>
        }
    };
    view! {
        <div
            class="field"
            class:field-invalid=move || problem.with(Option::is_some)
            id=question.id("")
        >
            <label class="label" for=question.id("-input")>
                {question.label()}
            </label>
            {question.hint()}
            {question.error(problem)}
            <select
                class="input"
                id=question.id("-input")
                autocomplete="off"
                aria-describedby=move || question.described(problem, false)
                aria-required=move || question.required()
                aria-invalid=move || problem.with(Option::is_some).then_some("true")
                on:change=move |event| question.answer(&event_target_value(&event), false)
            >
                <option value="" prop:selected=move || question.view.with(|v| v.value.is_empty())>
                </option>
                <For each=offered key=Clone::clone children=option />
            </select>
        </div>
    }
    .into_view()
}

pub(super) fn acknowledge(question: Question) -> View {
    let problem = Memo::new(move |_| question.problem());
    view! {
        <div
            class="field"
            class:field-invalid=move || problem.with(Option::is_some)
            id=question.id("")
        >
            {question.hint()}
            {question.error(problem)}
            <label class="choice">
                <input
                    type="checkbox"
                    autocomplete="off"
                    aria-describedby=move || question.described(problem, false)
                    aria-required=move || question.required()
                    aria-invalid=move || problem.with(Option::is_some).then_some("true")
                    prop:checked=move || question.view.with(|view| !view.value.is_empty())
                    on:change=move |event| {
                        question.answer(if event_target_checked(&event) { "OK" } else { "" }, false);
                    }
                />
                <span>{question.label()}</span>
            </label>
        </div>
    }
    .into_view()
}
