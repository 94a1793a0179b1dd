//! What a page changes: heads, receipts, erasures, checkpoints, and what may go afterwards; at a coordinator runs, forks
//! and joins too.
//!
//! Not here: the roster, which is read before the page is taken.

use crate::change::Change;
use crate::effect::Notice;
use crate::holdings::{Intake, Original, Why};
use crate::ledger::{Ledger, OwnStream};
use crate::rows;
use crate::run::Run;
use crate::standing::RosterStanding;
use std::collections::BTreeSet;
use std::rc::Rc;
use veldpost_domain::StreamId;
use veldpost_envelope::object::{Arrival, Succession};
use veldpost_envelope::wire::{Fork, Item, ItemKind, Page, StampedJoin};
use veldpost_envelope::{EnvelopeError, Join, Object, Purpose, RegionId, Roster, label};

/// What was found in a page. It is shown once it is on the disk.
#[derive(Default)]
pub(crate) struct Found {
    pub changes: Vec<Change>,
    pub notices: Vec<Notice>,
    /// The relay holds less than before: what it was asked for, and what else it sent, says nothing.
    pub another_relay: bool,
}

struct Taking<'a> {
    /// As it will be after the changes so far.
    ledger: Ledger,
    roster: &'a Roster,
    region: RegionId,
    found: Found,
    /// Erasures of streams that are not known, but may be at the end of the page.
    early: Vec<Rc<Object>>,
}

/// Takes one page. The same page once more changes nothing but the time at which heads were shown. `answered` are streams
/// of which a push was answered after the page was asked for: a lower head of them is an older one.
pub(crate) fn take(
    page: &Page<'_>,
    ledger: &Ledger,
    roster: &Roster,
    answered: &BTreeSet<StreamId>,
) -> Found {
    let mut taking = Taking {
        ledger: ledger.clone(),
        roster,
        region: roster.region(),
        found: Found::default(),
        early: Vec::new(),
    };
    let known = ledger.relay.incarnation;
    if known != Some(page.incarnation) {
        taking.found.another_relay = known.is_some();
        taking.make(Change::Incarnation {
            incarnation: page.incarnation,
            at: page.at,
        });
    }
    for own in &page.own {
        let known = taking.ledger.own.get(&own.stream);
        let older =
            |known: &OwnStream| answered.contains(&own.stream) && own.next < known.row.relay_next;
        if known.is_some_and(|known| !older(known)) {
            taking.make(Change::RelayHead {
                stream: own.stream,
                next: own.next,
                hash: own.hash,
                shown: Some(page.at),
            });
        }
    }
    for item in &page.items {
        taking.item(item, page.at);
    }
    for object in core::mem::take(&mut taking.early) {
        taking.erase(&object);
    }
    // What was asked of an earlier incarnation began too late for this one.
    let upto = if taking.found.another_relay {
        0
    } else {
        page.upto
    };
    taking.make(Change::Page {
        upto,
        height: page.height,
        head: page.head,
        standing: page.standing,
        at: page.at,
    });
    for (stream, first) in taking.ledger.free(roster) {
        taking.make(Change::Freed { stream, first });
    }
    taking.found
}

