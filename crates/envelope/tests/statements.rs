//! What coordinators say, as bytes and back.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use proptest::prelude::*;
use support::to_hex;
use veldpost_domain::{CampaignId, Hlc, OperationId, RecordId, StreamId};
use veldpost_envelope::payload::decode_operation;
use veldpost_envelope::secret::Secret;
use veldpost_envelope::statement::{
    Says, Statement, StatementKind, StreamRange, Subject, Verdict, decode_statement,
    encode_statement,
};
use veldpost_envelope::{DevicePublic, EnvelopeError, label};

const DEVICE: DevicePublic = DevicePublic([1; 32]);
const STREAM: StreamId = StreamId([2; 16]);
const INVITATION: [u8; 16] = [3; 16];
const RECORD: RecordId = RecordId([4; 16]);
const CAMPAIGN: CampaignId = CampaignId([5; 16]);

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

fn one_of_each() -> Vec<Statement> {
    let clock = Says::Clock {
        range: range(5, Some(9)),
        offset: -7_200_000,
        replaces: vec![OperationId([8; 16])],
    };
    let secret = Says::LinkSecret {
        invitation: INVITATION,
        secret: Secret::copy_from(&[6; 32]),
        name: "Avond 27 november".to_owned(),
    };
    let name = Says::DeviceName {
        device: DEVICE,
        name: "Joke, ploeg 3".to_owned(),
        replaces: vec![],
    };
    let counts = |campaign| Says::CountsFor {
        made_for: CAMPAIGN,
        campaign,
        replaces: vec![OperationId([8; 16])],
    };
    let counts_for = counts(Some(CampaignId([6; 16])));
    let subjects = [
        Subject::Device(DEVICE),
        Subject::Range(range(5, Some(9))),
        Subject::Range(range(5, None)),
        Subject::Invitation(INVITATION),
        Subject::Record(RECORD),
    ];
    let judgements = subjects.map(|subject| judgement(subject, Verdict::Refuse, &[7, 8]));
    judgements
        .into_iter()
        .chain([clock, secret, name, counts_for, counts(None)])
        .map(|says| statement(1, 1 << 16, says))
        .collect()
}

/// What changes when `from` becomes `to` in the bytes of a statement.
fn changed(statement: &Statement, from: &str, to: &str) -> Vec<u8> {
    let known = to_hex(&encode_statement(statement).unwrap());
    let later = known.replacen(from, to, 1);
    assert_ne!(later, known);
    support::hex(&later)
}

#[test]
fn every_statement_comes_back_as_it_was() {
    for statement in one_of_each() {
        let bytes = encode_statement(&statement).unwrap();
        let decoded = decode_statement(&bytes).unwrap();
        assert_eq!(decoded.original, bytes.as_slice());
        assert_eq!(decoded.record, statement.says.record());
        assert_eq!((decoded.id, decoded.hlc), (statement.id, statement.hlc));
        assert!(!decoded.has_newer_fields);
        let again = encode_statement(&decoded.statement.unwrap()).unwrap();
        assert_eq!(again, bytes);
    }
}

#[test]
fn a_subjects_record_is_the_hash_of_kind_and_subject() {
    let bytes = support::hex(&format!("82 10 82 01 5820 {}", "01".repeat(32)));
    let hash = label::sha256(&[b"veldpost/1/subject\0", &bytes]);
    let record = Subject::Device(DEVICE).record(StatementKind::Judgement);
    assert_eq!(record.0, hash[..16]);
    let other = Subject::Device(DEVICE).record(StatementKind::DeviceName);
    assert_ne!(record, other);
}

#[test]
fn what_reads_operations_parks_statements_and_breaks_on_none() {
    for statement in one_of_each() {
        let bytes = encode_statement(&statement).unwrap();
        let parked = decode_operation(&bytes).unwrap();
        assert_eq!(parked.operation, None);
        assert_eq!((parked.id, parked.hlc), (statement.id, statement.hlc));
        assert_eq!(parked.record, statement.says.record());
        assert_eq!(parked.original, bytes.as_slice());
    }
}

#[test]
fn what_a_later_version_says_is_parked_and_not_lost() {
    let judged = &one_of_each()[0];
    let later = [
        // Kind 20, schema 2, act 5, a subject of form 6, verdict 3.
        ("871001", "871401"),
        ("871001", "871002"),
        ("0484820158", "0584820158"),
        ("84820158", "84820658"),
        ("010101028250", "010101038250"),
    ];
    for (from, to) in later {
        let bytes = changed(judged, from, to);
        let decoded = decode_statement(&bytes).unwrap();
        assert!(decoded.statement.is_none(), "{to}");
        assert_eq!(decoded.record, judged.says.record());
        assert_eq!(decoded.original, bytes);
    }
    // A subject with one more field is another one.
    let longer = to_hex(&encode_statement(judged).unwrap());
    let device = "01".repeat(32);
    let longer = longer.replacen(
        &format!("820158 20{device}").replace(' ', ""),
        &format!("83015820{device}f6"),
        1,
    );
    let decoded = support::hex(&longer);
    assert!(decode_statement(&decoded).unwrap().statement.is_none());
}

