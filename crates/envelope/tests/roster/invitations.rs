//! Invitations: what may be opened, what admits, what ended.

use crate::support::region::{
    ALL_COORDINATED, AT, DAY, Region, admission, decoded, new_invite, proof,
};
use veldpost_envelope::EnvelopeError;
use veldpost_envelope::act::{Act, EndReason, Invite, InviteEnd, InviteForm, SignedAct};
use veldpost_envelope::genesis::{RegionForm, Role};
use veldpost_envelope::roster::{Admission, MAX_OPEN_INVITATIONS, Reason, Taken};
use veldpost_envelope::secret::Secret;

fn invite(region: &Region, form: InviteForm, roles: &[Role]) -> Vec<u8> {
    let key = Secret::copy_from(&[5; 32]);
    let new = new_invite(1, form, roles);
    let next = region.next(&region.founder);
    next.invite(new, |bytes| proof(&key, bytes)).unwrap()
}

fn outcome(form: InviteForm, change: impl FnOnce(&mut Invite)) -> Taken {
    let region = Region::of_one(600);
    let act = invite(&region, form, &[Role::Counter]);
    region.changed(&region.founder, &act, |act| match act {
        Act::Invite(invite) => change(invite),
        _ => unreachable!(),
    })
}

#[test]
fn a_single_invitation_has_one_use() {
    for (uses, expected) in [
        (0, Taken::WithoutEffect(Reason::Uses)),
        (1, Taken::Applied),
        (2, Taken::WithoutEffect(Reason::Uses)),
    ] {
        let taken = outcome(InviteForm::Single, |invite| invite.uses = uses);
        assert_eq!(taken, expected, "{uses}");
    }
}

#[test]
fn a_group_invitation_has_2_to_1_000_uses() {
    for form in [InviteForm::Evening, InviteForm::Desk] {
        for (uses, good) in [(1, false), (2, true), (1_000, true), (1_001, false)] {
            let taken = outcome(form, |invite| invite.uses = uses);
            assert_eq!(taken == Taken::Applied, good, "{uses}");
        }
    }
}

#[test]
fn a_group_invitation_gives_roles_of_the_field_only() {
    let refused = Taken::WithoutEffect(Reason::GroupRoles);
    for role in ALL_COORDINATED
        .into_iter()
        .chain([Role::Unknown(5), Role::Unknown(0)])
    {
        for form in [InviteForm::Evening, InviteForm::Desk] {
            let taken = outcome(form, |invite| invite.roles.push(role));
            assert_eq!(taken, refused, "{role:?}");
        }
        let taken = outcome(InviteForm::Single, |invite| invite.roles.push(role));
        assert_eq!(taken, Taken::Applied, "{role:?}");
    }
}

#[test]
fn an_invitation_lives_90_days_at_most() {
    let taken = |ends| outcome(InviteForm::Single, |invite| invite.ends = ends);
    assert_eq!(taken(AT + 90 * DAY), Taken::Applied);
    let refused = Taken::WithoutEffect(Reason::Ends);
    assert_eq!(taken(AT + 90 * DAY + 1), refused);
    assert_eq!(taken(i64::MAX), refused);
}

#[test]
fn the_id_of_an_invitation_is_new_even_when_the_first_ended() {
    let mut region = Region::of_one(601);
    region.invite(new_invite(1, InviteForm::Single, &[Role::Counter]));
    let end = InviteEnd {
        id: [1; 16],
        why: EndReason::NotNeeded,
    };
    region.apply(region.next(&region.founder).sign(&Act::InviteEnd(end)));
    let key = Secret::copy_from(&[5; 32]);
    let again = new_invite(1, InviteForm::Single, &[Role::Counter]);
    let again = region
        .next(&region.founder)
        .invite(again, |bytes| proof(&key, bytes));
    let refused = EnvelopeError::WithoutEffect(Reason::Invitation);
    assert_eq!(again, Err(refused));
}

#[test]
fn at_most_200_invitations_are_open_and_an_ended_one_makes_room() {
    let mut region = Region::of_one(602);
    let with_id = |region: &Region, id: usize| {
        let mut new = new_invite(0, InviteForm::Single, &[Role::Counter]);
        new.id[..8].copy_from_slice(&(id as u64).to_be_bytes());
        region.next(&region.founder).invite(new, |_| [0; 16])
    };
    for id in 0..MAX_OPEN_INVITATIONS {
        region.apply(with_id(&region, id));
    }
    let refused = EnvelopeError::WithoutEffect(Reason::Limit);
    assert_eq!(with_id(&region, 500), Err(refused));
    let end = InviteEnd {
        id: [0; 16],
        why: EndReason::NotNeeded,
    };
    region.apply(region.next(&region.founder).sign(&Act::InviteEnd(end)));
    region.apply(with_id(&region, 500));
}

