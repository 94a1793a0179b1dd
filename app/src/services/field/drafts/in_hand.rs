//! A form that is being filled in: its answers, the open page, and which problems may show.
//!
//! Not here: keeping it (`drafts`) and what it looks like (`components::question`).

use crate::text;
use gloo::timers::callback::Timeout;
use veldpost_domain::{Answers, CampaignId, RecordId};
use veldpost_forms::Session;
use veldpost_forms::session::QuestionView;
use veldpost_forms::session::{Element, InstanceView, Key, PageTitle, PageView, Problem};
use veldpost_journal::Seen;

/// The appearance of questions about the place: their answers may be those of the last record.
const CARRY: &str = "carry";
/// The appearance of questions that *Snel toevoegen* asks.
const QUICK: &str = "quick";
/// The appearance of the parts of the code against counting twice, and the question whether there is one.
const CODE: &str = "code";
const CODE_ASKED: &str = "dedup_ask";
/// The code of "Weet ik niet".
pub const UNKNOWN: &str = "unknown";

/// A form that is being filled in.
pub struct FormInHand {
    /// The answers, and what they make visible.
    pub session: Session,
    /// The record that it will become.
    pub record: RecordId,
    /// The observation that it is promoted from.
    pub promoted_from: Option<RecordId>,
    /// The campaign that it was begun for, where that is known.
    pub(super) campaign: Option<CampaignId>,
    /// The record exists: its answers are being changed.
    pub amends: bool,
    /// What stood there when that began; unknown of a form that was left and is gone on with.
    pub seen: Option<Seen>,
    /// The same as answers alone: a draft keeps it.
    pub(super) before: Option<Answers>,
    /// Questions whose answer was copied from the round or from the last record.
    pub carried: Vec<String>,
    /// *Wijzig* was tapped on the summary: the way on leads back there.
    pub to_check: bool,
    /// The way on was asked for and stays closed: a summary says why.
    pub asked_on: bool,
    /// The question that gets the focus when its page opens.
    pub focus: Option<Key>,
    /// The place of the page that it was opened on.
    pub first: usize,
    pub(super) page: usize,
    /// The open page: its place moves when pages before it come and go.
    open: Option<Key>,
    /// Questions whose problem may show: they were left after a change, or the way on was asked.
    shown: Vec<Key>,
    /// Something was answered by hand; else there is no draft to keep.
    pub(super) touched: bool,
    /// It is being kept as a record: its draft must not be written any more.
    pub(super) finishing: bool,
    pub(super) started_at: i64,
    pub(super) timer: Option<Timeout>,
}

fn language() -> &'static str {
    text::language().tag()
}

impl FormInHand {
    pub(super) fn new(session: Session, record: RecordId, started_at: i64) -> Self {
        Self {
            session,
            record,
            promoted_from: None,
            campaign: None,
            amends: false,
            seen: None,
            before: None,
            carried: Vec::new(),
            to_check: false,
            asked_on: false,
            focus: None,
            first: 0,
            page: 0,
            open: None,
            shown: Vec::new(),
            touched: false,
            finishing: false,
            started_at,
            timer: None,
        }
    }

    /// The pages that there are now.
    pub fn pages(&self) -> Vec<PageTitle> {
        self.session.pages(language())
    }

    /// The open page.
    pub fn page_view(&self) -> Option<PageView> {
        self.session.page(self.open?, language())
    }

    /// The place of the open page, and how many pages there are.
    pub fn step(&self) -> (usize, usize) {
        (self.page, self.pages().len())
    }

    /// Opens the page at a place; past the end, the last one.
    pub fn open_page(&mut self, place: usize) {
        self.asked_on = false;
        self.to_check = false;
        let pages = self.pages();
        self.page = place.min(pages.len().saturating_sub(1));
        self.open = pages.get(self.page).map(|page| page.key);
    }

    /// Opens the page that a question is on.
    pub fn open_page_of(&mut self, problem_or_question: &str) {
        let page = self.session.page_of(problem_or_question);
        if let Some(place) = self
            .pages()
            .iter()
            .position(|known| Some(known.key) == page)
        {
            self.open_page(place);
        }
    }

    /// Opens the first page that still asks something: what was carried over is not asked again.
    pub fn open_first(&mut self) {
        let pages = self.pages();
        let situation: Vec<Key> = self
            .carried
            .iter()
            .filter_map(|name| self.session.page_of(name))
            .collect();
        let asks = |page: &PageTitle| {
            let carried = situation.contains(&page.key);
            page.questions == 0 || page.problems > 0 || (page.answered < page.questions && !carried)
        };
        let place = pages.iter().position(asks).unwrap_or(0);
        self.open_page(place);
        self.first = self.page;
    }

