//! States whose words must be true: practice says so everywhere, nobody is an answer, the list shows what was asked
//! for, and the device tells how much it keeps.

use anyhow::{Context as _, Result};
use serde_json::json;
use veldpost_journeys::{Browser, Profile, Screen, Server, Walk, eventually};

const BANNER: &str = "Oefenen. Wat je hier invult, telt nergens mee.";

/// Every state of rounds, questionnaires and the list, and what the first screen leads to besides.
#[tokio::test(flavor = "multi_thread")]
async fn practice_says_on_each_of_its_screens_that_nothing_counts() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.show_on(Screen::Phone).await?;
    browser.set_up_alone(&server).await?;
    assert_eq!(banner(&browser).await?, "", "what is real says practice");

    let mut states = 0;
    let mut silent = Vec::new();
    let look = async |browser: &Browser, state: &str| {
        states += 1;
        if banner(browser).await? != BANNER {
            silent.push(state.to_owned());
        }
        Ok(())
    };
    let mut walk = Walk::new(&browser, &server, look);
    walk.rounds().await?;
    walk.forms().await?;
    walk.records().await?;
    drop(walk);
    for (row, heading) in [
        ("Over dit toestel", "Over dit toestel"),
        ("Instellingen", "Instellingen"),
        ("Hulp", "Hulp"),
        ("Turflijst op papier", "Turflijst"),
    ] {
        browser.tap("button", row).await?;
        browser.place("heading", heading).await?;
        states += 1;
        if banner(&browser).await? != BANNER {
            silent.push(row.to_owned());
        }
        browser.tap("button", "Terug").await?;
    }
    assert!(silent.is_empty(), "nothing says practice at {silent:?}");
    assert!(states > 40, "only {states} states");
    browser.quit().await
}

/// What the page says on top, where it can be seen.
async fn banner(browser: &Browser) -> Result<String> {
    let script = "const banner = document.querySelector('header .practice'); \
        const seen = banner?.checkVisibility({opacityProperty: true, visibilityProperty: true}); \
        return seen && banner.getBoundingClientRect().height > 0 ? banner.innerText.trim() : ''";
    let words = browser.run(script, json!([])).await?;
    Ok(words.as_str().unwrap_or_default().to_owned())
}

/// Nobody there is an answer that stands in the list; not having looked is a round without anybody.
#[tokio::test(flavor = "multi_thread")]
async fn a_round_with_nobody_is_an_answer_once_somebody_says_so() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.show_on(Screen::Phone).await?;
    browser.set_up_alone(&server).await?;
    stop_empty(&browser, "Ja, hier was niemand").await?;
    browser.unlock_alone().await?;
    browser.tap("button", "Mijn registraties").await?;
    browser.see("1 registratie").await?;
    browser.see("0 geteld").await?;
    assert!(!browser.text().await?.contains("Ronde, 0 geteld"));
    browser.tap("button", "Terug").await?;

    stop_empty(&browser, "Nee, er is niet goed gekeken").await?;
    browser.tap("button", "Mijn registraties").await?;
    browser.see("2 registraties").await?;
    browser.see("Ronde, 0 geteld").await?;
    let text = browser.text().await?;
    assert_eq!(text.matches("0 geteld").count(), 2, "{text}");
    browser.tap("button", "Terug").await?;
    browser.tap("button", "Tabellen").await?;
    browser.see_fact("formulieren", "0").await?;
    browser.see_fact("alleen gezien", "0").await?;
    browser.quit().await
}

/// A round that is stopped with nobody in it; without an answer it is not.
async fn stop_empty(browser: &Browser, answer: &str) -> Result<()> {
    browser.begin_round("Centrum").await?;
    browser.tap("button", "Stop ronde").await?;
    browser.tap("button", "Stop de ronde").await?;
    browser.see("Kies ja of nee: er is niemand geteld.").await?;
    browser.tap("radio", answer).await?;
    browser.tap("button", "Stop de ronde").await?;
    browser
        .hear("De ronde is gestopt en bewaard op dit toestel.")
        .await?;
    browser.place("button", "Start tellen").await.map(|_| ())
}

