//! What did not come yet, before nothing more is in time: devices that hold records or were not let in, gaps, organisations that never reported.
//!
//! Not here: locking, and what came and is set apart (`odd`).

use crate::browser::clock;
use crate::services::post::{DeviceLine, Newcomer, OddOf, RegionView};
use crate::text::{Text, region};
use crate::view::prelude::*;
use std::collections::BTreeMap;
use veldpost_domain::CampaignId;
use veldpost_envelope::genesis::Role;

/// What did not come yet.
#[derive(Clone, PartialEq)]
pub struct Missing {
    /// Devices that hold entries, or of which nobody heard.
    devices: Vec<DeviceLine>,
    /// Devices that ask to be let in, by the name they give themselves.
    waiting: Vec<String>,
    /// Devices of which something waits for what comes before it, and how much.
    gaps: Vec<(String, usize)>,
    /// Of each campaign organisations of which nothing came.
    silent: BTreeMap<CampaignId, Vec<String>>,
}

impl Missing {
    /// Out of what is known of the region.
    pub fn of(view: &RegionView) -> Self {
        let devices = view.devices.iter();
        let lacking = devices.filter(|line| line.outstanding > 0 || is_unheard(line));
        Self {
            // What a removed device still has is no question of time.
            devices: lacking.filter(|line| !line.removed).cloned().collect(),
            waiting: view.newcomers.iter().map(asks).collect(),
            gaps: view.odd.whose.get(&OddOf::Gap).cloned().unwrap_or_default(),
            silent: view.silent.clone(),
        }
    }
}

fn asks(newcomer: &Newcomer) -> String {
    let name = newcomer.name.clone().filter(|name| !name.is_empty());
    name.unwrap_or_else(|| region::UNNAMED.get().to_owned())
}

/// Who coordinates may only read.
fn is_unheard(line: &DeviceLine) -> bool {
    let coordinates = |role: &Role| matches!(role, Role::Coordinator(_));
    !line.own && line.heard.is_none() && !line.roles.iter().any(coordinates)
}

/// What is still missing, and what locking means for it.
pub fn before_locking(missing: &Missing, campaign: &CampaignId) -> View {
    let (holding, unheard): (Vec<_>, Vec<_>) = missing
        .devices
        .iter()
        .partition(|line| line.outstanding > 0);
    let holding = holding.into_iter().map(holds).collect();
    let unheard = unheard.into_iter().map(called).collect();
    let gap = |(name, number): &(String, usize)| {
        let name = if name.is_empty() {
            region::UNNAMED.get()
        } else {
            name
        };
        region::MISSING_GAP.with(&[("name", &name), ("n", number)])
    };
    let gaps = missing.gaps.iter().map(gap).collect();
    let silent = missing.silent.get(campaign).cloned().unwrap_or_default();
    let waiting = missing.waiting.clone();
    let lists: [(Text, Vec<String>, Text); 5] = [
        (region::MISSING_HELD, holding, region::MISSING_HELD_DO),
        (region::MISSING_UNHEARD, unheard, region::MISSING_UNHEARD_DO),
        (region::MISSING_WAITING, waiting, region::MISSING_WAITING_DO),
        (region::MISSING_GAPS, gaps, region::MISSING_GAPS_DO),
        (region::SILENT, silent, region::SILENT_DO),
    ];
    let nothing = lists.iter().all(|(_, lines, _)| lines.is_empty());
    let lists = lists.into_iter().filter(|(_, lines, _)| !lines.is_empty());
    view! {
        {lists.map(|(title, lines, advice)| list(title, lines, advice)).collect_view()}
        {nothing.then(|| view! { <p>{region::MISSING_NOTHING.get()}</p> })}
        <p class="hint">{region::MISSING_UNKNOWN.get()}</p>
    }
    .into_view()
}

fn list(title: Text, lines: Vec<String>, advice: Text) -> View {
    let lines = lines.into_iter();
    view! {
        <h3>{title.get()}</h3>
        <ul>{lines.map(|line| view! { <li dir="auto">{line}</li> }).collect_view()}</ul>
        <p>{advice.get()}</p>
    }
    .into_view()
}

fn called(line: &DeviceLine) -> String {
    match (line.own, line.name.as_str()) {
        (true, _) => region::THIS_DEVICE.get().to_owned(),
        (false, "") => region::UNNAMED.get().to_owned(),
        (false, name) => name.to_owned(),
    }
}

fn holds(line: &DeviceLine) -> String {
    let heard = match line.heard {
        _ if line.own => String::new(),
        Some(at) => region::HEARD.with(&[
            ("date", &clock::date_for_reading(at)),
            ("time", &clock::time_of_day(at)),
        ]),
        None => region::NEVER_HEARD.get().to_owned(),
    };
    let (name, number) = (called(line), line.outstanding);
    let said = region::MISSING_HOLDS.with(&[("name", &name), ("n", &number), ("heard", &heard)]);
    said.trim_end().to_owned()
}
