//! What a page of a form asks: any question, note, heading or repeat that a form can hold.
//!
//! Not here: which page is open (`screens::record`) and how answers hang together
//! (`veldpost-forms`).

mod choices;
mod entry;
mod problems;
mod repeat;

pub use problems::{Summary, problem_words};

use crate::browser::life;
use crate::services::field::Field;
use crate::text::record;
use crate::view::prelude::*;
use veldpost_forms::Kind;
use veldpost_forms::session::{Element, InstanceView, Key, QuestionView, RepeatView};

/// In the context of a screen for whoever counts: choices stand close together.
#[derive(Clone, Copy)]
pub struct Dense;

/// In the context of a screen for a keyboard: each choice of one shows a key of its own.
#[derive(Clone, Copy)]
pub struct Keyed;

/// In the context of a page: what its heading says. A question that is all there is on its page does
/// not say it again.
#[derive(Clone, Copy)]
pub struct PageHeading(pub Memo<String>);

/// Whether the heading of the page says this already.
fn heading_says(all: Elements, label: &str) -> bool {
    let alone = all.with(|all| all.len() == 1);
    let heading = use_context::<PageHeading>();
    alone && heading.is_some_and(|PageHeading(heading)| heading.with(|heading| heading == label))
}

/// Everything on the open page.
pub type Elements = Memo<Vec<Element>>;

/// The elements of a page, or of one instance of a repeat on it.
///
/// Each stays itself while it is there: an answer changes what is shown of the others, and never
/// takes the focus or the caret away.
pub fn elements(all: Elements, within: Option<Key>) -> View {
    let keys = move || {
        all.with(|all| {
            let level = match within {
                None => Some(all.as_slice()),
                Some(instance) => {
                    find_instance(all, instance).map(|found| found.elements.as_slice())
                }
            };
            level
                .unwrap_or_default()
                .iter()
                .map(key_of)
                .collect::<Vec<_>>()
        })
    };
    view! { <For each=keys key=|key| *key children=move |key| element(all, key) /> }.into_view()
}

fn element(all: Elements, key: Key) -> View {
    match all.with_untracked(|all| find(all, key).cloned()) {
        Some(Element::Question(initial)) => question(all, initial),
        Some(Element::Repeat(initial)) => repeat::repeat(all, initial),
        Some(Element::Heading(_)) => heading(all, key),
        None => ().into_view(),
    }
}

fn heading(all: Elements, key: Key) -> View {
    let words = Memo::new(move |_| {
        all.with(|all| match find(all, key) {
            Some(Element::Heading(heading)) => (heading.label.clone(), heading.hint.clone()),
            _ => Default::default(),
        })
    });
    view! {
        <div>
            <h2>{move || words.with(|(label, _)| label.clone())}</h2>
            <p class="hint">{move || words.with(|(_, hint)| hint.clone())}</p>
        </div>
    }
    .into_view()
}

fn question(all: Elements, initial: QuestionView) -> View {
    let (key, kind) = (initial.key, initial.kind);
    let view = Memo::new(move |_| {
        let now = all.with(|all| match find(all, key) {
            Some(Element::Question(now)) => Some(now.clone()),
            _ => None,
        });
        // While it is being taken off the page it is shown as it was.
        now.unwrap_or_else(|| initial.clone())
    });
    let question = Question {
        field: expect_context::<Field>(),
        view,
        key,
        said: untrack(|| heading_says(all, &view.get().label)),
    };
    if kind == Kind::Note {
        return question.note();
    }
    let read_only = Memo::new(move |_| view.with(|view| view.read_only));
    (move || {
        if read_only.get() {
            return question.read_only();
        }
        match kind {
            Kind::SelectOne if view.with_untracked(|view| view.appears("minimal")) => {
                choices::drop_down(question)
            }
            Kind::SelectOne => choices::one(question),
            Kind::SelectMultiple => choices::many(question),
            Kind::Acknowledge => choices::acknowledge(question),
            _ => entry::entry(question),
        }
    })
    .into_view()
}

/// One question on the screen.
#[derive(Clone, Copy)]
struct Question {
    field: Field,
    view: Memo<QuestionView>,
    key: Key,
    /// The heading of the page says what the label says.
    said: bool,
}

impl Question {
    /// The id of everything of this question, or of one part of it.
    fn id(self, part: &str) -> String {
        format!("{}{part}", id(self.key))
    }

    fn answer(self, value: &str, typing: bool) {
        let path = self.view.with_untracked(|view| view.path.clone());
        self.field.answer(&path, value, typing);
    }

