//! Who is in a region changes: a device is removed, a phone comes too late, a coordinator comes back by the code on paper.

use anyhow::Result;
use serde_json::json;
use veldpost_journeys::{Browser, Device, Evening, Invitation, Keyboard, Region, eventually};

const SEEN_ONLY: &str = "alleen gezien";
const NEW_LISTS: &str = "Er zijn nieuwe lijsten. Die komen na het ontgrendelen.";
const REMOVED: &str = "Dit toestel hoort niet meer bij de regio";

/// A worker and a coordinator are removed: both say so and offer nothing; what comes later is not for them.
#[tokio::test(flavor = "multi_thread")]
async fn a_removed_device_says_so_and_reads_nothing_that_comes_later() -> Result<()> {
    let (region, bram) = Region::found().await?.open().await?;
    let wil = region.admit_single(Invitation::Worker, "Wil").await?;
    let zus = region.admit_single(Invitation::Worker, "Zus").await?;
    for phone in [&wil, &zus] {
        phone.look_until("Er is nog niets om te versturen").await?;
        phone.tap("button", "Snel toevoegen").await?;
        phone.add_quickly().await?;
        phone.tap("button", "Terug").await?;
        phone.comes_online().await?;
    }
    bram.look_for_figure("formulieren", "2").await?;
    bram.back_to_region().await?;
    region.anna.look_for_figure("formulieren", "2").await?;
    region.anna.back_to_region().await?;

    remove(&region.anna, "Wil").await?;
    gone(&wil).await?;
    // The keys are new. Who stays reads under them after an unlock, and a locked phone says so.
    zus.look_until(NEW_LISTS).await?;
    zus.unlock_alone().await?;
    zus.see_no_more(NEW_LISTS).await?;
    zus.comes_online().await?;
    zus.tap("button", "Vergrendel").await?;
    zus.place("button", "Ontgrendel om te lezen").await?;
    assert!(!zus.text().await?.contains(NEW_LISTS));
    remove(&region.anna, "Bram").await?;
    bram.tap("button", "Terug").await?;
    gone(&bram).await?;
    let held = bram.rows("veldpost", "originals").await?.len();
    assert!(held > 0, "a coordinator holds what came");

    // Under keys that neither has.
    zus.tap("button", "Snel toevoegen").await?;
    zus.add_quickly().await?;
    zus.tap("button", "Terug").await?;
    zus.comes_online().await?;
    region.anna.look_for_figure("formulieren", "3").await?;
    bram.comes_online().await?;
    bram.open(&region.server.url("/tabellen")).await?;
    bram.place("button", "Terug").await?;
    let text = bram.text().await?;
    assert!(!text.contains("Tabel 1"), "{text}");
    bram.open(&region.server.url("/")).await?;
    gone(&bram).await?;
    assert_eq!(bram.rows("veldpost", "originals").await?.len(), held);
    // What they had sent before still counts; nothing of them is odd.
    region.anna.back_to_region().await?;
    region.anna.see("Bijzonder: 0").await?;
    for device in [wil, zus, bram, region.anna] {
        device.quit().await?;
    }
    Ok(())
}

/// Keys are new after a removal, also for who has no passphrase to unlock with: a phone of an evening hears of the count of
/// another night.
#[tokio::test(flavor = "multi_thread")]
async fn a_phone_of_an_evening_hears_of_a_new_count_after_a_removal() -> Result<()> {
    const OVER: &str = "De telling is afgesloten";
    let Evening {
        region, bram, wil, ..
    } = Evening::begin(1).await?;
    let zus = region.admit_single(Invitation::Worker, "Zus").await?;
    remove(&region.anna, "Zus").await?;
    region.anna.look_for_figure(SEEN_ONLY, "1").await?;
    region.anna.back_to_region().await?;
    region.anna.next_stage("Sluit het tellen af").await?;
    region.anna.see("Nazenden kan nog.").await?;
    assert_eq!(region.anna.silent().await?, ["Tactus"]);
    region.anna.next_stage("Vergrendel de telling").await?;
    region.anna.see("Vergrendeld: wat nu nog komt").await?;
    wil.tap("button", "Terug").await?;
    wil.look_until(OVER).await?;
    region
        .anna
        .begin_another_count("Telling 2027", "2027-11-26")
        .await?;
    wil.look_until_gone(OVER).await?;

    // Its tables stand while the other night is counted, before there is a result.
    region.anna.look_for_figure(SEEN_ONLY, "0").await?;
    region.anna.tap_holding("button", "Toon Telling").await?;
    region
        .anna
        .see("De uitkomst is nog niet vastgesteld.")
        .await?;
    region.anna.see_fact(SEEN_ONLY, "1").await?;

    // What came for the one night says nothing of the other.
    region.anna.back_to_region().await?;
    region.anna.next_stage("Sluit het tellen af").await?;
    region.anna.see("Nazenden kan nog.").await?;
    assert_eq!(region.anna.silent().await?, ["Straatteam", "Tactus"]);
    for device in [wil, zus, bram, region.anna] {
        device.quit().await?;
    }
    Ok(())
}

