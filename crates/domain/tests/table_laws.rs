//! The tables hold for any records: they close, and every record adds to its cells alone.

#![expect(clippy::unwrap_used, reason = "helpers of tests stop the test")]

mod common;

use common::{compute, create, later, of, scope};
use proptest::prelude::*;
use veldpost_domain::tables::{
    MunicipalityColumn, MunicipalityRow, MunicipalityTable, SituationColumn, SituationRow, name,
};
use veldpost_domain::{
    Act, Answer, Answers, FieldChange, LivingSituation, Municipality, Operation, RecordKind,
    RecordSet, Tables,
};

/// Somebody, with what the tables should make of it, known beside the answers.
#[derive(Clone, Debug)]
struct Expected {
    situation: LivingSituation,
    stay: Municipality,
    origin: Municipality,
    adults: u32,
    minors: u32,
    indirect: u32,
    seen: u32,
    stands: bool,
}

/// A code or, for the unknown, anything else.
fn code_or_nonsense(code: &str) -> BoxedStrategy<Option<String>> {
    if code == "unknown" {
        prop_oneof![
            Just(None),
            Just(Some("unknown".to_owned())),
            Just(Some("=1+1".to_owned())),
            "\\PC{0,12}".prop_map(Some),
        ]
        .boxed()
    } else {
        Just(Some(code.to_owned())).boxed()
    }
}

fn any_record() -> impl Strategy<Value = (Expected, Vec<Operation>)> {
    let cell = (
        prop::sample::select(LivingSituation::ALL.to_vec()),
        prop::sample::select(Municipality::ALL.to_vec()),
        prop::sample::select(Municipality::ALL.to_vec()),
    );
    let age = prop::sample::select(vec![
        (None, 1),
        (Some((name::BIRTH_YEAR, "1980")), 1),
        (Some((name::BIRTH_YEAR, "2031")), 1),
        (Some((name::BIRTH_YEAR, "2010")), 0),
        (Some((name::AGE_BAND, "0-11")), 0),
        (Some((name::AGE_BAND, "?")), 1),
    ]);
    let rest = (0_u32..4, 0_u32..4, 0_u8..10, any::<bool>(), any::<u32>());
    (cell, age, rest).prop_flat_map(|((situation, stay, origin), (age, adults), rest)| {
        let (children, indirect, fate, amended, number) = rest;
        let texts = (
            code_or_nonsense(situation.code()),
            code_or_nonsense(stay.code()),
            code_or_nonsense(origin.code()),
        );
        texts.prop_map(move |(situation_text, stay_text, origin_text)| {
            let mut given = Answers::default();
            for (name, text) in [
                (name::LIVING_SITUATION, situation_text),
                (name::MUNICIPALITY_STAY, stay_text),
                (name::MUNICIPALITY_ORIGIN, origin_text),
                (name::MINORS_INDIRECT, Some(indirect.to_string())),
            ] {
                if let Some(text) = text {
                    given.set(name, text);
                }
            }
            if let Some((name, text)) = age {
                given.set(name, text);
            }
            let children_given = vec![Answers::default(); children as usize];
            given.map_mut().insert(
                name::MINORS_DIRECT.to_owned(),
                Answer::Repeat(children_given),
            );
            let is_seen = fate == 0;
            let expected = Expected {
                situation,
                stay,
                origin,
                adults,
                minors: children + 1 - adults,
                indirect,
                seen: u32::from(is_seen),
                stands: fate != 1,
            };
            (expected, history(number, given, fate, amended))
        })
    })
}

fn history(number: u32, given: Answers, fate: u8, amended: bool) -> Vec<Operation> {
    let kind = if fate == 0 {
        RecordKind::Observation
    } else {
        RecordKind::Person
    };
    let mut first = given.clone();
    if amended {
        first.set(name::LIVING_SITUATION, "institution");
    }
    let creation = create(number, kind, first);
    let mut operations = Vec::new();
    if amended {
        let change = FieldChange {
            name: name::LIVING_SITUATION.to_owned(),
            value: given.map().get(name::LIVING_SITUATION).cloned(),
            base: creation.id,
        };
        operations.push(later(
            &creation,
            1,
            Act::Amend {
                changes: vec![change],
            },
        ));
    }
    if fate == 1 {
        operations.push(later(
            &creation,
            2,
            Act::Withdraw {
                reason: "mistake".to_owned(),
            },
        ));
    }
    operations.push(creation);
    operations
}

