//! What counts as the relay's word, and what a client does about a refusal.

use proptest::prelude::*;
use veldpost_envelope::wire::{
    Action, Call, Code, Event, HEARTBEAT, Incarnation, Problem, Reply, done, gravest, judge,
};

const INCARNATION: Incarnation = Incarnation([3; 16]);

#[test]
fn every_code_has_the_status_and_the_remedy_of_the_table() {
    let table = [
        (400, Action::TryAgain, "not-readable"),
        (401, Action::SignAnew, "clock nonce"),
        (401, Action::Stop, "unsigned signature authority"),
        (
            403,
            Action::KeepUntilNextAct,
            "not-admitted removed unknown-device not-allowed founding",
        ),
        (
            403,
            Action::SayWhich,
            "invitation-unknown invitation-ended invitation-used-up wrong-token",
        ),
        (404, Action::KeepAndShow, "not-found"),
        (404, Action::OfferRoster, "unknown-region"),
        (404, Action::TryAgain, "unknown-blob"),
        (405, Action::Stop, "method-not-allowed"),
        (409, Action::ReadRoster, "roster-moved"),
        (409, Action::SendFromNext, "gap"),
        (409, Action::ContinueElsewhere, "conflict"),
        (409, Action::SayWhich, "invitation-frozen"),
        (409, Action::OfferCheckpoint, "no-checkpoint"),
        (413, Action::Halve, "too-large"),
        (
            422,
            Action::KeepAndShow,
            "malformed forged newer act-refused",
        ),
        (429, Action::Wait, "slow-down"),
        (500, Action::TryAgain, "internal"),
        (503, Action::TryAgain, "busy not-ready"),
        (507, Action::TryAgain, "full"),
    ];
    let mut listed = Vec::new();
    for (status, action, codes) in table {
        for text in codes.split(' ') {
            let code = Code::from_text(text);
            assert_eq!(
                (code.status(), code.action(), code.text()),
                (status, action, text)
            );
            listed.push(code);
        }
    }
    assert_eq!(listed, Code::ALL);
    assert_eq!(Code::from_text("later"), Code::Unknown);
    assert_eq!(Code::Unknown.action(), Action::KeepAndShow);
}

#[test]
fn the_gravest_code_gives_a_push_its_status() {
    use Code::{Busy, Conflict, Forged, Gap, NotAdmitted, SlowDown};
    assert_eq!(gravest([]), None);
    assert_eq!(gravest([SlowDown, Forged, NotAdmitted, Gap]), Some(Gap));
    assert_eq!(gravest([Gap, Conflict]), Some(Gap));
    assert_eq!(gravest([SlowDown, Forged, NotAdmitted]), Some(NotAdmitted));
    assert_eq!(gravest([SlowDown, Forged]), Some(Forged));
    assert_eq!(gravest([Busy, SlowDown]), Some(SlowDown));
}

#[test]
fn a_problem_comes_back_as_it_was() {
    for code in Code::ALL {
        let problem = Problem {
            code: *code,
            now: Some(-5),
            answer: Some(done(&INCARNATION)),
        };
        assert_eq!(Problem::from_json(&problem.to_json()), Ok(problem));
        let bare = Problem::new(*code);
        assert_eq!(Problem::from_json(&bare.to_json()), Ok(bare));
    }
    let clock = Problem {
        now: Some(1_794_500_000_000),
        ..Problem::new(Code::Clock)
    };
    assert_eq!(
        clock.to_json(),
        r#"{"type":"urn:veldpost:problem:clock","title":"The call's time is not the relay's","status":401,"code":"clock","now":1794500000000}"#
    );
}

