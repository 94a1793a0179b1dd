//! What coordinators do to the roster, and newcomers to get into it: join, admit, remove, rotate.
//!
//! Not here: what the roster's acts mean. The app makes these calls, not sync.

use crate::book::{Deed, Word};
use crate::oracle::Removal;
use crate::phone::Role;
use crate::plan::{Fault, Invariant};
use crate::post::HOST;
use crate::world::{DAY, World, entry_of};
use veldpost_domain::{OperationId, StreamId};
use veldpost_envelope::act::{RemovalReason, Removed, StreamHead};
use veldpost_envelope::invitation::JoinInput;
use veldpost_envelope::roster::Admission;
use veldpost_envelope::statement::{StreamRange, Subject};
use veldpost_envelope::wire::{ActsAsk, Call, JoinAsk, Standing};
use veldpost_envelope::{ActHash, Join, Purpose, Roster, random, request};
use veldpost_store::Shelf;
use veldpost_sync::Wake;
use veldpost_sync::rows::StreamRow;

impl World {
    /// A call of the app's own, answered at once or not at all.
    fn calls(&mut self, id: usize, call: Call, body: &[u8]) -> Option<crate::post::Reply> {
        let cut = self.cut > self.now || self.lies.until > self.now;
        let phone = self.phones.get_mut(id)?;
        if cut || phone.offline > self.now {
            return None;
        }
        // By the relay's clock, as an app does that was told it.
        let created = request::created_at(self.now);
        let nonce = random::array(&mut phone.dice);
        let headers = request::sign(call, HOST, body, created, &nonce, &phone.signing);
        Some(self.post.serve(call, Some(&headers), body, self.now))
    }

    /// A late device asks to be let in; again when the relay does not know it any more.
    pub fn join(&mut self, id: usize) {
        let now = self.clock(id);
        let Some(phone) = self.phones.get_mut(id) else {
            return;
        };
        let asks = phone.role == Role::Late
            && phone.roster().is_some_and(|it| !it.member(&phone.key()))
            && phone.invitation.is_none_or(|_| {
                let device = phone.process.as_ref().map(|process| &process.device);
                device.is_some_and(|it| {
                    let summary = it.summary();
                    summary.standing != Standing::Joined || summary.refused.is_some()
                })
            });
        let roster = phone.roster().cloned();
        let (true, Some(roster)) = (asks, roster) else {
            return;
        };
        let input = JoinInput {
            encryption: phone.encryption.public(),
            roster_height: roster.height(),
            roster_head: roster.head(),
            name: "Anna",
            at: now,
        };
        let invited = &self.invited;
        phone.invitation = Some(invited.invitation());
        let Ok(join) = Join::make(invited, &phone.signing, &input, &mut phone.dice) else {
            self.violate(Invariant::Simulator, "a join cannot be made");
            return;
        };
        let ask = JoinAsk {
            region: self.region,
            token: *invited.relay_token().bytes(),
            join: join.bytes(),
        };
        let body = ask.to_bytes();
        self.calls(id, Call::Join, &body);
    }

    /// Appends an act that a coordinator makes on its own roster; its hash, when the relay took it.
    fn appends(
        &mut self,
        id: usize,
        make: impl FnOnce(&mut crate::phone::Phone, &Roster, i64) -> Option<Vec<u8>>,
    ) -> Option<ActHash> {
        let now = self.clock(id);
        let region = self.region;
        let phone = self.phones.get_mut(id)?;
        let mut roster = phone.roster()?.clone();
        let act = make(phone, &roster, now)?;
        roster.take(&act).ok()?;
        let ask = ActsAsk {
            region,
            acts: vec![&act],
            founding: None,
        };
        let reply = self.calls(id, Call::Acts, &ask.to_bytes())?;
        (reply.status == 200).then(|| roster.head())
    }

    /// A coordinator that runs, and is unlocked.
    fn at_work(&mut self) -> Option<usize> {
        let coordinators = self.coordinators();
        let id = self.dice.pick(&coordinators)?;
        self.open(id);
        let unlocked = self.phones.get(id)?.unlocked;
        unlocked.then_some(id)
    }

    /// A newcomer is admitted.
    pub fn admit(&mut self) {
        let member = |world: &Self, key: &veldpost_envelope::DevicePublic| {
            let coordinators = world.coordinators();
            let mut rosters = coordinators
                .iter()
                .filter_map(|id| world.phones.get(*id)?.roster());
            rosters.any(|roster| roster.device(key).is_some())
        };
        let late = self.phones.iter().filter(|phone| {
            phone.role == Role::Late && phone.invitation.is_some() && !member(self, &phone.key())
        });
        let late: Vec<_> = late
            .map(|phone| (entry_of(phone), phone.invitation))
            .collect();
        let (Some(id), Some((device, invitation))) = (self.at_work(), late.into_iter().next())
        else {
            return;
        };
        let key = device.signing;
        let admission = Admission {
            device,
            invitation,
            join: None,
            words: true,
        };
        let act = self.appends(id, |phone, roster, now| {
            let opened = roster.open_all(&phone.encryption);
            let next = roster.next(&phone.signing, now);
            next.device_add(&[admission], &opened).ok()
        });
        if let Some(act) = act {
            self.met(Fault::Late);
            self.oracle.admitted.entry(key).or_default().push(act);
            self.wake(id, Wake::Visible);
        }
    }

