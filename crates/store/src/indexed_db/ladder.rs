//! The versions of the database and what each one added: one rung a version.
//!
//! Not here: changes to rows. A rung only adds object stores; rows are rewritten by the journal, in
//! ordinary batches, after the database has opened.

/// Object stores by the version that first had them; a database's version is the number of rungs.
///
/// rexie deletes every store that it is not told about, so a rung is never changed or removed, and
/// a store stays listed for ever: someone's outbox may still be in it.
pub type Ladder = &'static [&'static [&'static str]];

/// What this program creates and upgrades to.
pub const LADDER: Ladder = &[
    // 1: the first release.
    &[
        "meta", "keys", "roster", "outbox", "stubs", "blocks", "drafts", "round", "aside", FENCE,
        DEVICE_KEY,
    ],
    // 2: the letterbox.
    &["streams", "objects", "originals", "blobs"],
];

/// The store of the one fencing number; never a shelf, so that no batch can write it.
pub(super) const FENCE: &str = "fence";

/// The store of the browser's own key; never a shelf, since its row is no bytes and clearing a
/// shelf must not lose it.
pub(super) const DEVICE_KEY: &str = "device-key";

/// The version that a ladder makes.
pub(super) const fn version(ladder: Ladder) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a ladder has a handful of rungs"
    )]
    let version = ladder.len() as u32;
    version
}
