//! The table of section 17, written down here once more: every deed by every one who may try it.
//!
//! Not here: a device that a record is assigned to, for no act assigns one yet.

use crate::authors::{ALONE, Author, CAMPAIGN, judged};
use crate::support::relay::Relay;
use crate::support::{Member, NOW, Phone, Region, Seeded, region_with};
use veldpost_domain::{Act, OperationId, RecordId};
use veldpost_envelope::canonical::Writer;
use veldpost_envelope::genesis::Role;
use veldpost_envelope::object::{Checkpoint, Heads};
use veldpost_envelope::run::RunHead;
use veldpost_envelope::secret::Secret;
use veldpost_envelope::statement::{Says, StreamRange, Subject, Verdict};
use veldpost_envelope::{Object, Purpose};
use veldpost_sync::authority::{Evaluation, Outcome, Spot};
use veldpost_sync::{Notice, RecordState, Wake};

/// Whose record everybody tries.
const RECORD: u8 = 1;

/// What is tried, in the stream of who tries it.
type Deed = fn(&mut Author) -> Spot;

/// Who tries, in the order of the columns.
const WHO: [&str; 5] = [
    "another member",
    "the creator",
    "who coordinates the count",
    "who coordinates signals only",
    "an organisation's coordinator",
];

const MAY: Outcome = Outcome::Applied;
const SAY: Outcome = Outcome::Stated;
const NOT: Outcome = Outcome::Unauthorised;

const TABLE: [(&str, Deed, [Outcome; 5]); 8] = [
    ("create", |it| it.create(2, 9), [MAY, MAY, MAY, MAY, MAY]),
    ("amend", |it| it.amend(RECORD, 9), [NOT, MAY, MAY, NOT, NOT]),
    ("withdraw", withdraw, [NOT, MAY, MAY, NOT, NOT]),
    ("16 judgement", judge, [NOT, NOT, SAY, NOT, NOT]),
    ("17 clock", set_clock, [NOT, NOT, SAY, NOT, NOT]),
    ("18 link secret", tell_secret, [NOT, NOT, SAY, NOT, NOT]),
    ("19 device name", name_device, [NOT, NOT, SAY, NOT, NOT]),
    ("23 counts for", count_for, [NOT, NOT, SAY, NOT, NOT]),
];

fn withdraw(author: &mut Author) -> Spot {
    let reason = String::from("mistake");
    author.operation(RECORD, 9, Act::Withdraw { reason })
}

fn judge(author: &mut Author) -> Spot {
    let record = Subject::Record(RecordId([RECORD; 16]));
    author.judge(record, Verdict::Refuse, 9)
}

fn set_clock(author: &mut Author) -> Spot {
    let range = StreamRange {
        stream: author.stream(),
        first: 0,
        last: None,
    };
    let says = Says::Clock {
        range,
        offset: -1,
        replaces: Vec::new(),
    };
    author.state(says, 9)
}

fn tell_secret(author: &mut Author) -> Spot {
    let says = Says::LinkSecret {
        invitation: [3; 16],
        secret: Secret::copy_from(&[4; 32]),
        name: String::from("an evening"),
    };
    author.state(says, 9)
}

fn name_device(author: &mut Author) -> Spot {
    let says = Says::DeviceName {
        device: author.key.public(),
        name: String::from("Ann's"),
        replaces: Vec::new(),
    };
    author.state(says, 9)
}

fn count_for(author: &mut Author) -> Spot {
    author.count_for(ALONE, Some(CAMPAIGN), 9)
}

/// Those who try, beside the region's own.
struct People {
    region: Region,
    creator: Member,
    of_signals: Member,
    of_organisation: Member,
}

impl People {
    fn new() -> Self {
        let rng = &mut Seeded(210);
        let (creator, of_signals, of_organisation) =
            (Member::new(rng), Member::new(rng), Member::new(rng));
        let others = [
            creator.with_roles(vec![Role::Counter]),
            of_signals.with_roles(vec![Role::Counter, Role::Coordinator(Purpose::Signal)]),
            of_organisation.with_roles(vec![Role::OrganisationCoordinator]),
        ];
        Self {
            region: region_with(21, &others),
            creator,
            of_signals,
            of_organisation,
        }
    }

    /// In the order of the columns.
    fn who(&self) -> [&Member; 5] {
        [
            &self.region.worker,
            &self.creator,
            &self.region.ann,
            &self.of_signals,
            &self.of_organisation,
        ]
    }

