//! What was counted alone and taken along: of whom, how much, of which days, for which campaign it counts, and deciding it.
//!
//! Not here: what follows from the decision (`veldpost_sync::authority`).

use super::{CampaignLine, DeviceLine};
use crate::services::field::Book;
use crate::services::post::{OfficeProblem, Post};
use leptos::prelude::Track;
use veldpost_domain::{CampaignId, RecordId, RecordSet};
use veldpost_envelope::act::Stage;
use veldpost_envelope::statement::{Says, StatementKind, Statements, Subject};
use veldpost_sync::authority::Along;

/// What one device took along of one campaign.
#[derive(Clone, Debug, PartialEq)]
pub struct AlongLine {
    /// What the device is called.
    pub name: String,
    /// It is this very device.
    pub own: bool,
    /// The campaign that it was made for: none of the region's.
    pub made_for: CampaignId,
    /// People seen or recorded, as far as they were not withdrawn, and what is late.
    pub number: usize,
    /// How many of them came after the campaign was locked that they would count for.
    pub late: usize,
    /// When the first and the last of those that are in time were recorded, as the device told it.
    pub days: Option<(i64, i64)>,
    /// What the campaign is called that they count for; empty where it has no name here.
    pub counts_for: Option<String>,
    /// The result of that count was published: it stands, whatever is said of these now.
    pub settled: bool,
    /// Coordinators said different things of it without knowing of each other.
    pub contested: bool,
}

/// A stage in which a coordinator may let such records count: from its begin until its result was published.
pub fn takes_in(stage: Option<Stage>) -> bool {
    matches!(stage, Some(Stage::Open | Stage::Grace | Stage::Locked))
}

impl Post {
    /// All of it, by the names that devices have.
    pub(super) fn along(
        self,
        book: &Book,
        devices: &[DeviceLine],
        campaigns: &[CampaignLine],
    ) -> Vec<AlongLine> {
        let records = book.records();
        let lines = self.judged(|evaluation| {
            let statements = Statements::resolve(&evaluation.said);
            let taken = evaluation.along.iter();
            let taken = taken.filter(|((_, made_for), _)| *made_for != book.campaign());
            taken
                .map(|((device, made_for), along)| {
                    let line = devices.iter().find(|line| line.device == *device);
                    let held =
                        statements.get(StatementKind::CountsFor, Subject::Campaign(*made_for));
                    let (number, days) = summed(along, &records);
                    AlongLine {
                        name: line.map(|line| line.name.clone()).unwrap_or_default(),
                        own: line.is_some_and(|line| line.own),
                        made_for: *made_for,
                        number: number + along.late,
                        late: along.late,
                        days,
                        counts_for: along.counts_for.map(|id| name_of(id, campaigns)),
                        settled: campaigns.iter().any(|campaign| {
                            Some(campaign.id) == along.counts_for
                                && campaign.stage == Some(Stage::Published)
                        }),
                        contested: held.is_some_and(|held| !held.beside.is_empty()),
                    }
                })
                .filter(|line| line.number > 0)
                .collect()
        });
        lines.unwrap_or_default()
    }

    /// Lets what was made for a campaign by who was alone count for one of the region's, or for none again. What was
    /// said of it before no longer holds.
    pub async fn count_along(
        self,
        made_for: CampaignId,
        campaign: Option<CampaignId>,
    ) -> Result<(), OfficeProblem> {
        let book = self.inner().book.borrow().clone();
        let book = book.ok_or(OfficeProblem::NoRelay)?;
        let replaces = self.standing(StatementKind::CountsFor, Subject::Campaign(made_for))?;
        let says = Says::CountsFor {
            made_for,
            campaign,
            replaces,
        };
        Ok(self.say(&book, vec![says]).await?)
    }

    /// Of the records that were taken along, how many count for this campaign, and how many for none of the region's or
    /// another one. Tracked.
    pub fn along_of(self, campaign: CampaignId) -> (usize, usize) {
        self.moved.track();
        let Some(book) = self.inner().book.borrow().clone() else {
            return (0, 0);
        };
        let records = book.records();
        let numbers = self.judged(|evaluation| {
            let taken = evaluation.along.iter();
            let taken = taken.filter(|((_, made_for), _)| *made_for != campaign);
            taken.fold((0, 0), |(counted, rest), (_, along)| {
                let (number, _) = summed(along, &records);
                if along.counts_for == Some(campaign) {
                    (counted + number, rest + along.late)
                } else {
                    (counted, rest + number + along.late)
                }
            })
        });
        numbers.unwrap_or_default()
    }
}

fn name_of(campaign: CampaignId, campaigns: &[CampaignLine]) -> String {
    let line = campaigns.iter().find(|line| line.id == campaign);
    line.map(|line| line.name.clone()).unwrap_or_default()
}

/// How many of them stand, and when the first and the last was recorded.
fn summed(along: &Along, records: &RecordSet) -> (usize, Option<(i64, i64)>) {
    let mut ids: Vec<RecordId> = along.records.clone();
    ids.sort_unstable();
    ids.dedup();
    let standing = ids.iter().filter_map(|id| records.get(*id));
    let standing = standing.filter(|record| record.stands());
    let times = standing.filter_map(|record| Some(record.context()?.at));
    times.fold((0, None), |(number, days), at| {
        let (first, last) = days.unwrap_or((at, at));
        (number + 1, Some((first.min(at), last.max(at))))
    })
}
