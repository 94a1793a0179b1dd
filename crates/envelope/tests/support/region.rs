//! A region that grows: phones, and the acts that they sign.
#![allow(dead_code, reason = "each test file uses a part of it")]

use super::Seeded;
use veldpost_envelope::act::{self, Act, ActHead, InviteForm, RemovalReason, Removed, SignedAct};
use veldpost_envelope::genesis::{self, GenesisInput, RegionForm, Role, RosterDevice};
use veldpost_envelope::label;
use veldpost_envelope::roster::{Admission, NewInvite, NextAct, Opened, Reason, Taken};
use veldpost_envelope::secret::Secret;
use veldpost_envelope::{
    DeviceEncryptionKey, DevicePublic, DeviceSigningKey, EnvelopeError, Genesis, Purpose,
    RecoveryKit, Roster,
};

pub const AT: i64 = 1_794_500_000_000;
pub const DAY: i64 = 24 * 60 * 60 * 1000;
pub const ALL_COORDINATED: [Role; 4] = [
    Role::Coordinator(Purpose::Count),
    Role::Coordinator(Purpose::Signal),
    Role::Coordinator(Purpose::Intake),
    Role::Coordinator(Purpose::Admin),
];

#[derive(Clone)]
pub struct Phone {
    pub signing: DeviceSigningKey,
    pub encryption: DeviceEncryptionKey,
}

impl Phone {
    pub fn new(rng: &mut Seeded) -> Self {
        Self {
            signing: DeviceSigningKey::generate(rng),
            encryption: DeviceEncryptionKey::generate(rng),
        }
    }

    pub fn key(&self) -> DevicePublic {
        self.signing.public()
    }

    pub fn with(&self, roles: &[Role]) -> RosterDevice {
        RosterDevice {
            signing: self.key(),
            encryption: self.encryption.public(),
            roles: roles.to_vec(),
        }
    }

    pub fn removed(&self) -> Removed {
        Removed {
            device: self.key(),
            why: RemovalReason::Lost,
            streams: Vec::new(),
        }
    }
}

/// Admitted without an invitation, words compared.
pub fn admission(phone: &Phone, roles: &[Role]) -> Admission {
    Admission {
        device: phone.with(roles),
        invitation: None,
        join: None,
        words: true,
    }
}

/// The proof of an invite, as `docs/format.md` section 15 makes it.
pub fn proof(join_key: &Secret, bytes: &[u8]) -> [u8; 16] {
    let mac = label::derive(join_key, &[label::INVITE, &label::sha256(&[bytes])]);
    mac.bytes()[..16].try_into().unwrap()
}

pub fn new_invite(id: u8, form: InviteForm, roles: &[Role]) -> NewInvite {
    NewInvite {
        id: [id; 16],
        form,
        roles: roles.to_vec(),
        uses: if form == InviteForm::Single { 1 } else { 60 },
        ends: AT + 7 * DAY,
        token: [id ^ 0xff; 32],
        organisation: None,
    }
}

#[derive(Clone)]
pub struct Region {
    pub roster: Roster,
    pub genesis: Vec<u8>,
    pub acts: Vec<Vec<u8>>,
    pub kit: RecoveryKit,
    pub founder: Phone,
    pub rng: Seeded,
}

impl Region {
    /// A region of one, whose founder counts and coordinates everything.
    pub fn of_one(seed: u64) -> Self {
        Self::founded(seed, RegionForm::OfOne)
    }

    pub fn founded(seed: u64, form: RegionForm) -> Self {
        let mut rng = Seeded(seed);
        let founder = Phone::new(&mut rng);
        let mut roles = vec![Role::Counter];
        roles.extend(ALL_COORDINATED);
        let devices = [founder.with(&roles)];
        let input = GenesisInput {
            at: AT,
            form,
            devices: &devices,
        };
        let created = genesis::create(&input, &mut rng).unwrap();
        Self {
            roster: Roster::new(&Genesis::verify(&created.act).unwrap()),
            genesis: created.act,
            acts: Vec::new(),
            kit: created.kit,
            founder,
            rng,
        }
    }

