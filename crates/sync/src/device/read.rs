//! The pull, and what comes with it: pages, the roster's news, acts that the relay lacks.
//!
//! Not here: what a page changes (see `page`).

use super::{Device, Step, Turn};
use crate::change::Change;
use crate::effect::{Effect, Notice};
use crate::event::Response;
use crate::pace::Pace;
use crate::page;
use std::collections::VecDeque;
use std::rc::Rc;
use veldpost_domain::StreamId;
use veldpost_envelope::roster::Taken;
use veldpost_envelope::wire::{
    Action, ActsAsk, Call, Code, HeadsAnswer, HeadsAsk, Holding, MAX_ACTS, MAX_BODY, MAX_HOLDING,
    MAX_PAGES, ObjectsAnswer, Page, PageSplitter, Problem, PullAsk, Reply, RosterAnswer, RosterAsk,
    RosterHead, SignedBy, counts, judge,
};
use veldpost_envelope::{EnvelopeError, Purpose, RandomBytes, Roster, random, request};

/// A signed call under way.
pub(super) struct Flight {
    call: u64,
    path: Call,
    body: Vec<u8>,
    /// It was signed anew already.
    again: bool,
    /// The objects in it, in their order.
    objects: Vec<Vec<u8>>,
}

/// How far the reading is.
pub(super) struct Read {
    flight: Option<Flight>,
    pub pace: Pace,
    /// Pages that came whole and were not taken yet.
    pages: VecDeque<Vec<u8>>,
    pub wanted: bool,
    /// A pull came back since the start, with whatever: until then nothing is pushed, for its page says how far the relay
    /// is.
    pub tried: bool,
    /// What the relay's clock is ahead, in milliseconds, as long as this process runs.
    offset: i64,
    /// The height of a page for which the roster was read.
    read_for: Option<u64>,
    /// The relay lacks acts from here on.
    offer: Option<u64>,
    /// A coordinator asks how far every stream goes, behind this one.
    pub heads_wanted: bool,
    heads_after: Option<StreamId>,
    /// Signed calls are not taken: nothing is asked any more.
    stopped: bool,
    pub refused: Option<Code>,
}

impl Default for Read {
    fn default() -> Self {
        Self {
            flight: None,
            pace: Pace::default(),
            pages: VecDeque::new(),
            wanted: true,
            tried: false,
            offset: 0,
            read_for: None,
            offer: None,
            heads_wanted: false,
            heads_after: None,
            stopped: false,
            refused: None,
        }
    }
}

impl Read {
    pub fn landed(&mut self, call: u64) -> Option<Flight> {
        self.flight.take_if(|flight| flight.call == call)
    }

    pub fn is_idle(&self) -> bool {
        self.flight.is_none()
    }

    pub fn has_more(&self) -> bool {
        (self.wanted || self.offer.is_some() || self.heads_wanted) && !self.stopped
    }

    pub fn failed(&mut self, now: i64, retry_after: Option<u32>, rng: &mut dyn RandomBytes) {
        self.pace.failed(now, retry_after, rng);
        self.begin_again();
        self.tried = true;
    }

    /// What came and was not taken is asked for again.
    pub fn begin_again(&mut self) {
        self.pages.clear();
        self.wanted = true;
    }

    /// What the relay holds has to be learnt before anything is pushed.
    pub fn heads_unknown(&mut self) {
        self.wanted = true;
        self.tried = self.stopped;
    }
}

impl Device {
    pub(super) fn read_next(&mut self, turn: &mut Turn<'_>) {
        let waits = !self.read.is_idle() || self.read.pace.due(turn.now).is_some();
        if waits {
            return;
        }
        if self.read.tried && !self.offers.is_empty() {
            self.offer_objects(turn);
            return;
        }
        if !self.read.has_more() {
            return;
        }
        if let Some(body) = self.read.offer.take().and_then(|from| self.acts_from(from)) {
            self.ask(Call::Acts, body, turn);
            return;
        }
        if !self.read.wanted && self.read.heads_wanted {
            let ask = HeadsAsk {
                region: self.roster.region(),
                after: self.read.heads_after,
            };
            self.ask(Call::Heads, ask.to_bytes(), turn);
            return;
        }
        self.read.wanted = false;
        let ask = PullAsk {
            region: self.roster.region(),
            after: self.ledger.relay.position,
            pages: MAX_PAGES,
            holding: self.holding(),
        };
        self.ask(Call::Pull, ask.to_bytes(), turn);
    }

