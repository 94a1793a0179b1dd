//! Tiles stand still, and edges stay in the system's own colours and with more contrast.
//!
//! Not here: sizes and fit, which hold in every state (`screens`).

use anyhow::{Result, ensure};
use serde_json::json;
use veldpost_journeys::{Browser, Profile, Screen, Server, eventually};

async fn browser() -> Result<(Server, Profile, Browser)> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    Ok((server, profile, browser))
}

/// Tiles do not move under the thumb: not by a tap, an undo, a reason or a longer message.
#[tokio::test(flavor = "multi_thread")]
async fn the_tiles_stand_still() -> Result<()> {
    let (server, _profile, browser) = browser().await?;
    browser.show_on(Screen::Phone).await?;
    browser.practise(&server).await?;
    browser.begin_round("Centrum").await?;
    let places = async || -> Result<Vec<_>> {
        let tiles = browser.tiles().await?;
        Ok(tiles.into_iter().map(|tile| tile.place).collect())
    };
    let before = places().await?;
    for button in [
        "Vrouw, 18+",
        "Slaapt",
        "Weet ik niet",
        "Maak ongedaan",
        "Maak ongedaan",
        "Maak ongedaan",
    ] {
        browser.tap("button", button).await?;
        assert_eq!(places().await?, before, "after {button}");
    }
    browser
        .see("Er is niets meer om ongedaan te maken.")
        .await?;
    assert_eq!(places().await?, before);
    browser.quit().await
}

/// Whoever doubles the letters gets all of them twice as large, in the frame too, also on the narrowest phone.
#[tokio::test(flavor = "multi_thread")]
async fn letters_twice_as_large_are_so_everywhere() -> Result<()> {
    let (server, _profile, browser) = browser().await?;
    browser.show_on(Screen::NarrowPhone).await?;
    browser.practise(&server).await?;
    for screen in ["Start", "Tellen"] {
        if screen == "Tellen" {
            browser.begin_round("Centrum").await?;
        }
        // What comes a moment later than the rest is measured both times, or neither.
        let (once, twice) = eventually("the same letters at both sizes", async || {
            let once = letters(&browser, 100).await?;
            let twice = letters(&browser, 200).await?;
            Ok((once.len() == twice.len()).then_some((once, twice)))
        })
        .await?;
        browser.keep_picture(&format!("{screen} twice")).await?;
        browser.text_size(100).await?;
        assert!(once.len() > 8, "{once:?}");
        for ((words, once), (_, twice)) in once.iter().zip(&twice) {
            assert!(*twice > once * 1.98, "{screen}: \"{words}\" {once} {twice}");
        }
    }
    browser.quit().await
}

/// Every text that is shown and its size, at this size of letters, where nothing is cut off sideways.
async fn letters(browser: &Browser, percent: u32) -> Result<Vec<(String, f64)>> {
    browser.text_size(percent).await?;
    let found = browser.run(LETTERS, json!([])).await?;
    ensure!(browser.sideways().await? == 0, "sideways at {percent} %");
    Ok(serde_json::from_value(found)?)
}

/// The system's own colours: what is chosen differs from what is not, and each control keeps its edge.
#[tokio::test(flavor = "multi_thread")]
async fn in_forced_colours_a_choice_shows_and_controls_have_edges() -> Result<()> {
    let (server, _profile, browser) = browser().await?;
    browser.show_on(Screen::Phone).await?;
    browser.prefer(&[("forced-colors", "active")]).await?;
    browser.practise(&server).await?;
    browser.tap("button", "Start tellen").await?;
    browser.tap("radio", "Centrum").await?;
    let edges = browser.run(EDGES, json!([])).await?;
    assert_eq!(edges, json!([]), "without an edge");
    let looks = browser.run(CHOSEN, json!(["Centrum", "Noord"])).await?;
    assert_ne!(looks[0], looks[1], "chosen and not chosen look the same");
    browser.keep_picture("forced colours round").await?;
    browser.tap("button", "Begin de ronde").await?;
    browser.tap("button", "Man, 18+").await?;
    eventually("the tile to be marked", async || {
        let tiles = browser.run(TILES, json!([])).await?;
        Ok((tiles[0] != tiles[1]).then_some(()))
    })
    .await?;
    assert_eq!(browser.run(EDGES, json!([])).await?, json!([]));
    browser.keep_picture("forced colours tally").await?;
    browser.quit().await
}

