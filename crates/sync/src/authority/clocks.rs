//! What devices' clocks told: of each operation that counts when it was made, beside the act that its writer knew by then.
//!
//! Not here: whether that is odd, which hangs on another clock (`Device::odd_clocks`). Nothing is refused for it.

use super::chain::Chains;
use super::{Candidate, Outcome};
use std::collections::{BTreeMap, BTreeSet};
use veldpost_domain::{Act, RecordId, StreamId};
use veldpost_envelope::Roster;

/// What a clock told of one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// The number of its entry in its stream.
    pub seq: u64,
    /// Milliseconds since 1970, as the device told.
    pub told: u64,
    /// The same with what coordinators said of that clock.
    pub corrected: u64,
    /// The height of the act that the entry names: it was not made before that act.
    pub height: u64,
}

/// Of every stream that is there. What was counted alone and taken along is not in it: it names an act that is younger than
/// what it tells of.
pub(super) fn told(
    candidates: &[Candidate<'_>],
    outcomes: &[Outcome],
    chains: &Chains<'_>,
    roster: &Roster,
) -> BTreeMap<StreamId, Vec<Told>> {
    let counts = candidates.iter().zip(outcomes);
    let counts = counts.filter(|(_, outcome)| **outcome == Outcome::Applied);
    let counts = counts.map(|(candidate, _)| candidate);
    let alone = counts
        .clone()
        .filter(|candidate| match &candidate.operation.act {
            Act::Create { context, .. } => context.from_solo,
            Act::Amend { .. } | Act::Withdraw { .. } => false,
        });
    let alone: BTreeSet<RecordId> = alone.map(|it| it.operation.record).collect();
    let mut streams: BTreeMap<StreamId, Vec<Told>> = BTreeMap::new();
    for candidate in counts {
        let stream = candidate.words.inner.stream;
        if alone.contains(&candidate.operation.record) || !chains.streams.contains_key(&stream) {
            continue;
        }
        if let Some(height) = roster.height_of(&candidate.words.inner_head) {
            streams.entry(stream).or_default().push(Told {
                seq: candidate.words.inner.seq,
                told: candidate.told.millis(),
                corrected: candidate.operation.hlc.millis(),
                height,
            });
        }
    }
    streams
}
