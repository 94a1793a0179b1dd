//! Rows that the contract writes.
//!
//! Not here: rows that mean something.

use crate::store::{
    ActRow, Class, Content, DeviceRow, EntryRow, Interest, ItemRow, Name, Of, Purposes,
    RegionChange, RegionRow, StoreError, StreamRow, Volume,
};
use core::ops::Range;
use veldpost_domain::StreamId;
use veldpost_envelope::{ActHash, DevicePublic, EntryHash, Purpose, RegionId};

pub(super) const REGION: RegionId = RegionId([200; 32]);
pub(super) const STREAM: StreamId = StreamId([100; 16]);

pub(super) fn region(acts: u64) -> RegionRow {
    RegionRow {
        acts,
        head: ActHash([3; 32]),
        position: 1_000,
        bytes: 5_000_000_000,
    }
}

/// A region is known once it has a row and an act.
pub(super) fn known<C: RegionChange>(change: &mut C) -> Result<(), StoreError> {
    change.put_region(&region(1))?;
    change.put_act(&act(0, 10))
}

pub(super) fn on_device(n: u8) -> DevicePublic {
    DevicePublic([n; 32])
}

pub(super) fn device(n: u8) -> DeviceRow {
    DeviceRow {
        device: on_device(n),
        held: Volume {
            entries: 7,
            bytes: 9_000,
        },
        since_removal: Volume {
            entries: 1,
            bytes: 900,
        },
        heard: Some(1_794_500_000_000),
    }
}

pub(super) fn stream(n: u8, purpose: Purpose) -> StreamRow {
    StreamRow {
        stream: StreamId([n; 16]),
        device: on_device(n),
        purpose,
        next: 12,
        hash: EntryHash([n; 32]),
        says: None,
    }
}

pub(super) fn act(height: u64, length: usize) -> ActRow {
    let mut hash = [0; 32];
    hash.iter_mut()
        .zip(height.to_be_bytes())
        .for_each(|(slot, byte)| *slot = byte);
    ActRow {
        height,
        hash: ActHash(hash),
        bytes: bytes(length),
    }
}

pub(super) fn entries(seqs: Range<u64>) -> Vec<EntryRow> {
    seqs.map(|seq| EntryRow {
        seq,
        hash: EntryHash([u8::try_from(seq % 251).unwrap_or(0); 32]),
        signed: seq % 3 == 2,
        bytes: seq.to_le_bytes().repeat(4),
    })
    .collect()
}

pub(super) fn item(position: u64, name: Name, value: u8) -> ItemRow {
    ItemRow {
        position,
        at: 1_794_500_000_000,
        name,
        purposes: Purposes::from(Purpose::Count),
        device: on_device(1),
        content: Content::Value(vec![value; 3]),
    }
}

pub(super) fn run(position: u64, first: u64, next: u64) -> ItemRow {
    ItemRow {
        content: Content::Run { first, next },
        ..item(position, Name::run(&STREAM, first), 0)
    }
}

/// What who coordinates everything asks for.
pub(super) fn everything() -> Vec<Interest> {
    let purposes: Purposes = Purpose::ALL.into_iter().collect();
    let of = |class| Interest {
        class,
        of: Of::Purposes(purposes),
    };
    Class::ALL.map(of).into()
}

/// Bytes that do not compress to nothing, the same each time.
pub(super) fn bytes(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    let step = |_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[0]
    };
    (0..length).map(step).collect()
}

/// The same item at another position.
pub(super) fn at(position: u64, item: ItemRow) -> ItemRow {
    ItemRow { position, ..item }
}
