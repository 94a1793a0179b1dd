//! News comes by itself: what a phone pushed stands on a coordinator's page that is looked at, without being asked for.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::json;
use veldpost_journeys::{Device, Evening, Region, eventually};

/// A page that asks looks each ten seconds.
const SOON: Duration = Duration::from_secs(3);

/// No timer of the page runs that would try by itself.
const STAND_STILL: &str = "{ const later = window.setTimeout, each = window.setInterval; window.veldpostMinutes = []; \
    window.setTimeout = (act, ms, ...rest) => ms > 500 ? 0 : later(act, ms, ...rest); \
    window.setInterval = (act, ms, ...rest) => \
      ms === 60000 ? window.veldpostMinutes.push(act) : ms === 10000 ? 0 : each(act, ms, ...rest); }";

/// Five people, one after the other, on a page that never asks by itself.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_phone_pushes_stands_on_a_coordinators_page_that_does_not_ask() -> Result<()> {
    let (region, wil) = counting().await?;
    region.anna.before_each_page(STAND_STILL).await?;
    anew(&region).await?;
    pushed_soon(&region, &wil, 5).await?;
    wil.quit().await?;
    region.anna.quit().await
}

/// Nothing says that the network is there again: what waits leaves when the page is looked at again, and each minute. No stream tells
/// the phone anything, and no other try of its own comes.
#[tokio::test(flavor = "multi_thread")]
async fn what_waits_leaves_when_the_page_is_seen_again_and_each_minute() -> Result<()> {
    const SEEN: &str = "document.dispatchEvent(new Event('visibilitychange'))";
    const A_MINUTE: &str =
        "window.veldpostPassed += 60000; window.veldpostMinutes.forEach((act) => act())";
    let (region, wil) = counting().await?;
    wil.devtools("Network.enable", json!({})).await?;
    let none = json!({"urls": ["*/v1/events"]});
    wil.devtools("Network.setBlockedURLs", none).await?;
    wil.before_each_page(STAND_STILL).await?;
    wil.set_clock(
        "window.veldpostPassed = 0;",
        "Real.now() + window.veldpostPassed",
    )
    .await?;
    wil.open(&region.server.url("/tellen")).await?;
    let mut number = wil.committed().await?;
    for way in [SEEN, A_MINUTE] {
        wil.cut("entries").await?;
        wil.count(1).await?;
        number += 1;
        wil.kept(number).await?;
        wil.let_through().await?;
        wil.run(way, json!([])).await?;
        let told = number.to_string();
        region.anna.look_for_figure("alleen gezien", &told).await?;
        region.anna.back_to_region().await?;
    }
    wil.quit().await?;
    region.anna.quit().await
}

/// A network that lets no stream through: the page asks, as before, and is slower.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_stream_the_page_asks_by_itself() -> Result<()> {
    let (region, wil) = counting().await?;
    region.anna.devtools("Network.enable", json!({})).await?;
    let none = json!({"urls": ["*/v1/events"]});
    region.anna.devtools("Network.setBlockedURLs", none).await?;
    anew(&region).await?;
    let soon = pushed_soon(&region, &wil, 5).await?;
    assert!(
        soon < 4,
        "{soon} of 5 came within {SOON:?} without a stream"
    );
    wil.quit().await?;
    region.anna.quit().await
}

/// A region, and a phone of it whose first person has arrived.
async fn counting() -> Result<(Region, Device)> {
    let Evening {
        region, bram, wil, ..
    } = Evening::begin(1).await?;
    bram.quit().await?;
    eventually("the first", async || {
        Ok((received(&region.anna, "Wil").await? > 0).then_some(()))
    })
    .await?;
    Ok((region, wil))
}

/// The coordinator's page is loaded anew, and opens another stream.
async fn anew(region: &Region) -> Result<()> {
    region.anna.open(&region.server.url("/")).await?;
    // All of the app is there once the line of the post is; whether the other coordinator confirmed what she stated is open.
    eventually("the line of the post", async || {
        let text = region.anna.text().await?;
        let mut says = ["overgezet", "Alles is ontvangen"].into_iter();
        Ok(says.any(|words| text.contains(words)).then_some(()))
    })
    .await?;
    region.anna.unlock_alone().await?;
    region.anna.to_region().await
}

/// Counts so many people one after the other; how many of them were soon on the coordinator's page. All come.
async fn pushed_soon(region: &Region, wil: &Device, people: u64) -> Result<usize> {
    eventually("what came before", async || {
        Ok((received(&region.anna, "Wil").await? > 0).then_some(()))
    })
    .await?;
    let mut soon = 0;
    for number in 1..=people {
        let before = received(&region.anna, "Wil").await?;
        // By turns, so that no tap falls to the guard of cold hands.
        let tile = if number % 2 == 0 {
            "Man, 18+"
        } else {
            "Vrouw, 18+"
        };
        wil.tap("button", tile).await?;
        wil.kept(1 + number).await?;
        let pushed = Instant::now();
        eventually("what was pushed", async || {
            Ok((received(&region.anna, "Wil").await? > before).then_some(()))
        })
        .await?;
        soon += usize::from(pushed.elapsed() < SOON);
    }
    Ok(soon)
}

/// How many messages of a device are here, as its panel says.
async fn received(coordinator: &Device, device: &str) -> Result<u64> {
    let script = "return [...document.querySelectorAll('.panel')]\
        .find((panel) => panel.querySelector('h3')?.innerText.trim() === arguments[0])?.innerText ?? ''";
    let text = coordinator.run(script, json!([device])).await?;
    let text = text.as_str().unwrap_or_default();
    let number = text
        .split_once("Ontvangen: ")
        .and_then(|(_, rest)| rest.split(' ').next());
    Ok(number.and_then(|number| number.parse().ok()).unwrap_or(0))
}
