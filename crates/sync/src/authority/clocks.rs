//! What devices' clocks told: of each operation when it was made, beside the act that its writer knew by then.
//!
//! Not here: whether that is odd, which hangs on another clock (`Device::odd_clocks`). Nothing is refused for it.

use super::Candidate;
use std::collections::{BTreeMap, BTreeSet};
use veldpost_domain::{Act, RecordId, StreamId};
use veldpost_envelope::Roster;

/// What a clock told of one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// The number of the entry in its stream, at its inner place.
    pub seq: u64,
    /// Milliseconds since 1970, as the device told.
    pub told: u64,
    /// The same with what coordinators said of that clock.
    pub corrected: u64,
    /// The height of the act that the entry names: it was not made before that act.
    pub height: u64,
}

/// Of every stream, in the order of its numbers. What was counted alone and taken along is not in it: it names an act that
/// is younger than what it tells of.
pub(super) fn told(candidates: &[Candidate<'_>], roster: &Roster) -> BTreeMap<StreamId, Vec<Told>> {
    let alone: BTreeSet<RecordId> = candidates
        .iter()
        .filter(|candidate| match &candidate.operation.act {
            Act::Create { context, .. } => context.from_solo,
            Act::Amend { .. } | Act::Withdraw { .. } => false,
        })
        .map(|candidate| candidate.operation.record)
        .collect();
    let mut streams: BTreeMap<StreamId, Vec<Told>> = BTreeMap::new();
    for candidate in candidates {
        let words = &candidate.words;
        if alone.contains(&candidate.operation.record) {
            continue;
        }
        let Some(height) = roster.height_of(&words.inner_head) else {
            continue;
        };
        streams.entry(words.inner.stream).or_default().push(Told {
            seq: words.inner.seq,
            told: candidate.told.millis(),
            corrected: candidate.operation.hlc.millis(),
            height,
        });
    }
    // Carried entries stand among those of the stream that carries them.
    for stream in streams.values_mut() {
        stream.sort_by_key(|told| (told.seq, told.told));
    }
    streams
}
