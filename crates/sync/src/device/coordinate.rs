//! A coordinator's own part: what it holds, what it signs for it, and how far each device is.
//!
//! Not here: pulling, which every device does (see `read`), and judging (see `authority`).

use super::read::Flight;
use super::{Device, Step, Turn};
use crate::authority::{Entries, Evaluation};
use crate::change::Change;
use crate::confirm::{self, DeviceReport};
use crate::effect::{Effect, Notice};
use veldpost_envelope::object::{Heads, ObjectHead};
use veldpost_envelope::wire::{Action, Call, HeadsAnswer, MAX_BODY, ObjectsAnswer};
use veldpost_envelope::{Purpose, RandomBytes};

impl Device {
    /// Every entry of a purpose that is on the disk, for [`crate::authority::evaluate`].
    #[must_use]
    pub fn entries(&self, purpose: Purpose) -> Entries {
        confirm::entries(&self.ledger, purpose)
    }

    /// The heads of a kept checkpoint, for [`crate::authority::Knowledge`].
    #[must_use]
    pub fn heads_of(&self, checkpoint: &[u8; 32]) -> Option<Heads> {
        let mut kept = self.ledger.checkpoints.values();
        kept.find(|kept| kept.hash().0 == *checkpoint)?.heads()
    }

    /// How far each device is, for a coordinator.
    #[must_use]
    pub fn devices(&self) -> Vec<DeviceReport> {
        confirm::devices(&self.ledger, &self.roster, &self.heads)
    }

    /// Signs receipts and a checkpoint for what is on the disk and was judged. They are sent once they are on the disk
    /// too. Nothing happens on a device that does not coordinate the purpose.
    pub fn confirm(
        &mut self,
        purpose: Purpose,
        evaluation: &Evaluation,
        now: i64,
        rng: &mut dyn RandomBytes,
    ) -> Vec<Effect> {
        let mut turn = Turn {
            now,
            rng,
            effects: Vec::new(),
        };
        if self.roster.coordinates(&self.key.public(), purpose) && !self.busy() {
            let head = ObjectHead {
                region: self.roster.region(),
                signer: self.key.public(),
                roster_head: self.roster.head(),
                at: now,
            };
            let receipts = confirm::receipts(&self.ledger, head, purpose, evaluation, &self.key);
            let brought = self.ledger.relay.at;
            let mut changes: Vec<Change> = receipts
                .into_iter()
                .map(|object| Change::Receipt { brought, object })
                .collect();
            let checkpoint = confirm::checkpoint(&self.ledger, head, purpose, &self.key);
            changes.extend(checkpoint.map(Change::Object));
            self.steps.push_back(Step {
                changes,
                ..Step::default()
            });
        }
        self.go_on(&mut turn);
        turn.effects
    }

    pub(super) fn coordinates_any(&self) -> bool {
        let own = self.key.public();
        let mut purposes = Purpose::ALL.into_iter();
        purposes.any(|purpose| self.roster.coordinates(&own, purpose))
    }

    /// What was signed here goes out once it is on the disk; all of it when the relay is another.
    pub(super) fn offer(&mut self, changes: &[Change]) {
        let own = self.key.public();
        for change in changes {
            match change {
                Change::Receipt { object, .. } | Change::Object(object)
                    if object.head().signer == own =>
                {
                    self.offers.insert(object.to_bytes());
                }
                Change::Incarnation { .. } => {
                    self.offers = self.ledger.own_objects();
                    self.heads.clear();
                }
                _ => {}
            }
        }
    }

    /// Own objects, as many as one call takes; they carry their own signatures.
    pub(super) fn offer_objects(&mut self, turn: &mut Turn<'_>) {
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
    pub(super) fn objects_taken(&mut self, flight: &Flight, body: &[u8], turn: &mut Turn<'_>) {
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
            self.read.wanted = true;
            self.read.pace.failed(turn.now, None, turn.rng);
        } else {
            self.read.pace.succeeded();
        }
    }

    pub(super) fn heads_came(&mut self, body: &[u8], turn: &mut Turn<'_>) {
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
            let known = streams.get(&row.stream);
            known.is_some_and(|held| {
                !self.read.answered.contains(&row.stream) || row.next >= held.row.relay_next
            })
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
            let lost = streams.filter(|stream| {
                !self.heads.contains_key(stream) && !self.read.answered.contains(stream)
            });
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
}
