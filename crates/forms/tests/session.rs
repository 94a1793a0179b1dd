//! Filling in: pages, problems, drafts, repeats, and what people may type.
//!
//! Not here: the meaning of expressions (see `agreed.rs`).
#![cfg(feature = "reader")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::sync::Arc;
use veldpost_domain::{Answer, Answers};
use veldpost_forms::reader::{self, Sheets};
use veldpost_forms::session::{Element, LONGEST_TEXT, MOST_INSTANCES, QuestionView};
use veldpost_forms::{AnswerError, Form, Moment, Reason, Session};

const NOW: Moment = Moment {
    at: 1_795_212_000_000,
    offset_minutes: 60,
};

fn form(survey: &str) -> Arc<Form> {
    let choices =
        "list_name,name,label,area\nyn,yes,Ja,a\nyn,no,Nee,b\nyn,unknown,Weet ik niet,a\n";
    let sheets = Sheets {
        survey: survey.into(),
        choices: choices.into(),
        settings: String::new(),
    };
    Arc::new(
        reader::read(&sheets)
            .map_err(|mistakes| mistakes.to_string())
            .unwrap(),
    )
}

fn session(survey: &str) -> Session {
    Session::create(form(survey), NOW)
}

fn ethos() -> Session {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../forms/ethos-count");
    let form = reader::read(&reader::load(&folder).unwrap()).unwrap();
    // Through bytes, as the app has it.
    let form = Form::from_bytes(&form.to_bytes()).unwrap();
    Session::create(Arc::new(form), NOW)
}

fn titles(session: &Session) -> Vec<String> {
    session
        .pages("nl")
        .into_iter()
        .map(|page| page.title)
        .collect()
}

fn questions(session: &Session, page: usize) -> Vec<QuestionView> {
    fn walk(elements: &[Element], into: &mut Vec<QuestionView>) {
        for element in elements {
            match element {
                Element::Question(question) => into.push(question.clone()),
                Element::Repeat(repeat) => {
                    repeat
                        .instances
                        .iter()
                        .for_each(|instance| walk(&instance.elements, into));
                }
                Element::Heading(_) => {}
            }
        }
    }
    let key = session.pages("nl")[page].key;
    let mut found = Vec::new();
    walk(&session.page(key, "nl").unwrap().elements, &mut found);
    found
}

fn reasons(session: &Session) -> Vec<(String, Reason)> {
    session
        .problems("nl")
        .into_iter()
        .map(|problem| (problem.path, problem.reason))
        .collect()
}

#[test]
fn questions_outside_a_field_list_have_a_page_each() {
    let mut session = session(
        "type,name,label,relevant,appearance\n\
         text,a,A,,\nbegin_group,g,Groep,,field-list\ntext,b,B,,\nnote,n,Hoi ${a},,\nend_group,,,,\n\
         begin_group,h,Los,${a} != '',\ntext,c,C,,\ntext,d,D,,\nend_group,,,,\n",
    );
    assert_eq!(titles(&session), ["A", "Groep"]);
    session.answer("a", "Jan").unwrap();
    assert_eq!(titles(&session), ["A", "Groep", "C", "D"]);
    assert_eq!(questions(&session, 1)[1].label, "Hoi Jan");
    let page = session.page(session.page_of("d").unwrap(), "nl").unwrap();
    assert_eq!(page.around, ["Los"]);
    assert_eq!(session.page_of("n"), Some(session.pages("nl")[1].key));
}

#[test]
fn a_hidden_answer_is_in_the_draft_and_not_in_the_record() {
    let mut session =
        session("type,name,label,relevant\ntext,a,A,\ntext,b,B,${a} = 'ja'\ntext,c,C,${b} = 'x'\n");
    session.answer("a", "ja").unwrap();
    session.answer("b", "x").unwrap();
    session.answer("c", "diep").unwrap();
    session.answer("a", "nee").unwrap();
    assert_eq!(session.answers().map().len(), 1);
    assert_eq!(session.draft().text("c"), Some("diep"));
    let mut again = Session::restore(session.form().clone(), &session.draft(), NOW);
    again.answer("a", "ja").unwrap();
    assert_eq!(again.answers().text("c"), Some("diep"));
}

#[test]
fn a_killed_form_comes_back_whole() {
    let mut before = ethos();
    for (path, value) in [
        ("night_place", "family_friends"),
        ("living_subsituation", "garage_shed"),
        ("source", "spoken"),
        ("minors_here", "2"),
        ("minors_direct[2]/minor_gender", "woman"),
        ("minors_direct[1]/minor_birth_year", "20"),
        ("birth_year", "negentien"),
        ("causes", "debts rent_arrears"),
        ("block_health", "yes"),
    ] {
        before.answer(path, value).unwrap();
    }
    let after = Session::restore(before.form().clone(), &before.draft(), NOW);
    assert!(after.draft() == before.draft());
    assert!(after.answers() == before.answers());
    assert!(after.pages("nl") == before.pages("nl"));
    assert_eq!(reasons(&after), reasons(&before));
    assert_eq!(after.instances("minors_direct"), 2);
    assert_eq!(after.draft().text("birth_year"), Some("negentien"));
}

