//! Signed calls, one under way at a time.
//!
//! Not here: the pages of a pull (see `pages`) and what they change (see `page`), the roster (see `roster`), what only coordinators ask (see `coordinate`).

use super::pages::Coming;
use super::{Device, Turn};
use crate::effect::{Effect, Notice};
use crate::event::Response;
use crate::pace::Pace;
use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;
use veldpost_domain::StreamId;
use veldpost_envelope::wire::{
    Action, Call, Code, HeadsAsk, Holding, MAX_HOLDING, MAX_PAGES, Problem, PullAsk, Reply,
    SignedBy, counts, judge,
};
use veldpost_envelope::{Object, RandomBytes, random, request};

/// A join is brought again at most this often.
const JOIN_AGAIN_MS: u64 = 5 * 60_000;

/// A signed call under way.
pub(super) struct Flight {
    pub call: u64,
    pub path: Call,
    pub body: Vec<u8>,
    /// It was signed anew already.
    pub again: bool,
    /// The objects in it, in their order.
    pub objects: Vec<Rc<Object>>,
    /// What came of its answer, for a pull.
    pub coming: Coming,
}

impl Flight {
    pub fn new(call: u64, path: Call, body: Vec<u8>) -> Self {
        Self {
            call,
            path,
            body,
            again: false,
            objects: Vec::new(),
            coming: Coming::default(),
        }
    }
}

/// How far the reading is.
pub(super) struct Read {
    pub flight: Option<Flight>,
    pub pace: Pace,
    /// Pages that came whole and were not taken yet.
    pub pages: VecDeque<Vec<u8>>,
    pub wanted: bool,
    /// Behind the last page that was taken there is more.
    pub more: bool,
    /// A page of the last pull led on.
    pub moved: bool,
    /// A pull came back since the start, with whatever: until then nothing is pushed, for its page says how far the relay
    /// is.
    pub tried: bool,
    /// The pull under way was asked for before it was seen that the relay is another: what it says may be older than a push.
    pub older: bool,
    /// When it was last said that the relay lacks the join.
    join_lacking: Option<i64>,
    /// What the relay's clock is ahead, in milliseconds, as long as this process runs.
    offset: i64,
    /// It let in a call that was signed by a clock.
    pub timed: bool,
    /// Streams of which a push was answered since the pull or the heads under way were asked for: what these say of them may
    /// be older.
    pub answered: BTreeSet<StreamId>,
    /// The height of a page for which the roster was read.
    pub read_for: Option<u64>,
    /// The relay lacks acts from here on.
    pub offer: Option<u64>,
    /// When acts may be offered: a relay that was put back takes none for a day, and hands out everything else.
    pub acts: Pace,
    /// A coordinator asks how far every stream goes, behind this one.
    pub heads_wanted: bool,
    pub heads_after: Option<StreamId>,
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
            more: false,
            moved: false,
            tried: false,
            older: false,
            join_lacking: None,
            offset: 0,
            timed: false,
            answered: BTreeSet::new(),
            read_for: None,
            offer: None,
            acts: Pace::default(),
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

    /// Whether the relay took this device's own time for the right one.
    pub fn keeps_time(&self) -> bool {
        self.timed && self.offset == 0
    }

    pub fn is_idle(&self) -> bool {
        self.flight.is_none()
    }

    /// Whether a pull is under way.
    pub fn is_pulling(&self) -> bool {
        let flight = self.flight.as_ref();
        flight.is_some_and(|flight| flight.path == Call::Pull)
    }

    /// Whether pages of that pull came already.
    pub fn is_receiving(&self) -> bool {
        let flight = self.flight.as_ref();
        flight.is_some_and(|flight| flight.coming.came)
    }

    /// A page is taken while those behind it come; it waits for whatever else was asked.
    pub fn takes_pages(&self) -> bool {
        self.is_idle() || self.is_pulling()
    }

    pub fn has_more(&self) -> bool {
        (self.wanted || self.offer.is_some() || self.heads_wanted) && !self.stopped
    }

    pub fn failed(&mut self, now: i64, retry_after: Option<u32>, rng: &mut dyn RandomBytes) {
        self.pace.failed(now, retry_after, rng);
        self.begin_again();
        (self.tried, self.older) = (true, false);
    }

    /// What came and was not taken, or is still to come, is asked for again.
    pub fn begin_again(&mut self) {
        self.pages.clear();
        self.wanted = true;
        if let Some(flight) = &mut self.flight {
            flight.coming.void = true;
        }
    }

    /// What the relay holds has to be learnt before anything is pushed.
    pub fn heads_unknown(&mut self) {
        self.wanted = true;
        self.tried = self.stopped;
        self.older = self.is_pulling();
    }
}

