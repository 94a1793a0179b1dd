//! The count's questionnaire: taps, the category, what is off unless switched on, what a report reads.
//!
//! Not here: the tables that are made of it.
#![cfg(feature = "reader")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::sync::Arc;
use veldpost_domain::Answers;
use veldpost_forms::reader;
use veldpost_forms::session::{Element, Key};
use veldpost_forms::{Kind, Moment, Reason, Session};

/// 20 November 2026, 22:00 in Enschede.
const NOW: Moment = Moment {
    at: 1_795_208_400_000,
    offset_minutes: 60,
};

fn begun() -> Session {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../forms/ethos-count");
    let form = reader::read(&reader::load(&folder).unwrap()).unwrap();
    let mut session = Session::create(Arc::new(form), NOW);
    session.answer("count_date", "2026-11-20").unwrap();
    // The round knows where it is.
    session.answer("municipality_stay", "enschede").unwrap();
    session
}

fn tap(session: &mut Session, taps: &[(&str, &str)]) -> usize {
    for (path, code) in taps {
        // Only what is on a page can be tapped.
        assert!(session.page_of(path).is_some(), "{path} is on no page");
        session.answer(path, code).unwrap();
    }
    taps.len()
}

fn reasons(session: &Session) -> Vec<(String, Reason)> {
    session
        .problems("nl")
        .into_iter()
        .map(|problem| (problem.path, problem.reason))
        .collect()
}

fn names(session: &Session, page: Key) -> Vec<String> {
    let page = session.page(page, "nl").unwrap();
    let name = |element: &Element| match element {
        Element::Question(question) => Some(question.name.clone()),
        _ => None,
    };
    page.elements.iter().filter_map(name).collect()
}

const SITUATION: [(&str, &str); 3] = [
    ("night_place", "public_space"),
    ("living_subsituation", "street_park_portico"),
    ("source", "spoken"),
];
const PERSON: [(&str, &str); 7] = [
    ("age_band", "27-34"),
    ("gender", "man"),
    ("minors_here", "0"),
    ("household", "single"),
    ("homeless_duration", "1_3m"),
    ("first_time", "no"),
    ("municipality_origin", "enschede"),
];

#[test]
fn a_full_record_takes_21_taps_and_18_in_the_same_place() {
    let mut session = begun();
    let pages = session.pages("nl");
    assert_eq!(pages.len(), 4);
    let start_and_done = 2;
    let next = pages.len() - 1;
    let situation = tap(&mut session, &SITUATION);
    let person = tap(&mut session, &PERSON);
    let reasons_given = tap(&mut session, &[("causes", "debts")])
        + tap(&mut session, &[("causes", "debts separation")]);
    let help = tap(&mut session, &[("help_needed", "home")]);
    let care = tap(&mut session, &[("help_now", "shelter")])
        + tap(&mut session, &[("help_now", "shelter debt_help")]);
    let code = tap(&mut session, &[("dedup_ask", "skip")]);
    assert_eq!(reasons(&session), []);
    assert_eq!(session.pages("nl").len(), 4, "a tap brought up a page");
    let rest = start_and_done + next + person + reasons_given + help + care + code;
    assert_eq!(rest + situation, 21);
    assert_eq!(rest, 18);
}

#[test]
fn a_quick_record_takes_three_answers_when_the_situation_is_carried_over() {
    let mut session = begun();
    let carried: Vec<String> = session
        .pages("nl")
        .iter()
        .filter_map(|page| session.page(page.key, "nl"))
        .flat_map(|page| page.elements)
        .filter_map(|element| match element {
            Element::Question(question) if question.appears("carry") => Some(question.name),
            _ => None,
        })
        .collect();
    assert_eq!(carried, ["night_place", "source", "municipality_stay"]);
    for (path, code) in SITUATION {
        session.answer(path, code).unwrap();
    }
    let quick = [
        ("gender", "woman"),
        ("age_band", "18-20"),
        ("minors_here", "0"),
    ];
    assert_eq!(tap(&mut session, &quick) + 1, 4);
    assert_eq!(reasons(&session), []);
}

#[test]
fn the_rest_of_a_page_can_be_unknown_in_one_tap() {
    let mut session = begun();
    let pages = session.pages("nl");
    assert!(session.answer_rest(pages[0].key, "unknown") >= 1);
    assert_eq!(session.answers().text("living_situation"), Some("unknown"));
    assert!(session.answer_rest(pages[1].key, "unknown") >= 7);
    assert_eq!(reasons(&session), [("source".to_owned(), Reason::Required)]);
}

