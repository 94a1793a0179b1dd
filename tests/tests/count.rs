//! The first whole path: install, set up, count, fill in, lose the network, be killed, unlock, read the tables.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use serde_json::json;
use veldpost_journeys::{Browser, Finding, PASSPHRASE, Profile, Screen, Server, eventually};

/// A person as the questionnaire is filled in here; what is not asked stays open.
struct Person {
    night: &'static str,
    stay: &'static str,
    age: &'static str,
    gender: &'static str,
    children: &'static str,
    elsewhere: &'static str,
    origin: &'static str,
}

/// A mother with one child beside her and two elsewhere.
const SANNE: Person = Person {
    night: "Bij familie of vrienden",
    stay: "Hengelo",
    age: "27 tot 35",
    gender: "Vrouw",
    children: "1",
    elsewhere: "2",
    origin: "Borne",
};
/// Whoever is put down while the device is locked.
const RUUD: Person = Person {
    night: "In tijdelijke opvang",
    stay: "Losser",
    age: "45 tot 55",
    gender: "Man",
    children: "0",
    elsewhere: "",
    origin: "Haaksbergen",
};
/// Alone and not yet an adult; the browser is killed in the middle of the form.
const NOOR: Person = Person {
    night: "In de noodopvang",
    stay: "Enschede",
    age: "16 of 17",
    gender: "Vrouw",
    children: "0",
    elsewhere: "",
    origin: "Buiten de regio",
};

/// Every number of Table 1 that is not 0: row, column, number. Who is under 18 and alone is a minor.
const TABLE_1: [&str; 10] = [
    "emergency_shelter minors_direct 1",
    "emergency_shelter total 1",
    "family_friends adults 1",
    "family_friends minors_direct 1",
    "family_friends total 2",
    "homeless_accommodation adults 1",
    "homeless_accommodation total 1",
    "total adults 2",
    "total minors_direct 2",
    "total total 4",
];
/// The same of Table 2 by municipality of stay. Its situations and totals are of adults, its subtotal of those outside
/// or in a shelter; minors stand below.
const BY_STAY: [&str; 14] = [
    "homeless_accommodation losser 1",
    "homeless_accommodation total 1",
    "subtotal losser 1",
    "subtotal total 1",
    "family_friends hengelo 1",
    "family_friends total 1",
    "total hengelo 1",
    "total losser 1",
    "total total 2",
    "minors_direct enschede 1",
    "minors_direct hengelo 1",
    "minors_direct total 2",
    "minors_indirect hengelo 2",
    "minors_indirect total 2",
];
/// The same by municipality of origin.
const BY_ORIGIN: [&str; 14] = [
    "homeless_accommodation haaksbergen 1",
    "homeless_accommodation total 1",
    "subtotal haaksbergen 1",
    "subtotal total 1",
    "family_friends borne 1",
    "family_friends total 1",
    "total borne 1",
    "total haaksbergen 1",
    "total total 2",
    "minors_direct borne 1",
    "minors_direct outside_region 1",
    "minors_direct total 2",
    "minors_indirect borne 2",
    "minors_indirect total 2",
];

const AGE: &str = "Hoe oud is deze persoon?";
const GENDER: &str = "Wat is het geslacht?";

/// From the first visit to the region's tables on a phone: the server stops half-way, and the browser is
/// killed in the middle of a form.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_counts_without_network_and_the_tables_come_out() -> Result<()> {
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
    tally_and_undo(&browser).await?;
    browser.tap("button", "Terug").await?;
    record(&browser, &SANNE).await?;

    server.stop().await?;
    assert!(!browser.reaches_server().await?);
    browser.reload().await?;
    while_locked(&browser).await?;
    killed_in_mid_form(browser, &NOOR).await?;

    let browser = Browser::start(&profile).await?;
    browser.show_on(Screen::Phone).await?;
    browser.open(&server.url("/")).await?;
    the_draft_is_offered(&browser, &NOOR).await?;
    browser.unlock_alone().await?;
    the_tables(&browser).await?;
    lock_and_stop(&browser).await?;
    browser.quit().await
}

/// One tap, one person; what was tapped is said aloud, and taken back. Three are kept, the last one asleep.
async fn tally_and_undo(browser: &Browser) -> Result<()> {
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
        Ok(sleeps(browser).await?.then_some(()))
    })
    .await
}

/// The reload was without a network, and locked the device: nothing can be read, and recording goes on.
async fn while_locked(browser: &Browser) -> Result<()> {
    browser.kept(4).await?;
    browser.tap("button", "Weet ik niet").await?;
    browser.kept(5).await?;
    browser.tap("button", "Terug").await?;
    assert!(browser.has("button", "Ontgrendel om te lezen").await?);
    browser.tap("button", "Tabellen").await?;
    browser.see("Daarvoor moet je ontgrendelen.").await?;
    browser.tap("button", "Terug").await?;
    record(browser, &RUUD).await?;
    browser.kept(6).await?;
    browser.tap("button", "Terug").await?;
    browser
        .place("button", "Ontgrendel om te lezen")
        .await
        .map(|_| ())
}

/// A full record, page by page, from the first screen to the tally.
async fn record(browser: &Browser, person: &Person) -> Result<()> {
    to_the_person(browser, person).await?;
    browser.answer(AGE, person.age).await?;
    browser.answer(GENDER, person.gender).await?;
    the_rest(browser, person).await
}

