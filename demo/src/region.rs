//! The made-up region: what it is called, who is in it, and in which state each device is.
//!
//! Not here: how a device or a coordinator does these things.

use anyhow::{Result, bail};
use veldpost_domain::population::{
    AREAS, COUNT_DATE, DEMO_CAMPAIGN, DEMO_SEED, ORGANISATIONS, Plan, Size, population,
};
use veldpost_domain::{Act, Date, Municipality, Operation};
use veldpost_envelope::Purpose;
use veldpost_envelope::act::{InviteForm, Stage};
use veldpost_envelope::blob::{Area, Campaign, NamedCoordinator, NamedOrganisation, SettingsBlob};
use veldpost_envelope::genesis::Role;
use veldpost_journal::rows::{self, Settings};
use veldpost_sync::{Event, Wake};

use crate::joining::join;
use crate::office::{Office, Wanted};
use crate::phone::Phone;

/// What the region is called.
const REGION: &str = "Voorbeeldregio Twente";
/// What its campaign is called.
const CAMPAIGN: &str = "Telling november 2024";
/// Who founded it.
const FOUNDER: &str = "Anneke (voorbeeld)";
/// So many operations of the population are the desk's; the crew has the rest.
const OF_THE_DESK: usize = 340;
/// How often two devices are woken for one to hear of the other.
const LOOKS: usize = 200;

/// Founds the region and brings its devices to where the demonstration begins.
pub fn begin(relay: &str) -> Result<Office> {
    let mut office = Office::found(relay, settings(FOUNDER))?;
    office.publish(labels(&office))?;
    office.stage(DEMO_CAMPAIGN, Stage::Practice)?;
    second_coordinator(&mut office, relay)?;
    office.stage(DEMO_CAMPAIGN, Stage::Open)?;

    let (desk, crew) = people();
    let linde = ORGANISATIONS.first().copied();
    let mut sent_all = group(
        &mut office,
        relay,
        InviteForm::Desk,
        linde,
        "Balie De Linde",
    )?;
    send(&mut sent_all, desk)?;

    let team = ORGANISATIONS.get(1).copied();
    let mut silent = group(
        &mut office,
        relay,
        InviteForm::Evening,
        team,
        "Telefoon ploeg 2",
    )?;
    send(&mut silent, crew)?;
    hold_back(&mut office, &mut silent)?;

    wait_for_words(&mut office, relay)?;
    Ok(office)
}

/// Without a second one no count begins.
fn second_coordinator(office: &mut Office, relay: &str) -> Result<()> {
    let link = office.invite(Wanted {
        form: InviteForm::Single,
        roles: Purpose::ALL.map(Role::Coordinator).to_vec(),
        uses: 1,
        organisation: None,
        name: "Tweede coördinator",
    })?;
    let name = "Bram (voorbeeld)";
    join(link.clone(), relay, name, &settings(name))?;
    office.admit(&link)
}

/// A device of an organisation, admitted.
fn group(
    office: &mut Office,
    relay: &str,
    form: InviteForm,
    organisation: Option<(veldpost_domain::OrganisationId, &str)>,
    name: &str,
) -> Result<Phone> {
    let link = office.invite(Wanted {
        form,
        roles: vec![Role::Counter],
        uses: 10,
        organisation,
        name: organisation.map_or(name, |(_, organisation)| organisation),
    })?;
    let mut phone = join(link.clone(), relay, name, &settings(name))?;
    office.admit(&link)?;
    phone.until("a device that becomes a member", |phone| {
        phone.book.membership().member
    })?;
    Ok(phone)
}

/// Records and sends all of it.
fn send(phone: &mut Phone, people: Vec<Operation>) -> Result<()> {
    phone.record(people)?;
    phone.until("sending what was recorded", |phone| {
        phone.device.summary().kept == 0
    })
}

