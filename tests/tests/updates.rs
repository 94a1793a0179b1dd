//! What the service worker promises: whole or not at all, no update by itself, no cache before its time.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::json;
use veldpost_journeys::{Browser, Profile, Server, ServerChoices, eventually, eventually_within};

/// An entry that went missing is noticed, fetched again, and meanwhile told.
#[tokio::test(flavor = "multi_thread")]
async fn a_half_filled_cache_is_not_called_complete_and_is_repaired() -> Result<()> {
    let mut server = Server::start()?;
    let profile = Profile::new()?;
    let browser = opened(&server, &profile).await?;
    let version = browser.worker_complete().await?;
    server.stop().await?;
    let damage = "const cache = await caches.open('veldpost-shell-' + arguments[0]); \
        const keys = await cache.keys(); \
        const style = keys.find((request) => request.url.endsWith('.css')); \
        await cache.delete(style); \
        const glue = keys.find((request) => request.url.endsWith('.js')); \
        await cache.put(glue, new Response('a login page'))";
    browser.run(damage, json!([version])).await?;
    let status = browser.worker_status().await?;
    assert_eq!(
        (&status["complete"], &status["missing"]),
        (&json!(false), &json!(2)),
        "{status}"
    );

    server.start_again()?;
    assert_eq!(browser.worker_complete().await?, version);
    server.stop().await?;
    browser.reload().await?;
    browser.see("Veldpost").await?;
    browser.quit().await
}

/// A new build waits until the page agrees; the old cache stays until the new build has started.
#[tokio::test(flavor = "multi_thread")]
async fn an_update_waits_until_it_is_asked_for() -> Result<()> {
    let mut server = Server::start()?;
    let profile = Profile::new()?;
    let browser = opened(&server, &profile).await?;
    let first = browser.worker_complete().await?;
    browser.reload().await?;
    browser.see("Veldpost").await?;

    // The demonstration's mark makes another version of the same build.
    let demo = ServerChoices {
        demo: true,
        ..ServerChoices::default()
    };
    server.restart_with(demo).await?;
    browser
        .run(
            "await (await navigator.serviceWorker.ready).update()",
            json!([]),
        )
        .await?;
    eventually("the new worker to wait", async || {
        let waiting = "return !!(await navigator.serviceWorker.ready).waiting";
        Ok(browser
            .run(waiting, json!([]))
            .await?
            .as_bool()
            .filter(|waits| *waits))
    })
    .await?;
    browser.reload().await?;
    browser.see("Veldpost").await?;
    assert_eq!(browser.worker_complete().await?, first);
    assert!(!is_demo(&browser).await?);
    // A page of the old build that says it has started must not drop the build that waits.
    browser
        .run(
            "navigator.serviceWorker.controller.postMessage({type: 'started'})",
            json!([]),
        )
        .await?;
    assert_eq!(browser.worker_complete().await?, first);
    assert_eq!(shells(&browser).await?, 2);

    let apply = "const changed = new Promise((done) => { \
        navigator.serviceWorker.oncontrollerchange = done; }); \
        (await navigator.serviceWorker.ready).waiting.postMessage({type: 'apply-update'}); \
        await changed";
    browser.run(apply, json!([])).await?;
    assert_eq!(shells(&browser).await?, 2);
    server.stop().await?;
    browser.reload().await?;
    browser.see("Demonstratie.").await?;
    assert!(is_demo(&browser).await?);
    assert_eq!(browser.worker_complete().await?, format!("{first}-demo"));
    browser
        .run(
            "navigator.serviceWorker.controller.postMessage({type: 'started'})",
            json!([]),
        )
        .await?;
    eventually("the old cache to go", async || {
        Ok((shells(&browser).await? == 1).then_some(()))
    })
    .await?;
    browser.quit().await
}