/// A link leaked: what came by it goes out of the tables, and comes back when that was a mistake.
#[tokio::test(flavor = "multi_thread")]
async fn what_came_by_an_invitation_is_taken_out_and_put_back() -> Result<()> {
    let Evening {
        region,
        bram,
        wil,
        link,
    } = Evening::begin(2).await?;
    let anna = &region.anna;
    let steps = [
        (
            "Haal alles hiervan uit de tabellen",
            "Uit de tabellen halen?",
            "0",
        ),
        (
            "Laat alles hiervan weer meetellen",
            "Weer laten meetellen?",
            "2",
        ),
    ];
    anna.look_for_figure(SEEN_ONLY, "2").await?;
    for (act, question, figure) in steps {
        anna.back_to_region().await?;
        anna.tap("button", "Nodig iemand uit").await?;
        anna.tap("button", &format!("{act}: Vrijdag")).await?;
        anna.see("Uitnodiging: Vrijdag.").await?;
        anna.confirm(question, act).await?;
        let taken_out = "Wat hiermee kwam, telt niet mee.";
        match figure {
            "0" => anna.see(taken_out).await?,
            _ => anna.look_until_gone(taken_out).await?,
        };
        anna.tap("button", "Terug").await?;
        anna.look_for_figure(SEEN_ONLY, figure).await?;
    }
    // That was no word for what is still to come: whoever else has the link counts only once admitted.
    let zus = Device::phone().await?;
    zus.join(&link, "Zus").await?;
    zus.begin_round("Centrum").await?;
    zus.count(1).await?;
    zus.kept(1).await?;
    zus.comes_online().await?;
    anna.back_to_region().await?;
    anna.look_until("Bijzonder: 3").await?;
    anna.look_for_figure(SEEN_ONLY, "2").await?;
    for device in [wil, zus, bram, region.anna] {
        device.quit().await?;
    }
    Ok(())
}

/// Of a group only those are admitted who are ticked; who is left out stays in the list, and is not admitted later by accident.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_left_out_of_a_group_stays_in_the_list() -> Result<()> {
    let region = Region::found().await?;
    let anna = &region.anna;
    let link = anna.invite(Invitation::Evening, "Vrijdag").await?;
    let (wil, zus, mo) = (
        Device::phone().await?,
        Device::phone().await?,
        Device::phone().await?,
    );
    wil.join(&link, "Wil").await?;
    zus.join(&link, "Zus").await?;
    anna.look_until("Laat 2 toestellen toe").await?;
    for name in ["Wil", "Zus"] {
        assert!(anna.is_chosen("checkbox", name).await?, "{name}");
    }
    let rows = anna.targets().await?.into_iter();
    let rows: Vec<_> = rows.filter(|it| it.name.contains("Vrijdag,")).collect();
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert!(rows.iter().all(|it| it.place.height >= 56.0), "{rows:?}");

    // By the keys, while a third one comes: what was unticked stays so, and the keys stay where they are.
    let mut keys = Keyboard::new(anna);
    keys.to("checkbox", "Wil").await?;
    anna.press(" ").await?;
    anna.see("Laat 1 toestel toe").await?;
    keys.to("checkbox", "Zus").await?;
    anna.press(" ").await?;
    anna.see("Laat 0 toestellen toe").await?;
    keys.enter("button", "Laat 0 toestellen toe").await?;
    anna.see("Zet een vinkje bij wie je toelaat.").await?;
    keys.back_to("checkbox", "Wil").await?;
    anna.press(" ").await?;
    anna.see_no_more("Zet een vinkje bij wie je toelaat.")
        .await?;
    mo.join(&link, "Mo").await?;
    anna.look_until("Laat 2 toestellen toe").await?;
    assert_eq!(anna.focused().await?.0, "checkbox");
    assert!(!anna.is_chosen("checkbox", "Zus").await?);
    keys.verdict()?;
    anna.tap("button", "Laat 2 toestellen toe").await?;
    anna.see("Toegelaten.").await?;

    for phone in [&wil, &mo] {
        phone.look_until("De telling is nog niet begonnen").await?;
        phone.see_no_more("Nog niet bevestigd").await?;
    }
    anna.see_no_more("Laat 2 toestellen toe").await?;
    anna.see("Laat 0 toestellen toe").await?;
    anna.tap("button", "Terug").await?;
    anna.to_region().await?;
    anna.place("checkbox", "Zus").await?;
    assert!(!anna.is_chosen("checkbox", "Zus").await?);
    zus.comes_online().await?;
    zus.see("Nog niet bevestigd").await?;
    anna.tap("checkbox", "Zus").await?;
    anna.tap("button", "Laat 1 toestel toe").await?;
    anna.see_no_more("Via een groepsuitnodiging").await?;
    zus.look_until_gone("Nog niet bevestigd").await?;
    for device in [wil, zus, mo, region.anna] {
        device.quit().await?;
    }
    Ok(())
}

