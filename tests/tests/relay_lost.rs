//! A relay that comes back with less than it had: restored from an older copy, or with nothing at all.

use std::time::Duration;

use anyhow::{Context as _, Result};
use veldpost_journeys::{Device, Evening, Server, eventually_within};

const SEEN_ONLY: &str = "alleen gezien";

/// What the copy lacks is offered again, by phones and coordinators, and arrives once.
#[tokio::test(flavor = "multi_thread")]
async fn a_relay_restored_from_an_older_copy_gets_everything_again() -> Result<()> {
    let mut evening = begun().await?;
    let folder = tempfile::tempdir()?;
    let copy = folder.path().join("copy.sqlite");
    let copy = copy.to_str().context("a path that is no text")?;
    evening.region.server.upkeep(&["backup", copy])?;
    let zus = goes_on(&evening).await?;
    let before = entries(&evening.region.server)?;

    evening.region.server.stop().await?;
    evening.region.server.upkeep(&["restore", copy])?;
    assert!(
        entries(&evening.region.server)? < before,
        "the copy is no older"
    );
    evening.region.server.start_again()?;
    ends(evening, zus, before).await
}

/// A new, empty disk: the region is founded there again by whoever calls, and everything comes back.
#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_lost_its_disk_gets_everything_again() -> Result<()> {
    let mut evening = begun().await?;
    let zus = goes_on(&evening).await?;
    let before = entries(&evening.region.server)?;
    evening.region.server.stop().await?;
    evening.region.server.lose_disk()?;
    evening.region.server.start_again()?;
    ends(evening, zus, before).await
}

/// Three people were counted, and the founder has them.
async fn begun() -> Result<Evening> {
    let evening = Evening::begin(3).await?;
    let anna = &evening.region.anna;
    anna.look_for_figure(SEEN_ONLY, "3").await?;
    anna.back_to_region().await?;
    Ok(evening)
}

/// After the copy: more of the one, and another phone with an act of its own, which is given.
async fn goes_on(evening: &Evening) -> Result<Device> {
    let Evening {
        region,
        bram,
        wil,
        link,
    } = evening;
    wil.count(4).await?;
    wil.kept(7).await?;
    let zus = region.count_of_group(link, "Zus", "Station", 2).await?;
    for device in [wil, &zus] {
        device.comes_online().await?;
        device.tap("button", "Terug").await?;
    }
    region.anna.look_for_figure(SEEN_ONLY, "9").await?;
    bram.look_for_figure(SEEN_ONLY, "9").await?;
    Ok(zus)
}

/// Everybody calls again: the relay holds as much as before, and what is new since arrives, too.
async fn ends(evening: Evening, zus: Device, before: u64) -> Result<()> {
    let Evening {
        region, bram, wil, ..
    } = evening;
    let patience = Duration::from_secs(40);
    let again = eventually_within(patience, "the relay to hold everything again", async || {
        for device in [&*wil, &*zus, &*region.anna, &*bram] {
            device.comes_online().await?;
        }
        let now = entries(&region.server)?;
        Ok((now >= before).then_some(now))
    });
    again.await?;
    zus.tap("button", "Ga verder met tellen").await?;
    zus.count(1).await?;
    zus.kept(3).await?;
    zus.comes_online().await?;
    for coordinator in [&region.anna, &bram] {
        coordinator.tap("button", "Terug").await?;
        coordinator.look_for_figure(SEEN_ONLY, "10").await?;
    }
    zus.tap("button", "Terug").await?;
    zus.look_until("Alles is ontvangen").await?;
    let table = region.anna.table("Tabel 1").await?;
    assert_eq!(bram.table("Tabel 1").await?, table);
    region.anna.back_to_region().await?;
    region.anna.see("Bijzonder: 0").await?;
    for device in [wil, zus, bram, region.anna] {
        device.quit().await?;
    }
    Ok(())
}

/// How many entries the relay holds, as its operator reads it.
fn entries(server: &Server) -> Result<u64> {
    let said = server.upkeep(&["doctor"])?;
    let words: Vec<&str> = said.split_whitespace().collect();
    let at = words.iter().position(|word| word.starts_with("entries"));
    let number = at.and_then(|at| words.get(at.checked_sub(1)?));
    Ok(number.context("the doctor counts nothing")?.parse()?)
}