#[test]
fn fields_that_a_later_version_appends_travel_on() {
    let judged = &one_of_each()[0];
    let mut bytes = changed(judged, "0484820158", "0485820158");
    bytes.push(0xf6);
    let decoded = decode_statement(&bytes).unwrap();
    assert!(decoded.has_newer_fields);
    let known = encode_statement(&decoded.statement.unwrap()).unwrap();
    assert_eq!(known, encode_statement(judged).unwrap());
    let mut bytes = changed(judged, "871001", "881001");
    bytes.push(0xf6);
    assert!(decode_statement(&bytes).unwrap().has_newer_fields);
}

#[test]
fn a_statement_filed_under_another_subject_is_refused() {
    let all = one_of_each();
    let record = |statement: &Statement| to_hex(&statement.says.record().0);
    let bytes = changed(&all[0], &record(&all[0]), &record(&all[3]));
    assert_eq!(
        decode_statement(&bytes).unwrap_err(),
        EnvelopeError::Malformed("another subject")
    );
}

#[test]
fn each_kind_is_about_its_own_kind_of_subject() {
    let all = one_of_each();
    // A clock about a device, a secret about a record, a name about an invitation, what counts about a record, a name
    // about a campaign.
    let clock = changed(
        &all[5],
        &format!("840250{}0509", "02".repeat(16)),
        &format!("82015820{}", "01".repeat(32)),
    );
    let secret = changed(&all[6], "820350", "820450");
    let name = changed(
        &all[7],
        &format!("82015820{}", "01".repeat(32)),
        &format!("820350{}", "01".repeat(16)),
    );
    let counts = changed(&all[8], "820550", "820450");
    let named = changed(
        &all[7],
        &format!("82015820{}", "01".repeat(32)),
        &format!("820550{}", "01".repeat(16)),
    );
    for bytes in [clock, secret, name, counts, named] {
        assert_eq!(
            decode_statement(&bytes).unwrap_err(),
            EnvelopeError::Malformed("subject of another kind")
        );
    }
}

#[test]
fn a_verdict_on_a_campaign_is_not_written_and_parked_where_it_is_read() {
    let says = judgement(Subject::Campaign(CAMPAIGN), Verdict::Admit, &[]);
    assert_eq!(
        encode_statement(&statement(1, 1, says)).unwrap_err(),
        EnvelopeError::Malformed("subject of another kind")
    );
    let judged = &one_of_each()[4];
    let bytes = changed(judged, "820450", "820550");
    assert!(decode_statement(&bytes).unwrap().statement.is_none());
}

#[test]
fn an_operation_is_no_statement_and_a_range_does_not_end_before_it_begins() {
    let bytes = changed(&one_of_each()[0], "871001", "870f01");
    assert_eq!(
        decode_statement(&bytes).unwrap_err(),
        EnvelopeError::Malformed("not a statement")
    );
    let backwards = Subject::Range(range(9, Some(5)));
    let says = judgement(backwards, Verdict::Admit, &[]);
    assert_eq!(
        encode_statement(&statement(1, 1, says)).unwrap_err(),
        EnvelopeError::Malformed("range")
    );
    let bytes = changed(&one_of_each()[1], "0509", "0905");
    assert_eq!(
        decode_statement(&bytes).unwrap_err(),
        EnvelopeError::Malformed("range")
    );
}

#[test]
fn a_remark_a_name_and_a_list_over_their_limits_are_not_written() {
    let fits = |says: Says| encode_statement(&statement(1, 1, says)).map(drop);
    let remark = |length| Says::Judgement {
        subject: Subject::Device(DEVICE),
        verdict: Verdict::Admit,
        replaces: vec![],
        remark: "x".repeat(length),
    };
    let name = |length| Says::DeviceName {
        device: DEVICE,
        name: "é".repeat(length),
        replaces: vec![],
    };
    let clock = |length| Says::Clock {
        range: range(0, None),
        offset: 0,
        replaces: vec![OperationId([0; 16]); length],
    };
    fits(remark(1000)).unwrap();
    fits(name(60)).unwrap();
    fits(clock(256)).unwrap();
    let counts = |length| Says::CountsFor {
        made_for: CAMPAIGN,
        campaign: None,
        replaces: vec![OperationId([0; 16]); length],
    };
    fits(counts(256)).unwrap();
    for over in [remark(1001), name(61), clock(257), counts(257)] {
        assert!(matches!(fits(over), Err(EnvelopeError::TooLarge(_))));
    }
    // Nor read: a remark that grew on its way, and a list that says it is longer.
    let large = vec![0; 65_537];
    assert_eq!(
        decode_statement(&large).unwrap_err(),
        EnvelopeError::TooLarge("payload")
    );
}

proptest! {
    #[test]
    fn a_changed_or_cut_statement_never_panics_and_what_is_read_has_one_form(
        which: prop::sample::Index, at: prop::sample::Index, to: u8, cut: bool,
    ) {
        let all = one_of_each();
        let mut bytes = encode_statement(&all[which.index(all.len())]).unwrap().to_vec();
        let at = at.index(bytes.len());
        if cut {
            bytes.truncate(at);
            prop_assert!(decode_statement(&bytes).is_err());
        } else {
            bytes[at] = to;
        }
        if let Ok(decoded) = decode_statement(&bytes)
            && let (Some(statement), false) = (&decoded.statement, decoded.has_newer_fields)
        {
            prop_assert_eq!(encode_statement(statement).unwrap().to_vec(), bytes);
        }
    }

    #[test]
    fn random_bytes_are_no_statement(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(decode_statement(&bytes).is_err());
    }
}