async fn remove(anna: &Browser, name: &str) -> Result<()> {
    anna.tap("button", &format!("Verwijder {name}")).await?;
    anna.confirm("Toestel verwijderen?", "Verwijder dit toestel")
        .await?;
    anna.see("Verwijderd. De sleutels zijn vernieuwd.").await
}

/// It says so, and neither counts nor reads.
async fn gone(device: &Browser) -> Result<()> {
    device.look_until(REMOVED).await?;
    let offered = device.names("button").await?;
    for gone in [
        "Start tellen",
        "Nieuwe registratie",
        "Snel toevoegen",
        "Niemand geteld melden",
        "Ontgrendel om te lezen",
        "Vergrendel",
        "Tabellen",
        "De regio",
    ] {
        assert!(!offered.contains(&gone.to_owned()), "{gone}: {offered:?}");
    }
    Ok(())
}

/// A phone that was without a network when the count was locked: what it had is kept, shown, and counts by a person's word.
#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_comes_after_the_lock_loses_nothing() -> Result<()> {
    let (mut region, bram) = Region::found().await?.open().await?;
    let wil = region.admit_single(Invitation::Worker, "Wil").await?;
    wil.look_until("Er is nog niets om te versturen").await?;
    wil.worker_complete().await?;
    wil.begin_round("Centrum").await?;
    wil.count(2).await?;
    wil.kept(2).await?;
    wil.comes_online().await?;
    region.anna.look_for_figure(SEEN_ONLY, "2").await?;
    bram.look_for_figure(SEEN_ONLY, "2").await?;
    region.server.stop().await?;
    wil.count(3).await?;
    wil.kept(5).await?;
    let wil = wil.put_away().await?;
    region.server.start_again()?;

    let anna = &region.anna;
    anna.back_to_region().await?;
    anna.comes_online().await?;
    anna.next_stage("Sluit het tellen af").await?;
    anna.see("Nazenden kan nog.").await?;
    anna.next_stage("Vergrendel de telling").await?;
    anna.see("Vergrendeld: wat nu nog komt, is nagekomen.")
        .await?;

    let wil = Device::on(wil).await?;
    wil.open(&region.server.url("/")).await?;
    wil.look_until("De telling is afgesloten").await?;
    wil.see("Het wordt bewaard en verzonden, maar staat niet meer in de tabellen.")
        .await?;
    wil.see("3 registraties zijn overgezet.").await?;
    anna.look_until("Bijzonder: 3").await?;
    anna.look_for_figure(SEEN_ONLY, "2").await?;
    bram.comes_online().await?;
    bram.back_to_region().await?;
    bram.look_until("Bijzonder: 3").await?;
    bram.look_for_figure(SEEN_ONLY, "2").await?;
    // Received it is, by both, though it does not count.
    wil.look_until("Alles is ontvangen").await?;

    anna.back_to_region().await?;
    anna.tap("button", "Bijzonder: 3").await?;
    anna.see("Berichten van na het vergrendelen: 3.").await?;
    anna.tap_holding("button", "Laat meetellen").await?;
    anna.confirm("Laten meetellen?", "Laat meetellen").await?;
    anna.see("Dit telt nu mee.").await?;
    anna.tap("button", "Terug").await?;
    anna.look_for_figure(SEEN_ONLY, "5").await?;
    bram.back_to_region().await?;
    bram.look_for_figure(SEEN_ONLY, "5").await?;

    // Another coordinator takes that back: they are late again for both, and may count once more.
    bram.back_to_region().await?;
    bram.tap("button", "Bijzonder: 0").await?;
    bram.see("Berichten die zo meetellen: 3.").await?;
    bram.tap("button", "Neem dit terug: Wil").await?;
    bram.see("Teruggenomen.").await?;
    bram.see("Berichten van na het vergrendelen: 3.").await?;
    bram.see_no_more("Alsnog meegeteld").await?;
    let held = "return document.activeElement.className";
    eventually("the focus on how it went", async || {
        Ok((bram.run(held, json!([])).await? == "hint outcome").then_some(()))
    })
    .await?;
    bram.tap("button", "Terug").await?;
    bram.look_for_figure(SEEN_ONLY, "2").await?;
    region.anna.look_for_fact(SEEN_ONLY, "2").await?;
    bram.back_to_region().await?;
    bram.tap("button", "Bijzonder: 3").await?;
    bram.tap_holding("button", "Laat meetellen").await?;
    bram.confirm("Laten meetellen?", "Laat meetellen").await?;
    bram.see("Berichten die zo meetellen: 3.").await?;
    region.anna.look_for_fact(SEEN_ONLY, "5").await?;

    // Taken out as a whole, what was let count goes too; put back, it is late as it was.
    bram.tap("button", "Terug").await?;
    bram.tap("button", "Haal uit de tabellen: Wil").await?;
    bram.confirm("Uit de tabellen halen?", "Haal uit de tabellen")
        .await?;
    bram.see("Wat van dit toestel kwam, telt niet mee.").await?;
    region.anna.look_for_fact(SEEN_ONLY, "0").await?;
    bram.tap("button", "Laat weer meetellen: Wil").await?;
    region.anna.look_for_fact(SEEN_ONLY, "2").await?;
    bram.see("Bijzonder: 3").await?;
    for device in [wil, bram, region.anna] {
        device.quit().await?;
    }
    Ok(())
}

