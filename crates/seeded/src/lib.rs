//! Bytes that a seed decides, for tests, vectors and measurements: SplitMix64 (Steele, Lea and Flood, 2014).
//!
//! Not here: anything that may be kept secret by it, so nothing that ships may use this; the dice of the simulator and
//! of the made-up people, which throw more than bytes.
#![warn(missing_docs)]

use veldpost_envelope::RandomBytes;

/// The same seed gives the same bytes.
#[derive(Clone, Debug)]
pub struct Seeded(pub u64);

impl Seeded {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }
}

impl RandomBytes for Seeded {
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            for (byte, drawn) in chunk.iter_mut().zip(self.next().to_le_bytes()) {
                *byte = drawn;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first numbers of seed 1234567, as other implementations give them.
    #[test]
    fn the_bytes_are_splitmix64s() {
        let mut bytes = [0; 20];
        Seeded(1_234_567).fill(&mut bytes);
        let expected = [
            6_457_827_717_110_365_317_u64.to_le_bytes(),
            3_203_168_211_198_807_973_u64.to_le_bytes(),
            9_817_491_932_198_370_423_u64.to_le_bytes(),
        ];
        assert_eq!(bytes[..], expected.concat()[..20]);
    }
}