    /// Streams of which something waits come first.
    fn holding(&self) -> Vec<Holding> {
        let mut streams: Vec<_> = self.ledger.own.iter().collect();
        streams.sort_by_key(|(_, own)| (own.runs.is_empty(), !own.current));
        let streams = streams.into_iter().take(MAX_HOLDING);
        streams
            .map(|(stream, own)| Holding {
                stream: *stream,
                next: own.row.next,
            })
            .collect()
    }

    fn acts_from(&self, from: u64) -> Option<Vec<u8>> {
        let (mut acts, mut bytes): (Vec<&[u8]>, _) = (Vec::new(), 0);
        for act in self.acts.get(usize::try_from(from).ok()?..)? {
            bytes += act.len() + 5;
            if acts.len() >= MAX_ACTS || bytes > MAX_BODY - 128 {
                break;
            }
            acts.push(act);
        }
        let ask = ActsAsk {
            region: self.roster.region(),
            acts,
            founding: None,
        };
        (!ask.acts.is_empty()).then(|| ask.to_bytes())
    }

    fn ask(&mut self, path: Call, body: Vec<u8>, turn: &mut Turn<'_>) {
        let call = self.number();
        self.send(
            Flight {
                call,
                path,
                body,
                again: false,
                objects: Vec::new(),
            },
            turn,
        );
    }

    /// Own objects, as many as one call takes; they carry their own signatures.
    fn offer_objects(&mut self, turn: &mut Turn<'_>) {
        let (mut objects, mut body): (Vec<Vec<u8>>, Vec<u8>) = (Vec::new(), Vec::new());
        for object in &self.offers {
            if !body.is_empty() && body.len() + object.len() > MAX_BODY {
                break;
            }
            body.extend_from_slice(object);
            objects.push(object.clone());
        }
        let call = self.number();
        self.send(
            Flight {
                call,
                path: Call::Objects,
                body,
                again: false,
                objects,
            },
            turn,
        );
    }

    /// What the relay holds, or will never take, is not offered again.
    fn objects_taken(&mut self, flight: &Flight, body: &[u8], turn: &mut Turn<'_>) {
        let Ok(answer) = ObjectsAnswer::from_bytes(body) else {
            self.read.failed(turn.now, None, turn.rng);
            return;
        };
        let mut settled = 0;
        for (object, code) in flight.objects.iter().zip(&answer.codes) {
            let shown = code.filter(|code| code.action() == Action::KeepAndShow);
            if let Some(code) = shown {
                turn.show(Notice::Refused(code));
            }
            if code.is_none() || shown.is_some() {
                self.offers.remove(object);
                settled += 1;
            }
        }
        if settled < flight.objects.len() {
            self.read.pace.failed(turn.now, None, turn.rng);
        } else {
            self.read.pace.succeeded();
        }
    }

    fn heads_came(&mut self, body: &[u8], turn: &mut Turn<'_>) {
        let Ok(answer) = HeadsAnswer::from_bytes(body) else {
            self.read.failed(turn.now, None, turn.rng);
            return;
        };
        self.read.pace.succeeded();
        if self.ledger.relay.incarnation != Some(answer.incarnation) {
            self.read.heads_unknown();
            return;
        }
        let last = answer.rows.last().map(|row| row.stream);
        self.read.heads_wanted = answer.more && last > self.read.heads_after;
        self.read.heads_after = last.filter(|_| self.read.heads_wanted);
        let held = answer.rows.iter().filter(|row| {
            let streams = &self.ledger.holdings.streams;
            streams.contains_key(&row.stream)
        });
        let changes = held.map(|row| Change::RelayHead {
            stream: row.stream,
            next: row.next,
            hash: Some(row.hash),
            shown: None,
        });
        let mut changes: Vec<Change> = changes.collect();
        self.heads
            .extend(answer.rows.iter().map(|row| (row.stream, *row)));
        if !self.read.heads_wanted {
            // Of what the relay did not name it holds nothing.
            let streams = self.ledger.holdings.streams.keys();
            let lost = streams.filter(|stream| !self.heads.contains_key(stream));
            changes.extend(lost.map(|stream| Change::RelayHead {
                stream: *stream,
                next: 0,
                hash: None,
                shown: None,
            }));
        }
        self.steps.push_back(Step {
            changes,
            ..Step::default()
        });
    }