/// Opens a form and answers where the person sleeps; the round's own place makes way.
async fn to_the_person(browser: &Browser, person: &Person) -> Result<()> {
    browser.tap("button", "Nieuwe registratie").await?;
    browser.see("Zelfde als vorige:").await?;
    browser.tap("button", "Wijzig plek").await?;
    browser
        .answer("Waar slaapt deze persoon?", person.night)
        .await?;
    browser.answer("Hoe weet je dit?", "Zelf gesproken").await?;
    browser
        .answer("In welke gemeente slaapt deze persoon?", person.stay)
        .await?;
    browser.tap("button", "Volgende").await?;
    browser
        .place("heading", "Over deze persoon")
        .await
        .map(|_| ())
}

/// What stands on the second page after age and gender, and the pages after it.
async fn the_rest(browser: &Browser, person: &Person) -> Result<()> {
    browser
        .answer("Zijn er kinderen bij?", person.children)
        .await?;
    browser
        .answer("Uit welke gemeente komt deze persoon?", person.origin)
        .await?;
    if !person.elsewhere.is_empty() {
        let elsewhere = "Hoeveel kinderen wonen ergens anders?";
        browser.fill(elsewhere, person.elsewhere).await?;
    }
    browser.tap("button", "Volgende").await?;
    browser.place("heading", "Wat speelt er?").await?;
    browser.tap("button", "Volgende").await?;
    browser.place("heading", "Dubbel tellen voorkomen").await?;
    browser.tap("button", "Klaar, bewaar").await?;
    browser.hear("Registratie bewaard op dit toestel.").await
}

/// Up to the gender, and no goodbye once that is on the disk.
async fn killed_in_mid_form(browser: Browser, person: &Person) -> Result<()> {
    to_the_person(&browser, person).await?;
    browser.answer(AGE, person.age).await?;
    browser.answer(GENDER, person.gender).await?;
    eventually("the draft to be on the disk", async || {
        let found = browser.open_without_passphrase().await?;
        let mut drafts = found
            .iter()
            .filter(|one| one.place == "veldpost/drafts, draft");
        let is_whole = |draft: &Finding| draft.says("16-17") && draft.says("woman");
        Ok(drafts.any(is_whole).then_some(()))
    })
    .await?;
    browser.kill().await
}

/// Without a passphrase and without a network, on the page that was open; then it is finished.
async fn the_draft_is_offered(browser: &Browser, person: &Person) -> Result<()> {
    browser.see("Je was nog bezig").await?;
    assert!(browser.has("button", "Ontgrendel om te lezen").await?);
    browser.tap("button", "Ga verder").await?;
    browser.place("heading", "Over deze persoon").await?;
    assert!(browser.answered(AGE, person.age).await?);
    assert!(browser.answered(GENDER, person.gender).await?);
    the_rest(browser, person).await?;
    browser.kept(7).await?;
    browser.tap("button", "Terug").await?;
    browser.place("button", "Ga verder met tellen").await?;
    browser.see_no_more("Je was nog bezig").await
}

/// What was filled in stands in its cells and nowhere else; the taps stand beside the tables.
async fn the_tables(browser: &Browser) -> Result<()> {
    browser.tap("button", "Tabellen").await?;
    browser.see_fact("formulieren", "3").await?;
    browser.see_fact("personen", "4").await?;
    browser.see_fact("alleen gezien", "4").await?;
    assert_eq!(cells(browser, "1").await?, set(&TABLE_1));
    assert_eq!(cells(browser, "2-stay").await?, set(&BY_STAY));
    assert_eq!(cells(browser, "2-origin").await?, set(&BY_ORIGIN));
    browser.tap("button", "Terug").await
}

/// The numbers of a table that are not 0: row, column, number.
async fn cells(browser: &Browser, table: &str) -> Result<BTreeSet<String>> {
    let script = "return [...document.querySelectorAll('[data-table]')]\
        .filter((cell) => cell.dataset.table === arguments[0] && cell.textContent.trim() !== '0')\
        .map((cell) => [cell.dataset.row, cell.dataset.column, cell.textContent.trim()].join(' '))";
    let cells = browser.run(script, json!([table])).await?;
    Ok(serde_json::from_value(cells)?)
}

fn set(cells: &[&str]) -> BTreeSet<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

/// Locked again, nothing can be read; the round ends with everybody in it.
async fn lock_and_stop(browser: &Browser) -> Result<()> {
    browser.tap("button", "Vergrendel").await?;
    browser.tap("button", "Tabellen").await?;
    browser.see("Daarvoor moet je ontgrendelen.").await?;
    browser.tap("button", "Terug").await?;
    browser.tap("button", "Ga verder met tellen").await?;
    browser.kept(7).await?;
    browser.tap("button", "Stop ronde").await?;
    browser.see_fact("Met vragenlijst", "3").await?;
    browser.see_fact("Totaal", "7").await?;
    browser.fill("Opmerking", "Rustig").await?;
    browser.tap("button", "Stop de ronde").await?;
    browser
        .hear("De ronde is gestopt en bewaard op dit toestel.")
        .await?;
    browser.place("button", "Start tellen").await.map(|_| ())
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
