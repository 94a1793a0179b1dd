//! A device without room: it is said, nothing that is on the disk is lost, and what was typed waits until there is room.
//!
//! Deliberately not here: other bad luck with the database (`trouble`).

use anyhow::{Context as _, Result};
use serde_json::json;
use veldpost_journeys::{Browser, Inspection, Profile, Screen, Server, eventually};

/// Full: the number on the tile goes back and this is said; a form stays; room again, and it is kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_device_takes_the_tap_back_and_keeps_the_form_open() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = nearly_full(&server, &profile).await?;
    count_until_full(&browser).await?;
    browser
        .hear("Bewaren is niet gelukt: het geheugen van dit toestel is vol.")
        .await?;
    browser.hear("Wat eerder bewaard is, is veilig.").await?;
    let mut inspection = Inspection::new(server.built());
    inspection.look(&browser, "tally without room").await?;
    inspection.verdict()?;
    browser.show_on(Screen::Phone).await?;
    browser.text_size(100).await?;
    // The number on the screen is the number on the disk, and the same one after a new start.
    let kept = browser.committed().await?;
    assert_eq!(shown_total(&browser).await?, kept);
    // The one before is somebody else: neither a reason nor taking back is meant for that one.
    let nobody = "Die tik was niet bewaard. Er is niemand veranderd.";
    browser.tap("button", "Slaapt").await?;
    browser.see(nobody).await?;
    browser.tap("button", "Kind, 0-17").await?;
    browser.see("Die tik is niet bewaard.").await?;
    browser.tap("button", "Maak ongedaan").await?;
    browser.see(nobody).await?;
    assert_eq!(browser.committed().await?, kept);
    browser.leave_room(&server.url(""), 1).await?;
    browser.tap("button", "Gelezen").await?;

    browser.tap("button", "Meer invullen").await?;
    browser.answer("Wat is het geslacht?", "Vrouw").await?;
    browser.see("Bewaren is niet gelukt").await?;
    browser
        .answer("Hoe oud is deze persoon?", "27 tot 35")
        .await?;
    browser.answer("Zijn er kinderen bij?", "0").await?;
    browser.tap("button", "Klaar, volgende persoon").await?;
    browser.see("Bewaren is niet gelukt").await?;
    assert!(browser.answered("Wat is het geslacht?", "Vrouw").await?);

    room_again(&server, &browser).await?;
    browser.tap("button", "Klaar, volgende persoon").await?;
    browser.see("Bewaard. Nu de volgende persoon.").await?;
    browser.open(&server.url("/oefenen/tellen")).await?;
    // "Meer invullen" made the newest tap a full record: one person still.
    browser.kept(kept).await?;
    browser.quit().await
}

/// There is room again and the next one is kept: that somebody was not counted is said until it was read.
#[tokio::test(flavor = "multi_thread")]
async fn that_a_tap_was_not_saved_is_said_until_it_was_read() -> Result<()> {
    const TOLD: &str = "Bewaren is niet gelukt";
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = nearly_full(&server, &profile).await?;
    count_until_full(&browser).await?;
    let kept = browser.committed().await?;
    room_again(&server, &browser).await?;
    browser.tap("button", "Kind, 0-17").await?;
    browser.kept(kept + 1).await?;
    browser.see(TOLD).await?;
    browser.tap("button", "Gelezen").await?;
    browser.see_no_more(TOLD).await?;
    browser.tap("button", "Maak ongedaan").await?;
    browser.kept(kept).await?;
    browser.quit().await
}

/// A remark that was refused is typed once: it is there when the screen is opened again, and kept once there is room.
#[tokio::test(flavor = "multi_thread")]
async fn a_remark_for_which_there_is_no_room_is_not_lost() -> Result<()> {
    const REMARK: &str = "return document.querySelector('#remark')?.value ?? null";
    const COUNT_TRIES: &str = "window.veldpostTries = 0; const begin = IDBDatabase.prototype.transaction; \
        IDBDatabase.prototype.transaction = function (stores, mode, ...rest) { \
          const transaction = begin.call(this, stores, mode, ...rest); \
          if (mode === 'readwrite' && transaction.objectStoreNames.contains('round')) window.veldpostTries += 1; \
          return transaction; }";
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = full(&server, &profile).await?;
    browser.run(COUNT_TRIES, json!([])).await?;
    browser.tap("button", "Stop ronde").await?;
    browser.fill("Opmerking", "veel wind").await?;
    browser.place("button", "Gelezen").await?;
    // It tries again by itself, and that does not count as saved.
    eventually(
        "a third try, which begins once the second ended",
        async || {
            let tries = browser
                .run("return window.veldpostTries", json!([]))
                .await?;
            Ok((tries.as_u64() >= Some(3)).then_some(()))
        },
    )
    .await?;
    assert!(browser.has("button", "Gelezen").await?, "it is said still");
    browser.tap("button", "Terug").await?;
    browser.tap("button", "Stop ronde").await?;
    assert_eq!(browser.run(REMARK, json!([])).await?, "veel wind");
    room_again(&server, &browser).await?;
    browser.tap("button", "Terug").await?;
    browser.see("Bewaard op dit toestel,").await?;
    browser.open(&server.url("/oefenen/tellen")).await?;
    browser.tap("button", "Stop ronde").await?;
    browser.place("textbox", "Opmerking").await?;
    assert_eq!(browser.run(REMARK, json!([])).await?, "veel wind");
    browser.quit().await
}

