//! What a roster is asked about now, and about the time of an entry.

use crate::support::region::{ALL_COORDINATED, Region};
use veldpost_envelope::genesis::Role;
use veldpost_envelope::{ActHash, Purpose};

#[test]
fn roles_are_those_of_the_act_that_an_entry_names() {
    let mut region = Region::of_one(1200);
    let founder = region.founder.clone();
    let genesis = region.roster.head();
    let phone = region.add(&[Role::Counter]);
    let added = region.roster.head();
    let act = region.add_act(&founder, &phone, &[Role::Coordinator(Purpose::Count)]);
    region.apply(Ok(act));
    let raised = region.roster.head();
    region.remove(&founder, &phone);
    let removed = region.roster.head();

    let roles = |act: &ActHash| region.roster.roles_at(act, &phone.key());
    assert_eq!(roles(&genesis), Some(Vec::new()));
    assert_eq!(roles(&added), Some(vec![Role::Counter]));
    let both = vec![Role::Counter, Role::Coordinator(Purpose::Count)];
    assert_eq!(roles(&raised), Some(both));
    assert_eq!(roles(&removed), Some(Vec::new()));
    assert_eq!(roles(&ActHash([1; 32])), None);
    assert!(region.roster.roles(&phone.key()).is_empty());

    let coordinated = |act: &ActHash| {
        region
            .roster
            .coordinated_at(act, &phone.key(), Purpose::Count)
    };
    let answers = [genesis, added, raised, removed].map(|act| coordinated(&act));
    assert_eq!(answers, [false, false, true, false]);
    assert!(!coordinated(&ActHash([1; 32])));
}

#[test]
fn who_coordinates_a_purpose_now_is_known_by_key() {
    let mut region = Region::of_one(1201);
    let all = region.add(&ALL_COORDINATED);
    let one = region.add(&[Role::Coordinator(Purpose::Intake)]);
    let of = |purpose| -> Vec<_> {
        let coordinators = region.roster.coordinators(purpose);
        coordinators.map(|(key, _)| *key).collect()
    };
    let mut expected = [region.founder.key(), all.key(), one.key()];
    expected.sort_unstable();
    assert_eq!(of(Purpose::Intake), expected);
    assert_eq!(of(Purpose::Count).len(), 2);
    assert!(region.roster.coordinates(&one.key(), Purpose::Intake));
    assert!(!region.roster.coordinates(&one.key(), Purpose::Count));
    assert_eq!(region.roster.members().count(), 3);
}

#[test]
fn a_roster_begins_with_what_genesis_says() {
    let mut region = Region::of_one(1202);
    let roster = &region.roster;
    assert_eq!((roster.height(), roster.head().0), (0, roster.region().0));
    assert!(roster.contains(&roster.head()) && roster.member(&region.founder.key()));
    assert!(roster.is_kit(&region.kit) && !roster.is_ready() && !roster.is_newer());
    for purpose in Purpose::ALL {
        assert_eq!(roster.epoch(purpose).unwrap().epoch, 1);
        let opened = roster.open_epoch(purpose, 1, &region.founder.encryption);
        assert_eq!(opened.unwrap().public(), roster.epoch(purpose).unwrap());
    }
    assert_eq!(roster.settings_keys().count(), 1);
    assert_eq!(roster.invitations().count(), 0);
    let opened = region.opened(&region.founder);
    assert!(region.roster.recompute(&opened).is_empty());
    let stranger = region.phone();
    assert!(region.roster.device(&stranger.key()).is_none());
    assert!(region.opened(&stranger).settings.is_empty());
}
