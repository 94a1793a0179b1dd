//! What was answered about each made-up person.
//!
//! Not here: the answers that decide the tables; they come from `sketch`.

use super::dice::Dice;
use super::sketch::Sketch;
use crate::dedup::part;
use crate::tables::name;
use crate::{AgeBand, Answer, Answers, Date, LivingSituation as S, Municipality, OrganisationId};

/// The organisations that recorded the population: made up, with ids that every seed shares.
pub const ORGANISATIONS: [(OrganisationId, &str); 8] = [
    (OrganisationId([1; 16]), "Opvang De Linde"),
    (OrganisationId([2; 16]), "Straatteam Twente"),
    (OrganisationId([3; 16]), "Wijkteam Noord"),
    (OrganisationId([4; 16]), "Wijkteam Zuid"),
    (OrganisationId([5; 16]), "Woonstichting De Brug"),
    (OrganisationId([6; 16]), "Jongerenhuis Het Anker"),
    (OrganisationId([7; 16]), "Inloop De Schakel"),
    (OrganisationId([8; 16]), "Buurthuis De Kom"),
];

/// The areas in which it was recorded.
pub const AREAS: [&str; 6] = ["Centrum", "Noord", "Oost", "Zuid", "West", "Stationsgebied"];

/// First name and whether it is a woman's.
const FIRST_NAMES: [(&str, bool); 32] = [
    ("Jan", false),
    ("Fatima", true),
    ("Mohammed", false),
    ("Sanne", true),
    ("Piet", false),
    ("Élise", true),
    ("Yusuf", false),
    ("Ayşe", true),
    ("Kees", false),
    ("Marieke", true),
    ("Dariusz", false),
    ("Agnieszka", true),
    ("Tesfay", false),
    ("Selam", true),
    ("Ruud", false),
    ("Wilma", true),
    ("Ömer", false),
    ("Joke", true),
    ("Daan", false),
    ("Lotte", true),
    ("Ali", false),
    ("Noor", true),
    ("Bram", false),
    ("Ingrid", true),
    ("Henk", false),
    ("Zahra", true),
    ("Thijs", false),
    ("Anouk", true),
    ("Gerrit", false),
    ("Hanna", true),
    ("Stefan", false),
    ("Petra", true),
];

const LAST_NAMES: [&str; 32] = [
    "de Vries",
    "El Amrani",
    "van den Berg",
    "Yılmaz",
    "Kowalski",
    "Jansen",
    "Bakker",
    "van Dijk",
    "Öztürk",
    "Smit",
    "Mulder",
    "al Hassan",
    "Haile",
    "ter Horst",
    "Wolters",
    "Nijhuis",
    "Oude Egberink",
    "Kuipers",
    "Demir",
    "Peeters",
    "van 't Hof",
    "Scholten",
    "Wiśniewski",
    "Brouwer",
    "Leferink",
    "Tijhuis",
    "Gebremariam",
    "Morshuis",
    "Vos",
    "Rahimi",
    "Ensink",
    "Lammers",
];

const SUBSITUATIONS: [&[&str]; 8] = [
    &[
        "street_park_portico",
        "station_public_building",
        "tent_forest",
    ],
    &["night_shelter", "winter_night_shelter", "crisis_bed"],
    &[
        "hostel_24h",
        "temporary_unit",
        "transitional_supported",
        "womens_shelter",
        "youth_shelter_tov",
    ],
    &[
        "mental_health",
        "addiction_clinic",
        "hospital_rehab",
        "youth_care",
        "penal",
        "asylum",
    ],
    &[
        "car_camper",
        "caravan_mobile_home",
        "holiday_park",
        "garage_shed",
        "squat_antikraak",
    ],
    &[
        "parents",
        "other_family",
        "friends_acquaintances",
        "ex_partner",
        "couchsurf_multiple",
    ],
    &[
        "rent_arrears_judgment",
        "end_temporary_contract",
        "relationship_must_leave",
    ],
    &[],
];

const DURATIONS: [&str; 8] = [
    "lt_1m", "1_3m", "3_6m", "6_12m", "1_2y", "2_5y", "gt_5y", "unknown",
];

/// What the worker answers; the questionnaire derives the living situation from it.
pub(super) const NIGHT_PLACE: &str = "night_place";
pub(super) const SUBSITUATION: &str = "living_subsituation";

/// Somebody in one row and column: a person's form.
pub(super) fn person(sketch: &Sketch, count_date: Date, dice: &mut Dice) -> Answers {
    let mut answers = Answers::default();
    answers.set("count_date", count_date.to_string());
    answers.set(NIGHT_PLACE, sketch.situation.code());
    answers.set(name::LIVING_SITUATION, sketch.situation.code());
    if let Some(deeper) = deeper(sketch.situation, dice) {
        answers.set(SUBSITUATION, deeper);
    }
    answers.set(name::MUNICIPALITY_ORIGIN, sketch.origin.code());
    answers.set(name::MUNICIPALITY_STAY, stay(sketch.origin, dice).code());
    answers.set(
        name::SOURCE,
        *dice.pick(&["spoken", "spoken", "spoken", "seen", "heard"]),
    );
    if dice.chance(70) {
        answers.set("block_history", "yes");
        answers.set("homeless_duration", *dice.pick(&DURATIONS));
    }
    identity(sketch, count_date, &mut answers, dice);
    household(sketch, count_date, &mut answers, dice);
    answers
}

