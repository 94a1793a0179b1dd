//! What an app does for sync: carries effects out, saves what is recorded, and dies in between.
//!
//! Not here: the network (see `network`). What is checked at each commit is in `check`.

use crate::air::Parcel;
use crate::book::Deed;
use crate::phone::{Process, Slow};
use crate::plan::{Fault, Invariant};
use crate::world::{DAY, MINUTE, World};
use std::collections::VecDeque;
use veldpost_envelope::{Purpose, StreamState};
use veldpost_store::{Batch, Shelf, Write};
use veldpost_sync::{Effect, Event, Wake};

/// How a commit of a device ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Done,
    Full,
    /// It is on the disk, and nobody heard of it.
    Unheard,
    /// The app is gone.
    Died,
}

impl World {
    pub fn process(&mut self, phone: usize) -> Option<&mut Process> {
        self.phones.get_mut(phone)?.process.as_mut()
    }

    pub fn runs(&self, phone: usize) -> bool {
        let phone = self.phones.get(phone);
        phone.is_some_and(|phone| phone.process.is_some())
    }

    /// The app is opened, if it does not run.
    pub fn open(&mut self, id: usize) {
        if self.runs(id) {
            return;
        }
        self.trace(0x0b + id as u64);
        self.note(|_| format!("{id} opens"));
        let opened = self.phones.get_mut(id).and_then(|phone| phone.open());
        if opened.is_none() {
            self.violate(Invariant::Simulator, "an app does not open");
            return;
        }
        self.wake(id, Wake::Opened);
    }

    /// The app dies: what is not on the disk is gone.
    pub fn kill(&mut self, id: usize) {
        self.trace(0x0d + id as u64);
        self.note(|_| format!("{id} dies"));
        if let Some(phone) = self.phones.get_mut(id) {
            phone.process = None;
        }
        self.interrupted(id);
    }

    pub fn interrupted(&mut self, id: usize) {
        if let Some(sent) = self.oracle.sent.get_mut(id) {
            sent.interruptions += 1;
        }
    }

    pub fn wake(&mut self, id: usize, wake: Wake) {
        if let Some(phone) = self.phones.get_mut(id) {
            phone.asleep = false;
        }
        self.happen(id, Event::Wake(wake));
        self.join(id);
    }

    /// Sync hears of something, and what follows is done.
    pub fn happen(&mut self, id: usize, event: Event<'_>) {
        self.hear(id, event);
        self.carry_out(id);
    }

    fn hear(&mut self, id: usize, event: Event<'_>) {
        let now = self.clock(id);
        if let Some(phone) = self.phones.get_mut(id)
            && let Some(process) = phone.process.as_mut()
        {
            let effects = process.device.handle(event, now, &mut phone.dice);
            process.queue.extend(effects);
        }
    }

    fn dies(&mut self, id: usize) -> bool {
        let dies = self.meets(Fault::Crash, 12);
        if dies {
            self.kill(id);
            let later = self.now + self.dice.between(1_000, 20 * MINUTE);
            self.air.send(later, Parcel::Open { phone: id });
        }
        dies
    }

    /// Carries out what waits, in its order.
    pub fn carry_out(&mut self, id: usize) {
        while self.violation.is_none() {
            let queue = self.process(id).map(|process| &mut process.queue);
            let Some(effect) = queue.and_then(VecDeque::pop_front) else {
                return;
            };
            self.effect(id, effect);
        }
    }

