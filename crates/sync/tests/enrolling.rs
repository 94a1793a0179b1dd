//! Joining by an invitation, against the relay's own core.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in a test a panic is the report"
)]

mod letterbox;

use letterbox::people::{Newcomer, Office, Person, Seeded, Wanted, desk, evening, link, single};
use letterbox::{DAY, Fault, HOUR, Letterbox, NOW, ORIGIN};
use veldpost_envelope::act::{Act, ActHead, EndReason, InviteEnd, create};
use veldpost_envelope::genesis::RegionForm;
use veldpost_envelope::invitation::{LinkProblem, Origin};
use veldpost_envelope::roster::Admission;
use veldpost_envelope::secret::Secret;
use veldpost_envelope::wire::{Call, Code, Incarnation, RosterAnswer, RosterHead};
use veldpost_envelope::{Join, Link, RegionId, Roster};
use veldpost_relay::Founding;
use veldpost_store::Shelf;
use veldpost_sync::enrol::Remedy;
use veldpost_sync::rows::{JOIN, JoinRow};
use veldpost_sync::{Enrol, EnrolProblem, Progress};

fn world() -> (Letterbox, Office) {
    let mut letterbox = Letterbox::new(Founding::Open);
    let office = Office::new(1, &mut letterbox);
    (letterbox, office)
}

fn invited(wanted: &Wanted) -> (Letterbox, Office, Link) {
    let (mut letterbox, mut office) = world();
    let link = office.invite(wanted, &mut letterbox);
    (letterbox, office, link)
}

/// What becomes of a newcomer with this link.
fn problem(link: &Link, letterbox: &mut Letterbox) -> Option<EnrolProblem> {
    let mut newcomer = Newcomer::new(50, link.clone());
    newcomer.read(letterbox);
    newcomer.problem()
}

// The way in.

#[test]
fn a_newcomer_reads_who_invites_agrees_and_joins() {
    for (wanted, count_only) in [(single(), false), (evening(9), true), (desk(), true)] {
        let (mut letterbox, office, link) = invited(&wanted);
        let mut newcomer = Newcomer::new(50, link.clone());
        newcomer.read(&mut letterbox);
        let Progress::Offered(offer) = newcomer.enrol.progress() else {
            panic!("{:?}", newcomer.enrol.progress());
        };
        assert_eq!(
            (
                offer.region.as_str(),
                offer.inviter.as_str(),
                offer.organisation.as_deref()
            ),
            ("Heuvelland", "Ann", Some("De Brug"))
        );
        assert_eq!(
            (offer.form, offer.is_count_only()),
            (wanted.form, count_only)
        );
        assert_eq!(
            (&offer.roles, offer.uses, offer.ends),
            (&wanted.roles, wanted.uses, wanted.ends)
        );
        assert_eq!(letterbox.count(Call::Join), 0, "nobody was asked yet");
        newcomer.agree(&mut letterbox);
        let enrolled = newcomer.enrolled();
        assert_eq!(enrolled.origin, ORIGIN);
        assert_eq!(enrolled.acts, office.acts);
        assert_eq!(enrolled.roster, office.roster);
        assert_eq!(enrolled.settings.number(), office.settings.number());
        assert_eq!(
            enrolled.settings.secret().bytes(),
            office.settings.secret().bytes()
        );
        assert_eq!(enrolled.stamp, Some((NOW, 1)));
        assert!(!enrolled.frozen);
        let join = Join::from_bytes(&enrolled.row.join).unwrap();
        assert!(join.verify_with(&link.keys()).is_ok());
        assert_eq!(join.open_name(&link.keys()).unwrap().as_str(), "Bo");
        assert_eq!(join.request().roster_head, office.roster.head());
        assert_eq!(
            join.request().encryption,
            newcomer.person.encryption.public()
        );
    }
}

#[test]
fn what_joined_can_be_written_and_read_again() {
    let (mut letterbox, office, link) = invited(&evening(9));
    let mut newcomer = Newcomer::new(50, link.clone());
    newcomer.join(&mut letterbox);
    let enrolled = newcomer.enrol.into_enrolled().unwrap();
    let mut acts = Vec::new();
    for write in enrolled.rows().writes() {
        let veldpost_store::Write::Put { shelf, key, value } = write else {
            panic!("only rows are put");
        };
        match shelf {
            Shelf::Roster => acts.push((key.clone(), value.clone())),
            Shelf::Blobs => {
                assert_eq!(key.as_slice(), link.invitation);
                assert!(link.keys().open_welcome(value).is_ok());
            }
            other => panic!("{other:?}"),
        }
    }
    let expected: Vec<_> = (0_u32..)
        .map(|height| height.to_be_bytes().to_vec())
        .zip(office.acts)
        .collect();
    assert_eq!(acts, expected);
    let relay = enrolled.relay_row();
    assert_eq!((relay.origin.as_str(), relay.position), (ORIGIN, 0));
}