    fn send(&mut self, flight: Flight, turn: &mut Turn<'_>) {
        let created = request::created_at(turn.now.saturating_add(self.read.offset));
        let nonce = random::array(turn.rng);
        let Flight {
            call, path, body, ..
        } = &flight;
        let sign = || request::sign(*path, &self.authority, body, created, &nonce, &self.key);
        let headers = (path.signed_by() != SignedBy::Nobody).then(sign);
        turn.effects.push(Effect::Send {
            call: *call,
            path: *path,
            headers,
            body: body.clone(),
        });
        self.read.flight = Some(flight);
    }

    pub(super) fn answered(
        &mut self,
        flight: Flight,
        response: &Response<'_>,
        turn: &mut Turn<'_>,
    ) {
        let Response {
            status,
            content_type,
            retry_after,
            body,
        } = *response;
        if flight.path == Call::Pull && counts(Call::Pull, status, content_type) {
            self.pages_came(body, turn);
            return;
        }
        match judge(flight.path, status, content_type, body) {
            Reply::Answer(body) => match flight.path {
                Call::Roster => self.roster_came(body, turn),
                Call::Heads => self.heads_came(body, turn),
                Call::Objects => self.objects_taken(&flight, body, turn),
                _ => self.acts_taken(body, turn),
            },
            Reply::Refusal(problem) => self.refused(flight, &problem, retry_after, turn),
            Reply::None => self.read.failed(turn.now, retry_after, turn.rng),
        }
    }

