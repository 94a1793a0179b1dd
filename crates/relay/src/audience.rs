//! Who gets what in a page, as data.
//!
//! Not here: the page (`relay::pages`), and reading what is in it.

use crate::store::{Class, Interest, Of, Purposes};
use std::collections::BTreeSet;
use veldpost_envelope::genesis::Role;
use veldpost_envelope::{DevicePublic, Purpose, Roster};

/// What a reader is, for the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Of the purposes that it coordinates.
    Coordinator,
    /// Of its organisation's devices.
    OrganisationCoordinator,
    /// Everybody, those above too.
    Anybody,
}

/// Whose items of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Those of the purposes that the reader coordinates.
    Coordinated,
    /// Those of the purposes of the reader's roles.
    OfItsRoles,
    /// Those of the count.
    OfTheCount,
    /// Those of devices that came by invitations of the reader's organisation.
    OfItsOrganisation,
    /// The reader's own.
    Own,
}

/// One cell of the table in `docs/format.md` section 19.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Who.
    pub reader: Reader,
    /// Gets what,
    pub class: Class,
    /// and whose.
    pub whose: Whose,
}

const fn rule(reader: Reader, class: Class, whose: Whose) -> Rule {
    Rule {
        reader,
        class,
        whose,
    }
}

/// The table.
pub const RULES: [Rule; 13] = [
    rule(Reader::Coordinator, Class::Run, Whose::Coordinated),
    rule(Reader::Coordinator, Class::Fork, Whose::Coordinated),
    rule(Reader::Coordinator, Class::Receipt, Whose::Coordinated),
    rule(Reader::Coordinator, Class::Erase, Whose::Coordinated),
    rule(Reader::Coordinator, Class::Checkpoint, Whose::Coordinated),
    rule(Reader::Coordinator, Class::Join, Whose::Coordinated),
    rule(
        Reader::OrganisationCoordinator,
        Class::Receipt,
        Whose::OfItsOrganisation,
    ),
    rule(
        Reader::OrganisationCoordinator,
        Class::Erase,
        Whose::OfItsOrganisation,
    ),
    rule(
        Reader::OrganisationCoordinator,
        Class::Checkpoint,
        Whose::OfTheCount,
    ),
    rule(Reader::Anybody, Class::Fork, Whose::Own),
    rule(Reader::Anybody, Class::Receipt, Whose::Own),
    rule(Reader::Anybody, Class::Erase, Whose::Own),
    rule(Reader::Anybody, Class::Checkpoint, Whose::OfItsRoles),
];

/// What one device may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience {
    /// What the store is asked for.
    pub interests: Vec<Interest>,
    /// The purposes of which it gets checkpoints whole; others come without heads.
    pub whole: Purposes,
}

impl Audience {
    /// By the newest roster.
    #[must_use]
    pub fn of(roster: &Roster, device: &DevicePublic) -> Self {
        let roles = match roster.device(device) {
            Some(known) => known.roles_at(roster.height()),
            None => Vec::new(),
        };
        let coordinates = |purpose: &Purpose| roster.coordinates(device, *purpose);
        let coordinated: Purposes = Purpose::ALL.into_iter().filter(coordinates).collect();
        let is = |reader| match reader {
            Reader::Coordinator => !coordinated.is_empty(),
            Reader::OrganisationCoordinator => roles.contains(&Role::OrganisationCoordinator),
            Reader::Anybody => true,
        };
        let whose = |whose| match whose {
            Whose::Coordinated => Of::Purposes(coordinated),
            Whose::OfItsRoles => Of::Purposes(roles.iter().map(|role| role.purpose()).collect()),
            Whose::OfTheCount => Of::Purposes(Purpose::Count.into()),
            Whose::OfItsOrganisation => Of::Devices(of_its_organisation(roster, device)),
            Whose::Own => Of::Devices(BTreeSet::from([*device])),
        };
        let rules = RULES.iter().filter(|rule| is(rule.reader));
        let interests = rules.map(|rule| Interest {
            class: rule.class,
            of: whose(rule.whose),
        });
        Self {
            interests: interests.collect(),
            whole: coordinated,
        }
    }
}

/// Devices that came by an invitation of an organisation by whose invitation this one came.
fn of_its_organisation(roster: &Roster, device: &DevicePublic) -> BTreeSet<DevicePublic> {
    let organisation = |id: &[u8; 16]| roster.invitation(id)?.invite.organisation;
    let known = roster.device(device).into_iter();
    let own: BTreeSet<_> = known
        .flat_map(|known| &known.invitations)
        .filter_map(organisation)
        .collect();
    roster
        .invitations()
        .filter(|invitation| {
            let organisation = invitation.invite.organisation;
            organisation.is_some_and(|organisation| own.contains(&organisation))
        })
        .flat_map(|invitation| invitation.admitted.iter().copied())
        .collect()
}
