//! Bad luck with a device's database and clock: each has its own words, and none loses a saved record.
//!
//! Deliberately not here: a device without room (`no_room`).

use anyhow::{Context as _, Result};
use serde_json::json;
use veldpost_journeys::{Browser, PASSPHRASE, Profile, Server, eventually};

const PRACTICE: &str = "veldpost-oefenen";

/// Another window has a newer version of the database: this one steps aside, and nothing is touched.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_newer_version_is_left_alone_and_this_is_said() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.practise(&server).await?;
    browser.begin_round("").await?;
    browser.count(2).await?;
    browser.kept(2).await?;
    let rows = browser.rows(PRACTICE, "outbox").await?;
    let raise = "await new Promise((done, fail) => { \
        const asked = indexedDB.open('veldpost-oefenen', 99); \
        asked.onerror = fail; asked.onsuccess = () => { asked.result.close(); done(); }; })";
    browser.run(raise, json!([])).await?;
    browser
        .see("Deze gegevens zijn gemaakt met een nieuwere versie van Veldpost.")
        .await?;
    browser.reload().await?;
    browser
        .see("Alles is er nog en er is niets aan veranderd.")
        .await?;
    assert_eq!(browser.rows(PRACTICE, "outbox").await?, rows);
    browser.quit().await
}

/// Deleted from outside: said at once, and nothing is written into an empty database by mistake.
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_database_is_not_taken_for_an_empty_one() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.practise(&server).await?;
    browser.begin_round("").await?;
    browser.count(2).await?;
    browser.kept(2).await?;
    let delete = "await new Promise((done, fail) => { \
        const asked = indexedDB.deleteDatabase('veldpost-oefenen'); \
        asked.onerror = fail; asked.onsuccess = done; })";
    browser.run(delete, json!([])).await?;
    browser
        .see("De gegevens van Veldpost op dit toestel zijn verwijderd.")
        .await?;
    let names = "return (await indexedDB.databases()).map((one) => one.name)";
    assert_eq!(browser.run(names, json!([])).await?, json!([]));
    browser.tap("button", "Probeer opnieuw").await?;
    browser.tap("button", "Terug").await?;
    browser.place("button", "Start tellen").await?;
    browser.quit().await
}

/// A region of one whose database comes back empty: words, another try, and only then the first time again.
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_database_is_not_taken_for_the_first_time() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.set_up_alone(&server).await?;
    let marked = "return await caches.has('veldpost-book')";
    eventually("the mark beside the database", async || {
        let marked = browser.run(marked, json!([])).await?;
        Ok((marked == json!(true)).then_some(()))
    })
    .await?;
    browser.open(&server.url("/notities.html")).await?;
    let delete = "await new Promise((done, fail) => { \
        const asked = indexedDB.deleteDatabase('veldpost'); \
        asked.onerror = fail; asked.onsuccess = done; })";
    browser.run(delete, json!([])).await?;
    for _ in 0..2 {
        browser.open(&server.url("/")).await?;
        browser
            .see("Hier stonden registraties, en nu vindt Veldpost ze niet.")
            .await?;
    }
    browser
        .tap("button", "Begin opnieuw op dit toestel")
        .await?;
    browser.see("Welkom bij Veldpost").await?;
    browser.set_up_alone(&server).await?;
    browser.quit().await
}

/// A flat battery sets a phone's clock to 1999; a wrong finger sets it to 2040.
#[tokio::test(flavor = "multi_thread")]
async fn no_clock_refuses_a_save_or_loses_one() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let mut kept = 0;
    for year in [2040, 1999, 2026] {
        let browser = Browser::start(&profile).await?;
        let shift = format!("Real.UTC({year}, 10, 20, 21, 0) - Real.now()");
        browser.shift_clock(&shift).await?;
        browser.open(&server.url("/oefenen/")).await?;
        let now = browser
            .run("return new Date().getFullYear()", json!([]))
            .await?;
        assert_eq!(now, year, "the clock was not set");
        if kept == 0 {
            browser.begin_round("").await?;
        } else {
            browser.tap("button", "Ga verder met tellen").await?;
        }
        browser.kept(kept).await?;
        browser.count(2).await?;
        browser.kept(kept + 2).await?;
        browser.tap("button", "Meer invullen").await?;
        browser.answer("Wat is het geslacht?", "Man").await?;
        browser
            .answer("Hoe oud is deze persoon?", "27 tot 35")
            .await?;
        browser.answer("Zijn er kinderen bij?", "0").await?;
        browser.tap("button", "Klaar, volgende persoon").await?;
        browser.see("Bewaard. Nu de volgende persoon.").await?;
        kept += 2;
        browser.quit().await?;
    }
    let browser = Browser::start(&profile).await?;
    browser.open(&server.url("/oefenen/")).await?;
    unlock_practice(&browser).await?;
    browser.tap("button", "Mijn registraties").await?;
    // Two taps and a full record each time.
    browser.see("9 registraties").await?;
    browser.quit().await
}

