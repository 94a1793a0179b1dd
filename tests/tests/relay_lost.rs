//! A relay that comes back with less than it had: restored from an older copy, or with nothing at all.

use std::time::Duration;

use anyhow::{Context as _, Result};
use veldpost_journeys::{Device, Invitation, Region, Server, eventually_within};

const SEEN_ONLY: &str = "alleen gezien";

/// What the copy lacks is offered again, by phones and coordinators, and arrives once.
#[tokio::test(flavor = "multi_thread")]
async fn a_relay_restored_from_an_older_copy_gets_everything_again() -> Result<()> {
    let mut evening = Evening::begin().await?;
    let folder = tempfile::tempdir()?;
    let copy = folder.path().join("copy.sqlite");
    let copy = copy.to_str().context("a path that is no text")?;
    evening.region.server.upkeep(&["backup", copy])?;
    evening.goes_on().await?;
    let before = entries(&evening.region.server)?;

    evening.region.server.stop().await?;
    evening.region.server.upkeep(&["restore", copy])?;
    assert!(
        entries(&evening.region.server)? < before,
        "the copy is no older"
    );
    evening.region.server.start_again()?;
    evening.ends(before).await
}

/// A new, empty disk: the region is founded there again by whoever calls, and everything comes back.
#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_lost_its_disk_gets_everything_again() -> Result<()> {
    let mut evening = Evening::begin().await?;
    evening.goes_on().await?;
    let before = entries(&evening.region.server)?;
    evening.region.server.stop().await?;
    evening.region.server.lose_disk()?;
    evening.region.server.start_again()?;
    evening.ends(before).await
}

/// Two coordinators and two phones, one of which joins late.
struct Evening {
    region: Region,
    bram: Device,
    wil: Device,
    zus: Option<Device>,
    link: String,
}

impl Evening {
    async fn begin() -> Result<Self> {
        let (region, bram) = Region::found().await?.open().await?;
        let link = region.anna.invite(Invitation::Evening, "Vrijdag").await?;
        let wil = Device::phone().await?;
        wil.join(&link, "Wil").await?;
        region.anna.admit_group(1).await?;
        wil.look_until("Er is nog niets om te versturen").await?;
        wil.begin_round("Centrum").await?;
        wil.count(3).await?;
        wil.kept(3).await?;
        region.anna.look_for_figure(SEEN_ONLY, "3").await?;
        region.anna.back_to_region().await?;
        Ok(Self {
            region,
            bram,
            wil,
            zus: None,
            link,
        })
    }

    /// After the copy: more of the one, and another phone with an act of its own.
    async fn goes_on(&mut self) -> Result<()> {
        self.wil.count(4).await?;
        self.wil.kept(7).await?;
        let zus = Device::phone().await?;
        zus.join(&self.link, "Zus").await?;
        self.region.anna.admit_group(1).await?;
        zus.look_until("Er is nog niets om te versturen").await?;
        zus.begin_round("Station").await?;
        zus.count(2).await?;
        zus.kept(2).await?;
        for device in [&self.wil, &zus] {
            device.comes_online().await?;
            device.tap("button", "Terug").await?;
        }
        self.region.anna.look_for_figure(SEEN_ONLY, "9").await?;
        self.bram.look_for_figure(SEEN_ONLY, "9").await?;
        self.zus = Some(zus);
        Ok(())
    }

    /// Everybody calls again: the relay holds as much as before, and what is new since arrives, too.
    async fn ends(self, before: u64) -> Result<()> {
        let zus = self.zus.context("nobody came late")?;
        let server = &self.region.server;
        let patience = Duration::from_secs(40);
        let again = eventually_within(patience, "the relay to hold everything again", async || {
            for device in [&*self.wil, &*zus, &*self.region.anna, &*self.bram] {
                device.comes_online().await?;
            }
            let now = entries(server)?;
            Ok((now >= before).then_some(now))
        });
        again.await?;
        zus.tap("button", "Ga verder met tellen").await?;
        zus.count(1).await?;
        zus.kept(3).await?;
        zus.comes_online().await?;
        for coordinator in [&self.region.anna, &self.bram] {
            coordinator.tap("button", "Terug").await?;
            coordinator.look_for_figure(SEEN_ONLY, "10").await?;
        }
        zus.tap("button", "Terug").await?;
        zus.look_until("Alles is ontvangen").await?;
        let anna = self.region.anna.table("Tabel 1").await?;
        assert_eq!(self.bram.table("Tabel 1").await?, anna);
        self.region.anna.back_to_region().await?;
        self.region.anna.see("Bijzonder: 0").await?;
        for device in [self.wil, zus, self.bram, self.region.anna] {
            device.quit().await?;
        }
        Ok(())
    }
}

/// How many entries the relay holds, as its operator reads it.
fn entries(server: &Server) -> Result<u64> {
    let said = server.upkeep(&["doctor"])?;
    let words: Vec<&str> = said.split_whitespace().collect();
    let at = words.iter().position(|word| word.starts_with("entries"));
    let number = at.and_then(|at| words.get(at.checked_sub(1)?));
    Ok(number.context("the doctor counts nothing")?.parse()?)
}
