//! What happens on the way: no answer, a busy relay, clocks.

use super::*;

const CALLS: [Call; 3] = [Call::Roster, Call::Welcome, Call::Join];

fn whatever_is_no_answer() -> [Fault; 6] {
    [
        Fault::Lost,
        Fault::AnswerLost,
        Fault::login_page(),
        Fault::garbage(),
        Fault::Else(502, "text/html", b"<html>".to_vec()),
        Fault::Else(200, "application/cbor", vec![0x82, 1, 0x50]),
    ]
}

#[test]
fn what_is_no_word_of_a_relay_is_tried_again_at_each_point() {
    for call in CALLS {
        for fault in whatever_is_no_answer() {
            let (mut letterbox, _, link) = invited(&evening(9));
            letterbox.fail(call, fault);
            let mut newcomer = Newcomer::new(50, link);
            newcomer.wake(&mut letterbox);
            if call == Call::Join {
                newcomer.agree(&mut letterbox);
            }
            assert!(
                matches!(
                    newcomer.enrol.progress(),
                    Progress::Reading { unreachable: true }
                        | Progress::Joining { unreachable: true }
                ),
                "{call:?} {:?}",
                newcomer.enrol.progress()
            );
            assert_eq!(
                newcomer.wait(20, &mut letterbox),
                1,
                "a wait, and no more calls than one"
            );
            if call != Call::Join {
                newcomer.agree(&mut letterbox);
            }
            assert_eq!(
                newcomer.enrolled().stamp.map(|(_, nth)| nth),
                Some(1),
                "{call:?}"
            );
        }
    }
}

#[test]
fn a_relay_that_has_its_hands_full_is_waited_for_as_long_as_it_says() {
    for call in CALLS {
        for (code, wait) in [
            (Code::Busy, Some(700)),
            (Code::SlowDown, Some(90)),
            (Code::Internal, None),
            (Code::Full, None),
            (Code::NotReady, Some(5)),
        ] {
            let (mut letterbox, _, link) = invited(&evening(9));
            letterbox.fail(call, Fault::Refused(code, wait));
            let mut newcomer = Newcomer::new(50, link);
            newcomer.wake(&mut letterbox);
            if call == Call::Join {
                newcomer.agree(&mut letterbox);
            }
            let due = newcomer.due.unwrap();
            assert!(
                due >= NOW + i64::from(wait.unwrap_or(0)) * 1_000,
                "{code:?}"
            );
            // Network that comes back does not shorten what the relay asked for.
            let made = letterbox.calls.len();
            newcomer.wake(&mut letterbox);
            assert!(wait.is_none() || letterbox.calls.len() == made, "{code:?}");
            newcomer.wait(20, &mut letterbox);
            if call != Call::Join {
                newcomer.agree(&mut letterbox);
            }
            assert!(!newcomer.enrolled().frozen, "{call:?} {code:?}");
        }
    }
}

#[test]
fn a_clock_that_is_years_wrong_costs_one_call_more_and_no_wait() {
    for off in [-20 * 365 * DAY, 20 * 365 * DAY] {
        let (mut letterbox, _, link) = invited(&evening(9));
        let mut newcomer = Newcomer::new(50, link);
        newcomer.now = NOW + off;
        newcomer.wake(&mut letterbox);
        newcomer.agree(&mut letterbox);
        assert!(!newcomer.enrolled().frozen);
        assert_eq!(letterbox.count(Call::Roster), 2);
        assert_eq!(
            (letterbox.count(Call::Welcome), letterbox.count(Call::Join)),
            (1, 1)
        );
        assert_eq!(
            newcomer.row.unwrap().at,
            NOW + off,
            "no other clock is changed by it"
        );
    }
}

#[test]
fn a_relay_that_says_clock_again_and_again_is_asked_at_a_pace() {
    let (mut letterbox, _, link) = invited(&evening(9));
    for _ in 0..2 {
        letterbox.fail(Call::Roster, Fault::Refused(Code::Clock, None));
    }
    let mut newcomer = Newcomer::new(50, link);
    newcomer.wake(&mut letterbox);
    assert_eq!(letterbox.count(Call::Roster), 2, "once anew");
    assert!(newcomer.due.is_some());
    newcomer.wait(1, &mut letterbox);
    assert!(newcomer.enrol.offer().is_some());
}

#[test]
fn a_relay_that_refuses_for_a_reason_of_its_own_is_shown() {
    for code in [
        Code::Authority,
        Code::Signature,
        Code::Malformed,
        Code::Unknown,
    ] {
        let (mut letterbox, _, link) = invited(&evening(9));
        let shown = if code == Code::Unknown {
            let body = br#"{"code":"out-of-tea"}"#.to_vec();
            letterbox.fail(
                Call::Roster,
                Fault::Else(418, "application/problem+json", body),
            );
            Code::Unknown
        } else {
            letterbox.fail(Call::Roster, Fault::Refused(code, None));
            code
        };
        assert_eq!(
            problem(&link, &mut letterbox),
            Some(EnrolProblem::Refused(shown))
        );
    }
}
