//! A region with its people, and what their devices send.

use veldpost_domain::StreamId;
use veldpost_envelope::act::{Act, ActHead, InviteForm, RemovalReason, Removed};
use veldpost_envelope::genesis::{GenesisInput, RegionForm, Role, RosterDevice, create};
use veldpost_envelope::invitation::{InviteFields, JoinInput};
use veldpost_envelope::object::{ObjectHead, Ranges, Receipt};
use veldpost_envelope::roster::NewInvite;
use veldpost_envelope::secret::Secret;
use veldpost_envelope::stream::StreamContext;
use veldpost_envelope::wire::{ActsAsk, JoinAsk, PullAsk};
use veldpost_envelope::{
    ContentKey, DeviceEncryptionKey, DevicePublic, DeviceSigningKey, Entry, Genesis,
    InvitationKeys, Join, Object, Purpose, RandomBytes as _, RegionId, Roster, StreamWriter,
};
pub use veldpost_seeded::Seeded;
use veldpost_server::letterbox::now;

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

    fn with(&self, roles: &[Role]) -> RosterDevice {
        RosterDevice {
            signing: self.key(),
            encryption: self.encryption.public(),
            roles: roles.to_vec(),
        }
    }
}

/// A link that was given out.
pub struct Invited {
    pub id: [u8; 16],
    pub keys: InvitationKeys,
}

/// A region, founded a day ago.
pub struct World {
    pub rng: Seeded,
    pub region: RegionId,
    pub acts: Vec<Vec<u8>>,
    pub roster: Roster,
    /// Coordinates everything.
    pub founder: Person,
    /// Coordinates the count.
    pub second: Person,
    /// Counts.
    pub worker: Person,
    /// Count too.
    pub crew: Vec<Person>,
    /// Nobody knows it.
    pub stranger: Person,
}

impl World {
    pub fn new(seed: u64) -> Self {
        Self::with_crew(seed, 0)
    }

    /// With so many more who count; a genesis has 32 devices at most.
    pub fn with_crew(seed: u64, number: u64) -> Self {
        Self::with_crew_of(seed, number, &[Role::Counter])
    }

    pub fn with_crew_of(seed: u64, number: u64, roles: &[Role]) -> Self {
        let mut rng = Seeded(seed);
        let crew: Vec<Person> = (0..number)
            .map(|n| Person::new(seed * 1_000 + 10 + n))
            .collect();
        let [founder, second, worker, stranger] =
            [1, 2, 3, 4].map(|n| Person::new(seed * 1_000 + n));
        let all = Purpose::ALL.map(Role::Coordinator);
        let mut devices = vec![
            founder.with(&[&[Role::Counter], &all[..]].concat()),
            second.with(&[Role::Counter, Role::Coordinator(Purpose::Count)]),
            worker.with(&[Role::Counter]),
        ];
        devices.extend(crew.iter().map(|person| person.with(roles)));
        let input = GenesisInput {
            at: now() - DAY,
            form: RegionForm::Shared,
            devices: &devices,
        };
        let act = create(&input, &mut rng).unwrap().act;
        let known = Genesis::verify(&act).unwrap();
        Self {
            rng,
            region: known.region,
            roster: Roster::new(&known),
            acts: vec![act],
            founder,
            second,
            worker,
            crew,
            stranger,
        }
    }

    /// The whole log as it is offered.
    pub fn acts(&self, founding: Option<&str>) -> Vec<u8> {
        self.acts_of(&self.acts, founding)
    }

    pub fn acts_of(&self, acts: &[Vec<u8>], founding: Option<&str>) -> Vec<u8> {
        let ask = ActsAsk {
            region: self.region,
            acts: acts.iter().map(Vec::as_slice).collect(),
            founding,
        };
        ask.to_bytes()
    }

    /// Puts an act that was made on the head into the log.
    pub fn note(&mut self, act: Vec<u8>) {
        self.roster.take(&act).unwrap();
        self.acts.push(act);
    }

    pub fn make_invite(&mut self, form: InviteForm, uses: u64, ends: i64) -> (Invited, Vec<u8>) {
        let secret = Secret::generate(&mut self.rng);
        let mut id = [0; 16];
        self.rng.fill(&mut id);
        let keys = InvitationKeys::derive(&secret, &self.region, &id);
        let new = NewInvite {
            id,
            form,
            roles: vec![Role::Counter],
            uses,
            ends,
            token: keys.token(),
            organisation: None,
        };
        let at = self.roster.next(&self.founder.signing, now() - DAY);
        let act = at.invite(new, |fields: &[u8]| keys.proof(InviteFields(fields)));
        (Invited { id, keys }, act.unwrap())
    }

