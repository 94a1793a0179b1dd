//! The passphrase is lost, and the paper is not: the recovery code opens what was folded away.

use anyhow::{Context as _, Result};
use serde_json::json;
use veldpost_envelope::{
    DeviceEncryptionKey, DeviceSigningKey, RandomBytes, RecoveryKit, RegionId,
};
use veldpost_journeys::{
    Browser, Inspection, Keyboard, PASSPHRASE, Profile, Screen, Server, eventually,
};

const NEW: &str = "de kip loopt over het dak";
const PEOPLE: u32 = 33;

/// From a count that was folded to a new passphrase, past every mistake on the way.
#[tokio::test(flavor = "multi_thread")]
async fn who_lost_the_passphrase_reads_on_with_the_code_on_paper() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    let rows = browser.set_up_with_kit(&server).await?;
    assert_eq!(rows.len(), 4);
    count_and_fold(&browser).await?;
    let mut inspection = Inspection::new(server.built());

    to_the_code(&browser).await?;
    inspection.look(&browser, "recovery code").await?;
    mistakes(&browser, &rows, &mut inspection).await?;

    // Open, and left without a new passphrase: locked again, and the old one still opens.
    type_over(&browser, &rows).await?;
    browser.see("Kies een nieuwe wachtzin").await?;
    inspection.look(&browser, "new passphrase").await?;
    browser.tap("button", "Annuleer").await?;
    browser.place("textbox", "Je wachtzin").await?;
    browser.tap("button", "Terug").await?;
    tables_are_closed(&browser).await?;
    browser.unlock_alone().await?;
    lock(&browser).await?;

    // Reloaded half-way: locked again.
    to_the_code(&browser).await?;
    type_over(&browser, &rows).await?;
    browser.see("Kies een nieuwe wachtzin").await?;
    browser.reload().await?;
    browser.place("textbox", "Regel 1").await?;

    type_over(&browser, &rows).await?;
    browser.see("Kies een nieuwe wachtzin").await?;
    browser.tap("button", "Liever een eigen zin").await?;
    browser.fill("Je eigen zin", NEW).await?;
    browser.fill("Typ de wachtzin over", PASSPHRASE).await?;
    browser.tap("button", "Bewaar de wachtzin").await?;
    browser.see("Dit is niet dezelfde wachtzin.").await?;
    inspection
        .look(&browser, "new passphrase with error")
        .await?;
    browser.tap("textbox", "Typ de wachtzin over").await?;
    browser
        .run("document.activeElement.value = ''", json!([]))
        .await?;
    browser.paste(NEW).await?;
    browser.tap("button", "Bewaar de wachtzin").await?;
    browser.see("De oude wachtzin werkt niet meer.").await?;
    inspection.look(&browser, "new passphrase saved").await?;
    browser.tap("button", "Volgende").await?;
    tables_are_read(&browser).await?;

    lock(&browser).await?;
    unlock_with(&browser, PASSPHRASE).await?;
    browser.see("Deze wachtzin klopt niet.").await?;
    browser.fill("Je wachtzin", NEW).await?;
    browser.tap("button", "Ontgrendel").await?;
    tables_are_read(&browser).await?;
    inspection.verdict()?;
    browser.quit().await
}

/// Without a mouse: the fields in their order, the summary to the field, and a new passphrase of five words.
#[tokio::test(flavor = "multi_thread")]
async fn the_code_is_typed_by_keyboard_alone() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.show_on(Screen::NarrowPhone).await?;
    let rows = browser.set_up_with_kit(&server).await?;
    let mut keyboard = Keyboard::new(&browser);
    keyboard.enter("button", "Ontgrendel om te lezen").await?;
    keyboard.at("Ontgrendel om te lezen").await?;
    keyboard.enter("button", "Wachtzin kwijt?").await?;
    keyboard.at("Herstelcode").await?;
    for (index, row) in rows.iter().enumerate().take(3) {
        keyboard.fill(&format!("Regel {}", index + 1), row).await?;
    }
    keyboard.enter("button", "Ontgrendel").await?;
    keyboard.at("De code klopt nog niet").await?;
    keyboard.enter("link", "Vul regel 4 in.").await?;
    browser.focus_on("Regel 4").await?;
    browser.keys(rows.last().context("no fourth row")?).await?;
    browser.press("Enter").await?;
    keyboard.at("Kies een nieuwe wachtzin").await?;
    let words = "return [...document.querySelectorAll('.words li')]\
        .map((one) => one.textContent).join(' ')";
    let words = browser.run(words, json!([])).await?;
    let words = words.as_str().context("no words")?;
    assert_eq!(words.split(' ').count(), 5, "{words}");
    keyboard.fill("Typ de wachtzin over", words).await?;
    browser.press("Enter").await?;
    keyboard.at("Je nieuwe wachtzin is bewaard").await?;
    keyboard.enter("button", "Volgende").await?;
    keyboard.at("Start").await?;
    browser.place("button", "Vergrendel").await?;
    keyboard.verdict()?;
    browser.quit().await
}

