//! A field device against a relay: one turn of the machine.
//!
//! Not here: what is pushed and what answers mean (`push`), pages (`read`), the roster, conflicts, a coordinator's part. What memory says follows what
//! is on the disk: a change is made when its commit is confirmed, and a commit that fails leaves no trace but a new try.

mod clocks;
mod conflict;
mod coordinate;
mod missed;
mod offers;
mod office;
mod pages;
mod push;
mod read;
mod roster;

use crate::change::Change;
use crate::effect::{Effect, Notice};
use crate::event::{Event, Wake};
use crate::ledger::Ledger;
use crate::pace::Pace;
use crate::rows::{RELAY, RelayRow};
use crate::run::Run;
use crate::state::{self, Attention, RecordState, Summary};
pub use clocks::OddClock;
use missed::Missed;
use offers::Offers;
use office::Office;
pub use office::{MakeAct, ProposalProblem};
use push::Push;
use read::Read;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use veldpost_domain::StreamId;
use veldpost_envelope::keys::LocalUse;
use veldpost_envelope::local::open_local;
use veldpost_envelope::stream::StreamContext;
use veldpost_envelope::wire::StreamRow;
use veldpost_envelope::{
    ActHash, BlobId, DeviceSigningKey, LocalKey, Purpose, RandomBytes, Roster, StreamState, request,
};
use veldpost_store::{Row, Shelf};

/// What a device begins with: keys that are open while it is locked, and rows as they are on the disk.
pub struct Start<'a> {
    /// Signs calls and new streams.
    pub key: DeviceSigningKey,
    /// Seals the row of the relay.
    pub local: LocalKey,
    /// The relay's origin: scheme, host, port.
    pub origin: &'a str,
    /// The roster, up to its newest act.
    pub roster: Roster,
    /// Its acts as signed, from genesis on.
    pub acts: Vec<Vec<u8>>,
    /// The row `relay` of `meta`, as it is on the disk.
    pub relay: Option<Vec<u8>>,
    /// All rows of the outbox.
    pub outbox: &'a [Row],
    /// All rows of `streams`.
    pub streams: &'a [Row],
    /// All rows of `objects`.
    pub objects: &'a [Row],
    /// All rows of `originals`: none at a device that coordinates nothing.
    pub originals: &'a [Row],
    /// All rows of `aside`.
    pub aside: &'a [Row],
    /// All rows of `blobs`.
    pub blobs: &'a [Row],
    /// The streams that the journal goes on writing into, one a purpose.
    pub writing: &'a [StreamId],
}

/// What is made true together, once it is on the disk.
#[derive(Default)]
struct Step {
    changes: Vec<Change>,
    roster: Option<(Roster, Vec<Rc<[u8]>>)>,
    moved: Option<(Purpose, StreamState)>,
    notices: Vec<Notice>,
}

/// A step on its way to the disk.
struct Committing {
    commit: u64,
    step: Step,
    /// What will be known once it is there.
    staged: Ledger,
}

/// One turn: the time, a source of random bytes, and what came of it so far.
struct Turn<'a> {
    now: i64,
    rng: &'a mut dyn RandomBytes,
    effects: Vec<Effect>,
}

impl Turn<'_> {
    fn show(&mut self, notice: Notice) {
        self.effects.push(Effect::Show(notice));
    }
}

/// The journal's writer, while it is held.
type HeldWriter = (StreamContext, Option<[u8; 16]>);

/// A device and its relay.
pub struct Device {
    key: DeviceSigningKey,
    local: LocalKey,
    authority: String,
    roster: Roster,
    acts: Vec<Rc<[u8]>>,
    ledger: Ledger,
    steps: VecDeque<Step>,
    committing: Option<Committing>,
    disk: Pace,
    push: Push,
    read: Read,
    office: Office,
    /// The stream for which the writer was asked.
    asked: Option<StreamId>,
    writer: Option<HeldWriter>,
    shown: BTreeSet<StreamId>,
    /// The relay's head when it was last said that its roster is another.
    fork_shown: Option<ActHash>,
    numbers: u64,
    waking: Option<i64>,
    heard: Option<i64>,
    /// The last call came to a relay.
    reached: bool,
    /// What the relay may lack beside acts and entries.
    offers: Offers,
    /// How far streams go, by the relay's last word.
    heads: BTreeMap<StreamId, StreamRow>,
    /// What of these is not here.
    missed: Missed,
}

