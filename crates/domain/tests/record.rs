//! The laws of records: any order, any number of times, through anybody: the same record.

#![expect(clippy::unwrap_used, reason = "helpers of tests stop the test")]

use proptest::prelude::*;
use veldpost_domain::{
    Act, Answer, Answers, CampaignId, Context, FieldChange, Hlc, Operation, OperationId, Place,
    Record, RecordId, RecordKind, RecordSet, StreamId,
};

fn id(number: u8) -> OperationId {
    OperationId([number; 16])
}

fn context(from_solo: bool) -> Context {
    Context {
        campaign: CampaignId([1; 16]),
        at: 1_732_129_200_000,
        round: None,
        organisation: None,
        crew: None,
        area: None,
        form: None,
        promoted_from: None,
        from_solo,
    }
}

fn operation(number: u8, hlc: u64, act: Act) -> Operation {
    let record = RecordId([7; 16]);
    Operation {
        kind: RecordKind::Person,
        record,
        id: id(number),
        hlc: Hlc(hlc),
        act,
    }
}

fn create(number: u8, hlc: u64, answers: &[(&str, &str)]) -> Operation {
    let mut given = Answers::default();
    for (name, value) in answers {
        given.set(*name, *value);
    }
    operation(
        number,
        hlc,
        Act::Create {
            context: context(false),
            answers: given,
        },
    )
}

fn change(name: &str, value: Option<&str>, base: u8) -> FieldChange {
    FieldChange {
        name: name.to_owned(),
        value: value.map(|value| Answer::Text(value.to_owned())),
        base: id(base),
    }
}

fn amend(number: u8, hlc: u64, changes: &[FieldChange]) -> Operation {
    operation(
        number,
        hlc,
        Act::Amend {
            changes: changes.to_vec(),
        },
    )
}

fn withdraw(number: u8, hlc: u64, reason: &str) -> Operation {
    operation(
        number,
        hlc,
        Act::Withdraw {
            reason: reason.to_owned(),
        },
    )
}

fn record(operations: &[Operation]) -> Record {
    let set: RecordSet = operations.iter().cloned().collect();
    assert_eq!(set.len(), 1);
    set.get(RecordId([7; 16])).unwrap().clone()
}

#[test]
fn an_amendment_replaces_what_it_names_and_leaves_the_rest() {
    let record = record(&[
        create(1, 10, &[("gender", "man"), ("household", "single")]),
        amend(
            2,
            20,
            &[
                change("gender", Some("woman"), 1),
                change("note", Some("x"), 1),
            ],
        ),
    ]);
    assert_eq!(record.text("gender"), Some("woman"));
    assert_eq!(record.text("household"), Some("single"));
    assert_eq!(record.text("note"), Some("x"));
    assert_eq!(record.answers().map().len(), 3);
    assert!(record.conflicts().is_empty());
    assert_eq!(record.bases("gender"), [id(2)]);
    assert_eq!(record.bases("household"), [id(1)]);
}

#[test]
fn a_cleared_question_has_no_answer() {
    let record = record(&[
        create(1, 10, &[("gender", "man")]),
        amend(2, 20, &[change("gender", None, 1)]),
    ]);
    assert_eq!(record.answer("gender"), None);
    assert!(record.answers().map().is_empty());
}

#[test]
fn what_was_replaced_never_comes_back_because_of_a_clock_in_2040() {
    let record = record(&[
        create(1, u64::MAX, &[("gender", "man")]),
        amend(2, 20, &[change("gender", Some("woman"), 1)]),
    ]);
    assert_eq!(record.text("gender"), Some("woman"));
    assert!(record.conflicts().is_empty());
}

#[test]
fn devices_that_did_not_see_each_other_leave_a_visible_conflict_and_the_latest_is_shown() {
    let operations = [
        create(1, 10, &[("gender", "unknown")]),
        amend(2, 30, &[change("gender", Some("woman"), 1)]),
        amend(3, 20, &[change("gender", Some("man"), 1)]),
    ];
    let both = record(&operations);
    assert_eq!(both.text("gender"), Some("woman"));
    let conflicts = both.conflicts();
    assert_eq!(conflicts.len(), 1);
    assert_eq!(conflicts[0].name, "gender");
    assert_eq!(
        conflicts[0]
            .values
            .iter()
            .map(|(by, _)| *by)
            .collect::<Vec<_>>(),
        [id(3), id(2)]
    );

    let bases = both.bases("gender");
    let settled = amend(
        4,
        5,
        &[
            change("gender", Some("man"), bases[0].0[0]),
            change("gender", Some("man"), bases[1].0[0]),
        ],
    );
    let settled = record(&[&operations[..], &[settled]].concat());
    assert_eq!(settled.text("gender"), Some("man"));
    assert!(settled.conflicts().is_empty());
}

