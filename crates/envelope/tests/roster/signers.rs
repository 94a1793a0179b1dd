//! The table: who may sign what. Each kind of act is tried by each kind of signer.

use crate::support::region::{ALL_COORDINATED, AT, Phone, Region, decoded, new_invite, proof};
use veldpost_domain::CampaignId;
use veldpost_envelope::act::{
    self, Act, EndReason, EpochEnd, EpochNew, FormPublish, InviteEnd, InviteForm, Release,
    SettingsPublish, Snapshot, Stage, StageChange,
};
use veldpost_envelope::genesis::Role;
use veldpost_envelope::roster::{NewInvite, RULES, Reason, Requirement, Taken};
use veldpost_envelope::secret::Secret;
use veldpost_envelope::{EnvelopeError, Purpose};

use Purpose::{Admin, Count, Intake, Signal};

/// A region with one phone for each right that somebody can have.
struct Cast {
    region: Region,
    coordinators: Vec<(Purpose, Phone)>,
    field: Vec<Phone>,
}

fn cast() -> Cast {
    let mut region = Region::of_one(500);
    let coordinators = Purpose::ALL
        .map(|purpose| (purpose, region.add(&[Role::Coordinator(purpose)])))
        .into();
    let field = [
        Role::Counter,
        Role::NeighbourhoodTeam,
        Role::Intaker,
        Role::OrganisationCoordinator,
        Role::Unknown(99),
    ]
    .map(|role| region.add(&[role]))
    .into();
    Cast {
        region,
        coordinators,
        field,
    }
}

impl Cast {
    /// The act has an effect exactly when one of these signs it; the founder coordinates everything.
    fn only(&self, allowed: &[Purpose], act: &Act) {
        self.only_by(allowed, |_| act.clone());
    }

    fn only_by(&self, allowed: &[Purpose], act: impl Fn(&Phone) -> Act) {
        let refused = Taken::WithoutEffect(Reason::Signer);
        for (purpose, phone) in &self.coordinators {
            let expected = if allowed.contains(purpose) {
                Taken::Applied
            } else {
                refused
            };
            let taken = self.region.outcome(phone, &act(phone));
            assert_eq!(taken, expected, "coordinator of {purpose:?}");
        }
        for phone in &self.field {
            let taken = self.region.outcome(phone, &act(phone));
            let roles = self.region.roster.roles(&phone.key());
            assert_eq!(taken, refused, "{roles:?}");
        }
        let founder = &self.region.founder;
        let taken = self.region.outcome(founder, &act(founder));
        assert_eq!(taken, Taken::Applied, "founder");
    }

    fn invite(&self, roles: &[Role]) -> Act {
        let key = Secret::copy_from(&[5; 32]);
        let new: NewInvite = new_invite(1, InviteForm::Single, roles);
        let act = self
            .region
            .next(&self.region.founder)
            .invite(new, |bytes| proof(&key, bytes));
        decoded(&act.unwrap())
    }
}

/// The purpose that each role belongs to.
const ROLES: [(Role, Purpose); 9] = [
    (Role::Counter, Count),
    (Role::NeighbourhoodTeam, Signal),
    (Role::Intaker, Intake),
    (Role::OrganisationCoordinator, Count),
    (Role::Coordinator(Count), Count),
    (Role::Coordinator(Signal), Signal),
    (Role::Coordinator(Intake), Intake),
    (Role::Coordinator(Admin), Admin),
    (Role::Unknown(99), Admin),
];

#[test]
fn the_table_has_one_rule_for_each_kind() {
    let kinds: Vec<_> = RULES.iter().map(|rule| rule.kind).collect();
    assert_eq!(kinds, (act::INVITE..=act::INVITE_END).collect::<Vec<_>>());
    let by_kit = RULES.iter().filter(|rule| rule.signer == Requirement::Kit);
    assert!(by_kit.map(|rule| rule.kind).eq([act::RECOVER]));
}

#[test]
fn who_coordinates_a_roles_purpose_invites_for_it() {
    let cast = cast();
    for (role, purpose) in ROLES {
        cast.only(&[purpose], &cast.invite(&[role]));
    }
}

#[test]
fn an_invite_with_roles_of_two_purposes_takes_a_coordinator_of_both() {
    let cast = cast();
    cast.only(&[], &cast.invite(&[Role::Counter, Role::Intaker]));
}

#[test]
fn who_coordinates_a_roles_purpose_gives_it() {
    let mut cast = cast();
    let new = cast.region.phone();
    for (role, purpose) in ROLES {
        let act = cast.region.add_act(&cast.region.founder, &new, &[role]);
        cast.only(&[purpose], &decoded(&act));
    }
}

#[test]
fn roles_of_two_purposes_are_given_by_a_coordinator_of_both() {
    let mut cast = cast();
    let new = cast.region.phone();
    let act = cast
        .region
        .add_act(&cast.region.founder, &new, &ALL_COORDINATED);
    cast.only(&[], &decoded(&act));
}

#[test]
fn any_coordinator_removes_a_device_that_coordinates_nothing() {
    let cast = cast();
    let counter = &cast.field[0];
    let target = cast.field.last().unwrap();
    for (_, phone) in &cast.coordinators {
        let act = cast.region.clone().remove_act(phone, target).unwrap();
        assert_eq!(cast.region.outcome(phone, &decoded(&act)), Taken::Applied);
        let by_counter = cast.region.outcome(counter, &decoded(&act));
        assert_eq!(by_counter, Taken::WithoutEffect(Reason::Signer));
    }
}

