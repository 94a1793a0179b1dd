//! A device that counted alone takes part in a region: its records go along, or stay, as its person says; and count, or
//! do not, as a coordinator says.

use anyhow::Result;
use veldpost_journeys::{Device, Inspection, Invitation, PASSPHRASE, Region, Server};

const MISSING: &str = "Kies eerst of ze mee mogen.";

/// Counts two people alone: three records with the round's report.
async fn counted_alone(region: &Region) -> Result<Device> {
    counted_alone_so_many(region, 2).await
}

async fn counted_alone_so_many(region: &Region, people: usize) -> Result<Device> {
    let phone = Device::phone().await?;
    phone.set_up_alone(&region.server).await?;
    phone.begin_round("Centrum").await?;
    phone.count(people).await?;
    phone.kept(people as u64).await?;
    Ok(phone)
}

async fn stop(phone: &Device) -> Result<()> {
    phone.tap("button", "Stop ronde").await?;
    phone.tap("button", "Stop de ronde").await?;
    phone
        .hear("De ronde is gestopt en bewaard op dit toestel.")
        .await
}

/// Opens the invitation where there is a book, up to the question.
async fn to_the_question(phone: &Device, link: &str) -> Result<()> {
    to_the_question_of(phone, link, "2 personen gezien").await
}

async fn to_the_question_of(phone: &Device, link: &str, records: &str) -> Result<()> {
    phone.open(link).await?;
    phone
        .see("Dit toestel heeft al eigen registraties.")
        .await?;
    phone.tap("button", "Ontgrendel om te lezen").await?;
    phone.fill("Je wachtzin", PASSPHRASE).await?;
    phone.tap("button", "Ontgrendel").await?;
    asked_of(phone, records).await
}

/// The report of a round is a record, and nobody.
async fn asked_of(phone: &Device, records: &str) -> Result<()> {
    phone.see("Wil je meedoen?").await?;
    phone
        .see("Mogen de registraties van dit toestel mee naar Twente?")
        .await?;
    phone.see(&format!("Op dit toestel: {records}.")).await
}

async fn choose(phone: &Device, name: &str, choice: &str) -> Result<()> {
    phone.fill("Hoe heet dit toestel", name).await?;
    phone.tap("radio", choice).await?;
    phone.tap("button", "Ik doe mee").await?;
    phone.place("heading", "Start").await.map(|_| ())
}

