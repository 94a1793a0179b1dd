//! A region begins: who founds it waits for a second coordinator; invitations that work, and those that do not.

use anyhow::Result;
use serde_json::json;
use veldpost_journeys::{
    Browser, Device, Invitation, PASSPHRASE, PATIENCE, Region, ServerChoices, eventually,
    eventually_within,
};

const LISTS: &str = "Organisaties, gebieden en namen";

/// One coordinator cannot begin a count, however they try; two can.
#[tokio::test(flavor = "multi_thread")]
async fn no_count_begins_before_a_second_coordinator_is_in() -> Result<()> {
    let region = Region::found().await?;
    region.anna.see("Iedereen oefent nog.").await?;
    // Where lists are changed it says of which count it is the day.
    region.anna.tap("button", LISTS).await?;
    region.anna.see("Teldag van Telling 2026").await?;
    region.anna.tap("button", "Terug").await?;
    region.anna.next_stage("Begin de telling").await?;
    region
        .anna
        .see("Nodig een tweede coördinator uit. Tot die meedoet, begint er geen telling.")
        .await?;
    region.anna.see("Iedereen oefent nog.").await?;
    let (region, bram) = region.open().await?;
    region.anna.see_no_more("Nog niet klaar").await?;
    // Bram records nothing and sent nothing: that he is there is known by what he signed.
    region.anna.look_until("Laatst gehoord:").await?;
    region
        .anna
        .see("Een coördinator die alleen leest, heeft er geen.")
        .await?;
    bram.quit().await?;
    region.anna.quit().await
}

/// What the region and a coordinator are called can be changed, by each of them; the other sees it, and so does a newcomer.
#[tokio::test(flavor = "multi_thread")]
async fn the_names_are_changed_and_the_other_coordinator_sees_them() -> Result<()> {
    let (region, bram) = Region::found().await?.open().await?;
    let anna = &region.anna;
    anna.tap("button", LISTS).await?;
    retype(anna, "Naam van de regio", "").await?;
    retype(anna, "Jouw naam", &"A".repeat(61)).await?;
    anna.tap("button", "Bewaar").await?;
    anna.see("Schrijf op hoe de regio heet.").await?;
    anna.see("Deze naam is te lang.").await?;
    retype(anna, "Naam van de regio", "Oost-Twente").await?;
    retype(anna, "Jouw naam", "Anneke").await?;
    anna.tap("button", "Bewaar").await?;
    anna.see("Oost-Twente").await?;
    anna.see("Anneke (dit toestel)").await?;
    bram.look_until("Anneke").await?;
    bram.see("Oost-Twente").await?;

    // Who came by an invitation too; what somebody else changed stays.
    bram.tap("button", LISTS).await?;
    retype(&bram, "Jouw naam", "Bram de Vries").await?;
    bram.tap("button", "Bewaar").await?;
    bram.see("Bram de Vries (dit toestel)").await?;
    anna.look_until("Bram de Vries").await?;
    anna.see("Oost-Twente").await?;
    anna.see("Anneke (dit toestel)").await?;
    // The device knows it of itself, also where the region does not say it.
    anna.tap("button", LISTS).await?;
    anna.place("textbox", "Jouw naam").await?;
    assert_eq!(typed(anna, "own-name").await?, "Anneke");
    anna.tap("button", "Terug").await?;

    let link = anna.invite(Invitation::Worker, "Voor Wil").await?;
    let wil = Device::phone().await?;
    wil.open(&link).await?;
    wil.see("Wil je meedoen?").await?;
    wil.see("Oost-Twente").await?;
    wil.see("Anneke").await?;
    for device in [wil, bram, region.anna] {
        device.quit().await?;
    }
    Ok(())
}