    /// A device is removed; its streams count as far as the coordinator has them.
    pub fn remove(&mut self) {
        let members = self.phones.iter().filter(|phone| {
            !phone.coordinates() && !self.oracle.removed.contains_key(&phone.key())
        });
        let members: Vec<_> = members.map(|phone| phone.key()).collect();
        // Somebody has to be left.
        let chosen = (members.len() > 1)
            .then(|| self.dice.pick(&members))
            .flatten();
        let (Some(key), Some(id)) = (chosen, self.at_work()) else {
            return;
        };
        let rows = self.phones.get(id).map(|it| it.rows(Shelf::Streams));
        let rows = rows.unwrap_or_default().into_iter();
        let heads: Vec<(StreamId, u64, veldpost_envelope::EntryHash)> = rows
            .filter_map(|(stream, row)| {
                let row = StreamRow::from_bytes(&row).filter(|row| row.device == key)?;
                let stream = StreamId(stream.try_into().ok()?);
                Some((stream, row.next.checked_sub(1)?, row.hash))
            })
            .collect();
        let streams: Vec<StreamHead> = heads
            .iter()
            .map(|(stream, seq, hash)| StreamHead {
                stream: *stream,
                seq: *seq,
                hash: *hash,
            })
            .collect();
        let act = self.appends(id, |phone, roster, now| {
            if !roster.member(&key) {
                return None;
            }
            let removed = Removed {
                device: key,
                why: RemovalReason::Left,
                streams,
            };
            let next = roster.next(&phone.signing, now);
            next.device_remove(vec![removed], &mut phone.dice).ok()
        });
        if let Some(act) = act {
            self.met(Fault::Remove);
            let removal = Removal { act, heads };
            self.oracle.removed.entry(key).or_default().push(removal);
            self.wake(id, Wake::Visible);
        }
    }

    /// A coordinator says something of a stream or of its device: nothing of it counts, or its clock was off.
    pub fn state(&mut self) {
        const YEARS: i64 = 20 * 365 * DAY;
        let streams: Vec<(StreamId, usize)> = self
            .oracle
            .streams
            .iter()
            .map(|(stream, author)| (*stream, *author))
            .collect();
        let (Some((stream, author)), Some(id)) = (self.dice.pick(&streams), self.at_work()) else {
            return;
        };
        let Some(device) = self.phones.get(author).map(|phone| phone.key()) else {
            return;
        };
        let first = self.dice.below(12);
        let last = self.dice.chance(500).then(|| first + self.dice.below(6));
        let range = StreamRange {
            stream,
            first,
            last,
        };
        let word = match self.dice.below(4) {
            0 => Word::Refuse(Subject::Device(device)),
            1 => Word::Refuse(Subject::Range(range)),
            _ => Word::Clock(range, self.dice.between(-YEARS, YEARS)),
        };
        self.met(Fault::State);
        self.save(id, &[Deed::State(word)]);
    }

    /// A coordinator changes or withdraws a record that another device made, as far as it has come.
    pub fn corrects(&mut self) {
        let Some(id) = self.at_work() else {
            return;
        };
        let here = |made: &OperationId| {
            let known = self.oracle.operations.get(made)?;
            self.oracle.holds(id, &known.hash).then_some(known)
        };
        let records = self.oracle.records.iter().filter_map(|(record, made)| {
            let first = here(made.first()?)?;
            let writes = |made: &&OperationId| here(made).is_some_and(|it| it.deed.writes());
            let newest = made.iter().rev().find(writes)?;
            let of_another = first.deed == Deed::Create && first.phone != id;
            of_another.then_some((*record, *newest))
        });
        let records: Vec<_> = records.collect();
        let Some((record, newest)) = self.dice.pick(&records) else {
            return;
        };
        let deed = match self.dice.below(5) {
            0 => Deed::Withdraw(record),
            _ => Deed::Amend(record, newest),
        };
        self.met(Fault::Colleague);
        self.save(id, &[deed]);
    }

    /// The count's letterbox gets another key.
    pub fn rotate(&mut self) {
        let Some(id) = self.at_work() else {
            return;
        };
        let act = self.appends(id, |phone, roster, now| {
            let next = roster.next(&phone.signing, now);
            next.epoch_new(&[Purpose::Count], true, Vec::new(), &mut phone.dice)
                .ok()
        });
        if act.is_some() {
            self.met(Fault::Rotate);
            self.wake(id, Wake::Visible);
        }
    }
}
