//! What is typed once and changed later: the region's name, its organisations and areas, the count date, a coordinator's name.
//!
//! Not here: the form (`screens::set_up`), and publishing a blob (`office`).

use super::OfficeProblem;
use crate::services::field::Book;
use crate::services::post::Post;
use veldpost_domain::{CampaignId, OrganisationId};
use veldpost_envelope::DevicePublic;
use veldpost_envelope::blob::{Area, Campaign, NamedCoordinator, NamedOrganisation, SettingsBlob};
use veldpost_journal::rows::Settings;

impl Post {
    /// Publishes changed lists: organisations, areas, and of the campaign that is counted for its date and its questions; and the names of
    /// the region and of who changes them. `was` is what stood when that began: what another coordinator changed since stays.
    pub async fn publish_lists(self, lists: Settings, was: Settings) -> Result<(), OfficeProblem> {
        let mut held = self.settings_held().await?;
        let settings = &mut held.settings;
        let (typed, was) = (settings_of(&lists), settings_of(&was));
        if !typed.region.is_empty() {
            settings.region = typed.region;
        }
        if let Some(name) = lists.own_name {
            call(settings, self.book()?.device_keys().0.public(), name);
        }
        let by_id = |one: &NamedOrganisation| one.id;
        changed(
            &mut settings.organisations,
            &was.organisations,
            typed.organisations,
            by_id,
        );
        let by_name = |one: &Area| one.name.clone();
        changed(&mut settings.areas, &was.areas, typed.areas, by_name);
        let counted: Vec<_> = settings.organisations.iter().map(by_id).collect();
        for (typed, was) in typed.campaigns.iter().zip(&was.campaigns) {
            let known = settings.campaigns.iter_mut();
            for campaign in known.filter(|known| known.id == typed.id) {
                campaign.organisations.clone_from(&counted);
                if typed.count_date != was.count_date {
                    campaign.count_date.clone_from(&typed.count_date);
                }
                if typed.blocks != was.blocks {
                    campaign.blocks.clone_from(&typed.blocks);
                }
            }
        }
        self.publish(held).await
    }
}

/// Does to a list that others may have changed what was done to it as it stood before: what was taken out of that one goes, what was
/// written over is written over, what is new comes behind.
fn changed<T: PartialEq, K: PartialEq>(
    now: &mut Vec<T>,
    was: &[T],
    typed: Vec<T>,
    key: impl Fn(&T) -> K,
) {
    if now == was {
        // In the order in which it was typed.
        *now = typed;
        return;
    }
    let find = |all: &[T], one: &T| all.iter().position(|other| key(other) == key(one));
    now.retain(|one| find(was, one).is_none() || find(&typed, one).is_some());
    for one in typed {
        let before = find(was, &one).and_then(|at| was.get(at));
        match find(now, &one) {
            Some(at) if before != Some(&one) => now[at] = one,
            // Somebody else took it out.
            None if before == Some(&one) => {}
            None => now.push(one),
            Some(_) => {}
        }
    }
}

/// A coordinator is called so from now on.
fn call(settings: &mut SettingsBlob, device: DevicePublic, name: String) {
    let mut known = settings.coordinators.iter_mut();
    match known.find(|known| known.device == device) {
        Some(known) => known.name = name,
        None => settings
            .coordinators
            .push(NamedCoordinator { device, name }),
    }
}

/// What was typed when the region was founded.
pub(super) fn first_settings(book: &Book) -> SettingsBlob {
    let settings = book.settings();
    SettingsBlob {
        coordinators: vec![NamedCoordinator {
            device: book.device_keys().0.public(),
            name: settings.own_name.clone().unwrap_or_default(),
        }],
        ..settings_of(&settings)
    }
}

/// A device's own settings as a region's, without coordinators.
fn settings_of(settings: &Settings) -> SettingsBlob {
    let organisations: Vec<NamedOrganisation> = settings
        .organisations
        .iter()
        .map(|known| NamedOrganisation {
            id: OrganisationId(known.id),
            name: known.name.clone(),
        })
        .collect();
    SettingsBlob {
        region: settings.region.clone().unwrap_or_default(),
        campaigns: vec![Campaign {
            id: CampaignId(settings.campaign),
            name: settings.campaign_name.clone().unwrap_or_default(),
            count_date: settings.count_date.clone(),
            form: None,
            blocks: settings.blocks.clone(),
            open_until: None,
            grace_until: None,
            organisations: organisations.iter().map(|known| known.id).collect(),
        }],
        organisations,
        areas: settings
            .areas
            .iter()
            .map(|area| Area {
                name: area.name.clone(),
                municipality: area.municipality.clone(),
            })
            .collect(),
        coordinators: Vec::new(),
    }
}
