//! The relay cannot be reached: each screen of a region says what is safe and what to do, and none waits without end.

use anyhow::Result;
use serde_json::json;
use veldpost_journeys::{Browser, Device, Invitation, Region};

/// What a screen says while it works at something.
const BUSY: &str = "Even geduld…";
const NO_NETWORK: &str = "Er is nu geen verbinding.";
const NO_ANSWER: &str = "Er komt nog geen antwoord. Misschien is er geen verbinding.";

const NOT_BEGUN: &str = "Wat je net vroeg, is niet begonnen: het vorige is nog niet klaar.";

/// A coordinator's act waits with words that say what is safe, and is done by itself once the relay is back.
#[tokio::test(flavor = "multi_thread")]
async fn a_coordinator_without_the_relay_is_told_what_is_safe() -> Result<()> {
    let (mut region, bram) = Region::found().await?.open().await?;
    bram.quit().await?;
    region.server.stop().await?;
    let anna = &region.anna;
    // What needs no relay goes on: what is set apart, tables.
    anna.tap("button", "Bijzonder: 0").await?;
    anna.see("Er is niets bijzonders binnengekomen.").await?;
    anna.tap("button", "Terug").await?;
    anna.look_for_figure("formulieren", "0").await?;
    anna.back_to_region().await?;
    anna.tap("button", "Nodig iemand uit").await?;
    anna.fill("Naam van de uitnodiging", "Later").await?;
    anna.tap("button", "Maak de uitnodiging").await?;
    waits(anna).await?;
    region.server.start_again()?;
    let anna = &region.anna;
    anna.comes_online().await?;
    anna.shown_link().await?;
    anna.tap("button", "Terug").await?;
    anna.tap("button", "Terug").await?;

    // Who leaves the screen of what waits is told so on the next one, and cannot begin it twice.
    region.server.stop().await?;
    let anna = &region.anna;
    for _ in 0..2 {
        anna.tap("button", "Nodig iemand uit").await?;
        anna.fill("Naam van de uitnodiging", "Eenmaal").await?;
        anna.tap("button", "Maak de uitnodiging").await?;
        waits(anna).await?;
        anna.tap("button", "Terug").await?;
        waits(anna).await?;
    }
    // The second will not be done later either: that is said.
    anna.see(NOT_BEGUN).await?;
    region.server.start_again()?;
    let anna = &region.anna;
    anna.comes_online().await?;
    anna.see("De uitnodiging is gemaakt.").await?;
    anna.tap("button", "Nodig iemand uit").await?;
    anna.place("heading", "Eenmaal").await?;
    let named = "return [...document.querySelectorAll('h3')].filter((it) => it.innerText === 'Eenmaal').length";
    assert_eq!(anna.run(named, json!([])).await?, json!(1));
    anna.tap("button", "Terug").await?;

    region.server.stop().await?;
    let anna = &region.anna;
    anna.tap("button", "Organisaties, gebieden en namen")
        .await?;
    anna.tap("button", "Bewaar").await?;
    waits(anna).await?;
    region.server.start_again()?;
    let anna = &region.anna;
    anna.comes_online().await?;
    anna.place("heading", "De regio").await?;

    region.server.stop().await?;
    let anna = &region.anna;
    anna.next_stage("Sluit het tellen af").await?;
    waits(anna).await?;
    anna.see("Er wordt geteld.").await?;
    region.server.start_again()?;
    let anna = &region.anna;
    anna.comes_online().await?;
    anna.see("Nazenden kan nog.").await?;
    region.anna.quit().await
}

/// It does not only say that it is busy.
async fn waits(anna: &Browser) -> Result<()> {
    anna.see(NO_ANSWER).await?;
    anna.see("Wat er al staat, is veilig. Laat de app open.")
        .await?;
    let text = anna.text().await?;
    assert!(!text.contains(BUSY), "{text}");
    Ok(())
}

/// Joining and bringing back wait with words; a member counts on, and a coordinator reads on.
#[tokio::test(flavor = "multi_thread")]
async fn who_joins_or_recovers_without_the_relay_is_told_what_is_safe() -> Result<()> {
    let mut region = Region::found().await?;
    let link = region.anna.invite(Invitation::Worker, "Voor Wil").await?;
    let wil = Device::phone().await?;
    let again = Device::laptop().await?;
    for device in [&wil, &again] {
        device.open(&region.server.url("/")).await?;
        device.worker_complete().await?;
    }
    region.server.stop().await?;

    wil.tap("button", "Ik heb een uitnodiging").await?;
    wil.fill("Link van de uitnodiging", &link).await?;
    wil.tap("button", "Volgende").await?;
    wil.see(NO_NETWORK).await?;
    wil.see("We proberen het vanzelf opnieuw.").await?;
    again.type_kit(&region.server, &region.kit).await?;
    again
        .see("Er is geen verbinding. Er is niets veranderd.")
        .await?;
    again.place("button", "Volgende").await?;

    region.server.start_again()?;
    again.tap("button", "Volgende").await?;
    let rows = again.prove_new_kit("Anna weer").await?;
    wil.look_until("Wil je meedoen?").await?;
    region.server.stop().await?;
    // The region may have moved while the code was printed, so that nothing is written before it can be asked.
    let finish = "Klaar, herstel de regio";
    again.choose_passphrase(finish).await?;
    again
        .see("Er is geen verbinding. Er is niets veranderd.")
        .await?;
    wil.fill("Hoe heet dit toestel", "Wil").await?;
    wil.tap("button", "Ik doe mee").await?;
    wil.see("Wachtzin om te lezen").await?;
    wil.choose_passphrase("Klaar, doe mee").await?;
    wil.see("Je aanmelding wordt verzonden zodra er internet is.")
        .await?;
    region.server.start_again()?;
    wil.look_until("Lees deze zes woorden voor").await?;
    again.tap("button", finish).await?;
    again.place("heading", "Start").await?;
    let late = Device::laptop().await?;
    late.type_kit(&region.server, &rows).await?;
    late.see("De regio is gevonden.").await?;
    for device in [wil, late, again, region.anna] {
        device.quit().await?;
    }
    Ok(())
}
