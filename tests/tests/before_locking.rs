//! Before a count is locked: what is missing, by name, and that it goes from the list once it came.

use anyhow::Result;
use veldpost_journeys::{Browser, Device, Evening, Invitation, Region, eventually};

const LOCK: &str = "Vergrendel de telling";
const HELD: &str = "Toestellen met berichten die hier nog niet zijn";

/// A phone reaches the relay, but what it records does not get out: the dialog names it with how many and when it was heard.
#[tokio::test(flavor = "multi_thread")]
async fn before_locking_stands_which_device_holds_how_much() -> Result<()> {
    let Evening {
        region, bram, wil, ..
    } = Evening::begin(2).await?;
    let anna = &region.anna;
    anna.look_for_figure("alleen gezien", "2").await?;
    anna.back_to_region().await?;
    let zus = region.admit_single(Invitation::Worker, "Zus").await?;
    let link = anna.invite(Invitation::Evening, "Later").await?;
    let kim = Device::phone().await?;
    kim.join(&link, "Kim").await?;
    anna.look_until("Kim").await?;
    wil.cut("entries").await?;
    wil.count(3).await?;
    wil.kept(5).await?;
    wil.comes_online().await?;
    anna.next_stage("Sluit het tellen af").await?;
    anna.look_until("Nog op het toestel: 3.").await?;

    anna.tap("button", LOCK).await?;
    anna.place("dialog", LOCK).await?;
    let text = dialog(anna).await?;
    for said in [
        "Toestellen die nog niet zijn toegelaten",
        "Kim",
        HELD,
        "Wil: 3. Laatst gehoord:",
        "Dan tellen ze alleen mee als een coördinator ze toelaat.",
        "Organisaties waarvan nog niets kwam",
        "Tactus",
        "Een toestel zonder internet kan meer hebben dan hier staat.",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    for other in ["Zus: ", "Bram", "Er ontbreekt niets"] {
        assert!(!text.contains(other), "{other}: {text}");
    }
    assert_eq!(anna.violations(region.server.built()).await?, []);
    anna.tap("button", "Annuleer").await?;

    wil.let_through().await?;
    wil.comes_online().await?;
    anna.look_until_gone("Nog op het toestel: 3.").await?;
    anna.tap("button", LOCK).await?;
    anna.place("dialog", LOCK).await?;
    // What this laptop sends itself, its receipts, may be on its way.
    eventually("nothing to be held any more", async || {
        Ok((!dialog(anna).await?.contains(HELD)).then_some(()))
    })
    .await?;
    anna.tap("button", LOCK).await?;
    anna.see("Vergrendeld: wat nu nog komt").await?;
    for device in [kim, zus, wil, bram, region.anna] {
        device.quit().await?;
    }
    Ok(())
}

/// An organisation that took back all that came of it is still to be heard of.
#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_that_took_back_all_it_sent_is_still_missed() -> Result<()> {
    let (region, bram) = Region::found().await?.open().await?;
    let anna = &region.anna;
    let worker = Invitation::Worker;
    let link = anna.invite_of(worker, "Voor Kees", Some("Tactus")).await?;
    let kees = Device::phone().await?;
    kees.join(&link, "Kees").await?;
    anna.admit("Kees", &kees.six_words().await?).await?;
    kees.look_until("Er is nog niets om te versturen").await?;
    kees.tap("button", "Snel toevoegen").await?;
    kees.add_quickly().await?;
    kees.tap("button", "Terug").await?;
    anna.look_for_figure("formulieren", "1").await?;
    anna.back_to_region().await?;
    anna.next_stage("Sluit het tellen af").await?;
    anna.see("Nazenden kan nog.").await?;
    assert_eq!(anna.silent().await?, ["Straatteam"]);

    kees.tap("button", "Mijn registraties").await?;
    kees.tap_holding("button", "buiten").await?;
    kees.tap("button", "Trek in").await?;
    kees.tap("radio", "De persoon vraagt het").await?;
    kees.tap("button", "Trek in").await?;
    kees.place("heading", "Mijn registraties").await?;
    anna.look_for_figure("formulieren", "0").await?;
    anna.back_to_region().await?;
    assert_eq!(anna.silent().await?, ["Straatteam", "Tactus"]);
    for device in [kees, bram, region.anna] {
        device.quit().await?;
    }
    Ok(())
}

async fn dialog(anna: &Browser) -> Result<String> {
    let text = "return document.querySelector('dialog[open]').innerText";
    let text = anna.run(text, serde_json::json!([])).await?;
    Ok(serde_json::from_value(text)?)
}
