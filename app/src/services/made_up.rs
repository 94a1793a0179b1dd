//! The made-up regions of practice and demonstration.
//!
//! Not here: the people; `veldpost_domain::population` makes them.

use super::field::Mode;
use crate::browser::clock;
use veldpost_domain::population::{
    AREAS, COUNT_DATE, DEMO_CAMPAIGN, DEMO_SEED, ORGANISATIONS, Plan, Size, population,
};
use veldpost_domain::{CampaignId, Date, Municipality, Operation};
use veldpost_journal::rows::{Area, Organisation, Settings};

/// Organisations and areas that exist nowhere, and a count date.
pub fn settings(mode: Mode) -> Settings {
    let practice = mode == Mode::Practice;
    Settings {
        campaign: if practice {
            CampaignId::PRACTICE.0
        } else {
            DEMO_CAMPAIGN.0
        },
        count_date: if practice {
            clock::date(clock::now())
        } else {
            COUNT_DATE.to_owned()
        },
        organisations: ORGANISATIONS
            .iter()
            .map(|(id, name)| Organisation {
                id: id.0,
                name: (*name).to_owned(),
            })
            .collect(),
        areas: AREAS
            .iter()
            .map(|name| Area {
                name: (*name).to_owned(),
                municipality: Municipality::Enschede.code().to_owned(),
            })
            .collect(),
        blocks: Vec::new(),
        kit_proven: false,
        region: None,
        campaign_name: None,
        own_name: None,
    }
}

/// The people of the demonstration: their tables are those of November 2024.
pub fn records() -> impl Iterator<Item = Operation> {
    let count_date = Date::parse(COUNT_DATE).unwrap_or(Date::from_millis(0));
    population(&Plan {
        seed: DEMO_SEED,
        size: Size::Published,
        campaign: DEMO_CAMPAIGN,
        count_date,
    })
}