#[test]
fn a_book_is_told_how_its_device_came_and_whom_the_invitation_is_for() {
    for (wanted, group, of_desk) in [
        (single(), false, false),
        (evening(9), true, false),
        (desk(), true, true),
    ] {
        let (mut letterbox, office, link) = invited(&wanted);
        let mut newcomer = Newcomer::new(50, link.clone());
        newcomer.join(&mut letterbox);
        let enrolled = newcomer.enrolled();
        let joined = enrolled.joined();
        assert_eq!((joined.group, joined.desk), (group, of_desk));
        assert_eq!((joined.relay, joined.roles), (ORIGIN, &wanted.roles[..]));
        assert_eq!(
            (joined.roster, joined.acts),
            (&office.roster, &office.acts[..])
        );
        assert!(joined.recovery.is_none());
        let by = joined.came_by.unwrap();
        assert_eq!(by.invitation, link.invitation);
        assert_eq!(by.join, enrolled.row.to_bytes());
        assert!(link.keys().open_welcome(by.welcome).is_ok());
    }
}

#[test]
fn a_roster_of_several_answers_is_read_to_its_end() {
    let (mut letterbox, mut office) = world();
    let link = office.invite(&evening(9), &mut letterbox);
    office.invite(&evening(9), &mut letterbox);
    // An answer has room for the first acts alone.
    let first = roster_answer(&office.roster, &office.acts[..2]);
    letterbox.fail(Call::Roster, first);
    let mut newcomer = Newcomer::new(50, link);
    newcomer.wake(&mut letterbox);
    assert_eq!(letterbox.count(Call::Roster), 2);
    newcomer.agree(&mut letterbox);
    assert_eq!(newcomer.enrolled().acts, office.acts);
}

#[test]
fn the_links_relay_counts_or_else_the_apps_own() {
    let (_, office, link) = invited(&evening(9));
    let with = |relay: Option<Origin>| {
        let link = Link {
            relay,
            ..link.clone()
        };
        let dek = office.founder.encryption.public();
        let enrol = Enrol::begin(link, "https://app.example", office.founder.signing(), dek);
        enrol.unwrap().origin().to_owned()
    };
    assert_eq!(with(Origin::parse(ORIGIN)), ORIGIN);
    assert_eq!(with(None), "https://app.example");
    let link = Link {
        relay: None,
        ..link
    };
    let dek = office.founder.encryption.public();
    let wrong = Enrol::begin(link, "not an origin", office.founder.signing(), dek);
    assert_eq!(wrong.err(), Some(EnrolProblem::Origin));
}

#[test]
fn a_region_of_one_takes_newcomers_and_a_practice_region_does_not() {
    let mut letterbox = Letterbox::new(Founding::Open);
    let mut office = Office::of_form(1, RegionForm::OfOne);
    let genesis = office.acts.remove(0);
    office.offer(genesis, &mut letterbox);
    let link_of_one = office.invite(&single(), &mut letterbox);
    assert_eq!(problem(&link_of_one, &mut letterbox), None);

    let practice = Office::of_form(2, RegionForm::Practice);
    let link = link(practice.roster.region(), &mut Seeded(5));
    letterbox.fail(
        Call::Roster,
        roster_answer(&practice.roster, &practice.acts),
    );
    assert_eq!(problem(&link, &mut letterbox), Some(EnrolProblem::Practice));
}

fn roster_answer(roster: &Roster, acts: &[Vec<u8>]) -> Fault {
    let answer = RosterAnswer {
        head: RosterHead {
            incarnation: Incarnation([1; 16]),
            height: roster.height(),
            head: roster.head(),
        },
        acts: acts.iter().map(Vec::as_slice).collect(),
    };
    Fault::Else(200, "application/cbor", answer.to_bytes())
}

// What is no way in.