/// Open by the code, the memory holds the keys of the vault; locked again, neither those nor anything of the code.
#[tokio::test(flavor = "multi_thread")]
async fn after_locking_the_memory_holds_nothing_of_the_code() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    let rows = browser.set_up_with_kit(&server).await?;
    let (dek, lvk) = browser.vault_keys().await?;
    let kit = RecoveryKit::parse(&rows.join(" "))?;
    let rsk = kit.recovery().secret().bytes().to_vec();
    let row = rows.first().context("no rows")?;
    let typed = row.get(8..48).context("a short row")?;
    let cleaned = typed.replace(' ', "");
    browser.note_memories().await?;
    browser.open(&server.url("/")).await?;
    to_the_code(&browser).await?;
    type_over(&browser, &rows).await?;
    browser.see("Kies een nieuwe wachtzin").await?;
    assert!(browser.memory_holds(&lvk).await?, "LVK while it is open");
    browser.tap("button", "Annuleer").await?;
    browser.place("textbox", "Je wachtzin").await?;
    let kept = [
        ("DEK", dek.as_slice()),
        ("LVK", &lvk),
        ("RSK", &rsk),
        ("a row as it was typed", typed.as_bytes()),
        ("a row without spaces", cleaned.as_bytes()),
    ];
    for (what, bytes) in kept {
        let gone = async || Ok((!browser.memory_holds(bytes).await?).then_some(()));
        eventually(&format!("{what} to be gone"), gone).await?;
    }
    for text in [typed, &cleaned] {
        assert!(!browser.heap_holds(text).await?, "a row in the heap");
    }
    browser.quit().await
}

/// Enough people to be worth a fold; then nothing waits sealed to the region's key any more.
async fn count_and_fold(browser: &Browser) -> Result<()> {
    browser.begin_round("Centrum").await?;
    browser.count(PEOPLE as usize).await?;
    browser.kept(PEOPLE.into()).await?;
    browser.tap("button", "Stop ronde").await?;
    browser.tap("button", "Stop de ronde").await?;
    browser.place("button", "Start tellen").await?;
    browser.unlock_alone().await?;
    eventually("everything to be folded into blocks", async || {
        let blocks = browser.rows("veldpost", "blocks").await?;
        let waiting = browser.rows("veldpost", "outbox").await?;
        Ok((!blocks.is_empty() && waiting.is_empty()).then_some(()))
    })
    .await?;
    lock(browser).await
}

/// A row that was misread is named and led to; the code of another region is refused.
async fn mistakes(browser: &Browser, rows: &[String], inspection: &mut Inspection) -> Result<()> {
    let mut misread = rows.to_vec();
    let third = misread.get_mut(2).context("no third row")?;
    let other = if third.ends_with('q') { "p" } else { "q" };
    third.pop();
    third.push_str(other);
    type_over(browser, &misread).await?;
    browser.see("Regel 3 is niet goed overgetypt.").await?;
    browser.focus_on("De code klopt nog niet").await?;
    inspection.look(browser, "recovery code misread").await?;
    browser.tap("link", "Regel 3 is niet goed").await?;
    browser.focus_on("Regel 3").await?;

    empty(browser).await?;
    browser.tap("button", "Ontgrendel").await?;
    browser.see("Vul regel 1 in.").await?;

    empty(browser).await?;
    browser.fill("Regel 1", &of_another_region()).await?;
    browser.tap("button", "Ontgrendel").await?;
    browser.see("Deze code hoort niet bij dit toestel.").await
}

/// As a person with the paper in hand does: one row after the other, one of them in capitals.
async fn type_over(browser: &Browser, rows: &[String]) -> Result<()> {
    empty(browser).await?;
    for (index, row) in rows.iter().enumerate() {
        let row = if index == 1 {
            row.to_uppercase()
        } else {
            row.clone()
        };
        let field = format!("Regel {}", index + 1);
        browser.fill(&field, &row).await?;
    }
    browser.tap("button", "Ontgrendel").await
}

async fn empty(browser: &Browser) -> Result<()> {
    let script = "for (const one of document.querySelectorAll('form input')) one.value = ''";
    browser.run(script, json!([])).await.map(|_| ())
}

/// A whole code with its checksums, as another region's set-up would show it.
fn of_another_region() -> String {
    struct Seven;
    impl RandomBytes for Seven {
        fn fill(&mut self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }
    let root = DeviceSigningKey::generate(&mut Seven);
    let recovery = DeviceEncryptionKey::generate(&mut Seven);
    let kit = RecoveryKit::new(&root, recovery, RegionId([7; 32]));
    kit.printed().map(|row| row.to_string()).join(" ")
}

async fn to_the_code(browser: &Browser) -> Result<()> {
    browser.tap("button", "Ontgrendel om te lezen").await?;
    browser.tap("button", "Wachtzin kwijt?").await?;
    browser.place("textbox", "Regel 1").await.map(|_| ())
}

async fn unlock_with(browser: &Browser, passphrase: &str) -> Result<()> {
    browser.tap("button", "Ontgrendel om te lezen").await?;
    browser.fill("Je wachtzin", passphrase).await?;
    browser.tap("button", "Ontgrendel").await
}

async fn lock(browser: &Browser) -> Result<()> {
    browser.tap("button", "Vergrendel").await?;
    browser
        .place("button", "Ontgrendel om te lezen")
        .await
        .map(|_| ())
}

async fn tables_are_read(browser: &Browser) -> Result<()> {
    browser.place("button", "Vergrendel").await?;
    browser.tap("button", "Tabellen").await?;
    browser
        .see_fact("alleen gezien", &PEOPLE.to_string())
        .await?;
    browser.tap("button", "Terug").await
}

async fn tables_are_closed(browser: &Browser) -> Result<()> {
    browser.tap("button", "Tabellen").await?;
    browser.see("Daarvoor moet je ontgrendelen.").await?;
    browser.tap("button", "Terug").await
}
