//! Judging what came since an earlier judging, where nothing that came can change what that one said of the rest.
//!
//! Not here: whether that is so by what is held (`growth`); what was read, and how it is kept (`counted`).

use super::read::{Deciphered, Reading};
use super::{Ahead, Evaluation, Knowledge, Spot, judge};
use std::collections::{BTreeMap, BTreeSet};
use veldpost_domain::{Place, RecordId, StreamId};

/// What came, and what the earlier judging had read.
pub(crate) struct Since<'a> {
    /// The number from which on a stream is new; all of a stream that is not in it.
    pub from: BTreeMap<StreamId, u64>,
    /// Where statements stood.
    pub statements: &'a [Place],
    /// Where operations on a record stood.
    pub operations: &'a dyn Fn(RecordId) -> &'a [Place],
}

impl Since<'_> {
    fn is_new(&self, spot: &Spot) -> bool {
        let from = self.from.get(&spot.stream);
        from.is_none_or(|from| spot.seq >= *from)
    }
}

/// Judges what is new, and with it every operation on the records that it is about: of these, and of no others, the answer
/// has what counts. None where something that is new speaks of others: a statement.
pub(crate) fn evaluate_since(knowledge: &Knowledge<'_>, since: &Since<'_>) -> Option<Evaluation> {
    let region = knowledge.roster.region();
    let chains = knowledge.entries.chains(&region, knowledge.purpose);
    let mut ahead = Ahead::default();
    let reading = Reading::new(knowledge, &chains, &mut ahead);
    let mut read = reading.at(|spot| since.is_new(spot));
    let mut again: BTreeSet<Place> = since.statements.iter().copied().collect();
    let mut records: BTreeSet<RecordId> = BTreeSet::new();
    for words in &read {
        match &words.deciphered {
            Deciphered::Statement(_) => return None,
            Deciphered::Operation(operation) => {
                records.insert(operation.record);
                again.extend((since.operations)(operation.record));
            }
            Deciphered::Bare | Deciphered::Public | Deciphered::Unreadable | Deciphered::Parked => {
            }
        }
    }
    let mut earlier = reading.at(|spot| !since.is_new(spot) && again.contains(&spot.place()));
    // Where a stream forked, two entries stand at one place: the other one may be about a record of which nothing else is read.
    earlier.retain(|words| match &words.deciphered {
        Deciphered::Operation(operation) => records.contains(&operation.record),
        _ => true,
    });
    read.extend(earlier);
    read.sort_by_key(|words| words.outer);
    Some(judge(knowledge, &chains, read, Evaluation::default()))
}
