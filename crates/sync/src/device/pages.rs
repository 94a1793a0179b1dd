//! Pages of a pull: taken out of its answer as they come, held against the roster, judged one by one.
//!
//! Not here: the calls (see `read`), what a page changes (see `page`).

use super::read::Flight;
use super::{Device, Step, Turn};
use crate::effect::Notice;
use crate::event::Response;
use crate::page;
use veldpost_envelope::ActHash;
use veldpost_envelope::wire::{Call, Code, Page, PageSplitter, counts};

/// Pages as they come.
#[derive(Default)]
pub(super) struct Coming {
    splitter: PageSplitter,
    /// A page came whole.
    pub came: bool,
    /// What follows is no page: what came before it counts.
    broken: bool,
    /// What follows is asked for again, from further back.
    pub void: bool,
}

impl Coming {
    /// The pages that this part makes whole.
    pub fn feed(&mut self, mut part: &[u8]) -> Vec<Vec<u8>> {
        let mut pages = Vec::new();
        while !self.broken {
            match self.splitter.feed(&mut part) {
                Ok(Some(page)) if Page::from_bytes(page).is_ok() => {
                    self.came = true;
                    pages.push(page.to_vec());
                }
                Ok(None) => break,
                Ok(Some(_)) | Err(_) => self.broken = true,
            }
        }
        if self.void {
            pages.clear();
        }
        pages
    }
}

impl Device {
    /// A part of a pull's answer: a login page has no pages in it. Whether a page came whole by it.
    pub(super) fn pages_come(&mut self, call: u64, response: &Response<'_>) -> bool {
        let counts = counts(Call::Pull, response.status, response.content_type);
        if let Some(flight) = &mut self.read.flight
            && flight.call == call
            && flight.path == Call::Pull
            && counts
        {
            self.reached = true;
            let pages = flight.coming.feed(response.body);
            let came = !pages.is_empty();
            self.read.pages.extend(pages);
            return came;
        }
        false
    }

    /// A pull ended, by itself or where the network did: pages that came whole count.
    pub(super) fn pages_came(&mut self, flight: &Flight, whole: bool, turn: &mut Turn<'_>) {
        if !flight.coming.came {
            self.read.failed(turn.now, None, turn.rng);
            return;
        }
        self.heard = Some(turn.now);
        self.read.timed = true;
        if whole {
            self.read.pace.succeeded();
        } else {
            self.reached = false;
            if self.read.moved {
                // Each try brings something: the next need not wait for longer and longer.
                self.read.pace.succeeded();
            }
            self.read.pace.failed(turn.now, None, turn.rng);
        }
        let older = core::mem::take(&mut self.read.older);
        // Pages that were not taken yet say themselves whether there are more.
        let more = self.read.more && self.read.pages.is_empty();
        self.read.wanted |= older || more || !whole;
        if self.read.refused.take() == Some(Code::UnknownDevice) {
            // It knows this device now: what it did not take of it is offered again.
            self.push.relay_moved();
        }
        (self.read.tried, self.read.read_for) = (!older, None);
    }

    /// Takes the next page, or reads the roster first when the page knows more of it. Whether there was one to take.
    pub(super) fn take_page(&mut self, turn: &mut Turn<'_>) -> bool {
        let Some(bytes) = self.read.pages.pop_front() else {
            return false;
        };
        let Ok(page) = Page::from_bytes(&bytes) else {
            return true;
        };
        if page.height > self.roster.height() && self.read.read_for != Some(page.height) {
            if !self.read.is_idle() {
                // One signed call at a time: the roster is asked for when the last page has come.
                self.read.pages.push_front(bytes);
                return false;
            }
            self.read.read_for = Some(page.height);
            self.read.pages.push_front(bytes);
            self.read_roster(turn);
            return false;
        }
        let found = page::take(&page, &self.ledger, &self.roster, &self.read.answered);
        let relay = &self.ledger.relay;
        self.page_taken(&page, found, (relay.position, relay.head), turn);
        true
    }

    /// While a page is written the next is read, as if that one were on the disk already: it is written once it is, and
    /// forgotten with it where it is not. Only a page that nothing else has to be asked for.
    pub(super) fn look_ahead(&mut self, turn: &mut Turn<'_>) {
        let ready = self.steps.is_empty() && self.read.takes_pages();
        let Some(before) = self.committing.take_if(|_| ready) else {
            return;
        };
        let Some(bytes) = self.read.pages.pop_front() else {
            self.committing = Some(before);
            return;
        };
        let (staged, relay) = (&before.staged, &before.staged.relay);
        match Page::from_bytes(&bytes) {
            Ok(page)
                if page.height <= self.roster.height()
                    && relay.incarnation == Some(page.incarnation) =>
            {
                let found = page::take(&page, staged, &self.roster, &self.read.answered);
                self.page_taken(&page, found, (relay.position, relay.head), turn);
            }
            _ => self.read.pages.push_front(bytes),
        }
        self.committing = Some(before);
    }

    /// What follows from a page beside what it changes, with the position and the relay's head as they were before it.
    fn page_taken(
        &mut self,
        page: &Page<'_>,
        mut found: page::Found,
        (position, head): (u64, ActHash),
        turn: &mut Turn<'_>,
    ) {
        if page.head != head {
            self.relay_moved();
        }
        self.offers.saw(page);
        if let Some(own) = self.roster.act_at(page.height) {
            if own != page.head {
                found.notices.push(Notice::RosterFork);
            } else if page.height < self.roster.height() && self.read.acts.due(turn.now).is_none() {
                self.read.offer = page.height.checked_add(1);
            }
        }
        if found.another_relay {
            self.read.heads_wanted = self.coordinates_any();
            self.read.begin_again();
        }
        let moved = page.upto > position;
        self.read.moved |= moved;
        self.read.more = moved && page.upto < page.newest;
        let last = self.read.is_idle() && self.read.pages.is_empty();
        self.read.wanted |= last && self.read.more;
        self.steps.push_back(Step {
            changes: found.changes,
            notices: found.notices,
            ..Step::default()
        });
    }
}
