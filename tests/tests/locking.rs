//! When the app locks by itself: out of sight, untouched; what is said before, and what becomes of an open form.
//!
//! Deliberately not here: what locking leaves in the memory and on the disk (`secrecy`).

use anyhow::{Result, ensure};
use serde_json::json;
use veldpost_journeys::{Browser, PASSPHRASE, Profile, Server, eventually_within};

const UNLOCK: &str = "Ontgrendel om te lezen";
const SOON: &str = "De app gaat over 20 seconden op slot.";
const STAY: &str = "Blijf bezig";

/// A clock that moves when it is told to, and a page that is out of sight when it is told to.
const HANDS: &str = "{ const Real = Date; let shift = 0, hidden = false; \
    window.Date = class extends Real { \
      constructor(...given) { if (given.length) super(...given); else super(Real.now() + shift); } \
      static now() { return Real.now() + shift; } }; \
    Object.defineProperty(Document.prototype, 'hidden', {configurable: true, get: () => hidden}); \
    window.veldpostLater = (seconds) => { shift += seconds * 1000; }; \
    window.veldpostHide = (yes) => { hidden = yes; document.dispatchEvent(new Event('visibilitychange')); }; }";

async fn alone(profile: &Profile, server: &Server) -> Result<Browser> {
    let browser = Browser::start(profile).await?;
    browser.before_each_page(HANDS).await?;
    browser.set_up_alone(server).await?;
    Ok(browser)
}

async fn later(browser: &Browser, seconds: u32) -> Result<()> {
    let script = "veldpostLater(arguments[0])";
    browser.run(script, json!([seconds])).await.map(|_| ())
}

/// Put away for so many seconds, as a phone does it: meanwhile no timer of the page runs.
async fn put_away(browser: &Browser, seconds: u32) -> Result<()> {
    let script = "veldpostHide(true); veldpostLater(arguments[0]); veldpostHide(false)";
    browser.run(script, json!([seconds])).await.map(|_| ())
}

/// Once the app has looked: it looks each 5 seconds.
async fn soon(browser: &Browser, what: &str, there: bool) -> Result<()> {
    let patience = std::time::Duration::from_secs(20);
    eventually_within(patience, what, async || {
        Ok((browser.has("button", what).await? == there).then_some(()))
    })
    .await
}

/// A phone that comes out of a pocket after a minute and a half shows nothing; in a round it may take five minutes.
#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_was_put_away_comes_back_locked() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = alone(&profile, &server).await?;
    browser.unlock_alone().await?;
    put_away(&browser, 20).await?;
    ensure!(browser.has("button", "Vergrendel").await?, "20 s is little");
    put_away(&browser, 90).await?;
    browser.place("button", UNLOCK).await?;

    browser.begin_round("Centrum").await?;
    // A save is said for some seconds; then it can be seen again that this is locked.
    browser.count(1).await?;
    browser.see("Bewaard op dit toestel,").await?;
    browser.see("Vergrendeld. Tellen kan gewoon.").await?;
    browser.tap("button", "Terug").await?;
    browser.unlock_alone().await?;
    // It looks at once, as the others do by which it locks.
    put_away(&browser, 90).await?;
    ensure!(browser.has("button", "Vergrendel").await?, "in a round");
    put_away(&browser, 5 * 60).await?;
    browser.place("button", UNLOCK).await?;
    browser.quit().await
}

/// Untouched: shown and said in time, with a button that keeps it open; then it locks.
#[tokio::test(flavor = "multi_thread")]
async fn an_idle_app_says_that_it_locks_and_locks() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = alone(&profile, &server).await?;
    browser.unlock_alone().await?;
    later(&browser, 100).await?;
    soon(&browser, STAY, true).await?;
    browser.see(SOON).await?;
    browser.hear(SOON).await?;
    browser.tap("button", STAY).await?;
    soon(&browser, STAY, false).await?;
    // Without that button it were untouched for too long by now. Being seen again makes it look at once.
    later(&browser, 60).await?;
    put_away(&browser, 0).await?;
    ensure!(
        browser.has("button", "Vergrendel").await?,
        "it was kept open"
    );

    later(&browser, 41).await?;
    soon(&browser, STAY, true).await?;
    later(&browser, 30).await?;
    soon(&browser, UNLOCK, true).await?;
    ensure!(
        !browser.has("button", STAY).await?,
        "there is nothing to keep open"
    );

    // A device that slept: the touch that wakes it comes before any timer.
    browser.unlock_alone().await?;
    later(&browser, 10 * 60).await?;
    let touch = "dispatchEvent(new PointerEvent('pointerdown', {bubbles: true}))";
    browser.run(touch, json!([])).await?;
    browser.place("button", UNLOCK).await?;
    browser.quit().await
}