    /// What is wrong, once it may be said.
    fn problem(self) -> Option<String> {
        let problem = self.view.with(|view| view.problem.clone())?;
        let shows = self
            .field
            .with_form(|form| form.shows(self.key))
            .unwrap_or(false);
        shows.then(|| problem_words(&problem))
    }

    fn label(self) -> impl IntoView {
        let label = move || self.view.with(|view| view.label.clone());
        let optional = move || {
            self.view.with(|view| {
                let words = record::OPTIONAL.get();
                let says = view.required
                    || view.kind == Kind::Acknowledge
                    || view.label.ends_with(words)
                    || view.appears("quick");
                (!says).then(|| format!(" {words}"))
            })
        };
        view! {
            <span class:visually-hidden=self.said>{label}</span>
            {optional}
        }
    }

    fn hint(self) -> impl IntoView {
        move || {
            let hint = self.view.with(|view| view.hint.clone());
            (!hint.is_empty()).then(|| view! { <p class="hint" id=self.id("-hint")>{hint}</p> })
        }
    }

    fn error(self, problem: Memo<Option<String>>) -> impl IntoView {
        move || {
            let words = problem.get()?;
            Some(view! {
                <p class="error" id=self.id("-error")>
                    {words}
                </p>
            })
        }
    }

    /// For `aria-describedby`: hint and error, those that there are.
    fn described(self, problem: Memo<Option<String>>, hint: bool) -> Option<String> {
        let hint = hint || self.view.with(|view| !view.hint.is_empty());
        let parts = [(hint, "-hint"), (problem.with(Option::is_some), "-error")];
        let ids: Vec<String> = parts
            .iter()
            .filter(|(there, _)| *there)
            .map(|(_, part)| self.id(part))
            .collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }

    fn required(self) -> Option<&'static str> {
        self.view.with(|view| view.required).then_some("true")
    }

    fn note(self) -> View {
        view! {
            <div class="situation" id=self.id("")>
                <div>
                    <p dir="auto" class:visually-hidden=self.said>
                        {move || self.view.with(|view| view.label.clone())}
                    </p>
                    {self.hint()}
                </div>
            </div>
        }
        .into_view()
    }

    fn read_only(self) -> View {
        view! {
            <div class="field" id=self.id("")>
                <p class="label">{move || self.view.with(|view| view.label.clone())}</p>
                {self.hint()}
                <p dir="auto">{move || self.view.with(shown_value)}</p>
            </div>
        }
        .into_view()
    }
}

/// An answer as a person reads it.
pub fn shown_value(view: &QuestionView) -> String {
    let chosen = view.choices.iter().filter(|choice| choice.chosen);
    // What a label says between brackets explains the choice, not the answer.
    let chosen = chosen.map(|choice| choice.label.split(" (").next().unwrap_or_default());
    let chosen: Vec<&str> = chosen.collect();
    match view.kind {
        Kind::Acknowledge if !view.value.is_empty() => crate::text::common::YES.get().to_owned(),
        Kind::Date => match view.value.split('-').collect::<Vec<_>>().as_slice() {
            [year, month, day] => format!("{day}-{month}-{year}"),
            _ => view.value.clone(),
        },
        _ if chosen.is_empty() => view.value.clone(),
        _ => chosen.join(", "),
    }
}

fn id(key: Key) -> String {
    format!("q{}", key.number())
}

/// Moves the focus to a question, once the page is there.
pub fn focus_question(key: Key) {
    request_animation_frame(move || {
        let id = id(key);
        // The chosen one of a group of radios, else the first control.
        if !life::focus_found(&format!("#{id} :checked")) {
            life::focus_first(&format!("#{id} :is(input, select, textarea, button)"));
        }
    });
}

fn key_of(element: &Element) -> Key {
    match element {
        Element::Question(question) => question.key,
        Element::Heading(heading) => heading.key,
        Element::Repeat(repeat) => repeat.key,
    }
}

fn find(all: &[Element], key: Key) -> Option<&Element> {
    all.iter().find_map(|element| match element {
        _ if key_of(element) == key => Some(element),
        Element::Repeat(RepeatView { instances, .. }) => instances
            .iter()
            .find_map(|instance| find(&instance.elements, key)),
        _ => None,
    })
}

fn find_instance(all: &[Element], key: Key) -> Option<&InstanceView> {
    let repeats = all.iter().filter_map(|element| match element {
        Element::Repeat(repeat) => Some(repeat),
        _ => None,
    });
    repeats
        .flat_map(|repeat| &repeat.instances)
        .find_map(|instance| {
            if instance.key == key {
                Some(instance)
            } else {
                find_instance(&instance.elements, key)
            }
        })
}
