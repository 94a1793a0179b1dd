//! A coordinator's tables at an unlock: what was kept while nothing came since, and never this device's own alone.

use anyhow::Result;
use serde_json::json;
use veldpost_journeys::{Browser, Evening, PASSPHRASE, eventually};

const SEEN_ONLY: &str = "alleen gezien";

/// From here on what the page asks of an idle browser waits, so that reading everything does not begin; and every number of
/// people seen that the tables ever show is noted.
const HOLD_AND_NOTE: &str = "
    globalThis.held = []; globalThis.shown = [];
    const idle = globalThis.requestIdleCallback.bind(globalThis);
    globalThis.requestIdleCallback = (act) => globalThis.held ? void held.push(act) : idle(act);
    globalThis.letGo = () => { const acts = held; globalThis.held = null; acts.forEach((act) => idle(act)); };
    new MutationObserver(() => {
        const figure = document.querySelector('[data-figure=seen_only]')?.innerText.trim();
        if (figure !== undefined && figure !== shown.at(-1)) shown.push(figure);
    }).observe(document.body, { childList: true, subtree: true, characterData: true });";

/// Two people are on a phone, received and counted. The coordinator's browser is closed, and opened without a network.
#[tokio::test(flavor = "multi_thread")]
async fn tables_stand_at_an_unlock_before_everything_was_read() -> Result<()> {
    let Evening {
        region, bram, wil, ..
    } = Evening::begin(2).await?;
    bram.look_for_figure(SEEN_ONLY, "2").await?;
    bram.tap("button", "Terug").await?;
    bram.worker_complete().await?;
    let mut server = region.server;
    server.stop().await?;

    // Nothing came since: the tables stand while nothing was read yet.
    let bram = bram.after_closing().await?;
    bram.open(&server.url("/")).await?;
    unlock_holding(&bram).await?;
    bram.tap("button", "Tabellen").await?;
    bram.see_fact(SEEN_ONLY, "2").await?;
    let held = bram.run("return held.length", json!([])).await?;
    assert!(held.as_u64() >= Some(1), "nothing waits: {held}");
    bram.run("letGo()", json!([])).await?;
    bram.see_fact(SEEN_ONLY, "2").await?;

    // Somebody was counted on this laptop while it was locked: what was kept is added to, and again nothing else was read.
    let bram = bram.after_closing().await?;
    bram.open(&server.url("/")).await?;
    bram.begin_round("Centrum").await?;
    bram.count(1).await?;
    bram.kept(1).await?;
    bram.tap("button", "Terug").await?;
    unlock_holding(&bram).await?;
    bram.tap("button", "Tabellen").await?;
    bram.see_fact(SEEN_ONLY, "3").await?;
    let held = bram.run("return held.length", json!([])).await?;
    assert!(held.as_u64() >= Some(1), "nothing waits: {held}");
    bram.run("letGo()", json!([])).await?;
    bram.see_fact(SEEN_ONLY, "3").await?;
    assert_eq!(bram.run("return shown", json!([])).await?, json!(["3"]));

    // Of the three one was counted with this laptop: its list begins with that one.
    bram.back_to_start().await?;
    bram.tap("button", "Registraties").await?;
    bram.place("heading", "Registraties").await?;
    listed(&bram, "1 registratie").await?;
    bram.list_of_region().await?;
    listed(&bram, "3 registraties").await?;
    bram.tap("button", "Terug").await?;
    bram.tap("button", "Vergrendel").await?;
    bram.tap("button", "Registraties").await?;
    // Locked there is nothing of others, and nothing to choose.
    listed(&bram, "1 registratie").await?;
    assert!(!bram.has("combobox", "Van wie").await?);
    for device in [wil, bram, region.anna] {
        device.quit().await?;
    }
    Ok(())
}

async fn listed(browser: &Browser, number: &str) -> Result<()> {
    let summary = "return document.querySelector('#summary')?.innerText ?? ''";
    eventually(number, async || {
        let shown = browser.run(summary, json!([])).await?;
        Ok((shown == number).then_some(()))
    })
    .await
}

/// Unlocks from the first screen; what waits for an idle browser from then on is held.
async fn unlock_holding(browser: &Browser) -> Result<()> {
    browser.tap("button", "Ontgrendel om te lezen").await?;
    browser.fill("Je wachtzin", PASSPHRASE).await?;
    browser.run(HOLD_AND_NOTE, json!([])).await?;
    browser.tap("button", "Ontgrendel").await?;
    browser.place("button", "Vergrendel").await.map(|_| ())
}
