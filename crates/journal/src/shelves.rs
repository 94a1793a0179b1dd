//! Where each row stands. A key never says anything about a person.

use veldpost_domain::StreamId;
use veldpost_store::Shelf;

/// A row that there is one of.
pub(crate) type Place = (Shelf, &'static [u8]);

pub(crate) const GENESIS: Place = (Shelf::Roster, &[0, 0, 0, 0]);
pub(crate) const SOLO: Place = (Shelf::Roster, b"solo");
pub(crate) const BUNDLE: Place = (Shelf::Keys, b"bundle");
pub(crate) const VAULT: Place = (Shelf::Keys, b"vault/passphrase");
pub(crate) const VAULT_FOR_KIT: Place = (Shelf::Keys, b"vault/kit");
pub(crate) const HEAD: Place = (Shelf::Meta, b"head/count");
pub(crate) const SETTINGS: Place = (Shelf::Meta, b"settings");
pub(crate) const PREFERENCES: Place = (Shelf::Meta, b"preferences");
pub(crate) const MEMBERSHIP: Place = (Shelf::Meta, b"membership");
pub(crate) const RELAY: Place = (Shelf::Meta, b"relay");
pub(crate) const JOIN: Place = (Shelf::Keys, b"join");
pub(crate) const ATTEMPTS: Place = (Shelf::Meta, b"attempts");
pub(crate) const LEFT: Place = (Shelf::Meta, b"left");
pub(crate) const KEPT_TABLES: Place = (Shelf::Meta, b"tables");
pub(crate) const COUNTED: Place = (Shelf::Meta, b"counted");
pub(crate) const STUBS: Shelf = Shelf::Stubs;
pub(crate) const ROUND: Place = (Shelf::Round, b"open");

/// Where a run of entries of one commit stands; none of another key.
pub(crate) fn place_of_run(key: &[u8]) -> Option<(StreamId, u64)> {
    let (stream, first) = veldpost_store::place_of_run(key)?;
    Some((StreamId(stream), first))
}

/// Where a row of the outbox goes that did not open when its region was left.
pub(crate) fn left_key(run: &[u8]) -> Vec<u8> {
    [SET_ASIDE, run].concat()
}

/// Whether that is what stands at a key of `aside`.
pub(crate) fn is_left(key: &[u8]) -> bool {
    key.starts_with(SET_ASIDE)
}

const SET_ASIDE: &[u8] = b"solo/";

/// A block of the count, by number.
pub(crate) fn block_key(number: u32) -> Vec<u8> {
    let mut key = b"count/".to_vec();
    key.extend_from_slice(&number.to_be_bytes());
    key
}

/// Keys of every block there may be, from one up to another.
pub(crate) fn all_blocks() -> (Vec<u8>, Vec<u8>) {
    (b"count/".to_vec(), b"count0".to_vec())
}

/// The number of a block, out of its key.
pub(crate) fn block_number(key: &[u8]) -> Option<u32> {
    let number = key.strip_prefix(b"count/")?;
    Some(u32::from_be_bytes(number.try_into().ok()?))
}

/// The id that a block is sealed with.
pub(crate) fn block_id(number: u32) -> [u8; 16] {
    u128::from(number).to_be_bytes()
}

/// Stubs of folded runs: more than one fold may fill a block.
pub(crate) fn folded_stubs_key(number: u32, random: [u8; 16]) -> Vec<u8> {
    let mut key = block_key(number);
    key.extend_from_slice(&random);
    key
}
