//! Who lost the passphrase for good begins again: what was saved is still sent, and the device is admitted anew.

use anyhow::Result;
use veldpost_journeys::{Device, Inspection, Invitation, PASSPHRASE, Region};

const SEEN_ONLY: &str = "alleen gezien";
const FORGOTTEN: &str = "Ik weet mijn wachtzin niet meer";

async fn stop(phone: &Device) -> Result<()> {
    phone.tap("button", "Stop ronde").await?;
    phone.tap("button", "Stop de ronde").await?;
    phone
        .hear("De ronde is gestopt en bewaard op dit toestel.")
        .await
}

/// From the first screen to the question, after a try that failed.
async fn to_the_question(phone: &Device) -> Result<()> {
    phone.tap("button", "Ontgrendel om te lezen").await?;
    phone.fill("Je wachtzin", "dit is hem vast niet").await?;
    phone.tap("button", "Ontgrendel").await?;
    phone.see("Deze wachtzin klopt niet.").await?;
    phone.tap("button", FORGOTTEN).await?;
    phone.place("heading", "Opnieuw beginnen").await.map(|_| ())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_saved_before_beginning_again_is_still_sent() -> Result<()> {
    let (mut region, bram) = Region::found().await?.open().await?;
    let wil = region.admit_single(Invitation::Worker, "Wil").await?;
    wil.look_until("Er is nog niets om te versturen").await?;
    wil.worker_complete().await?;
    region.server.stop().await?;
    wil.begin_round("Centrum").await?;
    wil.count(3).await?;
    wil.kept(3).await?;

    // Not in the middle of a round.
    wil.tap("button", "Terug").await?;
    to_the_question(&wil).await?;
    wil.see("Stop eerst de ronde.").await?;
    wil.tap("button", "Ga verder met tellen").await?;
    stop(&wil).await?;

    to_the_question(&wil).await?;
    wil.see("Het wordt vanzelf verstuurd").await?;
    let mut inspection = Inspection::new(region.server.built());
    inspection.look(&wil, "what beginning again means").await?;
    // Asked once more, and left as it was.
    wil.tap("button", "Begin opnieuw").await?;
    wil.confirm("Opnieuw beginnen?", "Annuleer").await?;
    wil.tap("button", "Begin opnieuw").await?;
    wil.confirm("Opnieuw beginnen?", "Ja, begin opnieuw")
        .await?;
    wil.see("Welkom bij Veldpost").await?;
    wil.see("Van voor je opnieuw begon, wachten nog 4 registraties.")
        .await?;
    inspection.look(&wil, "begun again").await?;
    inspection.verdict()?;

    // Killed without a network: it still waits, and goes by itself.
    let wil = wil.after_a_kill().await?;
    wil.open(&region.server.url("/")).await?;
    wil.see("Van voor je opnieuw begon, wachten nog 4 registraties.")
        .await?;
    region.server.start_again()?;
    wil.comes_online().await?;
    region.anna.look_for_figure(SEEN_ONLY, "3").await?;
    bram.look_for_figure(SEEN_ONLY, "3").await?;
    wil.look_until_gone("Van voor je opnieuw begon").await?;

    // Admitted anew, with words of its own; what is counted now is another device's.
    region.anna.back_to_region().await?;
    let link = region
        .anna
        .invite(Invitation::Worker, "Wil opnieuw")
        .await?;
    wil.join(&link, "Wil opnieuw").await?;
    let words = wil.six_words().await?;
    region.anna.admit("Wil opnieuw", &words).await?;
    wil.begin_round("Station").await?;
    wil.count(1).await?;
    wil.kept(1).await?;
    region.anna.look_for_figure(SEEN_ONLY, "4").await?;
    bram.quit().await?;
    wil.quit().await?;
    region.anna.quit().await
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_begins_again_where_nobody_would_receive_anything() -> Result<()> {
    let region = Region::found().await?;
    let wil = Device::phone().await?;
    wil.set_up_alone(&region.server).await?;
    wil.tap("button", "Ontgrendel om te lezen").await?;
    wil.place("textbox", "Je wachtzin").await?;
    assert!(!wil.has("button", FORGOTTEN).await?);
    wil.fill("Je wachtzin", PASSPHRASE).await?;
    wil.tap("button", "Ontgrendel").await?;
    wil.place("button", "Vergrendel").await?;
    wil.quit().await?;
    region.anna.quit().await
}
