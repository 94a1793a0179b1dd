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
            let (ahead, streams) = by_device.entry(self.device_of(odd.stream)).or_default();
            if odd.ahead.unsigned_abs() > ahead.unsigned_abs() {
                *ahead = odd.ahead;
            }
            streams.push(odd.stream);
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

    /// Devices of which a coordinator put times right, the newest word on each part.
    pub(super) fn put_right(self, names: &Names) -> Vec<PutRight> {
        let said = self.judged(|evaluation| {
            let statements = Statements::resolve(&evaluation.said);
            let clocks = statements.all();
            let clocks = clocks.filter_map(|held| match held.holds.statement.says {
                Says::Clock { range, offset, .. } if offset != 0 => Some((range, offset)),
                _ => None,
            });
            clocks.collect::<Vec<_>>()
        });
        let mut by_device: BTreeMap<_, (i64, Vec<StreamRange>)> = BTreeMap::new();
        for (range, offset) in said.unwrap_or_default() {
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
        let odd = odd.filter(|odd| streams.contains(&odd.stream));
        let parts = odd.map(|odd| {
            let whole = StreamRange {
                stream: odd.stream,
                first: 0,
                last: None,
            };
            (whole, odd.offset)
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

fn name_of(device: Option<DevicePublic>, names: &Names) -> String {
    let name = device.and_then(|device| names.devices.get(&device));
    name.cloned().unwrap_or_default()
}