/// A place that was not saved is not the place: the screen on which it is chosen stays, so that nobody is tapped elsewhere than it says.
#[tokio::test(flavor = "multi_thread")]
async fn a_place_for_which_there_is_no_room_stays_on_its_screen() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = full(&server, &profile).await?;
    browser.tap("button", "Wijzig").await?;
    browser.tap("radio", "In de noodopvang").await?;
    browser.tap("button", "Klaar").await?;
    browser.place("button", "Gelezen").await?;
    browser.place("radio", "In de noodopvang").await?;
    assert!(!browser.has("button", "Man, 18+").await?);
    room_again(&server, &browser).await?;
    browser.tap("button", "Klaar").await?;
    browser.place("button", "Man, 18+").await?;
    browser.see("noodopvang").await?;
    browser.quit().await
}

/// A form that is left while there is no room comes back with what was typed, and is kept once there is.
#[tokio::test(flavor = "multi_thread")]
async fn a_form_for_which_there_is_no_room_is_not_lost_when_it_is_left() -> Result<()> {
    const GENDER: &str = "Wat is het geslacht?";
    const IN_MEMORY: &str = "Nog niet bewaard. Sluit de app niet.";
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = full(&server, &profile).await?;
    browser.tap("button", "Meer invullen").await?;
    browser.answer(GENDER, "Vrouw").await?;
    browser.place("button", "Gelezen").await?;
    for _ in 0..2 {
        browser.back_to_start().await?;
        browser.place("heading", "Je was nog bezig").await?;
        browser.see(IN_MEMORY).await?;
        browser.tap("button", "Ga verder").await?;
        // It comes back on the page on which it was left, the first.
        browser.tap("button", "Volgende").await?;
        browser.place("radio", "Vrouw").await?;
        assert!(browser.answered(GENDER, "Vrouw").await?);
    }
    browser.back_to_start().await?;
    browser.tap("button", "Gelezen").await?;
    browser.see(IN_MEMORY).await?;
    assert!(!browser.text().await?.contains("Bewaard op dit toestel"));
    room_again(&server, &browser).await?;
    browser.see_no_more(IN_MEMORY).await?;
    eventually("the draft to be on the disk", async || {
        let drafts = browser.rows("veldpost-oefenen", "drafts").await?;
        Ok((!drafts.is_empty()).then_some(()))
    })
    .await?;
    browser.open(&server.url("/oefenen/")).await?;
    browser.tap("button", "Ga verder").await?;
    // It comes back on the page on which it was left, the first.
    browser.tap("button", "Volgende").await?;
    browser.place("radio", "Vrouw").await?;
    assert!(browser.answered(GENDER, "Vrouw").await?);
    browser.quit().await
}

/// A round with two people, on a device that has room for some taps more.
async fn nearly_full(server: &Server, profile: &Profile) -> Result<Browser> {
    let browser = Browser::start(profile).await?;
    browser.practise(server).await?;
    browser.begin_round("").await?;
    browser.count(2).await?;
    browser.kept(2).await?;
    browser.worker_complete().await?;
    browser.quit().await?;

    let browser = Browser::start(profile).await?;
    // On a second visit the browser keeps what it made of the app's code, and that takes room too.
    browser.open(&server.url("/oefenen/tellen")).await?;
    browser.kept(2).await?;
    browser.quit().await?;

    // The browser reckons with what it knew of the room, so it is told before it opens the database.
    let browser = Browser::start(profile).await?;
    browser.open(&server.url("/notities.html")).await?;
    let used = "return (await navigator.storage.estimate()).usage";
    let used = browser
        .run(used, json!([]))
        .await?
        .as_u64()
        .context("no usage")?;
    browser.leave_room(&server.url(""), used + ROOM).await?;
    browser.open(&server.url("/oefenen/tellen")).await?;
    browser.kept(2).await?;
    Ok(browser)
}

/// The same, once there is no room at all and that was read.
async fn full(server: &Server, profile: &Profile) -> Result<Browser> {
    let browser = nearly_full(server, profile).await?;
    count_until_full(&browser).await?;
    browser.leave_room(&server.url(""), 1).await?;
    browser.tap("button", "Gelezen").await?;
    eventually("what was read to go", async || {
        Ok((!browser.has("button", "Gelezen").await?).then_some(()))
    })
    .await?;
    Ok(browser)
}

async fn room_again(server: &Server, browser: &Browser) -> Result<()> {
    let all = json!({"origin": server.url("")});
    browser
        .devtools("Storage.overrideQuotaForOrigin", all)
        .await?;
    Ok(())
}

/// Enough to open the database and for some taps, little enough to be full soon.
const ROOM: u64 = 60_000;

async fn count_until_full(browser: &Browser) -> Result<()> {
    for number in 0..400 {
        let before = browser.committed().await?;
        browser
            .tap("button", ["Man, 18+", "Vrouw, 18+"][number % 2])
            .await?;
        let full = eventually("the tap to be saved, or not", async || {
            let refused = browser.text().await?.contains("Die tik is niet bewaard.");
            Ok((refused || browser.committed().await? > before).then_some(refused))
        });
        if full.await? {
            return Ok(());
        }
    }
    anyhow::bail!("400 taps found room")
}

/// The large number, as it is read.
async fn shown_total(browser: &Browser) -> Result<u64> {
    let text = browser.text().await?;
    let before = text.split("personen geteld").next().context("no total")?;
    Ok(before
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .context("no number")?
        .trim()
        .parse()?)
}
