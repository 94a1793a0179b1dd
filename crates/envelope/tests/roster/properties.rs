//! Whatever is signed by whomever: who coordinates nothing changes nothing, readers agree, nobody panics.

use crate::support::region::{ALL_COORDINATED, AT, Phone, Region, admission, decoded, new_invite};
use proptest::prelude::*;
use veldpost_domain::CampaignId;
use veldpost_envelope::act::{
    Act, EndReason, EpochEnd, FormPublish, InviteEnd, InviteForm, SettingsPublish, SignedAct,
    Snapshot, Stage, StageChange,
};
use veldpost_envelope::genesis::Role;
use veldpost_envelope::roster::Taken;
use veldpost_envelope::{EnvelopeError, Genesis, Purpose, Roster};

/// What is drawn: which signer, which act, and a number that it makes something of.
type Step = (u8, u8, u8);

const STAGES: [Stage; 5] = [
    Stage::Practice,
    Stage::Open,
    Stage::Grace,
    Stage::Locked,
    Stage::Published,
];

struct Play {
    region: Region,
    phones: Vec<Phone>,
}

impl Play {
    fn new() -> Self {
        let mut region = Region::of_one(1300);
        let mut phones = vec![region.founder.clone()];
        phones.push(region.add(&ALL_COORDINATED));
        phones.push(region.add(&[Role::Coordinator(Purpose::Signal)]));
        phones.push(region.add(&[Role::Counter]));
        phones.push(region.add(&[Role::Intaker, Role::OrganisationCoordinator]));
        phones.push(region.phone());
        Self { region, phones }
    }

    /// An act as the founder, or the signer itself, would make it.
    fn act(&mut self, step: Step) -> Option<Act> {
        let (_, kind, number) = step;
        match kind % 11 {
            kind @ 0..=5 => self.sealed((step.0, kind, number)),
            kind => Some(published(kind, number)),
        }
    }

    /// Acts about members and their secrets.
    fn sealed(&mut self, (who, kind, number): Step) -> Option<Act> {
        let founder = self.region.founder.clone();
        let signer = self.phones[usize::from(who) % self.phones.len()].clone();
        let target = self.phones[usize::from(number) % self.phones.len()].clone();
        let purpose = Purpose::ALL[usize::from(number) % 4];
        let roles = [
            Role::Counter,
            Role::Coordinator(Purpose::Signal),
            Role::Intaker,
        ];
        let role = roles[usize::from(number) % roles.len()];
        let opened = self.region.opened(&founder);
        let next = self.region.roster.next(&founder.signing, AT);
        let rng = &mut self.region.rng;
        let made = match kind {
            0 => {
                let new = new_invite(number, InviteForm::Single, &[role]);
                next.invite(new, |_| [0; 16])
            }
            1 => next.device_add(&[admission(&target, &[role])], &opened),
            2 => {
                let next = self.region.roster.next(&signer.signing, AT);
                next.device_remove(vec![target.removed()], rng)
            }
            3 => next.device_remove(vec![target.removed()], rng),
            4 => next.epoch_new(&[purpose], number > 99, Vec::new(), rng),
            _ => {
                let open = vec![target.key()];
                let epoch = 1;
                let end = EpochEnd {
                    purpose,
                    epoch,
                    open,
                };
                next.epoch_new(&[], false, vec![end], rng)
            }
        };
        made.ok().map(|act| decoded(&act))
    }
}

/// Acts that name ids and hashes.
fn published(kind: u8, number: u8) -> Act {
    let campaign = CampaignId([number % 2; 16]);
    let blob = [number; 32];
    match kind {
        6 => {
            let stage = STAGES[usize::from(number) % STAGES.len()];
            Act::Stage(StageChange {
                campaign,
                stage,
                checkpoint: (stage == Stage::Locked).then_some([1; 32]),
            })
        }
        7 => Act::Snapshot(Snapshot {
            campaign,
            version: u64::from(number % 3),
            checkpoint: [1; 32],
            number: 1,
            blob,
        }),
        8 => Act::Settings(SettingsPublish {
            number: 1,
            blob,
            cards: None,
        }),
        9 => Act::FormPublish(FormPublish { number: 1, blob }),
        _ => Act::InviteEnd(InviteEnd {
            id: [number; 16],
            why: EndReason::Leaked,
        }),
    }
}

