//! Randomness comes in through one trait.
//!
//! Not here: a source. The app hands in the browser's, tests hand in a seeded one.

use core::convert::Infallible;
use hpke::rand_core::{TryCryptoRng, TryRng};

/// A cryptographically strong source of random bytes.
///
/// An implementation fills the whole slice; a source that can fail must fail before it gets here.
pub trait RandomBytes {
    /// Fills `bytes` with unpredictable bytes.
    fn fill(&mut self, bytes: &mut [u8]);
}

/// A fresh array.
pub fn array<const N: usize>(rng: &mut dyn RandomBytes) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill(&mut bytes);
    bytes
}

/// What `hpke` wants: it asks for exactly the 32 bytes `ikmE` of RFC 9180 section 7.1.3.
pub(crate) struct Adapter<'a>(pub &'a mut dyn RandomBytes);

impl TryRng for Adapter<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(array(self.0)))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(array(self.0)))
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(dst);
        Ok(())
    }
}

impl TryCryptoRng for Adapter<'_> {}

/// Gives the same bytes each time: for published vectors, which say what the randomness was.
#[cfg(test)]
pub(crate) struct Fixed(pub Vec<u8>);

#[cfg(test)]
impl RandomBytes for Fixed {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self.0[..bytes.len()]);
    }
}

#[cfg(test)]
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<_> = text
        .chars()
        .filter_map(|digit| digit.to_digit(16))
        .collect();
    digits
        .chunks(2)
        .map(|pair| (pair[0] * 16 + pair[1]) as u8)
        .collect()
}
