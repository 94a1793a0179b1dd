//! Operations through their encoding and back, today's and tomorrow's.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use proptest::prelude::*;
use support::{hex, to_hex};
use veldpost_domain::{
    Act, Answer, Answers, CampaignId, Context, FieldChange, FormVersion, Hlc, Operation,
    OperationId, OrganisationId, RecordId, RecordKind, RoundId,
};
use veldpost_envelope::EnvelopeError;
use veldpost_envelope::payload::{decode_operation, encode_operation, mark_from_solo};

fn id() -> impl Strategy<Value = [u8; 16]> {
    any::<[u8; 16]>()
}

fn answers(depth: u32) -> BoxedStrategy<Answers> {
    let text = ".{0,30}".prop_map(Answer::Text);
    let answer = if depth == 0 {
        text.boxed()
    } else {
        prop_oneof![
            4 => text,
            1 => proptest::collection::vec(answers(depth - 1), 0..4).prop_map(Answer::Repeat),
        ]
        .boxed()
    };
    proptest::collection::btree_map("[a-z_]{1,30}", answer, 0..12)
        .prop_map(Answers::from)
        .boxed()
}

fn context() -> impl Strategy<Value = Context> {
    let who = (
        proptest::option::of(id().prop_map(RoundId)),
        proptest::option::of(id().prop_map(OrganisationId)),
        proptest::option::of(".{0,12}"),
        proptest::option::of(".{0,12}"),
    );
    let how = (
        proptest::option::of(("[a-z-]{1,12}", "[0-9.]{1,8}")),
        proptest::option::of(id().prop_map(RecordId)),
        any::<bool>(),
    );
    (id(), any::<i64>(), who, how).prop_map(|(campaign, at, who, how)| Context {
        campaign: CampaignId(campaign),
        at,
        round: who.0,
        organisation: who.1,
        crew: who.2,
        area: who.3,
        form: how.0.map(|(id, version)| FormVersion { id, version }),
        promoted_from: how.1,
        from_solo: how.2,
    })
}

fn change() -> impl Strategy<Value = FieldChange> {
    let value = proptest::option::of(prop_oneof![
        ".{0,20}".prop_map(Answer::Text),
        proptest::collection::vec(answers(0), 0..3).prop_map(Answer::Repeat),
    ]);
    ("[a-z_]{1,20}", value, id().prop_map(OperationId))
        .prop_map(|(name, value, base)| FieldChange { name, value, base })
}

fn operation() -> impl Strategy<Value = Operation> {
    let kind = prop_oneof![
        Just(RecordKind::Observation),
        Just(RecordKind::Person),
        Just(RecordKind::RoundReport),
        (4_u16..).prop_map(RecordKind::Unknown),
    ];
    let act = prop_oneof![
        (context(), answers(3)).prop_map(|(context, answers)| Act::Create { context, answers }),
        proptest::collection::vec(change(), 0..6).prop_map(|changes| Act::Amend { changes }),
        "[a-z-]{0,20}".prop_map(|reason| Act::Withdraw { reason }),
    ];
    (kind, id(), id(), any::<u64>(), act).prop_map(|(kind, record, id, hlc, act)| Operation {
        kind,
        record: RecordId(record),
        id: OperationId(id),
        hlc: Hlc(hlc),
        act,
    })
}

proptest! {
    #[test]
    fn an_operation_comes_back_as_it_was(operation in operation()) {
        let bytes = encode_operation(&operation);
        let decoded = decode_operation(&bytes).unwrap();
        prop_assert!(!decoded.has_newer_fields);
        prop_assert_eq!(decoded.original, bytes.as_slice());
        prop_assert_eq!(decoded.operation.as_ref(), Some(&operation));
        // What was read is written again to the same bytes: the known part is canonical.
        prop_assert_eq!(encode_operation(&operation), bytes);
    }

    #[test]
    fn another_implementation_reads_the_same_structure(operation in operation()) {
        let bytes = encode_operation(&operation);
        let mut other = minicbor::Decoder::new(&bytes);
        prop_assert_eq!(other.array().unwrap(), Some(7));
        other.set_position(0);
        other.skip().unwrap();
        prop_assert_eq!(other.position(), bytes.len());
    }

    #[test]
    fn a_changed_payload_never_panics(operation in operation(), at: usize, to: u8) {
        let mut bytes = encode_operation(&operation);
        let at = at % bytes.len();
        bytes[at] = to;
        if let Ok(decoded) = decode_operation(&bytes) {
            // What is accepted has one encoding only.
            if let (Some(operation), false) = (&decoded.operation, decoded.has_newer_fields) {
                prop_assert_eq!(encode_operation(operation), bytes);
            }
        }
    }
}

fn withdrawal() -> Operation {
    Operation {
        kind: RecordKind::Person,
        record: RecordId([1; 16]),
        id: OperationId([2; 16]),
        hlc: Hlc(5),
        act: Act::Withdraw {
            reason: "double".to_owned(),
        },
    }
}

#[test]
fn a_field_that_a_later_version_appends_travels_on() {
    let mut bytes = encode_operation(&withdrawal());
    assert_eq!(bytes[0], 0x87);
    bytes[0] = 0x88;
    bytes.extend_from_slice(&hex("a1 61 78 83 01 02 f6"));
    let decoded = decode_operation(&bytes).unwrap();
    assert!(decoded.has_newer_fields);
    assert_eq!(decoded.operation, Some(withdrawal()));
    assert_eq!(decoded.original, bytes);
}

