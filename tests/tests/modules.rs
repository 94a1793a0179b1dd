//! The app comes in two modules: the second waits for the first screen, and on a device with a book no tap ever waits for the second.

use anyhow::{Context as _, Result};
use serde_json::json;
use veldpost_journeys::{Browser, Profile, Server, ServerChoices, eventually};

/// The second module, whatever its content's hash.
const SECOND: &str = "/later-";

/// Fetched when the first screen stands and not before; from the second visit on it is on the device.
#[tokio::test(flavor = "multi_thread")]
async fn the_second_module_waits_for_the_first_screen_and_then_works_offline() -> Result<()> {
    let (mut server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.before_each_page(NOTE_FIRST_SCREEN).await?;
    browser.practise(&server).await?;
    let stands = browser
        .run("return window.veldpostStands", json!([]))
        .await?
        .as_f64()
        .context("the first screen was not noted")?;
    let requested = eventually("the second module", async || requested(&browser).await).await?;
    assert!(
        requested >= stands,
        "requested after {requested} ms, but the first screen stood after {stands} ms"
    );
    let page = "return await (await fetch(location.href)).text()";
    let page = browser.run(page, json!([])).await?;
    assert!(!page.as_str().context("no page")?.contains(SECOND));

    browser.worker_complete().await?;
    server.stop().await?;
    browser.reload().await?;
    browser.tap("button", "Instellingen").await?;
    browser.place("heading", "Instellingen").await?;
    browser.focus_on("Instellingen").await?;
    assert!(!browser.reaches_server().await?);
    browser.quit().await
}

/// Refused once there is a book: words and a way on, the count is not held up, and nothing needs to be loaded anew.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_second_module_counting_goes_on_and_a_retry_brings_it() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.practise(&server).await?;
    browser.begin_round("").await?;
    browser.count(1).await?;
    browser.kept(1).await?;
    refuse(&browser, &["*/later-*.wasm"]).await?;
    browser.reload().await?;
    browser.tap("button", "Terug").await?;
    browser.tap("button", "Instellingen").await?;
    browser.see("Dit deel van Veldpost is er nog niet").await?;
    browser.see("Wat bewaard is, is veilig.").await?;
    browser
        .focus_on("Dit deel van Veldpost is er nog niet")
        .await?;
    browser.place("button", "Verberg").await?;
    assert_eq!(browser.violations(server.built()).await?, []);
    browser.tap("button", "Probeer opnieuw").await?;
    browser
        .focus_on("Dit deel van Veldpost is er nog niet")
        .await?;

    browser.tap("button", "Terug").await?;
    browser.tap("button", "Ga verder met tellen").await?;
    browser.count(2).await?;
    browser.kept(3).await?;
    browser.tap("button", "Terug").await?;
    browser.tap("button", "Instellingen").await?;
    browser.see("Dit deel van Veldpost is er nog niet").await?;

    refuse(&browser, &[]).await?;
    browser.tap("button", "Probeer opnieuw").await?;
    browser.focus_on("Instellingen").await?;
    browser.tap("button", "Terug").await?;
    browser.tap("button", "Ga verder met tellen").await?;
    browser.kept(3).await?;
    browser.quit().await
}

/// Practice is founded by the second module: without it nothing is counted that would not be kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_first_practice_without_the_second_module_says_so_and_begins_after_a_retry() -> Result<()>
{
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    refuse(&browser, &["*/later-*.wasm"]).await?;
    browser.open(&server.url("/oefenen/")).await?;
    browser
        .see("Een deel van Veldpost is niet opgehaald.")
        .await?;
    browser.see("Er is niets kwijt.").await?;

    refuse(&browser, &[]).await?;
    browser.tap("button", "Probeer opnieuw").await?;
    browser.begin_round("").await?;
    browser.count(2).await?;
    browser.kept(2).await?;
    browser.quit().await
}

/// A demonstration gets its people from the second module: without it nothing is founded that would stay empty.
#[tokio::test(flavor = "multi_thread")]
async fn a_demonstration_without_the_second_module_writes_nothing_and_begins_after_a_retry()
-> Result<()> {
    let demo = ServerChoices {
        demo: true,
        ..ServerChoices::default()
    };
    let (server, profile) = (Server::start_with(demo)?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    refuse(&browser, &["*/later-*.wasm"]).await?;
    browser.open(&server.url("/")).await?;
    browser
        .see("Een deel van Veldpost is niet opgehaald.")
        .await?;
    browser.see("Er is niets kwijt.").await?;
    for store in ["outbox", "keys"] {
        assert!(browser.rows("veldpost-demo", store).await?.is_empty());
    }

    refuse(&browser, &[]).await?;
    browser.tap("button", "Probeer opnieuw").await?;
    browser.tap("button", "Tabellen").await?;
    browser.see("Tabel 1").await?;
    browser.quit().await
}

/// When the second module was asked for, in milliseconds of the page; none: not yet.
async fn requested(browser: &Browser) -> Result<Option<f64>> {
    let script = "return performance.getEntriesByType('resource')\
        .find((one) => one.name.includes(arguments[0]))?.startTime ?? null";
    Ok(browser.run(script, json!([SECOND])).await?.as_f64())
}

/// The network gives the page nothing at these addresses; the worker's own requests are not the page's.
async fn refuse(browser: &Browser, addresses: &[&str]) -> Result<()> {
    browser.devtools("Network.enable", json!({})).await?;
    browser
        .devtools("Network.setBlockedURLs", json!({ "urls": addresses }))
        .await
        .map(|_| ())
}

/// The first screen stands as soon as there is something to tap.
const NOTE_FIRST_SCREEN: &str = "new MutationObserver((_, observer) => { \
      if (!document.querySelector('button')) return; \
      window.veldpostStands = performance.now(); observer.disconnect(); \
    }).observe(document, {childList: true, subtree: true})";