#[test]
fn the_category_follows_the_place_and_a_worker_may_overrule_it_with_a_reason() {
    let mut session = begun();
    let category = |session: &Session| {
        session
            .answers()
            .text("living_situation")
            .map(str::to_owned)
    };
    for (place, detail, expected) in [
        ("public_space", "tent_forest", "public_space"),
        ("public_space", "car_camper", "non_conventional"),
        ("family_friends", "garage_shed", "non_conventional"),
        ("family_friends", "parents", "family_friends"),
        ("institution", "penal", "institution"),
        ("institution", "unknown", "institution"),
        ("threatened_eviction", "", "threatened_eviction"),
        ("unknown", "", "unknown"),
    ] {
        tap(&mut session, &[("night_place", place)]);
        if !detail.is_empty() {
            tap(&mut session, &[("living_subsituation", detail)]);
        }
        assert_eq!(
            category(&session).as_deref(),
            Some(expected),
            "{place} {detail}"
        );
    }
    tap(&mut session, &[("living_override", "OK")]);
    assert!(reasons(&session).contains(&("living_override_reason".to_owned(), Reason::Required)));
    tap(&mut session, &[("living_override_to", "institution")]);
    assert_eq!(category(&session).as_deref(), Some("institution"));
    tap(
        &mut session,
        &[("living_override_reason", &"é".repeat(201))],
    );
    assert!(reasons(&session).contains(&("living_override_reason".to_owned(), Reason::Constraint)));
    tap(&mut session, &[("living_override", "")]);
    assert_eq!(category(&session).as_deref(), Some("unknown"));
}

#[test]
fn a_detail_of_another_place_does_not_stay() {
    let mut session = begun();
    tap(
        &mut session,
        &[
            ("night_place", "institution"),
            ("living_subsituation", "penal"),
        ],
    );
    tap(&mut session, &[("night_place", "public_space")]);
    assert_eq!(session.answers().text("living_subsituation"), None);
    assert_eq!(
        session.answers().text("living_situation"),
        Some("public_space")
    );
}

#[test]
fn sensitive_blocks_are_off_unless_switched_on() {
    let mut session = begun();
    tap(&mut session, &[("more_questions", "yes")]);
    let shown = |session: &Session| -> Vec<String> {
        session
            .pages("nl")
            .iter()
            .flat_map(|page| names(session, page.key))
            .collect()
    };
    let sensitive = [
        ("pregnancy", "pregnant"),
        ("health", "health_issues"),
        ("residence", "residence_status"),
        ("nationality", "nationality_group"),
        ("note", "remark"),
    ];
    for (block, question) in sensitive {
        assert!(
            !shown(&session).contains(&question.to_owned()),
            "{question}"
        );
        session.answer(&format!("block_{block}"), "yes").unwrap();
        assert!(shown(&session).contains(&question.to_owned()), "{question}");
    }
    session.answer("block_health", "no").unwrap();
    let page = session
        .page(session.page_of("causes").unwrap(), "nl")
        .unwrap();
    let codes = page.elements.iter().find_map(|element| match element {
        Element::Question(question) if question.name == "causes" => Some(question.choices.clone()),
        _ => None,
    });
    let codes: Vec<String> = codes
        .unwrap()
        .into_iter()
        .map(|choice| choice.code)
        .collect();
    assert!(codes.contains(&"debts".to_owned()));
    for code in ["release_detention", "illness_worse", "addiction_worse"] {
        assert!(!codes.contains(&code.to_owned()), "{code}");
    }
}

#[test]
fn not_knowing_and_not_saying_are_two_answers() {
    let session = begun();
    let facts_of_the_count = ["night_place", "source", "municipality_stay"];
    let mut asked = 0;
    let form = session.form();
    for page in ["situation", "person"] {
        let key = session.pages("nl").into_iter().map(|p| p.key);
        for name in key.flat_map(|key| names(&session, key)) {
            let codes = form.codes(&name);
            if codes.len() > 3 && !facts_of_the_count.contains(&name.as_str()) {
                assert!(
                    codes.contains(&"unknown") && codes.contains(&"refused"),
                    "{page} {name}"
                );
                asked += 1;
            }
        }
    }
    assert!(asked > 10);
}