    /// An act that nobody asked whether it may be.
    pub fn raw_act(&self, person: &Person, act: &Act) -> Vec<u8> {
        let head = ActHead {
            kind: 0,
            region: Some(self.region),
            height: self.roster.height() + 1,
            prev: Some(self.roster.head()),
            at: now(),
        };
        veldpost_envelope::act::create(&head, act, &person.signing).unwrap()
    }

    pub fn make_removal(&mut self, device: DevicePublic) -> Vec<u8> {
        let removed = Removed {
            device,
            why: RemovalReason::Left,
            streams: Vec::new(),
        };
        let next = self.roster.next(&self.founder.signing, now());
        next.device_remove(vec![removed], &mut self.rng).unwrap()
    }

    pub fn join(&mut self, person: &Person, invited: &Invited) -> Vec<u8> {
        let input = JoinInput {
            encryption: person.encryption.public(),
            roster_height: self.roster.height(),
            roster_head: self.roster.head(),
            name: "Anna",
            at: now(),
        };
        let join = Join::make(&invited.keys, &person.signing, &input, &mut self.rng).unwrap();
        let ask = JoinAsk {
            region: self.region,
            token: *invited.keys.relay_token().bytes(),
            join: join.bytes(),
        };
        ask.to_bytes()
    }

    pub fn receipt(&self, signer: &Person, last: &Entry) -> Object {
        let receipt = Receipt {
            head: ObjectHead {
                region: self.region,
                signer: signer.key(),
                roster_head: self.roster.head(),
                at: now(),
            },
            stream: last.header().stream,
            upto: last.header().seq,
            hash: last.hash(),
            apart: Ranges::default(),
        };
        receipt.sign(&signer.signing).unwrap()
    }

    pub fn pull(&self, after: u64, pages: u64) -> Vec<u8> {
        let ask = PullAsk {
            region: self.region,
            after,
            pages,
            holding: Vec::new(),
        };
        ask.to_bytes()
    }
}

/// A device's stream that grows by commits.
pub struct Stream {
    pub writer: StreamWriter,
    pub entries: Vec<Entry>,
    key: ContentKey,
    signing: DeviceSigningKey,
    rng: Seeded,
}

impl Stream {
    /// `stream-open` and `content-key`, both signed.
    pub fn new(world: &World, person: &Person, seed: u64) -> Self {
        let mut rng = Seeded(seed);
        let context = StreamContext {
            region: world.region,
            purpose: Purpose::Count,
            epoch: 1,
            roster_head: world.roster.head(),
            seen: None,
        };
        let signing = person.signing.clone();
        let (mut writer, open) = StreamWriter::open(context, &signing, None, None, &mut rng);
        let key = ContentKey::generate(&mut rng);
        let recipients = [person.encryption.public()];
        let mut named = writer.content_key(&key, &recipients, &mut rng).unwrap();
        named.sign(&signing);
        Self {
            writer,
            entries: vec![open, named],
            key,
            signing,
            rng,
        }
    }

    pub fn id(&self) -> StreamId {
        self.writer.state().stream
    }

    /// One commit: so many entries of so many bytes, the last one signed.
    pub fn commit(&mut self, number: usize, bytes: usize) -> Vec<Entry> {
        let mut made = Vec::new();
        for n in 1..=number {
            let mut payload = vec![0; bytes];
            self.rng.fill(&mut payload);
            let sealed = self.writer.seal(&self.key, &payload, &mut self.rng);
            let mut entry = sealed.unwrap();
            if n == number {
                entry.sign(&self.signing);
            }
            made.push(entry);
        }
        self.entries.extend(made.iter().cloned());
        made
    }

    pub fn last(&self) -> &Entry {
        &self.entries[self.entries.len() - 1]
    }

    /// The same stream as it was at `next`, gone on with otherwise: a restored device.
    pub fn restored(&self, next: usize, seed: u64) -> Self {
        let state = veldpost_envelope::StreamState {
            stream: self.id(),
            next_seq: next as u64,
            prev_hash: self.entries[next - 1].hash(),
        };
        Self {
            writer: StreamWriter::resume(*self.writer.context(), state),
            entries: self.entries[..next].to_vec(),
            key: self.key.clone(),
            signing: self.signing.clone(),
            rng: Seeded(seed),
        }
    }
}

pub fn bytes(entries: &[Entry]) -> Vec<u8> {
    entries.iter().flat_map(Entry::to_bytes).collect()
}
