//! A phone whose clock is off: everything of it counts, and a coordinator puts its times right. And a device that nobody
//! trusts any more.

use anyhow::Result;
use veldpost_journeys::{Device, Evening, Inspection, Invitation, Region};

const SEEN_ONLY: &str = "alleen gezien";
const WRONG: &str = "Klokken die niet kloppen";
const AHEAD: &str = "De klok van dit toestel liep voor: minstens 3 dagen.";
const BACK: &str = "Teruggezet: 3 dagen.";

/// Three days and an hour ahead: the relay tells it the time, so that it joins and sends; what it counted counts.
#[tokio::test(flavor = "multi_thread")]
async fn a_phone_whose_clock_is_days_ahead_counts_and_its_times_are_put_right() -> Result<()> {
    let (region, bram) = Region::found().await?.open().await?;
    let anna = &region.anna;
    let link = anna.invite(Invitation::Evening, "Vrijdag").await?;
    let wil = Device::phone().await?;
    wil.shift_clock("73 * 3600 * 1000").await?;
    wil.join(&link, "Wil").await?;
    wil.worker_complete().await?;
    anna.admit_group(1).await?;
    wil.begin_round("Centrum").await?;
    wil.count(3).await?;
    wil.kept(3).await?;
    wil.comes_online().await?;
    anna.look_for_figure(SEEN_ONLY, "3").await?;

    anna.back_to_region().await?;
    for coordinator in [anna, &bram] {
        coordinator.look_until("Bijzonder: 1").await?;
        coordinator.tap("button", "Bijzonder: 1").await?;
        coordinator.see(AHEAD).await?;
    }
    let mut inspection = Inspection::new(region.server.built());
    inspection.look(anna, "odd with a clock").await?;
    anna.tap("button", "Zet de tijden recht: Wil").await?;
    anna.confirm("Tijden rechtzetten?", "Zet de tijden recht")
        .await?;
    anna.see("De tijden zijn rechtgezet.").await?;
    // The other coordinator has it too, and may take it back.
    for coordinator in [anna, &bram] {
        coordinator.look_until(BACK).await?;
        coordinator.see_no_more(WRONG).await?;
    }
    inspection.look(anna, "odd with a clock put right").await?;
    inspection.verdict()?;
    bram.tap("button", "Neem de tijden terug: Wil").await?;
    for coordinator in [anna, &bram] {
        coordinator.look_until(AHEAD).await?;
        coordinator.see_no_more(BACK).await?;
    }
    bram.quit().await?;
    wil.quit().await?;
    region.anna.quit().await
}

/// What came of one device goes out of the tables, and comes back when that was a mistake.
#[tokio::test(flavor = "multi_thread")]
async fn what_came_of_a_device_is_taken_out_and_put_back() -> Result<()> {
    let Evening {
        region,
        bram,
        wil,
        link,
    } = Evening::begin(2).await?;
    let anna = &region.anna;
    let zus = region.count_of_group(&link, "Zus", "Station", 1).await?;
    zus.comes_online().await?;
    anna.look_for_figure(SEEN_ONLY, "3").await?;
    anna.back_to_region().await?;
    anna.tap("button", "Haal uit de tabellen: Wil").await?;
    anna.confirm("Uit de tabellen halen?", "Haal uit de tabellen")
        .await?;
    anna.see("Wat van dit toestel kwam, telt niet mee.").await?;
    let mut inspection = Inspection::new(region.server.built());
    inspection
        .look(anna, "region with a device taken out")
        .await?;
    inspection.verdict()?;
    anna.look_for_figure(SEEN_ONLY, "1").await?;
    bram.look_for_figure(SEEN_ONLY, "1").await?;
    anna.back_to_region().await?;
    anna.see("Bijzonder: 2").await?;
    anna.tap("button", "Laat weer meetellen: Wil").await?;
    anna.see("Wat van dit toestel kwam, telt weer mee.").await?;
    anna.look_for_figure(SEEN_ONLY, "3").await?;
    bram.look_for_fact(SEEN_ONLY, "3").await?;
    for device in [wil, zus, bram, region.anna] {
        device.quit().await?;
    }
    Ok(())
}
