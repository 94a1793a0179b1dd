//! What a person decides about: late and held entries by stream, and a leaked invitation.
//!
//! Not here: what else is odd is only counted.

use super::{LetCount, Names, ToJudge, Waiting};
use crate::services::post::{OfficeProblem, Post};
use std::collections::{BTreeMap, BTreeSet};
use veldpost_domain::{OperationId, StreamId};
use veldpost_envelope::DevicePublic;
use veldpost_envelope::statement::{
    Says, StatementKind, Statements, StreamRange, Subject, Verdict,
};
use veldpost_sync::authority::{Evaluation, Held, Outcome, Spot};

impl Post {
    /// What is late or held, by the stream in which it was written.
    pub(super) fn to_judge(self, names: &Names) -> Vec<ToJudge> {
        let spots = self.judged(|evaluation| {
            let mut spots: BTreeMap<(StreamId, Waiting), BTreeSet<Spot>> = BTreeMap::new();
            for (spot, outcome) in &evaluation.outcomes {
                let why = match outcome {
                    Outcome::Late => Waiting::Late,
                    Outcome::Held(Held::NotAdmitted | Held::Removed) => Waiting::Device,
                    Outcome::Held(Held::OtherRoster) => Waiting::Roster,
                    _ => continue,
                };
                let spot = evaluation.judged_at(spot);
                spots.entry((spot.stream, why)).or_default().insert(spot);
            }
            spots
        });
        let spots = spots.unwrap_or_default().into_iter();
        spots
            .filter_map(|((stream, why), spots)| {
                let device = self.author_of(stream);
                let name = device.and_then(|device| names.devices.get(&device));
                Some(ToJudge {
                    name: name.cloned().unwrap_or_default(),
                    device,
                    why,
                    stream,
                    first: spots.first()?.seq,
                    last: spots.last()?.seq,
                    number: spots.len(),
                })
            })
            .collect()
    }

    /// Whose stream it is; of one that did not come itself, who carried something of it.
    pub(super) fn author_of(self, stream: StreamId) -> Option<DevicePublic> {
        let of = |stream| self.with(|sync| sync.device_of(stream)).flatten();
        of(stream).or_else(|| {
            let carrier = self.judged(|evaluation| evaluation.carrier_of(stream));
            of(carrier.flatten()?)
        })
    }

    /// What coordinators let count of late or held entries, by device.
    pub(super) fn let_count(self, names: &Names) -> Vec<LetCount> {
        let ranges = self.judged(|evaluation| {
            let admitted = admitted(evaluation);
            let mut ranges: BTreeMap<StreamId, (Vec<StreamRange>, BTreeSet<Spot>)> =
                BTreeMap::new();
            for range in admitted {
                ranges.entry(range.stream).or_default().0.push(range);
            }
            // Ranges may overlap, and more than one stream may carry it: each entry is counted once.
            for (spot, outcome) in &evaluation.outcomes {
                let spot = evaluation.judged_at(spot);
                if *outcome == Outcome::Applied
                    && let Some((ranges, counted)) = ranges.get_mut(&spot.stream)
                    && ranges.iter().any(|it| it.contains(spot.stream, spot.seq))
                {
                    counted.insert(spot);
                }
            }
            ranges
        });
        let mut lines: Vec<LetCount> = Vec::new();
        for (stream, (ranges, counted)) in ranges.unwrap_or_default() {
            let (device, number) = (self.author_of(stream), counted.len());
            let same = lines
                .iter_mut()
                .find(|line| device.is_some() && line.device == device);
            if let Some(line) = same {
                line.ranges.extend(ranges);
                line.number += number;
                continue;
            }
            let name = device.and_then(|device| names.devices.get(&device));
            lines.push(LetCount {
                name: name.cloned().unwrap_or_default(),
                device,
                ranges,
                number,
            });
        }
        lines
    }

    /// Takes back that these count: all is as before anybody said so.
    pub async fn unjudge_ranges(self, ranges: Vec<StreamRange>) -> Result<(), OfficeProblem> {
        self.unjudge(ranges.into_iter().map(Subject::Range).collect())
            .await
    }

