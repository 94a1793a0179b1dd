//! The open round: what a tap, an undo and a reason make of it. Pure; the journal writes it.

use crate::rows::{OpenRound, Situation, Tap};
use crate::tile::{TapReason, Tile};
use veldpost_domain::{
    Act, Answer, Answers, CampaignId, Context, FieldChange, Operation, OrganisationId, RoundId,
};

/// How many taps can be taken back.
pub const UNDO_STEPS: usize = 20;

/// The answer of a report that somebody typed.
const REMARK: &str = "remark";

/// Names of the answers of an observation; `docs/format.md` lists them.
pub mod names {
    /// Which tile was tapped.
    pub const TILE: &str = "tile";
    /// ETHOS Light category.
    pub const LIVING_SITUATION: &str = "living_situation";
    /// One level deeper.
    pub const LIVING_SUBSITUATION: &str = "living_subsituation";
    /// How this is known.
    pub const SOURCE: &str = "source";
    /// Where the person stayed.
    pub const MUNICIPALITY_STAY: &str = "municipality_stay";
    /// Why it stayed a tap.
    pub const OBSERVATION_REASON: &str = "observation_reason";
}

impl OpenRound {
    /// A round that nobody was counted in yet.
    #[must_use]
    pub fn begin(
        round: RoundId,
        organisation: Option<OrganisationId>,
        crew: Option<String>,
        started_at: i64,
        situation: Situation,
        risk_accepted: bool,
        campaign: Option<CampaignId>,
    ) -> Self {
        Self {
            round: round.0,
            organisation: organisation.map(|id| id.0),
            crew,
            started_at,
            situation,
            totals: vec![0; Tile::ALL.len()],
            taps: Vec::new(),
            persons: 0,
            risk_accepted,
            remark: None,
            campaign: campaign.map(|id| id.0),
        }
    }

    /// The context of a record that is made in this round. `current`: the region's campaign now, for a round that was begun before
    /// anybody knew which.
    #[must_use]
    pub fn context(&self, current: CampaignId, at: i64) -> Context {
        let campaign = self.campaign.map_or(current, CampaignId);
        Context {
            campaign,
            at,
            round: Some(self.round_id()),
            organisation: self.organisation.map(OrganisationId),
            crew: self.crew.clone(),
            area: self.situation.area.clone(),
            form: None,
            promoted_from: None,
            from_solo: false,
        }
    }

    /// How many stand on a tile.
    #[must_use]
    pub fn on(&self, tile: Tile) -> u32 {
        self.totals
            .get(usize::from(tile.index()))
            .copied()
            .unwrap_or(0)
    }

    /// The act of one tap.
    #[must_use]
    pub fn observation(&self, tile: Tile, campaign: CampaignId, at: i64) -> Act {
        let mut answers = Answers::default();
        answers.set(names::TILE, tile.code());
        let situation = &self.situation;
        for (name, value) in [
            (names::LIVING_SITUATION, &situation.living_situation),
            (names::LIVING_SUBSITUATION, &situation.living_subsituation),
            (names::SOURCE, &situation.source),
            (names::MUNICIPALITY_STAY, &situation.municipality),
        ] {
            if let Some(value) = value {
                answers.set(name, value);
            }
        }
        Act::Create {
            context: self.context(campaign, at),
            answers,
        }
    }

    /// Counts a tap that was written.
    pub fn tapped(&mut self, tile: Tile, operation: &Operation, at: i64) {
        if let Some(total) = self.totals.get_mut(usize::from(tile.index())) {
            *total += 1;
        }
        self.taps.push(Tap {
            record: operation.record.0,
            operation: operation.id.0,
            tile: tile.index(),
            at,
            reason: None,
        });
        if self.taps.len() > UNDO_STEPS {
            self.taps.remove(0);
        }
    }

    /// Takes a tap off its tile: it was withdrawn, or became a full record. `older`: the tile of one that is not among the last, where
    /// it can be read.
    pub fn untapped(&mut self, record: [u8; 16], older: Option<Tile>) {
        let place = self.taps.iter().position(|tap| tap.record == record);
        let tile = match place {
            Some(place) => Some(self.taps.remove(place).tile),
            None => older.map(|tile| tile.index()),
        };
        let total = tile.and_then(|tile| self.totals.get_mut(usize::from(tile)));
        if let Some(total) = total {
            *total = total.saturating_sub(1);
        }
    }

    /// The act that gives a tap its reason, or another one.
    #[must_use]
    pub fn reason_for(&self, tap: &Tap, reason: TapReason) -> Act {
        Act::Amend {
            changes: vec![FieldChange {
                name: names::OBSERVATION_REASON.into(),
                value: Some(Answer::Text(reason.code().into())),
                base: tap.operation_id(),
            }],
        }
    }

    /// Notes the reason that was written.
    pub fn reasoned(&mut self, record: [u8; 16], operation: &Operation, reason: TapReason) {
        if let Some(tap) = self.taps.iter_mut().find(|tap| tap.record == record) {
            tap.operation = operation.id.0;
            tap.reason = Some(reason.code().into());
        }
    }

    /// The act that reports the round when it is stopped. `nobody`: "0 geteld" was said expressly.
    #[must_use]
    pub fn report(&self, campaign: CampaignId, at: i64, remark: &str, nobody: bool) -> Act {
        let mut answers = Answers::default();
        for tile in Tile::ALL {
            answers.set(format!("total_{}", tile.code()), self.on(tile).to_string());
        }
        answers.set("total_persons", self.persons.to_string());
        answers.set("counted_nobody", if nobody { "yes" } else { "no" });
        answers.set("started_at", self.started_at.to_string());
        if self.risk_accepted {
            answers.set("risk_accepted", "yes");
        }
        if !remark.trim().is_empty() {
            answers.set(REMARK, remark.trim());
        }
        Act::Create {
            context: self.context(campaign, at),
            answers,
        }
    }

    /// A report that holds a remark alone: the round goes on.
    pub(crate) fn noted(&self, campaign: CampaignId, at: i64, remark: &str) -> Act {
        let mut answers = Answers::default();
        answers.set(REMARK, remark.trim());
        Act::Create {
            context: self.context(campaign, at),
            answers,
        }
    }
}