#[test]
fn sixteen_children_have_a_place_each() {
    let mut session = begun();
    tap(&mut session, &[("minors_here", "more")]);
    for (typed, children) in [("16", 16), ("99999", 4), ("5", 5)] {
        tap(&mut session, &[("minors_more", typed)]);
        assert_eq!(session.instances("minors_direct"), children, "{typed}");
    }
    tap(&mut session, &[("minors_here", "0")]);
    assert_eq!(session.answers().repeat("minors_direct").len(), 0);
    tap(
        &mut session,
        &[
            ("minors_here", "2"),
            ("minors_direct[2]/minor_birth_year", "2019"),
        ],
    );
    assert_eq!(session.answers().repeat("minors_direct").len(), 2);
    assert_eq!(
        reasons(&session)
            .iter()
            .filter(|(path, _)| path.contains("minor"))
            .count(),
        0
    );
}

#[test]
fn a_birth_year_in_the_future_is_refused_with_an_example() {
    let mut session = begun();
    tap(
        &mut session,
        &[("birth_year", "2027"), ("minors_here", "1")],
    );
    tap(
        &mut session,
        &[("minors_direct[1]/minor_birth_year", "2007")],
    );
    tap(
        &mut session,
        &[("dedup_ask", "yes"), ("dedup_birth_date", "2026-11-21")],
    );
    let problems = session.problems("nl");
    let constraint: Vec<_> = problems
        .iter()
        .filter(|problem| problem.reason == Reason::Constraint)
        .collect();
    let paths: Vec<&str> = constraint
        .iter()
        .map(|problem| problem.path.as_str())
        .collect();
    assert_eq!(
        paths,
        [
            "minors_direct[1]/minor_birth_year",
            "birth_year",
            "dedup_birth_date"
        ]
    );
    assert_eq!(
        constraint[1].message,
        "Vul een jaar in tussen 1900 en nu. Bijvoorbeeld: 1985."
    );
    tap(
        &mut session,
        &[("birth_year", "2026"), ("dedup_birth_date", "2026-11-20")],
    );
    tap(
        &mut session,
        &[("minors_direct[1]/minor_birth_year", "2008")],
    );
    assert!(
        !reasons(&session)
            .iter()
            .any(|(_, reason)| *reason == Reason::Constraint)
    );
}

#[test]
fn the_night_in_question_is_named_in_both_languages() {
    let session = begun();
    let hint = |language| {
        let page = session.pages(language)[0].key;
        match &session.page(page, language).unwrap().elements[0] {
            Element::Question(question) => question.hint.clone(),
            _ => String::new(),
        }
    };
    assert_eq!(
        hint("nl"),
        "Kies wat het beste past bij de nacht van 19-11-2026."
    );
    assert_eq!(hint("en"), "Choose what fits the night of 19-11-2026 best.");
}

#[test]
fn every_visible_word_is_there_in_both_languages() {
    let mut session = begun();
    for block in [
        "health",
        "pregnancy",
        "detention",
        "residence",
        "nationality",
        "note",
    ] {
        session.answer(&format!("block_{block}"), "yes").unwrap();
    }
    tap(
        &mut session,
        &[("night_place", "public_space"), ("more_questions", "yes")],
    );
    for language in ["nl", "en"] {
        for page in session.pages(language) {
            assert!(!page.title.is_empty());
            for element in session.page(page.key, language).unwrap().elements {
                let Element::Question(question) = element else {
                    continue;
                };
                assert!(!question.label.is_empty(), "{}", question.name);
                assert!(
                    question
                        .choices
                        .iter()
                        .all(|choice| !choice.label.is_empty())
                );
                let optional = question.label.contains("(niet verplicht)")
                    || question.label.contains("(optional)");
                let open = question.kind == Kind::Note || question.kind == Kind::Acknowledge;
                assert!(optional || open || question.required, "{}", question.name);
                assert!(!(optional && question.required), "{}", question.name);
            }
        }
    }
}

#[test]
fn a_record_of_the_tables_comes_back_into_the_form() {
    let mut answers = Answers::default();
    for (name, value) in [
        ("living_situation", "institution"),
        ("municipality_stay", "hengelo"),
        ("gender", "woman"),
        ("birth_year", "1985"),
    ] {
        answers.set(name, value);
    }
    let session = Session::restore(begun().form().clone(), &answers, NOW);
    assert_eq!(session.answers().text("gender"), Some("woman"));
    assert_eq!(session.answers().text("birth_year"), Some("1985"));
}
