//! A device's stream that grows by commits.

use super::{Person, Seeded, World};
use veldpost_domain::StreamId;
use veldpost_envelope::stream::StreamContext;
use veldpost_envelope::{ContentKey, DeviceSigningKey, Entry, Purpose, StreamWriter};

pub struct Stream {
    pub writer: StreamWriter,
    pub entries: Vec<Entry>,
    key: ContentKey,
    signing: DeviceSigningKey,
    rng: Seeded,
}

impl Stream {
    /// A stream of `open, content-key`, both signed.
    pub fn new(world: &World, person: &Person, purpose: Purpose, seed: u64) -> Self {
        Self::by(world, person, purpose, seed, None)
    }

    pub fn by(
        world: &World,
        person: &Person,
        purpose: Purpose,
        seed: u64,
        invitation: Option<[u8; 16]>,
    ) -> Self {
        let mut rng = Seeded(seed);
        let context = StreamContext {
            region: world.region,
            purpose,
            epoch: 1,
            roster_head: world.roster.head(),
            seen: None,
        };
        let signing = person.signing.clone();
        let (mut writer, open) = StreamWriter::open(context, &signing, invitation, None, &mut rng);
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

    /// One commit: so many entries, the last one signed.
    pub fn commit(&mut self, number: usize) -> &mut Self {
        self.commit_of(number, 40)
    }

    pub fn commit_of(&mut self, number: usize, bytes: usize) -> &mut Self {
        for n in 0..number {
            let mut payload = vec![u8::try_from(n % 256).unwrap(); bytes];
            veldpost_envelope::RandomBytes::fill(&mut self.rng, &mut payload);
            let mut entry = self
                .writer
                .seal(&self.key, &payload, &mut self.rng)
                .unwrap();
            if n + 1 == number {
                entry.sign(&self.signing);
            }
            self.entries.push(entry);
        }
        self
    }

    /// The same stream as it was at `next`, to be gone on with otherwise: a restored device.
    pub fn restored(&self, next: usize, seed: u64) -> Self {
        let before = &self.entries[next - 1];
        let state = veldpost_envelope::StreamState {
            stream: self.id(),
            next_seq: next as u64,
            prev_hash: before.hash(),
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
