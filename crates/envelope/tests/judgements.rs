//! Which of several statements holds, and of an entry which judgement and which time.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use proptest::prelude::*;
use support::Seeded;
use veldpost_domain::{CampaignId, Hlc, OperationId, RecordId, StreamId};
use veldpost_envelope::DevicePublic;
use veldpost_envelope::statement::{
    EntryFacts, Said, Says, Statement, StatementKind, Statements, StreamRange, Subject, Verdict,
    corrected, encode_statement,
};

const DEVICE: DevicePublic = DevicePublic([1; 32]);
const STREAM: StreamId = StreamId([2; 16]);
const INVITATION: [u8; 16] = [3; 16];
const RECORD: RecordId = RecordId([4; 16]);

fn range(first: u64, last: Option<u64>) -> StreamRange {
    StreamRange {
        stream: STREAM,
        first,
        last,
    }
}

/// A statement that was said at the time `at`, under the id `id`.
fn statement(id: u8, at: u64, says: Says) -> Statement {
    Statement {
        id: OperationId([id; 16]),
        hlc: Hlc(at),
        says,
    }
}

fn judgement(subject: Subject, verdict: Verdict, replaces: &[u8]) -> Says {
    Says::Judgement {
        subject,
        verdict,
        replaces: replaces.iter().map(|id| OperationId([*id; 16])).collect(),
        remark: "by telephone".to_owned(),
    }
}

fn said(statement: Statement) -> Said {
    Said {
        stream: StreamId([9; 16]),
        seq: statement.hlc.0,
        statement,
    }
}

#[test]
fn the_latest_that_no_other_replaces_holds_and_the_others_stand_beside_it() {
    let about = |id, at, verdict, replaces: &[u8]| {
        said(statement(
            id,
            at,
            judgement(Subject::Device(DEVICE), verdict, replaces),
        ))
    };
    let admit = about(1, 10, Verdict::Admit, &[]);
    let refuse = about(2, 20, Verdict::Refuse, &[]);
    let later = about(3, 5, Verdict::Admit, &[2]);
    let holds = |said: &[&Said]| {
        let held = Statements::resolve(said.iter().copied());
        let held = held.get(StatementKind::Judgement, Subject::Device(DEVICE));
        held.map(|held| {
            let beside: Vec<_> = held
                .beside
                .iter()
                .map(|said| said.statement.id.0[0])
                .collect();
            (held.holds.statement.id.0[0], beside)
        })
    };
    assert_eq!(holds(&[]), None);
    assert_eq!(holds(&[&admit, &refuse]), Some((2, vec![1])));
    // What replaces wins whatever its clock said; who did not see it still stands beside.
    assert_eq!(holds(&[&admit, &refuse, &later]), Some((1, vec![3])));
    assert_eq!(holds(&[&refuse, &later]), Some((3, vec![])));
    // The same one twice is one; one that replaces itself still counts; two that replace each other do not.
    assert_eq!(holds(&[&admit, &admit]), Some((1, vec![])));
    let itself = about(4, 1, Verdict::Admit, &[4]);
    assert_eq!(holds(&[&itself]), Some((4, vec![])));
    let (one, other) = (
        about(5, 1, Verdict::Admit, &[6]),
        about(6, 2, Verdict::Admit, &[5]),
    );
    assert_eq!(holds(&[&one, &other]), None);
}

#[test]
fn a_judgement_that_is_taken_back_leaves_nothing_said_and_may_be_said_anew() {
    let subject = Subject::Range(range(3, Some(8)));
    let of = |id, at, says| said(statement(id, at, says));
    let admit = of(1, 10, judgement(subject, Verdict::Admit, &[]));
    let beside = of(2, 20, judgement(subject, Verdict::Admit, &[]));
    let standing = [1, 2].map(|id| OperationId([id; 16]));
    let ids = [5, 6].map(|id| OperationId([id; 16]));
    let [one, other] = Says::unjudged(subject, &standing, ids);
    let (one, other) = (of(5, 30, one), of(6, 31, other));
    let holds = |said: &[&Said]| {
        let held = Statements::resolve(said.iter().copied());
        let held = held.get(StatementKind::Judgement, subject);
        held.map(|held| held.holds.statement.id.0[0])
    };
    let all = [&admit, &beside, &one, &other];
    assert_eq!(holds(&all), None);
    assert_eq!(holds(&[&other, &one, &beside, &admit]), None);
    // Half of it takes nothing out.
    let half = Statements::resolve([&admit, &beside, &one]);
    let entry = EntryFacts {
        record: None,
        stream: STREAM,
        seq: 4,
        device: DEVICE,
        invitations: &[],
    };
    assert_eq!(half.verdict(&entry), Some(Verdict::Admit));
    let again = of(7, 40, judgement(subject, Verdict::Admit, &[]));
    assert_eq!(holds(&[&admit, &beside, &one, &other, &again]), Some(7));
    // It can be written.
    assert!(encode_statement(&one.statement).is_ok());
}

