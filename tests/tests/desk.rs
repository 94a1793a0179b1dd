//! An organisation's desk: twenty people by keyboard alone, and what becomes of them.

use anyhow::{Result, bail, ensure};
use serde_json::json;
use veldpost_journeys::{Browser, Device, Invitation, Keyboard, Region, eventually};

/// So many keystrokes are enough for a person.
const ENOUGH: u64 = 30;
const PEOPLE: usize = 20;

/// Twenty people and a "0 geteld" without a mouse; the list's totals are right, and all arrive.
#[tokio::test(flavor = "multi_thread")]
async fn a_desk_enters_twenty_people_by_keyboard_alone() -> Result<()> {
    let (region, bram) = Region::found().await?.open().await?;
    let link = region
        .anna
        .invite_of(Invitation::Desk, "Balie", Some("Tactus"))
        .await?;
    let desk = Device::laptop().await?;
    desk.join(&link, "Balie").await?;
    region.anna.admit_group(1).await?;
    desk.look_until("Er is nog niets om te versturen").await?;

    let mut keyboard = Keyboard::new(&desk);
    keyboard.enter("button", "Volgende persoon").await?;
    desk.see("Balie van Tactus").await?;
    count_keys(&desk).await?;
    let mut strokes = Vec::new();
    for number in 1..=PEOPLE {
        strokes.push(person(&desk, number).await?);
    }
    let most = strokes.iter().max().copied().unwrap_or(u64::MAX);
    assert!(most <= ENOUGH, "a person takes {most}: {strokes:?}");
    desk.see_fact("Personen vandaag", "20").await?;

    keyboard.back_to("button", "Terug").await?;
    desk.press("Enter").await?;
    keyboard.at("Start").await?;
    keyboard.enter("button", "Niemand geteld melden").await?;
    keyboard.at("Niemand geteld melden").await?;
    keyboard.enter("button", "Bewaar: 0 geteld").await?;
    keyboard.at("Mijn registraties").await?;
    desk.see("0 geteld").await?;
    keyboard.enter("button", "Terug").await?;
    keyboard.at("Start").await?;
    keyboard.verdict()?;
    desk.see_fact("Personen vandaag", "20").await?;

    for coordinator in [&region.anna, &bram] {
        coordinator.look_for_figure("formulieren", "20").await?;
        coordinator.see_fact("personen", "20").await?;
    }
    // With both it is received, and a shared computer tells nothing of anybody any more.
    desk.look_until("Alles is ontvangen").await?;
    desk.see_fact("Ontvangen", "20").await?;
    desk.see_fact("Nog onderweg", "0").await?;
    let text = desk.text().await?;
    assert!(text.contains("Nummer 20"), "{text}");
    assert!(!text.contains("27 tot 35"), "{text}");
    // "0 geteld" is an answer of Tactus, and no person.
    region.anna.back_to_start().await?;
    region.anna.tap("button", "Registraties").await?;
    region.anna.list_of_region().await?;
    region.anna.see("0 geteld").await?;
    for device in [desk, bram, region.anna] {
        device.quit().await?;
    }
    Ok(())
}

/// Whoever finds the computer later reads nothing of a form that was left there, and half a form is still a person: it arrives, as
/// unfinished, once another is begun, with *Verberg*, and at a start after an hour.
#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_was_left_at_a_desk_goes_out_as_it_is() -> Result<()> {
    const LEFT: &str = "Je was nog bezig";
    const CHILDREN: &str = "Zijn er kinderen bij?";
    const AN_HOUR_LATER: &str = "{ const Real = Date; window.Date = class extends Real { \
        constructor(...given) { if (given.length) super(...given); else super(Real.now() + 3_700_000); } \
        static now() { return Real.now() + 3_700_000; } }; }";
    let (region, bram) = Region::found().await?.open().await?;
    let desk = Invitation::Desk;
    let link = region.anna.invite_of(desk, "Balie", Some("Tactus")).await?;
    let desk = Device::laptop().await?;
    desk.join(&link, "Balie").await?;
    region.anna.admit_group(1).await?;
    desk.look_until("Er is nog niets om te versturen").await?;
    let begin = async |desk: &Browser| {
        desk.tap("button", "Volgende persoon").await?;
        desk.see("Balie van Tactus").await?;
        desk.answer("Waar slaapt deze persoon?", "Bij familie of vrienden")
            .await
    };

    begin(&desk).await?;
    desk.tap("button", "Terug").await?;
    desk.see(LEFT).await?;
    desk.see("Dan gaat hij onaf naar de coördinator").await?;
    begin(&desk).await?;
    desk.hear("onaf bewaard voor de coördinator").await?;
    desk.tap("button", "Terug").await?;
    desk.see_fact("Personen vandaag", "1").await?;
    // The newer one is still offered, and only that.
    desk.tap("button", "Ga verder").await?;
    desk.tap("button", "Verberg").await?;
    desk.see("Notities").await?;
    desk.open(&region.server.url("/")).await?;
    desk.see_fact("Personen vandaag", "2").await?;
    desk.see_no_more(LEFT).await?;

    begin(&desk).await?;
    // What cannot be read as an answer yet goes along, and what was taken back does not.
    desk.tap("button", "Meer vragen").await?;
    desk.answer("Hoe weet je dit?", "Zelf gesproken").await?;
    desk.answer("In welke gemeente slaapt deze persoon?", "Enschede")
        .await?;
    desk.tap("button", "Volgende").await?;
    desk.answer(CHILDREN, "Meer").await?;
    desk.fill("Hoeveel kinderen zijn erbij?", "vijf").await?;
    desk.answer(CHILDREN, "0").await?;
    desk.fill(
        "Geboortejaar, als je het weet (niet verplicht)",
        "negentien",
    )
    .await?;
    desk.tap("button", "Terug").await?;
    desk.tap("button", "Terug").await?;
    desk.see(LEFT).await?;
    let desk = desk.after_a_kill().await?;
    desk.before_each_page(AN_HOUR_LATER).await?;
    desk.open(&region.server.url("/")).await?;
    desk.see_fact("Personen vandaag", "3").await?;
    desk.see_no_more(LEFT).await?;
    desk.look_until("Alles is").await?;

    let anna = &region.anna;
    anna.look_for_figure("formulieren", "3").await?;
    anna.back_to_start().await?;
    anna.tap("button", "Registraties").await?;
    anna.list_of_region().await?;
    anna.tap_holding("button", ", onaf").await?;
    anna.see("Geboortejaar, als je het weet (niet verplicht): negentien")
        .await?;
    ensure!(!anna.text().await?.contains("vijf"), "it was taken back");
    for device in [desk, bram, region.anna] {
        device.quit().await?;
    }
    Ok(())
}