/// Every stored or added-up number of the tables, with what one expected record adds to it.
fn cells(tables: &Tables, one: &Expected) -> Vec<(u32, u32)> {
    let person = if one.stands && one.seen == 0 { 1 } else { 0 };
    let (adults, minors) = (person * one.adults, person * one.minors);
    let mut cells = Vec::new();
    for row in SituationRow::all() {
        let here = row == SituationRow::Total || row == SituationRow::Situation(one.situation);
        for column in SituationColumn::ALL {
            let adds = match column {
                SituationColumn::Adults => adults,
                SituationColumn::MinorsDirect => minors,
                SituationColumn::Total => adults + minors,
            };
            cells.push((
                tables.by_situation.cell(row, column),
                if here { adds } else { 0 },
            ));
        }
    }
    for (table, municipality) in [(&tables.by_stay, one.stay), (&tables.by_origin, one.origin)] {
        for row in MunicipalityRow::all() {
            let adds = match row {
                MunicipalityRow::Situation(situation) if situation != one.situation => 0,
                MunicipalityRow::Subtotal if !one.situation.in_subtotal() => 0,
                MunicipalityRow::MinorsDirect => minors,
                MunicipalityRow::MinorsIndirect => person * one.indirect,
                _ => adults,
            };
            for column in MunicipalityColumn::all() {
                let here = column == MunicipalityColumn::Total
                    || column == MunicipalityColumn::Municipality(municipality);
                cells.push((table.cell(row, column), if here { adds } else { 0 }));
            }
        }
    }
    cells.push((tables.forms, person));
    cells.push((tables.seen_only, if one.stands { one.seen } else { 0 }));
    cells
}

fn closes(table: &MunicipalityTable, tables: &Tables) {
    let cell = |row, column| table.cell(row, column);
    for column in MunicipalityColumn::all() {
        let rows = |wanted: fn(&LivingSituation) -> bool| -> u32 {
            let rows = LivingSituation::ALL.into_iter().filter(wanted);
            rows.map(|situation| cell(MunicipalityRow::Situation(situation), column))
                .sum()
        };
        assert_eq!(rows(|_| true), cell(MunicipalityRow::Total, column));
        assert_eq!(
            rows(|situation| situation.in_subtotal()),
            cell(MunicipalityRow::Subtotal, column)
        );
    }
    for row in MunicipalityRow::all() {
        let sum: u32 = Municipality::ALL
            .into_iter()
            .map(|municipality| cell(row, MunicipalityColumn::Municipality(municipality)))
            .sum();
        assert_eq!(sum, cell(row, MunicipalityColumn::Total));
    }
    for situation in LivingSituation::ALL {
        assert_eq!(
            cell(
                MunicipalityRow::Situation(situation),
                MunicipalityColumn::Total
            ),
            tables
                .by_situation
                .cell(SituationRow::Situation(situation), SituationColumn::Adults)
        );
    }
    let all = MunicipalityColumn::Total;
    let people = cell(MunicipalityRow::Total, all) + cell(MunicipalityRow::MinorsDirect, all);
    assert_eq!(people, tables.people());
}

proptest! {
    // `cargo xtask soak` asks for more by proptest's own variable.
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(300)))]

    #[test]
    fn totals_close_for_any_records(records in prop::collection::vec(any_record(), 0..40)) {
        let tables = of(records.into_iter().flat_map(|(_, operations)| operations));
        closes(&tables.by_origin, &tables);
        closes(&tables.by_stay, &tables);
        prop_assert!(tables.minimum() <= tables.people());
        prop_assert!(tables.people() <= tables.maximum());
        prop_assert!(tables.forms <= tables.people());
    }

    #[test]
    fn removing_one_record_changes_exactly_its_cells(
        records in prop::collection::btree_map(any::<u32>(), any_record(), 1..25),
        which in any::<prop::sample::Index>(),
    ) {
        let records: Vec<(Expected, Vec<Operation>)> = records.into_values().collect();
        let set: RecordSet = records.iter().flat_map(|(_, all)| all.clone()).collect();
        // Two records under one id would be one record.
        prop_assume!(set.len() == records.len());
        let (expected, operations) = which.get(&records);
        let mut without = set.clone();
        without.remove(operations[0].record);
        let (with, without) = (compute(&set), compute(&without));
        for ((before, adds), (after, _)) in
            cells(&with, expected).into_iter().zip(cells(&without, expected))
        {
            prop_assert_eq!(before, after + adds);
        }
    }

    #[test]
    fn the_order_of_operations_and_of_records_makes_no_difference(
        (straight, mixed) in prop::collection::vec(any_record(), 0..25).prop_flat_map(|records| {
            let all: Vec<Operation> = records.into_iter().flat_map(|(_, all)| all).collect();
            (Just(all.clone()), Just(all).prop_shuffle())
        })
    ) {
        let (straight, mixed): (RecordSet, RecordSet) =
            (straight.into_iter().collect(), mixed.into_iter().collect());
        let tables = compute(&straight);
        prop_assert_eq!(&tables, &compute(&mixed));
        let mut backwards: Vec<_> = straight.iter().collect();
        backwards.reverse();
        prop_assert_eq!(&tables, &Tables::compute(backwards, &scope()));
    }
}
