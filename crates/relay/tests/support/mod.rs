//! What the tests share: a region with its people, a relay in memory, and streams that grow.
#![allow(dead_code, reason = "each test file uses a part of it")]

pub mod stream;

use veldpost_domain::CampaignId;
use veldpost_envelope::act::{InviteForm, RemovalReason, Removed, StreamHead};
use veldpost_envelope::genesis::{GenesisInput, RegionForm, Role, RosterDevice, create};
use veldpost_envelope::invitation::JoinInput;
use veldpost_envelope::object::{Checkpoint, Erase, Ground, Heads, ObjectHead, Ranges, Receipt};
use veldpost_envelope::roster::{Admission, NewInvite};
use veldpost_envelope::run::RunHead;
use veldpost_envelope::secret::Secret;
use veldpost_envelope::wire::{
    ActsAsk, Code, HeadsAnswer, HeadsAsk, Incarnation, ItemKind, JoinAnswer, JoinAsk, Page,
    PullAsk, PushAnswer, RosterHead,
};
use veldpost_envelope::{
    DeviceEncryptionKey, DevicePublic, DeviceSigningKey, Entry, Genesis, InvitationKeys, Join,
    Object, Purpose, RandomBytes as _, RegionId, Roster,
};
use veldpost_relay::limits::Unlimited;
use veldpost_relay::memory::MemoryStore;
use veldpost_relay::{Caller, Founding, Pushing, Relay, RelayError, Settings};
pub use veldpost_seeded::Seeded;

pub const NOW: i64 = 1_794_500_000_000;
pub const DAY: i64 = 24 * 60 * 60 * 1000;

/// A device and its keys.
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

    pub fn calls(&self, now: i64) -> Caller {
        Caller {
            device: Some(self.key()),
            now,
        }
    }
}

/// A link that was given out.
#[derive(Clone)]
pub struct Invited {
    pub id: [u8; 16],
    pub keys: InvitationKeys,
}

/// A region and its relay.
pub struct World {
    pub rng: Seeded,
    pub store: MemoryStore,
    pub relay: Relay<MemoryStore>,
    pub region: RegionId,
    pub acts: Vec<Vec<u8>>,
    pub roster: Roster,
    /// Coordinates everything.
    pub founder: Person,
    /// Coordinates the count.
    pub second: Person,
    /// Counts.
    pub worker: Person,
    /// Intakes, and coordinates nothing.
    pub intaker: Person,
    /// Nobody knows it.
    pub stranger: Person,
}

pub fn settings() -> Settings {
    Settings {
        founding: Founding::Open,
        region_bytes: None,
    }
}

pub fn open(store: &MemoryStore) -> Relay<MemoryStore> {
    Relay::open(store.clone(), settings(), Incarnation([1; 16])).unwrap()
}

pub fn genesis(rng: &mut Seeded, form: RegionForm, devices: &[RosterDevice]) -> Vec<u8> {
    let input = GenesisInput {
        at: NOW - DAY,
        form,
        devices,
    };
    create(&input, rng).unwrap().act
}

impl World {
    /// Whose relay knows nothing yet.
    pub fn unfounded(seed: u64) -> Self {
        let mut rng = Seeded(seed);
        let [founder, second, worker, intaker, stranger] =
            [1, 2, 3, 4, 5].map(|n| Person::new(seed * 1_000 + n));
        let all = Purpose::ALL.map(Role::Coordinator);
        let devices = [
            founder.with(&[&[Role::Counter], &all[..]].concat()),
            second.with(&[Role::Counter, Role::Coordinator(Purpose::Count)]),
            worker.with(&[Role::Counter]),
            intaker.with(&[Role::Intaker]),
        ];
        let act = genesis(&mut rng, RegionForm::Shared, &devices);
        let known = Genesis::verify(&act).unwrap();
        let store = MemoryStore::new();
        Self {
            rng,
            relay: open(&store),
            store,
            region: known.region,
            roster: Roster::new(&known),
            acts: vec![act],
            founder,
            second,
            worker,
            intaker,
            stranger,
        }
    }

    /// Founded at its relay.
    pub fn new(seed: u64) -> Self {
        let world = Self::unfounded(seed);
        world.offer_all(NOW).unwrap();
        world
    }

    // Acts.

    pub fn offer(&self, acts: &[Vec<u8>], now: i64) -> Result<RosterHead, RelayError> {
        let ask = ActsAsk {
            region: self.region,
            acts: acts.iter().map(Vec::as_slice).collect(),
            founding: None,
        };
        let answer = self.relay.acts(&self.stranger.calls(now), &ask.to_bytes());
        answer.map(|answer| RosterHead::from_bytes(&answer).unwrap())
    }

    pub fn offer_all(&self, now: i64) -> Result<RosterHead, RelayError> {
        self.offer(&self.acts, now)
    }