/// I15: a new build never comes over a form that is open, and loses nothing of it when it is asked for.
#[tokio::test(flavor = "multi_thread")]
async fn an_update_waits_for_an_open_form_and_loses_nothing_of_it() -> Result<()> {
    let mut server = Server::start()?;
    let profile = Profile::new()?;
    let browser = Browser::start(&profile).await?;
    browser.practise(&server).await?;
    browser.worker_complete().await?;
    browser.reload().await?;
    browser.tap("button", "Nieuwe registratie").await?;
    let (question, choice) = ("Waar slaapt deze persoon?", "Bij familie of vrienden");
    browser.answer(question, choice).await?;
    browser.tap("checkbox", "De soort plek klopt niet").await?;
    browser
        .fill("Waarom kies je iets anders?", "half een zin")
        .await?;

    let folder = tempfile::tempdir()?;
    copy_with(&server.built().app, folder.path(), renamed)?;
    server.serve_instead(folder.path().to_path_buf()).await?;
    browser.run(LOOK_FOR_UPDATE, json!([])).await?;
    assert!(browser.answered(question, choice).await?);
    assert_eq!(typed(&browser).await?, "half een zin");
    assert!(!browser.text().await?.contains("Er is een nieuwe versie."));

    browser.tap("button", "Terug").await?;
    browser.see("Er is een nieuwe versie.").await?;
    browser.tap("button", "Nu vernieuwen").await?;
    browser
        .see("De app is vernieuwd. Je registraties zijn er nog.")
        .await?;
    assert_eq!(browser.worker_complete().await?, "newer");
    browser.see("Je was nog bezig").await?;
    browser.tap("button", "Ga verder").await?;
    browser
        .tap("textbox", "Waarom kies je iets anders?")
        .await?;
    assert_eq!(typed(&browser).await?, "half een zin");
    assert!(browser.answered(question, choice).await?);
    browser.quit().await
}

async fn typed(browser: &Browser) -> Result<String> {
    let script = "return document.activeElement.value ?? ''";
    let typed = browser.run(script, json!([])).await?;
    Ok(typed.as_str().unwrap_or_default().to_owned())
}

/// A server that answers 200 with something else, as a wifi's login page does, leaves nothing behind.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_whose_files_are_wrong_is_not_installed() -> Result<()> {
    let mut server = Server::start()?;
    let profile = Profile::new()?;
    let browser = opened(&server, &profile).await?;
    let first = browser.worker_complete().await?;
    let folder = tempfile::tempdir()?;
    copy_with_a_wrong_list(&server.built().app, folder.path())?;
    server.serve_instead(folder.path().to_path_buf()).await?;
    let update = "const registration = await navigator.serviceWorker.ready; \
        const found = new Promise((done) => { \
          registration.onupdatefound = () => { const worker = registration.installing; \
            worker.onstatechange = () => { if (worker.state !== 'installing') done(worker.state); }; }; }); \
        await registration.update(); return await found";
    assert_eq!(browser.run(update, json!([])).await?, "redundant");
    assert_eq!(browser.worker_complete().await?, first);
    browser.quit().await
}

/// Requests that are never answered hold the old worker, and a browser lets it: the update comes all the same.
#[tokio::test(flavor = "multi_thread")]
async fn an_update_does_not_wait_for_requests_that_are_never_answered() -> Result<()> {
    let mut server = Server::start()?;
    let profile = Profile::new()?;
    let browser = Browser::start(&profile).await?;
    browser.practise(&server).await?;
    let first = browser.worker_complete().await?;
    browser.reload().await?;
    browser.see("Oefenen").await?;
    let folder = tempfile::tempdir()?;
    let built = server.built().app.clone();
    copy_with(&built, folder.path(), renamed)?;
    server.serve_instead(folder.path().to_path_buf()).await?;
    browser.run(LOOK_FOR_UPDATE, json!([])).await?;
    browser.see("Er is een nieuwe versie.").await?;

    server.hold()?;
    // One for the page, one to repair its own cache.
    let ask = "fetch('/no-such-module.js').catch(() => {}); \
        const cache = await caches.open('veldpost-shell-' + arguments[0]); \
        await cache.delete('/robots.txt'); \
        navigator.serviceWorker.controller.postMessage({type: 'status'})";
    browser.run(ask, json!([first])).await?;
    browser.tap("button", "Nu vernieuwen").await?;
    browser
        .see("De app is vernieuwd. Je registraties zijn er nog.")
        .await?;
    assert_eq!(browser.worker_complete().await?, "newer");
    server.resume()?;
    browser.quit().await
}

