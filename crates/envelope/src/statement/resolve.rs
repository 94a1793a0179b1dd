//! Which of several statements holds: the same for everybody who has the same ones, in whatever order they came.
//!
//! Not here: what follows from it for an entry that is held, late or unauthorised.

use super::{Says, Statement, StatementKind, StreamRange, Subject, Verdict, encode_statement};
use crate::DevicePublic;
use core::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use veldpost_domain::{CampaignId, Hlc, OperationId, RecordId, StreamId};

/// A statement, and the entry that it came in; of a carried one the inner.
#[derive(Clone, Debug)]
pub struct Said {
    /// The stream.
    pub stream: StreamId,
    /// The entry's number there.
    pub seq: u64,
    /// What was said.
    pub statement: Statement,
}

impl Said {
    /// By the time that its author's device told; no offset applies, since it would itself depend on a statement. Two
    /// branches of a fork may share a place, so that identity and bytes break what ties there are.
    fn order(&self, other: &Self) -> Ordering {
        let key = |said: &Self| {
            let statement = &said.statement;
            (statement.hlc, said.stream, said.seq, statement.id)
        };
        let bytes = |said: &Self| encode_statement(&said.statement).ok();
        key(self)
            .cmp(&key(other))
            .then_with(|| bytes(self).as_deref().cmp(&bytes(other).as_deref()))
    }
}

/// What holds of one subject.
#[derive(Clone, Debug)]
pub struct Held<'a> {
    /// The latest that no other replaces.
    pub holds: &'a Said,
    /// The others that no other replaces, the latest first: a conflict, to be shown.
    pub beside: Vec<&'a Said>,
}

/// What has to be known of an entry to find the statements that mean it.
#[derive(Clone, Copy, Debug)]
pub struct EntryFacts<'a> {
    /// The record that its operation is about; none when it was not read.
    pub record: Option<RecordId>,
    /// Its stream; of a carried entry the inner one.
    pub stream: StreamId,
    /// Its number there.
    pub seq: u64,
    /// Who wrote it.
    pub device: DevicePublic,
    /// Those that its stream's `stream-open` and its device's `added` name.
    pub invitations: &'a [[u8; 16]],
}

/// All that coordinators of one purpose said, and what of it holds.
#[derive(Clone, Debug, Default)]
pub struct Statements<'a>(BTreeMap<(StatementKind, Subject), Held<'a>>);

impl<'a> Statements<'a> {
    /// Of statements on one subject those count that no other replaces; of these the latest holds.
    #[must_use]
    pub fn resolve(said: impl IntoIterator<Item = &'a Said>) -> Self {
        let mut by_subject: BTreeMap<_, Vec<&Said>> = BTreeMap::new();
        for one in said {
            let says = &one.statement.says;
            by_subject
                .entry((says.kind(), says.subject()))
                .or_default()
                .push(one);
        }
        let held = by_subject
            .into_iter()
            .filter_map(|(about, said)| resolve_one(said).map(|held| (about, held)));
        Self(held.collect())
    }

    /// What holds of a subject.
    #[must_use]
    pub fn get(&self, kind: StatementKind, subject: Subject) -> Option<&Held<'a>> {
        self.0.get(&(kind, subject))
    }

    /// Whether nothing holds of anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Everything that holds.
    pub fn all(&self) -> impl Iterator<Item = &Held<'a>> {
        self.0.values()
    }

    /// The judgement of the narrowest subject that meets the entry: record, range of its stream, device, invitation. Of
    /// ranges the one with fewest numbers; then, and of invitations, the latest.
    #[must_use]
    pub fn judgement(&self, entry: &EntryFacts<'_>) -> Option<&Held<'a>> {
        let of = |subject| self.get(StatementKind::Judgement, subject);
        let record = entry.record.and_then(|record| of(Subject::Record(record)));
        record
            .or_else(|| self.of_range(StatementKind::Judgement, entry.stream, entry.seq))
            .or_else(|| of(Subject::Device(entry.device)))
            .or_else(|| {
                let invitations = entry.invitations.iter();
                invitations
                    .filter_map(|invitation| of(Subject::Invitation(*invitation)))
                    .max_by(|a, b| a.holds.order(b.holds))
            })
    }

    /// What that judgement says.
    #[must_use]
    pub fn verdict(&self, entry: &EntryFacts<'_>) -> Option<Verdict> {
        match self.judgement(entry)?.holds.statement.says {
            Says::Judgement { verdict, .. } => Some(verdict),
            _ => None,
        }
    }

    /// The entry's time with the offset that holds for it, if any.
    #[must_use]
    pub fn time(&self, stream: StreamId, seq: u64, hlc: Hlc) -> Hlc {
        let held = self.of_range(StatementKind::Clock, stream, seq);
        match held.map(|held| &held.holds.statement.says) {
            Some(Says::Clock { offset, .. }) => corrected(hlc, *offset),
            _ => hlc,
        }
    }

    /// The campaign that records count for which were made for this one, if a coordinator named one.
    #[must_use]
    pub fn counts_for(&self, made_for: CampaignId) -> Option<CampaignId> {
        let held = self.get(StatementKind::CountsFor, Subject::Campaign(made_for))?;
        match held.holds.statement.says {
            Says::CountsFor { campaign, .. } => campaign,
            _ => None,
        }
    }

    fn of_range(&self, kind: StatementKind, stream: StreamId, seq: u64) -> Option<&Held<'a>> {
        let first = StreamRange {
            stream,
            first: 0,
            last: None,
        };
        // Ranges of a stream lie beside one another, in the order of their first numbers.
        self.0
            .range((kind, Subject::Range(first))..)
            .map_while(|((_, subject), held)| match subject {
                Subject::Range(range) if range.stream == stream && range.first <= seq => {
                    Some((range, held))
                }
                _ => None,
            })
            .filter(|(range, _)| range.contains(stream, seq))
            .min_by(|(a, held), (b, other)| {
                let narrower = a.width().cmp(&b.width());
                narrower.then_with(|| other.holds.order(held.holds))
            })
            .map(|(_, held)| held)
    }
}

/// None when every one is replaced: two that replace each other say nothing.
fn resolve_one(mut said: Vec<&Said>) -> Option<Held<'_>> {
    said.sort_by(|a, b| a.order(b));
    // The same one received twice is one. Where two have the same identity, the first keeps it.
    let mut seen = BTreeSet::new();
    said.retain(|one| seen.insert(one.statement.id));
    let replaced: BTreeSet<OperationId> = said
        .iter()
        .flat_map(|one| {
            let others = one.statement.says.replaces().iter();
            others.filter(|id| **id != one.statement.id).copied()
        })
        .collect();
    said.retain(|one| !replaced.contains(&one.statement.id));
    let holds = said.pop()?;
    said.reverse();
    Some(Held {
        holds,
        beside: said,
    })
}

/// Adds milliseconds to the upper part of a time; not below 0, not beyond its 48 bits. The counter stays.
#[must_use]
pub fn corrected(hlc: Hlc, offset: i64) -> Hlc {
    const LATEST: u64 = (1 << 48) - 1;
    let millis = hlc.millis().saturating_add_signed(offset).min(LATEST);
    Hlc(millis << 16 | (hlc.0 & 0xffff))
}