/// A form that is open when it locks waits as a draft, with all that was typed.
#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_open_when_it_locks_waits_as_a_draft() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = alone(&profile, &server).await?;
    browser.unlock_alone().await?;
    browser.tap("button", "Nieuwe registratie").await?;
    let (question, choice) = ("Waar slaapt deze persoon?", "Bij familie of vrienden");
    browser.answer(question, choice).await?;
    put_away(&browser, 90).await?;
    browser.see("Je was nog bezig").await?;
    browser.see("Er is geen registratie open.").await?;
    browser.tap("button", "Ga verder").await?;
    browser.see("Waar sliep deze persoon?").await?;
    ensure!(browser.answered(question, choice).await?, "it is gone");
    browser.quit().await
}

/// A form of a tap that is closed by then is not begun anew by *Meer invullen*, which would make two persons of one: it asks for the
/// passphrase, and the form is gone on with.
#[tokio::test(flavor = "multi_thread")]
async fn a_closed_form_of_a_tap_is_gone_on_with_once_unlocked() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = alone(&profile, &server).await?;
    browser.begin_round("Centrum").await?;
    browser.tap("button", "Man, 18+").await?;
    browser.tap("button", "Meer invullen").await?;
    let (question, choice) = ("Hoe oud is deze persoon?", "27 tot 35");
    browser.answer(question, choice).await?;
    browser.tap("button", "Terug").await?;
    browser.place("button", "Man, 18+ 1").await?;
    later(&browser, 3_700).await?;
    browser.tap("button", "Meer invullen").await?;
    browser.fill("Je wachtzin", PASSPHRASE).await?;
    browser.tap("button", "Ontgrendel").await?;
    browser.tap("button", "Meer invullen").await?;
    browser.see(question).await?;
    ensure!(browser.answered(question, choice).await?, "it is gone");
    browser.answer("Wat is het geslacht?", "Man").await?;
    browser.answer("Zijn er kinderen bij?", "0").await?;
    browser.tap("button", "Klaar, volgende persoon").await?;
    browser.see("Bewaard. Nu de volgende persoon.").await?;
    browser.tap("button", "Terug").await?;
    browser.tap("button", "Stop ronde").await?;
    browser.see("Totaal\n1").await?;
    browser.quit().await
}

/// What a phone that nobody unlocked wrote since it started can be read on it until the lock times are over, and no longer. A form
/// that is being filled in stays: its draft opens without the passphrase as well.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_locked_phone_wrote_is_forgotten_in_time() -> Result<()> {
    const MINE: &str = "Mijn registraties";
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = alone(&profile, &server).await?;
    browser.tap("button", "Snel toevoegen").await?;
    browser.add_quickly().await?;
    browser.tap("button", "Terug").await?;
    browser.tap("button", MINE).await?;
    browser.see("buiten").await?;
    put_away(&browser, 20).await?;
    ensure!(browser.text().await?.contains("buiten"), "20 s is little");
    put_away(&browser, 40).await?;
    browser.see_no_more("buiten").await?;
    browser.see("Persoon").await?;

    browser.tap("button", "Terug").await?;
    browser.tap("button", "Snel toevoegen").await?;
    browser.add_quickly().await?;
    browser.tap("button", "Terug").await?;
    browser.tap("button", "Nieuwe registratie").await?;
    let (question, choice) = ("Waar slaapt deze persoon?", "Bij familie of vrienden");
    browser.answer(question, choice).await?;
    put_away(&browser, 90).await?;
    ensure!(browser.answered(question, choice).await?, "it is gone");
    browser.tap("button", "Terug").await?;
    browser.tap("button", MINE).await?;
    browser.see("Persoon").await?;
    ensure!(!browser.text().await?.contains("buiten"), "it can be read");
    browser.quit().await
}