#[test]
fn an_invitation_is_open_until_it_ends_is_used_up_or_its_time_is_over() {
    let mut region = Region::of_one(603);
    region.invite(new_invite(1, InviteForm::Single, &[Role::Counter]));
    let is_open = |region: &Region, at| region.roster.invitation(&[1; 16]).unwrap().is_open(at);
    assert!(is_open(&region, AT));
    assert!(!is_open(&region, AT + 7 * DAY));
    let phone = region.phone();
    let mut by_invitation = admission(&phone, &[Role::Counter]);
    by_invitation.invitation = Some([1; 16]);
    let opened = region.opened(&region.founder);
    region.apply(
        region
            .next(&region.founder)
            .device_add(&[by_invitation], &opened),
    );
    assert!(!is_open(&region, AT));
    let admitted = &region.roster.invitation(&[1; 16]).unwrap().admitted;
    assert!(admitted.iter().eq([&phone.key()]));
    let device = region.roster.device(&phone.key()).unwrap();
    assert_eq!(device.invitations, [[1; 16]]);
}

#[test]
fn the_latest_reason_why_an_invitation_ended_is_the_one_shown() {
    let mut region = Region::of_one(604);
    region.invite(new_invite(1, InviteForm::Evening, &[Role::Counter]));
    for why in [
        EndReason::NotNeeded,
        EndReason::Leaked,
        EndReason::Unknown(9),
    ] {
        let end = InviteEnd { id: [1; 16], why };
        region.apply(region.next(&region.founder).sign(&Act::InviteEnd(end)));
        let invitation = region.roster.invitation(&[1; 16]).unwrap();
        assert_eq!(invitation.ended, Some(why));
    }
}

/// Admits new phones by invitation 1, which is of this form.
fn admit(form: InviteForm, phones: usize, words: bool, ended: bool) -> Result<(), EnvelopeError> {
    let mut region = Region::of_one(605);
    region.invite(new_invite(1, form, &[Role::Counter]));
    if ended {
        let end = InviteEnd {
            id: [1; 16],
            why: EndReason::Frozen,
        };
        region.apply(region.next(&region.founder).sign(&Act::InviteEnd(end)));
    }
    let admissions: Vec<_> = (0..phones)
        .map(|_| Admission {
            invitation: Some([1; 16]),
            words,
            ..admission(&region.phone(), &[Role::Counter])
        })
        .collect();
    let opened = region.opened(&region.founder);
    let act = region
        .next(&region.founder)
        .device_add(&admissions, &opened)?;
    assert_eq!(region.take(act), Taken::Applied);
    Ok(())
}

#[test]
fn a_single_invitation_admits_one_device_after_words() {
    let refused = |reason| Err(EnvelopeError::WithoutEffect(reason));
    assert_eq!(admit(InviteForm::Single, 1, true, false), Ok(()));
    assert_eq!(
        admit(InviteForm::Single, 1, false, false),
        refused(Reason::Words)
    );
    assert_eq!(
        admit(InviteForm::Single, 2, true, false),
        refused(Reason::Invitation)
    );
}

#[test]
fn a_frozen_single_invitation_admits_nobody() {
    let refused = Err(EnvelopeError::WithoutEffect(Reason::Invitation));
    assert_eq!(admit(InviteForm::Single, 1, true, true), refused);
}

#[test]
fn a_group_is_admitted_as_a_list_without_words_even_after_its_link_ended() {
    assert_eq!(admit(InviteForm::Evening, 60, false, false), Ok(()));
    assert_eq!(admit(InviteForm::Desk, 2, false, true), Ok(()));
}

#[test]
fn a_second_device_by_a_used_single_invitation_stays_outside() {
    let mut region = Region::of_one(606);
    region.invite(new_invite(1, InviteForm::Single, &[Role::Counter]));
    let by = |region: &mut Region, id| {
        let mut admission = admission(&region.phone(), &[Role::Counter]);
        admission.invitation = Some(id);
        let opened = region.opened(&region.founder);
        region
            .next(&region.founder)
            .device_add(&[admission], &opened)
    };
    let first = by(&mut region, [1; 16]);
    region.apply(first);
    let refused = Err(EnvelopeError::WithoutEffect(Reason::Invitation));
    assert_eq!(by(&mut region, [1; 16]), refused);
    assert_eq!(by(&mut region, [2; 16]), refused, "unknown");
}

#[test]
fn a_practice_region_invites_nobody_and_adds_nobody() {
    let mut region = Region::founded(607, RegionForm::Practice);
    let refused = Err(EnvelopeError::WithoutEffect(Reason::Practice));
    let new = new_invite(1, InviteForm::Single, &[Role::Counter]);
    assert_eq!(
        region.next(&region.founder).invite(new, |_| [0; 16]),
        refused
    );
    let phone = region.phone();
    let opened = region.opened(&region.founder);
    let add = [admission(&phone, &[Role::Counter])];
    assert_eq!(
        region.next(&region.founder).device_add(&add, &opened),
        refused
    );
}

#[test]
fn an_invitations_proof_is_over_everything_before_it() {
    let region = Region::of_one(608);
    let act = invite(&region, InviteForm::Single, &[Role::Counter]);
    let signed = SignedAct::open(&act).unwrap();
    let Act::Invite(invite) = decoded(&act) else {
        unreachable!()
    };
    let key = Secret::copy_from(&[5; 32]);
    assert_eq!(invite.proof, proof(&key, signed.proven().unwrap()));
    let prev = region.roster.head();
    let proven = signed.proven().unwrap();
    assert!(proven.windows(32).any(|window| window == prev.0));
    assert!(!proven.windows(16).any(|window| window == invite.proof));
    let release = region.raw(&region.founder, &Act::Unknown(90));
    assert!(SignedAct::open(&release).unwrap().proven().is_err());
}
