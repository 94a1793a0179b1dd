//! Pages to show: what is visible now, in order, in one language.
//!
//! Not here: which page is open, what has focus, built-in words. A group with the appearance
//! `field-list` is one page; everything outside such a group is a page of its own.

use super::tree::SlotId;
use super::{MOST_INSTANCES, Problem, Session};
use crate::evaluate::Evaluator;
use crate::form::{Kind, Text};

/// A stable key of an element or a page, for as long as the session lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub(super) SlotId);

impl Key {
    /// A number that no other key of the session has, such as for an element's id on a page.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }
}

/// A page in the list of pages.
#[derive(Clone, PartialEq, Eq)]
pub struct PageTitle {
    /// Key of the page.
    pub key: Key,
    /// Label of its group, or of its only question.
    pub title: String,
    /// Questions on it now.
    pub questions: usize,
    /// Questions on it that have an answer.
    pub answered: usize,
    /// Questions on it that need attention.
    pub problems: usize,
}

/// A page with everything on it.
#[derive(Clone, PartialEq, Eq)]
pub struct PageView {
    /// Key of the page.
    pub key: Key,
    /// Label of its group, or of its only question.
    pub title: String,
    /// Labels of the groups around it, the outermost first; an instance of a repeat has its number.
    pub around: Vec<String>,
    /// What is on it, in order.
    pub elements: Vec<Element>,
}

/// Something on a page.
#[derive(Clone, PartialEq, Eq)]
pub enum Element {
    /// A question or a note.
    Question(QuestionView),
    /// The label of a group within the page.
    Heading(HeadingView),
    /// A repeat with its instances.
    Repeat(RepeatView),
}

/// The label of a group within a page.
#[derive(Clone, PartialEq, Eq)]
pub struct HeadingView {
    /// Key of the group.
    pub key: Key,
    /// Its label.
    pub label: String,
    /// Its hint, or nothing.
    pub hint: String,
}

/// A question or a note.
#[derive(Clone, PartialEq, Eq)]
pub struct QuestionView {
    /// Key of the question in its instance.
    pub key: Key,
    /// What to give to [`Session::answer`].
    pub path: String,
    /// Its name in the form.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// Its label.
    pub label: String,
    /// Its hint, or nothing.
    pub hint: String,
    /// The appearance column, such as `quick` or `multiline`.
    pub appearance: String,
    /// What was typed or chosen: codes separated by spaces, digits, `YYYY-MM-DD`, text.
    pub value: String,
    /// The choices that the filter lets through.
    pub choices: Vec<ChoiceView>,
    /// Whether an answer is needed now.
    pub required: bool,
    /// Whether it can only be read.
    pub read_only: bool,
    /// What is wrong with it now. The screen decides when to say so.
    pub problem: Option<Problem>,
}

impl QuestionView {
    /// Whether the appearance column holds this word.
    #[must_use]
    pub fn appears(&self, word: &str) -> bool {
        self.appearance
            .split_whitespace()
            .any(|other| other == word)
    }
}

/// A choice of a question.
#[derive(Clone, PartialEq, Eq)]
pub struct ChoiceView {
    /// What to answer.
    pub code: String,
    /// What to show.
    pub label: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// A repeat with its instances.
#[derive(Clone, PartialEq, Eq)]
pub struct RepeatView {
    /// Key of the repeat.
    pub key: Key,
    /// What to give to [`Session::add_instance`] and [`Session::remove_instance`].
    pub path: String,
    /// Its label.
    pub label: String,
    /// Its hint, or nothing.
    pub hint: String,
    /// Whether the form says how many instances there are; else they can be removed.
    pub counted: bool,
    /// Whether another instance can be added.
    pub can_add: bool,
    /// Its instances; without elements where they have pages of their own.
    pub instances: Vec<InstanceView>,
}

/// An instance of a repeat.
#[derive(Clone, PartialEq, Eq)]
pub struct InstanceView {
    /// Key of the instance.
    pub key: Key,
    /// Its number, counting from 1.
    pub number: usize,
    /// What is in it, in order.
    pub elements: Vec<Element>,
}

impl Session {
    /// The pages that the form has now, in order, with titles in a language (by code).
    #[must_use]
    pub fn pages(&self, language: &str) -> Vec<PageTitle> {
        let mut slots = Vec::new();
        self.collect_pages(0, &mut slots);
        slots
            .into_iter()
            .map(|slot| self.page_title(slot, language))
            .collect()
    }