/// It records more and calls once, but what it recorded does not get out. Nobody hears of it again.
fn hold_back(office: &mut Office, phone: &mut Phone) -> Result<()> {
    phone.holds_back = true;
    phone.record(others(9, 12))?;
    let me = phone.book.device_keys().0.public();
    for _ in 0..LOOKS {
        phone.tell(Event::Wake(Wake::Online))?;
        office.phone.tell(Event::Wake(Wake::Minute))?;
        let reports = office.phone.device.devices();
        let mut reports = reports.iter();
        if reports.any(|report| report.device == me && report.outstanding > 0) {
            return Ok(());
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    bail!("nobody hears that a device holds records");
}

/// A phone that has recorded and waits: a coordinator is to compare its six words.
fn wait_for_words(office: &mut Office, relay: &str) -> Result<()> {
    let link = office.invite(Wanted {
        form: InviteForm::Single,
        roles: vec![Role::Counter],
        uses: 1,
        organisation: ORGANISATIONS.get(2).copied(),
        name: "Telefoon van Sam",
    })?;
    let name = "Sam (voorbeeld)";
    let mut phone = join(link, relay, name, &settings(name))?;
    send(&mut phone, others(10, 3))
}

/// The people of the published tables, in the order of the evening; cut where a record begins.
fn people() -> (Vec<Operation>, Vec<Operation>) {
    let mut desk: Vec<Operation> = of(DEMO_SEED, Size::Published);
    let mut later = desk.iter().enumerate().skip(OF_THE_DESK);
    let cut = later.find(|(_, operation)| begins(operation));
    let crew = desk.split_off(cut.map_or(desk.len(), |(at, _)| at));
    (desk, crew)
}

/// What somebody seen became later is the same device's.
fn begins(operation: &Operation) -> bool {
    matches!(&operation.act, Act::Create { context, .. } if context.promoted_from.is_none())
}

/// People who are in no published table.
fn others(seed: u64, records: u32) -> Vec<Operation> {
    of(seed, Size::Records(records))
}

fn of(seed: u64, size: Size) -> Vec<Operation> {
    let count_date = Date::parse(COUNT_DATE).unwrap_or(Date::from_millis(0));
    let plan = Plan {
        seed,
        size,
        campaign: DEMO_CAMPAIGN,
        count_date,
    };
    population(&plan).collect()
}

fn settings(own_name: &str) -> Settings {
    Settings {
        campaign: DEMO_CAMPAIGN.0,
        count_date: COUNT_DATE.to_owned(),
        organisations: ORGANISATIONS
            .iter()
            .map(|(id, name)| rows::Organisation {
                id: id.0,
                name: (*name).to_owned(),
            })
            .collect(),
        areas: AREAS
            .iter()
            .map(|name| rows::Area {
                name: (*name).to_owned(),
                municipality: Municipality::Enschede.code().to_owned(),
            })
            .collect(),
        blocks: Vec::new(),
        kit_proven: true,
        region: Some(REGION.to_owned()),
        campaign_name: Some(CAMPAIGN.to_owned()),
        own_name: Some(own_name.to_owned()),
    }
}

fn labels(office: &Office) -> SettingsBlob {
    let named = ORGANISATIONS.iter().map(|(id, name)| NamedOrganisation {
        id: *id,
        name: (*name).to_owned(),
    });
    let areas = AREAS.iter().map(|name| Area {
        name: (*name).to_owned(),
        municipality: Municipality::Enschede.code().to_owned(),
    });
    SettingsBlob {
        region: REGION.to_owned(),
        campaigns: vec![Campaign {
            id: DEMO_CAMPAIGN,
            name: CAMPAIGN.to_owned(),
            count_date: COUNT_DATE.to_owned(),
            form: None,
            blocks: Vec::new(),
            open_until: None,
            grace_until: None,
            organisations: ORGANISATIONS.iter().map(|(id, _)| *id).collect(),
        }],
        organisations: named.collect(),
        areas: areas.collect(),
        coordinators: vec![NamedCoordinator {
            device: office.phone.book.device_keys().0.public(),
            name: FOUNDER.to_owned(),
        }],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_record_is_of_one_device_and_nobody_is_lost() {
        let (desk, crew) = people();
        let records = |of: &[Operation]| of.iter().map(|one| one.record).collect::<BTreeSet<_>>();
        assert!(records(&desk).is_disjoint(&records(&crew)));
        assert!(desk.len() >= OF_THE_DESK && crew.len() > 100);
        let whole = of(DEMO_SEED, Size::Published);
        assert_eq!([desk, crew].concat(), whole);
    }
}
