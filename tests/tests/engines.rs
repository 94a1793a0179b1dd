//! What other engines lack or do otherwise, made to happen in Chromium: no promise about storage, no idle moments, a page
//! that is kept as it stands when it is left.
//!
//! Deliberately not here: other engines themselves (`docs/operations.md`, *Browsers*).

use anyhow::Result;
use serde_json::json;
use veldpost_journeys::{Browser, Profile, Screen, Server};

/// `WebKitGTK` has none of these.
const WITHOUT: &str = "for (const [owner, name] of [[Navigator.prototype, 'storage'], [window, 'requestIdleCallback'], \
    [window, 'SyncManager'], [window, 'PushManager'], [window, 'scheduler']]) delete owner[name]";

/// Counting, a form and its draft need nothing of what WebKit lacks.
#[tokio::test(flavor = "multi_thread")]
async fn a_browser_without_storage_promises_and_idle_moments_counts_all_the_same() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.show_on(Screen::Phone).await?;
    browser.before_each_page(WITHOUT).await?;
    browser.practise(&server).await?;
    let left = "return navigator.storage === undefined && window.requestIdleCallback === undefined";
    assert_eq!(browser.run(left, json!([])).await?, json!(true));
    browser.begin_round("").await?;
    browser.count(2).await?;
    browser.kept(2).await?;
    browser.reload().await?;
    browser.kept(2).await?;
    browser.tap("button", "Terug").await?;
    browser.tap("button", "Over dit toestel").await?;
    browser.see("Belooft de browser alles te bewaren?").await?;
    // There is nobody to ask.
    let ask = "Vraag de browser om alles te bewaren";
    assert!(!browser.has("button", ask).await?);
    assert_eq!(browser.console_errors().await?, Vec::<String>::new());
    browser.quit().await
}

/// WebKit keeps a page that is left, with a write that never ends: whoever opened the app again saw nothing but its start.
/// A page that is left writes nothing any more.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_the_browser_keeps_when_it_is_left_lets_go_of_the_database() -> Result<()> {
    const LEFT: &str =
        "dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })); return null";
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.show_on(Screen::Phone).await?;
    browser.practise(&server).await?;
    browser.begin_round("").await?;
    browser.count(2).await?;
    browser.kept(2).await?;
    browser.run(LEFT, json!([])).await?;
    browser.tap("button", "Kind, 0-17").await?;
    browser.see("Die tik is niet bewaard.").await?;
    browser.reload().await?;
    browser.kept(2).await?;
    browser.quit().await
}

/// Whatever holds the database: a start that waits for it says so, and goes on once it is free.
#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_waits_for_the_database_says_so() -> Result<()> {
    const HOLD: &str = "const asked = indexedDB.open('veldpost-oefenen'); \
        await new Promise((there) => { asked.onsuccess = there; }); \
        const stores = [...asked.result.objectStoreNames]; \
        const held = asked.result.transaction(stores, 'readwrite'); \
        const on = () => { held.objectStore(stores[0]).count().onsuccess = on; }; on(); return null";
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.practise(&server).await?;
    browser.begin_round("").await?;
    browser.count(2).await?;
    browser.kept(2).await?;
    let first = browser.driver.window().await?;
    browser.open(&server.url("/notities.html")).await?;
    browser.run(HOLD, json!([])).await?;
    let second = browser.driver.new_tab().await?;
    browser.driver.switch_to_window(second).await?;
    browser.open(&server.url("/oefenen/tellen")).await?;
    browser
        .see("Sluit de andere vensters van Veldpost en probeer het opnieuw.")
        .await?;
    browser.driver.switch_to_window(first).await?;
    browser.open("about:blank").await?;
    let windows = browser.driver.windows().await?;
    if let Some(last) = windows.last() {
        browser.driver.switch_to_window(last.clone()).await?;
    }
    browser.tap("button", "Probeer opnieuw").await?;
    browser.kept(2).await?;
    browser.quit().await
}