    /// A page; none when its group or question is not relevant (any more).
    #[must_use]
    pub fn page(&self, page: Key, language: &str) -> Option<PageView> {
        let mut slots = Vec::new();
        self.collect_pages(0, &mut slots);
        let slot = slots.into_iter().find(|slot| *slot == page.0)?;
        let mut elements = Vec::new();
        if self.is_list(slot) {
            elements.push(Element::Repeat(self.repeat(slot, language, false)));
        } else if self.kind(slot).is_leaf() {
            elements.push(Element::Question(self.question(slot, language)));
        } else {
            self.collect_elements(slot, language, &mut elements);
        }
        let title = self.title(slot, language);
        Some(PageView {
            key: page,
            title,
            around: self.around(slot, language),
            elements,
        })
    }

    /// The page that the question at a path is on now.
    #[must_use]
    pub fn page_of(&self, path: &str) -> Option<Key> {
        let slot = self.find(path)?;
        let mut pages = Vec::new();
        self.collect_pages(0, &mut pages);
        let mut at = slot;
        loop {
            if pages.contains(&at) && (at == slot || !self.is_list(at)) {
                return Some(Key(at));
            }
            if at == 0 {
                return None;
            }
            at = self.tree.slot(at).parent;
        }
    }

    fn kind(&self, slot: SlotId) -> Kind {
        self.form.item(self.tree.slot(slot).item).kind
    }

    /// Whether the slot is a repeat as a whole, not one of its instances.
    fn is_list(&self, slot: SlotId) -> bool {
        self.kind(slot) == Kind::Repeat && self.tree.slot(slot).number == 0
    }

    fn is_field_list(&self, slot: SlotId) -> bool {
        let appearance = &self.form.item(self.tree.slot(slot).item).appearance;
        appearance
            .split_whitespace()
            .any(|word| word == "field-list")
    }

    fn collect_pages(&self, slot: SlotId, pages: &mut Vec<SlotId>) {
        let state = self.tree.slot(slot);
        if !state.relevant {
            return;
        }
        let kind = self.kind(slot);
        if kind.is_leaf() {
            if kind.is_shown() {
                pages.push(slot);
            }
            return;
        }
        if !self.is_list(slot) && self.is_field_list(slot) && slot != 0 {
            if self.shows_something(slot) {
                pages.push(slot);
            }
            return;
        }
        for child in &state.children {
            self.collect_pages(*child, pages);
        }
        if self.is_list(slot) && self.form.item(state.item).repeat_count.is_none() {
            pages.push(slot);
        }
    }

    fn shows_something(&self, slot: SlotId) -> bool {
        let state = self.tree.slot(slot);
        let kind = self.kind(slot);
        state.relevant
            && (kind.is_shown()
                || (self.is_list(slot) && self.form.item(state.item).repeat_count.is_none())
                || state
                    .children
                    .iter()
                    .any(|child| self.shows_something(*child)))
    }

    /// The visible questions of a page, those in its repeats too.
    pub(super) fn slots_of_page(&self, page: Key) -> Vec<SlotId> {
        let mut slots = Vec::new();
        if (page.0 as usize) < self.tree.slots.len() && !self.is_list(page.0) {
            self.walk(page.0, &mut |session, slot| {
                let state = session.tree.slot(slot);
                if state.alive && state.relevant && session.kind(slot).is_question() {
                    slots.push(slot);
                }
            });
        }
        slots
    }

    fn page_title(&self, slot: SlotId, language: &str) -> PageTitle {
        let slots = self.slots_of_page(Key(slot));
        let answered = slots
            .iter()
            .filter(|slot| !self.tree.slot(**slot).value.is_blank());
        let problems = slots.iter().filter(|slot| self.reason(**slot).is_some());
        PageTitle {
            key: Key(slot),
            title: self.title(slot, language),
            questions: slots.len(),
            answered: answered.count(),
            problems: problems.count(),
        }
    }