#[test]
fn a_text_that_is_no_link_and_a_newer_one_are_told_apart() {
    let (_, _, link) = invited(&evening(9));
    let text = link.fragment().to_string();
    assert!(Enrol::read_link(&format!("https://app.example/#{text}")).is_ok());
    let newer = text.replacen('j', "k", 1);
    let problem = Enrol::read_link(&newer).unwrap_err();
    assert_eq!(problem, EnrolProblem::NewerLink);
    assert_eq!(problem.remedy(), Remedy::Update);
    let cut = text.trim_end_matches(|c| c != '.');
    let cut = Enrol::read_link(cut).unwrap_err();
    assert_eq!(cut.remedy(), Remedy::TakeTheLinkAgain);
    let other = Enrol::read_link("https://example.org/").unwrap_err();
    assert_eq!(other, EnrolProblem::NotALink(LinkProblem::NotAnInvitation));
}

#[test]
fn a_region_that_the_relay_does_not_know_and_another_one_are_told_apart() {
    let (mut letterbox, office, link) = invited(&evening(9));
    let elsewhere = Link {
        region: RegionId([9; 32]),
        ..link
    };
    let unknown = problem(&elsewhere, &mut letterbox);
    assert_eq!(unknown, Some(EnrolProblem::RegionUnknown));
    letterbox.fail(Call::Roster, roster_answer(&office.roster, &office.acts));
    let other = problem(&elsewhere, &mut letterbox);
    assert_eq!(other, Some(EnrolProblem::OtherRegion));
}

#[test]
fn an_invitation_that_is_not_there_or_not_the_links_is_refused() {
    let (mut letterbox, _, link) = invited(&evening(9));
    let unknown = Link {
        invitation: [7; 16],
        ..link.clone()
    };
    assert_eq!(
        problem(&unknown, &mut letterbox),
        Some(EnrolProblem::Unknown)
    );
    let forged = Link {
        secret: Secret::generate(&mut Seeded(3)),
        ..link
    };
    assert_eq!(problem(&forged, &mut letterbox), Some(EnrolProblem::Forged));
    assert_eq!(letterbox.count(Call::Welcome), 0);
}

#[test]
fn an_invitation_that_ended_expired_froze_or_is_used_up_says_which() {
    let ended = |why| {
        let (mut letterbox, mut office, link) = invited(&evening(9));
        let end = Act::InviteEnd(InviteEnd {
            id: link.invitation,
            why,
        });
        let next = office.roster.next(&office.founder.signing, NOW);
        let act = next.sign(&end).unwrap();
        office.offer(act, &mut letterbox);
        problem(&link, &mut letterbox)
    };
    let leaked = ended(EndReason::Leaked);
    assert_eq!(leaked, Some(EnrolProblem::Ended(Some(EndReason::Leaked))));
    assert_eq!(ended(EndReason::Frozen), Some(EnrolProblem::Frozen));

    let (mut letterbox, mut office, link) = invited(&single());
    let mut first = Newcomer::new(60, link.clone());
    first.join(&mut letterbox);
    let join = first.row.unwrap().join;
    office.admit(&join, &single().roles, &mut letterbox);
    assert_eq!(problem(&link, &mut letterbox), Some(EnrolProblem::UsedUp));
}

#[test]
fn an_invitation_ends_by_the_relays_clock_not_by_the_newcomers() {
    let (mut letterbox, _, link) = invited(&evening(9));
    let mut wrong_clock = Newcomer::new(50, link.clone());
    wrong_clock.now = NOW + 3 * DAY;
    wrong_clock.read(&mut letterbox);
    assert!(
        wrong_clock.enrol.offer().is_some(),
        "{:?}",
        wrong_clock.enrol.progress()
    );
    letterbox.now = NOW + DAY;
    let mut late = Newcomer::new(51, link.clone());
    late.read(&mut letterbox);
    assert_eq!(late.problem(), Some(EnrolProblem::Expired));

    // Between the offer and the join.
    letterbox.now = NOW + DAY - HOUR;
    let mut slow = Newcomer::new(52, link.clone());
    slow.read(&mut letterbox);
    slow.now += DAY;
    let agreed = slow.enrol.agree("Bo", slow.now, &mut slow.rng);
    assert_eq!(agreed.err(), Some(EnrolProblem::Expired));
    assert_eq!(slow.problem(), Some(EnrolProblem::Expired));

    letterbox.now = NOW + DAY - HOUR;
    let mut sent_late = Newcomer::new(53, link);
    sent_late.read(&mut letterbox);
    letterbox.now += HOUR;
    sent_late.agree(&mut letterbox);
    assert_eq!(sent_late.problem(), Some(EnrolProblem::Expired));
}

