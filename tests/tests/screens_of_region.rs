//! Every screen of a region that others join: for everybody, in every scheme, on the smallest phone, with the largest letters.

use anyhow::Result;
use veldpost_journeys::{
    Browser, Device, Inspection, Invitation, Pretended, Region, Screen, Server, Walk,
};

/// Beginning one, inviting, who joins, admitting; in practice.
#[tokio::test(flavor = "multi_thread")]
async fn every_state_before_the_count_is_for_everybody_and_fits() -> Result<()> {
    let server = Server::start_for_regions()?;
    let mut inspection = Inspection::new(server.built());
    let walked = before(&server, &mut inspection).await;
    inspection.verdict()?;
    walked?;
    println!("{} states", inspection.states());
    assert!(inspection.states() > 39, "only {}", inspection.states());
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
    let camera = Pretended::wall()?;
    let wil = narrow(Device::phone_with(&camera).await?).await?;
    let mut walk = Walk::new(&wil, server, &mut look);
    walk.scanning(&camera).await?;
    walk.joining(&link, "Wil").await?;
    drop(walk);
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
    anna.tap("checkbox", "Zus").await?;
    anna.tap("button", "Laat 0 toestellen toe").await?;
    anna.see("Zet een vinkje bij wie je toelaat.").await?;
    look(&anna, "region with a group and no tick").await?;
    anna.tap("checkbox", "Zus").await?;
    anna.admit_group(1).await?;

    let again = narrow(Device::phone().await?).await?;
    Walk::new(&again, server, &mut look)
        .recovering(&rows)
        .await?;
    for device in [wil, zus, again, anna] {
        device.quit().await?;
    }
    Ok(())
}

/// Counting, a desk, a frozen invitation, a removed device, a count that is over.
#[tokio::test(flavor = "multi_thread")]
async fn every_state_from_the_count_on_is_for_everybody_and_fits() -> Result<()> {
    let region = Region::found().await?;
    let mut inspection = Inspection::new(region.server.built());
    let walked = after(region, &mut inspection).await;
    inspection.verdict()?;
    walked?;
    println!("{} states", inspection.states());
    assert!(inspection.states() > 21, "only {}", inspection.states());
    Ok(())
}

async fn after(region: Region, inspection: &mut Inspection) -> Result<()> {
    let mut look = async |browser: &Browser, state: &str| inspection.look(browser, state).await;
    let (mut region, bram) = region.open().await?;
    bram.quit().await?;
    look(&region.anna, "region that counts").await?;
    frozen(&region, &mut look).await?;

    let wil = region.admit_single(Invitation::Worker, "Wil").await?;
    wil.look_until("Er is nog niets om te versturen").await?;
    look(&wil, "home of a member that counts").await?;
    let link = region
        .anna
        .invite_of(Invitation::Desk, "Balie", Some("Tactus"))
        .await?;
    let desk = narrow(Device::laptop().await?).await?;
    desk.open(&link).await?;
    desk.see("Wil je meedoen?").await?;
    look(&desk, "join offered to a desk").await?;
    desk.agree("Balie").await?;
    region.anna.admit_group(1).await?;
    desk.look_until("Er is nog niets om te versturen").await?;
    desk.see_no_more("Nog niet bevestigd").await?;
    Walk::new(&desk, &region.server, &mut look).desk().await?;

    let anna = &region.anna;
    anna.next_stage("Sluit het tellen af").await?;
    anna.see("Nazenden kan nog.").await?;
    look(anna, "region after the count").await?;
    wil.look_until("De telling is voorbij").await?;
    look(&wil, "home after the count").await?;
    anna.tap("button", "Vergrendel de telling").await?;
    anna.place("dialog", "Vergrendel de telling").await?;
    look(anna, "campaign is locked").await?;
    anna.tap("button", "Vergrendel de telling").await?;
    anna.see("Vergrendeld: wat nu nog komt, is nagekomen.")
        .await?;
    wil.look_until("De telling is afgesloten").await?;
    look(&wil, "home of a locked count").await?;
    // Made after the lock: before it a phone that waits may still be in time.
    wil.worker_complete().await?;
    region.server.stop().await?;
    wil.tap("button", "Snel toevoegen").await?;
    wil.add_quickly().await?;
    wil.tap("button", "Terug").await?;
    wil.see("1 registratie staat").await?;
    look(&wil, "home with a record that waits").await?;
    region.server.start_again()?;
    let anna = &region.anna;
    anna.comes_online().await?;
    anna.look_until("Bijzonder: 1").await?;
    anna.tap("button", "Bijzonder: 1").await?;
    anna.see("kwamen na het vergrendelen").await?;
    look(anna, "odd with a late one").await?;
    anna.tap_holding("button", "Laat meetellen").await?;
    anna.place("dialog", "Laten meetellen?").await?;
    look(anna, "late one counts").await?;
    anna.confirm("Laten meetellen?", "Laat meetellen").await?;
    anna.see("Alsnog meegeteld").await?;
    look(anna, "odd with what was let count").await?;
    anna.tap("button", "Neem dit terug: Wil").await?;
    anna.see("Teruggenomen.").await?;
    anna.back_to_start().await?;
    anna.tap("button", "Registraties").await?;
    anna.place("heading", "Registraties").await?;
    look(anna, "records of a coordinator").await?;
    anna.list_of_region().await?;
    look(anna, "records of a region").await?;
    anna.back_to_region().await?;
    remove(anna, &wil, &mut look).await?;
    for device in [wil, desk, region.anna] {
        device.quit().await?;
    }
    Ok(())
}

/// Two devices by one invitation for one: what both and the coordinator see.
async fn frozen(
    region: &Region,
    look: &mut impl AsyncFnMut(&Browser, &str) -> Result<()>,
) -> Result<()> {
    let anna = &region.anna;
    let link = anna.invite(Invitation::Worker, "Gedeeld").await?;
    let (first, second) = (Device::phone().await?, Device::phone().await?);
    second.open(&link).await?;
    second.see("Wil je meedoen?").await?;
    first.join(&link, "Een").await?;
    second.agree("Twee").await?;
    second.see("Deze uitnodiging werkt niet meer").await?;
    look(&second, "home that is frozen").await?;
    anna.look_until("Laat niemand toe.").await?;
    look(anna, "region with two that are frozen").await?;
    anna.tap_holding("button", "Trek deze uitnodiging in")
        .await?;
    anna.see("De uitnodiging is ingetrokken.").await?;
    anna.see_no_more("Laat niemand toe.").await?;
    first.quit().await?;
    second.quit().await
}

/// A device is removed: what its coordinator is asked, and what it says itself.
async fn remove(
    anna: &Browser,
    wil: &Browser,
    look: &mut impl AsyncFnMut(&Browser, &str) -> Result<()>,
) -> Result<()> {
    anna.tap("button", "Verwijder Wil").await?;
    anna.place("dialog", "Toestel verwijderen?").await?;
    look(anna, "device is removed").await?;
    anna.tap("button", "Verwijder dit toestel").await?;
    anna.see("Verwijderd. De sleutels zijn vernieuwd.").await?;
    look(anna, "region with one removed").await?;
    wil.look_until("Dit toestel hoort niet meer bij de regio")
        .await?;
    look(wil, "home of a removed device").await
}

/// A browser as the inspection leaves it.
async fn narrow(device: Device) -> Result<Device> {
    device.show_on(Screen::NarrowPhone).await?;
    device.text_size(200).await?;
    Ok(device)
}
