//! Typing: text, numbers, dates, places.
//!
//! What is pasted is cut at the control, so that ten megabytes never reach the page.

use super::Question;
use crate::text::record;
use crate::view::prelude::*;
use veldpost_forms::Kind;
use veldpost_forms::session::{LONGEST_NUMBER, LONGEST_TEXT};

pub(super) fn entry(question: Question) -> View {
    let kind = question.view.with_untracked(|view| view.kind);
    let is_place = kind == Kind::Geopoint;
    let cut = RwSignal::new(false);
    let limit = if kind == Kind::Text {
        LONGEST_TEXT
    } else {
        LONGEST_NUMBER
    };
    let problem = Memo::new(move |_| {
        let too_long = cut.get().then(|| record::TOO_LONG.with(&[("n", &limit)]));
        too_long.or_else(|| question.problem())
    });
    view! {
        <div
            class="field"
            class:field-invalid=move || problem.with(Option::is_some)
            id=question.id("")
        >
            <label class="label" for=question.id("-input")>
                {question.label()}
            </label>
            {if is_place { place_hint(question) } else { question.hint().into_view() }}
            {question.error(problem)}
            {control(Control { question, kind, limit, cut, problem })}
        </div>
    }
    .into_view()
}

fn place_hint(question: Question) -> View {
    let hint = move || {
        let own = question.view.with(|view| view.hint.clone());
        format!("{own} {}", record::PLACE_HINT.get())
    };
    view! {
        <p class="hint" id=question.id("-hint")>
            {hint}
        </p>
    }
    .into_view()
}

/// The control itself.
#[derive(Clone, Copy)]
struct Control {
    question: Question,
    kind: Kind,
    /// As many UTF-16 units are kept.
    limit: usize,
    /// More was pasted or typed than is kept.
    cut: RwSignal<bool>,
    problem: Memo<Option<String>>,
}

impl Control {
    fn typed(self, event: &Event) {
        let typed = event_target_value(event);
        let kept = within(&typed, self.limit);
        self.cut.set(kept.len() < typed.len());
        if kept.len() < typed.len() {
            // A text area answers to the same name.
            event_target::<web_sys::HtmlInputElement>(event).set_value(kept);
        }
        self.question.answer(kept, true);
    }

    fn described(self) -> Option<String> {
        self.question
            .described(self.problem, self.kind == Kind::Geopoint)
    }

    fn invalid(self) -> Option<&'static str> {
        self.problem.with(Option::is_some).then_some("true")
    }

    fn value(self) -> String {
        self.question.view.with(|view| view.value.clone())
    }
}

fn control(control: Control) -> View {
    let Control {
        question,
        kind,
        limit,
        ..
    } = control;
    let (multiline, counter, digits) = question.view.with_untracked(|view| {
        (
            view.appears("multiline"),
            view.appears("counter"),
            view.appears("numbers"),
        )
    });
    // One more than is kept: so it shows that there was more.
    let most = (limit + 1).to_string();
    if kind == Kind::Text && multiline {
        return view! {
            <textarea
                class="input"
                id=question.id("-input")
                dir="auto"
                autocomplete="off"
                spellcheck="false"
                maxlength=most
                aria-describedby=move || control.described()
                aria-required=move || question.required()
                aria-invalid=move || control.invalid()
                prop:value=move || control.value()
                on:input=move |event| control.typed(&event)
                on:change=move |_| question.field.left(question.key)
            ></textarea>
        }
        .into_view();
    }
    let (keys, class) = match kind {
        Kind::Integer => (Some("numeric"), "input input-short"),
        Kind::Decimal => (Some("decimal"), "input input-short"),
        Kind::Text if digits => (Some("numeric"), "input"),
        _ => (None, "input"),
    };
    let input = view! {
        <input
            class=class
            id=question.id("-input")
            type=if kind == Kind::Date { "date" } else { "text" }
            inputmode=keys
            dir="auto"
            autocomplete="off"
            autocapitalize="off"
            spellcheck="false"
            maxlength=most
            aria-describedby=move || control.described()
            aria-required=move || question.required()
            aria-invalid=move || control.invalid()
            prop:value=move || control.value()
            on:input=move |event| control.typed(&event)
            on:change=move |_| question.field.left(question.key)
        />
    };
    if kind == Kind::Integer && counter {
        stepper(control, input.into_view())
    } else {
        input.into_view()
    }
}

/// Buttons for one more and one less around a number.
fn stepper(control: Control, input: View) -> View {
    let step = move |by: i64| {
        let now = untrack(|| control.value())
            .trim()
            .parse::<i64>()
            .unwrap_or(0);
        control
            .question
            .answer(&now.saturating_add(by).max(0).to_string(), false);
        control.question.field.left(control.question.key);
    };
    view! {
        <div class="stepper">
            <button
                type="button"
                class="button"
                aria-label=record::ONE_LESS.get()
                on:click=move |_| step(-1)
            >
                "−"
            </button>
            {input}
            <button
                type="button"
                class="button"
                aria-label=record::ONE_MORE.get()
                on:click=move |_| step(1)
            >
                "+"
            </button>
        </div>
    }
    .into_view()
}

/// As much of a text as fits in so many UTF-16 units: what the browser counts in `maxlength`.
fn within(text: &str, units: usize) -> &str {
    let mut left = units;
    for (at, letter) in text.char_indices() {
        match left.checked_sub(letter.len_utf16()) {
            Some(rest) => left = rest,
            None => return text.get(..at).unwrap_or_default(),
        }
    }
    text
}
