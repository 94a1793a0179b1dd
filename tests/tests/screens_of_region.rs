//! Every screen of a region that others join: for everybody, in every scheme, on the smallest phone, with the largest letters.

use anyhow::Result;
use veldpost_journeys::{Browser, Device, Inspection, Invitation, Screen, Server, Walk};

/// Beginning one, inviting, who joins, admitting; in practice.
#[tokio::test(flavor = "multi_thread")]
async fn every_state_before_the_count_is_for_everybody_and_fits() -> Result<()> {
    let server = Server::start_for_regions()?;
    let mut inspection = Inspection::new(server.built());
    let walked = before(&server, &mut inspection).await;
    inspection.verdict()?;
    walked?;
    println!("{} states", inspection.states());
    assert!(inspection.states() > 35, "only {}", inspection.states());
    Ok(())
}

async fn before(server: &Server, inspection: &mut Inspection) -> Result<()> {
    let mut look = async |browser: &Browser, state: &str| inspection.look(browser, state).await;
    let anna = narrow(Device::laptop().await?).await?;
    let mut walk = Walk::new(&anna, server, &mut look);
    let rows = walk.founding().await?;
    walk.coordinating().await?;
    drop(walk);

    let link = anna.invite(Invitation::Worker, "Voor Wil").await?;
    let wil = narrow(Device::phone().await?).await?;
    Walk::new(&wil, server, &mut look)
        .joining(&link, "Wil")
        .await?;
    anna.look_until("laat Wil toe").await?;
    look(&anna, "region with a newcomer").await?;
    anna.tap("button", "Ze zijn hetzelfde: laat Wil toe")
        .await?;
    anna.place("dialog", "Dit toestel toelaten?").await?;
    look(&anna, "newcomer admitted").await?;
    anna.tap("button", "Laat toe").await?;
    anna.see("Toegelaten.").await?;
    look(&anna, "region with two devices").await?;
    wil.look_until("De telling is nog niet begonnen").await?;
    wil.see_no_more("Nog niet bevestigd").await?;
    look(&wil, "home before the count").await?;

    let link = anna.invite(Invitation::Evening, "Vrijdag").await?;
    let zus = narrow(Device::phone().await?).await?;
    zus.open(&link).await?;
    zus.see("Wil je meedoen?").await?;
    look(&zus, "join offered to a group").await?;
    zus.agree("Zus").await?;
    zus.see("Nog niet bevestigd").await?;
    look(&zus, "home of a group that waits").await?;
    anna.look_until("Via een groepsuitnodiging").await?;
    look(&anna, "region with a group").await?;

    let again = narrow(Device::phone().await?).await?;
    Walk::new(&again, server, &mut look)
        .recovering(&rows)
        .await?;
    for device in [wil, zus, again, anna] {
        device.quit().await?;
    }
    Ok(())
}

/// A browser as the inspection leaves it.
async fn narrow(device: Device) -> Result<Device> {
    device.show_on(Screen::NarrowPhone).await?;
    device.text_size(200).await?;
    Ok(device)
}
