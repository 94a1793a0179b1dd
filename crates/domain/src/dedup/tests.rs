use super::{Candidate, Group, Parts, Tier, groups, possible_doubles};
use crate::{Date, LivingSituation, Municipality, RecordId};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn form(number: u8, first: &str, last: &str, birth: &str, gender: &str) -> Candidate {
    Candidate {
        record: RecordId([number; 16]),
        parts: Parts::new(
            first,
            last,
            birth,
            gender,
            Date::parse("2024-11-20").unwrap(),
        ),
        situation: LivingSituation::FamilyFriends,
        stay: Municipality::Enschede,
        people: 1,
    }
}

/// The tier of two forms, if they match.
fn check(one: [&str; 4], two: [&str; 4]) -> Option<Tier> {
    let forms = [(1, one), (2, two)]
        .map(|(number, [first, last, birth, gender])| form(number, first, last, birth, gender));
    let found = groups(&forms);
    assert_eq!(possible_doubles(&forms).forms as usize, found.len());
    found.first().map(|group| group.tier)
}

#[test]
fn the_keys_give_their_tiers() {
    let fatima = ["Fa", "Am", "1999-04-07", "woman"];
    let tier = |other| check(fatima, other);
    assert_eq!(
        tier(["fatima", "El Amrani", "1999-04-07", "woman"]),
        Some(Tier::A),
        "K1"
    );
    assert_eq!(
        tier(["fa", "am", "1999-04-07", "man"]),
        Some(Tier::B),
        "K2: other gender"
    );
    assert_eq!(
        tier(["fa", "am", "1999-04-07", "unknown"]),
        Some(Tier::B),
        "K2: no gender"
    );
    assert_eq!(
        tier(["f", "a", "1999-04-07", ""]),
        Some(Tier::B),
        "K3: initials"
    );
    assert_eq!(
        tier(["fo", "as", "1999-04-07", "woman"]),
        Some(Tier::B),
        "K3: other second letters"
    );
    assert_eq!(
        tier(["am", "fa", "1999-04-07", "woman"]),
        Some(Tier::B),
        "K5: swapped"
    );
    assert_eq!(
        tier(["fa", "am", "1999", "woman"]),
        Some(Tier::C),
        "K4: year only"
    );
    assert_eq!(
        check(["fa", "am", "1999", "woman"], ["fa", "am", "1999", "woman"]),
        Some(Tier::C)
    );
    for other in [
        ["fa", "am", "1999-04-08", "woman"],
        ["fa", "am", "1999", "man"],
        ["fa", "am", "1999", ""],
        ["fa", "am", "1998", "woman"],
        ["fa", "am", "", "woman"],
        ["ga", "am", "1999-04-07", "woman"],
        ["am", "fa", "1999-04-07", "man"],
        ["", "", "1999-04-07", "woman"],
    ] {
        assert_eq!(tier(other), None, "{other:?}");
    }
}

#[test]
fn a_year_matches_only_in_the_same_municipality_and_situation() {
    let forms = [
        form(1, "fa", "am", "1999", "woman"),
        form(2, "fa", "am", "1999", "woman"),
    ];
    let mut elsewhere = forms;
    elsewhere[1].stay = Municipality::Hengelo;
    assert!(groups(&elsewhere).is_empty());
    let mut otherwise = forms;
    otherwise[1].situation = LivingSituation::PublicSpace;
    assert!(groups(&otherwise).is_empty());
}

#[test]
fn a_group_is_as_sure_as_the_weakest_link_it_needs() {
    let forms = vec![
        form(3, "am", "fa", "1999-04-07", "woman"),
        form(1, "fa", "am", "1999-04-07", "woman"),
        form(2, "fa", "am", "1999-04-07", "woman"),
        form(9, "jo", "de", "1980-01-01", "man"),
        form(8, "jo", "de", "1980-01-01", "man"),
        form(7, "", "", "", ""),
    ];
    let id = |number| RecordId([number; 16]);
    let expected = [
        Group {
            tier: Tier::B,
            records: vec![id(1), id(2), id(3)],
        },
        Group {
            tier: Tier::A,
            records: vec![id(8), id(9)],
        },
    ];
    assert_eq!(groups(&forms), expected);
    let doubles = possible_doubles(&forms);
    assert_eq!(
        (doubles.forms, doubles.people, doubles.not_comparable),
        (3, 3, 1)
    );
}