    /// After a change: the open page stays open, wherever it stands now.
    pub(super) fn keep_place(&mut self) {
        match self
            .pages()
            .iter()
            .position(|page| Some(page.key) == self.open)
        {
            Some(place) => self.page = place,
            None => self.open_page(self.page),
        }
        if !self.shown.is_empty() {
            // What was put right shows no problem again while somebody types.
            let wrong: Vec<Key> = self.problems().into_iter().map(|wrong| wrong.key).collect();
            self.shown.retain(|key| wrong.contains(key));
        }
    }

    /// Everything that needs attention.
    pub fn problems(&self) -> Vec<Problem> {
        self.session.problems(language())
    }

    /// Whether the problem of a question may show.
    pub fn shows(&self, key: Key) -> bool {
        self.shown.contains(&key)
    }

    /// From now on these problems show.
    pub fn show(&mut self, problems: &[Problem]) {
        for problem in problems {
            if !self.shows(problem.key) {
                self.shown.push(problem.key);
            }
        }
    }

    /// The problems on the open page.
    pub fn problems_of_page(&self) -> Vec<Problem> {
        self.problems()
            .into_iter()
            .filter(|problem| self.session.page_of(&problem.path) == self.open)
            .collect()
    }

    /// What *Snel toevoegen* asks: the quick questions, and those of `extra`, in the form's order.
    pub fn quick(&self, extra: &[Key]) -> Vec<Element> {
        self.few(extra, |question| question.appears(QUICK))
    }

    /// What a desk asks: the quick questions and the code; with `place` also where somebody sleeps.
    pub fn at_desk(&self, extra: &[Key], place: bool) -> Vec<Element> {
        self.few(extra, |question| {
            question.appears(QUICK)
                || question.appears(CODE)
                || question.name == CODE_ASKED
                || (place && question.appears(CARRY))
        })
    }

    fn few(&self, extra: &[Key], asks: impl Fn(&QuestionView) -> bool) -> Vec<Element> {
        let mut asked = Vec::new();
        self.each_page(&mut |element| {
            let wanted = match &element {
                Element::Question(question) => asks(question) || extra.contains(&question.key),
                Element::Repeat(repeat) => repeat
                    .instances
                    .iter()
                    .any(|instance| holds(instance, extra)),
                Element::Heading(_) => false,
            };
            if wanted {
                asked.push(element);
            }
        });
        asked
    }

    /// Every page with everything on it.
    pub fn views(&self) -> Vec<PageView> {
        let pages = self.pages();
        pages
            .iter()
            .filter_map(|page| self.session.page(page.key, language()))
            .collect()
    }

    fn each_page(&self, visit: &mut dyn FnMut(Element)) {
        self.views()
            .into_iter()
            .flat_map(|view| view.elements)
            .for_each(visit);
    }

    /// The label of the question that a problem is about.
    pub fn label(&self, problem: &Problem) -> Option<String> {
        let page = self
            .session
            .page(self.session.page_of(&problem.path)?, language())?;
        label(&page.elements, problem.key)
    }

    /// The questions about the place that have an answer, to be carried over to the next record.
    pub fn situation(&self) -> Vec<QuestionView> {
        let mut found = Vec::new();
        self.each_page(&mut |element| {
            if let Element::Question(question) = element
                && question.appears(CARRY)
                && !question.value.is_empty()
            {
                found.push(question);
            }
        });
        found
    }

    /// The keys of everything that was carried over.
    pub fn carried_keys(&self) -> Vec<Key> {
        let mut keys = Vec::new();
        self.each_page(&mut |element| {
            if let Element::Question(question) = element
                && self.carried.contains(&question.name)
            {
                keys.push(question.key);
            }
        });
        keys
    }
}

fn holds(instance: &InstanceView, keys: &[Key]) -> bool {
    instance.elements.iter().any(|element| match element {
        Element::Question(question) => keys.contains(&question.key),
        Element::Repeat(repeat) => repeat.instances.iter().any(|deeper| holds(deeper, keys)),
        Element::Heading(_) => false,
    })
}

fn label(elements: &[Element], key: Key) -> Option<String> {
    elements.iter().find_map(|element| match element {
        Element::Question(question) => (question.key == key).then(|| question.label.clone()),
        Element::Repeat(repeat) => repeat
            .instances
            .iter()
            .find_map(|instance| label(&instance.elements, key)),
        Element::Heading(_) => None,
    })
}