/// What an act may change, without its place in the chain.
fn state(roster: &Roster) -> String {
    let keys: Vec<_> = roster.settings_keys().collect();
    let epochs: Vec<_> = Purpose::ALL
        .iter()
        .flat_map(|purpose| roster.epochs(*purpose))
        .collect();
    let campaigns = [0, 1].map(|id| roster.campaign(&CampaignId([id; 16])));
    let members: Vec<_> = roster.members().collect();
    let invitations: Vec<_> = roster.invitations().collect();
    let published = (roster.settings(), roster.forms(), roster.release());
    let kit = (roster.root(), roster.recovery());
    format!("{keys:?}{epochs:?}{campaigns:?}{members:?}{invitations:?}{published:?}{kit:?}")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn who_coordinates_nothing_never_has_an_effect(
        steps in proptest::collection::vec(any::<Step>(), 1..24),
    ) {
        let mut play = Play::new();
        for step in steps {
            let Some(act) = play.act(step) else { continue };
            let signer = play.phones[usize::from(step.0) % play.phones.len()].clone();
            let roster = &play.region.roster;
            let member = roster.member(&signer.key());
            let coordinates = Purpose::ALL.iter().any(|p| roster.coordinates(&signer.key(), *p));
            let before = state(roster);
            let bytes = play.region.raw(&signer, &act);
            match play.region.roster.take(&bytes) {
                Ok(taken) => {
                    prop_assert!(member);
                    play.region.acts.push(bytes);
                    if !coordinates {
                        prop_assert!(matches!(taken, Taken::WithoutEffect(_)));
                    }
                    if matches!(taken, Taken::WithoutEffect(_)) {
                        prop_assert_eq!(state(&play.region.roster), before);
                    }
                }
                Err(problem) => {
                    prop_assert!(!member);
                    prop_assert_eq!(problem, EnvelopeError::Forged("not a member's act"));
                    prop_assert_eq!(state(&play.region.roster), before);
                }
            }
        }
        let mut again = Roster::new(&Genesis::verify(&play.region.genesis).unwrap());
        for (height, act) in play.region.acts.iter().enumerate() {
            again.take(act).unwrap();
            // Told twice, and told of older ones again, it stays the same.
            prop_assert_eq!(again.take(act), Ok(Taken::Held));
            prop_assert_eq!(again.take(&play.region.acts[height / 2]), Ok(Taken::Held));
        }
        prop_assert_eq!(&again, &play.region.roster);
    }

    #[test]
    fn a_roster_takes_no_garbage(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let region = Region::of_one(1301);
        let mut roster = region.roster.clone();
        prop_assert!(roster.take(&bytes).is_err());
        prop_assert_eq!(roster, region.roster);
    }

    #[test]
    fn an_act_that_was_changed_or_cut_is_not_taken(
        which: prop::sample::Index, at: prop::sample::Index, to: u8, cut: bool,
    ) {
        let (region, acts) = one_of_each();
        let (_, mut bytes) = acts[which.index(acts.len())].clone();
        let at = at.index(bytes.len());
        let before = bytes.clone();
        if cut { bytes.truncate(at) } else { bytes[at] = to }
        prop_assume!(bytes != before);
        let mut roster = region.roster.clone();
        prop_assert!(roster.take(&bytes).is_err());
        prop_assert_eq!(roster, region.roster);
    }

    #[test]
    fn a_member_who_signs_garbage_breaks_no_reader(
        which: prop::sample::Index, at: prop::sample::Index, to: u8, cut: bool,
    ) {
        let (region, acts) = one_of_each();
        let (signer, act) = &acts[which.index(acts.len())];
        let mut reader = veldpost_envelope::canonical::Reader::new(act);
        reader.array().unwrap();
        let mut body = reader.bytes().unwrap().to_vec();
        let at = at.index(body.len());
        if cut { body.truncate(at.max(4)) } else { body[at] = to }
        let signed = crate::chain::signed(&body, &signer.signing);
        let mut roster = region.roster;
        if let Ok(taken) = roster.take(&signed) {
            prop_assert!(taken != Taken::Held);
        }
        let _ = SignedAct::open(&signed).map(|signed| (signed.decode(), signed.proven().is_ok()));
    }
}

/// Acts that could each come next, with who signed them.
fn one_of_each() -> (Region, Vec<(Phone, Vec<u8>)>) {
    let mut play = Play::new();
    let founder = play.region.founder.clone();
    let kit = Phone {
        signing: play.region.kit.root(),
        encryption: play.region.kit.recovery().clone(),
    };
    let new = play.phones[5].clone();
    let made = play.region.roster.recover(
        &play.region.kit,
        (new.key(), new.encryption.public()),
        vec![founder.removed()],
        AT,
        &mut play.region.rng,
    );
    let made = made.unwrap().act;
    let acts: Vec<_> = (0..11).filter_map(|kind| play.act((0, kind, 3))).collect();
    let acts = acts.iter().map(|act| play.region.raw(&founder, act));
    let acts = acts.map(|act| (founder.clone(), act));
    let acts = acts.chain([(kit, made)]).collect();
    (play.region, acts)
}