    /// What one of them comes to, with the record there; and what all had come to before it.
    fn tries(&self, column: usize, deed: Deed) -> (Spot, Evaluation, Evaluation) {
        let mut creator = Author::new(&self.region, &self.creator, 1);
        creator.create(RECORD, 1);
        let mut other = Author::new(&self.region, self.who()[column], 2);
        let before = judged(&self.region, &[&creator, &other]);
        let is_creator = core::ptr::eq(self.who()[column], &raw const self.creator);
        let spot = deed(if is_creator { &mut creator } else { &mut other });
        (spot, judged(&self.region, &[&creator, &other]), before)
    }
}

#[test]
fn the_table_is_what_holds_in_every_cell() {
    let people = People::new();
    for (name, deed, row) in TABLE {
        for (column, expected) in row.into_iter().enumerate() {
            let (spot, all, before) = people.tries(column, deed);
            let cell = format!("{name} by {}", WHO[column]);
            assert_eq!(all.outcomes[&spot], expected, "{cell}");
            assert_eq!(all.said.len(), usize::from(expected == SAY), "{cell}");
            let changed = all.records != before.records;
            if expected == NOT {
                assert!(!changed, "{cell}");
                assert!(all.outcomes[&spot].is_received(), "{cell}: it is kept");
                assert!(all.apart(spot.stream).is_empty(), "{cell}: and received");
            } else if expected == MAY {
                assert!(changed, "{cell}");
            }
        }
    }
}

/// `[kind, schema, record, id, hlc, act 4, body]`.
fn later<const KIND: u64>(author: &mut Author) -> Spot {
    let mut out = Writer::default();
    out.array(7).uint(KIND).uint(1).bytes(&[RECORD; 16]);
    out.bytes(&OperationId([7; 16]).0)
        .uint(9 << 16)
        .uint(4)
        .array(0);
    author.says(&out.finish())
}

#[test]
fn merge_review_and_assignment_are_parked_whoever_says_them() {
    let people = People::new();
    let kinds: [(u64, Deed); 3] = [(20, later::<20>), (21, later::<21>), (22, later::<22>)];
    for (kind, deed) in kinds {
        for (column, who) in WHO.iter().enumerate() {
            let (spot, all, before) = people.tries(column, deed);
            assert_eq!(all.outcomes[&spot], Outcome::Parked, "{kind} by {who}");
            assert_eq!(all.records, before.records, "{kind} by {who}");
            assert!(all.said.is_empty(), "{kind} by {who}");
        }
    }
}

/// A receipt, a checkpoint and an erasure of all that the relay holds of a stream.
fn confirmations(region: &Region, signer: &Member, relay: &Relay, phone: &Phone) -> [Object; 3] {
    let stream = phone.stream();
    let held = relay.held(stream);
    let last = held.last().unwrap();
    let head = RunHead {
        stream,
        seq: last.header().seq,
        hash: last.hash(),
    };
    let heads = Heads::new(vec![head]).unwrap();
    let signed = region.head(signer, NOW);
    [
        region.receipt(signer, relay, stream, NOW),
        Checkpoint::sign(signed, Purpose::Count, 1, &heads, &signer.signing).unwrap(),
        region.erase(signer, stream, [head.seq].into_iter().collect()),
    ]
}

#[test]
fn receipts_checkpoints_and_erasures_are_refused_of_who_does_not_coordinate() {
    let people = People::new();
    let region = &people.region;
    for (signer, who) in people.who().into_iter().zip(WHO) {
        let may = who == "who coordinates the count";
        for (n, name) in ["receipt", "checkpoint", "erase"].into_iter().enumerate() {
            let mut relay = Relay::new(region);
            let mut phone = Phone::new(region, &region.worker);
            phone.save(2, &mut relay);
            let object = &confirmations(region, signer, &relay, &phone)[n];
            relay.script().pass_on_object(object);
            phone.wake(Wake::Minute, &mut relay);
            let expected = if may {
                &[][..]
            } else {
                &[Notice::ObjectRefused]
            };
            assert_eq!(phone.notices, expected, "{name} by {who}");
            let state = phone.device.state_of(phone.stream(), 3);
            let untouched = state == Some(RecordState::HandedOver);
            assert!(may || untouched, "{name} by {who}: {state:?}");
        }
    }
}