#[test]
fn a_coordinator_is_removed_by_who_coordinates_all_that_it_does() {
    let cast = cast();
    for (purpose, target) in &cast.coordinators {
        for (other, phone) in cast
            .coordinators
            .iter()
            .filter(|(other, _)| other != purpose)
        {
            let act = cast.region.clone().remove_act(phone, target);
            let refused = Err(EnvelopeError::WithoutEffect(Reason::Signer));
            assert_eq!(act, refused, "{other:?} removes {purpose:?}");
        }
        let founder = &cast.region.founder;
        let act = cast.region.clone().remove_act(founder, target).unwrap();
        assert_eq!(cast.region.outcome(founder, &decoded(&act)), Taken::Applied);
    }
}

#[test]
fn who_coordinates_a_purpose_begins_its_epochs_and_ends_them() {
    let mut cast = cast();
    let founder = cast.region.founder.clone();
    for purpose in Purpose::ALL {
        let next = cast.region.roster.next(&founder.signing, AT);
        let act = next.epoch_new(&[purpose], false, Vec::new(), &mut cast.region.rng);
        let act = act.unwrap();
        cast.only(&[purpose], &decoded(&act));
        cast.region.apply(Ok(act));
        let end = EpochEnd {
            purpose,
            epoch: 1,
            open: Vec::new(),
        };
        let end = EpochNew {
            epochs: Vec::new(),
            settings: None,
            ends: vec![end],
        };
        cast.only(&[purpose], &Act::EpochNew(end));
    }
}

#[test]
fn any_coordinator_brings_a_settings_key_and_hands_it_out() {
    let mut cast = cast();
    let founder = cast.region.founder.clone();
    let next = cast.region.roster.next(&founder.signing, AT);
    let act = next.epoch_new(&[], true, Vec::new(), &mut cast.region.rng);
    let mut first = decoded(&act.unwrap());
    cast.only(&Purpose::ALL, &first);

    let Act::EpochNew(new) = &mut first else {
        unreachable!()
    };
    new.settings.as_mut().unwrap().wraps.truncate(3);
    let act = cast.region.raw(&founder, &first);
    cast.region.apply(Ok(act));
    let newest = cast.region.roster.settings_number();
    let key = cast
        .region
        .roster
        .open_settings(newest, &founder.encryption);
    let key = key.or_else(|_| {
        let kit = cast.region.kit.recovery();
        cast.region.roster.open_settings(newest, kit)
    });
    let more = cast
        .region
        .next(&founder)
        .more_settings(&key.unwrap())
        .unwrap();
    cast.only(&Purpose::ALL, &decoded(&more));
}

#[test]
fn who_coordinates_admin_publishes_forms_settings_and_releases() {
    let cast = cast();
    let form = FormPublish {
        number: 1,
        blob: [1; 32],
    };
    cast.only(&[Admin], &Act::FormPublish(form));
    let settings = SettingsPublish {
        number: 1,
        blob: [1; 32],
        cards: Some([2; 32]),
    };
    cast.only(&[Admin], &Act::Settings(settings));
    let release = Release {
        version: "1.2.3".to_owned(),
        manifest: [3; 32],
    };
    cast.only(&[Admin], &Act::Release(release));
}

#[test]
fn who_coordinates_the_count_changes_stages_and_freezes_tables() {
    let cast = cast();
    let campaign = CampaignId([1; 16]);
    let change = StageChange {
        campaign,
        stage: Stage::Practice,
        checkpoint: None,
    };
    cast.only(&[Count], &Act::Stage(change));
    let snapshot = Snapshot {
        campaign,
        version: 1,
        checkpoint: [1; 32],
        number: 1,
        blob: [2; 32],
    };
    cast.only(&[Count], &Act::Snapshot(snapshot));
}

#[test]
fn who_coordinates_one_of_its_purposes_ends_an_invitation() {
    let mut cast = cast();
    let roles = [Role::Counter, Role::Intaker];
    cast.region
        .invite(new_invite(7, InviteForm::Evening, &roles));
    let end = |id| {
        Act::InviteEnd(InviteEnd {
            id: [id; 16],
            why: EndReason::Leaked,
        })
    };
    cast.only(&[Count, Intake], &end(7));
    let unknown = cast.region.outcome(&cast.region.founder, &end(8));
    assert_eq!(unknown, Taken::WithoutEffect(Reason::Signer));
}

#[test]
fn no_member_recovers_a_region() {
    let cast = cast();
    let mut region = cast.region.clone();
    let new = region.phone();
    let device = (new.key(), new.encryption.public());
    let made = region
        .roster
        .recover(&region.kit, device, Vec::new(), AT, &mut region.rng);
    let act = decoded(&made.unwrap().act);
    let members = cast.coordinators.iter().map(|(_, phone)| phone);
    for phone in members.chain(&cast.field).chain([&region.founder, &new]) {
        let refused = region.roster.clone().take(&region.raw(phone, &act));
        assert_eq!(refused, Err(EnvelopeError::Forged("not a member's act")));
    }
}
