//! Identifiers of 32 bytes: hashes that name a region, an entry, a content key.
//!
//! Not here: the identifiers of 16 bytes that people's records have (see `veldpost-domain`).

use core::cmp::Ordering;
use core::fmt;

/// As bytes are ordered, but half of them at once: two hashes differ there.
#[inline(never)]
fn order(one: &[u8; 32], other: &[u8; 32]) -> Ordering {
    let (first, second) = (
        one.first_chunk().map(|it| u128::from_be_bytes(*it)),
        other.first_chunk().map(|it| u128::from_be_bytes(*it)),
    );
    first.cmp(&second).then_with(|| one.cmp(other))
}

macro_rules! hash {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name(pub [u8; 32]);

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> Ordering {
                order(&self.0, &other.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    };
}

hash!(
    /// The group that shares keys: the hash of its genesis act.
    RegionId
);
hash!(
    /// One entry, header and body: what the next one points back to.
    EntryHash
);
hash!(
    /// One content key, without telling it.
    CkId
);
hash!(
    /// One roster act: what the next one points back to. The first one's is the region's id.
    ActHash
);
hash!(
    /// One receipt, checkpoint or erasure: what `seen` and the stage *locked* name.
    ObjectHash
);
hash!(
    /// One blob: what acts name, and what is compared before it is opened.
    BlobId
);
hash!(
    /// One join: what the act that admits it names.
    JoinHash
);

#[cfg(test)]
mod tests {
    use super::EntryHash;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn hashes_are_ordered_as_their_bytes(one: [u8; 32], mut other: [u8; 32], same in 0_usize..33) {
            other[..same].copy_from_slice(&one[..same]);
            prop_assert_eq!(EntryHash(one).cmp(&EntryHash(other)), one.cmp(&other));
        }
    }
}
