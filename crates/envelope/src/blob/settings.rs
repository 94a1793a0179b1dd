//! The settings of a region: campaigns, organisations, areas, and what coordinators are called.
//!
//! Not here: what a field's device is called. Members need not know each other.

use super::content::{Fields, MAX_LIST};
use crate::canonical::Writer;
use crate::{DevicePublic, EnvelopeError};
use veldpost_domain::{CampaignId, FormVersion, OrganisationId};

/// No settings hold more campaigns.
pub const MAX_CAMPAIGNS: usize = 200;

const FIELDS: usize = 5;
const CAMPAIGN_FIELDS: usize = 8;

/// The settings. The newest hold, as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingsBlob {
    /// What the region is called.
    pub region: String,
    /// Its campaigns.
    pub campaigns: Vec<Campaign>,
    /// Who takes part.
    pub organisations: Vec<NamedOrganisation>,
    /// Where people are counted.
    pub areas: Vec<Area>,
    /// What coordinators are called.
    pub coordinators: Vec<NamedCoordinator>,
}

/// The count of one night.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Campaign {
    /// Its id.
    pub id: CampaignId,
    /// What it is called.
    pub name: String,
    /// The night, as `2026-11-12`.
    pub count_date: String,
    /// The questionnaire, when it is not the one that the app brings along.
    pub form: Option<FormVersion>,
    /// Blocks of questions that are switched on.
    pub blocks: Vec<String>,
    /// Until when it is open: milliseconds since 1970.
    pub open_until: Option<i64>,
    /// Until when what comes late is still in time.
    pub grace_until: Option<i64>,
    /// Who takes part in it.
    pub organisations: Vec<OrganisationId>,
}

/// An organisation and its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedOrganisation {
    /// Its id.
    pub id: OrganisationId,
    /// Its name.
    pub name: String,
}

/// An area and its municipality.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    /// Its name.
    pub name: String,
    /// The municipality that it lies in.
    pub municipality: String,
}

/// A coordinator's device and name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedCoordinator {
    /// The device.
    pub device: DevicePublic,
    /// The name.
    pub name: String,
}

impl SettingsBlob {
    /// `[region, campaigns, organisations, areas, coordinators]`.
    pub(super) fn write(&self, out: &mut Writer) {
        out.array(FIELDS).text(&self.region);
        out.array(self.campaigns.len());
        self.campaigns.iter().for_each(|one| one.write(out));
        out.array(self.organisations.len());
        for organisation in &self.organisations {
            out.array(2)
                .bytes(&organisation.id.0)
                .text(&organisation.name);
        }
        out.array(self.areas.len());
        for area in &self.areas {
            out.array(2).text(&area.name).text(&area.municipality);
        }
        out.array(self.coordinators.len());
        for coordinator in &self.coordinators {
            out.array(2)
                .bytes(&coordinator.device.0)
                .text(&coordinator.name);
        }
    }

    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Self, EnvelopeError> {
        fields.record(FIELDS, |fields| {
            Ok(Self {
                region: fields.name()?,
                campaigns: fields.list(MAX_CAMPAIGNS, Campaign::read)?,
                organisations: fields.list(MAX_LIST, read_organisation)?,
                areas: fields.list(MAX_LIST, read_area)?,
                coordinators: fields.list(MAX_LIST, read_coordinator)?,
            })
        })
    }
}

impl Campaign {
    /// `[id, name, count_date, form, blocks, open_until, grace_until, organisations]`.
    fn write(&self, out: &mut Writer) {
        out.array(CAMPAIGN_FIELDS)
            .bytes(&self.id.0)
            .text(&self.name)
            .text(&self.count_date);
        match &self.form {
            Some(form) => out.array(2).text(&form.id).text(&form.version),
            None => out.null(),
        };
        out.array(self.blocks.len());
        for block in &self.blocks {
            out.text(block);
        }
        for time in [self.open_until, self.grace_until] {
            match time {
                Some(time) => out.int(time),
                None => out.null(),
            };
        }
        out.array(self.organisations.len());
        for organisation in &self.organisations {
            out.bytes(&organisation.0);
        }
    }

    fn read(fields: &mut Fields<'_>) -> Result<Self, EnvelopeError> {
        fields.record(CAMPAIGN_FIELDS, |fields| {
            Ok(Self {
                id: CampaignId(fields.input.byte_array()?),
                name: fields.name()?,
                count_date: fields.text()?,
                form: read_form_version(fields)?,
                blocks: fields.list(MAX_LIST, Fields::text)?,
                open_until: fields.input.optional(|input| input.int())?,
                grace_until: fields.input.optional(|input| input.int())?,
                organisations: fields.list(MAX_LIST, |fields| {
                    fields.input.byte_array().map(OrganisationId)
                })?,
            })
        })
    }
}

fn read_form_version(fields: &mut Fields<'_>) -> Result<Option<FormVersion>, EnvelopeError> {
    if fields.input.null() {
        return Ok(None);
    }
    let form = fields.record(2, |fields| {
        Ok(FormVersion {
            id: fields.text()?,
            version: fields.text()?,
        })
    })?;
    Ok(Some(form))
}

fn read_organisation(fields: &mut Fields<'_>) -> Result<NamedOrganisation, EnvelopeError> {
    fields.record(2, |fields| {
        Ok(NamedOrganisation {
            id: OrganisationId(fields.input.byte_array()?),
            name: fields.name()?,
        })
    })
}

fn read_area(fields: &mut Fields<'_>) -> Result<Area, EnvelopeError> {
    fields.record(2, |fields| {
        Ok(Area {
            name: fields.name()?,
            municipality: fields.name()?,
        })
    })
}

fn read_coordinator(fields: &mut Fields<'_>) -> Result<NamedCoordinator, EnvelopeError> {
    fields.record(2, |fields| {
        Ok(NamedCoordinator {
            device: DevicePublic(fields.input.byte_array()?),
            name: fields.name()?,
        })
    })
}
