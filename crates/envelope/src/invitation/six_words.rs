//! Six words that a newcomer and a coordinator compare: both see the same keys.
//!
//! Not here: showing them.

use super::JoinRequest;
use crate::canonical::Writer;
use crate::label;

/// So many words: 66 bits.
pub const SIX: usize = 6;

const BITS: usize = 11;
const WORD: u128 = (1 << BITS) - 1;

/// The numbers of the words, from 0: the first 66 bits of
/// `SHA-256("veldpost/1/sas\0" ‖ [dsk, dek, invitation, roster_head])`.
#[must_use]
pub fn six_numbers(request: &JoinRequest) -> [u16; SIX] {
    let mut out = Writer::with_capacity(128);
    out.array(4)
        .bytes(&request.device.0)
        .bytes(&request.encryption.0)
        .bytes(&request.invitation)
        .bytes(&request.roster_head.0);
    let hash = label::sha256(&[label::SAS, &out.finish()]);
    let bits = hash
        .iter()
        .take(16)
        .fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
    core::array::from_fn(|index| (bits >> (128 - BITS * (index + 1)) & WORD) as u16)
}

/// The words.
#[cfg(feature = "words")]
#[must_use]
pub fn six_words(request: &JoinRequest) -> [&'static str; SIX] {
    six_numbers(request).map(|number| crate::words::word(number).unwrap_or_default())
}
