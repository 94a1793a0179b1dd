//! Identifiers of 16 bytes. They are made by callers from their own random bytes.

use core::cmp::Ordering;
use core::fmt;

/// As bytes are ordered, but all at once: every map of a count is searched by ids. A call, since it is long where it stands.
#[inline(never)]
fn order(one: &[u8; 16], other: &[u8; 16]) -> Ordering {
    u128::from_be_bytes(*one).cmp(&u128::from_be_bytes(*other))
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name(pub [u8; 16]);

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

        impl core::str::FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let bytes = text.as_bytes();
                if bytes.len() != 32 {
                    return Err(NotAnId);
                }
                let mut id = [0; 16];
                for (slot, pair) in id.iter_mut().zip(bytes.chunks_exact(2)) {
                    let digit = |byte: u8| (byte as char).to_digit(16).ok_or(NotAnId);
                    *slot = u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?)
                        .map_err(|_| NotAnId)?;
                }
                Ok(Self(id))
            }
        }
    };
}

id!(
    /// One counted person or one observation, for as long as it exists.
    RecordId
);
id!(
    /// One act on a record: its creation, an amendment, a withdrawal.
    OperationId
);
id!(
    /// One device's chain of entries for one purpose.
    StreamId
);
id!(
    /// One walk of one crew.
    RoundId
);
id!(
    /// The count of one night.
    CampaignId
);
id!(
    /// An organisation that takes part in a count.
    OrganisationId
);

impl CampaignId {
    /// The campaign of every practice database. Its records are in no table but practice's own.
    pub const PRACTICE: Self = Self([0; 16]);
}

/// The text is not 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnId;

impl fmt::Display for NotAnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an identifier is 32 hexadecimal digits")
    }
}

impl core::error::Error for NotAnId {}

#[cfg(test)]
mod tests {
    use super::RecordId;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ids_are_ordered_as_their_bytes(one: [u8; 16], mut other: [u8; 16], same in 0_usize..17) {
            other[..same].copy_from_slice(&one[..same]);
            prop_assert_eq!(RecordId(one).cmp(&RecordId(other)), one.cmp(&other));
        }
    }
}
