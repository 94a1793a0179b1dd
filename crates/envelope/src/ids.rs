//! Identifiers of 32 bytes: hashes that name a region, an entry, a content key.
//!
//! Not here: the identifiers of 16 bytes that people's records have (see `veldpost-domain`).

use core::fmt;

macro_rules! hash {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 32]);

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
