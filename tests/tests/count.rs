//! The first whole path: install, set up, count, lose the network, reload, unlock, read the tables.

use anyhow::{Context as _, Result};
use serde_json::json;
use veldpost_journeys::{Browser, PASSPHRASE, Profile, Screen, Server, eventually};

/// From the first visit to the region's table, on a phone, with the server stopped half-way.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_counts_without_network_and_the_table_comes_out() -> Result<()> {
    let mut server = Server::start()?;
    let profile = Profile::new()?;
    let browser = Browser::start(&profile).await?;
    browser.show_on(Screen::Phone).await?;
    browser.open(&server.url("/")).await?;
    browser.see("Welkom bij Veldpost").await?;
    browser.worker_complete().await?;
    can_be_installed(&browser).await?;
    set_up_with_a_kit(&browser).await?;
    browser.begin_round("Centrum").await?;

    // One tap, one person; what was tapped is said aloud.
    browser.count(3).await?;
    browser.hear("Man, 18+: 2. Totaal 3.").await?;
    browser.kept(3).await?;
    browser.tap("button", "Maak ongedaan").await?;
    browser.hear("Man, 18+ is weer 1. Totaal 2.").await?;
    browser.kept(2).await?;
    browser.tap("button", "Kind, 0-17").await?;
    browser.kept(3).await?;
    browser.tap("button", "Slaapt").await?;
    eventually("the reason to stand", async || {
        Ok(sleeps(&browser).await?.then_some(()))
    })
    .await?;

    // The network goes; a reload, the count goes on, and nothing can be read.
    server.stop().await?;
    assert!(!browser.reaches_server().await?);
    browser.reload().await?;
    browser.kept(3).await?;
    assert!(sleeps(&browser).await?);
    browser.tap("button", "Weet ik niet").await?;
    browser.kept(4).await?;
    browser.tap("button", "Terug").await?;
    assert!(browser.has("button", "Ontgrendel om te lezen").await?);
    browser.tap("button", "Tabellen").await?;
    browser.see("Daarvoor moet je ontgrendelen.").await?;
    browser.tap("button", "Terug").await?;

    // Unlocked, the taps stand beside the table: only seen, never counted as forms.
    browser.unlock_alone().await?;
    browser.tap("button", "Tabellen").await?;
    browser.see_fact("alleen gezien", "4").await?;
    browser.see_fact("formulieren", "0").await?;
    browser.tap("button", "Terug").await?;
    browser.tap("button", "Vergrendel").await?;
    browser.tap("button", "Tabellen").await?;
    browser.see("Daarvoor moet je ontgrendelen.").await?;
    browser.tap("button", "Terug").await?;

    browser.tap("button", "Ga verder met tellen").await?;
    browser.kept(4).await?;
    browser.tap("button", "Stop ronde").await?;
    browser.see_fact("Totaal", "4").await?;
    browser.fill("Opmerking", "Rustig").await?;
    browser.tap("button", "Stop de ronde").await?;
    browser
        .hear("De ronde is gestopt en bewaard op dit toestel.")
        .await?;
    browser.place("button", "Start tellen").await?;
    browser.quit().await
}

/// Twenty steps back, one by one, and not one more.
#[tokio::test(flavor = "multi_thread")]
async fn the_last_twenty_taps_can_be_taken_back_and_no_more() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.show_on(Screen::Phone).await?;
    browser.practise(&server).await?;
    browser.begin_round("").await?;
    browser.count(22).await?;
    browser.kept(22).await?;
    for left in (2..22).rev() {
        browser.tap("button", "Maak ongedaan").await?;
        browser.kept(left).await?;
    }
    browser.hear("Man, 18+ is weer 1. Totaal 2.").await?;
    browser.tap("button", "Maak ongedaan").await?;
    browser
        .hear("Er is niets meer om ongedaan te maken.")
        .await?;
    browser.kept(2).await?;
    browser.reload().await?;
    browser.kept(2).await?;
    browser.quit().await
}