impl Device {
    /// Begins with what is on the disk. A row of the relay that does not open is left: everything is asked anew.
    /// None when `origin` is not one.
    #[must_use]
    pub fn open(start: Start<'_>) -> Option<Self> {
        let authority = request::authority(start.origin)?;
        let fresh = || RelayRow::new(start.origin.to_owned(), start.roster.head());
        let kept = start.relay.as_deref().and_then(|row| {
            let row = open_local(&start.local, LocalUse::Solo, RELAY, row).ok()?;
            RelayRow::from_bytes(&row).filter(|row| row.origin == start.origin)
        });
        let another = kept.is_none();
        let mut ledger = Ledger::new(start.key.public(), kept.unwrap_or_else(fresh));
        ledger.load(Shelf::Outbox, start.outbox);
        ledger.load(Shelf::Streams, start.streams);
        ledger.load(Shelf::Originals, start.originals);
        ledger.load(Shelf::Aside, start.aside);
        ledger.load(Shelf::Objects, start.objects);
        for own in ledger.own.values_mut().filter(|_| another) {
            // Another relay's heads say nothing of this one's.
            (own.row.relay_next, own.row.relay_hash) = (0, None);
        }
        for stream in start.writing {
            ledger.set_current(*stream);
        }
        let roster = &start.roster;
        let mut purposes = Purpose::ALL.into_iter();
        let coordinator = purposes.any(|purpose| roster.coordinates(&ledger.device, purpose));
        let mut offers = Offers::default();
        let blobs: Vec<BlobId> = start
            .blobs
            .iter()
            .filter_map(|(key, _)| Some(BlobId(key.as_slice().try_into().ok()?)))
            .collect();
        for (key, value) in start.blobs.iter().filter(|_| coordinator) {
            offers.keep_blob(key.to_vec(), value.as_slice().into());
        }
        if ledger.relay.settled {
            offers.add_own(&ledger);
            offers.add_welcomes(roster);
        } else {
            offers.add_all(&ledger, roster, coordinator);
        }
        Some(Self {
            key: start.key,
            local: start.local,
            authority,
            roster: start.roster,
            acts: start.acts.into_iter().map(Rc::from).collect(),
            ledger,
            steps: VecDeque::new(),
            committing: None,
            disk: Pace::default(),
            push: Push::default(),
            read: Read::default(),
            office: Office::holding(&blobs),
            asked: None,
            writer: None,
            shown: BTreeSet::new(),
            fork_shown: None,
            numbers: 0,
            waking: None,
            heard: None,
            reached: true,
            offers,
            heads: BTreeMap::new(),
            missed: Missed::default(),
        })
    }

    /// Takes one event at `now`, milliseconds since 1970 by this device's clock, right or wrong. Effects are to be carried
    /// out in their order.
    pub fn handle(&mut self, event: Event<'_>, now: i64, rng: &mut dyn RandomBytes) -> Vec<Effect> {
        let mut turn = Turn {
            now,
            rng,
            effects: Vec::new(),
        };
        match event {
            Event::Wake(wake) => self.woken(wake),
            Event::Saved(rows) => self.saved(&rows),
            Event::Coming { call, response } => {
                if !self.pages_come(call, &response) {
                    return turn.effects;
                }
            }
            Event::Answered { call, response } => {
                // A wifi's login page is no relay.
                let kind = response.content_type;
                self.reached = kind.is_some_and(|kind| kind.starts_with("application/"));
                if let Some(flight) = self.push.landed(call) {
                    self.pushed(&flight, &response, &mut turn);
                } else if let Some(flight) = self.read.landed(call) {
                    self.signed_answered(flight, &response, &mut turn);
                }
            }
            Event::Unanswered { call } => {
                self.reached = false;
                if self.push.landed(call).is_some() {
                    self.push.pace.failed(now, None, turn.rng);
                } else if let Some(flight) = self.read.landed(call) {
                    self.signed_unanswered(flight, &mut turn);
                }
            }
            Event::Writing => {
                self.look_ahead(&mut turn);
                return turn.effects;
            }
            Event::Committed { commit } => self.committed(commit, &mut turn),
            Event::NotCommitted { commit } => self.not_committed(commit, &mut turn),
            Event::WriterHeld {
                state,
                context,
                invitation,
            } => {
                self.ledger.set_current(state.stream);
                self.writer = Some((context, invitation));
            }
        }
        self.go_on(&mut turn);
        turn.effects
    }

    /// The roster that is held.
    #[must_use]
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// Whether pages of an answer came of which more are still to come.
    #[must_use]
    pub fn is_receiving(&self) -> bool {
        self.read.is_receiving()
    }

    /// How far the entry at a place of an own stream has got. None when it was never here.
    #[must_use]
    pub fn state_of(&self, stream: StreamId, seq: u64) -> Option<RecordState> {
        let refused = |stream| self.push.refusal(stream);
        state::state_at(&self.ledger, &self.roster, &refused, stream, seq)
    }

    /// Why somebody is to look at the entry at a place of an own stream. None where nobody is.
    #[must_use]
    pub fn attention_of(&self, stream: StreamId, seq: u64) -> Option<Attention> {
        let refused = |stream| self.push.refusal(stream);
        state::attention_at(&self.ledger, &self.roster, &refused, stream, seq)
    }

    /// Whether the relay let in what was signed by this device's own clock since it began: it is right, within five minutes. What
    /// happens by itself after so many days waits for that.
    #[must_use]
    pub fn keeps_time(&self) -> bool {
        self.read.keeps_time()
    }

