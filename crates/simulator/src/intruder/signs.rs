//! What the intruder signs beside its stream: objects of coordinators, and acts of the roster.
//!
//! Not here: its entries. Nobody asks its program whether an act may be, so that the relay and the others have to.

use super::{Intruder, Tries};
use crate::plan::Invariant;
use crate::post::HOST;
use crate::world::World;
use veldpost_domain::CampaignId;
use veldpost_envelope::act::{
    Act, ActHead, Added, DeviceAdd, EndReason, FormPublish, InviteEnd, Release, Stage, StageChange,
    create,
};
use veldpost_envelope::genesis::{Role, RosterDevice};
use veldpost_envelope::object::{
    Checkpoint, Erase, Ground, Heads, ObjectHead, Ranges, Receipt, SeqRange,
};
use veldpost_envelope::roster::Taken;
use veldpost_envelope::run::RunHead;
use veldpost_envelope::wire::{ActsAsk, Call};
use veldpost_envelope::{DeviceSigningKey, Object, Purpose, Roster, random, request};

impl World {
    /// Objects that only coordinators sign.
    pub(super) fn signs(&mut self, tries: Tries, roster: &Roster) -> Option<()> {
        let intruder = self.intruder.as_ref()?;
        let ((stream, seq), hashes) = self.oracle.chain.last_key_value()?;
        let last = RunHead {
            stream: *stream,
            seq: *seq,
            hash: *hashes.first()?,
        };
        let head = ObjectHead {
            region: self.region,
            signer: intruder.signing.public(),
            roster_head: roster.head(),
            at: self.now,
        };
        let object = object(tries, head, last, &intruder.signing)?;
        self.post
            .serve(Call::Objects, None, &object.to_bytes(), self.now);
        Some(())
    }

    /// An act of the roster that is not its to make: the relay appends none, and nobody gives it effect who gets it.
    pub(super) fn acts(&mut self, roster: &Roster) -> Option<()> {
        let ended = self.invited.invitation();
        let region = self.region;
        let now = self.now;
        let intruder = self.intruder.as_mut()?;
        let act = intruder.raw_act(roster, ended, now)?;
        let ask = ActsAsk {
            region,
            acts: vec![&act],
            founding: None,
        };
        let body = ask.to_bytes();
        let nonce = random::array(&mut intruder.dice);
        let created = request::created_at(now);
        let headers = request::sign(Call::Acts, HOST, &body, created, &nonce, &intruder.signing);
        let reply = self.post.serve(Call::Acts, Some(&headers), &body, now);
        self.note(|_| format!("its act is answered {}", reply.status));
        self.checked(Invariant::I10);
        if reply.status == 200 {
            self.violate(Invariant::I10, "the relay appended an act of a member");
        }
        self.nobody_gives_it_effect(&act);
        Some(())
    }

    /// I10: whoever the act would reach keeps it without effect, or takes nothing of it.
    fn nobody_gives_it_effect(&mut self, act: &[u8]) {
        let intruder = self.intruder.as_ref().map(|it| it.signing.public());
        let intruder = intruder.as_ref();
        let rosters = self.phones.iter().filter_map(|phone| phone.roster());
        let mut taken = rosters.map(|roster| {
            let mut with = roster.clone();
            let taken = with.take(act);
            let stage = with.stage(&MADE_UP) != roster.stage(&MADE_UP);
            let roles = intruder.is_some_and(|key| with.roles(key) != roster.roles(key));
            let published = with.forms() != roster.forms() || with.release() != roster.release();
            matches!(taken, Ok(Taken::Applied)) || stage || roles || published
        });
        if taken.any(|effect| effect) {
            let what = "an act of a member has its effect on an honest device";
            self.violate(Invariant::I10, what);
        }
    }
}

/// A campaign that nobody began.
const MADE_UP: CampaignId = CampaignId([9; 16]);

impl Intruder {
    /// An act that nobody asked whether it may be, on this roster's head.
    fn raw_act(&mut self, roster: &Roster, ended: [u8; 16], at: i64) -> Option<Vec<u8>> {
        let act = match self.dice.below(5) {
            0 => Act::FormPublish(FormPublish {
                number: roster.settings_number(),
                blob: random::array(&mut self.dice),
            }),
            1 => Act::Release(Release {
                version: String::from("2.0.0"),
                manifest: random::array(&mut self.dice),
            }),
            2 => Act::InviteEnd(InviteEnd {
                id: ended,
                why: EndReason::Leaked,
            }),
            3 => Act::DeviceAdd(DeviceAdd {
                devices: vec![self.raised()],
            }),
            _ => Act::Stage(StageChange {
                campaign: MADE_UP,
                stage: Stage::Practice,
                checkpoint: None,
            }),
        };
        let head = ActHead {
            kind: act.kind(),
            region: Some(roster.region()),
            height: roster.height() + 1,
            prev: Some(roster.head()),
            at,
        };
        create(&head, &act, &self.signing).ok()
    }

    /// Itself, with every role.
    fn raised(&self) -> Added {
        Added {
            device: RosterDevice {
                signing: self.signing.public(),
                encryption: self.encryption.public(),
                roles: Purpose::ALL.map(Role::Coordinator).into(),
            },
            invitation: None,
            join: None,
            words: true,
            epochs: Vec::new(),
            settings: Vec::new(),
        }
    }
}

fn object(tries: Tries, head: ObjectHead, last: RunHead, key: &DeviceSigningKey) -> Option<Object> {
    let stream = last.stream;
    match tries {
        Tries::Receipt => Receipt {
            head,
            stream,
            upto: last.seq,
            hash: last.hash,
            apart: Ranges::default(),
        }
        .sign(key)
        .ok(),
        Tries::Checkpoint => {
            let heads = Heads::new(vec![last]).ok()?;
            Checkpoint::sign(head, Purpose::Count, 1, &heads, key).ok()
        }
        _ => Erase {
            head,
            stream,
            seqs: Ranges::from_iter(SeqRange::new(1, last.seq.max(1))),
            ground: Ground::Mistake,
        }
        .sign(key)
        .ok(),
    }
}
