//! People at a relay: who founds and invites by hand, and who joins.

use super::{DAY, Letterbox, NOW, ORIGIN};
use std::collections::VecDeque;
use veldpost_envelope::act::InviteForm;
use veldpost_envelope::genesis::{GenesisInput, RegionForm, Role, RosterDevice, create};
use veldpost_envelope::invitation::{InviteFields, Origin, Welcome};
use veldpost_envelope::roster::{Admission, NewInvite};
use veldpost_envelope::secret::Secret;
use veldpost_envelope::wire::{ActsAsk, Call, WelcomePutAsk};
use veldpost_envelope::{
    DeviceEncryptionKey, DevicePublic, DeviceSigningKey, EncryptionPublic, Genesis, Join, Link,
    Purpose, RegionId, Roster, SettingsKey, random, request,
};
pub use veldpost_seeded::Seeded;
use veldpost_sync::rows::JoinRow;
use veldpost_sync::{Effect, Enrol, EnrolProblem, Enrolled, Event, Progress, Response, Wake};

/// A device's keys.
pub struct Person {
    pub signing: DeviceSigningKey,
    pub encryption: DeviceEncryptionKey,
}

impl Person {
    pub fn new(seed: u64) -> Self {
        let rng = &mut Seeded(seed);
        Self {
            signing: DeviceSigningKey::generate(rng),
            encryption: DeviceEncryptionKey::generate(rng),
        }
    }

    /// The same person, at a device.
    pub fn of(other: &Self) -> Self {
        Self {
            signing: other.signing(),
            encryption: other.encryption.clone(),
        }
    }

    pub fn key(&self) -> DevicePublic {
        self.signing.public()
    }

    pub fn signing(&self) -> DeviceSigningKey {
        DeviceSigningKey::from_seed(&self.signing.seed())
    }

    pub fn with(&self, roles: &[Role]) -> RosterDevice {
        RosterDevice {
            signing: self.key(),
            encryption: self.encryption.public(),
            roles: roles.to_vec(),
        }
    }
}

pub fn all_roles() -> Vec<Role> {
    Purpose::ALL.map(Role::Coordinator).to_vec()
}

/// What an invitation is made with, beside its secret.
#[derive(Clone)]
pub struct Wanted {
    pub form: InviteForm,
    pub roles: Vec<Role>,
    pub uses: u64,
    pub ends: i64,
}

pub fn single() -> Wanted {
    Wanted {
        form: InviteForm::Single,
        roles: all_roles(),
        uses: 1,
        ends: NOW + 7 * DAY,
    }
}

pub fn evening(uses: u64) -> Wanted {
    Wanted {
        form: InviteForm::Evening,
        roles: vec![Role::Counter],
        uses,
        ends: NOW + DAY,
    }
}

pub fn desk() -> Wanted {
    Wanted {
        form: InviteForm::Desk,
        roles: vec![Role::Counter],
        uses: 2,
        ends: NOW + DAY,
    }
}

/// A fresh link into a region; nothing is known of it yet.
pub fn link(region: RegionId, rng: &mut Seeded) -> Link {
    Link {
        region,
        relay: Origin::parse(ORIGIN),
        invitation: random::array(rng),
        secret: Secret::generate(rng),
    }
}

/// The act behind a link, on a roster's head.
pub fn invite(roster: &Roster, signer: &Person, link: &Link, wanted: &Wanted) -> Vec<u8> {
    let keys = link.keys();
    let new = NewInvite {
        id: link.invitation,
        form: wanted.form,
        roles: wanted.roles.clone(),
        uses: wanted.uses,
        ends: wanted.ends,
        token: keys.token(),
        organisation: None,
    };
    let next = roster.next(&signer.signing, NOW);
    let prove = |fields: &[u8]| keys.proof(InviteFields(fields));
    next.invite(new, prove).unwrap()
}

pub fn welcome(settings: &SettingsKey) -> Welcome {
    Welcome {
        settings: settings.clone(),
        region: "Heuvelland".to_owned(),
        inviter: "Ann".to_owned(),
        organisation: Some("De Brug".to_owned()),
    }
}

