//! How somebody with an invitation joins.

use super::*;

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