/// The colours of dark mode stand twice in the stylesheet: for a phone in the dark, and for who chose it.
#[tokio::test(flavor = "multi_thread")]
async fn a_phone_in_dark_mode_shows_the_dark_scheme() -> Result<()> {
    let (server, _profile, browser) = browser().await?;
    browser.prefer(&[("prefers-color-scheme", "dark")]).await?;
    browser.practise(&server).await?;
    let followed = browser.run(COLOURS, json!([])).await?;
    browser.prefer(&[("prefers-color-scheme", "light")]).await?;
    let light = browser.run(COLOURS, json!([])).await?;
    browser.tap("button", "Instellingen").await?;
    browser.answer("Licht en donker", "Donker").await?;
    let chosen = eventually("the scheme to be set", async || {
        let now = browser.run(COLOURS, json!([])).await?;
        Ok((now != light).then_some(now))
    });
    assert_eq!(chosen.await?, followed);
    browser.quit().await
}

/// Who asks for more contrast gets thicker edges.
#[tokio::test(flavor = "multi_thread")]
async fn more_contrast_draws_thicker_edges() -> Result<()> {
    let (server, _profile, browser) = browser().await?;
    browser.show_on(Screen::Phone).await?;
    browser.practise(&server).await?;
    browser.tap("button", "Start tellen").await?;
    browser.place("radio", "Centrum").await?;
    let usual = browser.run(THICKNESS, json!([])).await?;
    browser.prefer(&[("prefers-contrast", "more")]).await?;
    let more = browser.run(THICKNESS, json!([])).await?;
    browser.keep_picture("more contrast round").await?;
    let (usual, more) = (usual.as_f64().unwrap_or(9.0), more.as_f64().unwrap_or(0.0));
    assert!(more >= 2.0 && more >= usual, "{usual} became {more}");
    assert!(browser.violations(server.built()).await?.is_empty());
    browser.quit().await
}

const COLOURS: &str = "const look = getComputedStyle(document.documentElement); \
    const names = ['color-scheme', ...[...document.styleSheets].flatMap((sheet) => \
      [...sheet.cssRules].flatMap((rule) => [...(rule.cssText.match(/--[a-z-]+(?=:)/g) ?? [])]))]; \
    return [...new Set(names)].sort().map((name) => name + ': ' + look.getPropertyValue(name))";

const EDGES: &str = "return [...document.querySelectorAll('main button, nav button, label:has(input), select, textarea')]\
    .filter((one) => one.checkVisibility() && !one.classList.contains('button-quiet') \
      && !one.classList.contains('row') && !(parseFloat(getComputedStyle(one).borderTopWidth) >= 1 \
      && getComputedStyle(one).borderTopStyle !== 'none')).map((one) => one.innerText)";

const CHOSEN: &str = "return arguments[0] && [...arguments].map((name) => { \
    const label = [...document.querySelectorAll('label')].find((one) => one.innerText.startsWith(name)); \
    const look = getComputedStyle(label); const box = getComputedStyle(label.querySelector('input')); \
    return [look.borderColor, look.borderWidth, look.outline, look.backgroundColor, box.accentColor, \
      label.querySelector('input').checked].join(' '); })";

const TILES: &str = "return [...document.querySelectorAll('[role=group] > button:has(> span + span)')]\
    .map((one) => { const look = getComputedStyle(one); \
      return [look.borderColor, look.borderWidth, look.outline, look.backgroundColor].join(' '); })";

const THICKNESS: &str = "return Math.min(...[...document.querySelectorAll('label:has(input), select, main input:not([type=radio])')]\
    .map((one) => parseFloat(getComputedStyle(one).borderTopWidth)))";

/// Every piece of text that can be seen, and how large its letters are.
const LETTERS: &str = "const found = []; \
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT); \
    while (walker.nextNode()) { \
      const words = walker.currentNode.data.trim(), it = walker.currentNode.parentElement; \
      if (words && it.checkVisibility() && !it.closest('.visually-hidden, script')) \
        found.push([words, parseFloat(getComputedStyle(it).fontSize)]); \
    } \
    return found";