    /// The numbers of the line that a person reads.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let refused = |stream| self.push.refusal(stream);
        Summary {
            heard: self.heard,
            reached: self.reached,
            refused: self.read.refused.or_else(|| self.push.refused()),
            ..state::summary(&self.ledger, &self.roster, &refused)
        }
    }

    fn woken(&mut self, wake: Wake) {
        if wake == Wake::Due {
            self.waking = None;
        } else {
            self.read.wanted = true;
            self.read.heads_wanted = self.coordinates_any();
            // A driver that could not hold the writer says nothing: it is asked again.
            self.asked = None;
        }
        if matches!(wake, Wake::Opened | Wake::Online | Wake::Visible) {
            self.push.pace.hint();
            self.read.pace.hint();
            self.office.hint();
        }
    }

    fn saved(&mut self, rows: &[Row]) {
        for (key, value) in rows {
            self.ledger.add_row(key, value);
            if let Some(run) = Run::from_row(value) {
                self.ledger.set_current(run.stream);
            }
        }
    }

    /// Something is on its way to the disk: what follows from it has to wait.
    fn busy(&self) -> bool {
        self.committing.is_some() || !self.steps.is_empty()
    }

    /// What will be known once everything that is on its way to the disk is there.
    fn ledger_ahead(&self) -> Ledger {
        let staged = self.committing.as_ref().map(|under_way| &under_way.staged);
        let mut ahead = staged.unwrap_or(&self.ledger).clone();
        for step in &self.steps {
            ahead.change(&step.changes);
        }
        ahead
    }

    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    fn committed(&mut self, commit: u64, turn: &mut Turn<'_>) {
        let done = self
            .committing
            .take_if(|under_way| under_way.commit == commit);
        if let Some(done) = done {
            self.disk.succeeded();
            self.make(done.step, turn);
        }
    }

    /// Makes true in memory what is on the disk.
    fn make(&mut self, step: Step, turn: &mut Turn<'_>) {
        self.ledger.change(&step.changes);
        self.offer(&step.changes);
        self.shelved(&step.changes, turn);
        if let Some((roster, acts)) = step.roster {
            self.roster = roster;
            self.acts.extend(acts);
            self.push.roster_moved(self.roster.height());
            self.offers.roster_moved();
            turn.effects.push(Effect::RosterMoved);
            self.settle(turn);
        }
        for notice in step.notices {
            let head = self.ledger.relay.head;
            // Each page of such a relay finds it anew.
            let again = notice == Notice::RosterFork && self.fork_shown.replace(head) == Some(head);
            if !again {
                turn.show(notice);
            }
        }
    }

    /// Forgets what was decided: the same page comes again, and the relay says again how far it is.
    fn not_committed(&mut self, commit: u64, turn: &mut Turn<'_>) {
        if self
            .committing
            .take_if(|under_way| under_way.commit == commit)
            .is_some()
        {
            self.steps.clear();
            self.read.begin_again();
            self.disk.failed(turn.now, None, turn.rng);
            turn.show(Notice::NotWritten);
        }
    }

    fn go_on(&mut self, turn: &mut Turn<'_>) {
        self.commit_next(turn);
        while !self.busy() && self.read.takes_pages() && self.take_page(turn) {
            self.commit_next(turn);
        }
        self.read_missed(turn.now);
        self.keep_own();
        self.commit_next(turn);
        self.conflicts(turn);
        self.commit_next(turn);
        if !self.busy() && self.disk.due(turn.now).is_none() {
            self.push_next(turn);
            self.read_next(turn);
        }
        self.settle_offers();
        self.commit_next(turn);
        self.wake_later(turn);
    }

    fn commit_next(&mut self, turn: &mut Turn<'_>) {
        while self.committing.is_none() {
            let Some(step) = self.steps.pop_front() else {
                return;
            };
            let mut staged = self.ledger.clone();
            let writing = staged.change(&step.changes);
            let Some(batch) = writing.finish(&staged, &self.local, turn.rng) else {
                turn.show(Notice::NotWritten);
                continue;
            };
            if batch.is_empty() {
                self.make(step, turn);
                continue;
            }
            let commit = self.number();
            turn.effects.push(Effect::Commit {
                commit,
                batch,
                moved: step.moved,
            });
            self.committing = Some(Committing {
                commit,
                step,
                staged,
            });
        }
    }

    /// Asks to be woken when the first of the waits is over.
    fn wake_later(&mut self, turn: &mut Turn<'_>) {
        let waits = [
            self.push.pace.due(turn.now),
            self.read
                .pace
                .due(turn.now)
                .filter(|_| self.read.has_more() || !self.offers.is_empty()),
            self.disk.due(turn.now),
            self.office_due(turn.now),
            self.offers.due(turn.now),
        ];
        let next = waits.into_iter().flatten().min();
        if next.is_some() && next != self.waking {
            self.waking = next;
            turn.effects.extend(next.map(Effect::WakeAt));
        }
    }
}