#[test]
fn who_was_invited_by_somebody_removed_is_told() {
    let (mut letterbox, mut office, _) = invited(&single());
    let second = Person::new(70);
    let admission = Admission {
        device: second.with(&single().roles),
        invitation: None,
        join: None,
        words: true,
    };
    let opened = office.roster.open_all(&office.founder.encryption);
    let next = office.roster.next(&office.founder.signing, NOW);
    let act = next.device_add(&[admission], &opened).unwrap();
    office.offer(act, &mut letterbox);
    let link = link(office.roster.region(), &mut office.rng);
    let act = letterbox::people::invite(&office.roster, &second, &link, &evening(9));
    office.offer(act, &mut letterbox);
    let removed = veldpost_envelope::act::Removed {
        device: second.key(),
        why: veldpost_envelope::act::RemovalReason::Left,
        streams: Vec::new(),
    };
    let next = office.roster.next(&office.founder.signing, NOW);
    let act = next.device_remove(vec![removed], &mut office.rng).unwrap();
    office.offer(act, &mut letterbox);
    assert_eq!(
        problem(&link, &mut letterbox),
        Some(EnrolProblem::InviterGone)
    );

    // And whoever was removed does not come back with the same key.
    let link = office.invite(&evening(9), &mut letterbox);
    let mut back = Newcomer::new(70, link);
    back.read(&mut letterbox);
    assert_eq!(back.problem(), Some(EnrolProblem::Removed));
}

#[test]
fn a_group_that_is_full_is_told_by_the_relay() {
    let (mut letterbox, _, link) = invited(&desk());
    for seed in [50, 51] {
        let mut newcomer = Newcomer::new(seed, link.clone());
        newcomer.join(&mut letterbox);
        assert!(!newcomer.enrolled().frozen);
    }
    let mut third = Newcomer::new(52, link);
    third.join(&mut letterbox);
    assert_eq!(third.problem(), Some(EnrolProblem::UsedUp));
}

#[test]
fn two_by_one_single_invitation_are_both_frozen() {
    let (mut letterbox, _, link) = invited(&single());
    let mut people = [50, 51, 52].map(|seed| Newcomer::new(seed, link.clone()));
    for newcomer in &mut people {
        newcomer.join(&mut letterbox);
    }
    let [first, second, third] = &mut people;
    assert_eq!(second.enrolled().stamp, Some((NOW, 2)));
    assert!(second.enrolled().frozen);
    assert_eq!(
        third.problem(),
        Some(EnrolProblem::Frozen),
        "its join is not kept"
    );
    // The first one learns it when it asks again.
    assert!(!first.enrolled().frozen);
    first.again().unwrap();
    first.read(&mut letterbox);
    assert!(first.enrolled().frozen);
    assert_eq!(first.enrolled().stamp, Some((NOW, 1)));
}

#[test]
fn a_roster_that_does_not_verify_is_refused() {
    let (mut letterbox, office, link) = invited(&evening(9));
    let mut forged = office.acts.clone();
    *forged.last_mut().unwrap().last_mut().unwrap() ^= 1;
    letterbox.fail(Call::Roster, roster_answer(&office.roster, &forged));
    assert_eq!(
        problem(&link, &mut letterbox),
        Some(EnrolProblem::RosterBroken)
    );
    // Another head than the acts lead to.
    let (mut letterbox, office, link) = invited(&evening(9));
    let answer = RosterAnswer {
        head: RosterHead {
            incarnation: Incarnation([1; 16]),
            height: office.roster.height(),
            head: veldpost_envelope::ActHash([4; 32]),
        },
        acts: office.acts.iter().map(Vec::as_slice).collect(),
    };
    let answer = Fault::Else(200, "application/cbor", answer.to_bytes());
    letterbox.fail(Call::Roster, answer);
    assert_eq!(
        problem(&link, &mut letterbox),
        Some(EnrolProblem::RosterBroken)
    );
}

#[test]
fn a_roster_without_the_invitation_is_less_than_the_link_vouches_for() {
    let (mut letterbox, mut office) = world();
    let before = (office.roster.clone(), office.acts.clone());
    let link = office.invite(&evening(9), &mut letterbox);
    letterbox.fail(Call::Roster, roster_answer(&before.0, &before.1));
    assert_eq!(problem(&link, &mut letterbox), Some(EnrolProblem::Unknown));
}

