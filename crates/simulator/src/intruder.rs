//! A member's device with another program: it tries the cells of the table that are not its own.
//!
//! Not here: the table (`veldpost_sync::authority`), and a lying relay.

use crate::book::{Deed, payload};
use crate::dice::Dice;
use crate::plan::Fault;
use crate::post::Post;
use crate::world::{MINUTE, World};
use veldpost_domain::{CampaignId, Hlc, OperationId, RecordId, StreamId};
use veldpost_envelope::act::{Act, Stage, StageChange};
use veldpost_envelope::genesis::{Role, RosterDevice};
use veldpost_envelope::object::{
    Checkpoint, Erase, Ground, Heads, ObjectHead, Ranges, Receipt, SeqRange,
};
use veldpost_envelope::run::RunHead;
use veldpost_envelope::statement::{Says, Statement, Subject, Verdict, encode_statement};
use veldpost_envelope::stream::StreamContext;
use veldpost_envelope::wire::{ActsAsk, Call};
use veldpost_envelope::{
    ContentKey, DeviceEncryptionKey, DeviceSigningKey, Entry, Object, Purpose, RegionId, Roster,
    StreamWriter, random, request,
};

/// One who has a member's keys.
pub struct Intruder {
    pub signing: DeviceSigningKey,
    pub encryption: DeviceEncryptionKey,
    stream: Option<(StreamWriter, ContentKey)>,
    /// The stream as it was, to be gone on with otherwise.
    before: Option<(StreamWriter, ContentKey)>,
    /// A record of its own.
    own: Option<(RecordId, OperationId)>,
}

/// What it tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tries {
    Create,
    AmendOwn,
    Amend,
    Withdraw,
    Judge,
    Receipt,
    Checkpoint,
    Erase,
    Fork,
    ForeignRegion,
    Garbage,
    NoKey,
    Act,
}

const TRIES: [Tries; 13] = [
    Tries::Create,
    Tries::AmendOwn,
    Tries::Amend,
    Tries::Withdraw,
    Tries::Judge,
    Tries::Receipt,
    Tries::Checkpoint,
    Tries::Erase,
    Tries::Fork,
    Tries::ForeignRegion,
    Tries::Garbage,
    Tries::NoKey,
    Tries::Act,
];

/// Why an entry may not count; none for what a member may say.
fn forbidden(tries: Tries) -> Option<&'static str> {
    match tries {
        Tries::Amend => Some("an amendment of another's record"),
        Tries::Withdraw => Some("a withdrawal of another's record"),
        Tries::Judge => Some("a judgement by a member"),
        Tries::ForeignRegion => Some("an entry of another region"),
        Tries::Garbage => Some("what cannot be decoded"),
        Tries::NoKey => Some("what cannot be opened"),
        _ => None,
    }
}

impl Intruder {
    pub fn new(dice: &mut Dice) -> Self {
        Self {
            signing: DeviceSigningKey::generate(dice),
            encryption: DeviceEncryptionKey::generate(dice),
            stream: None,
            before: None,
            own: None,
        }
    }

    pub fn roster_device(&self) -> RosterDevice {
        RosterDevice {
            signing: self.signing.public(),
            encryption: self.encryption.public(),
            roles: vec![Role::Counter],
        }
    }

    fn context(&self, roster: &Roster) -> Option<StreamContext> {
        Some(StreamContext {
            region: roster.region(),
            purpose: Purpose::Count,
            epoch: roster.epoch(Purpose::Count)?.epoch,
            roster_head: roster.head(),
            seen: None,
        })
    }

    /// Its stream, or a new one with its first two entries.
    fn writer(
        &mut self,
        roster: &Roster,
        entries: &mut Vec<Entry>,
        dice: &mut Dice,
    ) -> Option<(StreamWriter, ContentKey)> {
        if let Some(stream) = self.stream.clone() {
            return Some(stream);
        }
        let context = self.context(roster)?;
        let (mut writer, open) = StreamWriter::open(context, &self.signing, None, None, dice);
        let key = ContentKey::generate(dice);
        let epoch = roster.epoch(Purpose::Count)?.key;
        let handed = writer.content_key(&key, &[epoch], dice).ok()?;
        entries.extend([open, handed]);
        Some((writer, key))
    }
}

impl World {
    /// What it tries now.
    pub fn trespass(&mut self) {
        if self.intruder.is_none() || !self.meets(Fault::Intruder, 250) {
            return;
        }
        let Some(roster) = self.phones.iter().find_map(|phone| phone.roster()).cloned() else {
            return;
        };
        let Some(tries) = self.dice.pick(&TRIES) else {
            return;
        };
        self.note(|_| format!("the intruder tries {tries:?}"));
        match tries {
            Tries::Receipt | Tries::Checkpoint | Tries::Erase => self.signs(tries, &roster),
            Tries::Act => self.acts(&roster),
            _ => self.writes(tries, &roster),
        }
    }

    /// Somebody else's newest record.
    fn another(&mut self) -> Option<(RecordId, OperationId)> {
        let operations = self.oracle.operations.iter();
        let all: Vec<_> = operations
            .filter(|(_, known)| known.deed == Deed::Create)
            .map(|(id, known)| (known.record, *id))
            .collect();
        self.dice.pick(&all)
    }

