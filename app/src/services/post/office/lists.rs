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
    /// the region and of who changes them.
    pub async fn publish_lists(self, lists: Settings) -> Result<(), OfficeProblem> {
        let mut settings = self.settings_now().await.ok_or(OfficeProblem::Locked)?;
        let typed = settings_of(&lists);
        if !typed.region.is_empty() {
            settings.region = typed.region;
        }
        if let Some(name) = lists.own_name {
            call(&mut settings, self.book()?.device_keys().0.public(), name);
        }
        settings.organisations = typed.organisations;
        settings.areas = typed.areas;
        for typed in &typed.campaigns {
            let known = settings.campaigns.iter_mut();
            for campaign in known.filter(|known| known.id == typed.id) {
                campaign.count_date.clone_from(&typed.count_date);
                campaign.organisations.clone_from(&typed.organisations);
                campaign.blocks.clone_from(&typed.blocks);
            }
        }
        self.publish(settings).await
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