#[test]
fn a_welcome_that_is_missing_or_anothers_is_said() {
    let (mut letterbox, mut office) = world();
    let link = office.invite_without_welcome(&evening(9), &mut letterbox);
    let missing = problem(&link, &mut letterbox).unwrap();
    assert_eq!(missing, EnrolProblem::NoWelcome);
    assert_eq!(missing.remedy(), Remedy::TryLater);
    let other = office.invite_without_welcome(&evening(9), &mut letterbox);
    let welcome = letterbox::people::welcome(&office.settings);
    let sealed = other
        .keys()
        .seal_welcome(&welcome, &mut office.rng)
        .unwrap();
    office.put_sealed(&link, &sealed, &mut letterbox);
    let wrong = problem(&link, &mut letterbox);
    assert_eq!(wrong, Some(EnrolProblem::WelcomeForged));
}

#[test]
fn a_name_that_is_too_long_can_be_made_shorter() {
    let (mut letterbox, _, link) = invited(&evening(9));
    let mut newcomer = Newcomer::new(50, link);
    assert_eq!(
        newcomer.enrol.agree("Bo", NOW, &mut newcomer.rng).err(),
        Some(EnrolProblem::NotNow)
    );
    newcomer.read(&mut letterbox);
    let long = newcomer
        .enrol
        .agree(&"x".repeat(121), NOW, &mut newcomer.rng);
    assert_eq!(long.err(), Some(EnrolProblem::Name));
    newcomer.agree(&mut letterbox);
    assert!(!newcomer.enrolled().frozen);
    let twice = newcomer.enrol.agree("Bo", NOW, &mut newcomer.rng);
    assert_eq!(twice.err(), Some(EnrolProblem::NotNow));
}

// On the way.

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

// A join that was made is not made twice.

#[test]
fn nothing_is_sent_before_the_row_is_kept() {
    let (mut letterbox, _, link) = invited(&evening(9));
    let mut newcomer = Newcomer::new(50, link);
    newcomer.read(&mut letterbox);
    newcomer.agree_only();
    newcomer.wake(&mut letterbox);
    assert!(matches!(newcomer.enrol.progress(), Progress::Agreed(_)));
    assert_eq!(letterbox.count(Call::Join), 0);
    newcomer.kept(&mut letterbox);
    assert_eq!(letterbox.count(Call::Join), 1);
}

#[test]
fn a_join_whose_answer_was_lost_goes_on_after_a_restart_as_the_same_join() {
    // Even when the invitation ended meanwhile: the relay has it.
    let (mut letterbox, mut office, link) = invited(&evening(9));
    letterbox.fail(Call::Join, Fault::AnswerLost);
    let mut newcomer = Newcomer::new(50, link.clone());
    newcomer.read(&mut letterbox);
    newcomer.agree(&mut letterbox);
    let sent = newcomer.row.clone().unwrap().join;
    let end = Act::InviteEnd(InviteEnd {
        id: link.invitation,
        why: EndReason::NotNeeded,
    });
    let next = office.roster.next(&office.founder.signing, NOW);
    let act = next.sign(&end).unwrap();
    office.offer(act, &mut letterbox);
    letterbox.now += 2 * DAY;
    newcomer.again().unwrap();
    newcomer.read(&mut letterbox);
    let enrolled = newcomer.enrolled();
    assert_eq!(enrolled.stamp, Some((NOW, 1)), "the stamp that it has");
    assert_eq!(enrolled.row.join, sent);
    assert_eq!(enrolled.acts, office.acts);
}

#[test]
fn a_join_that_never_arrived_is_refused_when_the_invitation_ended_meanwhile() {
    let (mut letterbox, _, link) = invited(&evening(9));
    letterbox.fail(Call::Join, Fault::Lost);
    let mut newcomer = Newcomer::new(50, link);
    newcomer.read(&mut letterbox);
    newcomer.agree(&mut letterbox);
    letterbox.now += 2 * DAY;
    newcomer.again().unwrap();
    newcomer.now = letterbox.now;
    newcomer.read(&mut letterbox);
    assert_eq!(newcomer.problem(), Some(EnrolProblem::Expired));
}

