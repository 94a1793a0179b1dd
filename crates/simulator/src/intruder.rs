//! A member's device with another program: it tries the cells of the table that are not its own.
//!
//! Not here: the table (`veldpost_sync::authority`), a lying relay, and what it signs beside its stream (`signs`).

mod signs;

use crate::book::{CAMPAIGN, Deed, payload};
use crate::dice::Dice;
use crate::plan::{Fault, Invariant};
use crate::world::{MINUTE, World};
use veldpost_domain::{CampaignId, Hlc, OperationId, RecordId};
use veldpost_envelope::genesis::{Role, RosterDevice};
use veldpost_envelope::secret::Secret;
use veldpost_envelope::statement::{
    Says, Statement, StreamRange, Subject, Verdict, encode_statement,
};
use veldpost_envelope::stream::StreamContext;
use veldpost_envelope::wire::Call;
use veldpost_envelope::{
    ContentKey, DeviceEncryptionKey, DeviceSigningKey, Entry, Purpose, RegionId, Roster,
    StreamWriter, random,
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
    /// What it draws for acts: others draw the same whatever it makes of them.
    dice: Dice,
}

/// What it tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tries {
    Create,
    AmendOwn,
    Amend,
    Withdraw,
    State,
    Receipt,
    Checkpoint,
    Erase,
    Fork,
    ForeignRegion,
    Garbage,
    NoKey,
    Act,
    LateKey,
}

const TRIES: [Tries; 13] = [
    Tries::Create,
    Tries::AmendOwn,
    Tries::Amend,
    Tries::Withdraw,
    Tries::State,
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
        Tries::State => Some("a statement by a member"),
        Tries::ForeignRegion => Some("an entry of another region"),
        Tries::Garbage => Some("what cannot be decoded"),
        Tries::NoKey => Some("what cannot be opened"),
        Tries::LateKey => Some("what was sealed before its key was handed out"),
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
            dice: Dice::new(dice.clone().draw()),
        }
    }

    /// As the roster names it. The broken rule of I10: it coordinates, so that all that it may not do has its effect.
    pub fn roster_device(&self, broken: Option<Invariant>) -> RosterDevice {
        let roles = match broken {
            Some(Invariant::I10) => Purpose::ALL.map(Role::Coordinator).into(),
            _ => vec![Role::Counter],
        };
        RosterDevice {
            signing: self.signing.public(),
            encryption: self.encryption.public(),
            roles,
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
    /// What it tries now. It counts as met when it was sent.
    pub fn trespass(&mut self) {
        if self.intruder.is_none() || !self.may_meet(Fault::Intruder, 250) {
            return;
        }
        let Some(roster) = self.phones.iter().find_map(|phone| phone.roster()).cloned() else {
            return;
        };
        let late_key = self.may_meet(Fault::LateKey, 150);
        let tries = match late_key {
            true => Some(Tries::LateKey),
            false => self.dice.pick(&TRIES),
        };
        let Some(tries) = tries else {
            return;
        };
        self.note(|_| format!("the intruder tries {tries:?}"));
        let sent = match tries {
            Tries::Receipt | Tries::Checkpoint | Tries::Erase => self.signs(tries, &roster),
            Tries::Act => self.acts(&roster),
            _ => self.writes(tries, &roster),
        };
        if sent.is_some() {
            self.met(Fault::Intruder);
        }
        if sent.is_some() && late_key {
            self.met(Fault::LateKey);
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

    fn writes(&mut self, tries: Tries, roster: &Roster) -> Option<()> {
        let mut intruder = self.intruder.take()?;
        let entries = self.entries(tries, roster, &mut intruder);
        self.intruder = Some(intruder);
        let body: Vec<u8> = entries?.iter().flat_map(Entry::to_bytes).collect();
        let (now, post) = (self.now, &mut self.post);
        post.serve(Call::Entries, None, &body, now);
        Some(())
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
        if matches!(tries, Tries::NoKey | Tries::LateKey) {
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
            Tries::State => bytes = statement(another?.0, &writer, hlc, &mut dice)?,
            Tries::Garbage => bytes = vec![0x9f; 40],
            _ => {}
        }
        let before = (writer.clone(), key.clone());
        let mut entry = writer.seal(&key, &bytes, &mut dice).ok()?;
        if tries != Tries::LateKey {
            entry.sign(&intruder.signing);
        }
        match forbidden(tries) {
            Some(why) => {
                self.oracle.forbidden.insert(entry.hash(), why);
            }
            None => {
                self.oracle.allowed.insert(entry.hash());
            }
        }
        entries.push(entry);
        if tries == Tries::LateKey {
            let epoch = roster.epoch(Purpose::Count)?.key;
            let mut handed = writer.content_key(&key, &[epoch], &mut dice).ok()?;
            handed.sign(&intruder.signing);
            entries.push(handed);
        }
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
}

/// One of the things that only coordinators say, about another's record or about whoever it likes.
fn statement(
    record: RecordId,
    writer: &StreamWriter,
    hlc: Hlc,
    dice: &mut Dice,
) -> Option<Vec<u8>> {
    let replaces = Vec::new();
    let range = StreamRange {
        stream: writer.state().stream,
        first: 0,
        last: None,
    };
    let says = match dice.below(6) {
        0 => Says::Clock {
            range,
            offset: -MINUTE,
            replaces,
        },
        1 => Says::LinkSecret {
            invitation: random::array(dice),
            secret: Secret::generate(dice),
            name: String::from("an evening"),
        },
        2 => Says::CountsFor {
            made_for: CAMPAIGN,
            campaign: Some(CampaignId(random::array(dice))),
            replaces,
        },
        what => Says::Judgement {
            subject: match what {
                3 => Subject::Range(range),
                _ => Subject::Record(record),
            },
            verdict: if what == 3 {
                Verdict::Admit
            } else {
                Verdict::Refuse
            },
            replaces,
            remark: String::new(),
        },
    };
    let id = OperationId(random::array(dice));
    let statement = Statement { id, hlc, says };
    Some(encode_statement(&statement).ok()?.to_vec())
}