    /// Pages that came whole count; a login page has none.
    fn pages_came(&mut self, body: &[u8], turn: &mut Turn<'_>) {
        let (mut splitter, mut rest) = (PageSplitter::default(), body);
        while let Ok(Some(page)) = splitter.feed(&mut rest) {
            if Page::from_bytes(page).is_err() {
                break;
            }
            self.read.pages.push_back(page.to_vec());
        }
        if self.read.pages.is_empty() {
            self.read.failed(turn.now, None, turn.rng);
            return;
        }
        self.heard = Some(turn.now);
        self.read.pace.succeeded();
        (self.read.tried, self.read.refused, self.read.read_for) = (true, None, None);
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
            self.read.read_for = Some(page.height);
            self.read.pages.push_front(bytes);
            self.read_roster(turn);
            return false;
        }
        let mut found = page::take(&page, &self.ledger, &self.roster);
        if let Some(own) = self.roster.act_at(page.height) {
            if own != page.head {
                found.notices.push(Notice::RosterFork);
            } else if page.height < self.roster.height() {
                self.read.offer = page.height.checked_add(1);
            }
        }
        if found.another_relay {
            self.read.heads_wanted = self.coordinates_any();
            self.read.begin_again();
        }
        let moved = page.upto > self.ledger.relay.position;
        self.read.wanted |= self.read.pages.is_empty() && moved && page.upto < page.newest;
        self.steps.push_back(Step {
            changes: found.changes,
            notices: found.notices,
            ..Step::default()
        });
        true
    }

    fn read_roster(&mut self, turn: &mut Turn<'_>) {
        let ask = RosterAsk {
            region: self.roster.region(),
            from: self.roster.height().saturating_add(1),
        };
        self.ask(Call::Roster, ask.to_bytes(), turn);
    }

    fn roster_came(&mut self, body: &[u8], turn: &mut Turn<'_>) {
        let Ok(answer) = RosterAnswer::from_bytes(body) else {
            self.read.failed(turn.now, None, turn.rng);
            return;
        };
        let from = self.roster.height().saturating_add(1);
        let mut roster = self.roster.clone();
        let (acts, mut notices) = take_acts(&mut roster, &answer.acts);
        if acts.is_empty() {
            notices.into_iter().for_each(|notice| turn.show(notice));
            if self.read.pages.is_empty() {
                self.read.failed(turn.now, None, turn.rng);
            }
            return;
        }
        let mut changes = vec![Change::Acts {
            from,
            acts: acts.clone(),
        }];
        let own = self.key.public();
        if self.roster.member(&own) && !roster.member(&own) {
            changes.push(Change::Removed);
            notices.push(Notice::Removed);
        }
        let gains =
            |purpose| roster.coordinates(&own, purpose) && !self.roster.coordinates(&own, purpose);
        if Purpose::ALL.into_iter().any(gains) {
            // Positions that were passed over had nothing for this device before.
            changes.push(Change::Again);
            self.read.begin_again();
        }
        // An answer has at most 1 MiB: the rest is asked for before the page is taken.
        self.read.read_for = self
            .read
            .read_for
            .filter(|_| roster.height() >= answer.head.height);
        self.read.wanted |= self.read.pages.is_empty();
        self.steps.push_back(Step {
            changes,
            roster: Some((roster, acts)),
            notices,
            ..Step::default()
        });
    }

    fn acts_taken(&mut self, body: &[u8], turn: &mut Turn<'_>) {
        let Ok(head) = RosterHead::from_bytes(body) else {
            self.read.failed(turn.now, None, turn.rng);
            return;
        };
        self.read.pace.succeeded();
        self.read.wanted = true;
        if head.height < self.roster.height() {
            self.read.offer = head.height.checked_add(1);
        }
    }

    fn refused(
        &mut self,
        mut flight: Flight,
        problem: &Problem,
        retry_after: Option<u32>,
        turn: &mut Turn<'_>,
    ) {
        let code = problem.code;
        match code.action() {
            Action::SignAnew if !flight.again => {
                if let Some(relay) = problem.now {
                    self.read.offset = relay.saturating_sub(turn.now);
                }
                flight.again = true;
                flight.call = self.number();
                self.send(flight, turn);
                return;
            }
            Action::Stop => {
                self.read.stopped = true;
                turn.show(Notice::Refused(code));
            }
            Action::KeepUntilNextAct if flight.path == Call::Pull => {
                // Who is not known any more, or not yet, learns from the roster.
                (self.read.tried, self.read.refused) = (true, Some(code));
                self.read_roster(turn);
                return;
            }
            _ if flight.path == Call::Heads => self.read.heads_wanted = false,
            Action::Own if code == Code::UnknownRegion => self.read.offer = Some(0),
            Action::KeepAndShow => turn.show(Notice::Refused(code)),
            _ => {}
        }
        self.read.refused = Some(code).filter(|code| code.action() != Action::TryAgain);
        self.read.failed(turn.now, retry_after, turn.rng);
    }
}

/// Takes acts as far as they hang on one another.
fn take_acts(roster: &mut Roster, acts: &[&[u8]]) -> (Vec<Rc<[u8]>>, Vec<Notice>) {
    let (mut taken, mut notices) = (Vec::new(), Vec::new());
    for act in acts {
        match roster.take(act) {
            Ok(Taken::Applied | Taken::WithoutEffect(_) | Taken::Unknown) => {
                taken.push(Rc::from(*act));
            }
            Ok(Taken::Held) => {}
            Ok(Taken::Fork) => notices.push(Notice::RosterFork),
            Err(EnvelopeError::Newer(_)) => {
                notices.push(Notice::UpdateNeeded);
                break;
            }
            Err(_) => {
                notices.push(Notice::RosterBroken);
                break;
            }
        }
    }
    (taken, notices)
}