    fn words(&self, slot: SlotId, language: &str, text: &Text) -> String {
        let evaluator = Evaluator {
            language: self.form.language(language),
            ..self.evaluator()
        };
        evaluator.text(text, slot)
    }

    fn title(&self, slot: SlotId, language: &str) -> String {
        let state = self.tree.slot(slot);
        let label = self.words(slot, language, &self.form.item(state.item).label);
        if state.number > 0 {
            format!("{label} {}", state.number)
        } else {
            label
        }
    }

    fn around(&self, slot: SlotId, language: &str) -> Vec<String> {
        let mut around = Vec::new();
        let mut at = slot;
        while at != 0 {
            at = self.tree.slot(at).parent;
            if at != 0 && !self.is_list(at) {
                around.push(self.title(at, language));
            }
        }
        around.retain(|label| !label.is_empty());
        around.reverse();
        around
    }

    fn collect_elements(&self, slot: SlotId, language: &str, elements: &mut Vec<Element>) {
        for child in &self.tree.slot(slot).children {
            let state = self.tree.slot(*child);
            let item = self.form.item(state.item);
            if !state.relevant {
                continue;
            }
            match item.kind {
                Kind::Group => {
                    let label = self.words(*child, language, &item.label);
                    if !label.is_empty() && self.shows_something(*child) {
                        let hint = self.words(*child, language, &item.hint);
                        elements.push(Element::Heading(HeadingView {
                            key: Key(*child),
                            label,
                            hint,
                        }));
                    }
                    self.collect_elements(*child, language, elements);
                }
                Kind::Repeat => elements.push(Element::Repeat(self.repeat(*child, language, true))),
                kind if kind.is_shown() => {
                    elements.push(Element::Question(self.question(*child, language)));
                }
                _ => {}
            }
        }
    }

    fn repeat(&self, slot: SlotId, language: &str, whole: bool) -> RepeatView {
        let state = self.tree.slot(slot);
        let item = self.form.item(state.item);
        let instances = state.children.iter().zip(1..).map(|(instance, number)| {
            let mut elements = Vec::new();
            if whole {
                self.collect_elements(*instance, language, &mut elements);
            }
            InstanceView {
                key: Key(*instance),
                number,
                elements,
            }
        });
        let counted = item.repeat_count.is_some();
        RepeatView {
            key: Key(slot),
            path: self.path(slot),
            label: self.words(slot, language, &item.label),
            hint: self.words(slot, language, &item.hint),
            counted,
            can_add: !counted && state.children.len() < MOST_INSTANCES,
            instances: instances.collect(),
        }
    }

    fn question(&self, slot: SlotId, language: &str) -> QuestionView {
        let state = self.tree.slot(slot);
        let item = self.form.item(state.item);
        let list = item.list.and_then(|list| self.form.list(list));
        // A choice that the filter hides is not chosen now, though it is kept.
        let value = if item.choice_filter.is_some() {
            state.value.text().into_owned()
        } else {
            state.typed.clone()
        };
        let offered = list.iter().flat_map(|list| &list.choices);
        let choices = offered.filter(|choice| self.passes_filter(slot, &choice.columns));
        let choices = choices.map(|choice| ChoiceView {
            code: choice.code.clone(),
            label: self.words(slot, language, &choice.label),
            chosen: value.split_whitespace().any(|code| code == choice.code),
        });
        QuestionView {
            key: Key(slot),
            path: self.path(slot),
            name: item.name.clone(),
            kind: item.kind,
            label: self.words(slot, language, &item.label),
            hint: self.words(slot, language, &item.hint),
            appearance: item.appearance.clone(),
            choices: choices.collect(),
            value,
            required: item
                .required
                .is_some_and(|op| self.evaluator().truth(op, slot)),
            read_only: self.is_read_only(slot),
            problem: self
                .reason(slot)
                .map(|reason| self.problem(slot, reason, language)),
        }
    }
}