#[test]
fn a_statement_replaces_none_on_another_subject() {
    let admit = said(statement(
        1,
        1,
        judgement(Subject::Record(RECORD), Verdict::Admit, &[]),
    ));
    let elsewhere = said(statement(
        2,
        2,
        judgement(Subject::Device(DEVICE), Verdict::Refuse, &[1]),
    ));
    let held = Statements::resolve([&admit, &elsewhere]);
    assert_eq!(held.all().count(), 2);
}

#[test]
fn the_narrowest_subject_that_meets_an_entry_decides() {
    let on = |id: u8, subject, verdict| said(statement(id, 1, judgement(subject, verdict, &[])));
    let invitation = on(1, Subject::Invitation(INVITATION), Verdict::Refuse);
    let device = on(2, Subject::Device(DEVICE), Verdict::Admit);
    let wide = on(3, Subject::Range(range(0, None)), Verdict::Refuse);
    let narrow = on(4, Subject::Range(range(3, Some(8))), Verdict::Admit);
    let record = on(5, Subject::Record(RECORD), Verdict::Refuse);
    let other = on(6, Subject::Record(RecordId([5; 16])), Verdict::Admit);
    let entry = EntryFacts {
        record: Some(RECORD),
        stream: STREAM,
        seq: 5,
        device: DEVICE,
        invitations: &[INVITATION],
    };
    let mut all = vec![&other];
    for (one, expected) in [
        (&invitation, Verdict::Refuse),
        (&device, Verdict::Admit),
        (&wide, Verdict::Refuse),
        (&narrow, Verdict::Admit),
        (&record, Verdict::Refuse),
    ] {
        assert_ne!(Statements::resolve(all.clone()).verdict(&entry), {
            Some(expected)
        });
        all.push(one);
        let held = Statements::resolve(all.clone());
        assert_eq!(held.verdict(&entry), Some(expected));
    }
    let held = Statements::resolve(all);
    let beyond = EntryFacts {
        seq: 9,
        record: None,
        ..entry
    };
    assert_eq!(held.verdict(&beyond), Some(Verdict::Refuse));
    let elsewhere = EntryFacts {
        stream: StreamId([8; 16]),
        ..beyond
    };
    assert_eq!(held.verdict(&elsewhere), Some(Verdict::Admit));
    let strange = EntryFacts {
        device: DevicePublic([8; 32]),
        ..elsewhere
    };
    assert_eq!(held.verdict(&strange), Some(Verdict::Refuse));
    let nobodys = EntryFacts {
        invitations: &[],
        ..strange
    };
    assert_eq!(held.verdict(&nobodys), None);
}

#[test]
fn of_two_invitations_and_of_two_ranges_as_wide_the_latest_decides() {
    let on =
        |at, subject, verdict| said(statement(at, at.into(), judgement(subject, verdict, &[])));
    let entry = EntryFacts {
        record: None,
        stream: STREAM,
        seq: 5,
        device: DEVICE,
        invitations: &[[3; 16], [4; 16]],
    };
    let pairs = [
        (Subject::Invitation([3; 16]), Subject::Invitation([4; 16])),
        (
            Subject::Range(range(1, Some(6))),
            Subject::Range(range(2, Some(7))),
        ),
    ];
    for (one, other) in pairs {
        for (first, second) in [(one, other), (other, one)] {
            let said = [on(1, first, Verdict::Refuse), on(2, second, Verdict::Admit)];
            let held = Statements::resolve(&said);
            assert_eq!(held.verdict(&entry), Some(Verdict::Admit));
        }
    }
}

#[test]
fn an_offset_moves_the_times_of_its_range_and_none_below_0() {
    let hlc = |millis: u64| Hlc(millis << 16 | 7);
    assert_eq!(corrected(hlc(5_000), -4_000), hlc(1_000));
    assert_eq!(corrected(hlc(5_000), 4_000), hlc(9_000));
    assert_eq!(corrected(hlc(5_000), -6_000), hlc(0));
    assert_eq!(corrected(hlc(5_000), i64::MIN), hlc(0));
    assert_eq!(corrected(hlc(5_000), i64::MAX), hlc((1 << 48) - 1));
    let clock = said(statement(
        1,
        1,
        Says::Clock {
            range: range(3, Some(4)),
            offset: 1_000,
            replaces: vec![],
        },
    ));
    let held = Statements::resolve([&clock]);
    let times: Vec<_> = (2..=5)
        .map(|seq| held.time(STREAM, seq, hlc(1)).millis())
        .collect();
    assert_eq!(times, [1, 1_001, 1_001, 1]);
    assert_eq!(held.time(StreamId([8; 16]), 3, hlc(1)), hlc(1));
}