/// Two coordinators change the lists: neither wipes what the other did, also where both do it without knowing of each other.
#[tokio::test(flavor = "multi_thread")]
async fn two_coordinators_change_the_lists_and_both_changes_stay() -> Result<()> {
    let (mut region, bram) = Region::found().await?.open().await?;
    let anna = &region.anna;
    let (was, areas) = lists(anna).await?;
    bram.tap("button", LISTS).await?;
    bram.place("textbox", "Gebieden").await?;
    retype(
        anna,
        "Organisaties die meetellen",
        &format!("{was}\nLeger des Heils"),
    )
    .await?;
    retype(anna, "Gebieden", &format!("{areas}\nHaven")).await?;
    anna.tap("button", "Bewaar").await?;
    anna.place("heading", "De regio").await?;
    // Bram's form stood open all the while.
    bram.comes_online().await?;
    retype(&bram, "Gebieden", &format!("{areas}\nPark")).await?;
    bram.tap("button", "Bewaar").await?;
    bram.place("heading", "De regio").await?;
    for coordinator in [anna, &bram] {
        both_stand(coordinator, &["Leger des Heils", "Haven", "Park"]).await?;
    }

    let (was, _) = lists(anna).await?;
    lists(&bram).await?;
    region.server.stop().await?;
    // Anna's comes first.
    bram.cut("blob-put").await?;
    let anna = &region.anna;
    retype(
        anna,
        "Organisaties die meetellen",
        &format!("{was}\nHumanitas"),
    )
    .await?;
    anna.tap("button", "Bewaar").await?;
    retype(
        &bram,
        "Organisaties die meetellen",
        &format!("{was}\nVluchtelingenwerk"),
    )
    .await?;
    bram.tap("button", "Bewaar").await?;
    region.server.start_again()?;
    let anna = &region.anna;
    anna.comes_online().await?;
    anna.place("heading", "De regio").await?;
    bram.let_through().await?;
    bram.comes_online().await?;
    bram.see("Een andere coördinator veranderde dit net ook.")
        .await?;
    // Until the other's change has come here.
    eventually_within(PATIENCE * 3, "the lists to be saved", async || {
        bram.comes_online().await?;
        // It may be saved, and the button gone with its screen, before this tap.
        if bram.has("button", "Bewaar").await? {
            let _ = bram.tap("button", "Bewaar").await;
        }
        Ok(bram.has("heading", "De regio").await?.then_some(()))
    })
    .await?;
    for coordinator in [anna, &bram] {
        both_stand(coordinator, &["Humanitas", "Vluchtelingenwerk"]).await?;
    }
    bram.quit().await?;
    region.anna.quit().await
}

/// Opens the lists: the organisations and the areas in them.
async fn lists(browser: &Browser) -> Result<(String, String)> {
    browser.tap("button", LISTS).await?;
    browser.place("textbox", "Gebieden").await?;
    let organisations = typed(browser, "organisations").await?;
    Ok((organisations, typed(browser, "areas").await?))
}

/// Waits until all of these are in the lists, which are opened anew each time; from the region's screen and back to it.
async fn both_stand(browser: &Browser, names: &[&str]) -> Result<()> {
    eventually(&format!("{names:?} in the lists"), async || {
        browser.comes_online().await?;
        let (organisations, areas) = lists(browser).await?;
        browser.tap("button", "Terug").await?;
        browser.place("heading", "De regio").await?;
        let all = [organisations, areas].concat();
        Ok(names.iter().all(|name| all.contains(name)).then_some(()))
    })
    .await
}

/// What is chosen for a round stays chosen when a coordinator's lists come.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_chosen_for_a_round_stays_when_lists_come() -> Result<()> {
    let (region, bram) = Region::found().await?.open().await?;
    bram.quit().await?;
    let anna = &region.anna;
    let link = anna.invite(Invitation::Evening, "Vrijdag").await?;
    let wil = region.admit_of_group(&link, "Wil").await?;
    wil.look_until("Er is nog niets om te versturen").await?;
    wil.tap("button", "Start tellen").await?;
    wil.tap("radio", "In de noodopvang").await?;
    wil.tap("radio", "Zelf gesproken").await?;
    anna.back_to_region().await?;
    let (_, areas) = lists(anna).await?;
    retype(anna, "Gebieden", &format!("{areas}\nHaven")).await?;
    anna.tap("button", "Bewaar").await?;
    anna.place("heading", "De regio").await?;
    wil.look_until("Haven").await?;
    for choice in ["In de noodopvang", "Zelf gesproken"] {
        assert!(wil.is_chosen("radio", choice).await?, "{choice}");
    }
    wil.quit().await?;
    region.anna.quit().await
}