impl Device {
    pub(super) fn read_next(&mut self, turn: &mut Turn<'_>) {
        if !self.read.is_idle() {
            return;
        }
        let waits = self.read.pace.due(turn.now).is_some();
        let asked = (!waits && self.offer_for_acts(turn)) || self.office_next(turn);
        if asked || waits {
            return;
        }
        if !self.read.stopped
            && let Some(body) = self.read.offer.take().and_then(|from| self.acts_from(from))
        {
            self.ask(Call::Acts, body, turn);
            return;
        }
        // What a page hands out need not be offered.
        if (!self.read.wanted || self.read.stopped) && self.read.tried && self.offer_next(turn) {
            return;
        }
        if !self.read.has_more() {
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
        (self.read.wanted, self.read.more, self.read.moved) = (false, false, false);
        // Another pull, another page: what was read for an earlier one may not have come.
        self.read.read_for = None;
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

    pub(super) fn ask(&mut self, path: Call, body: Vec<u8>, turn: &mut Turn<'_>) {
        if matches!(path, Call::Pull | Call::Heads) {
            self.read.answered.clear();
        }
        let call = self.number();
        self.send(Flight::new(call, path, body), turn);
    }

    pub(super) fn send(&mut self, flight: Flight, turn: &mut Turn<'_>) {
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
        mut flight: Flight,
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
            self.read.pages.extend(flight.coming.feed(body));
            self.pages_came(&flight, true, turn);
            return;
        }
        match judge(flight.path, status, content_type, body) {
            Reply::Answer(body) => match flight.path {
                Call::Roster => self.roster_came(body, turn),
                Call::Heads => self.heads_came(body, turn),
                Call::Objects => self.objects_taken(&flight, body, turn),
                Call::BlobPut | Call::WelcomePut => self.blob_settled(),
                _ => self.acts_taken(body, turn),
            },
            Reply::Refusal(problem) => self.refused(flight, &problem, retry_after, turn),
            Reply::None => self.read.failed(turn.now, retry_after, turn.rng),
        }
    }

    pub(super) fn unanswered(&mut self, flight: Flight, turn: &mut Turn<'_>) {
        if flight.coming.came {
            self.pages_came(&flight, false, turn);
        } else {
            self.read.failed(turn.now, None, turn.rng);
        }
    }

    /// Sends the same once more, by the relay's clock, when that is what the refusal asks for. Gives the call back when
    /// it is not, or was done already.
    pub(super) fn sign_anew(
        &mut self,
        mut flight: Flight,
        problem: &Problem,
        turn: &mut Turn<'_>,
    ) -> Option<Flight> {
        if flight.again || problem.code.action() != Action::SignAnew {
            return Some(flight);
        }
        if let Some(relay) = problem.now {
            self.read.offset = relay.saturating_sub(turn.now);
        }
        flight.again = true;
        flight.call = self.number();
        self.send(flight, turn);
        None
    }

    fn refused(
        &mut self,
        flight: Flight,
        problem: &Problem,
        retry_after: Option<u32>,
        turn: &mut Turn<'_>,
    ) {
        let code = problem.code;
        let Some(flight) = self.sign_anew(flight, problem, turn) else {
            return;
        };
        if flight.path == Call::Acts && retry_after.is_some() {
            self.read.acts.failed(turn.now, retry_after, turn.rng);
            return;
        }
        match code.action() {
            Action::Stop => {
                self.read.stopped = true;
                turn.show(Notice::Refused(code));
            }
            Action::KeepUntilNextAct if flight.path == Call::Pull => {
                // Who is not known any more, or not yet, learns from the roster.
                (self.read.tried, self.read.refused) = (true, Some(code));
                self.join_lacking(code, turn);
                self.read_roster(turn);
                return;
            }
            _ if flight.path == Call::Heads => self.read.heads_wanted = false,
            Action::OfferRoster => self.read.offer = Some(0),
            Action::OfferCheckpoint => self.offers.add_locked(&self.ledger),
            Action::TryAgain | Action::Wait => {}
            _ if matches!(flight.path, Call::BlobPut | Call::WelcomePut) => {
                turn.show(Notice::Refused(code));
                self.blob_settled();
                return;
            }
            Action::KeepAndShow => turn.show(Notice::Refused(code)),
            _ => {}
        }
        self.read.refused = Some(code).filter(|code| code.action() != Action::TryAgain);
        self.read.failed(turn.now, retry_after, turn.rng);
    }

    /// A relay that was put back from a copy may lack the join of a device that nobody admitted yet.
    fn join_lacking(&mut self, code: Code, turn: &mut Turn<'_>) {
        let said = self.read.join_lacking;
        let lately = said.is_some_and(|at| turn.now.abs_diff(at) < JOIN_AGAIN_MS);
        let known = self.roster.device(&self.key.public()).is_some();
        if code == Code::UnknownDevice && !known && !lately {
            self.read.join_lacking = Some(turn.now);
            turn.effects.push(Effect::JoinLacking);
        }
    }
}
