//! When a device may let go of its own copy of what it recorded.
//!
//! Not here: verifying receipts and erasures, and the transaction in which a row goes. Nothing here
//! reads a clock: both times are those of two pages of the relay.

use super::{Ranges, Receipt, SeqRange};
use crate::{DevicePublic, EntryHash, Purpose};
use veldpost_domain::StreamId;

/// How long the relay must go on showing the entries after the receipts came, in milliseconds.
pub const WAIT_MS: i64 = 24 * 60 * 60 * 1000;

/// How a device holds what it wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// Anybody's that is neither of the other two.
    Member,
    /// It came by an invitation of form *desk*.
    Desk,
    /// It coordinates the purpose.
    Coordinator,
}

/// A row of the outbox: one commit.
#[derive(Clone, Copy, Debug)]
pub struct WaitingRow<'a> {
    /// Its entries.
    pub seqs: SeqRange,
    /// Those of them whose body is sealed, or was before it was erased.
    pub sealed: &'a Ranges,
}

/// A receipt that was verified and kept.
#[derive(Clone, Copy, Debug)]
pub struct KeptReceipt<'a> {
    /// The receipt.
    pub receipt: &'a Receipt,
    /// Time of the page that brought it: the relay's clock. When the relay's incarnation changed
    /// since, the time of the first page of the new one: the wait begins anew.
    pub brought: i64,
}

/// What the newest page of the incarnation that is now known says of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelayHead {
    /// The page's time.
    pub at: i64,
    /// How many entries of the stream the relay holds.
    pub next: u64,
    /// Hash of the last of them.
    pub hash: Option<EntryHash>,
}

/// What a device knows about one of its streams.
pub struct Custody<'a> {
    /// The device that wrote the stream.
    pub device: DevicePublic,
    /// The stream.
    pub stream: StreamId,
    /// Its purpose.
    pub purpose: Purpose,
    /// How the device holds it.
    pub holder: Holder,
    /// How many members other than the writer coordinate the purpose, in the newest roster held.
    pub coordinators: usize,
    /// The kept receipts, one a signer.
    pub receipts: &'a [KeptReceipt<'a>],
    /// What the relay shows; none before its first page.
    pub relay: Option<RelayHead>,
    /// What the kept erasures of this stream name.
    pub erased: &'a Ranges,
    /// The device's own chain: the hash at a place; none where it is no longer known.
    pub hash_at: &'a dyn Fn(u64) -> Option<EntryHash>,
}

/// How many signers' receipts free a copy: one, or two where two could give them.
#[must_use]
pub fn needed(coordinators: usize) -> usize {
    if coordinators >= 2 { 2 } else { 1 }
}

/// Whether a row may be taken out of the outbox, all of it at once.
///
/// | Device | Condition |
/// |---|---|
/// | coordinates the purpose | never: the row moves to `originals`, and is made bare there |
/// | any other | erasures name every sealed entry of the row, and the relay shows the row |
/// | desk, count | one receipt by another device confirms the row |
/// | member, count | as many as [`needed`] do, and a page 24 hours after the last of these, or later, shows the row |
/// | any other, not count | never: kept until closure and retention, by rules that come with those forms |
///
/// *Shows the row*: a head at or beyond its last entry, with the device's own hash at that place.
#[must_use]
pub fn may_be_freed(row: &WaitingRow<'_>, custody: &Custody<'_>) -> bool {
    if custody.holder == Holder::Coordinator {
        return false;
    }
    let shown = shown_at(row, custody);
    if shown.is_some() && !row.sealed.is_empty() && custody.erased.covers_all(row.sealed) {
        return true;
    }
    let (Purpose::Count, Some(confirmed)) = (custody.purpose, confirmed_at(row, custody)) else {
        return false;
    };
    let waited = |shown: i64| shown.saturating_sub(confirmed) >= WAIT_MS;
    custody.holder == Holder::Desk || shown.is_some_and(waited)
}

/// Whether the receipts confirm the row, without the wait: *Ontvangen* on the screen.
#[must_use]
pub fn is_received(row: &WaitingRow<'_>, custody: &Custody<'_>) -> bool {
    confirmed_at(row, custody).is_some()
}

/// Whether a kept receipt sets an entry of the row apart: *Let op* on the screen.
#[must_use]
pub fn is_apart(row: &WaitingRow<'_>, custody: &Custody<'_>) -> bool {
    custody
        .receipts
        .iter()
        .any(|kept| kept.receipt.stream == custody.stream && kept.receipt.apart.meets(row.seqs))
}

/// Time of the page that brought the last receipt that was wanting; none when one still is.
fn confirmed_at(row: &WaitingRow<'_>, custody: &Custody<'_>) -> Option<i64> {
    let mut confirming: Vec<(DevicePublic, i64)> = custody
        .receipts
        .iter()
        .filter(|kept| {
            kept.receipt.stream == custody.stream
                && kept.receipt.head.signer != custody.device
                && kept.receipt.confirms(row.seqs, custody.hash_at)
        })
        .map(|kept| (kept.receipt.head.signer, kept.brought))
        .collect();
    confirming.sort_unstable();
    confirming.dedup_by_key(|(signer, _)| *signer);
    confirming.sort_unstable_by_key(|(_, brought)| *brought);
    let needed = match custody.holder {
        Holder::Desk => 1,
        Holder::Member | Holder::Coordinator => needed(custody.coordinators),
    };
    confirming.get(needed - 1).map(|(_, brought)| *brought)
}

/// Time of the relay's page, when it shows the row and agrees with the device's own chain.
fn shown_at(row: &WaitingRow<'_>, custody: &Custody<'_>) -> Option<i64> {
    let relay = custody.relay?;
    let last = relay.next.checked_sub(1)?;
    let own = relay.hash.is_some() && (custody.hash_at)(last) == relay.hash;
    (last >= row.seqs.last() && own).then_some(relay.at)
}