    /// Puts an act that was made on the head into the log here.
    pub fn note(&mut self, act: Vec<u8>) {
        self.roster.take(&act).unwrap();
        self.acts.push(act);
    }

    /// And offers it.
    pub fn append(&mut self, act: Vec<u8>) {
        self.note(act.clone());
        self.offer(&[act], NOW).unwrap();
    }

    pub fn make_invite(
        &mut self,
        form: InviteForm,
        roles: &[Role],
        uses: u64,
    ) -> (Invited, Vec<u8>) {
        self.make_invite_for(form, roles, uses, None)
    }

    pub fn make_invite_for(
        &mut self,
        form: InviteForm,
        roles: &[Role],
        uses: u64,
        organisation: Option<veldpost_domain::OrganisationId>,
    ) -> (Invited, Vec<u8>) {
        let secret = Secret::generate(&mut self.rng);
        let mut id = [0; 16];
        self.rng.fill(&mut id);
        let keys = InvitationKeys::derive(&secret, &self.region, &id);
        let new = NewInvite {
            id,
            form,
            roles: roles.to_vec(),
            uses,
            ends: NOW + 7 * DAY,
            token: keys.token(),
            organisation,
        };
        let next = self.roster.next(&self.founder.signing, NOW);
        let prove = |fields: &[u8]| keys.proof(veldpost_envelope::invitation::InviteFields(fields));
        let act = next.invite(new, prove).unwrap();
        (Invited { id, keys }, act)
    }

    pub fn invite(&mut self, form: InviteForm, roles: &[Role], uses: u64) -> Invited {
        let (invited, act) = self.make_invite(form, roles, uses);
        self.append(act);
        invited
    }

    pub fn admit(&mut self, person: &Person, roles: &[Role], invitation: Option<[u8; 16]>) {
        let opened = self.roster.open_all(&self.founder.encryption);
        let admission = Admission {
            device: person.with(roles),
            invitation,
            join: None,
            words: true,
        };
        let next = self.roster.next(&self.founder.signing, NOW);
        let act = next.device_add(&[admission], &opened).unwrap();
        self.append(act);
    }

    pub fn make_removal(&mut self, device: DevicePublic, streams: Vec<StreamHead>) -> Vec<u8> {
        let removed = Removed {
            device,
            why: RemovalReason::Left,
            streams,
        };
        let next = self.roster.next(&self.founder.signing, NOW);
        next.device_remove(vec![removed], &mut self.rng).unwrap()
    }

    pub fn remove(&mut self, device: DevicePublic, streams: Vec<StreamHead>) {
        let act = self.make_removal(device, streams);
        self.append(act);
    }

    // Joining.

    pub fn make_join(&mut self, person: &Person, invited: &Invited, at: i64) -> Vec<u8> {
        let input = JoinInput {
            encryption: person.encryption.public(),
            roster_height: self.roster.height(),
            roster_head: self.roster.head(),
            name: "Anna",
            at,
        };
        let join = Join::make(&invited.keys, &person.signing, &input, &mut self.rng).unwrap();
        join.bytes().to_vec()
    }

    pub fn send_join(
        &self,
        person: &Person,
        invited: &Invited,
        join: &[u8],
        now: i64,
    ) -> Result<JoinAnswer, RelayError> {
        let ask = JoinAsk {
            region: self.region,
            token: *invited.keys.relay_token().bytes(),
            join,
        };
        let answer = self.relay.join(&person.calls(now), &ask.to_bytes());
        answer.map(|answer| JoinAnswer::from_bytes(&answer).unwrap())
    }

    pub fn join(&mut self, person: &Person, invited: &Invited) -> Result<JoinAnswer, RelayError> {
        let join = self.make_join(person, invited, NOW);
        self.send_join(person, invited, &join, NOW)
    }

    // Pushing.

    pub fn push(&self, entries: &[Entry]) -> Pushed {
        self.push_bytes(&stream::bytes(entries))
    }

    pub fn push_bytes(&self, body: &[u8]) -> Pushed {
        let mut pushing = Pushing::new();
        pushing.feed(body);
        Pushed::of(self.relay.entries(pushing, &Unlimited, NOW))
    }

    // Objects.

    pub fn object_head(&self, signer: &Person, at: i64) -> ObjectHead {
        ObjectHead {
            region: self.region,
            signer: signer.key(),
            roster_head: self.roster.head(),
            at,
        }
    }

    pub fn receipt(&self, signer: &Person, last: &Entry, at: i64) -> Object {
        let receipt = Receipt {
            head: self.object_head(signer, at),
            stream: last.header().stream,
            upto: last.header().seq,
            hash: last.hash(),
            apart: Ranges::default(),
        };
        receipt.sign(&signer.signing).unwrap()
    }

