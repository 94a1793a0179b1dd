//! What is done in two acts, of which the relay refuses the second: the app says what stands, and the rest is done later.

use anyhow::Result;
use serde_json::json;
use veldpost_journeys::{Browser, Invitation, Region};

const REMOVED: &str = "Het toestel is verwijderd en de sleutels zijn vernieuwd. De lijsten van de regio zijn nog niet opnieuw verstuurd.";
const MADE: &str = "De nieuwe telling staat in de lijst. Maak hem niet nog een keer";
const UNCHANGED: &str = "Er is niets veranderd.";

/// A device is removed while the relay refuses the settings: the next start publishes them, once.
#[tokio::test(flavor = "multi_thread")]
async fn settings_that_were_refused_after_a_removal_are_published_at_the_next_start() -> Result<()>
{
    let region = Region::found().await?;
    let wil = region.admit_single(Invitation::Worker, "Wil").await?;
    let anna = &region.anna;
    let before = anna.acts().await?;
    anna.refuse("blob-put", 1).await?;
    anna.tap("button", "Verwijder Wil").await?;
    anna.confirm("Toestel verwijderen?", "Verwijder dit toestel")
        .await?;
    anna.see(REMOVED).await?;
    let text = anna.text().await?;
    assert!(!text.contains(UNCHANGED), "{text}");
    assert_eq!(anna.acts().await?, before + 1, "the removal stands");

    // Before an unlock nothing of it can be read.
    anna.open(&region.server.url("/")).await?;
    anna.unlock_alone().await?;
    anna.to_region().await?;
    anna.reach_acts(before + 2).await?;
    anna.open(&region.server.url("/")).await?;
    anna.unlock_alone().await?;
    anna.to_region().await?;
    anna.comes_online().await?;
    // Who never sent anything is not in the list any more.
    anna.see("Anna (dit toestel)").await?;
    anna.see_no_more("Verwijder Wil").await?;
    assert_eq!(anna.acts().await?, before + 2, "published once");
    for device in [wil, region.anna] {
        device.quit().await?;
    }
    Ok(())
}

/// A new count whose first stage the relay refuses is in the list, is not asked for again, and can be begun; where nothing
/// was done at all, that is said.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_count_that_stands_is_not_made_twice() -> Result<()> {
    let (region, bram) = Region::found().await?.open().await?;
    let anna = &region.anna;
    anna.refuse("acts", 2).await?;
    new_count(anna).await?;
    anna.see(MADE).await?;
    anna.see("Telling 2027").await?;
    let text = anna.text().await?;
    assert!(!text.contains(UNCHANGED), "{text}");
    let fields = anna.names("textbox").await?;
    assert!(fields.is_empty(), "{fields:?}");

    anna.next_stage("Begin de telling").await?;
    anna.see(UNCHANGED).await?;
    anna.let_through().await?;
    anna.next_stage("Begin de telling").await?;
    anna.look_until_gone("Iedereen oefent nog.").await?;
    for device in [bram, region.anna] {
        device.quit().await?;
    }
    Ok(())
}

async fn new_count(anna: &Browser) -> Result<()> {
    anna.tap("button", "Nieuwe telling").await?;
    anna.fill("Naam van de telling", "Telling 2027").await?;
    let date = "document.querySelector('#new-date').value = '2027-11-26'";
    anna.run(date, json!([])).await?;
    anna.tap("button", "Nieuwe telling").await
}
