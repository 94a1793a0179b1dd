//! Answers in the words of the questionnaire: labels in place of codes.
//!
//! Not here: filling in (`drafts`), and the built-in words of a screen.

use super::drafts::moment;
use crate::text;
use std::sync::Arc;
use veldpost_domain::{Answer, Answers, Date};
use veldpost_forms::session::{Element, QuestionView};
use veldpost_forms::{Form, Kind, Session};

/// A line of a record in plain words.
#[derive(Clone, PartialEq, Eq)]
pub enum Line {
    /// What the next lines are about: a page, an instance of a repeat.
    Heading(String),
    /// A question and what was answered.
    Answer(String, String),
}

/// The labels of choices, by question and code, in the language that is set.
#[derive(Default)]
pub struct Labels(Vec<(String, Vec<(String, String)>)>);

impl Labels {
    /// Those of every question that is visible in an empty form.
    pub fn of(form: &Arc<Form>) -> Self {
        let mut labels = Vec::new();
        each_page(&Session::create(form.clone(), moment()), |_, elements| {
            each_question(elements, &mut |question| {
                if let Some(question) = question.ok().filter(|one| !one.choices.is_empty()) {
                    let choices = question.choices.iter();
                    let choices = choices.map(|one| (one.code.clone(), one.label.clone()));
                    labels.push((question.name.clone(), choices.collect()));
                }
            });
        });
        Self(labels)
    }

    /// The label of a choice; the code itself when the form has no such choice.
    pub fn get<'a>(&'a self, question: &str, code: &'a str) -> &'a str {
        let choices = self.0.iter().find(|(name, _)| name == question);
        let choice = choices.and_then(|(_, all)| all.iter().find(|(known, _)| known == code));
        choice.map_or(code, |(_, label)| label)
    }
}

/// The label of a question, as far as an empty form shows it.
pub fn question(form: &Arc<Form>, name: &str) -> Option<String> {
    let mut label = None;
    each_page(&Session::create(form.clone(), moment()), |_, elements| {
        each_question(elements, &mut |question| {
            if let Some(question) = question.ok().filter(|question| question.name == name) {
                label = Some(question.label.clone());
            }
        });
    });
    label
}

/// All answers of a record, page by page; and those that no page shows, under their own names.
pub fn lines(form: &Arc<Form>, answers: &Answers) -> (Vec<Line>, Vec<Line>) {
    let session = Session::restore(form.clone(), answers, moment());
    let (mut lines, mut shown) = (Vec::new(), Vec::new());
    each_page(&session, |title, elements| {
        let before = lines.len();
        lines.push(Line::Heading(title));
        each_question(elements, &mut |question| match question {
            Ok(question) => {
                if let Some(value) = value(question) {
                    lines.push(Line::Answer(question.label.clone(), value));
                    shown.push(question.name.clone());
                }
            }
            Err(instance) => lines.push(Line::Heading(instance)),
        });
        if !lines
            .iter()
            .skip(before)
            .any(|line| matches!(line, Line::Answer(..)))
        {
            lines.truncate(before);
        }
    });
    let others = answers
        .map()
        .iter()
        .filter(|(name, _)| !shown.contains(name));
    let others = others.filter_map(|(name, answer)| match answer {
        Answer::Text(text) => Some(Line::Answer(name.clone(), text.clone())),
        Answer::Repeat(_) => None,
    });
    (lines, others.collect())
}

fn each_page(session: &Session, mut visit: impl FnMut(String, &[Element])) {
    let language = text::language().tag();
    for page in session.pages(language) {
        if let Some(view) = session.page(page.key, language) {
            visit(view.title, &view.elements);
        }
    }
}

/// Questions in order; the heading of an instance comes as an error, before its questions.
fn each_question(elements: &[Element], visit: &mut dyn FnMut(Result<&QuestionView, String>)) {
    for element in elements {
        match element {
            Element::Question(question) => visit(Ok(question)),
            Element::Heading(_) => {}
            Element::Repeat(repeat) => {
                for instance in &repeat.instances {
                    visit(Err(format!("{} {}", repeat.label, instance.number)));
                    each_question(&instance.elements, visit);
                }
            }
        }
    }
}

fn value(question: &QuestionView) -> Option<String> {
    if !question.kind.is_question() || question.value.is_empty() {
        return None;
    }
    if question.kind == Kind::Acknowledge {
        return Some(text::common::YES.get().to_owned());
    }
    if question.choices.is_empty() {
        let date = Date::parse(&question.value).filter(|_| question.kind == Kind::Date);
        return Some(date.map_or_else(|| question.value.clone(), for_reading));
    }
    let label = |code: &str| {
        let choice = question.choices.iter().find(|choice| choice.code == code);
        choice.map_or_else(|| code.to_owned(), |choice| choice.label.clone())
    };
    let chosen: Vec<String> = question.value.split_whitespace().map(label).collect();
    Some(chosen.join(", "))
}

/// A day as a Dutch reader writes it.
pub fn for_reading(date: Date) -> String {
    format!("{:02}-{:02}-{:04}", date.day(), date.month(), date.year())
}