#[test]
fn records_count_for_the_campaign_that_was_named_last_and_for_none_once_taken_back() {
    let [alone, other] = [1, 2].map(|id| CampaignId([id; 16]));
    let counts = |id: u8, campaign, replaces: &[u8]| {
        said(statement(
            id,
            id.into(),
            Says::CountsFor {
                made_for: alone,
                campaign,
                replaces: replaces.iter().map(|id| OperationId([*id; 16])).collect(),
            },
        ))
    };
    let (first, second) = (CampaignId([8; 16]), CampaignId([9; 16]));
    let one = counts(1, Some(first), &[]);
    let two = counts(2, Some(second), &[]);
    let none = counts(3, None, &[1, 2]);
    let again = counts(4, Some(first), &[3]);
    let holds = |said: &[&Said]| Statements::resolve(said.iter().copied()).counts_for(alone);
    assert_eq!(holds(&[]), None);
    assert_eq!(holds(&[&one]), Some(first));
    assert_eq!(holds(&[&two, &one]), Some(second));
    assert_eq!(holds(&[&none, &two, &one]), None);
    assert_eq!(holds(&[&one, &again, &none, &two]), Some(first));
    assert_eq!(Statements::resolve([&one]).counts_for(other), None);
}

fn subject() -> impl Strategy<Value = Subject> {
    prop_oneof![
        (0_u8..2).prop_map(|id| Subject::Device(DevicePublic([id; 32]))),
        (0_u64..4, proptest::option::of(0_u64..4)).prop_map(|(first, more)| {
            Subject::Range(range(first, more.map(|more| first + more)))
        }),
        (0_u8..2).prop_map(|id| Subject::Invitation([id; 16])),
        (0_u8..2).prop_map(|id| Subject::Record(RecordId([id; 16]))),
    ]
}

/// Few ids, times and places, so that they often meet; two branches of a fork may share one.
fn any_said() -> impl Strategy<Value = Said> {
    let verdict = prop_oneof![Just(Verdict::Admit), Just(Verdict::Refuse)];
    let replaces = proptest::collection::vec(0_u8..8, 0..3);
    (subject(), verdict, replaces, 0_u8..8, 0_u64..3, 0_u64..3).prop_map(
        |(subject, verdict, replaces, id, at, seq)| Said {
            stream: StreamId([9; 16]),
            seq,
            statement: statement(id, at, judgement(subject, verdict, &replaces)),
        },
    )
}

/// Everything that can be asked, as bytes.
fn answers(held: &Statements<'_>) -> Vec<Vec<u8>> {
    let bytes = |said: &Said| encode_statement(&said.statement).unwrap().to_vec();
    let mut answers = Vec::new();
    for held in held.all() {
        answers.push(bytes(held.holds));
        answers.extend(held.beside.iter().map(|said| bytes(said)));
    }
    for (record, seq) in (0..3).flat_map(|record| (0..6).map(move |seq| (record, seq))) {
        let entry = EntryFacts {
            record: Some(RecordId([record; 16])),
            stream: STREAM,
            seq,
            device: DevicePublic([record; 32]),
            invitations: &[[0; 16], [1; 16]],
        };
        let judged = held.judgement(&entry);
        assert!(judged.is_none_or(|held| held.holds.statement.says.subject().meets(&entry)));
        answers.push(judged.map_or(vec![], |held| bytes(held.holds)));
    }
    answers
}

proptest! {
    #[test]
    fn what_holds_does_not_depend_on_the_order_of_arrival(
        said in proptest::collection::vec(any_said(), 0..20), seed: u64, twice: prop::sample::Index,
    ) {
        let mut other = said.clone();
        if !said.is_empty() {
            other.push(said[twice.index(said.len())].clone());
        }
        let mut rng = Seeded(seed);
        for last in (1..other.len()).rev() {
            let [byte] = veldpost_envelope::random::array(&mut rng);
            other.swap(last, usize::from(byte) % (last + 1));
        }
        prop_assert_eq!(answers(&Statements::resolve(&said)), answers(&Statements::resolve(&other)));
    }
}
