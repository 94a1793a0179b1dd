//! Two windows, one writer: taking over is safe, and the one that was left says so.

use anyhow::Result;
use serde_json::json;
use thirtyfour::WindowHandle;
use veldpost_journeys::{Browser, Profile, Server};

const ELSEWHERE: &str = "Veldpost staat ook open in een ander venster.";

/// *Ga hier verder*, there and back, with a tap that was not committed yet.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_window_takes_over_and_no_tap_is_lost() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.practise(&server).await?;
    browser.begin_round("").await?;
    let first = browser.driver.window().await?;
    let second = another(&browser).await?;
    browser.open(&server.url("/oefenen/tellen")).await?;
    browser.see(ELSEWHERE).await?;

    show(&browser, &first).await?;
    browser.count(5).await?;
    show(&browser, &second).await?;
    browser.tap("button", "Ga hier verder").await?;
    browser.kept(5).await?;
    browser.count(2).await?;
    browser.kept(7).await?;

    show(&browser, &first).await?;
    browser.see(ELSEWHERE).await?;
    assert!(!browser.has("button", "Man, 18+").await?);
    browser.tap("button", "Ga hier verder").await?;
    browser.kept(7).await?;
    browser.tap("button", "Kind, 0-17").await?;
    browser.kept(8).await?;
    show(&browser, &second).await?;
    browser.see(ELSEWHERE).await?;
    browser.quit().await
}

/// A page that is loaded anew asks for the lock before the page of before, which is on its way out, has let go.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_still_holds_the_lock_for_a_moment_is_no_other_window() -> Result<()> {
    // The page of before lets go once the new one was refused, which asks again when it has: how long either takes makes no
    // difference.
    const UNTIL_THE_OTHER_IS_REFUSED: &str = "const channel = new BroadcastChannel('lock'); \
        const refused = new Promise((done) => (channel.onmessage = done)); \
        navigator.locks.request('veldpost-oefenen', () => refused).then(() => channel.postMessage('gone')); \
        return null";
    const ASKS_AGAIN_AFTERWARDS: &str = "{ const channel = new BroadcastChannel('lock'); \
        const gone = new Promise((done) => (channel.onmessage = done)); \
        const ask = navigator.locks.request.bind(navigator.locks); \
        let before = Promise.resolve(); \
        navigator.locks.request = (name, options, hold) => before.then(() => ask(name, options, (lock) => { \
          if (lock === null) { before = gone; channel.postMessage('refused'); window.wasRefused = true; } \
          return hold(lock); \
        })); }";
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.open(&server.url("/notities.html")).await?;
    browser.run(UNTIL_THE_OTHER_IS_REFUSED, json!([])).await?;
    another(&browser).await?;
    browser.before_each_page(ASKS_AGAIN_AFTERWARDS).await?;
    browser.practise(&server).await?;
    let refused = browser.run("return window.wasRefused", json!([])).await?;
    assert_eq!(refused, true, "nobody held the lock");
    assert!(!browser.text().await?.contains(ELSEWHERE));
    browser.quit().await
}

/// Without any talk between windows, the fencing number alone refuses the older writer.
#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_was_passed_cannot_write_and_says_so() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.practise(&server).await?;
    browser.begin_round("").await?;
    browser.count(2).await?;
    browser.kept(2).await?;
    let first = browser.driver.window().await?;
    let second = another(&browser).await?;
    // A page without the app, so that no lock and no channel is involved.
    browser.open(&server.url("/notities.html")).await?;
    browser.run(PASS_THE_FIRST, json!([])).await?;

    show(&browser, &first).await?;
    browser.tap("button", "Kind, 0-17").await?;
    browser.see(ELSEWHERE).await?;
    browser.see("Wat bewaard is, is veilig.").await?;
    show(&browser, &second).await?;
    browser.open(&server.url("/oefenen/tellen")).await?;
    browser.tap("button", "Ga hier verder").await?;
    browser.kept(2).await?;
    browser.quit().await
}

const PASS_THE_FIRST: &str = "const asked = (request) => new Promise((done, fail) => { \
      request.onsuccess = () => done(request.result); request.onerror = () => fail(request.error); }); \
    const database = await asked(indexedDB.open('veldpost-oefenen')); \
    const fence = database.transaction('fence', 'readwrite').objectStore('fence'); \
    const [key] = await asked(fence.getAllKeys()); const number = await asked(fence.get(key)); \
    await asked(fence.put(number + 1, key)); database.close()";

async fn another(browser: &Browser) -> Result<WindowHandle> {
    let window = browser.driver.new_tab().await?;
    show(browser, &window).await?;
    Ok(window)
}

/// In front: in a window that nobody sees each timer of the page is late.
async fn show(browser: &Browser, window: &WindowHandle) -> Result<()> {
    browser.driver.switch_to_window(window.clone()).await?;
    let none = json!({});
    browser
        .devtools("Page.bringToFront", none)
        .await
        .map(|_| ())
}