    fn effect(&mut self, id: usize, effect: Effect) {
        match effect {
            Effect::Send {
                call,
                path,
                headers,
                body,
            } => {
                if !self.dies(id) {
                    self.send(id, call, path, headers, body);
                    self.dies(id);
                }
            }
            Effect::Commit {
                commit,
                batch,
                moved,
            } => self.commit_of_sync(
                id,
                Slow {
                    commit,
                    batch,
                    moved,
                },
            ),
            Effect::HoldWriter { .. } => self.hold(id),
            Effect::LetWriterGo => {
                if let Some(process) = self.process(id) {
                    process.held = false;
                }
            }
            Effect::WakeAt(at) => {
                let wait = at.saturating_sub(self.clock(id)).clamp(0, DAY);
                let of = self.phones.get(id).map(|phone| phone.life());
                if let Some(of) = of {
                    self.air.send(self.now + wait, Parcel::Due { of });
                }
            }
            // Errands and proposals are the app's to ask; nobody asks for one here.
            Effect::RosterMoved
            | Effect::JoinLacking
            | Effect::ErrandDone { .. }
            | Effect::Proposed { .. }
            | Effect::FoundingDone(_)
            | Effect::BlobCame(_) => {}
            Effect::Show(notice) => self.shown(id, notice),
        }
    }

    fn hold(&mut self, id: usize) {
        if self.broken(Invariant::I5) {
            return;
        }
        let now = self.clock(id);
        let Some(phone) = self.phones.get_mut(id) else {
            return;
        };
        let held = phone
            .hand(now, false)
            .map(|hand| (hand.context, hand.invitation));
        let state = phone.process.as_mut().and_then(|process| {
            process.held = true;
            process.book.head
        });
        if let (Some((context, invitation)), Some(head)) = (held, state) {
            let state = head.state;
            self.happen(
                id,
                Event::WriterHeld {
                    state,
                    context,
                    invitation,
                },
            );
        }
    }

    fn commit_of_sync(&mut self, id: usize, slow: Slow) {
        self.hear(id, Event::Writing);
        if let Some(phone) = self.phones.get(id) {
            phone.read_ahead();
        }
        let of = self.phones.get(id).map(|phone| phone.life());
        let late = !self.quiet && self.dice.chance(120);
        if let (true, Some(of)) = (late, of) {
            let ready = self.now + self.dice.between(1, 400);
            self.air.send(ready, Parcel::Disk { of });
            if let Some(process) = self.process(id) {
                process.slow = Some(slow);
            }
            return;
        }
        self.committed(id, slow);
    }

    /// A slow disk is ready.
    pub fn disk(&mut self, id: usize) {
        let slow = self.process(id).and_then(|process| process.slow.take());
        if let Some(slow) = slow {
            self.committed(id, slow);
        }
    }

    fn committed(&mut self, id: usize, slow: Slow) {
        let Slow {
            commit,
            mut batch,
            moved,
        } = slow;
        let head = moved.and_then(|(_, state)| self.moved(id, state));
        if let Some(head) = head {
            batch = batch.put(Shelf::Meta, crate::book::HEAD, head.to_bytes());
        }
        batch = self.tampered(id, batch);
        self.before_commit(id, &batch);
        let outcome = match self.write(id, &batch) {
            // Nobody knows whether it is there: the same once more leaves the same.
            Outcome::Unheard => {
                let again = self.tampered(id, batch);
                self.write(id, &again)
            }
            outcome => outcome,
        };
        let moved = moved.map(|(_, state)| state);
        self.written(id, commit, moved, outcome);
    }

    fn written(&mut self, id: usize, commit: u64, moved: Option<StreamState>, outcome: Outcome) {
        self.note(|_| {
            format!(
                "{id} commit {commit}: {outcome:?}, moved {}",
                moved.is_some()
            )
        });
        if outcome == Outcome::Died {
            return;
        }
        let done = matches!(outcome, Outcome::Done | Outcome::Unheard);
        if let (Some(state), Some(process)) = (moved, self.process(id)) {
            process.held = false;
            if done {
                process.book.head = Some(process.book.moved(state));
                process.book.forget_key();
            }
        }
        if done {
            self.happen(id, Event::Committed { commit });
        } else {
            self.interrupted(id);
            self.happen(id, Event::NotCommitted { commit });
        }
    }

    fn moved(&mut self, id: usize, state: StreamState) -> Option<crate::book::Head> {
        let process = self.process(id)?;
        Some(process.book.moved(state))
    }