/// A region at a relay, whose founder signs by hand.
pub struct Office {
    pub founder: Person,
    pub roster: Roster,
    pub acts: Vec<Vec<u8>>,
    pub settings: SettingsKey,
    pub rng: Seeded,
}

impl Office {
    /// Not at any relay yet.
    pub fn of_form(seed: u64, form: RegionForm) -> Self {
        let mut rng = Seeded(seed);
        let founder = Person::new(seed * 1_000 + 1);
        let input = GenesisInput {
            at: NOW - DAY,
            form,
            devices: &[founder.with(&all_roles())],
        };
        let created = create(&input, &mut rng).unwrap();
        Self {
            founder,
            roster: Roster::new(&Genesis::verify(&created.act).unwrap()),
            acts: vec![created.act],
            settings: created.settings,
            rng,
        }
    }

    pub fn new(seed: u64, letterbox: &mut Letterbox) -> Self {
        let mut office = Self::of_form(seed, RegionForm::Shared);
        let genesis = office.acts.remove(0);
        office.offer(genesis, letterbox);
        office
    }

    fn signed(&mut self, letterbox: &mut Letterbox, call: Call, body: &[u8]) {
        let created = request::created_at(letterbox.now);
        let nonce = random::array(&mut self.rng);
        let key = &self.founder.signing;
        let headers = request::sign(call, "relay.example", body, created, &nonce, key);
        let reply = letterbox.call(call, Some(&headers), body).unwrap();
        assert_eq!(
            reply.status,
            200,
            "{}",
            String::from_utf8_lossy(&reply.body)
        );
    }

    /// Offers an act that was made on the head.
    pub fn offer(&mut self, act: Vec<u8>, letterbox: &mut Letterbox) {
        let ask = ActsAsk {
            region: self.roster.region(),
            acts: vec![&act],
            founding: None,
        };
        let body = ask.to_bytes();
        self.signed(letterbox, Call::Acts, &body);
        self.roster.take(&act).unwrap();
        self.acts.push(act);
    }

    pub fn invite(&mut self, wanted: &Wanted, letterbox: &mut Letterbox) -> Link {
        let link = self.invite_without_welcome(wanted, letterbox);
        self.put_welcome(&link, letterbox);
        link
    }

    pub fn invite_without_welcome(&mut self, wanted: &Wanted, letterbox: &mut Letterbox) -> Link {
        let link = link(self.roster.region(), &mut self.rng);
        let act = invite(&self.roster, &self.founder, &link, wanted);
        self.offer(act, letterbox);
        link
    }

    pub fn put_welcome(&mut self, link: &Link, letterbox: &mut Letterbox) {
        let keys = link.keys();
        let sealed = keys.seal_welcome(&welcome(&self.settings), &mut self.rng);
        self.put_sealed(link, &sealed.unwrap(), letterbox);
    }

    pub fn put_sealed(&mut self, link: &Link, welcome: &[u8], letterbox: &mut Letterbox) {
        let ask = WelcomePutAsk {
            region: self.roster.region(),
            invitation: link.invitation,
            welcome,
        };
        self.signed(letterbox, Call::WelcomePut, &ask.to_bytes());
    }

    /// Admits who joined, as a coordinator who compared the words.
    pub fn admit(&mut self, join: &[u8], roles: &[Role], letterbox: &mut Letterbox) {
        let admission = admission(join, roles);
        let opened = self.roster.open_all(&self.founder.encryption);
        let next = self.roster.next(&self.founder.signing, NOW);
        let act = next.device_add(&[admission], &opened).unwrap();
        self.offer(act, letterbox);
    }
}

pub fn admission(join: &[u8], roles: &[Role]) -> Admission {
    let join = Join::from_bytes(join).unwrap();
    let request = join.request();
    Admission {
        device: RosterDevice {
            signing: request.device,
            encryption: request.encryption,
            roles: roles.to_vec(),
        },
        invitation: Some(request.invitation),
        join: Some(join.hash().0),
        words: true,
    }
}

