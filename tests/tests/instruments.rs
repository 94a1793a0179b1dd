//! The journeys' own instruments tell the truth: each finds what was planted and nothing else.

use anyhow::Result;
use serde_json::json;
use veldpost_journeys::{Browser, Keyboard, Profile, Scheme, Screen, Server};

/// A search of the memory that found nothing would prove nothing, if it could not find what is there.
#[tokio::test(flavor = "multi_thread")]
async fn a_canary_in_the_memory_is_found_and_an_absent_one_is_not() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.note_memories().await?;
    browser.open(&server.url("/")).await?;
    browser.see("Welkom bij Veldpost").await?;
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
    browser.see("Welkom bij Veldpost").await?;
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

/// A colour that is too faint in one scheme is found in that scheme, and the page is put back.
#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_one_scheme_is_found_in_that_scheme() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.open(&server.url("/")).await?;
    browser.see("Welkom bij Veldpost").await?;
    let fault = "const style = new CSSStyleSheet(); \
        style.replaceSync('[data-scheme=nacht] h1 { color: #222 }'); \
        document.adoptedStyleSheets = [style]";
    browser.run(fault, json!([])).await?;
    let schemes = [Scheme::Light, Scheme::Dark, Scheme::Night];
    let found = browser.violations_in(&schemes, server.built()).await?;
    let faint = found.iter().filter(|(_, found)| {
        let mut rules = found.iter().map(|one| one.rule.as_str());
        rules.any(|rule| rule == "color-contrast")
    });
    let faint: Vec<Scheme> = faint.map(|(scheme, _)| *scheme).collect();
    assert_eq!(faint, [Scheme::Night]);
    let scheme = "return document.documentElement.dataset.scheme ?? null";
    assert_eq!(browser.run(scheme, json!([])).await?, json!(null));
    browser.quit().await
}

/// What is too wide for the part of the page that scrolls, is cut off, or lies over something else.
#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_found() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.show_on(Screen::Phone).await?;
    browser.open(&server.url("/")).await?;
    browser.see("Welkom bij Veldpost").await?;
    assert_eq!(browser.sideways().await?, 0);
    assert_eq!(browser.clipped().await?, Vec::<String>::new());
    assert_eq!(browser.overlapping().await?, Vec::<String>::new());
    let plant = "const add = (text, look) => { const it = document.createElement('div'); \
          it.textContent = text; Object.assign(it.style, look); \
          document.querySelector('main').append(it); return it; }; \
        add('breed', {width: '500px', border: '1px solid'}); \
        add('afgekapte woorden', {width: '40px', whiteSpace: 'nowrap', overflow: 'hidden'}); \
        add('laag', {height: '10px', overflow: 'hidden', fontSize: '30px'}); \
        add('onder', {position: 'relative'}); \
        add('boven', {marginTop: '-48px', position: 'relative'})";
    browser.run(plant, json!([])).await?;
    assert!(browser.sideways().await? > 100);
    let clipped = browser.clipped().await?;
    let told: Vec<&str> = clipped.iter().map(String::as_str).collect();
    assert_eq!(told, ["DIV.: afgekapte woorden", "DIV.: laag"]);
    let overlapping = browser.overlapping().await?;
    let told = overlapping
        .iter()
        .any(|pair| pair.starts_with("onder | boven"));
    assert!(told, "{overlapping:?}");
    browser.quit().await
}

/// Letters twice as large, and spaced: the page that is open follows, and can be put back.
#[tokio::test(flavor = "multi_thread")]
async fn letters_grow_and_are_spaced_on_the_open_page() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.show_on(Screen::NarrowPhone).await?;
    browser.open(&server.url("/")).await?;
    browser.see("Welkom bij Veldpost").await?;
    let size = "return parseFloat(getComputedStyle(document.querySelector('h2')).fontSize)";
    let usual = browser.run(size, json!([])).await?;
    browser.text_size(200).await?;
    let large = browser.run(size, json!([])).await?;
    assert_eq!(usual.as_f64().map(|size| size * 2.0), large.as_f64());
    let spaced = "return getComputedStyle(document.querySelector('h2')).letterSpacing";
    let before = browser.run(spaced, json!([])).await?;
    browser.space_text(true).await?;
    assert_ne!(browser.run(spaced, json!([])).await?, before);
    browser.space_text(false).await?;
    assert_eq!(browser.run(spaced, json!([])).await?, before);
    browser.quit().await
}

/// A focus that does not show, jumps about or is lost is found; where all is well nothing is.
#[tokio::test(flavor = "multi_thread")]
async fn a_focus_that_nobody_can_follow_is_found() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.open(&server.url("/")).await?;
    browser.see("Welkom bij Veldpost").await?;
    let mut keyboard = Keyboard::new(&browser);
    keyboard.to("button", "Alleen op dit toestel").await?;
    keyboard.verdict()?;
    let plant = "const style = new CSSStyleSheet(); \
        style.replaceSync(':focus-visible { outline: 0 !important }'); \
        document.adoptedStyleSheets = [style]; \
        document.querySelector('nav button').tabIndex = 7; \
        document.activeElement.blur()";
    browser.run(plant, json!([])).await?;
    let mut keyboard = Keyboard::new(&browser);
    keyboard.to("button", "Verberg").await?;
    keyboard.to("link", "Oefenen").await?;
    let found = keyboard.verdict().unwrap_err().to_string();
    for fault in ["no ring", "lost", "other side", "place of its own"] {
        assert!(found.contains(fault), "{fault}: {found}");
    }
    browser.quit().await
}

/// A tap lands where a finger would, and keys go to what was tapped.
#[tokio::test(flavor = "multi_thread")]
async fn a_tap_reaches_a_button_and_keys_reach_the_field() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.show_on(Screen::Phone).await?;
    browser.open(&server.url("/")).await?;
    browser.see("Welkom bij Veldpost").await?;
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