    /// Writes a batch, or meets a fault.
    fn write(&mut self, id: usize, batch: &Batch) -> Outcome {
        if self.dies(id) {
            return Outcome::Died;
        }
        if self.meets(Fault::DiskFull, 40) {
            return Outcome::Full;
        }
        let committed = self.phones.get(id).map(|phone| phone.commit(batch.clone()));
        if committed != Some(Ok(())) {
            self.violate(Invariant::Simulator, format!("a commit: {committed:?}"));
            return Outcome::Died;
        }
        self.trace(batch.len() as u64);
        self.oracle.wrote(id, batch);
        self.after_commit(id, batch);
        if self.dies(id) {
            return Outcome::Died;
        }
        if self.meets(Fault::LostCommit, 40) {
            return Outcome::Unheard;
        }
        Outcome::Done
    }

    /// A person records. What is said to them is noted.
    pub fn save(&mut self, id: usize, deeds: &[Deed]) {
        let now = self.clock(id);
        let wall = self.broken(Invariant::I7);
        let offline = self.phones.get(id).is_some_and(|it| it.offline > self.now);
        self.checked(Invariant::I9);
        // The broken rule of I9: to whom a key is handed out is asked of the relay.
        let unknown = self.broken(Invariant::I9) && offline;
        let Some(phone) = self.phones.get_mut(id) else {
            return;
        };
        if phone.process.as_ref().is_none_or(|process| process.held) {
            return;
        }
        let mut dice = phone.dice.clone();
        let save = phone.hand(now, wall).and_then(|mut hand| {
            if unknown {
                hand.recipients.clear();
            }
            let process = phone.process.as_ref()?;
            process.book.seal(deeds, &hand, &mut dice)
        });
        phone.dice = dice;
        let Some(save) = save else {
            self.violate(Invariant::I9, "a save did not come about");
            return;
        };
        self.oracle.sealed(id, &save);
        self.clock_rises(id, &save);
        if self.broken(Invariant::I1) {
            self.oracle.kept(&save);
        }
        let batch = self.tampered(id, save.batch.clone());
        let outcome = match self.write(id, &batch) {
            // The journal looks the head up: it is there.
            Outcome::Unheard => Outcome::Done,
            outcome => outcome,
        };
        self.clock_moved(id, &save);
        if outcome != Outcome::Done {
            return;
        }
        self.oracle.kept(&save);
        self.note(|_| format!("{id} saved {}", save.operations.len()));
        self.tally.saves += save.operations.len() as u64;
        if let Some(process) = self.process(id) {
            process.book.written(&save);
        }
        self.happen(id, Event::Saved(vec![save.row]));
    }

    /// The broken rule of I3: what is written again is added, where it should take its own place.
    fn tampered(&self, id: usize, batch: Batch) -> Batch {
        if !self.broken(Invariant::I3) {
            return batch;
        }
        let mut tampered = Batch::new();
        for write in batch.into_writes() {
            tampered.push(match write {
                Write::Put {
                    shelf,
                    mut key,
                    value,
                } => {
                    let kept = self.phones.get(id).and_then(|it| it.read(shelf, &key));
                    if matches!(shelf, Shelf::Originals | Shelf::Outbox) && kept.is_some() {
                        key.push(1);
                    }
                    Write::Put { shelf, key, value }
                }
                other => other,
            });
        }
        tampered
    }

    /// Judges what is on a coordinator's disk, and confirms it.
    pub fn confirm(&mut self, id: usize) {
        let now = self.clock(id);
        let Some(evaluation) = self.judged(id) else {
            return;
        };
        if let Some(phone) = self.phones.get_mut(id)
            && let Some(process) = phone.process.as_mut()
        {
            let effects = process
                .device
                .confirm(Purpose::Count, &evaluation, now, &mut phone.dice);
            process.queue.extend(effects);
        }
        self.check_evaluation(id, &evaluation);
        self.carry_out(id);
    }
}