#[test]
fn an_act_or_schema_of_a_later_version_is_parked_and_not_lost() {
    let known = to_hex(&encode_operation(&withdrawal()));
    // Kind 2, schema 1: make it schema 2. Act 3 with its reason: make it act 9.
    let later_schema = known.replacen("870201", "870202", 1);
    let later_act = known.replacen("050381", "050981", 1);
    for later in [later_schema, later_act] {
        assert_ne!(later, known);
        let bytes = hex(&later);
        let decoded = decode_operation(&bytes).unwrap();
        assert_eq!(decoded.operation, None);
        assert_eq!(
            (decoded.record, decoded.id),
            (RecordId([1; 16]), OperationId([2; 16]))
        );
        assert_eq!(decoded.original, bytes);
    }
}

#[test]
fn an_answer_of_a_later_kind_parks_the_operation() {
    // A create whose answer `a` is a number, which version 1 never writes.
    let context = "8950 02020202020202020202020202020202 00 f6 f6 f6 f6 f6 f6 f4";
    let head =
        "87 02 01 50 01010101010101010101010101010101 50 02020202020202020202020202020202 05";
    let number = hex(&format!("{head} 01 82 {context} a1 61 61 07"));
    assert_eq!(decode_operation(&number).unwrap().operation, None);
    let text = hex(&format!("{head} 01 82 {context} a1 61 61 61 37"));
    assert!(decode_operation(&text).unwrap().operation.is_some());
    // Keys out of order, twice the same, a longer form of a number, something behind the end.
    for (wrong, why) in [
        ("a2 61 62 60 61 61 60", "not canonical"),
        ("a2 61 61 60 61 61 60", "not canonical"),
        ("a1 61 61 78 01 37", "not canonical"),
        ("a1 61 61 61 37 00", "more bytes"),
        ("a1 61 61 61 ff", "not canonical"),
        ("bf 61 61 61 37 ff", "not canonical"),
        ("a1 61 61 f9 3c 00", "another kind of value"),
        ("a1 61 61 9b ff ff ff ff ff ff ff ff", "not canonical"),
    ] {
        let bytes = hex(&format!("{head} 01 82 {context} {wrong}"));
        let problem = decode_operation(&bytes).unwrap_err();
        assert_eq!(problem, EnvelopeError::Malformed(why), "{wrong}");
    }
}

#[test]
fn the_walker_takes_one_form_of_each_value_only() {
    for right in [
        "00",
        "1818",
        "190100",
        "1a00010000",
        "1b0000000100000000",
        "20",
        "3818",
    ] {
        let bytes = hex(right);
        let mut reader = veldpost_envelope::canonical::Reader::new(&bytes);
        reader.skip().and_then(|()| reader.end()).unwrap();
    }
    for right in [
        "40",
        "4100",
        "60",
        "80",
        "a0",
        "f4",
        "f5",
        "f6",
        "a2 00 00 20 00",
        "a2 0a 00 18 64 00",
    ] {
        let bytes = hex(right);
        let mut reader = veldpost_envelope::canonical::Reader::new(&bytes);
        reader.skip().and_then(|()| reader.end()).unwrap();
    }
    for wrong in [
        "1817",
        "1900ff",
        "1a0000ffff",
        "1b00000000ffffffff",
        "5f40ff",
        "7f60ff",
        "9fff",
        "bfff",
        "a2 01 00 00 00",
        "a2 00 00 00 00",
        "a2 20 00 00 00",
        "c000",
        "f7",
        "f97e00",
        "fa00000000",
        "1c",
        "ff",
        "",
        "41",
        "61ff",
        "82 00",
        "9b ff ff ff ff ff ff ff ff",
    ] {
        let bytes = hex(wrong);
        assert!(
            veldpost_envelope::canonical::Reader::new(&bytes)
                .skip()
                .is_err(),
            "{wrong}"
        );
    }
}

#[test]
fn values_that_lie_too_deep_are_refused_without_recursing_into_them() {
    let mut deep = vec![0x81; 60_000];
    deep.push(0);
    assert_eq!(
        veldpost_envelope::canonical::Reader::new(&deep).skip(),
        Err(EnvelopeError::Malformed("too deep"))
    );
}

proptest! {
    /// What is taken along to a region is the same act, made on a device of its own.
    #[test]
    fn marking_where_it_was_made_changes_that_alone(operation in operation(), appended in any::<bool>()) {
        let mut bytes = encode_operation(&operation);
        if appended {
            // A field that a later version put behind all others.
            bytes[0] += 1;
            bytes.push(0);
        }
        let marked = mark_from_solo(&bytes).unwrap();
        let mut wanted = operation;
        if let Act::Create { context, .. } = &mut wanted.act {
            context.from_solo = true;
        }
        let mut wanted = encode_operation(&wanted);
        if appended {
            wanted[0] += 1;
            wanted.push(0);
        }
        prop_assert_eq!(marked.as_slice(), wanted.as_slice());
    }
}

#[test]
fn what_is_newer_than_this_version_is_taken_along_as_it_is() {
    let mut out = veldpost_envelope::canonical::Writer::with_capacity(128);
    out.array(7).uint(1).uint(2).bytes(&[1; 16]).bytes(&[2; 16]);
    out.uint(3).uint(1).array(1).bool(false);
    let bytes = out.finish();
    assert_eq!(mark_from_solo(&bytes).unwrap().as_slice(), bytes.as_slice());
    assert!(mark_from_solo(&[0x80]).is_err());
}