fn deeper(situation: S, dice: &mut Dice) -> Option<&'static str> {
    let choices = SUBSITUATIONS[situation as usize];
    (!choices.is_empty() && dice.chance(85)).then(|| *dice.pick(choices))
}

/// Most people stay where they came from; who came from elsewhere stays in one of the two cities, or
/// that is not known either.
fn stay(origin: Municipality, dice: &mut Dice) -> Municipality {
    use Municipality::{Enschede, Hengelo, OutsideRegion, Unknown};
    match origin {
        Unknown if dice.chance(40) => Unknown,
        OutsideRegion | Unknown => *dice.pick(&[Enschede, Enschede, Hengelo]),
        _ if dice.chance(88) => origin,
        _ => *dice.pick(&[Enschede, Hengelo, OutsideRegion]),
    }
}

/// Gender, age and the parts against double counting: the same for the same identity, so far as they
/// were asked on both forms.
fn identity(sketch: &Sketch, count_date: Date, answers: &mut Answers, dice: &mut Dice) {
    let mut own = Dice::new(sketch.identity);
    let (first, is_woman) = *own.pick(&FIRST_NAMES);
    let last = *own.pick(&LAST_NAMES);
    let age = match own.below(10) {
        _ if sketch.is_minor => 16,
        0..=1 => 19 + own.below(8),
        2..=5 => 27 + own.below(18),
        6..=8 => 45 + own.below(20),
        _ => 65 + own.below(15),
    };
    let year = u32::from(count_date.year()) - age;
    let born = format!("{year}-{:02}-{:02}", 1 + own.below(12), 1 + own.below(28));
    answers.set(
        name::GENDER,
        if own.chance(2) {
            "other"
        } else if is_woman {
            "woman"
        } else {
            "man"
        },
    );
    if sketch.is_minor || dice.chance(65) {
        answers.set(name::BIRTH_YEAR, year.to_string());
    } else {
        let band = if dice.chance(90) {
            AgeBand::of(age as u16)
        } else {
            AgeBand::Unknown
        };
        answers.set(name::AGE_BAND, band.code());
    }
    let asks = sketch.is_double || dice.chance(70);
    answers.set("dedup_ask", if asks { "yes" } else { "skip" });
    if asks {
        answers.set(
            part::FIRST_NAME,
            letters(crate::dedup::letters_of_first_name(first)),
        );
        answers.set(
            part::LAST_NAME,
            letters(crate::dedup::letters_of_last_name(last)),
        );
        if sketch.is_double || dice.chance(75) {
            answers.set(part::BIRTH_DATE, born);
        }
    }
}

fn letters(letters: [char; 2]) -> String {
    letters.iter().collect()
}

fn household(sketch: &Sketch, count_date: Date, answers: &mut Answers, dice: &mut Dice) {
    let household = match sketch.minors_direct {
        0 if dice.chance(80) => "single",
        0 => *dice.pick(&["couple", "with_other_adults", "unknown"]),
        _ => *dice.pick(&["single_with_children", "couple_with_children"]),
    };
    answers.set(name::HOUSEHOLD, household);
    let minors = sketch.minors_direct.to_string();
    if sketch.minors_direct > 3 {
        answers.set("minors_here", "more");
        answers.set("minors_more", minors);
    } else {
        answers.set("minors_here", minors);
    }
    if sketch.minors_direct > 0 {
        let children = (0..sketch.minors_direct).map(|_| {
            let mut child = Answers::default();
            child.set(
                "minor_birth_year",
                (u32::from(count_date.year()) - dice.below(17)).to_string(),
            );
            child.set("minor_gender", *dice.pick(&["man", "woman"]));
            child
        });
        let children = Answer::Repeat(children.collect());
        answers
            .map_mut()
            .insert(name::MINORS_DIRECT.to_owned(), children);
    }
    if sketch.minors_indirect > 0 || dice.chance(30) {
        answers.set(name::MINORS_INDIRECT, sketch.minors_indirect.to_string());
    }
}

/// Somebody who was only seen.
pub(super) fn observation(sketch: &Sketch, dice: &mut Dice) -> Answers {
    let mut answers = Answers::default();
    answers.set(
        name::TILE,
        *dice.pick(&["man", "man", "vrouw", "onbekend", "onbekend", "kind"]),
    );
    answers.set(name::LIVING_SITUATION, sketch.situation.code());
    answers.set(name::MUNICIPALITY_STAY, sketch.origin.code());
    answers.set(name::SOURCE, "seen");
    let reasons = ["slaapt", "slaapt", "wil_niet_praten", name::COUNTED_ALREADY];
    if dice.chance(60) {
        answers.set(name::OBSERVATION_REASON, *dice.pick(&reasons));
    }
    answers
}

/// What was seen of somebody who then filled in a form.
pub(super) fn observation_of(person: &Answers, dice: &mut Dice) -> Answers {
    let mut answers = Answers::default();
    let tile = match person.text(name::GENDER) {
        _ if dice.chance(20) => "onbekend",
        Some("woman") => "vrouw",
        Some("man") => "man",
        _ => "onbekend",
    };
    answers.set(name::TILE, tile);
    for name in [name::LIVING_SITUATION, name::MUNICIPALITY_STAY] {
        if let Some(value) = person.text(name) {
            answers.set(name, value);
        }
    }
    answers.set(name::SOURCE, "seen");
    answers
}