#[test]
fn a_problem_is_read_whatever_else_stands_in_it() {
    let text = r#" { "extra" : {"code":"gap","list":[1,-2.5e3,[],{}, "\"}]"]} , "title":"\u00e9\\\"",
        "code":"clock","flag":true,"none":null,"now" : 5 } "#;
    let problem = Problem {
        now: Some(5),
        ..Problem::new(Code::Clock)
    };
    assert_eq!(Problem::from_json(text), Ok(problem));
    let later = Problem::from_json(r#"{"code":"of-a-later-version"}"#);
    assert_eq!(later, Ok(Problem::new(Code::Unknown)));
    for wrong in [
        "",
        "{}",
        "[]",
        "null",
        r#"{"status":401}"#,
        r#"{"code":5}"#,
        r#"{"code":"g\u0061p"}"#,
        r#"{"code":"clock"}x"#,
        r#"{"code":"clock",}"#,
        r#"{"code":"clock" "now":5}"#,
        r#"{"code":"clock","now":truth}"#,
        r#"{"code":"clock"#,
        r#"{"code":"clock","x":"\"#,
        "{\"code\":\"clock\",\"x\":\"\n\"}",
    ] {
        assert!(Problem::from_json(wrong).is_err(), "{wrong}");
    }
    let deep = format!(
        r#"{{"x":{}{},"code":"clock"}}"#,
        "[".repeat(50),
        "]".repeat(50)
    );
    assert!(Problem::from_json(&deep).is_err());
}

#[test]
fn only_the_relays_own_word_counts() {
    let answer = done(&INCARNATION);
    let cbor = Some("application/cbor");
    let entries = |status, content_type, body| judge(Call::Entries, status, content_type, body);
    assert_eq!(entries(200, cbor, &answer), Reply::Answer(&answer));
    let problem = Problem::new(Code::Busy);
    let json = problem.to_json();
    let problem_type = Some("application/problem+json; charset=utf-8");
    let refused = entries(503, problem_type, json.as_bytes());
    assert_eq!(refused, Reply::Refusal(problem));
    let page = b"<html>Log in</html>";
    for (status, content_type, body) in [
        (200, Some("text/html"), page.as_slice()),
        (200, cbor, page.as_slice()),
        (200, None, answer.as_slice()),
        (200, Some("application/cbor-seq"), answer.as_slice()),
        (204, cbor, answer.as_slice()),
        (302, cbor, answer.as_slice()),
        (200, problem_type, json.as_bytes()),
        (503, Some("application/json"), json.as_bytes()),
        (503, problem_type, b"{\"status\":503}".as_slice()),
        (502, Some("text/html"), page.as_slice()),
        (503, problem_type, b"\xff".as_slice()),
        (0, None, b"".as_slice()),
    ] {
        assert_eq!(entries(status, content_type, body), Reply::None);
    }
    // Pages and events are read as they come; only what announces them is judged.
    for (call, content_type) in [
        (Call::Pull, "application/cbor-seq"),
        (Call::Events, "Text/Event-Stream"),
    ] {
        let reply = judge(call, 200, Some(content_type), b"");
        assert_eq!(reply, Reply::Answer(b""));
        assert_eq!(judge(call, 200, cbor, b""), Reply::None);
    }
}

#[test]
fn an_event_is_one_line_of_two_numbers() {
    let event = Event {
        newest: 90,
        height: 9,
    };
    assert_eq!(event.lines(), "data: 90 9\n\n");
    assert_eq!(Event::from_line("data: 90 9"), Some(event));
    for wrong in [
        "",
        ":",
        "data: 90",
        "data: 090 9",
        "data: +90 9",
        "data: 90 9 1",
        "data:90 9",
        "event: x",
    ] {
        assert_eq!(Event::from_line(wrong), None, "{wrong}");
    }
    assert_eq!(Event::from_line(HEARTBEAT.trim_end()), None);
}

proptest! {
    #[test]
    fn random_texts_never_panic(text in ".{0,200}", inside in "[]\\[{}:,\"a-e0-9\\\\ ]{0,60}") {
        drop(Problem::from_json(&text));
        drop(Problem::from_json(&format!("{{\"code\":\"gap\",{inside}}}")));
        let _ = Event::from_line(&text);
        drop(judge(Call::Entries, 503, Some("application/problem+json"), text.as_bytes()));
    }
}
