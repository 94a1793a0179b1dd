//! Devices whose clock is off, and what coordinators said of clocks.
//!
//! Not here: what is odd about a clock (`veldpost_sync::OddClock`).

use super::{ClockLine, Names, PutRight};
use crate::browser::clock;
use crate::services::post::{OfficeProblem, Post};
use std::collections::BTreeMap;
use veldpost_domain::StreamId;
use veldpost_envelope::DevicePublic;
use veldpost_envelope::statement::{Says, StatementKind, Statements, StreamRange, Subject};

impl Post {
    /// Devices whose records were not made when they say.
    pub(super) fn clocks(self, names: &Names) -> Vec<ClockLine> {
        let odd = self
            .judged(|evaluation| self.with(|device| device.odd_clocks(evaluation, clock::now())));
        let mut by_device: BTreeMap<_, ClockLine> = BTreeMap::new();
        for odd in odd.flatten().unwrap_or_default() {
            let device = self.device_of(odd.range.stream);
            let line = by_device.entry(device).or_insert_with(|| ClockLine {
                name: name_of(device, names),
                ahead: odd.ahead,
                parts: Vec::new(),
            });
            if odd.ahead.abs() > line.ahead.abs() {
                line.ahead = odd.ahead;
            }
            line.parts.push((odd.range, odd.offset));
        }
        by_device.into_values().collect()
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
        let mut by_device: BTreeMap<_, PutRight> = BTreeMap::new();
        for (range, offset) in said.unwrap_or_default() {
            let device = self.device_of(range.stream);
            let line = by_device.entry(device).or_insert_with(|| PutRight {
                name: name_of(device, names),
                offset,
                ranges: Vec::new(),
            });
            if offset.abs() > line.offset.abs() {
                line.offset = offset;
            }
            line.ranges.push(range);
        }
        by_device.into_values().collect()
    }

    /// Says how far a clock was off, part by part: in milliseconds to add, 0 for not at all. What was said of the same
    /// part before no longer holds.
    pub async fn set_clock(self, parts: Vec<(StreamRange, i64)>) -> Result<(), OfficeProblem> {
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
