//! What is no way in, and which it is.

use super::*;

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
