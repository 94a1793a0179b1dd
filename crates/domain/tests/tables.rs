//! What counts where, case by case.

#![expect(clippy::unwrap_used, reason = "helpers of tests stop the test")]

mod common;

use common::{CAMPAIGN, create, later, of, record, scope};
use veldpost_domain::tables::{
    MunicipalityColumn, MunicipalityRow, SituationColumn, SituationRow, name,
};
use veldpost_domain::{
    Act, Answer, Answers, CampaignId, Context, FieldChange, LivingSituation, Operation, RecordKind,
    RecordSet, Scope, Tables,
};

fn context(operation: &mut Operation) -> &mut Context {
    match &mut operation.act {
        Act::Create { context, .. } => context,
        _ => unreachable!("made by create"),
    }
}

fn answers(pairs: &[(&str, &str)]) -> Answers {
    let mut answers = Answers::default();
    for (name, value) in pairs {
        answers.set(*name, *value);
    }
    answers
}

fn person(number: u32, pairs: &[(&str, &str)]) -> Operation {
    create(number, RecordKind::Person, answers(pairs))
}

fn seen(number: u32, pairs: &[(&str, &str)]) -> Operation {
    create(number, RecordKind::Observation, answers(pairs))
}

#[test]
fn no_records_give_tables_of_zeros() {
    let tables = of([]);
    assert_eq!(
        (
            tables.people(),
            tables.minimum(),
            tables.maximum(),
            tables.forms
        ),
        (0, 0, 0, 0)
    );
}

#[test]
fn an_unaccompanied_minor_counts_as_a_minor_directly_involved() {
    let row = SituationRow::Situation(LivingSituation::PublicSpace);
    for age in [(name::BIRTH_YEAR, "2008"), (name::AGE_BAND, "16-17")] {
        let tables = of([person(1, &[(name::LIVING_SITUATION, "public_space"), age])]);
        assert_eq!(tables.by_situation.cell(row, SituationColumn::Adults), 0);
        assert_eq!(
            tables.by_situation.cell(row, SituationColumn::MinorsDirect),
            1
        );
        let all = MunicipalityColumn::Total;
        assert_eq!(tables.by_stay.cell(MunicipalityRow::Total, all), 0);
        assert_eq!(tables.by_stay.cell(MunicipalityRow::MinorsDirect, all), 1);
        assert_eq!(tables.people(), 1);
    }
}

#[test]
fn minors_elsewhere_are_reported_and_not_added() {
    let tables = of([person(1, &[(name::MINORS_INDIRECT, "3")])]);
    let row = MunicipalityRow::MinorsIndirect;
    assert_eq!(tables.by_stay.cell(row, MunicipalityColumn::Total), 3);
    assert_eq!(tables.people(), 1);
    for nonsense in ["-1", "100", "4294967296", "3.0", "drie", ""] {
        let tables = of([person(1, &[(name::MINORS_INDIRECT, nonsense)])]);
        assert_eq!(
            tables.by_stay.cell(row, MunicipalityColumn::Total),
            0,
            "{nonsense}"
        );
    }
}

#[test]
fn a_promoted_observation_drops_out_and_comes_back_when_its_person_is_withdrawn() {
    let mut promoted = person(1, &[]);
    context(&mut promoted).promoted_from = Some(record(2));
    let tap = seen(2, &[]);
    let both = of([promoted.clone(), tap.clone(), seen(3, &[])]);
    assert_eq!((both.people(), both.seen_only, both.maximum()), (1, 1, 2));
    let withdrawn = later(
        &promoted,
        5,
        Act::Withdraw {
            reason: "mistake".to_owned(),
        },
    );
    let again = of([promoted, tap, withdrawn]);
    assert_eq!(
        (again.people(), again.seen_only, again.maximum()),
        (0, 1, 1)
    );
}

#[test]
fn who_was_counted_already_that_evening_does_not_raise_the_maximum() {
    let tables = of([
        person(1, &[]),
        seen(2, &[(name::OBSERVATION_REASON, name::COUNTED_ALREADY)]),
        seen(3, &[(name::OBSERVATION_REASON, "slaapt")]),
    ]);
    assert_eq!(
        (
            tables.seen_only,
            tables.seen_counted_already,
            tables.maximum()
        ),
        (2, 1, 2)
    );
}

#[test]
fn a_reason_given_after_the_tap_counts_as_much() {
    let tap = seen(2, &[]);
    let change = FieldChange {
        name: name::OBSERVATION_REASON.to_owned(),
        value: Some(Answer::Text(name::COUNTED_ALREADY.to_owned())),
        base: tap.id,
    };
    let tables = of([
        later(
            &tap,
            1,
            Act::Amend {
                changes: vec![change],
            },
        ),
        tap,
    ]);
    assert_eq!((tables.seen_only, tables.maximum()), (1, 0));
}

#[test]
fn possible_doubles_lower_the_minimum_by_their_people() {
    let parts = [
        ("dedup_first", "fa"),
        ("dedup_last", "am"),
        ("dedup_birth_date", "1990-02-01"),
        (name::GENDER, "woman"),
    ];
    let tables = of([person(1, &parts), person(2, &parts), person(3, &[])]);
    assert_eq!(
        (tables.people(), tables.minimum(), tables.maximum()),
        (3, 2, 3)
    );
    assert_eq!(
        (tables.doubles.forms, tables.doubles.not_comparable),
        (1, 1)
    );
}

#[test]
fn a_possible_double_takes_its_children_along() {
    let family = |number| {
        let parts = [
            ("dedup_first", "fa"),
            ("dedup_last", "am"),
            ("dedup_birth_date", "1990-02-01"),
        ];
        let mut given = answers(&parts);
        let children = Answer::Repeat(vec![Answers::default(); number as usize]);
        given
            .map_mut()
            .insert(name::MINORS_DIRECT.to_owned(), children);
        create(number, RecordKind::Person, given)
    };
    let tables = of([family(1), family(2)]);
    assert_eq!((tables.people(), tables.minimum()), (5, 3));
    assert_eq!((tables.doubles.forms, tables.doubles.people), (1, 2));
}

#[test]
fn practice_and_other_counts_are_in_no_table_but_their_own() {
    let mut practice = person(1, &[]);
    context(&mut practice).campaign = CampaignId::PRACTICE;
    let mut earlier = person(2, &[]);
    context(&mut earlier).campaign = CampaignId([3; 16]);
    let records: RecordSet = [practice, earlier, person(3, &[])].into_iter().collect();
    let forms = |campaign| {
        Tables::compute(
            records.iter(),
            &Scope {
                campaign,
                ..scope()
            },
        )
        .forms
    };
    assert_eq!(forms(Some(CAMPAIGN)), 1);
    assert_eq!(forms(Some(CampaignId::PRACTICE)), 1);
    assert_eq!(forms(None), 2);
}

#[test]
fn reports_of_rounds_and_unknown_kinds_are_not_people() {
    let strange = create(1, RecordKind::Unknown(9), Answers::default());
    let report = create(2, RecordKind::RoundReport, Answers::default());
    let tables = of([strange, report]);
    assert_eq!(
        (tables.people(), tables.seen_only, tables.organisations),
        (0, 0, 0)
    );
}
