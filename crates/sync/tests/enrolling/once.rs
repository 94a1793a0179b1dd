//! A join that was made is not made twice.

use super::*;

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