#[test]
fn what_this_form_does_not_know_travels_on() {
    let form = form("type,name,label\ntext,a,A\nbegin_repeat,r,R\ntext,b,B\nend_repeat,,\n");
    let mut answers = Answers::default();
    answers.set("a", "1");
    answers.set("later", "2");
    let mut instance = Answers::default();
    instance.set("new", "3");
    answers
        .map_mut()
        .insert("r".into(), Answer::Repeat(vec![instance]));
    let session = Session::restore(form, &answers, NOW);
    assert!(session.answers() == answers);
    assert!(session.draft() == answers);
}

#[test]
fn once_keeps_its_value_through_a_draft() {
    let survey = "type,name,label,calculation\ntext,a,A,\ncalculate,first,,once(${a})\n\
                  calculate,day,,once(today())\ncalculate,age,,${day} + 1\n";
    let mut session = session(survey);
    session.answer("a", "een").unwrap();
    session.answer("a", "twee").unwrap();
    let later = Moment {
        at: NOW.at + 5 * 86_400_000,
        ..NOW
    };
    let restored = Session::restore(session.form().clone(), &session.draft(), later);
    assert!(restored.answers() == session.answers());
    assert_eq!(restored.answers().text("first"), Some("een"));
}

#[test]
fn instances_come_and_go() {
    let mut session = session(
        "type,name,label,calculation\nbegin_repeat,r,Kind,\ntext,a,A,\ncalculate,p,,position(..)\n\
         end_repeat,,,\ncalculate,n,,count(${r})\n",
    );
    assert_eq!(session.instances("r"), 1);
    assert_eq!(session.add_instance("r").unwrap(), "r[2]");
    session.answer("r[2]/a", "tweede").unwrap();
    session.add_instance("r").unwrap();
    session.remove_instance("r", 1).unwrap();
    let answers = session.answers();
    assert_eq!(answers.text("n"), Some("2"));
    assert_eq!(answers.repeat("r")[0].text("a"), Some("tweede"));
    assert_eq!(answers.repeat("r")[0].text("p"), Some("1"));
    assert_eq!(
        session.remove_instance("r", 3),
        Err(AnswerError::NoSuchPlace)
    );
    assert_eq!(
        session.remove_instance("r", 0),
        Err(AnswerError::NoSuchPlace)
    );
    for _ in 2..MOST_INSTANCES {
        session.add_instance("r").unwrap();
    }
    assert_eq!(session.add_instance("r"), Err(AnswerError::FixedInstances));
}

#[test]
fn a_counted_repeat_never_grows_without_bound() {
    let mut session = session(
        "type,name,label,repeat_count\ninteger,n,N,\nbegin_repeat,r,R,${n}\ntext,a,A,\nend_repeat,,,\n",
    );
    assert_eq!(session.instances("r"), 0);
    for (typed, expected) in [("2", 2), ("-3", 0), ("999999999", MOST_INSTANCES), ("", 0)] {
        session.answer("n", typed).unwrap();
        assert_eq!(session.instances("r"), expected, "{typed}");
    }
    assert_eq!(session.add_instance("r"), Err(AnswerError::FixedInstances));
}

#[test]
fn only_questions_can_be_answered() {
    let mut session = session(
        "type,name,label,calculation,read_only\ntext,a,A,,\nnote,n,N,,\ncalculate,c,,1 + 1,\n\
         text,r,R,,yes\nbegin_group,g,G,,\ntext,b,B,,\nend_group,,,,\n",
    );
    for path in ["n", "c", "r"] {
        assert_eq!(
            session.answer(path, "x"),
            Err(AnswerError::NotAnswerable),
            "{path}"
        );
    }
    for path in [
        "", "g", "x", "a[1]", "a/b", "g/b", "a[", "r[0]/x", "[1]", "////",
    ] {
        assert_eq!(
            session.answer(path, "x"),
            Err(AnswerError::NoSuchPlace),
            "{path}"
        );
    }
    assert_eq!(session.answer("b", "x"), Ok(()));
}

