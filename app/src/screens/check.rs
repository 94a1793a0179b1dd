//! Controleren: every answer before it is kept, and what still stands in the way.

use crate::components::notice::Notice;
use crate::components::page::Page;
use crate::components::question::{Summary, shown_value};
use crate::routes::{Router, Screen};
use crate::screens::record::{LockedAmend, finish, with_form_in_hand, with_labels};
use crate::services::field::{Field, FormInHand};
use crate::text::{check, common, record};
use crate::view::prelude::*;
use veldpost_forms::session::{Element, Key, QuestionView};

/// The summary of the form in hand.
#[component]
pub fn Check() -> impl IntoView {
    with_form_in_hand(|_| Checking().into_view())
}

#[component]
fn Checking() -> impl IntoView {
    let field = expect_context::<Field>();
    let router = expect_context::<Router>();
    let amends = field.peek_form(|form| form.amends).unwrap_or(false);
    // Whatever led here is done.
    field.show_form(|form| form.to_check = false);
    let title = if amends {
        record::AMEND_TITLE
    } else {
        check::TITLE
    };
    let problems = Memo::new(move |_| {
        field
            .with_form(|form| with_labels(form.problems(), form))
            .unwrap_or_default()
    });
    let lead = Callback::new(move |(key, path): (Key, String)| lead_to(field, router, key, &path));
    let parts = Memo::new(move |_| field.with_form(parts).unwrap_or_default());
    let bar = ViewFn::from(move || {
        view! {
            <button
                type="button"
                class="button button-primary bar-main"
                on:click=move |_| {
                    if problems.with_untracked(Vec::is_empty) {
                        finish(field);
                    } else {
                        crate::browser::life::focus_first(".error-summary h2");
                    }
                }
            >
                {record::DONE.get()}
            </button>
        }
    });
    view! {
        <Page
            title=title
            heading=Memo::new(|_| check::HEADING.get().to_owned())
            back=if amends { Screen::RecordDetail } else { Screen::Record }
            bar=bar
        >
            <Notice />
            <LockedAmend />
            <Summary problems=problems on_pick=lead />
            {move || {
                let parts = parts.get();
                let empty = parts.is_empty().then(|| view! { <p>{check::EMPTY.get()}</p> });
                let parts = parts.into_iter().map(|part| part_view(part, lead)).collect_view();
                view! {
                    {empty}
                    {parts}
                }
            }}
        </Page>
    }
}

/// Opens the page of a question, with the way back to this summary.
fn lead_to(field: Field, router: Router, key: Key, path: &str) {
    field.show_form(|form| {
        form.open_page_of(path);
        form.focus = Some(key);
        form.to_check = true;
    });
    router.go(Screen::Record);
}

/// A page of the form, or one instance of a repeat on it.
#[derive(Clone, PartialEq)]
struct Part {
    title: String,
    lines: Vec<Line>,
}

/// A question that was answered, or must be.
#[derive(Clone, PartialEq)]
struct Line {
    key: Key,
    path: String,
    label: String,
    /// None: an answer is needed.
    value: Option<String>,
}

fn parts(form: &FormInHand) -> Vec<Part> {
    let mut parts = Vec::new();
    for page in form.views() {
        let title = page
            .around
            .into_iter()
            .chain([page.title])
            .collect::<Vec<_>>()
            .join(" · ");
        gather(&title, &page.elements, &mut parts);
    }
    parts
}

fn gather(title: &str, elements: &[Element], parts: &mut Vec<Part>) {
    let questions = elements.iter().filter_map(|element| match element {
        Element::Question(question) => line(question),
        _ => None,
    });
    let lines: Vec<Line> = questions.collect();
    if !lines.is_empty() {
        parts.push(Part {
            title: title.to_owned(),
            lines,
        });
    }
    for element in elements {
        if let Element::Repeat(repeat) = element {
            for instance in &repeat.instances {
                let title = format!("{} {}", repeat.label, instance.number);
                gather(&title, &instance.elements, parts);
            }
        }
    }
}

fn line(question: &QuestionView) -> Option<Line> {
    let value = shown_value(question);
    let answered = !value.is_empty();
    (question.kind.is_question() && (answered || question.problem.is_some())).then(|| Line {
        key: question.key,
        path: question.path.clone(),
        label: question.label.clone(),
        value: answered.then_some(value),
    })
}

fn part_view(part: Part, lead: Callback<(Key, String)>) -> impl IntoView {
    view! {
        <section class="stack">
            <h2>{part.title}</h2>
            <dl class="summary-list">
                {part.lines.into_iter().map(|line| line_view(line, lead)).collect_view()}
            </dl>
        </section>
    }
}

fn line_view(line: Line, lead: Callback<(Key, String)>) -> impl IntoView {
    let Line {
        key,
        path,
        label,
        value,
    } = line;
    // "(niet verplicht)" asks; here it is answered.
    let label = label
        .trim_end_matches(record::OPTIONAL.get())
        .trim_end()
        .to_owned();
    let value = match value {
        Some(value) => view! { <span dir="auto">{value}</span> }.into_view(),
        None => view! { <span class="error">{check::NO_ANSWER.get()}</span> }.into_view(),
    };
    view! {
        <div class="summary-row">
            <dt>{label.clone()}</dt>
            <dd>{value}</dd>
            <dd class="summary-action">
                <button
                    type="button"
                    class="button button-quiet"
                    on:click=move |_| lead.run((key, path.clone()))
                >
                    {common::CHANGE.get()}
                    <span class="visually-hidden">": " {label}</span>
                </button>
            </dd>
        </div>
    }
}
