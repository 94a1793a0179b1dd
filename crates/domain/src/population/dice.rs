//! Reproducible chance: splitmix64 (Steele, Lea and Flood, 2014). Not for anything that must be secret.
//!
//! Not here: the seed.

/// A row of throws that a seed decides.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number from 0, below `end`.
    pub(super) fn below(&mut self, end: u32) -> u32 {
        // The upper half, so that the result fits.
        (((self.next() >> 32) * u64::from(end)) >> 32) as u32
    }

    pub(super) fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u32) as usize]
    }

    pub(super) fn id(&mut self) -> [u8; 16] {
        let mut id = [0; 16];
        let (low, high) = id.split_at_mut(8);
        low.copy_from_slice(&self.next().to_be_bytes());
        high.copy_from_slice(&self.next().to_be_bytes());
        id
    }

    /// A seed for something that is drawn apart.
    pub(super) fn seed(&mut self) -> u64 {
        self.next()
    }

    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at as u32 + 1) as usize);
        }
    }
}