    async fn unjudge(self, subjects: Vec<Subject>) -> Result<(), OfficeProblem> {
        let book = self.inner().book.borrow().clone();
        let book = book.ok_or(OfficeProblem::NoRelay)?;
        let standing = |subject| Ok((subject, self.standing(StatementKind::Judgement, subject)?));
        let standing: Result<Vec<_>, OfficeProblem> = subjects.into_iter().map(standing).collect();
        book.unjudge(standing?).await?;
        self.said(&book);
        Ok(())
    }

    /// Lets entries of a stream count, or takes them out again; what was said of the same before no longer holds.
    pub async fn judge_range(
        self,
        stream: StreamId,
        first: u64,
        last: u64,
        verdict: Verdict,
    ) -> Result<(), OfficeProblem> {
        let range = StreamRange {
            stream,
            first,
            last: Some(last),
        };
        self.judge_subject(Subject::Range(range), verdict).await
    }

    /// Takes all that came by an invitation out of the tables.
    pub async fn take_out_invitation(self, invitation: [u8; 16]) -> Result<(), OfficeProblem> {
        self.judge_subject(Subject::Invitation(invitation), Verdict::Refuse)
            .await
    }

    /// Takes that back: all is as before anybody said so. Letting it count instead would let count what is still to come, from
    /// whoever has the link.
    pub async fn put_back_invitation(self, invitation: [u8; 16]) -> Result<(), OfficeProblem> {
        self.unjudge(vec![Subject::Invitation(invitation)]).await
    }

    /// Takes all that came of a device out of the tables.
    pub async fn take_out_device(self, device: DevicePublic) -> Result<(), OfficeProblem> {
        // What was let count is narrower: it would stand.
        let let_count = self.judged(admitted);
        let of_device = |range: &StreamRange| self.author_of(range.stream) == Some(device);
        let mut ranges = let_count.ok_or(OfficeProblem::Locked)?;
        ranges.retain(of_device);
        if !ranges.is_empty() {
            self.unjudge_ranges(ranges).await?;
        }
        self.judge_subject(Subject::Device(device), Verdict::Refuse)
            .await
    }

    /// Takes that back: all is as before anybody said so.
    pub async fn put_back_device(self, device: DevicePublic) -> Result<(), OfficeProblem> {
        self.unjudge(vec![Subject::Device(device)]).await
    }

    /// Of how many devices two entries stand at one place in more than one stream. A device that was put back from a copy
    /// begins another stream: it does so once.
    pub(super) fn forks_again(self) -> usize {
        let streams = self.judged(|evaluation| {
            let streams: BTreeSet<StreamId> =
                evaluation.forks.iter().map(|(stream, _)| *stream).collect();
            streams
        });
        let mut devices: BTreeMap<DevicePublic, usize> = BTreeMap::new();
        for stream in streams.unwrap_or_default() {
            if let Some(device) = self.with(|sync| sync.device_of(stream)).flatten() {
                *devices.entry(device).or_default() += 1;
            }
        }
        devices.values().filter(|number| **number > 1).count()
    }

    async fn judge_subject(self, subject: Subject, verdict: Verdict) -> Result<(), OfficeProblem> {
        let book = self.inner().book.borrow().clone();
        let book = book.ok_or(OfficeProblem::NoRelay)?;
        let replaces = self.standing(StatementKind::Judgement, subject)?;
        let says = Says::Judgement {
            subject,
            verdict,
            replaces,
            remark: String::new(),
        };
        Ok(self.say(&book, vec![says]).await?)
    }

    /// What stands of a subject, for a statement that takes its place.
    pub(super) fn standing(
        self,
        kind: StatementKind,
        subject: Subject,
    ) -> Result<Vec<OperationId>, OfficeProblem> {
        let standing = self.judged(|evaluation| {
            let statements = Statements::resolve(&evaluation.said);
            let held = statements.get(kind, subject);
            let said = held
                .into_iter()
                .flat_map(|held| core::iter::once(held.holds).chain(held.beside.iter().copied()));
            said.map(|said| said.statement.id).collect()
        });
        standing.ok_or(OfficeProblem::Locked)
    }
}

/// The ranges that coordinators let count.
fn admitted(evaluation: &Evaluation) -> Vec<StreamRange> {
    let statements = Statements::resolve(&evaluation.said);
    let says = statements.all().map(|held| &held.holds.statement.says);
    let admitted = says.filter_map(|says| match says {
        Says::Judgement {
            subject: Subject::Range(range),
            verdict: Verdict::Admit,
            ..
        } => Some(*range),
        _ => None,
    });
    admitted.collect()
}
