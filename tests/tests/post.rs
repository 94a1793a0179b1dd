//! What is recorded arrives: counted without a network, sent by itself, once and whole, whatever is killed meanwhile.

use std::time::Duration;

use anyhow::Result;
use veldpost_journeys::{
    Device, Invitation, PASSPHRASE, Recorder, Region, Server, ServerChoices, eventually_within,
};

const RECEIVED: &str = "Alles is ontvangen. Laatste keer:";
const SEEN_ONLY: &str = "alleen gezien";

/// An evening without a network, an app that is killed meanwhile, and one act that admits the group.
#[tokio::test(flavor = "multi_thread")]
async fn an_evening_without_a_network_arrives_whole_at_both_coordinators() -> Result<()> {
    let (mut region, bram) = Region::found().await?.open().await?;
    let link = region.anna.invite(Invitation::Evening, "Vrijdag").await?;
    let wil = phone_of_group(&link, "Wil").await?;
    let zus = phone_of_group(&link, "Zus").await?;
    region.server.stop().await?;

    wil.begin_round("Centrum").await?;
    zus.begin_round("Station").await?;
    wil.count(4).await?;
    wil.kept(4).await?;
    let wil = wil.after_a_kill().await?;
    wil.open(&region.server.url("/tellen")).await?;
    wil.kept(4).await?;
    zus.count(5).await?;
    wil.count(3).await?;
    wil.kept(7).await?;
    zus.kept(5).await?;
    let zus = zus.after_a_kill().await?;
    zus.open(&region.server.url("/")).await?;
    zus.see("Geen verbinding. 5 registraties staan op dit toestel.")
        .await?;
    wil.tap("button", "Terug").await?;

    region.server.start_again()?;
    // The other coordinator has the app closed.
    bram.open(&region.server.url("/notities.html")).await?;
    for (phone, number) in [(&wil, 7), (&zus, 5)] {
        phone.comes_online().await?;
        phone.sees_handed_over(number).await?;
    }
    region.anna.admit_group(2).await?;
    region.anna.look_for_figure(SEEN_ONLY, "12").await?;
    // One coordinator's word is not enough: what is received is with two.
    wil.comes_online().await?;
    assert!(!wil.text().await?.contains(RECEIVED));
    bram.open(&region.server.url("/")).await?;
    bram.unlock_alone().await?;
    bram.look_for_figure(SEEN_ONLY, "12").await?;
    for phone in [&wil, &zus] {
        phone.look_until(RECEIVED).await?;
    }
    let table = region.anna.table("Tabel 1").await?;
    assert!(table.len() > 3, "{table:?}");
    assert_eq!(bram.table("Tabel 1").await?, table);
    // Who coordinates nothing has no table of the region, by its address neither.
    wil.open(&region.server.url("/tabellen")).await?;
    wil.see("De tabellen van de regio maakt de coördinator")
        .await?;
    for device in [wil, zus, bram, region.anna] {
        assert_eq!(crashes(&device).await?, [""; 0]);
        device.quit().await?;
    }
    Ok(())
}

/// Sending needs no passphrase: who opens the app the next morning has sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_phone_locked_since_last_evening_sends_on_opening() -> Result<()> {
    let (mut region, bram) = Region::found().await?.open().await?;
    let wil = region.admit_single(Invitation::Worker, "Wil").await?;
    wil.look_until("Er is nog niets om te versturen").await?;
    wil.worker_complete().await?;
    region.server.stop().await?;
    wil.begin_round("Centrum").await?;
    wil.count(3).await?;
    wil.kept(3).await?;
    // It was connected before: that is no reason to be silent about it.
    wil.tap("button", "Terug").await?;
    wil.see("Geen verbinding. 3 registraties staan op dit toestel.")
        .await?;
    let wil = wil.after_closing().await?;

    region.server.start_again()?;
    wil.open(&region.server.url("/")).await?;
    wil.see("3 registraties zijn overgezet.").await?;
    assert!(wil.has("button", "Ontgrendel om te lezen").await?);
    region.anna.look_for_figure(SEEN_ONLY, "3").await?;
    bram.look_for_figure(SEEN_ONLY, "3").await?;
    wil.look_until(RECEIVED).await?;
    assert!(wil.has("button", "Ontgrendel om te lezen").await?);
    bram.quit().await?;
    wil.quit().await?;
    region.anna.quit().await
}