/// Two hits on one tile within the time of a shivering hand are one person.
#[tokio::test(flavor = "multi_thread")]
async fn two_hits_at_once_on_one_tile_are_one_person() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.practise(&server).await?;
    browser.begin_round("").await?;
    let tile = browser.place("button", "Man, 18+").await?;
    let (x, y) = (tile.x + tile.width / 2.0, tile.y + tile.height / 2.0);
    // Both hits in one command: the driver is too slow to shiver.
    let hit = "const tile = document.elementFromPoint(arguments[0], arguments[1]); \
        tile.click(); tile.click()";
    browser.run(hit, json!([x, y])).await?;
    browser.kept(1).await?;
    browser.tap("button", "Vrouw, 18+").await?;
    browser.kept(2).await?;
    browser.quit().await
}

/// Whether "Slaapt" is pressed; a tick may stand before it then.
async fn sleeps(browser: &Browser) -> Result<bool> {
    let names = browser.names("button").await?;
    let name = names
        .iter()
        .find(|name| name.ends_with("Slaapt"))
        .context("no reasons")?;
    browser.is_chosen("button", name).await
}

/// What Chromium itself asks before it offers the home screen.
async fn can_be_installed(browser: &Browser) -> Result<()> {
    let manifest = browser.devtools("Page.getAppManifest", json!({})).await?;
    assert_eq!(manifest["errors"], json!([]), "the manifest has faults");
    let errors = browser
        .devtools("Page.getInstallabilityErrors", json!({}))
        .await?;
    assert_eq!(errors["installabilityErrors"], json!([]));
    Ok(())
}

/// *Alleen op dit toestel*, with the kit written down and proven; a wrong proof is refused.
async fn set_up_with_a_kit(browser: &Browser) -> Result<()> {
    browser.tap("button", "Alleen op dit toestel").await?;
    browser.tap("button", "Volgende").await?;
    browser.see("Schrijf minstens één organisatie op.").await?;
    browser
        .fill("Organisaties die meetellen", "Straatteam\nNachtopvang")
        .await?;
    browser.fill("Gebieden", "Centrum\nStation").await?;
    browser.tap("button", "Volgende").await?;
    browser.tap("button", "Liever een eigen zin").await?;
    browser.fill("Je eigen zin", PASSPHRASE).await?;
    browser
        .fill("Typ de wachtzin over", "merel zingt vroeg in mei")
        .await?;
    browser.tap("button", "Volgende").await?;
    browser.see("Dit is niet dezelfde wachtzin.").await?;
    browser.tap("textbox", "Typ de wachtzin over").await?;
    let clear = "document.activeElement.value = ''";
    browser.run(clear, json!([])).await?;
    browser.paste(PASSPHRASE).await?;
    browser.tap("button", "Volgende").await?;
    browser.see("Herstelcode op papier").await?;

    let text = browser.text().await?;
    let asked = text
        .split("van regel ")
        .nth(1)
        .context("no row is asked for")?;
    let row: usize = asked
        .split_whitespace()
        .next()
        .context("no number")?
        .parse()?;
    let rows: Vec<String> = text
        .lines()
        .map(|line| line.replace(' ', ""))
        .filter(|line| line.starts_with("vp1"))
        .collect();
    assert_eq!(rows.len(), 4, "{text}");
    let asked = rows.get(row - 1).context("no such row")?;
    let proof = asked.get(asked.len() - 8..).context("a short row")?;
    let field = format!("Typ de laatste acht tekens van regel {row}");
    browser.fill(&field, "qqqqqqqq").await?;
    browser.tap("button", "Klaar, begin").await?;
    browser.see("Dit klopt niet.").await?;
    browser.tap("textbox", &field).await?;
    browser.run(clear, json!([])).await?;
    browser.paste(proof).await?;
    browser.tap("button", "Klaar, begin").await?;
    browser.place("button", "Start tellen").await.map(|_| ())
}