#[test]
fn who_was_admitted_meanwhile_is_told_without_another_join() {
    let (mut letterbox, mut office, link) = invited(&single());
    letterbox.fail(Call::Join, Fault::AnswerLost);
    let mut newcomer = Newcomer::new(50, link);
    newcomer.read(&mut letterbox);
    newcomer.agree(&mut letterbox);
    let join = newcomer.row.clone().unwrap().join;
    office.admit(&join, &single().roles, &mut letterbox);
    newcomer.again().unwrap();
    newcomer.read(&mut letterbox);
    assert!(newcomer.enrolled().roster.member(&newcomer.person.key()));
    assert_eq!(newcomer.enrolled().stamp, None);
    assert_eq!(letterbox.count(Call::Join), 1);
}

#[test]
fn a_relay_that_shows_less_than_at_the_join_is_refused() {
    let (mut letterbox, mut office) = world();
    let link = office.invite(&evening(9), &mut letterbox);
    let less = (office.roster.clone(), office.acts.clone());
    office.invite(&evening(9), &mut letterbox);
    letterbox.fail(Call::Join, Fault::Lost);
    let mut newcomer = Newcomer::new(50, link);
    newcomer.read(&mut letterbox);
    newcomer.agree(&mut letterbox);
    newcomer.again().unwrap();
    letterbox.fail(Call::Roster, roster_answer(&less.0, &less.1));
    newcomer.read(&mut letterbox);
    assert_eq!(newcomer.problem(), Some(EnrolProblem::RosterBroken));
}

#[test]
fn a_row_of_another_device_is_not_gone_on_with() {
    let (mut letterbox, _, link) = invited(&evening(9));
    let mut newcomer = Newcomer::new(50, link);
    newcomer.join(&mut letterbox);
    newcomer.person = Person::new(51);
    assert_eq!(newcomer.again().err(), Some(EnrolProblem::Row));
    newcomer.person = Person::new(50);
    newcomer.row.as_mut().unwrap().secret = Secret::generate(&mut Seeded(3));
    assert_eq!(newcomer.again().err(), Some(EnrolProblem::Row));
}

#[test]
fn the_row_of_a_join_is_byte_for_byte_the_formats() {
    let row = JoinRow {
        region: RegionId([0x11; 32]),
        relay: "https://r.example".to_owned(),
        invitation: [0x22; 16],
        secret: Secret::copy_from(&[0x33; 32]),
        join: vec![0x44, 0x45],
        at: 1_794_600_000_000,
    };
    let hex: String = row
        .to_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let expected = [
        "8701",
        &format!("5820{}", "11".repeat(32)),
        "7168747470733a2f2f722e6578616d706c65",
        &format!("50{}", "22".repeat(16)),
        &format!("5820{}", "33".repeat(32)),
        "424445",
        "1b000001a1d67eda00",
    ];
    assert_eq!(JOIN, b"join");
    assert_eq!(hex, expected.concat());
    let read = JoinRow::from_bytes(&row.to_bytes()).unwrap();
    assert_eq!(read.to_bytes(), row.to_bytes());
    // A field of later is passed over; another version is not read.
    let mut later = row.to_bytes().to_vec();
    later[0] = 0x88;
    later.push(0xf6);
    assert_eq!(
        JoinRow::from_bytes(&later).unwrap().to_bytes(),
        row.to_bytes()
    );
    let mut newer = row.to_bytes().to_vec();
    newer[1] = 2;
    assert!(JoinRow::from_bytes(&newer).is_none());
    let shown = format!("{row:?}");
    assert!(
        !shown.contains("51, 51") && !shown.contains("3333"),
        "{shown}"
    );
}

#[test]
fn behind_an_act_of_later_an_invitation_asks_for_an_update_and_before_it_goes_on() {
    let (mut letterbox, mut office, before) = invited(&evening(9));
    let head = ActHead {
        kind: 99,
        region: Some(office.roster.region()),
        height: office.roster.height() + 1,
        prev: Some(office.roster.head()),
        at: NOW,
    };
    let act = create(&head, &Act::Unknown(99), &office.founder.signing).unwrap();
    office.offer(act, &mut letterbox);
    assert_eq!(problem(&before, &mut letterbox), None);
    let unknown = link(office.roster.region(), &mut Seeded(8));
    let behind = problem(&unknown, &mut letterbox).unwrap();
    assert_eq!(behind, EnrolProblem::UpdateNeeded);
    assert_eq!(behind.remedy(), Remedy::Update);
}