/// SIGKILL of the relay again and again while a phone pushes: nothing twice, nothing lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_relay_killed_while_a_phone_pushes_loses_and_doubles_nothing() -> Result<()> {
    const TAPS: usize = 200;
    let (recorder, region) = recorded().await?;
    let (mut region, bram) = region.open().await?;
    let link = region.anna.invite(Invitation::Evening, "Vrijdag").await?;
    let wil = region.admit_of_group(&link, "Wil").await?;
    wil.worker_complete().await?;
    region.server.stop().await?;
    wil.begin_round("Centrum").await?;
    wil.count(TAPS).await?;
    wil.kept(TAPS as u64).await?;
    wil.tap("button", "Terug").await?;

    let mut amid = 0;
    for enough in [1, 1_000, 4_000, 16_000, 40_000] {
        region.server.start_again()?;
        let before = recorder.sent_to_server();
        wil.comes_online().await?;
        amid += usize::from(pushed(&recorder, before + enough).await);
        region.server.kill()?;
    }
    region.server.start_again()?;
    assert!(amid > 1, "killed in the middle {amid} times");
    let number = &TAPS.to_string();
    wil.comes_online().await?;
    region.anna.look_for_figure(SEEN_ONLY, number).await?;
    bram.look_for_figure(SEEN_ONLY, number).await?;
    wil.look_until(RECEIVED).await?;
    bram.quit().await?;
    wil.quit().await?;
    region.anna.quit().await
}

/// SIGKILL of the browser while it syncs, again and again; `VELDPOST_SYNC_KILLS` says how often.
#[tokio::test(flavor = "multi_thread")]
async fn a_phone_killed_in_mid_sync_sends_everything_once() -> Result<()> {
    let (recorder, region) = recorded().await?;
    let (mut region, bram) = region.open().await?;
    let link = region.anna.invite(Invitation::Evening, "Vrijdag").await?;
    let mut wil = region.admit_of_group(&link, "Wil").await?;
    wil.worker_complete().await?;
    region.server.stop().await?;
    wil.begin_round("Centrum").await?;
    let tally = [recorder.origin(), "/tellen".to_owned()].concat();
    let (mut found, mut amid) = (0, 0);
    for round in 0..kills() {
        let taps = 2 + round % 5;
        wil.count(taps).await?;
        found += taps;
        wil.kept(found as u64).await?;
        region.server.start_again()?;
        let before = recorder.sent_to_server();
        wil.comes_online().await?;
        amid += usize::from(pushed(&recorder, before + 1 + (round * 397) % 2_500).await);
        wil = wil.after_a_kill().await?;
        region.server.stop().await?;
        wil.open(&tally).await?;
        wil.kept(found as u64).await?;
    }
    region.server.start_again()?;
    wil.tap("button", "Terug").await?;
    assert!(amid > 1, "killed in the middle {amid} times");
    let number = &found.to_string();
    for coordinator in [&region.anna, &bram] {
        // Fifty kills take longer than a laptop stays unlocked.
        if coordinator.has("button", "Ontgrendel om te lezen").await? {
            coordinator.tap("button", "Ontgrendel om te lezen").await?;
            coordinator.fill("Je wachtzin", PASSPHRASE).await?;
            coordinator.tap("button", "Ontgrendel").await?;
        }
        coordinator.look_for_figure(SEEN_ONLY, number).await?;
    }
    wil.look_until(RECEIVED).await?;
    bram.quit().await?;
    wil.quit().await?;
    region.anna.quit().await
}

/// A phone that joined by a group's invitation and works without a network from now on.
async fn phone_of_group(link: &str, name: &str) -> Result<Device> {
    let phone = Device::phone().await?;
    phone.join(link, name).await?;
    phone.worker_complete().await?;
    Ok(phone)
}

/// A region whose devices reach the relay through a recorder.
async fn recorded() -> Result<(Recorder, Region)> {
    let recorder = Recorder::start()?;
    let server = Server::start_with(ServerChoices {
        founding: true,
        origin: Some(recorder.origin()),
        ..ServerChoices::default()
    })?;
    recorder.lead_to(server.address());
    let address = [recorder.origin(), "/".to_owned()].concat();
    let region = Region::found_by(server, &address).await?;
    Ok((recorder, region))
}

/// Whether so many bytes go to the server, as soon as they do. A phone that has sent all it had sends no more,
/// which is no reason to wait for long.
async fn pushed(recorder: &Recorder, bytes: usize) -> bool {
    let sent = eventually_within(Duration::from_secs(5), "bytes to be sent", async || {
        Ok((recorder.sent_to_server() >= bytes).then_some(()))
    });
    sent.await.is_ok()
}

async fn crashes(device: &Device) -> Result<Vec<String>> {
    let errors = device.console_errors().await?;
    let is_crash = |error: &String| error.contains("panicked") || error.contains("RuntimeError");
    Ok(errors.into_iter().filter(is_crash).collect())
}

/// How often a browser is killed: a few times with each change, often in `cargo xtask soak`.
fn kills() -> usize {
    let kills = std::env::var("VELDPOST_SYNC_KILLS").ok();
    kills.and_then(|kills| kills.parse().ok()).unwrap_or(5)
}