/// The list, with three records.
async fn lists_three(device: &Device) -> Result<()> {
    device.tap("button", "Mijn registraties").await?;
    device.place("heading", "Mijn registraties").await?;
    device.see("3 registraties").await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_counted_alone_takes_the_records_along() -> Result<()> {
    let region = Region::found().await?;
    let link = region.anna.invite(Invitation::Worker, "Wil").await?;
    let wil = counted_alone(&region).await?;

    // Not in the middle of a round.
    wil.open(&link).await?;
    wil.see("Stop eerst de ronde.").await?;
    wil.tap("button", "Ga verder met tellen").await?;
    stop(&wil).await?;

    to_the_question(&wil, &link).await?;
    let mut inspection = Inspection::new(region.server.built());
    inspection.look(&wil, "may they come along").await?;
    // Nothing is chosen for anybody.
    wil.fill("Hoe heet dit toestel", "Wil").await?;
    wil.tap("button", "Ik doe mee").await?;
    wil.see(MISSING).await?;
    inspection.look(&wil, "nothing was chosen").await?;
    inspection.verdict()?;
    wil.tap("radio", "Ja, neem ze mee").await?;
    wil.tap("button", "Ik doe mee").await?;
    wil.place("heading", "Start").await?;

    // Killed as soon as it is there: it goes on by itself.
    let wil = wil.after_a_kill().await?;
    wil.open(&region.server.url("/")).await?;
    wil.see("Nog niet bevestigd").await?;
    wil.sees_handed_over(3).await?;
    let words = wil.six_words().await?;
    region.anna.admit("Wil", &words).await?;
    wil.look_until("Alles is ontvangen").await?;

    wil.unlock_alone().await?;
    lists_three(&wil).await?;
    wil.see("Ontvangen").await?;
    region.anna.back_to_start().await?;
    // Of the device itself there is nothing; of the region there are three.
    region.anna.tap("button", "Registraties").await?;
    region.anna.place("heading", "Registraties").await?;
    region
        .anna
        .see("Met dit toestel is nog niets vastgelegd.")
        .await?;
    region.anna.list_of_region().await?;
    region.anna.see("3 registraties").await?;
    wil.quit().await?;
    region.anna.quit().await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_the_records_at_home_reads_them_and_sends_none() -> Result<()> {
    let region = Region::found().await?;
    let wil = counted_alone(&region).await?;
    stop(&wil).await?;
    wil.tap("button", "Snel toevoegen").await?;
    wil.add_quickly().await?;
    wil.tap("button", "Terug").await?;

    // A group's devices keep nothing that can be read.
    let group = region.anna.invite(Invitation::Evening, "Vrijdag").await?;
    wil.open(&group).await?;
    wil.tap("button", "Ontgrendel om te lezen").await?;
    wil.fill("Je wachtzin", PASSPHRASE).await?;
    wil.tap("button", "Ontgrendel").await?;
    wil.see("Op dit toestel staan je eigen registraties.")
        .await?;
    wil.tap("button", "Terug").await?;

    let link = region.anna.invite(Invitation::Worker, "Wil").await?;
    wil.open(&link).await?;
    asked_of(&wil, "2 personen gezien en 1 formulier").await?;
    choose(&wil, "Wil", "Nee, laat ze hier").await?;
    wil.see("Nog niet bevestigd").await?;
    let words = wil.six_words().await?;
    region.anna.admit("Wil", &words).await?;
    // What is above goes once it is admitted: before that, what is tapped would move.
    wil.comes_online().await?;
    wil.see_no_more("Nog niet bevestigd").await?;
    wil.tap("button", "Mijn registraties").await?;
    wil.see("4 registraties").await?;
    let link = region.anna.invite(Invitation::Worker, "Nog een").await?;
    wil.open(&link).await?;
    wil.see("Dit toestel doet al mee met een regio.").await?;
    region.anna.tap("button", "Terug").await?;
    region.anna.tap("button", "Registraties").await?;
    region.anna.list_of_region().await?;
    region
        .anna
        .see("Er is nog niets bewaard op dit toestel.")
        .await?;
    wil.quit().await?;
    region.anna.quit().await
}

/// In the tables of whoever coordinates: people who were only seen.
const SEEN_ONLY: &str = "alleen gezien";

#[tokio::test(flavor = "multi_thread")]
async fn a_region_of_one_is_opened_to_others_and_its_count_goes_on() -> Result<()> {
    let server = Server::start_for_regions()?;
    let anna = Device::phone().await?;
    anna.set_up_with_kit(&server).await?;
    anna.begin_round("Centrum").await?;
    anna.count(2).await?;
    anna.kept(2).await?;
    stop(&anna).await?;

    anna.tap("button", "Over dit toestel").await?;
    anna.tap("button", "Begin een regio").await?;
    anna.see("Ontgrendel eerst.").await?;
    anna.tap("button", "Ontgrendel om te lezen").await?;
    anna.fill("Je wachtzin", PASSPHRASE).await?;
    anna.tap("button", "Ontgrendel").await?;
    anna.see("Tot een tweede coördinator meedoet, tel jij gewoon door.")
        .await?;
    let mut inspection = Inspection::new(server.built());
    inspection.look(&anna, "a region of one grows").await?;
    inspection.verdict()?;
    anna.fill("Naam van de regio", "Twente").await?;
    anna.fill("Naam van de telling", "Telling 2026").await?;
    anna.fill("Jouw naam", "Anna").await?;
    anna.tap("button", "Begin een regio").await?;
    anna.place("heading", "De regio").await?;
    anna.look_until("Nog niet klaar").await?;

    // Killed and opened again, it is still the region, and counting goes on.
    let anna = anna.after_a_kill().await?;
    anna.open(&server.url("/")).await?;
    anna.begin_round("Station").await?;
    anna.count(1).await?;
    anna.kept(1).await?;
    stop(&anna).await?;
    anna.unlock_alone().await?;
    anna.to_region().await?;
    anna.look_until("Nog niet klaar").await?;

    let region = Region {
        server,
        anna,
        kit: Vec::new(),
    };
    let bram = region.admit_single(Invitation::Coordinator, "Bram").await?;
    bram.look_until("Er is nog niets om te versturen").await?;
    bram.see("De telling is nog niet begonnen").await?;
    bram.unlock_alone().await?;
    bram.to_region().await?;
    bram.look_for_figure(SEEN_ONLY, "3").await?;
    region.anna.look_for_figure(SEEN_ONLY, "3").await?;
    bram.quit().await?;
    region.anna.quit().await
}

/// On Tabellen: how much of what was counted alone counts there.
fn along(counted: usize, rest: usize) -> String {
    let counts = match (counted, rest) {
        (0, _) => "Ze tellen nu niet mee in deze telling.".to_owned(),
        (_, 0) => "Ze tellen nu mee in deze telling.".to_owned(),
        _ => format!("Daarvan tellen er nu {counted} mee in deze telling."),
    };
    format!(
        "Registraties van wie eerst alleen telde of de telling nog niet kende: {}. {counts}",
        counted + rest
    )
}

const COUNT_WIL: &str = "Tel mee in Telling 2026: Wil";
const TAKE_WIL_BACK: &str = "Toch niet meetellen: Wil";

/// From the region's screen or the first one: this many were seen, and so many of those who were counted alone count.
async fn tables_say(coordinator: &Device, seen: &str, counted: usize) -> Result<()> {
    coordinator.look_for_figure(SEEN_ONLY, seen).await?;
    coordinator.see(&along(counted, 3 - counted)).await
}

/// From the tables: decides on what Wil took along, and comes back to the region's screen.
async fn decide(coordinator: &Device, button: &str, then: &str) -> Result<()> {
    coordinator
        .tap("button", "Beslis over deze registraties")
        .await?;
    coordinator.place("heading", "Bijzonder").await?;
    coordinator.tap("button", button).await?;
    coordinator.look_until(then).await?;
    coordinator.focus_on("Meegenomen registraties").await?;
    coordinator.tap("button", "Terug").await?;
    coordinator.place("heading", "De regio").await.map(|_| ())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_along_counts_once_a_coordinator_says_so() -> Result<()> {
    let (region, bram) = Region::found().await?.open().await?;
    let anna = &region.anna;
    let link = anna.invite(Invitation::Worker, "Wil").await?;
    let wil = counted_alone_so_many(&region, 3).await?;
    stop(&wil).await?;
    to_the_question_of(&wil, &link, "3 personen gezien").await?;
    choose(&wil, "Wil", "Ja, neem ze mee").await?;
    let words = wil.six_words().await?;
    anna.admit("Wil", &words).await?;
    wil.look_until("Alles is ontvangen").await?;

    // Read, and in no table until somebody decides.
    anna.look_until("Bijzonder: 3").await?;
    tables_say(anna, "0", 0).await?;
    let mut inspection = Inspection::new(region.server.built());
    inspection
        .look(anna, "tables without what was taken along")
        .await?;
    anna.tap("button", "Beslis over deze registraties").await?;
    anna.see("Meegenomen registraties").await?;
    let text = anna.text().await?;
    let mut lines = text.lines();
    assert!(lines.any(|line| line.starts_with("Registraties van ") && line.ends_with(": 3.")));
    anna.see("Ze tellen nu niet mee.").await?;
    inspection.look(anna, "taken along, does not count").await?;
    anna.tap("button", COUNT_WIL).await?;
    anna.look_until("Ze tellen mee in Telling 2026.").await?;
    anna.see("Je besluit is vastgelegd.").await?;
    anna.focus_on("Meegenomen registraties").await?;
    inspection.look(anna, "taken along, counts").await?;
    inspection.verdict()?;
    anna.tap("button", "Terug").await?;
    anna.look_until("Bijzonder: 0").await?;
    tables_say(anna, "3", 3).await?;

    // The other coordinator reads the same, and takes it back.
    tables_say(&bram, "3", 3).await?;
    decide(&bram, TAKE_WIL_BACK, "Ze tellen nu niet mee.").await?;
    tables_say(&bram, "0", 0).await?;
    anna.look_until(&along(0, 3)).await?;
    anna.see_fact(SEEN_ONLY, "0").await?;

    // Locked, nothing is said of it; unlocked, it is what it was.
    anna.open(&region.server.url("/")).await?;
    anna.place("heading", "Start").await?;
    anna.tap("button", "Tabellen").await?;
    anna.see("Daarvoor moet je ontgrendelen.").await?;
    assert!(!anna.text().await?.contains("alleen telde"));
    anna.open(&region.server.url("/regio/bijzonder")).await?;
    anna.place("heading", "Bijzonder").await?;
    assert!(!anna.text().await?.contains("Meegenomen registraties"));
    anna.open(&region.server.url("/")).await?;
    anna.unlock_alone().await?;
    tables_say(anna, "0", 0).await?;
    decide(anna, COUNT_WIL, "Ze tellen mee in Telling 2026.").await?;

    // What counted before the lock goes on counting.
    anna.next_stage("Sluit het tellen af").await?;
    anna.see("Nazenden kan nog.").await?;
    anna.next_stage("Vergrendel de telling").await?;
    anna.see("Vergrendeld: wat nu nog komt").await?;
    tables_say(anna, "3", 3).await?;
    bram.look_until(&along(3, 0)).await?;
    bram.see_fact(SEEN_ONLY, "3").await?;
    let zus = who_comes_too_late(&region).await?;
    a_choice_of_two(&region.anna).await?;
    for device in [wil, zus, bram, region.anna] {
        device.quit().await?;
    }
    Ok(())
}

/// On the locked count's tables: a second one takes along what she counted, and a coordinator has to say two things.
async fn who_comes_too_late(region: &Region) -> Result<Device> {
    let anna = &region.anna;
    anna.back_to_region().await?;
    let link = anna.invite(Invitation::Worker, "Zus").await?;
    let zus = counted_alone_so_many(region, 1).await?;
    stop(&zus).await?;
    to_the_question_of(&zus, &link, "1 persoon gezien").await?;
    choose(&zus, "Zus", "Ja, neem ze mee").await?;
    let words = zus.six_words().await?;
    anna.admit("Zus", &words).await?;
    anna.look_until("Bijzonder: 1").await?;
    anna.tap("button", "Bijzonder: 1").await?;
    anna.tap("button", "Tel mee in Telling 2026: Zus").await?;
    anna.look_until("Ze horen nu bij Telling 2026, maar kwamen na het vergrendelen.")
        .await?;
    anna.tap_holding("button", "Laat meetellen").await?;
    anna.confirm("Laten meetellen?", "Laat meetellen").await?;
    anna.see_no_more("kwamen na het vergrendelen").await?;
    anna.tap("button", "Terug").await?;
    anna.look_until("Bijzonder: 0").await?;
    anna.look_for_figure(SEEN_ONLY, "4").await?;
    anna.see(&along(4, 0)).await?;
    Ok(zus)
}

/// On the tables: the count of another night is opened, and what counts for one may count for the other.
async fn a_choice_of_two(anna: &Device) -> Result<()> {
    anna.back_to_region().await?;
    anna.begin_another_count("Telling 2027", "2027-11-26")
        .await?;
    // A third one is not begun beside an open one without a word.
    anna.make_another_count("Telling 2028", "2028-11-24")
        .await?;
    anna.tap("button", "Begin de telling").await?;
    anna.see("Let op: Telling 2027 is ook nog open.").await?;
    anna.confirm("Begin de telling", "Annuleer").await?;
    // Two devices, one of which is asked about again: no two buttons have one name.
    anna.tap("button", "Bijzonder: 0").await?;
    anna.tap("button", TAKE_WIL_BACK).await?;
    anna.place("button", COUNT_WIL).await?;
    let names = anna.names("button").await?;
    let mut distinct = names.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), names.len(), "{names:?}");
    anna.tap("button", "Tel mee in Telling 2027: Wil").await?;
    anna.look_until("Ze tellen mee in Telling 2027.").await?;
    anna.see("Ze tellen mee in Telling 2026.").await?;
    anna.tap("button", "Terug").await?;
    // The tables are those of the later night.
    anna.look_for_figure(SEEN_ONLY, "3").await?;
    anna.see("Daarvan tellen er nu 3 mee in deze telling.")
        .await
}