/// The laptop is gone; the code on paper brings the region back in a fresh browser, with the same tables, also where another
/// coordinator removes that laptop while the new code is being printed.
#[tokio::test(flavor = "multi_thread")]
async fn a_coordinator_comes_back_by_the_code_on_paper() -> Result<()> {
    let (region, bram) = Region::found().await?.open().await?;
    let wil = region.admit_single(Invitation::Worker, "Wil").await?;
    wil.look_until("Er is nog niets om te versturen").await?;
    wil.tap("button", "Snel toevoegen").await?;
    wil.add_quickly().await?;
    wil.tap("button", "Terug").await?;
    wil.begin_round("Centrum").await?;
    wil.count(3).await?;
    wil.kept(3).await?;
    wil.comes_online().await?;
    region.anna.look_for_figure(SEEN_ONLY, "3").await?;
    region.anna.see_fact("formulieren", "1").await?;
    let table = region.anna.table("Tabel 1").await?;
    let Region {
        server, anna, kit, ..
    } = region;
    anna.quit().await?;

    let again = Device::laptop().await?;
    let new = again.recover_to_passphrase(&server, &kit, "Anna weer");
    let new = new.await?;
    remove(&bram, "Anna").await?;
    again.end_recovering().await?;
    again.unlock_alone().await?;
    again.to_region().await?;
    again.look_until("Er wordt geteld.").await?;
    again.look_until("Anna weer").await?;
    again.look_for_figure(SEEN_ONLY, "3").await?;
    again.see_fact("formulieren", "1").await?;
    assert_eq!(again.table("Tabel 1").await?, table);
    // Under the new keys the count goes on.
    wil.comes_online().await?;
    wil.count(1).await?;
    wil.kept(4).await?;
    wil.comes_online().await?;
    again.tap("button", "Terug").await?;
    again.look_for_figure(SEEN_ONLY, "4").await?;

    // The old paper opens nothing any more.
    let late = Device::laptop().await?;
    late.type_kit(&server, &kit).await?;
    late.see("Deze code is vervangen door een nieuwere.")
        .await?;
    late.type_kit(&server, &new).await?;
    late.see("De regio is gevonden.").await?;
    for device in [late, wil, bram, again] {
        device.quit().await?;
    }
    Ok(())
}
