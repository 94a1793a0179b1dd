//! Everything in English, for whoever reads no Dutch: the app, its questionnaire, and what is said aloud.

use anyhow::{Result, bail};
use serde_json::json;
use veldpost_journeys::{
    Browser, Built, Profile, Screen, Server, ServerChoices, Walk, Words, eventually,
};

/// Past the same screens as in Dutch: no Dutch word is left, the page says that it is English, and axe
/// agrees.
#[tokio::test(flavor = "multi_thread")]
async fn every_state_is_in_english() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let demonstration = Server::start_with(ServerChoices {
        demo: true,
        ..ServerChoices::default()
    })?;
    let browser = Browser::start(&profile).await?;
    browser.show_on(Screen::Phone).await?;
    let mut states = 0;
    let mut faults = Vec::new();
    let words = Words::english()?;
    let mut look = async |browser: &Browser, state: &str| {
        states += 1;
        faults.extend(not_english(browser, &words, server.built(), state).await?);
        Ok(())
    };
    browser.practise(&server).await?;
    choose_english(&browser, "veldpost-oefenen").await?;
    let mut walk = Walk::new(&browser, &server, &mut look).in_language(Words::english()?);
    walk.device().await?;
    walk.rounds().await?;
    walk.forms().await?;
    walk.records().await?;
    walk.newer_database().await?;
    drop(walk);
    browser.open(&demonstration.url("/")).await?;
    choose_english(&browser, "veldpost-demo").await?;
    let mut walk = Walk::new(&browser, &demonstration, &mut look).in_language(Words::english()?);
    walk.demonstration().await?;
    drop(walk);
    // Before there is a book, too; and the book remembers.
    browser.open(&server.url("/")).await?;
    browser.answer("Taal", "English").await?;
    browser.place("heading", "Welcome to Veldpost").await?;
    let mut walk = Walk::new(&browser, &server, &mut look).in_language(Words::english()?);
    walk.setting_up_from_welcome().await?;
    drop(walk);
    browser.reload().await?;
    browser.place("heading", "Tables").await?;
    assert!(states > 70, "only {states} states were looked at");
    if !faults.is_empty() {
        faults.sort();
        bail!("{} faults:\n{}", faults.len(), faults.join("\n"));
    }
    browser.quit().await
}

async fn choose_english(browser: &Browser, database: &str) -> Result<()> {
    browser.tap("button", "Instellingen").await?;
    // The first screens of a practice stand before its region is on the disk.
    let book = eventually("a region on the disk", async || {
        let keys = browser.rows(database, "keys").await?;
        Ok((!keys.is_empty()).then_some(()))
    });
    book.await?;
    let before = browser.rows(database, "meta").await?;
    browser.answer("Taal", "English").await?;
    browser.place("heading", "Settings").await?;
    eventually("the language to be on the disk", async || {
        Ok((browser.rows(database, "meta").await? != before).then_some(()))
    })
    .await
}

async fn not_english(
    browser: &Browser,
    words: &Words,
    built: &Built,
    state: &str,
) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    let language = "return document.documentElement.lang";
    if browser.run(language, json!([])).await? != "en" {
        faults.push(format!("{state}: the page does not say that it is English"));
    }
    let texts = browser.texts().await?;
    for text in words.left_in_dutch(&texts) {
        faults.push(format!("{state}: in Dutch: {text}"));
    }
    for found in browser.violations(built).await? {
        faults.push(format!("{state}: {} {:?}", found.rule, found.targets));
    }
    Ok(faults)
}