    pub fn phone(&mut self) -> Phone {
        Phone::new(&mut self.rng)
    }

    pub fn opened(&self, phone: &Phone) -> Opened {
        self.roster.open_all(&phone.encryption)
    }

    pub fn next<'a>(&'a self, by: &'a Phone) -> NextAct<'a> {
        self.roster.next(&by.signing, AT)
    }

    /// The head of the next act; its kind is the act's.
    pub fn head(&self) -> ActHead {
        ActHead {
            kind: 0,
            region: Some(self.roster.region()),
            height: self.roster.height() + 1,
            prev: Some(self.roster.head()),
            at: AT,
        }
    }

    /// Signs whatever it is, rule or no rule.
    pub fn raw(&self, by: &Phone, act: &Act) -> Vec<u8> {
        act::create(&self.head(), act, &by.signing).unwrap()
    }

    /// Takes an act and keeps it; the chain must hold.
    pub fn take(&mut self, act: Vec<u8>) -> Taken {
        let taken = self.roster.take(&act).unwrap();
        self.acts.push(act);
        taken
    }

    pub fn apply(&mut self, act: Result<Vec<u8>, EnvelopeError>) {
        assert_eq!(self.take(act.unwrap()), Taken::Applied);
    }

    /// What would become of an act, without taking it.
    pub fn outcome(&self, by: &Phone, act: &Act) -> Taken {
        let mut roster = self.roster.clone();
        let bytes = self.raw(by, act);
        let taken = roster.take(&bytes).unwrap();
        assert_eq!(
            self.roster.judge(&bytes),
            Ok(taken),
            "a relay is told the same"
        );
        // Who would sign it is told the same beforehand.
        let signed = self.next(by).sign(act);
        match taken {
            Taken::WithoutEffect(reason) => {
                assert_eq!(signed, Err(EnvelopeError::WithoutEffect(reason)));
                assert_eq!(roster.without_effect().last().unwrap().1, reason);
            }
            _ => assert!(signed.is_ok()),
        }
        taken
    }

    /// What becomes of an act when `change` was made to it before it was signed.
    pub fn changed(&self, by: &Phone, act: &[u8], change: impl FnOnce(&mut Act)) -> Taken {
        let mut act = decoded(act);
        change(&mut act);
        self.outcome(by, &act)
    }

    pub fn refuses(&self, by: &Phone, act: &[u8], why: Reason, change: impl FnOnce(&mut Act)) {
        assert_eq!(self.changed(by, act, change), Taken::WithoutEffect(why));
    }

    /// The founder admits a new phone.
    pub fn add(&mut self, roles: &[Role]) -> Phone {
        let phone = self.phone();
        let opened = self.opened(&self.founder);
        let act = self
            .next(&self.founder)
            .device_add(&[admission(&phone, roles)], &opened);
        self.apply(act);
        phone
    }

    pub fn add_act(&self, by: &Phone, phone: &Phone, roles: &[Role]) -> Vec<u8> {
        let opened = self.opened(by);
        let admission = [admission(phone, roles)];
        self.next(by).device_add(&admission, &opened).unwrap()
    }

    pub fn invite(&mut self, new: NewInvite) {
        let key = Secret::copy_from(&[5; 32]);
        let act = self
            .next(&self.founder)
            .invite(new, |bytes| proof(&key, bytes));
        self.apply(act);
    }

    pub fn remove_act(&mut self, by: &Phone, phone: &Phone) -> Result<Vec<u8>, EnvelopeError> {
        let next = self.roster.next(&by.signing, AT);
        next.device_remove(vec![phone.removed()], &mut self.rng)
    }

    pub fn remove(&mut self, by: &Phone, phone: &Phone) {
        let act = self.remove_act(by, phone);
        self.apply(act);
    }
}

pub fn decoded(act: &[u8]) -> Act {
    SignedAct::open(act).unwrap().decode().unwrap()
}
