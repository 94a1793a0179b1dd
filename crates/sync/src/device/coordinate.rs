//! A coordinator's own part: what it holds, what it signs for it, and how far each device is.
//!
//! Not here: pulling, which every device does (see `read`), and judging (see `authority`).

use super::{Device, Step, Turn};
use crate::authority::{Ahead, Entries, Evaluation, Knowledge, Since, evaluate_since};
use crate::basis;
use crate::change::Change;
use crate::confirm::{self, DeviceReport};
use crate::counted::Counted;
use crate::effect::Effect;
use crate::growth::Present;
use std::collections::BTreeSet;
use veldpost_domain::{Scope, StreamId, Tables};
use veldpost_envelope::act::{SignedAct, StreamHead};
use veldpost_envelope::keys::EpochPublic;
use veldpost_envelope::object::{Ground, Heads, ObjectHead, Ranges};
use veldpost_envelope::run::RunHead;
use veldpost_envelope::wire::HeadsAnswer;
use veldpost_envelope::{ContentKey, DevicePublic, Entry, ObjectHash, Purpose, RandomBytes};

impl Device {
    /// Every entry of a purpose that is on the disk, for [`crate::authority::evaluate`].
    #[must_use]
    pub fn entries(&self, purpose: Purpose) -> Entries<'_> {
        confirm::entries(&self.ledger, purpose)
    }

    /// Opens what is being written of a purpose for the judging that follows. To be called behind [`crate::Event::Writing`],
    /// where a coordinator is unlocked.
    pub fn read_ahead(
        &self,
        purpose: Purpose,
        ahead: &mut Ahead,
        open: &dyn Fn(&Entry) -> Option<ContentKey>,
    ) {
        let changes = self.committing.iter().flat_map(|it| &it.step.changes);
        for change in changes {
            if let Change::Original(original) = change
                && original.run.purpose == purpose
            {
                ahead.read(original.run.hashed(), open);
            }
        }
    }

    /// The heads of a kept checkpoint, for [`crate::authority::Knowledge`].
    #[must_use]
    pub fn heads_of(&self, checkpoint: &[u8; 32]) -> Option<Heads> {
        let locked = self.ledger.locked.get(&ObjectHash(*checkpoint));
        let mut kept = self.ledger.checkpoints.values();
        let kept = || kept.find(|kept| kept.hash().0 == *checkpoint);
        locked.or_else(kept)?.heads()
    }

    /// Everything that judging a purpose hangs on, as one hash, with the secrets of these epochs at hand: where it is the
    /// same, [`crate::authority::evaluate`] says the same.
    #[must_use]
    pub fn basis(&self, purpose: Purpose, epochs: &[EpochPublic]) -> [u8; 32] {
        let heads = |checkpoint: &[u8; 32]| self.heads_of(checkpoint);
        basis::basis(&self.ledger, &self.roster, purpose, epochs, &heads)
    }

    /// What there is to keep of a judging of everything that is on the disk, for an unlock after something came.
    #[must_use]
    pub fn counted(
        &self,
        purpose: Purpose,
        epochs: &[EpochPublic],
        judged: &Evaluation,
        scope: &Scope,
    ) -> Counted {
        let heads = |checkpoint: &[u8; 32]| self.heads_of(checkpoint);
        let grounds = self.present(purpose, epochs, &heads).grounds();
        Counted::new(grounds, judged, scope)
    }

    /// The tables that judging all of it would come to, where what came since `counted` was kept only adds to it. None where
    /// all of it is to be judged.
    #[must_use]
    pub fn tables_since(
        &self,
        counted: &Counted,
        purpose: Purpose,
        epochs: &[EpochPublic],
        open: &dyn Fn(&Entry) -> Option<ContentKey>,
        scope: &Scope,
    ) -> Option<Tables> {
        let judged = self.judged_since(counted, purpose, epochs, open)?;
        Some(counted.tables_with(&judged, scope))
    }

    /// What came since `counted` was kept, judged with every operation on the records that it is about: the answer has all
    /// that counts of these, and nothing of others, of which that one still holds. None where something came that may change
    /// what counts of others.
    #[must_use]
    pub fn judged_since(
        &self,
        counted: &Counted,
        purpose: Purpose,
        epochs: &[EpochPublic],
        open: &dyn Fn(&Entry) -> Option<ContentKey>,
    ) -> Option<Evaluation> {
        let heads = |checkpoint: &[u8; 32]| self.heads_of(checkpoint);
        let present = self.present(purpose, epochs, &heads);
        let from = present.only_adds_to(&counted.grounds)?;
        let knowledge = Knowledge {
            purpose,
            entries: &self.entries(purpose),
            roster: &self.roster,
            checkpoint: &heads,
            open,
        };
        let since = Since {
            from,
            statements: &counted.statements,
            operations: &|record| counted.operations(record),
        };
        evaluate_since(&knowledge, &since)
    }

    fn present<'a>(
        &'a self,
        purpose: Purpose,
        epochs: &'a [EpochPublic],
        heads: &'a dyn Fn(&[u8; 32]) -> Option<Heads>,
    ) -> Present<'a> {
        Present {
            ledger: &self.ledger,
            roster: &self.roster,
            purpose,
            epochs,
            heads,
        }
    }

    /// Whose stream it is, of those that were verified here.
    #[must_use]
    pub fn device_of(&self, stream: StreamId) -> Option<DevicePublic> {
        let held = self.ledger.holdings.streams.get(&stream);
        let own = self.ledger.own.get(&stream).map(|_| self.key.public());
        held.map(|held| held.row.device).or(own)
    }

    /// How far the streams of a device go that were verified here: what its removal names.
    #[must_use]
    pub fn held_heads(&self, device: &DevicePublic) -> Vec<StreamHead> {
        let streams = self.ledger.holdings.streams.iter();
        streams
            .filter(|(_, held)| held.row.device == *device)
            .filter_map(|(stream, held)| held.head(*stream))
            .map(|head| StreamHead {
                stream: head.stream,
                seq: head.seq,
                hash: head.hash,
            })
            .collect()
    }

    /// Streams of which another coordinator signed that it held more than is held here. What came late is among it; what
    /// stays in it, the relay keeps back or lost.
    #[must_use]
    pub fn behind_others(&self, purpose: Purpose) -> BTreeSet<StreamId> {
        let heads = self.heads_of_others(purpose);
        heads.into_iter().map(|head| head.stream).collect()
    }

    /// Heads in checkpoints of other coordinators that are not held here.
    pub(super) fn heads_of_others(&self, purpose: Purpose) -> Vec<RunHead> {
        let (me, ledger) = (self.key.public(), &self.ledger);
        let here = |head: &RunHead| match ledger.own.get(&head.stream) {
            Some(own) => own.hash_at(head.seq) == Some(head.hash),
            None => ledger.holdings.reaches(head),
        };
        let mut missing = Vec::new();
        for ((of, signer), object) in &ledger.checkpoints {
            // Who coordinates no more may have named what never was.
            let believed = *signer != me && self.roster.coordinates(signer, purpose);
            if *of == purpose
                && believed
                && let Some(heads) = object.heads()
            {
                missing.extend(heads.iter().filter(|head| !here(head)).copied());
            }
        }
        missing
    }

    /// When the act of that height was made, genesis too, by its signer's clock: milliseconds since 1970. None where it is not
    /// held.
    #[must_use]
    pub fn made_at(&self, height: u64) -> Option<i64> {
        let act = self.acts.get(usize::try_from(height).ok()?)?;
        Some(SignedAct::open(act).ok()?.head.at)
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
            let head = self.object_head(now);
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

    pub(super) fn object_head(&self, now: i64) -> ObjectHead {
        ObjectHead {
            region: self.roster.region(),
            signer: self.key.public(),
            roster_head: self.roster.head(),
            at: now,
        }
    }

    /// Signs a checkpoint of the count where more is held than the newest one says, keeps it whatever this device signs
    /// afterwards, and says its hash: for an act *locked*, which is to be made once the effects are carried out. None where
    /// there is nothing to name, or this device does not coordinate the count.
    pub fn pin_checkpoint(
        &mut self,
        now: i64,
        rng: &mut dyn RandomBytes,
    ) -> Option<([u8; 32], Vec<Effect>)> {
        let (purpose, own) = (Purpose::Count, self.key.public());
        if !self.roster.coordinates(&own, purpose) {
            return None;
        }
        let ahead = self.ledger_ahead();
        let fresh = confirm::checkpoint(&ahead, self.object_head(now), purpose, &self.key);
        let newest = || ahead.checkpoints.get(&(purpose, own)).cloned();
        let checkpoint = fresh.clone().or_else(newest)?;
        let hash = checkpoint.hash().0;
        let fresh = fresh.map(Change::Object);
        let changes = fresh.into_iter().chain([Change::Locked(checkpoint)]);
        let mut turn = Turn {
            now,
            rng,
            effects: Vec::new(),
        };
        self.steps.push_back(Step {
            changes: changes.collect(),
            ..Step::default()
        });
        self.go_on(&mut turn);
        Some((hash, turn.effects))
    }

    /// Signs erasures of these entries of a stream, also where they were carried to or from; their bodies go from what is
    /// held here, and from everywhere else when they get there. None when this device does not coordinate the stream's
    /// purpose or does not hold them, one of them opens the stream, or they are more ranges than one erasure names.
    pub fn erase(
        &mut self,
        stream: StreamId,
        seqs: &Ranges,
        ground: Ground,
        now: i64,
        rng: &mut dyn RandomBytes,
    ) -> Option<Vec<Effect>> {
        let head = self.object_head(now);
        let objects = confirm::erasures(
            &self.ledger,
            &self.roster,
            head,
            (stream, seqs, ground),
            &self.key,
        )?;
        let mut turn = Turn {
            now,
            rng,
            effects: Vec::new(),
        };
        self.steps.push_back(Step {
            changes: objects.into_iter().map(Change::Object).collect(),
            ..Step::default()
        });
        self.go_on(&mut turn);
        Some(turn.effects)
    }

    /// Own rows that the relay holds move to the originals: at who coordinates the purpose nothing frees them.
    pub(super) fn keep_own(&mut self) {
        if self.busy() {
            return;
        }
        let moving = self.ledger.to_originals(&self.roster).into_iter();
        let changes: Vec<Change> = moving
            .map(|(stream, first)| Change::Moved { stream, first })
            .collect();
        if !changes.is_empty() {
            self.steps.push_back(Step {
                changes,
                ..Step::default()
            });
        }
    }

    pub(super) fn coordinates_any(&self) -> bool {
        let own = self.key.public();
        let mut purposes = Purpose::ALL.into_iter();
        purposes.any(|purpose| self.roster.coordinates(&own, purpose))
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
        if !self.read.heads_wanted {
            self.note_missed();
        }
        self.steps.push_back(Step {
            changes,
            ..Step::default()
        });
    }
}