#[test]
fn two_devices_that_say_the_same_do_not_conflict() {
    let record = record(&[
        create(1, 10, &[]),
        amend(2, 30, &[change("gender", Some("woman"), 1)]),
        amend(3, 20, &[change("gender", Some("woman"), 1)]),
    ]);
    assert!(record.conflicts().is_empty());
    assert_eq!(record.bases("gender").len(), 2);
}

#[test]
fn at_one_moment_the_place_in_the_chain_decides_then_the_operation() {
    let place = |stream: u8, seq| {
        Some(Place {
            stream: StreamId([stream; 16]),
            seq,
        })
    };
    let mut record = Record::new(create(1, 10, &[]), place(1, 1));
    record.apply(
        amend(3, 20, &[change("gender", Some("man"), 1)]),
        place(1, 2),
    );
    record.apply(
        amend(2, 20, &[change("gender", Some("woman"), 1)]),
        place(2, 1),
    );
    assert_eq!(record.text("gender"), Some("woman"));

    let mut record = Record::new(create(1, 10, &[]), None);
    record.apply(amend(3, 20, &[change("gender", Some("man"), 1)]), None);
    record.apply(amend(2, 20, &[change("gender", Some("woman"), 1)]), None);
    assert_eq!(record.text("gender"), Some("man"));
}

#[test]
fn a_withdrawal_stands_and_its_record_is_kept() {
    let record = record(&[
        withdraw(3, 20, "double"),
        create(1, 10, &[("gender", "man")]),
        amend(2, 30, &[change("gender", Some("woman"), 1)]),
    ]);
    assert_eq!(record.withdrawn(), Some("double"));
    assert!(!record.stands());
    assert_eq!(record.text("gender"), Some("woman"));
    assert_eq!(record.operations().count(), 3);
}

#[test]
fn an_amendment_that_comes_before_its_creation_waits_for_it() {
    let amendment = amend(2, 20, &[change("gender", Some("woman"), 1)]);
    let waiting = record(core::slice::from_ref(&amendment));
    assert!(!waiting.stands());
    assert!(waiting.context().is_none());
    let whole = record(&[amendment, create(1, 10, &[("gender", "man")])]);
    assert!(whole.stands());
    assert_eq!(whole.text("gender"), Some("woman"));
}

#[test]
fn a_second_creation_and_another_act_under_the_same_id_are_kept_and_set_apart() {
    let operations = [
        create(1, 10, &[("gender", "man")]),
        create(2, 20, &[("gender", "woman")]),
        withdraw(1, 30, "mistake"),
    ];
    let record = record(&operations);
    assert_eq!(record.text("gender"), Some("man"));
    assert!(record.stands());
    assert_eq!(record.set_apart().count(), 2);
    assert_eq!(record.operations().count(), 3);
}

#[test]
fn a_record_taken_along_from_a_device_of_its_own_is_one_record() {
    let solo = operation(
        1,
        10,
        Act::Create {
            context: context(true),
            answers: Answers::default(),
        },
    );
    let plain = create(1, 10, &[]);
    let one_way = record(&[solo.clone(), plain.clone()]);
    let other_way = record(&[plain, solo]);
    assert_eq!(one_way.operations().count(), 1);
    assert!(one_way == other_way);
}

#[test]
fn operations_that_name_each_other_in_a_circle_still_show_a_value() {
    let record = record(&[
        amend(2, 20, &[change("gender", Some("man"), 3)]),
        amend(3, 30, &[change("gender", Some("woman"), 2)]),
        amend(4, 10, &[change("note", Some("own"), 4)]),
    ]);
    assert_eq!(record.text("gender"), Some("woman"));
    assert_eq!(record.text("note"), Some("own"));
}

#[test]
fn a_change_that_names_itself_replaces_nothing_and_is_shown() {
    let record = record(&[
        create(1, 10, &[("gender", "man")]),
        amend(2, 20, &[change("gender", Some("woman"), 2)]),
    ]);
    assert_eq!(record.text("gender"), Some("woman"));
    assert_eq!(record.conflicts().len(), 1);
}

#[test]
fn an_unknown_kind_is_kept_with_its_answers() {
    let mut strange = create(1, 10, &[("from_the_future", "1")]);
    strange.kind = RecordKind::Unknown(4711);
    let record = record(&[strange]);
    assert_eq!(record.kind(), RecordKind::Unknown(4711));
    assert_eq!(record.text("from_the_future"), Some("1"));
}