impl Taking<'_> {
    fn make(&mut self, change: Change) {
        self.ledger.change(core::slice::from_ref(&change));
        self.found.changes.push(change);
    }

    fn show(&mut self, notice: Notice) {
        if !self.found.notices.contains(&notice) {
            self.found.notices.push(notice);
        }
    }

    fn item(&mut self, item: &Item<'_>, at: i64) {
        match item.kind {
            ItemKind::Object => self.object(item.value, at),
            ItemKind::Fork => {
                if let Ok(fork) = Fork::from_bytes(item.value) {
                    self.fork(fork.stream, item.value);
                }
            }
            ItemKind::Run => self.run(item.value, at),
            ItemKind::Join => self.join(item),
            ItemKind::Unknown(_) => {}
        }
    }

    fn fork(&mut self, stream: StreamId, value: &[u8]) {
        if self.ledger.own.contains_key(&stream) {
            self.show(Notice::Fork(stream));
        } else if self.ledger.holdings.streams.contains_key(&stream) {
            self.show(Notice::Fork(stream));
            self.make(Change::ForPerson {
                key: rows::fork_key(stream),
                value: value.to_vec(),
            });
        }
    }

    /// A join is judged by a person; here it is only known to be one.
    fn join(&mut self, item: &Item<'_>) {
        let stamped = StampedJoin::from_bytes(item.value).ok();
        let join =
            stamped.and_then(|stamped| Some((stamped, Join::from_bytes(stamped.join).ok()?)));
        let coordinator = Purpose::ALL
            .into_iter()
            .any(|purpose| self.roster.coordinates(&self.ledger.device, purpose));
        if let Some((stamped, join)) = join.filter(|_| coordinator) {
            self.make(Change::ForPerson {
                key: rows::join_key(&join.hash()),
                value: rows::join_row(stamped.nth, item.at, stamped.join),
            });
        }
    }

    /// Another device's entries: verified, they are kept as they came.
    fn run(&mut self, bytes: &[u8], at: i64) {
        let Some(run) = Run::from_items(None, bytes).map(Rc::new) else {
            self.show(Notice::RunRefused);
            return;
        };
        if !self.roster.coordinates(&self.ledger.device, run.purpose) {
            return;
        }
        let stream = run.stream;
        if let Some(own) = self.ledger.own.get(&stream) {
            if own.lacks(&run) {
                self.own_run(Original { at, run });
            }
            return;
        }
        self.take_run(Original { at, run });
        while let Some(waiting) = self.ledger.holdings.waiting(stream) {
            if !self.take_run(waiting) {
                return;
            }
        }
    }

    /// Entries of the device's own that it does not hold any more: it was put back from an old copy, or freed them before
    /// it became a coordinator. They stand beside its own chain, and count as any other branch does.
    fn own_run(&mut self, original: Original) {
        let last = original.run.entries.last();
        let holds = last.is_some_and(|last| {
            let signature = last.signature();
            signature.is_some_and(|signature| {
                let device = self.ledger.device;
                device
                    .verify(label::ENTRY, &last.hash().0, signature)
                    .is_ok()
            })
        });
        if holds {
            let why = Why::Fork;
            self.make(Change::Aside { why, original });
        } else {
            self.show(Notice::RunRefused);
        }
    }

    /// Whether what waits is to be looked at again.
    fn take_run(&mut self, original: Original) -> bool {
        let why = match self.ledger.holdings.intake(&self.region, &original.run) {
            Intake::Held => return false,
            Intake::New(run) => {
                self.make(Change::Original(Original { run, ..original }));
                return true;
            }
            Intake::Aside(why) => why,
        };
        match why {
            Why::Gap => {
                self.make(Change::Aside { why, original });
                return false;
            }
            Why::Fork => self.show(Notice::Fork(original.run.stream)),
            Why::Forged => self.show(Notice::RunRefused),
        }
        self.make(Change::Aside { why, original });
        true
    }

    fn object(&mut self, bytes: &[u8], at: i64) {
        match Object::from_bytes(bytes) {
            Ok(object) => {
                let object = Rc::new(object);
                self.receipt(&object, at);
                self.erase(&object);
                self.checkpoint(&object);
            }
            Err(EnvelopeError::Newer(_)) => self.show(Notice::UpdateNeeded),
            Err(_) => self.show(Notice::ObjectRefused),
        }
    }

    fn holds(&mut self, object: &Object, purpose: Purpose) -> bool {
        let standing = RosterStanding(self.roster);
        // An act that counts vouches for the checkpoint that it names, whatever its signer became since.
        let arrival = if self.roster.locks(&object.hash(), &object.head().signer) {
            Arrival::Kept
        } else {
            Arrival::New
        };
        let holds = object.verify(&self.region, purpose, arrival, &standing);
        if holds.is_err() {
            self.show(Notice::ObjectRefused);
        }
        holds.is_ok()
    }

    /// The purpose of a stream of the device's own, or one that it holds; what is about others' is none of its business.
    fn purpose_of(&self, stream: StreamId) -> Option<Purpose> {
        let own = self.ledger.own.get(&stream).map(|own| own.row.purpose);
        let held = self.ledger.holdings.streams.get(&stream);
        own.or_else(|| held.map(|held| held.row.purpose))
    }

    fn receipt(&mut self, object: &Rc<Object>, at: i64) {
        let Some(receipt) = object.receipt() else {
            return;
        };
        let Some(purpose) = self.purpose_of(receipt.stream) else {
            return;
        };
        if !self.holds(object, purpose) {
            return;
        }
        let key = (receipt.stream, receipt.head.signer);
        let kept = self.ledger.receipts.get(&key);
        let kept = kept.and_then(|held| held.object.receipt());
        match kept.map(|kept| receipt.beside(kept)) {
            None | Some(Succession::Replaces) => self.make(Change::Receipt {
                brought: at,
                object: Rc::clone(object),
            }),
            Some(Succession::Lower) => self.show(Notice::ReceiptLower(receipt.stream)),
            Some(Succession::NotLater | Succession::Other) => {}
        }
    }

    fn erase(&mut self, object: &Rc<Object>) {
        let Some(erase) = object.erase() else {
            return;
        };
        let Some(purpose) = self.purpose_of(erase.stream) else {
            self.early.push(Rc::clone(object));
            return;
        };
        let key = (erase.stream, object.hash());
        if !self.ledger.erases.contains_key(&key) && self.holds(object, purpose) {
            self.make(Change::Object(Rc::clone(object)));
        }
    }

    fn checkpoint(&mut self, object: &Rc<Object>) {
        let Some(checkpoint) = object.checkpoint() else {
            return;
        };
        let whole = self
            .roster
            .coordinates(&self.ledger.device, checkpoint.purpose);
        let key = (checkpoint.purpose, checkpoint.head.signer);
        let held = self.ledger.checkpoints.get(&key);
        let says_more = held.is_some_and(|held| brings_heads(object, held, whole));
        let held = held.and_then(|held| held.checkpoint());
        let forks = held.is_some_and(|held| checkpoint.forks(held));
        let newer = held.is_none_or(|held| checkpoint.number > held.number);
        let locks = self
            .roster
            .locks(&object.hash(), &checkpoint.head.signer)
            .then(|| self.ledger.locked.get(&object.hash()));
        let locks =
            locks.is_some_and(|held| held.is_none_or(|held| brings_heads(object, held, whole)));
        if !(forks || newer || says_more || locks) || !self.holds(object, checkpoint.purpose) {
            return;
        }
        let kept = if whole {
            Rc::clone(object)
        } else {
            Rc::new(Object::clone(object).without_heads())
        };
        if locks {
            self.make(Change::Locked(Rc::clone(&kept)));
        }
        if forks {
            self.show(Notice::CheckpointFork);
        } else if newer || says_more {
            self.make(Change::Object(kept));
        }
    }
}

/// Whether a checkpoint is one that is held without its heads, which this reader is to have.
fn brings_heads(object: &Object, held: &Object, whole: bool) -> bool {
    whole && object.hash() == held.hash() && object.heads().is_some() && held.heads().is_none()
}
