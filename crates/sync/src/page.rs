//! What a page of the inbox changes: heads, receipts, erasures, checkpoints, and what may go afterwards.
//!
//! Not here: the roster, which is read before the page is taken, and the streams of others (a coordinator's pull).

use crate::change::Change;
use crate::effect::Notice;
use crate::ledger::Ledger;
use crate::standing::RosterStanding;
use std::rc::Rc;
use veldpost_domain::StreamId;
use veldpost_envelope::object::{Arrival, Succession};
use veldpost_envelope::wire::{Fork, Item, ItemKind, Page};
use veldpost_envelope::{EnvelopeError, Object, Purpose, RegionId, Roster};

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
}

/// Takes one page. The same page once more changes nothing but the time at which heads were shown.
pub(crate) fn take(page: &Page<'_>, ledger: &Ledger, roster: &Roster) -> Found {
    let mut taking = Taking {
        ledger: ledger.clone(),
        roster,
        region: roster.region(),
        found: Found::default(),
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
        if taking.ledger.own.contains_key(&own.stream) {
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
                let fork = Fork::from_bytes(item.value).ok();
                let own = fork.filter(|fork| self.ledger.own.contains_key(&fork.stream));
                if let Some(fork) = own {
                    self.show(Notice::Fork(fork.stream));
                }
            }
            ItemKind::Run | ItemKind::Join | ItemKind::Unknown(_) => {}
        }
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
        let holds = object.verify(&self.region, purpose, Arrival::New, &standing);
        if holds.is_err() {
            self.show(Notice::ObjectRefused);
        }
        holds.is_ok()
    }

    /// The purpose of a stream of the device's own; what is about others' is none of its business.
    fn own_purpose(&self, stream: StreamId) -> Option<Purpose> {
        self.ledger.own.get(&stream).map(|own| own.row.purpose)
    }

    fn receipt(&mut self, object: &Rc<Object>, at: i64) {
        let Some(receipt) = object.receipt() else {
            return;
        };
        let Some(purpose) = self.own_purpose(receipt.stream) else {
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
        let Some(purpose) = self.own_purpose(erase.stream) else {
            return;
        };
        let known = self.ledger.erases.contains(&(erase.stream, object.hash()));
        if !known && self.holds(object, purpose) {
            self.make(Change::Object(Rc::clone(object)));
        }
    }

    fn checkpoint(&mut self, object: &Rc<Object>) {
        let Some(checkpoint) = object.checkpoint() else {
            return;
        };
        let key = (checkpoint.purpose, checkpoint.head.signer);
        let kept = self.ledger.checkpoints.get(&key);
        let kept = kept.and_then(|kept| kept.checkpoint());
        let forks = kept.is_some_and(|kept| checkpoint.forks(kept));
        let newer = kept.is_none_or(|kept| checkpoint.number > kept.number);
        if (forks || newer) && self.holds(object, checkpoint.purpose) {
            if forks {
                self.show(Notice::CheckpointFork);
            } else {
                let bare = Object::clone(object).without_heads();
                self.make(Change::Object(Rc::new(bare)));
            }
        }
    }
}
