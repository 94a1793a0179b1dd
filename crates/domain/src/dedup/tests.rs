use super::{Candidate, Group, Parts, Tier, groups, possible_doubles};
use crate::{Date, LivingSituation, Municipality, RecordId};

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
