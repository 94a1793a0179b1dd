//! The shelves that rows stand on; each is one object store of the database.
//!
//! Not here: the database's own stores (the fence, the device key), which no caller reads or writes
//! as rows.

/// One kind of row. Its [`name`](Shelf::name) is on people's disks and never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shelf {
    /// Few, small facts that the start needs: format, settings, next sequence numbers.
    Meta,
    /// Wrapped keys and public keys, as bytes.
    Keys,
    /// The signed roster log.
    Roster,
    /// Sealed entries that are not yet freed: the local copy, and what is sent.
    Outbox,
    /// What stays of an entry when its body has gone.
    Stubs,
    /// Sealed blocks of records.
    Blocks,
    /// Sealed drafts of forms under way.
    Drafts,
    /// The open round.
    Round,
    /// What could not be read or applied, kept for a person to judge.
    Aside,
    /// How far streams go: the device's own, and at a coordinator every one that it verified.
    Streams,
    /// Receipts, checkpoints and erasures that were verified.
    Objects,
    /// At a coordinator: sealed entries of every stream, as they came.
    Originals,
    /// Sealed blobs and welcomes.
    Blobs,
}

impl Shelf {
    /// Every shelf, in the order of the enum.
    pub const ALL: [Self; 13] = [
        Self::Meta,
        Self::Keys,
        Self::Roster,
        Self::Outbox,
        Self::Stubs,
        Self::Blocks,
        Self::Drafts,
        Self::Round,
        Self::Aside,
        Self::Streams,
        Self::Objects,
        Self::Originals,
        Self::Blobs,
    ];

    /// The object store's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Keys => "keys",
            Self::Roster => "roster",
            Self::Outbox => "outbox",
            Self::Stubs => "stubs",
            Self::Blocks => "blocks",
            Self::Drafts => "drafts",
            Self::Round => "round",
            Self::Aside => "aside",
            Self::Streams => "streams",
            Self::Objects => "objects",
            Self::Originals => "originals",
            Self::Blobs => "blobs",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Shelf;

    #[test]
    fn the_names_on_peoples_disks_stay_as_they_are() {
        let names = Shelf::ALL.map(Shelf::name);
        assert_eq!(
            names,
            [
                "meta",
                "keys",
                "roster",
                "outbox",
                "stubs",
                "blocks",
                "drafts",
                "round",
                "aside",
                "streams",
                "objects",
                "originals",
                "blobs"
            ]
        );
    }
}