    pub fn erase(&self, signer: &Person, entry: &Entry) -> Object {
        let erase = Erase {
            head: self.object_head(signer, NOW),
            stream: entry.header().stream,
            seqs: [entry.header().seq].into_iter().collect(),
            ground: Ground::AskedByPerson,
        };
        erase.sign(&signer.signing).unwrap()
    }

    pub fn checkpoint(
        &self,
        signer: &Person,
        purpose: Purpose,
        number: u64,
        last: &Entry,
    ) -> Object {
        let heads = Heads::new(vec![RunHead {
            stream: last.header().stream,
            seq: last.header().seq,
            hash: last.hash(),
        }]);
        let head = self.object_head(signer, NOW);
        Checkpoint::sign(head, purpose, number, &heads.unwrap(), &signer.signing).unwrap()
    }

    pub fn say(&self, objects: &[&Object]) -> Vec<Option<Code>> {
        let body: Vec<u8> = objects
            .iter()
            .flat_map(|object| object.to_bytes())
            .collect();
        let answer = self.relay.objects(&body, NOW).unwrap();
        let answer = veldpost_envelope::wire::ObjectsAnswer::from_bytes(&answer);
        answer.unwrap().codes
    }

    // Pulling.

    pub fn pull_from(
        &self,
        person: &Person,
        after: u64,
        pages: u64,
    ) -> Result<Vec<Pulled>, RelayError> {
        let ask = PullAsk {
            region: self.region,
            after,
            pages,
            holding: Vec::new(),
        };
        self.pull_as(person, &ask)
    }

    pub fn pull_as(&self, person: &Person, ask: &PullAsk) -> Result<Vec<Pulled>, RelayError> {
        let mut pull = self.relay.pull(&person.calls(NOW), &ask.to_bytes())?;
        let mut pages = Vec::new();
        while let Some(page) = self.relay.next_page(&mut pull, NOW)? {
            pages.push(Pulled::of(&page));
        }
        Ok(pages)
    }

    /// Everything that there is for a reader.
    pub fn pull(&self, person: &Person) -> Vec<(ItemKind, Vec<u8>)> {
        let pages = self.pull_from(person, 0, 32).unwrap();
        let items = pages.into_iter().flat_map(|page| page.items);
        items.map(|(_, kind, value)| (kind, value)).collect()
    }

    pub fn heads(&self, person: &Person) -> Vec<veldpost_envelope::wire::StreamRow> {
        let ask = HeadsAsk {
            region: self.region,
            after: None,
        };
        let answer = self
            .relay
            .heads(&person.calls(NOW), &ask.to_bytes())
            .unwrap();
        HeadsAnswer::from_bytes(&answer).unwrap().rows
    }
}

pub const CAMPAIGN: CampaignId = CampaignId([8; 16]);

/// What a push was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    pub code: Option<Code>,
    /// Each stream's `next` and code.
    pub states: Vec<(veldpost_domain::StreamId, u64, Option<Code>)>,
    pub proofs: Vec<Vec<u8>>,
    pub hashes: Vec<Option<veldpost_envelope::EntryHash>>,
    pub failed: Option<RelayError>,
}

impl Pushed {
    pub fn of(answer: Result<Vec<u8>, RelayError>) -> Self {
        let (code, answer) = match answer {
            Ok(answer) => (None, answer),
            Err(RelayError::Entries { code, answer, .. }) => (Some(code), answer),
            Err(failed) => {
                return Self {
                    code: Some(failed.code()),
                    states: Vec::new(),
                    proofs: Vec::new(),
                    hashes: Vec::new(),
                    failed: Some(failed),
                };
            }
        };
        let answer = PushAnswer::from_bytes(&answer).unwrap();
        let states = answer.states.iter();
        Self {
            code,
            proofs: states
                .clone()
                .filter_map(|state| state.proof.map(<[u8]>::to_vec))
                .collect(),
            hashes: states.clone().map(|state| state.hash).collect(),
            states: states
                .map(|state| (state.stream, state.next, state.code))
                .collect(),
            failed: None,
        }
    }

    pub fn next(&self) -> u64 {
        assert_eq!(self.states.len(), 1, "{self:?}");
        self.states[0].1
    }
}

/// A page, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulled {
    pub standing: veldpost_envelope::wire::Standing,
    pub height: u64,
    pub upto: u64,
    pub newest: u64,
    pub own: Vec<veldpost_envelope::wire::OwnHead>,
    pub items: Vec<(u64, ItemKind, Vec<u8>)>,
    pub incarnation: Incarnation,
}

impl Pulled {
    pub fn of(page: &[u8]) -> Self {
        let page = Page::from_bytes(page).unwrap();
        let items = page.items.iter();
        Self {
            standing: page.standing,
            height: page.height,
            upto: page.upto,
            newest: page.newest,
            own: page.own.clone(),
            items: items
                .map(|item| (item.position, item.kind, item.value.to_vec()))
                .collect(),
            incarnation: page.incarnation,
        }
    }
}
