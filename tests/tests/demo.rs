//! The made-up region gives the published tables of 2024, cell by cell, on the page and in the file.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::json;
use veldpost_journeys::{
    Browser, PATIENCE, Players, Profile, Server, ServerChoices, eventually, eventually_within,
};

/// A table as rows of a label and its numbers.
type Table = Vec<(String, Vec<u64>)>;

/// Table 1 and Table 2 by origin, read from the page and from the file for Excel.
#[tokio::test(flavor = "multi_thread")]
async fn the_demonstration_shows_and_exports_the_tables_of_2024() -> Result<()> {
    let demo = ServerChoices {
        demo: true,
        ..ServerChoices::default()
    };
    let (server, profile) = (Server::start_with(demo)?, Profile::new()?);
    let downloads = tempfile::tempdir()?;
    let browser = Browser::start(&profile).await?;
    browser.open(&server.url("/")).await?;
    browser
        .see("Demonstratie. Deze mensen zijn verzonnen.")
        .await?;
    browser.tap("button", "Tabellen").await?;
    browser.see("Tabel 1").await?;

    let (table_1, table_2) = (published("table1.csv")?, published("table2.csv")?);
    assert_eq!((table_1.len(), table_2.len()), (9, 12));
    assert_eq!(on_the_page(&browser, "1").await?, table_1);
    assert_eq!(on_the_page(&browser, "2-origin").await?, table_2);

    let to = json!({"behavior": "allow", "downloadPath": downloads.path()});
    browser.devtools("Page.setDownloadBehavior", to).await?;
    browser.tap("button", "Bewaar als CSV voor Excel").await?;
    browser.hear("staat bij je downloads").await?;
    let file = eventually("the file", async || Ok(csv_in(downloads.path()))).await?;
    let text = eventually("the whole file", async || {
        let text = std::fs::read_to_string(&file)?;
        Ok(text.ends_with("\r\n").then_some(text))
    })
    .await?;
    let text = text
        .strip_prefix('\u{feff}')
        .context("no BOM: Excel would break the accents")?;
    assert_eq!(in_the_file(text, "Tabel 1", 3)?, table_1);
    assert_eq!(
        in_the_file(
            text,
            "Tabel 2: Dak- en thuislozen per gemeente van herkomst",
            11
        )?,
        table_2
    );
    fifty_at_a_time(&browser).await?;
    browser.quit().await
}

/// Hundreds of records are a list of fifty, with a way to the others: as many rows however many there are.
async fn fifty_at_a_time(browser: &Browser) -> Result<()> {
    let rows = "return document.querySelectorAll('main .rows .row').length";
    browser.tap("button", "Terug").await?;
    browser.tap("button", "Mijn registraties").await?;
    browser.see("1 tot en met 50 van ").await?;
    assert_eq!(browser.run(rows, json!([])).await?, 50);
    browser.tap("button", "Oudere").await?;
    browser.see("51 tot en met 100 van ").await?;
    assert_eq!(browser.run(rows, json!([])).await?, 50);
    let held = "return document.activeElement.id";
    assert_eq!(browser.run(held, json!([])).await?, "summary");
    browser.tap("button", "Nieuwere").await?;
    browser.see("1 tot en met 50 van ").await
}

/// A region at the relay: three devices in three states, and the same tables of what two of them sent.
#[tokio::test(flavor = "multi_thread")]
async fn the_demonstrations_region_has_three_devices_in_three_states() -> Result<()> {
    let demo = ServerChoices {
        demo: true,
        demo_region: true,
        founding: true,
        ..ServerChoices::default()
    };
    let (server, profile) = (Server::start_with(demo)?, Profile::new()?);
    let _players = Players::at(&server)?;
    let browser = Browser::start(&profile).await?;
    browser.open(&server.url("/")).await?;
    browser
        .see("Demonstratie. Deze mensen zijn verzonnen.")
        .await?;
    browser.tap("button", "De regio").await?;
    browser.see("Sam (voorbeeld)").await?;
    browser
        .see("Bel en laat de ander deze zes woorden voorlezen.")
        .await?;
    browser.see("Er wordt geteld.").await?;
    browser.see("Deze browser (dit toestel)").await?;

    // The desk made 340 operations or a few more, and has nothing left; the crew has twelve records that did not get out.
    how_far(&browser, "Balie De Linde", |received, held| {
        received >= 340 && held == 0
    })
    .await?;
    how_far(&browser, "Telefoon ploeg 2", |received, held| {
        received > 200 && held >= 12
    })
    .await?;

    assert_eq!(browser.violations(server.built()).await?, []);

    browser.tap("button", "Tabellen").await?;
    browser.see("Tabel 1").await?;
    let (table_1, table_2) = (published("table1.csv")?, published("table2.csv")?);
    eventually("the tables of 2024", async || {
        Ok((on_the_page(&browser, "1").await? == table_1).then_some(()))
    })
    .await?;
    assert_eq!(on_the_page(&browser, "2-origin").await?, table_2);

    // Another browser is another coordinator.
    let other = Profile::new()?;
    let second = Browser::start(&other).await?;
    second.open(&server.url("/")).await?;
    second.tap("button", "De regio").await?;
    second.see("Balie De Linde").await?;
    second.quit().await?;
    browser.quit().await
}