/// One byte of a block turns over: that block is set aside and reported, the rest opens.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_block_is_set_aside_and_reported_and_the_rest_opens() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.practise(&server).await?;
    browser.begin_round("").await?;
    // As many commits as make it worth folding them into a block, and the start of the stream.
    browser.count(33).await?;
    browser.kept(33).await?;
    browser.tap("button", "Terug").await?;
    unlock_practice(&browser).await?;
    eventually("the taps to be folded into a block", async || {
        let (blocks, waiting) = (
            browser.rows(PRACTICE, "blocks").await?,
            browser.rows(PRACTICE, "outbox").await?,
        );
        Ok((blocks.len() == 1 && waiting.is_empty()).then_some(()))
    })
    .await?;
    browser.tap("button", "Vergrendel").await?;
    browser.tap("button", "Ga verder met tellen").await?;
    browser.tap("button", "Kind, 0-17").await?;
    browser.kept(34).await?;
    let block = browser.rows(PRACTICE, "blocks").await?;
    browser.damage(PRACTICE, "blocks").await?;

    browser.open(&server.url("/oefenen/")).await?;
    unlock_practice(&browser).await?;
    browser.tap("button", "Over dit toestel").await?;
    browser.see_fact("Apart gezet, niet te lezen", "33").await?;
    browser.see_fact("Bewaard op dit toestel", "34").await?;
    browser.tap("button", "Terug").await?;
    browser.tap("button", "Mijn registraties").await?;
    browser.see("Kind, 0-17").await?;
    // Set aside, not thrown away: whoever can mend it finds it.
    let aside = browser.rows(PRACTICE, "aside").await?;
    assert_eq!((aside.len(), aside[0].len()), (1, block[0].len()));
    assert!(browser.rows(PRACTICE, "blocks").await?.is_empty());
    // It is told at the next unlock too.
    browser.open(&server.url("/oefenen/")).await?;
    unlock_practice(&browser).await?;
    browser.tap("button", "Over dit toestel").await?;
    browser.see_fact("Apart gezet, niet te lezen", "33").await?;
    browser.quit().await
}

async fn unlock_practice(browser: &Browser) -> Result<()> {
    browser.tap("button", "Ontgrendel om te lezen").await?;
    browser.tap("button", "Ontgrendel").await?;
    browser.place("button", "Vergrendel").await.map(|_| ())
}

/// Three tries cost nothing; each one after waits longer, also over a restart. Counting goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_passphrase_waits_longer_each_time_and_counting_goes_on() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.set_up_alone(&server).await?;
    browser.begin_round("Centrum").await?;
    browser.tap("button", "Terug").await?;
    browser.tap("button", "Ontgrendel om te lezen").await?;
    for _ in 0..2 {
        guess(&browser, "merel zingt vroeg in mei").await?;
        browser
            .see("Deze wachtzin klopt niet. Probeer het nog een keer.")
            .await?;
    }
    guess(&browser, "merel zingt vroeg in mei").await?;
    browser.see("Wacht 2 seconden").await?;
    wrong_after_the_wait(&browser, "Wacht 4 seconden").await?;
    wrong_after_the_wait(&browser, "Wacht 8 seconden").await?;

    // Started anew, the wait is still there, and the right words have to wait too. Time stands still for as long as that is looked at.
    browser
        .set_clock(
            "const begun = Real.now(); window.veldpostStill = true;",
            "window.veldpostStill ? begun : Real.now()",
        )
        .await?;
    browser.open(&server.url("/tellen")).await?;
    browser.tap("button", "Man, 18+").await?;
    browser.kept(1).await?;
    browser.tap("button", "Terug").await?;
    browser.tap("button", "Ontgrendel om te lezen").await?;
    guess(&browser, PASSPHRASE).await?;
    browser.see("Tellen kan intussen gewoon.").await?;
    browser
        .run("window.veldpostStill = false", json!([]))
        .await?;
    eventually("the wait to end", async || {
        guess(&browser, PASSPHRASE).await?;
        Ok(browser.has("button", "Vergrendel").await?.then_some(()))
    })
    .await?;
    browser.quit().await
}

/// One try, until its answer is there.
async fn guess(browser: &Browser, words: &str) -> Result<()> {
    browser.tap("textbox", "Je wachtzin").await?;
    browser.paste(words).await?;
    browser.tap("button", "Ontgrendel").await?;
    eventually("an answer", async || {
        let busy = browser.has("button", "Bezig met ontgrendelen").await?;
        Ok((!busy).then_some(()))
    })
    .await
}

/// Tries wrong words until they are judged again, and then reads how long the next wait is.
async fn wrong_after_the_wait(browser: &Browser, wait: &str) -> Result<()> {
    eventually(wait, async || {
        guess(browser, "merel zingt vroeg in mei").await?;
        let text = browser.text().await?;
        Ok(text.contains(wait).then_some(()))
    })
    .await
    .with_context(|| format!("no {wait}"))
}

/// A browser that is told to store nothing for this site: said in words, before anything is entered.
#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_stores_nothing_is_told_so_before_anything_is_entered() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let folder = profile.path().join("Default");
    std::fs::create_dir_all(&folder)?;
    let blocked = json!({"profile": {"default_content_setting_values": {"cookies": 2}}});
    std::fs::write(folder.join("Preferences"), blocked.to_string())?;
    let browser = Browser::start(&profile).await?;
    browser.open(&server.url("/")).await?;
    browser.see("Deze browser bewaart hier niets.").await?;
    browser
        .see("Er is nog niets ingevuld, dus er is niets kwijt.")
        .await?;
    browser.quit().await
}
