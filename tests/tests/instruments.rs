//! The journeys' own instruments tell the truth: each finds what was planted and nothing else.

use anyhow::Result;
use serde_json::json;
use veldpost_journeys::{Browser, Profile, Screen, Server};

/// A search of the memory that found nothing would prove nothing, if it could not find what is there.
#[tokio::test(flavor = "multi_thread")]
async fn a_canary_in_the_memory_is_found_and_an_absent_one_is_not() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.note_memories().await?;
    browser.open(&server.url("/")).await?;
    browser.see("Veldpost").await?;
    let plant = "window.kept = ['kanarie', '7391'].join('-'); \
        window.memory = new WebAssembly.Memory({initial: 1}); \
        new Uint8Array(window.memory.buffer).set(new TextEncoder().encode('merel-4410'), 99)";
    browser.run(plant, json!([])).await?;
    assert!(browser.heap_holds("kanarie-7391").await?);
    assert!(!browser.heap_holds("kanarie-7392").await?);
    assert!(browser.memory_holds(b"merel-4410").await?);
    assert!(!browser.memory_holds(b"merel-4411").await?);
    browser.quit().await
}

/// The checks of accessibility and of the layout find a fault that is put there.
#[tokio::test(flavor = "multi_thread")]
async fn a_fault_in_the_page_is_found() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.show_on(Screen::NarrowPhone).await?;
    browser.open(&server.url("/")).await?;
    browser.see("Veldpost").await?;
    let before = browser.violations(server.built()).await?;
    let fault = "const picture = document.createElement('img'); picture.src = '/icons/icon.svg'; \
        picture.width = 900; picture.className = 'planted'; document.body.append(picture)";
    browser.run(fault, json!([])).await?;
    let after = browser.violations(server.built()).await?;
    let planted =
        |found: &[veldpost_journeys::Violation]| found.iter().any(|one| one.rule == "image-alt");
    assert!(!planted(&before) && planted(&after), "{before:?} {after:?}");
    browser.quit().await
}

/// A tap lands where a finger would, and keys go to what was tapped.
#[tokio::test(flavor = "multi_thread")]
async fn a_tap_reaches_a_button_and_keys_reach_the_field() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.show_on(Screen::Phone).await?;
    browser.open(&server.url("/")).await?;
    browser.see("Veldpost").await?;
    let button = "const add = (tag, text) => { const it = document.createElement(tag); \
        it.textContent = text; document.body.prepend(it); return it; }; \
        const field = add('input', ''); field.ariaLabel = 'Proefveld'; field.autocomplete = 'off'; \
        const told = add('p', 'nog niet'); \
        add('button', 'Proefknop').onclick = () => { told.textContent = 'geraakt'; }";
    browser.run(button, json!([])).await?;
    browser.tap("button", "Proefknop").await?;
    browser.see("geraakt").await?;
    browser.write("textbox", "Proefveld", "één").await?;
    assert_eq!(
        browser.focused().await?,
        (String::from("textbox"), String::from("Proefveld"))
    );
    let value = browser
        .run("return document.querySelector('input').value", json!([]))
        .await?;
    assert_eq!(value, "één");
    assert!(browser.print().await?.starts_with(b"%PDF-"));
    browser.quit().await
}