#[test]
fn a_record_never_shows_its_answers_to_a_log() {
    let record = record(&[
        create(1, 10, &[("gender", "canary")]),
        amend(2, 20, &[change("gender", Some("canary2"), 9)]),
    ]);
    let shown = format!("{record:?} {:?} {:?}", record.conflicts(), record.answers());
    assert!(!shown.contains("canary"), "{shown}");
}

/// Few ids, fields and times, so that operations meet.
fn any_operation() -> impl Strategy<Value = (Operation, Option<Place>)> {
    let name = prop::sample::select(vec!["a", "b"]);
    let value = prop::option::of(prop::sample::select(vec!["1", "2", "3"]));
    let changes = prop::collection::vec((name, value, 0_u8..10), 0..3);
    let act = (0_u8..8, any::<bool>(), changes).prop_map(|(which, solo, changes)| match which {
        0..=2 => {
            let mut answers = Answers::default();
            for (name, value, _) in changes {
                answers.set(name, value.unwrap_or("0"));
            }
            Act::Create {
                context: context(solo),
                answers,
            }
        }
        3..=6 => Act::Amend {
            changes: changes
                .iter()
                .map(|(name, value, base)| change(name, *value, *base))
                .collect(),
        },
        _ => Act::Withdraw {
            reason: if solo { "double" } else { "mistake" }.to_owned(),
        },
    });
    (act, 0_u8..10, 0_u64..4, 0_u8..2, 0_u8..2, 0_u64..2).prop_map(
        |(act, number, hlc, record, stream, seq)| {
            let mut operation = operation(number, hlc, act);
            operation.record = RecordId([record; 16]);
            (
                operation,
                Some(Place {
                    stream: StreamId([stream; 16]),
                    seq,
                }),
            )
        },
    )
}

type Placed = (Operation, Option<Place>);

fn set(operations: &[Placed]) -> RecordSet {
    let mut set = RecordSet::new();
    for (operation, place) in operations {
        set.apply_at(operation.clone(), *place);
    }
    set
}

fn merged(one: &RecordSet, two: &RecordSet) -> RecordSet {
    let mut merged = one.clone();
    merged.merge(two.clone());
    merged
}

proptest! {
    // `cargo xtask soak` asks for more by proptest's own variable.
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(600)))]

    #[test]
    fn any_order_and_any_repetition_give_the_same_records(
        (operations, mixed) in prop::collection::vec(any_operation(), 0..12).prop_flat_map(|operations| {
            let twice = [operations.clone(), operations.clone()].concat();
            (Just(operations), Just(twice).prop_shuffle())
        })
    ) {
        prop_assert!(set(&operations) == set(&mixed));
    }

    #[test]
    fn merging_is_commutative_associative_and_idempotent(
        one in prop::collection::vec(any_operation(), 0..8),
        two in prop::collection::vec(any_operation(), 0..8),
        three in prop::collection::vec(any_operation(), 0..8),
    ) {
        let (a, b, c) = (set(&one), set(&two), set(&three));
        prop_assert!(merged(&a, &b) == merged(&b, &a));
        prop_assert!(merged(&merged(&a, &b), &c) == merged(&a, &merged(&b, &c)));
        prop_assert!(merged(&a, &a) == a);
        prop_assert!(merged(&a, &b) == set(&[one, two].concat()));
    }

    #[test]
    fn no_operation_is_destroyed(operations in prop::collection::vec(any_operation(), 0..12)) {
        let set = set(&operations);
        for (mut given, _) in operations {
            let record = set.get(given.record).unwrap();
            let plain = |operation: &mut Operation| {
                if let Act::Create { context, .. } = &mut operation.act {
                    context.from_solo = false;
                }
            };
            plain(&mut given);
            let kept = record.operations().cloned().any(|mut kept| {
                plain(&mut kept);
                kept == given
            });
            prop_assert!(kept);
        }
    }

    #[test]
    fn the_whole_answers_say_what_single_questions_say(
        operations in prop::collection::vec(any_operation(), 1..12)
    ) {
        for record in set(&operations).iter() {
            let whole = record.answers();
            for name in ["a", "b"] {
                prop_assert!(whole.map().get(name) == record.answer(name));
                let conflicts = record.conflicts();
                if let Some(conflict) = conflicts.iter().find(|conflict| conflict.name == name) {
                    prop_assert!(conflict.values.last().unwrap().1 == record.answer(name));
                }
            }
        }
    }
}