/// Types something else in a field.
async fn retype(browser: &Browser, name: &str, text: &str) -> Result<()> {
    browser.tap("textbox", name).await?;
    browser
        .run("document.activeElement.select()", json!([]))
        .await?;
    browser.press("Backspace").await?;
    browser.paste(text).await
}

/// *Terug* costs nothing that was typed, not the link of an invitation either; that stands in no address.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_is_there_after_going_back() -> Result<()> {
    const NAMES: [(&str, &str, &str); 3] = [
        ("Naam van de regio", "region-name", "Twente"),
        ("Naam van de telling", "campaign-name", "Telling 2026"),
        ("Jouw naam", "own-name", "Cato"),
    ];
    let mut region = Region::found().await?;
    let link = region.anna.invite(Invitation::Worker, "Voor Cato").await?;
    let cato = Device::phone().await?;
    cato.open(&region.server.url("/")).await?;
    cato.worker_complete().await?;
    cato.tap("button", "Begin een regio").await?;
    for (label, _, name) in NAMES {
        cato.fill(label, name).await?;
    }
    cato.tap("checkbox", "Gezondheid").await?;
    cato.tap("button", "Terug").await?;
    cato.see("Welkom bij Veldpost").await?;
    cato.tap("button", "Begin een regio").await?;
    cato.place("checkbox", "Gezondheid").await?;
    assert!(cato.is_chosen("checkbox", "Gezondheid").await?);
    assert!(!cato.is_chosen("checkbox", "Gevangenis").await?);
    cato.fill("Organisaties die meetellen", "Straatteam")
        .await?;
    cato.fill("Gebieden", "Centrum").await?;
    cato.tap("button", "Volgende").await?;
    cato.see("Je wachtzin").await?;
    cato.tap("button", "Terug").await?;
    cato.place("textbox", "Gebieden").await?;
    for (_, id, name) in NAMES {
        assert_eq!(typed(&cato, id).await?, name);
    }
    assert_eq!(typed(&cato, "areas").await?, "Centrum");
    cato.tap("button", "Terug").await?;

    region.server.stop().await?;
    cato.tap("button", "Ik heb een uitnodiging").await?;
    cato.fill("Link van de uitnodiging", &link).await?;
    cato.tap("button", "Volgende").await?;
    cato.see("Er is nu geen verbinding.").await?;
    cato.tap("button", "Terug").await?;
    cato.see("Welkom bij Veldpost").await?;
    cato.tap("button", "Ik heb een uitnodiging").await?;
    cato.place("textbox", "Link van de uitnodiging").await?;
    assert_eq!(typed(&cato, "link").await?, link);
    let address = cato.run("return location.href", json!([])).await?;
    assert_eq!(address, region.server.url("/"));
    region.server.start_again()?;
    cato.tap("button", "Volgende").await?;
    cato.see("Wil je meedoen?").await?;
    cato.agree("Cato").await?;
    cato.see("Nog niet bevestigd").await?;
    for device in [cato, region.anna] {
        device.quit().await?;
    }
    Ok(())
}

/// What stands in a field.
async fn typed(browser: &Browser, id: &str) -> Result<String> {
    let value = "return document.getElementById(arguments[0]).value";
    let value = browser.run(value, json!([id])).await?;
    Ok(serde_json::from_value(value)?)
}

/// The tables are opened from two screens: *Terug* leads to the one that it was, after Back, a reload and an unlock too.
#[tokio::test(flavor = "multi_thread")]
async fn back_leads_from_the_tables_to_where_they_were_opened() -> Result<()> {
    let Region { server, anna, .. } = Region::found().await?;
    let tables = async || {
        anna.tap("button", "Tabellen").await?;
        anna.place("heading", "Tabellen").await
    };
    let back_to = async |heading| {
        anna.tap("button", "Terug").await?;
        anna.place("heading", heading).await
    };
    tables().await?;
    back_to("De regio").await?;
    // The browser's own Back goes through them again, and they still know.
    anna.run("history.back()", json!([])).await?;
    anna.place("heading", "Tabellen").await?;
    back_to("De regio").await?;
    tables().await?;
    anna.run("history.back()", json!([])).await?;
    anna.place("heading", "De regio").await?;

    // A reload locks; who unlocks from here comes back here.
    tables().await?;
    anna.reload().await?;
    anna.see("Daarvoor moet je ontgrendelen.").await?;
    anna.tap("button", "Ontgrendel om te lezen").await?;
    anna.fill("Je wachtzin", PASSPHRASE).await?;
    anna.tap("button", "Ontgrendel").await?;
    anna.place("heading", "Tabellen").await?;
    anna.see("Tabel 1").await?;
    back_to("De regio").await?;
    anna.tap("button", "Terug").await?;
    anna.place("heading", "Start").await?;
    tables().await?;
    back_to("Start").await?;
    // Nobody led to a screen whose address was typed.
    anna.open(&server.url("/tabellen")).await?;
    anna.place("heading", "Tabellen").await?;
    back_to("Start").await?;
    anna.quit().await
}