    fn writes(&mut self, tries: Tries, roster: &Roster) {
        let Some(mut intruder) = self.intruder.take() else {
            return;
        };
        let entries = self.entries(tries, roster, &mut intruder);
        self.intruder = Some(intruder);
        let Some(entries) = entries else {
            return;
        };
        let body: Vec<u8> = entries.iter().flat_map(Entry::to_bytes).collect();
        let (now, post) = (self.now, &mut self.post);
        post.serve(Call::Entries, None, &body, now);
    }

    fn entries(
        &mut self,
        tries: Tries,
        roster: &Roster,
        intruder: &mut Intruder,
    ) -> Option<Vec<Entry>> {
        let another = self.another();
        let mut dice = self.dice.clone();
        self.dice.draw();
        let mut entries = Vec::new();
        let (mut writer, mut key) = match tries {
            Tries::Fork => intruder.before.clone()?,
            _ => intruder.writer(roster, &mut entries, &mut dice)?,
        };
        if tries == Tries::ForeignRegion {
            let context = StreamContext {
                region: RegionId([7; 32]),
                ..*writer.context()
            };
            writer = StreamWriter::resume(context, writer.state());
        }
        if tries == Tries::NoKey {
            key = ContentKey::generate(&mut dice);
        }
        let deed = match tries {
            Tries::AmendOwn => {
                let (record, base) = intruder.own?;
                Deed::Amend(record, base)
            }
            Tries::Amend => Deed::Amend(another?.0, another?.1),
            Tries::Withdraw => Deed::Withdraw(another?.0),
            _ => Deed::Create,
        };
        // As late as it likes.
        let wall = self.now + dice.between(-MINUTE, 1 << 38);
        let hlc = Hlc(u64::try_from(wall).ok()? << 16);
        let (operation, mut bytes) = payload(deed, hlc, wall, &mut dice);
        match tries {
            Tries::Judge => bytes = judgement(another?.0, hlc, &mut dice)?,
            Tries::Garbage => bytes = vec![0x9f; 40],
            _ => {}
        }
        let before = (writer.clone(), key.clone());
        let mut entry = writer.seal(&key, &bytes, &mut dice).ok()?;
        entry.sign(&intruder.signing);
        match forbidden(tries) {
            Some(why) => {
                self.oracle.forbidden.insert(entry.hash(), why);
            }
            None => {
                self.oracle.allowed.insert(entry.hash());
            }
        }
        entries.push(entry);
        let goes_on = !matches!(tries, Tries::Fork | Tries::ForeignRegion | Tries::NoKey);
        if goes_on {
            intruder.before = Some(before);
            intruder.stream = Some((writer, key));
            if tries == Tries::Create {
                intruder.own = Some((operation.record, operation.id));
            }
        }
        Some(entries)
    }

    /// Objects that only coordinators sign.
    fn signs(&mut self, tries: Tries, roster: &Roster) {
        let Some(intruder) = self.intruder.as_ref() else {
            return;
        };
        let places: Vec<_> = self.oracle.chain.iter().collect();
        let place = places.last().map(|((stream, seq), hashes)| {
            let hash = hashes.iter().next().copied();
            (*stream, *seq, hash)
        });
        let Some((stream, seq, Some(hash))) = place else {
            return;
        };
        let head = ObjectHead {
            region: self.region,
            signer: intruder.signing.public(),
            roster_head: roster.head(),
            at: self.now,
        };
        let last = RunHead { stream, seq, hash };
        let object = object(tries, head, last, &intruder.signing);
        if let Some(object) = object {
            let (now, post) = (self.now, &mut self.post);
            post.serve(Call::Objects, None, &object.to_bytes(), now);
        }
    }

    /// An act of the roster that is not its to make.
    fn acts(&mut self, roster: &Roster) {
        let Some(intruder) = self.intruder.as_ref() else {
            return;
        };
        let change = Act::Stage(StageChange {
            campaign: CampaignId([9; 16]),
            stage: Stage::Practice,
            checkpoint: None,
        });
        let Ok(act) = roster.next(&intruder.signing, self.now).sign(&change) else {
            // Its own program refuses to, and there is no other way to sign one.
            return;
        };
        let ask = ActsAsk {
            region: self.region,
            acts: vec![&act],
            founding: None,
        };
        let body = ask.to_bytes();
        let nonce = random::array(&mut self.dice);
        let created = request::created_at(self.now);
        let headers = request::sign(
            Call::Acts,
            crate::post::HOST,
            &body,
            created,
            &nonce,
            &intruder.signing,
        );
        let post: &mut Post = &mut self.post;
        post.serve(Call::Acts, Some(&headers), &body, self.now);
    }
}

fn judgement(record: RecordId, hlc: Hlc, dice: &mut Dice) -> Option<Vec<u8>> {
    let statement = Statement {
        id: OperationId(random::array(dice)),
        hlc,
        says: Says::Judgement {
            subject: Subject::Record(record),
            verdict: Verdict::Refuse,
            replaces: Vec::new(),
            remark: String::new(),
        },
    };
    Some(encode_statement(&statement).ok()?.to_vec())
}

fn object(tries: Tries, head: ObjectHead, last: RunHead, key: &DeviceSigningKey) -> Option<Object> {
    let stream: StreamId = last.stream;
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
