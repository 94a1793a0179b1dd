//! Devices whose clock is off, and what coordinators said of clocks.
//!
//! Not here: what is odd about a clock (`veldpost_sync::OddClock`).

use super::{ClockLine, Names, PutRight, Span};
use crate::browser::clock;
use crate::services::post::{OfficeProblem, Post};
use std::collections::BTreeMap;
use veldpost_domain::StreamId;
use veldpost_envelope::DevicePublic;
use veldpost_envelope::statement::{Says, StatementKind, Statements, StreamRange, Subject};
use veldpost_sync::OddClock;

impl Post {
    /// Devices whose records were not made when they say.
    pub(super) fn clocks(self, names: &Names) -> Vec<ClockLine> {
        let mut by_device: BTreeMap<_, (i64, Vec<StreamId>)> = BTreeMap::new();
        for odd in self.odd_clocks() {
            let (ahead, streams) = by_device
                .entry(self.device_of(odd.range.stream))
                .or_default();
            if odd.ahead.unsigned_abs() > ahead.unsigned_abs() {
                *ahead = odd.ahead;
            }
            streams.push(odd.range.stream);
        }
        let line = |(device, (ahead, streams))| ClockLine {
            name: name_of(device, names),
            ahead: ahead > 0,
            span: Span::of(ahead),
            streams,
        };
        by_device.into_iter().map(line).collect()
    }

    fn odd_clocks(self) -> Vec<OddClock> {
        let odd = self
            .judged(|evaluation| self.with(|device| device.odd_clocks(evaluation, clock::now())));
        odd.flatten().unwrap_or_default()
    }

    /// What coordinators said of clocks, the newest word on each part.
    fn said_of_clocks(self) -> Vec<(StreamRange, i64)> {
        let said = self.judged(|evaluation| {
            let statements = Statements::resolve(&evaluation.said);
            let clocks = statements.all();
            let clocks = clocks.filter_map(|held| match held.holds.statement.says {
                Says::Clock { range, offset, .. } => Some((range, offset)),
                _ => None,
            });
            clocks.collect()
        });
        said.unwrap_or_default()
    }

    /// Devices of which a coordinator put times right.
    pub(super) fn put_right(self, names: &Names) -> Vec<PutRight> {
        let mut by_device: BTreeMap<_, (i64, Vec<StreamRange>)> = BTreeMap::new();
        let said = self.said_of_clocks().into_iter();
        for (range, offset) in said.filter(|(_, offset)| *offset != 0) {
            let (most, ranges) = by_device.entry(self.device_of(range.stream)).or_default();
            if offset.unsigned_abs() > most.unsigned_abs() {
                *most = offset;
            }
            ranges.push(range);
        }
        let line = |(device, (offset, ranges))| PutRight {
            name: name_of(device, names),
            forward: offset > 0,
            span: Span::of(offset),
            ranges,
        };
        by_device.into_iter().map(line).collect()
    }

    /// Puts the times of these streams right, by how far they are off now.
    pub async fn put_clock_right(self, streams: Vec<StreamId>) -> Result<(), OfficeProblem> {
        let odd = self.odd_clocks().into_iter();
        let odd = odd.filter(|odd| streams.contains(&odd.range.stream));
        let said = self.said_of_clocks();
        let parts = odd.flat_map(|odd| {
            // Of two words the one on fewer entries holds, also where it is the older: what was said of a part is said anew.
            let mut ranges = vec![odd.range];
            for shared in said
                .iter()
                .filter_map(|(range, _)| shared(range, &odd.range))
            {
                if !ranges.contains(&shared) {
                    ranges.push(shared);
                }
            }
            ranges.into_iter().map(move |range| (range, odd.offset))
        });
        self.say_clock(parts.collect()).await
    }

    /// Takes back what was said of a clock: times are again as the device gave them.
    pub async fn clock_as_told(self, ranges: Vec<StreamRange>) -> Result<(), OfficeProblem> {
        let parts = ranges.into_iter().map(|range| (range, 0));
        self.say_clock(parts.collect()).await
    }

    /// What was said of the same part before no longer holds.
    async fn say_clock(self, parts: Vec<(StreamRange, i64)>) -> Result<(), OfficeProblem> {
        let book = self.inner().book.borrow().clone();
        let book = book.ok_or(OfficeProblem::NoRelay)?;
        let says = parts.into_iter().map(|(range, offset)| {
            let replaces = self.standing(StatementKind::Clock, Subject::Range(range))?;
            Ok(Says::Clock {
                range,
                offset,
                replaces,
            })
        });
        let says: Result<Vec<Says>, OfficeProblem> = says.collect();
        Ok(self.say(&book, says?).await?)
    }

    fn device_of(self, stream: StreamId) -> Option<DevicePublic> {
        self.with(|device| device.device_of(stream)).flatten()
    }
}

/// The entries that are in both.
fn shared(one: &StreamRange, other: &StreamRange) -> Option<StreamRange> {
    let first = one.first.max(other.first);
    let last = match (one.last, other.last) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    };
    let any = one.stream == other.stream && last.is_none_or(|last| first <= last);
    any.then_some(StreamRange {
        first,
        last,
        ..*one
    })
}

fn name_of(device: Option<DevicePublic>, names: &Names) -> String {
    let name = device.and_then(|device| names.devices.get(&device));
    name.cloned().unwrap_or_default()
}