/// The kill switch takes the app's files away and the database not.
#[tokio::test(flavor = "multi_thread")]
async fn the_kill_switch_removes_the_worker_and_leaves_the_database() -> Result<()> {
    let mut server = Server::start()?;
    let profile = Profile::new()?;
    let browser = opened(&server, &profile).await?;
    browser.worker_complete().await?;
    let write = "await new Promise((done, fail) => { const asked = indexedDB.open('kept', 1); \
        asked.onerror = fail; asked.onsuccess = () => { asked.result.close(); done(); }; })";
    browser.run(write, json!([])).await?;
    let folder = tempfile::tempdir()?;
    copy_with(&server.built().app, folder.path(), |_| {
        Ok(std::fs::read_to_string(kill_switch())?)
    })?;
    server.serve_instead(folder.path().to_path_buf()).await?;
    // Chromium forgets that a newer worker is to take over at once where the old one is at work just then, as it is after a
    // first start, and an old one that a driver looks at is never idle for long enough. Nothing tells from outside when it is
    // done: without this one of four runs waits in vain.
    tokio::time::sleep(Duration::from_secs(3)).await;
    browser
        .run(
            "await (await navigator.serviceWorker.ready).update()",
            json!([]),
        )
        .await?;
    let left = eventually_within(
        Duration::from_secs(60),
        "the worker to be gone",
        async || {
            let gone = "return (await navigator.serviceWorker.getRegistrations()).length === 0 \
            && (await caches.keys()).length === 0";
            Ok(browser
                .run(gone, json!([]))
                .await?
                .as_bool()
                .filter(|gone| *gone))
        },
    )
    .await;
    if let Err(error) = left {
        let standing = browser.run(STANDING, json!([])).await?;
        return Err(error).context(format!("it stands so: {standing}"));
    }
    let databases = "return (await indexedDB.databases()).map((one) => one.name)";
    let databases = browser.run(databases, json!([])).await?;
    assert!(
        databases
            .as_array()
            .is_some_and(|all| all.contains(&json!("kept"))),
        "{databases}"
    );
    browser.quit().await
}

/// How far workers and caches are.
const STANDING: &str = "const of = (worker) => worker && [worker.state, worker.scriptURL]; \
    const all = await navigator.serviceWorker.getRegistrations(); \
    return { workers: all.map((one) => [of(one.installing), of(one.waiting), of(one.active)]), \
      controller: of(navigator.serviceWorker.controller), caches: await caches.keys() }";

/// Finds the newer build and waits until it is fetched and waits in turn.
const LOOK_FOR_UPDATE: &str = "const registration = await navigator.serviceWorker.ready; \
    await registration.update(); \
    await new Promise((done) => { const look = () => registration.waiting ? done() : setTimeout(look, 50); \
      look(); })";

/// The same worker under another version.
fn renamed(worker: &str) -> Result<String> {
    let version = worker.split('"').nth(3).context("no version")?;
    Ok(worker.replace(version, "newer"))
}

async fn opened(server: &Server, profile: &Profile) -> Result<Browser> {
    let browser = Browser::start(profile).await?;
    browser.open(&server.url("/")).await?;
    browser.see("Veldpost").await?;
    Ok(browser)
}

async fn is_demo(browser: &Browser) -> Result<bool> {
    let script = "return document.querySelector('meta[name=veldpost-demo]') !== null";
    Ok(browser.run(script, json!([])).await? == true)
}

async fn shells(browser: &Browser) -> Result<usize> {
    let script =
        "return (await caches.keys()).filter((name) => name.startsWith('veldpost-shell-'))";
    Ok(browser
        .run(script, json!([]))
        .await?
        .as_array()
        .map_or(0, Vec::len))
}

fn kill_switch() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../service-worker/kill-switch.js")
}

/// The worker's list asks for a page that the server does not have, byte for byte.
fn copy_with_a_wrong_list(app: &Path, folder: &Path) -> Result<()> {
    copy_with(app, folder, |worker| {
        let (before, rest) = worker
            .split_once("[\"/index.html\",\"")
            .context("no page listed")?;
        let rest = rest.get(64..).context("no hash")?;
        let version = worker.split('"').nth(3).context("no version")?;
        let wrong = format!("{before}[\"/index.html\",\"{}{rest}", "0".repeat(64));
        Ok(wrong.replace(version, "wrong"))
    })
}

/// A copy of the build with another worker, listed as the server expects it.
fn copy_with(app: &Path, folder: &Path, change: impl Fn(&str) -> Result<String>) -> Result<()> {
    let mut list: serde_json::Value =
        serde_json::from_slice(&std::fs::read(app.join("build.json"))?)?;
    for file in list["files"].as_array_mut().into_iter().flatten() {
        let path = file["path"]
            .as_str()
            .context("a file without a path")?
            .to_owned();
        let mut content = std::fs::read(app.join(&path))?;
        if path == "service-worker.js" {
            content = change(std::str::from_utf8(&content)?)?.into_bytes();
            file["sha256"] = json!(sha256(&content));
        }
        let to = folder.join(&path);
        std::fs::create_dir_all(to.parent().context("no folder")?)?;
        std::fs::write(to, content)?;
    }
    Ok(std::fs::write(folder.join("build.json"), list.to_string())?)
}

fn sha256(content: &[u8]) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(content)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