/// One person, from the first question to the next person; gives the number of keystrokes.
async fn person(desk: &Browser, number: usize) -> Result<u64> {
    let before = keys(desk).await?;
    let ages = ["27 tot 35", "45 tot 55", "65 of ouder"];
    let genders = ["Man", "Vrouw"];
    let answers = [
        (
            "Waar slaapt deze persoon?",
            "Buiten of op een openbare plek",
        ),
        ("Hoe weet je dit?", "Zelf gesproken"),
        ("In welke gemeente slaapt deze persoon?", "Enschede"),
        ("Hoe oud is deze persoon?", ages[number % ages.len()]),
        ("Wat is het geslacht?", genders[number % genders.len()]),
        ("Zijn er kinderen bij?", "0"),
    ];
    let mut open: Vec<_> = answers.to_vec();
    if number > 1 {
        // The place is that of the person before.
        open.drain(..3);
    }
    eventually("the first question to have the focus", async || {
        let (asked, _) = sign(desk, "").await?;
        let first = open.first().map(|(question, _)| *question);
        Ok(first.filter(|first| asked.starts_with(first)))
    })
    .await?;
    let mut steps = 0;
    while !open.is_empty() {
        steps += 1;
        if steps > 40 {
            bail!("person {number}: {open:?} is never asked");
        }
        let (asked, _) = sign(desk, "").await?;
        let Some(place) = open
            .iter()
            .position(|(question, _)| asked.starts_with(question))
        else {
            desk.press("Tab").await?;
            continue;
        };
        let (_, choice) = open.remove(place);
        let (_, key) = sign(desk, choice).await?;
        if key.is_empty() {
            bail!("person {number}: \"{choice}\" has no sign at \"{asked}\"");
        }
        desk.keys(&key).await?;
        if !open.is_empty() {
            eventually("the focus to go on", async || {
                Ok((sign(desk, "").await?.0 != asked).then_some(()))
            })
            .await?;
        }
    }
    desk.press("Enter").await?;
    desk.see(&format!("Nummer {number}")).await?;
    Ok(keys(desk).await? - before)
}

/// The question that has the focus, and the sign that stands before this answer of it.
async fn sign(desk: &Browser, choice: &str) -> Result<(String, String)> {
    let found = desk.run(SIGN, json!([choice])).await?;
    let text = |place: usize| found[place].as_str().unwrap_or_default().to_owned();
    Ok((text(0), text(1)))
}

async fn count_keys(desk: &Browser) -> Result<()> {
    let count = "window.veldpostKeys = 0; addEventListener('keydown', (event) => { \
        if (event.isTrusted) window.veldpostKeys += 1; }, true)";
    desk.run(count, json!([])).await.map(|_| ())
}

async fn keys(desk: &Browser) -> Result<u64> {
    let keys = desk.run("return window.veldpostKeys", json!([])).await?;
    Ok(keys.as_u64().unwrap_or_default())
}

const SIGN: &str = "const field = document.activeElement.closest('fieldset, .field'); \
    const asked = field?.querySelector('legend')?.innerText ?? field?.querySelector('label')?.innerText ?? ''; \
    const choice = [...(field?.querySelectorAll('[data-key]') ?? [])].find((one) => { \
      const words = one.innerText.trim().split('\\n').map((line) => line.trim()); \
      return arguments[0] && words.some((line) => line.startsWith(arguments[0])); }); \
    return [asked.trim(), choice?.dataset.key ?? '']";