#[test]
fn what_is_typed_is_kept_though_it_is_no_number_or_date() {
    let mut session = session(
        "type,name,label,required\ninteger,i,I,yes\ndecimal,d,D,\ndate,t,T,\ngeopoint,g,G,\n\
         select_one yn,s,S,\n",
    );
    for (path, typed, reason) in [
        ("i", "twaalf", Reason::NotANumber),
        ("i", "12,5", Reason::NotANumber),
        ("i", "99999999999999999999", Reason::NotANumber),
        ("i", "", Reason::Required),
        ("d", "1.2.3", Reason::NotANumber),
        ("t", "2026-02-30", Reason::NotADate),
        ("g", "52.2", Reason::NotAPlace),
        ("g", "152.2 6.9", Reason::NotAPlace),
        ("s", "misschien", Reason::NotAChoice),
    ] {
        session.answer("i", "1").unwrap();
        session.answer(path, typed).unwrap();
        assert_eq!(
            reasons(&session),
            [(path.to_owned(), reason)],
            "{path} {typed}"
        );
        assert_eq!(session.draft().text(path).unwrap_or_default(), typed);
        session.answer(path, "").unwrap();
    }
    session.answer("i", " 007 ").unwrap();
    session.answer("d", "12,50").unwrap();
    session.answer("g", "52.22 6.89 0 120").unwrap();
    assert_eq!(reasons(&session), []);
    assert_eq!(session.answers().text("i"), Some("7"));
    assert_eq!(session.answers().text("d"), Some("12.5"));
}

#[test]
fn ten_megabytes_pasted_are_cut_and_said_to_be() {
    let mut session = session("type,name,label\ntext,a,A\ninteger,n,N\nselect_multiple yn,m,M\n");
    session.answer("a", &"é👩‍👧".repeat(1_000_000)).unwrap();
    assert_eq!(
        reasons(&session),
        [("a".to_owned(), Reason::TooLong(LONGEST_TEXT))]
    );
    assert_eq!(
        session.answers().text("a").unwrap().chars().count(),
        LONGEST_TEXT
    );
    session.answer("a", "kort").unwrap();
    assert_eq!(reasons(&session), []);
    session.answer("n", &"9".repeat(10_000_000)).unwrap();
    assert!(matches!(reasons(&session)[..], [(_, Reason::TooLong(_))]));
    session.answer("n", "").unwrap();
    session.answer("m", &"yes ".repeat(3_000_000)).unwrap();
    assert_eq!(session.answers().text("m"), Some("yes"));
}

#[test]
fn strange_letters_come_back_as_they_were() {
    let mut session = session("type,name,label\ntext,a,A\n");
    for text in [
        "👩‍👧",
        "שלום עולם",
        "\u{202e}omgekeerd",
        "regel 1\nregel 2",
        "   ",
        "<b>&amp;",
    ] {
        session.answer("a", text).unwrap();
        assert_eq!(session.answers().text("a"), Some(text));
        let restored = Session::restore(session.form().clone(), &session.draft(), NOW);
        assert_eq!(restored.answers().text("a"), Some(text));
    }
    session.answer("a", "nul\0letter\u{7}").unwrap();
    assert_eq!(session.answers().text("a"), Some("nulletter"));
}

#[test]
fn a_choice_that_the_filter_hides_counts_as_blank_and_comes_back() {
    let mut session = session(
        "type,name,label,choice_filter,required\ntext,where,W,,\nselect_one yn,s,S,area=${where},yes\n",
    );
    session.answer("where", "a").unwrap();
    session.answer("s", "yes").unwrap();
    session.answer("where", "b").unwrap();
    assert_eq!(session.answers().text("s"), None);
    assert_eq!(reasons(&session), [("s".to_owned(), Reason::Required)]);
    let shown: Vec<String> = questions(&session, 1)[0]
        .choices
        .iter()
        .map(|c| c.code.clone())
        .collect();
    assert_eq!(shown, ["no"]);
    session.answer("where", "a").unwrap();
    assert_eq!(session.answers().text("s"), Some("yes"));
}

#[test]
fn a_form_survives_its_bytes_and_garbage_does_not() {
    let form = form("type,name,label,constraint\ntext,a,A,\"regex(., '^[a-z]+$')\"\n");
    let bytes = form.to_bytes();
    let again = Form::from_bytes(&bytes).unwrap();
    assert_eq!(again.to_bytes(), bytes);
    let mut session = Session::create(Arc::new(again), NOW);
    session.answer("a", "ABC").unwrap();
    assert_eq!(reasons(&session), [("a".to_owned(), Reason::Constraint)]);
    for length in 0..bytes.len() {
        assert!(Form::from_bytes(&bytes[..length]).is_err(), "{length}");
    }
    // A changed byte may leave a form, but never one that panics.
    for place in 0..bytes.len() {
        for change in [1, 0x20, 0x80, 0xff] {
            let mut bytes = bytes.clone();
            bytes[place] ^= change;
            if let Ok(form) = Form::from_bytes(&bytes) {
                let mut session = Session::create(Arc::new(form), NOW);
                let _ = session.answer("a", "x");
                let _ = (
                    session.pages("nl"),
                    session.problems("nl"),
                    session.answers(),
                );
            }
        }
    }
}
