//! A device that is found locked: what its databases give to whoever holds it, and what they do not.

use anyhow::Result;
use serde_json::json;
use veldpost_journeys::{Browser, Finding, PASSPHRASE, Profile, Server, eventually};

/// What is said about people; no other text holds it.
const CANARY: &str = "kanarie7391";
/// Who walks: readable on a locked device while the round is open, and gone with it.
const CREW: &str = "ploegmus2256";

/// Everything that was typed and finished is closed, and so are both keys; the same search finds what a
/// locked device must be able to read, and what it may read only for as long as a form or a round is open.
#[tokio::test(flavor = "multi_thread")]
async fn after_locking_no_store_gives_an_answer_or_a_key_without_the_passphrase() -> Result<()> {
    let (app, server) = Server::start_with_remark().await?;
    let profile = Profile::new()?;
    let browser = Browser::start(&profile).await?;
    browser.set_up_alone(&server).await?;
    let (dek, lvk) = browser.vault_keys().await?;

    walk_a_round(&browser, 32).await?;
    let found = browser.open_without_passphrase().await?;
    assert_eq!(said_in(&found, CREW), ["veldpost/round, round"]);
    stop_the_round(&browser).await?;
    fill_in(&browser).await?;
    let found = browser.open_without_passphrase().await?;
    assert_eq!(said_in(&found, CREW), [""; 0]);
    assert_eq!(said_in(&found, CANARY), ["veldpost/drafts, draft"]);
    finish(&browser).await?;

    browser.unlock_alone().await?;
    eventually("the taps to be folded into a block", async || {
        let blocks = browser.rows("veldpost", "blocks").await?;
        Ok((!blocks.is_empty()).then_some(()))
    })
    .await?;
    browser.tap("button", "Vergrendel").await?;
    browser.place("button", "Ontgrendel om te lezen").await?;
    // Counting goes on while it is locked, so that something waits in the outbox too.
    walk_a_round(&browser, 1).await?;
    stop_the_round(&browser).await?;
    let found = browser.open_without_passphrase().await?;
    for text in [CANARY, CREW, PASSPHRASE] {
        assert_eq!(said_in(&found, text), [""; 0], "{text}");
    }
    for (what, key) in [("DEK", &dek), ("LVK", &lvk)] {
        assert_eq!(held_in(&found, key), [""; 0], "{what}");
    }
    // The same search, now: it reads what a locked device reads, and every shelf that has rows.
    assert_eq!(said_in(&found, "Station"), ["veldpost/meta, solo"]);
    for place in [
        "outbox",
        "blocks",
        "keys",
        "keys, device-bound",
        "stubs, stub",
    ] {
        let place = format!("veldpost/{place}");
        assert!(found.iter().any(|one| one.place == place), "{place}");
    }
    browser.quit().await?;
    drop(app);
    Ok(())
}

/// The search can find keys: practice asks for no passphrase, so its vault opens.
#[tokio::test(flavor = "multi_thread")]
async fn the_vault_of_practice_opens_to_the_search_that_finds_nothing_elsewhere() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.practise(&server).await?;
    // The first screens of a practice stand before its region is on the disk.
    let found = eventually("the vault of practice", async || {
        let found = browser.open_without_passphrase().await?;
        Ok((vault(&found).count() == 2).then_some(found))
    });
    let found = found.await?;
    let keys: Vec<&Finding> = vault(&found).collect();
    for key in keys {
        assert_eq!(
            held_in(&found, &key.bytes),
            ["veldpost-oefenen/keys, vault"]
        );
    }
    browser.quit().await
}

fn vault(found: &[Finding]) -> impl Iterator<Item = &Finding> {
    found
        .iter()
        .filter(|one| one.place == "veldpost-oefenen/keys, vault")
}

fn said_in<'a>(found: &'a [Finding], text: &str) -> Vec<&'a str> {
    places(found, |one| one.says(text))
}

fn held_in<'a>(found: &'a [Finding], bytes: &[u8]) -> Vec<&'a str> {
    places(found, |one| one.holds(bytes))
}

fn places(found: &[Finding], is_there: impl Fn(&Finding) -> bool) -> Vec<&str> {
    let there = found.iter().filter(|one| is_there(one));
    there.map(|one| one.place.as_str()).collect()
}

/// A round with so many people; 32 of them make it worth folding them into a block.
async fn walk_a_round(browser: &Browser, people: usize) -> Result<()> {
    browser.tap("button", "Start tellen").await?;
    browser.fill("Ploeg", CREW).await?;
    browser.tap("radio", "Centrum").await?;
    browser.tap("button", "Begin de ronde").await?;
    browser.place("button", "Man, 18+").await?;
    browser.count(people).await?;
    browser.kept(people as u64).await
}

async fn stop_the_round(browser: &Browser) -> Result<()> {
    browser.tap("button", "Stop ronde").await?;
    browser.fill("Opmerking", CANARY).await?;
    browser.tap("button", "Stop de ronde").await?;
    browser.place("button", "Start tellen").await.map(|_| ())
}

/// A form with the canary in every field that takes text, and its draft on the disk.
async fn fill_in(browser: &Browser) -> Result<()> {
    browser.tap("button", "Nieuwe registratie").await?;
    browser.write_everywhere(CANARY).await?;
    eventually("the last words to be on the disk", async || {
        let found = browser.open_without_passphrase().await?;
        let times = |one: &Finding| {
            one.bytes
                .windows(11)
                .filter(|it| *it == CANARY.as_bytes())
                .count()
        };
        let mut drafts = found
            .iter()
            .filter(|one| one.place == "veldpost/drafts, draft");
        Ok(drafts.any(|draft| times(draft) == 4).then_some(()))
    })
    .await
}

/// More than two letters are refused, so the canary makes way for two; the remark and the reason stay.
async fn finish(browser: &Browser) -> Result<()> {
    browser.tap("button", "Klaar, bewaar").await?;
    browser.see("Vul hoogstens twee letters in.").await?;
    for letters in [
        "Eerste twee letters van de voornaam",
        "Eerste twee letters van de achternaam",
    ] {
        browser.tap("textbox", letters).await?;
        let clear = "document.activeElement.select()";
        browser.run(clear, json!([])).await?;
        browser.paste("Sa").await?;
    }
    browser.tap("button", "Klaar, bewaar").await?;
    browser.hear("Registratie bewaard op dit toestel.").await
}
