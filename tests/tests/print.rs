//! On paper: the tables and the tally sheet, without what only a screen needs.

use anyhow::Result;
use serde_json::json;
use veldpost_journeys::{Browser, Profile, Region, Screen, Server, ServerChoices};

/// What can be read on paper: the page as its print style shows it.
async fn on_paper(browser: &Browser) -> Result<String> {
    let paper = json!({"media": "print", "features": []});
    browser
        .devtools("Emulation.setEmulatedMedia", paper)
        .await?;
    let text = browser.text().await;
    browser.prefer(&[]).await?;
    text
}

fn pages(pdf: &[u8]) -> usize {
    let text = String::from_utf8_lossy(pdf);
    text.matches("/Type /Page\n").count()
}

fn has_no_navigation(text: &str) {
    for words in ["Terug", "Verberg", "Druk af", "CSV", "Naar de inhoud"] {
        let found = text.lines().any(|line| line.trim().starts_with(words));
        assert!(!found, "\"{words}\" is printed: {text}");
    }
}

/// Three tables of the demonstration on A4: a title, the day, *vertrouwelijk*, headings on every sheet.
#[tokio::test(flavor = "multi_thread")]
async fn the_tables_are_printed_on_a4() -> Result<()> {
    let server = Server::start_with(ServerChoices {
        demo: true,
        ..ServerChoices::default()
    })?;
    let profile = Profile::new()?;
    let browser = Browser::start(&profile).await?;
    browser.show_on(Screen::Laptop).await?;
    browser.open(&server.url("/")).await?;
    browser.tap("button", "Tabellen").await?;
    browser.see("Tabel 1: Resultaten ETHOS-telling").await?;
    let text = on_paper(&browser).await?;
    has_no_navigation(&text);
    for words in [
        "Tabel 1: Resultaten ETHOS-telling",
        "Tabel 2: Dak- en thuislozen per gemeente van herkomst",
        "Tabel 2: Dak- en thuislozen per gemeente van verblijf",
        "Vertrouwelijk. Afgedrukt op",
        "Demonstratie. Deze mensen zijn verzonnen.",
    ] {
        assert!(text.contains(words), "\"{words}\" is missing: {text}");
    }
    let repeats = "return [...document.querySelectorAll('thead')]\
        .every((head) => getComputedStyle(head).display === 'table-header-group')";
    assert_eq!(browser.run(repeats, json!([])).await?, true);
    let pdf = browser.print().await?;
    keep(&pdf, "tables")?;
    assert!((3..=5).contains(&pages(&pdf)), "{} sheets", pages(&pdf));
    browser.quit().await
}

/// On paper the tables say of which region they are, on each sheet.
#[tokio::test(flavor = "multi_thread")]
async fn the_tables_of_a_region_say_whose_they_are() -> Result<()> {
    let region = Region::found().await?;
    let anna = &region.anna;
    anna.see("Twente").await?;
    anna.tap("button", "Tabellen").await?;
    anna.see("Tabel 1: Resultaten ETHOS-telling").await?;
    let text = on_paper(anna).await?;
    let named = text.matches("Regio: Twente. Vertrouwelijk. Afgedrukt op");
    assert_eq!(named.count(), 3, "{text}");
    region.anna.quit().await
}

/// One sheet to count on with a pen: what to write, empty boxes, nothing to tap.
#[tokio::test(flavor = "multi_thread")]
async fn the_tally_sheet_is_one_page() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.show_on(Screen::Phone).await?;
    browser.practise(&server).await?;
    browser.tap("button", "Turflijst op papier").await?;
    browser.place("heading", "Turflijst").await?;
    let text = on_paper(&browser).await?;
    has_no_navigation(&text);
    for words in [
        "Turflijst",
        "Man, 18+",
        "Vrouw, 18+",
        "Kind, 0-17",
        "Weet ik niet",
        "Organisatie",
        "Ploeg",
        "Schrijf geen namen op",
    ] {
        assert!(text.contains(words), "\"{words}\" is missing: {text}");
    }
    let pdf = browser.print().await?;
    keep(&pdf, "sheet")?;
    assert_eq!(pages(&pdf), 1);
    browser.quit().await
}

/// Beside the pictures, for somebody who looks.
fn keep(pdf: &[u8], name: &str) -> Result<()> {
    if let Some(folder) = std::env::var_os("VELDPOST_PICTURES") {
        std::fs::write(
            std::path::Path::new(&folder).join(format!("{name}.pdf")),
            pdf,
        )?;
    }
    Ok(())
}