/// Two devices by one invitation for one: both sides show it, and nobody comes in by it.
#[tokio::test(flavor = "multi_thread")]
async fn two_devices_by_one_single_invitation_are_frozen_on_both_sides() -> Result<()> {
    const FROZEN: &str = "Deze uitnodiging werkt niet meer";
    let region = Region::found().await?;
    let link = region.anna.invite(Invitation::Worker, "Voor Wil").await?;
    let (wil, thief) = (Device::phone().await?, Device::phone().await?);
    // Both have read the link before either agrees: the relay sees two.
    wil.open(&link).await?;
    wil.see("Wil je meedoen?").await?;
    thief.join(&link, "Iemand anders").await?;
    thief.see("Lees deze zes woorden voor").await?;
    wil.agree("Wil").await?;
    wil.see(FROZEN).await?;
    region
        .anna
        .look_until("Er kwam meer dan één toestel met deze uitnodiging.")
        .await?;
    let offered = region.anna.names("button").await?;
    assert!(
        !offered.iter().any(|name| name.contains("laat Wil toe")),
        "{offered:?}"
    );
    thief.comes_online().await?;
    thief.see(FROZEN).await?;
    region
        .anna
        .tap_holding("button", "Trek deze uitnodiging in")
        .await?;
    region.anna.see("De uitnodiging is ingetrokken.").await?;

    // By another invitation it is let in all the same, once it begins again.
    let link = region.anna.invite(Invitation::Worker, "Opnieuw").await?;
    wil.open(&link).await?;
    wil.see("Dit toestel heeft met een andere uitnodiging gevraagd")
        .await?;
    wil.tap("button", "Opnieuw beginnen").await?;
    wil.see("Dit toestel is nog niet toegelaten").await?;
    wil.tap("button", "Begin opnieuw").await?;
    wil.confirm("Opnieuw beginnen?", "Ja, begin opnieuw")
        .await?;
    wil.see("Welkom bij Veldpost").await?;
    wil.join(&link, "Wil").await?;
    let words = wil.six_words().await?;
    region.anna.admit("Wil", &words).await?;

    // One that is withdrawn before its device was let in says so there too.
    let link = region.anna.invite(Invitation::Worker, "Voor Vera").await?;
    let vera = Device::phone().await?;
    vera.join(&link, "Vera").await?;
    region.anna.tap("button", "Nodig iemand uit").await?;
    region
        .anna
        .tap("button", "Trek deze uitnodiging in: Voor Vera")
        .await?;
    region.anna.see("De uitnodiging is ingetrokken.").await?;
    vera.look_until(FROZEN).await?;
    for device in [wil, thief, vera, region.anna] {
        device.quit().await?;
    }
    Ok(())
}

