//! Every screen and state: for everybody, in every scheme, on the smallest phone, with the largest letters.

use anyhow::Result;
use serde_json::json;
use veldpost_journeys::{Browser, Inspection, Profile, Screen, Server, ServerChoices, Walk};

/// Counting, questionnaires and the list: empty, filled, wrong, asked twice, locked.
#[tokio::test(flavor = "multi_thread")]
async fn every_state_of_counting_is_for_everybody_and_fits() -> Result<()> {
    let server = Server::start()?;
    let mut inspection = Inspection::new(server.built());
    let walked = counting(&server, &mut inspection).await;
    // What was seen on the way tells more than the step that it led to.
    inspection.verdict()?;
    walked?;
    println!("{} states", inspection.states());
    assert_eq!(inspection.tallies(), 3, "states with tiles");
    assert!(inspection.states() > 40, "only {}", inspection.states());
    Ok(())
}

async fn counting(server: &Server, inspection: &mut Inspection) -> Result<()> {
    let profile = Profile::new()?;
    let browser = narrow(&profile).await?;
    let look = async |browser: &Browser, state: &str| inspection.look(browser, state).await;
    let mut walk = Walk::new(&browser, server, look);
    walk.rounds().await?;
    walk.forms().await?;
    walk.records().await?;
    drop(walk);
    browser.quit().await
}

/// The rest: the first time, set-up, the device, help, an update, tables, and when something is wrong.
#[tokio::test(flavor = "multi_thread")]
async fn every_state_of_the_device_is_for_everybody_and_fits() -> Result<()> {
    let server = Server::start()?;
    let mut inspection = Inspection::new(server.built());
    let walked = device(server, &mut inspection).await;
    inspection.verdict()?;
    walked?;
    println!("{} states", inspection.states());
    assert!(inspection.states() > 40, "only {}", inspection.states());
    Ok(())
}

async fn device(mut server: Server, inspection: &mut Inspection) -> Result<()> {
    let profile = Profile::new()?;
    let browser = narrow(&profile).await?;
    let mut look = async |browser: &Browser, state: &str| inspection.look(browser, state).await;
    let mut walk = Walk::new(&browser, &server, &mut look);
    walk.setting_up().await?;
    walk.device().await?;
    walk.away().await?;
    drop(walk);
    update_waits(&browser, &mut server).await?;
    look(&browser, "home with an update").await?;
    browser.tap("button", "Nu vernieuwen").await?;
    browser.see("De app is vernieuwd.").await?;
    let mut walk = Walk::new(&browser, &server, &mut look);
    walk.demonstration().await?;
    walk.newer_database().await?;
    drop(walk);
    browser.quit().await?;

    let profile = storing_nothing()?;
    let browser = narrow(&profile).await?;
    let mut walk = Walk::new(&browser, &server, &mut look);
    walk.storage_refused().await?;
    drop(walk);
    browser.quit().await
}

/// The demonstration's mark makes another version of the same build.
async fn update_waits(browser: &Browser, server: &mut Server) -> Result<()> {
    browser.open(&server.url("/")).await?;
    browser.worker_complete().await?;
    let choices = ServerChoices {
        demo: true,
        ..ServerChoices::default()
    };
    server.restart_with(choices).await?;
    let update = "await (await navigator.serviceWorker.ready).update()";
    browser.run(update, json!([])).await?;
    browser.place("button", "Nu vernieuwen").await.map(|_| ())
}

/// The profile of a browser that is told to store nothing for any site.
fn storing_nothing() -> Result<Profile> {
    let profile = Profile::new()?;
    let folder = profile.path().join("Default");
    std::fs::create_dir_all(&folder)?;
    let blocked = json!({"profile": {"default_content_setting_values": {"cookies": 2}}});
    std::fs::write(folder.join("Preferences"), blocked.to_string())?;
    Ok(profile)
}

/// A browser as the inspection leaves it: a tap that works here works everywhere.
async fn narrow(profile: &Profile) -> Result<Browser> {
    let browser = Browser::start(profile).await?;
    browser.show_on(Screen::NarrowPhone).await?;
    browser.text_size(200).await?;
    Ok(browser)
}
