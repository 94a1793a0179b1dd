//! The device's clock that never goes back.

/// Hybrid logical clock: milliseconds since 1970 in the upper 48 bits, a counter in the lower 16.
///
/// It strictly increases per device across restarts, a clock that is set back and a change of time
/// zone. It orders; it never refuses: whatever the wall clock says, there is a next value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Hlc(pub u64);

impl Hlc {
    /// The next value after `self` while the wall clock reads `wall_ms` (milliseconds since 1970).
    ///
    /// A wall clock before 1970 or beyond 48 bits counts as the nearest end of that range.
    #[must_use]
    pub fn tick(self, wall_ms: i64) -> Self {
        let wall = u64::try_from(wall_ms).unwrap_or(0).min((1 << 48) - 1) << 16;
        Self(wall.max(self.0.saturating_add(1)))
    }

    /// Milliseconds since 1970 that this value stands for.
    #[must_use]
    pub fn millis(self) -> u64 {
        self.0 >> 16
    }
}

#[cfg(test)]
mod tests {
    use super::Hlc;

    #[test]
    fn a_clock_set_back_to_1999_still_moves_forward() {
        let now = Hlc::default().tick(1_700_000_000_000);
        let after = now.tick(915_148_800_000);
        assert!(after > now);
        assert_eq!(after.millis(), now.millis());
    }

    #[test]
    fn a_clock_before_1970_is_accepted() {
        assert!(Hlc::default().tick(-5) > Hlc::default());
    }
}