/// What is wrong with an invitation is said, with what to do; nothing is kept.
#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_that_does_not_work_says_why() -> Result<()> {
    let region = Region::found().await?;
    let link = region.anna.invite(Invitation::Worker, "Voor Wil").await?;
    let wil = Device::phone().await?;
    wil.join(&link, "Wil").await?;
    let words = wil.six_words().await?;
    region.anna.admit("Wil", &words).await?;
    wil.quit().await?;

    let ended = region.anna.invite(Invitation::Worker, "Vergissing").await?;
    region.anna.tap("button", "Nodig iemand uit").await?;
    region.anna.see("Vergissing").await?;
    region
        .anna
        .tap_holding("button", "Trek deze uitnodiging in")
        .await?;
    region.anna.see("De uitnodiging is ingetrokken.").await?;

    let other = Region::found().await?;
    let elsewhere = other.anna.invite(Invitation::Worker, "Elders").await?;
    let (_, of_other) = elsewhere.split_once('#').unwrap_or_default();
    let (here, _) = link.split_once('#').unwrap_or_default();
    let moved = format!("{here}#{of_other}");
    let cut = link.get(..link.len() - 20).unwrap_or_default();

    let phone = Device::phone().await?;
    phone.open(&link).await?;
    refused(&phone, "Deze uitnodiging is al gebruikt.").await?;
    for (link, words) in [
        (ended.as_str(), "Deze uitnodiging is ingetrokken."),
        (&moved, "Op dit adres is deze regio niet bekend."),
        ("https://voorbeeld.nl/", NOT_A_LINK),
        ("kom je ook?", NOT_A_LINK),
        (cut, NOT_A_LINK),
    ] {
        phone.tap("button", "Probeer een andere link").await?;
        phone.fill("Link van de uitnodiging", link).await?;
        phone.tap("button", "Volgende").await?;
        refused(&phone, words).await?;
    }
    // Nothing was kept: the next start is the first.
    phone.open(&region.server.url("/")).await?;
    phone.see("Welkom bij Veldpost").await?;
    for device in [phone, region.anna, other.anna] {
        device.quit().await?;
    }
    Ok(())
}

/// The relay's clock goes three days ahead, further than an evening's invitation holds. Every phone's stays: the relay's
/// is the one that counts.
async fn three_days_later(region: &mut Region) -> Result<()> {
    let later = ServerChoices {
        founding: true,
        days_ahead: 3,
        ..ServerChoices::default()
    };
    region.server.restart_with(later).await
}

/// Opened after its time, an evening's invitation says so, and what to do; one that holds for longer is still offered.
#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_that_has_expired_says_so() -> Result<()> {
    let mut region = Region::found().await?;
    let evening = region.anna.invite(Invitation::Evening, "Vrijdag").await?;
    let worker = region.anna.invite(Invitation::Worker, "Voor Wil").await?;
    let phone = Device::phone().await?;
    phone.open(&evening).await?;
    phone.see("Wil je meedoen?").await?;

    three_days_later(&mut region).await?;
    phone.open(&region.server.url("/")).await?;
    phone.see("Welkom bij Veldpost").await?;
    phone.open(&evening).await?;
    refused(&phone, EXPIRED).await?;
    phone.see(ASK_FOR_ANOTHER).await?;
    phone.tap("button", "Probeer een andere link").await?;
    phone.fill("Link van de uitnodiging", &worker).await?;
    phone.tap("button", "Volgende").await?;
    phone.see("Wil je meedoen?").await?;
    // Nothing was kept: the next start is the first.
    phone.open(&region.server.url("/")).await?;
    phone.see("Welkom bij Veldpost").await?;
    phone.quit().await?;
    region.anna.quit().await
}

/// Its time ends between reading and agreeing: the device is told all the same, and keeps what it has.
#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_that_expires_while_it_is_read_says_so() -> Result<()> {
    let mut region = Region::found().await?;
    let link = region.anna.invite(Invitation::Evening, "Vrijdag").await?;
    let phone = Device::phone().await?;
    phone.open(&link).await?;
    phone.see("Wil je meedoen?").await?;
    three_days_later(&mut region).await?;
    phone.agree("Wil").await?;
    phone.see(EXPIRED).await?;
    phone.see(ASK_FOR_ANOTHER).await?;
    phone.see(STILL_HERE).await?;
    phone.quit().await?;
    region.anna.quit().await
}

const STILL_HERE: &str = "Wat je hebt ingevuld, staat nog op dit toestel.";
const EXPIRED: &str = "Deze uitnodiging is verlopen.";
const ASK_FOR_ANOTHER: &str = "Vraag de coördinator om een nieuwe uitnodiging.";
const NOT_A_LINK: &str = "Dit is geen uitnodiging, of er ontbreekt een stuk.";

async fn refused(phone: &Device, words: &str) -> Result<()> {
    phone.see(words).await?;
    phone.see("Meedoen lukt niet").await?;
    phone.see("Er is niets bewaard op dit toestel.").await
}