#[test]
fn the_form_with_most_people_is_the_one_that_stays() {
    let mut forms: Vec<Candidate> = (1..=3)
        .map(|number| form(number, "fa", "am", "1999-04-07", "woman"))
        .collect();
    forms[1].people = 4;
    forms[2].people = 2;
    let doubles = possible_doubles(&forms);
    assert_eq!((doubles.forms, doubles.people), (2, 3));
}

#[test]
fn parts_never_show_themselves_to_a_log() {
    assert_eq!(
        format!("{:?}", form(1, "fa", "am", "1999", "v").parts),
        "Parts(…)"
    );
}

/// With a year alone in between, two people whose dates differ were one, and the minimum was too low.
#[test]
fn a_year_alone_does_not_make_one_person_of_two_dates() {
    let forms = [
        form(1, "fa", "am", "1980-01-01", "woman"),
        form(2, "fa", "am", "1980-02-02", "woman"),
        form(3, "fa", "am", "1980", "woman"),
        form(4, "fa", "am", "1980", "woman"),
    ];
    let with_a_year = Group {
        tier: Tier::C,
        records: [1, 3, 4].map(|number| RecordId([number; 16])).into(),
    };
    assert_eq!(groups(&forms), [with_a_year]);
    assert_eq!(possible_doubles(&forms[..3]).forms, 1);
}

#[test]
fn a_year_alone_goes_with_the_date_that_leaves_fewest_people() {
    let mut forms = [
        form(1, "fa", "am", "1980-01-01", "woman"),
        form(2, "fa", "am", "1980-02-02", "woman"),
        form(3, "fa", "am", "1980", "woman"),
    ];
    forms[1].people = 3;
    forms[2].people = 4;
    assert_eq!(possible_doubles(&forms).people, 3);
}

fn any_form() -> impl Strategy<Value = Candidate> {
    let names =
        prop_oneof![3 => Just(["fa", "am"]), 1 => Just(["am", "fa"]), 1 => Just(["f", "a"])];
    let births = ["", "1980", "1980-01-01", "1980-02-02", "1980-03-03"];
    let genders = ["woman", ""];
    let stays = [Municipality::Enschede, Municipality::Hengelo];
    let picked = (0..births.len(), 0..genders.len(), 0..stays.len());
    (names, picked, 1..5_u32).prop_map(move |([first, last], (birth, gender, stay), people)| {
        Candidate {
            stay: stays[stay],
            people,
            ..form(0, first, last, births[birth], genders[gender])
        }
    })
}

fn numbered_forms() -> impl Strategy<Value = Vec<Candidate>> {
    proptest::collection::vec(any_form(), 0..14).prop_map(|mut forms| {
        for (form, number) in forms.iter_mut().zip(1..) {
            form.record = RecordId([number; 16]);
        }
        forms
    })
}

proptest! {
    #[test]
    fn no_group_has_two_dates_and_the_order_of_forms_makes_no_difference(
        (forms, mixed) in numbered_forms().prop_flat_map(|forms| {
            (Just(forms.clone()), Just(forms).prop_shuffle())
        }),
    ) {
        let found = groups(&forms);
        for group in &found {
            let of_group = forms.iter().filter(|form| group.records.contains(&form.record));
            let dates = of_group.map(|form| form.parts.birth_date).filter(|date| *date != 0);
            prop_assert!(dates.collect::<BTreeSet<_>>().len() < 2, "{found:?}");
        }
        prop_assert_eq!(&groups(&mixed), &found);
        let doubles = possible_doubles(&forms);
        prop_assert_eq!(possible_doubles(&mixed), doubles);
        let spare: usize = found.iter().map(|group| group.records.len() - 1).sum();
        prop_assert_eq!(doubles.forms as usize, spare);
    }
}
