//! The made-up population gives the published tables, whatever the seed.

#![cfg(feature = "population")]
#![expect(clippy::unwrap_used, reason = "helpers of tests stop the test")]

use std::collections::BTreeSet;
use veldpost_domain::dedup;
use veldpost_domain::population::{COUNT_DATE, Plan, Size, population};
use veldpost_domain::tables::{
    MunicipalityColumn, MunicipalityRow, SituationColumn, SituationRow, name,
};
use veldpost_domain::{
    Act, CampaignId, Date, Operation, RecordKind, RecordSet, Scope, Tables, baseline,
};

const CAMPAIGN: CampaignId = CampaignId([9; 16]);

fn plan(seed: u64, size: Size) -> Plan {
    Plan {
        seed,
        size,
        campaign: CAMPAIGN,
        count_date: Date::parse(COUNT_DATE).unwrap(),
    }
}

fn made(seed: u64, size: Size) -> Vec<Operation> {
    population(&plan(seed, size)).collect()
}

fn tables(records: &RecordSet) -> Tables {
    let scope = Scope {
        campaign: Some(CAMPAIGN),
        count_date: Date::parse(COUNT_DATE).unwrap(),
    };
    Tables::compute(records.iter(), &scope)
}

/// How many seeds: enough with each change, many in `cargo xtask soak`.
fn seeds() -> u64 {
    let asked = std::env::var("VELDPOST_SEEDS").ok();
    asked.and_then(|asked| asked.parse().ok()).unwrap_or(200)
}

#[test]
fn every_seed_gives_the_published_tables_cell_by_cell() {
    for seed in 0..seeds() {
        let tables = tables(&made(seed, Size::Published).into_iter().collect());
        for row in SituationRow::all() {
            for column in SituationColumn::ALL {
                let published = baseline::TABLE_1.cell(row, column);
                assert_eq!(
                    tables.by_situation.cell(row, column),
                    published,
                    "{row:?} {column:?}"
                );
            }
        }
        for row in MunicipalityRow::all() {
            for column in MunicipalityColumn::all() {
                let published = baseline::TABLE_2.cell(row, column);
                assert_eq!(
                    tables.by_origin.cell(row, column),
                    published,
                    "{row:?} {column:?}"
                );
            }
        }
        assert_ne!(tables.by_stay, tables.by_origin);
        assert_eq!(
            (tables.people(), tables.forms, tables.seen_only),
            (552, 490, 25)
        );
        assert!(
            tables.doubles.forms >= 1 && tables.doubles.forms <= 12,
            "{:?}",
            tables.doubles
        );
        assert!(tables.minimum() < 552 && tables.maximum() > 552);
    }
}

#[test]
fn another_seed_gives_other_records_and_the_same_seed_the_same() {
    let (one, again, other) = (
        made(1, Size::Published),
        made(1, Size::Published),
        made(2, Size::Published),
    );
    assert!(one == again);
    let ids = |of: &[Operation]| of.iter().map(|o| o.record).collect::<BTreeSet<_>>();
    assert!(ids(&one).is_disjoint(&ids(&other)));
    let answers = |of: &[Operation]| {
        let given = of.iter().filter_map(|operation| match &operation.act {
            Act::Create { answers, .. } => Some(answers.clone()),
            _ => None,
        });
        given.collect::<Vec<_>>()
    };
    assert!(answers(&one) != answers(&other));
}

#[test]
fn a_population_of_any_size_has_so_many_records() {
    for size in [0, 1, 2, 3, 10, 100, 541, 543, 1_000, 10_000] {
        let records: RecordSet = made(3, Size::Records(size)).into_iter().collect();
        assert_eq!(records.len(), size as usize);
        let tables = tables(&records);
        assert!(tables.forms + tables.seen_only <= size);
    }
}

#[test]
fn a_large_population_keeps_the_proportions() {
    let tables = tables(&made(4, Size::Records(54_200)).into_iter().collect());
    for row in MunicipalityRow::all() {
        for column in MunicipalityColumn::all() {
            let published = f64::from(baseline::TABLE_2.cell(row, column)) * 100.0;
            let found = f64::from(tables.by_origin.cell(row, column));
            assert!(
                (found - published).abs() <= published * 0.05 + 10.0,
                "{row:?} {column:?} {found}"
            );
        }
    }
}

#[test]
fn the_population_has_second_thoughts() {
    let operations = made(5, Size::Published);
    let records: RecordSet = operations.iter().cloned().collect();
    let count =
        |wanted: fn(&&veldpost_domain::Record) -> bool| records.iter().filter(wanted).count();
    assert_eq!(count(|r| r.kind() == RecordKind::Observation), 43);
    assert!(count(|r| r.withdrawn().is_some()) >= 9);
    assert_eq!(count(|r| r.context().unwrap().promoted_from.is_some()), 14);
    assert_eq!(count(|r| !r.conflicts().is_empty()), 1);
    assert!(
        operations
            .iter()
            .any(|o| matches!(o.act, Act::Amend { .. }))
    );
    assert!(operations.is_sorted_by_key(|o| o.hlc));
    let ids: BTreeSet<_> = operations.iter().map(|o| o.id).collect();
    assert_eq!(ids.len(), operations.len());
}

#[test]
fn the_parts_against_double_counting_are_normalised_already() {
    let records: RecordSet = made(6, Size::Published).into_iter().collect();
    let mut asked = 0;
    for record in records.iter() {
        if let Some(letters) = record.text(dedup::part::LAST_NAME) {
            asked += 1;
            assert_eq!(letters.chars().count(), 2);
            assert!(letters.chars().all(char::is_lowercase));
        }
        assert!(record.kind() != RecordKind::Person || record.text(name::GENDER).is_some());
    }
    assert!(asked > 250);
}
