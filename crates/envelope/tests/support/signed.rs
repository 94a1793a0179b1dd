//! Receipts, checkpoints and erasures of a made-up region, and a roster that knows who may sign them.

use super::{REGION, Seeded};
use veldpost_domain::StreamId;
use veldpost_envelope::canonical::Writer;
use veldpost_envelope::object::{
    Checkpoint, Erase, Ground, Heads, ObjectHead, Ranges, Receipt, SeqRange, Standing,
};
use veldpost_envelope::run::RunHead;
use veldpost_envelope::{
    ActHash, DevicePublic, DeviceSigningKey, EntryHash, Object, Purpose, label,
};

pub const STREAM: StreamId = StreamId([3; 16]);
pub const HEAD: ActHash = ActHash([4; 32]);

pub fn key(number: u64) -> DeviceSigningKey {
    DeviceSigningKey::generate(&mut Seeded(number))
}

pub fn head(key: &DeviceSigningKey) -> ObjectHead {
    ObjectHead {
        region: REGION,
        signer: key.public(),
        roster_head: HEAD,
        at: 1_794_600_000_000,
    }
}

pub fn ranges(found: &[(u64, u64)]) -> Ranges {
    found
        .iter()
        .map(|(first, last)| SeqRange::new(*first, *last).unwrap())
        .collect()
}

pub fn receipt(key: &DeviceSigningKey) -> Receipt {
    Receipt {
        head: head(key),
        stream: STREAM,
        upto: 300,
        hash: EntryHash([5; 32]),
        apart: Ranges::default(),
    }
}

pub fn erase(key: &DeviceSigningKey) -> Erase {
    Erase {
        head: head(key),
        stream: STREAM,
        seqs: ranges(&[(2, 4), (7, 7)]),
        ground: Ground::AskedByPerson,
    }
}

pub fn heads(streams: u16) -> Heads {
    let heads = (0..streams).rev().map(|number| RunHead {
        stream: StreamId([number.to_be_bytes(); 8].concat().try_into().unwrap()),
        seq: 300 + u64::from(number),
        hash: EntryHash([9; 32]),
    });
    Heads::new(heads.collect()).unwrap()
}

pub fn checkpoint(key: &DeviceSigningKey, number: u64, heads: &Heads) -> Object {
    Checkpoint::sign(head(key), Purpose::Count, number, heads, key).unwrap()
}

/// An object as another program would sign it: any head, any fields behind it.
pub fn raw(
    key: &DeviceSigningKey,
    [version, suite, kind]: [u64; 3],
    fields: usize,
    write: impl FnOnce(&mut Writer),
) -> Vec<u8> {
    let mut body = Writer::default();
    body.array(7 + fields).uint(version).uint(suite).uint(kind);
    body.bytes(&REGION.0).bytes(&key.public().0).bytes(&HEAD.0);
    body.int(0);
    write(&mut body);
    let body = body.finish();
    let used = [label::RECEIPT, label::CHECKPOINT, label::ERASE];
    let used = used[(kind as usize).clamp(1, 3) - 1];
    let signature = key.sign(used, &label::sha256(&[used, &body]));
    let mut out = Writer::default();
    out.array(3).bytes(&body).bytes(&signature).null();
    out.finish()
}

/// A roster of two acts: who coordinated what at [`HEAD`], and who does now.
pub struct Roster {
    pub then: Vec<(DevicePublic, Purpose)>,
    pub now: Vec<(DevicePublic, Purpose)>,
}

impl Standing for Roster {
    fn coordinated(&self, at: &ActHash, signer: &DevicePublic, purpose: Purpose) -> Option<bool> {
        (*at == HEAD).then(|| self.then.contains(&(*signer, purpose)))
    }

    fn coordinates(&self, signer: &DevicePublic, purpose: Purpose) -> bool {
        self.now.contains(&(*signer, purpose))
    }
}

pub fn roster_of(key: &DeviceSigningKey) -> Roster {
    let member = vec![(key.public(), Purpose::Count)];
    Roster {
        then: member.clone(),
        now: member,
    }
}

pub fn all(key: &DeviceSigningKey) -> [Object; 3] {
    [
        receipt(key).sign(key).unwrap(),
        checkpoint(key, 1, &heads(3)),
        erase(key).sign(key).unwrap(),
    ]
}
