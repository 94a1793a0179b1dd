//! Records that were counted alone and taken along: for which campaign they count.
//!
//! Not here: who may say so, and which of several statements holds. What was written stays as it is: only what tables
//! and lateness are asked of moves.

use super::Outcome;
use std::collections::BTreeMap;
use veldpost_domain::{Act, CampaignId, Operation, RecordId, RecordKind};
use veldpost_envelope::statement::Statements;
use veldpost_envelope::{DevicePublic, Roster};

/// What one device took along of one campaign: persons and observations, which are what tables take in.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Along {
    /// The records that were created, in the order of streams and numbers; one that was created twice may stand here
    /// twice. What became of each stands in the evaluation's records.
    pub records: Vec<RecordId>,
    /// How many creations came after the campaign was locked that they count for.
    pub late: usize,
    /// The campaign that they count for; none while no coordinator named one that the roster knows.
    pub counts_for: Option<CampaignId>,
}

/// Of whom, and the campaign that it was made for.
pub type AlongKey = (DevicePublic, CampaignId);

/// The campaign that a creation was made for, where the roster does not know it: it was taken along, or its device could not
/// read yet which campaign the region counts. It is moved to the one that it counts for.
pub(super) fn moved(
    operation: &mut Operation,
    roster: &Roster,
    statements: &Statements<'_>,
) -> Option<CampaignId> {
    let Act::Create { context, .. } = &mut operation.act else {
        return None;
    };
    let made_for = context.campaign;
    let known = |campaign: &CampaignId| roster.stage(campaign).is_some();
    // A campaign of the region never becomes another, and practice counts nowhere.
    if made_for == CampaignId::PRACTICE || known(&made_for) {
        return None;
    }
    if let Some(campaign) = statements.counts_for(made_for).filter(known) {
        context.campaign = campaign;
    }
    Some(made_for)
}

/// Notes what became of a creation that was taken along.
pub(super) fn note(
    along: &mut BTreeMap<AlongKey, Along>,
    device: DevicePublic,
    made_for: CampaignId,
    operation: &Operation,
    outcome: Outcome,
) {
    let Act::Create { context, .. } = &operation.act else {
        return;
    };
    let in_tables = matches!(operation.kind, RecordKind::Person | RecordKind::Observation);
    if !in_tables || !matches!(outcome, Outcome::Applied | Outcome::Late) {
        return;
    }
    let group = along.entry((device, made_for)).or_default();
    group.counts_for = Some(context.campaign).filter(|campaign| *campaign != made_for);
    match outcome {
        Outcome::Late => group.late += 1,
        _ => group.records.push(operation.record),
    }
}