/// Waits until what of a device is there, and what it still holds, is so.
async fn how_far(browser: &Browser, device: &str, so: fn(u64, u64) -> bool) -> Result<()> {
    let script = "return [...document.querySelectorAll('.panel')]\
        .find((panel) => panel.querySelector('h3')?.innerText.trim() === arguments[0])?.innerText ?? ''";
    let panel = async || {
        let text = browser.run(script, json!([device])).await?;
        anyhow::Ok(text.as_str().unwrap_or_default().to_owned())
    };
    // Three devices enter all of it in the meantime.
    let seen = eventually_within(PATIENCE * 3, device, async || {
        let text = panel().await?;
        let (_, numbers) = text.split_once("Ontvangen: ").unwrap_or_default();
        let numbers: Vec<u64> = numbers
            .split(|letter: char| !letter.is_ascii_digit())
            .filter_map(|number| number.parse().ok())
            .collect();
        Ok(match numbers.as_slice() {
            [received, held, ..] => so(*received, *held).then_some(()),
            _ => None,
        })
    });
    match seen.await {
        Ok(()) => Ok(()),
        Err(error) => Err(error.context(panel().await?)),
    }
}

/// A file of the count of 2024: a label and numbers a line.
fn published(name: &str) -> Result<Table> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/domain/baseline-2024");
    let mut rows = csv::Reader::from_path(folder.join(name))?;
    rows.records()
        .map(|row| {
            let row = row?;
            let mut cells = row.iter();
            let label = cells.next().context("no label")?.to_owned();
            Ok((label, cells.map(str::parse).collect::<Result<_, _>>()?))
        })
        .collect()
}

/// The table with this code, in the order of the page: what is read aloud, row by row.
async fn on_the_page(browser: &Browser, table: &str) -> Result<Table> {
    let script = "const [table] = arguments; return [...document.querySelectorAll('tbody tr')].map((row) => \
        [row.querySelector('th').innerText.trim(), \
         [...row.querySelectorAll('[data-table=\"' + table + '\"]')].map((cell) => cell.innerText.trim())])\
        .filter((row) => row[1].length > 0)";
    let rows = browser.run(script, json!([table])).await?;
    let rows: Vec<(String, Vec<String>)> = serde_json::from_value(rows)?;
    rows.into_iter()
        .map(|(label, cells)| {
            let cells: Result<Vec<u64>, _> = cells.iter().map(|cell| cell.parse()).collect();
            Ok((label, cells?))
        })
        .collect()
}

fn csv_in(folder: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?;
    let mut files = entries.filter_map(|entry| Some(entry.ok()?.path()));
    files.find(|file| file.extension().is_some_and(|end| end == "csv"))
}

/// The table under a title: semicolons, CRLF, until the empty line; the first `columns` numbers.
fn in_the_file(text: &str, title: &str, columns: usize) -> Result<Table> {
    let mut lines = text
        .split("\r\n")
        .skip_while(|line| !line.starts_with(title));
    lines.next().with_context(|| format!("no {title}"))?;
    lines.next().context("no names of columns")?;
    let mut table = Table::new();
    for line in lines.take_while(|line| !line.trim_matches(';').is_empty()) {
        let mut rows = csv::ReaderBuilder::new()
            .delimiter(b';')
            .has_headers(false)
            .from_reader(line.as_bytes());
        let row = rows.records().next().context("an empty line")??;
        let mut cells = row.iter();
        let label = cells.next().context("no label")?.to_owned();
        let numbers: Result<Vec<u64>, _> = cells.take(columns).map(str::parse).collect();
        table.push((label, numbers?));
    }
    Ok(table)
}