/// A device that joins: its `Enrol`, its clock, and the row that it wrote.
pub struct Newcomer {
    pub enrol: Enrol,
    pub person: Person,
    pub now: i64,
    pub rng: Seeded,
    pub due: Option<i64>,
    /// The row `keys/join`.
    pub row: Option<JoinRow>,
    queue: VecDeque<Effect>,
}

impl Newcomer {
    pub fn new(seed: u64, link: Link) -> Self {
        let person = Person::new(seed);
        let dek: EncryptionPublic = person.encryption.public();
        let enrol = Enrol::begin(link, "https://app.example", person.signing(), dek).unwrap();
        Self {
            enrol,
            person,
            now: NOW,
            rng: Seeded(seed + 7),
            due: None,
            row: None,
            queue: VecDeque::new(),
        }
    }

    /// The app was closed and is opened again: the row is all that there is.
    pub fn again(&mut self) -> Result<(), EnrolProblem> {
        let row = JoinRow::from_bytes(&self.row.as_ref().unwrap().to_bytes()).unwrap();
        self.enrol = Enrol::resume(row, self.person.signing())?;
        self.queue.clear();
        self.due = None;
        Ok(())
    }

    pub fn wake(&mut self, letterbox: &mut Letterbox) {
        self.step(Event::Wake(Wake::Opened));
        self.work(letterbox);
    }

    /// Waits as long as it asked for, at most so often; how often it did.
    pub fn wait(&mut self, times: usize, letterbox: &mut Letterbox) -> usize {
        for waited in 0..times {
            let Some(due) = self.due.take() else {
                return waited;
            };
            letterbox.now += due - self.now;
            self.now = due;
            self.step(Event::Wake(Wake::Due));
            self.work(letterbox);
        }
        times
    }

    /// Reads until there is something to agree to, or it is over.
    pub fn read(&mut self, letterbox: &mut Letterbox) {
        self.wake(letterbox);
        self.wait(20, letterbox);
    }

    /// Agrees, writes the row, and sends the join.
    pub fn agree(&mut self, letterbox: &mut Letterbox) {
        self.agree_only();
        self.kept(letterbox);
    }

    pub fn agree_only(&mut self) {
        let row = self.enrol.agree("Bo", self.now, &mut self.rng).unwrap();
        self.row = Some(row.clone());
    }

    pub fn kept(&mut self, letterbox: &mut Letterbox) {
        let effects = self.enrol.kept(self.now, &mut self.rng);
        self.queue.extend(effects);
        self.work(letterbox);
    }

    /// All of it.
    pub fn join(&mut self, letterbox: &mut Letterbox) {
        self.read(letterbox);
        self.agree(letterbox);
    }

    pub fn problem(&self) -> Option<EnrolProblem> {
        match self.enrol.progress() {
            Progress::Failed(problem) => Some(problem),
            _ => None,
        }
    }

    pub fn enrolled(&self) -> &Enrolled {
        match self.enrol.progress() {
            Progress::Enrolled(enrolled) => enrolled,
            other => panic!("{other:?}"),
        }
    }

    fn step(&mut self, event: Event<'_>) {
        let effects = self.enrol.handle(event, self.now, &mut self.rng);
        self.queue.extend(effects);
    }

    fn work(&mut self, letterbox: &mut Letterbox) {
        while let Some(effect) = self.queue.pop_front() {
            match effect {
                Effect::Send {
                    call,
                    path,
                    headers,
                    body,
                } => match letterbox.call(path, headers.as_ref(), &body) {
                    Some(reply) => self.step(Event::Answered {
                        call,
                        response: Response {
                            status: reply.status,
                            content_type: Some(&reply.content_type),
                            retry_after: reply.retry_after,
                            body: &reply.body,
                        },
                    }),
                    None => self.step(Event::Unanswered { call }),
                },
                Effect::WakeAt(at) => self.due = Some(at),
                other => panic!("{other:?}"),
            }
        }
    }
}