/// Fifty at a time; a person of two nights ago and the taps of this night, told apart by kind and by night.
#[tokio::test(flavor = "multi_thread")]
async fn the_list_turns_its_pages_and_shows_what_was_asked_for() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.before_each_page(TWO_DAYS_AGO).await?;
    browser.practise(&server).await?;
    browser.tap("button", "Snel toevoegen").await?;
    browser.add_quickly().await?;
    browser.quit().await?;

    let browser = Browser::start(&profile).await?;
    browser.show_on(Screen::Phone).await?;
    browser.practise(&server).await?;
    browser.begin_round("Centrum").await?;
    browser.count(51).await?;
    browser.kept(51).await?;
    browser.tap("button", "Terug").await?;
    browser.tap("button", "Mijn registraties").await?;

    let first = "1 tot en met 50 van 52 registraties";
    shows(&browser, first, 50).await?;
    assert!(!browser.has("button", "Nieuwere").await?);
    browser.tap("button", "Oudere").await?;
    shows(&browser, "51 tot en met 52 van 52 registraties", 2).await?;
    let focused = "return document.activeElement.id";
    assert_eq!(browser.run(focused, json!([])).await?, "summary");
    assert!(!browser.has("button", "Oudere").await?);
    browser.tap("button", "Nieuwere").await?;
    shows(&browser, first, 50).await?;

    // Another question begins at its first page.
    browser.tap("button", "Oudere").await?;
    choose(&browser, "Soort", "Alleen geteld").await?;
    shows(&browser, "1 tot en met 50 van 51 registraties", 50).await?;
    choose(&browser, "Soort", "Personen").await?;
    shows(&browser, "1 registratie", 1).await?;
    choose(&browser, "Wanneer", "Vannacht").await?;
    shows(&browser, "Er is niets dat hierbij past.", 0).await?;
    choose(&browser, "Soort", "Alle soorten").await?;
    shows(&browser, "1 tot en met 50 van 51 registraties", 50).await?;
    choose(&browser, "Soort", "Rondes").await?;
    shows(&browser, "Er is niets dat hierbij past.", 0).await?;
    choose(&browser, "Soort", "Alle soorten").await?;
    choose(&browser, "Wanneer", "Alles").await?;
    shows(&browser, first, 50).await?;
    browser.quit().await
}

const TWO_DAYS_AGO: &str = "{ const Real = Date; const shift = -2 * 86400000; \
    window.Date = class extends Real { \
      constructor(...given) { if (given.length) super(...given); else super(Real.now() + shift); } \
      static now() { return Real.now() + shift; } }; }";

/// Waits for these words above the list, with that many rows in it.
async fn shows(browser: &Browser, summary: &str, rows: u64) -> Result<()> {
    let script = "return [document.querySelector('#summary')?.innerText.trim(), \
        document.querySelectorAll('main .rows .row').length]";
    let wanted = json!([summary, rows]);
    let seen = eventually(summary, async || {
        Ok((browser.run(script, json!([])).await? == wanted).then_some(()))
    });
    let seen = seen.await;
    seen.with_context(|| format!("{rows} rows are wanted"))
}

/// The list of a closed choice is drawn by the system, where no tap of a journey gets: its value changes as by a key.
async fn choose(browser: &Browser, field: &str, option: &str) -> Result<()> {
    let script = "const label = [...document.querySelectorAll('label')]\
        .find((one) => one.textContent.trim() === arguments[0]); \
        const chosen = [...label.control.options].find((one) => one.text.trim() === arguments[1]); \
        label.control.value = chosen.value; \
        label.control.dispatchEvent(new Event('change', {bubbles: true}))";
    let chosen = browser.run(script, json!([field, option])).await;
    chosen.map(|_| ())
}

/// The numbers of *Over dit toestel*: what is kept, and what waits until the device is unlocked.
#[tokio::test(flavor = "multi_thread")]
async fn the_device_tells_how_much_it_keeps_and_how_much_waits() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.show_on(Screen::Phone).await?;
    browser.set_up_alone(&server).await?;
    numbers(&browser, 0, 0).await?;
    browser.begin_round("Centrum").await?;
    browser.count(3).await?;
    browser.kept(3).await?;
    browser.tap("button", "Terug").await?;
    numbers(&browser, 3, 3).await?;

    // A tap that is taken back stays, withdrawn.
    browser.tap("button", "Ga verder met tellen").await?;
    browser.tap("button", "Maak ongedaan").await?;
    browser.kept(2).await?;
    browser.count(30).await?;
    browser.kept(32).await?;
    browser.tap("button", "Terug").await?;
    numbers(&browser, 33, 34).await?;

    browser.unlock_alone().await?;
    numbers(&browser, 33, 0).await?;
    browser.quit().await
}

/// Waits for these numbers on *Over dit toestel*, and goes back.
async fn numbers(browser: &Browser, kept: u64, waits: u64) -> Result<()> {
    browser.tap("button", "Over dit toestel").await?;
    browser
        .see_fact("Bewaard op dit toestel", &kept.to_string())
        .await?;
    browser
        .see_fact("Wacht om verwerkt te worden", &waits.to_string())
        .await?;
    browser.tap("button", "Terug").await
}
