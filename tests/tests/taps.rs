//! How many taps it takes, counted from the page's own pointer events.

use anyhow::Result;
use serde_json::json;
use veldpost_journeys::{Browser, Device, Evening, Profile, Region, Screen, Server, eventually};

const NIGHT: &str = "Waar slaapt deze persoon?";

async fn practising() -> Result<(Server, Profile, Browser)> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.show_on(Screen::Phone).await?;
    browser.practise(&server).await?;
    browser.count_taps().await?;
    Ok((server, profile, browser))
}

/// A round is begun in two taps and the choice of a place; a person is one tap; a wrong tap is one more.
#[tokio::test(flavor = "multi_thread")]
async fn one_tap_counts_one_person_and_one_takes_it_back() -> Result<()> {
    let (_server, _profile, browser) = practising().await?;
    browser.begin_round("Centrum").await?;
    assert_eq!(browser.taps().await?, 3);
    browser.see("nog niemand").await?;

    browser.count_taps().await?;
    browser.tap("button", "Man, 18+").await?;
    browser.place("button", "Man, 18+ 1").await?;
    browser.hear("Man, 18+: 1. Totaal 1.").await?;
    assert_eq!(browser.taps().await?, 1);

    browser.count_taps().await?;
    browser.tap("button", "Maak ongedaan").await?;
    browser.place("button", "Man, 18+ 0").await?;
    browser.hear("Man, 18+ is weer 0. Totaal 0.").await?;
    assert_eq!(browser.taps().await?, 1);

    browser.count_taps().await?;
    browser.tap("button", "Vrouw, 18+").await?;
    browser.place("button", "Vrouw, 18+ 1").await?;
    browser.tap("button", "Slaapt").await?;
    eventually("the reason to be pressed", async || {
        let pressed = browser.is_chosen("button", "Slaapt").await?;
        Ok(pressed.then_some(()))
    })
    .await?;
    assert_eq!(browser.taps().await?, 2);
    browser.quit().await
}

/// Two hits of a cold hand on one tile are one person; on two tiles they are two.
#[tokio::test(flavor = "multi_thread")]
async fn a_double_hit_on_one_tile_is_one_person() -> Result<()> {
    let (_server, _profile, browser) = practising().await?;
    browser.begin_round("Centrum").await?;
    // How long a driver takes between the two makes no difference.
    let at_once = "const at = performance.now(); performance.now = () => at";
    browser.run(at_once, json!([])).await?;
    browser.hit(&["Man, 18+", "Man, 18+"]).await?;
    browser.run("delete performance.now", json!([])).await?;
    browser.tap("button", "Vrouw, 18+").await?;
    browser.place("button", "Vrouw, 18+ 1").await?;
    browser.place("button", "Man, 18+ 1").await?;
    browser.hear("Totaal 2.").await?;
    browser.quit().await
}

/// What was taken back and is tapped at once again was meant: no double hit swallows it.
#[tokio::test(flavor = "multi_thread")]
async fn a_tap_right_after_taking_one_back_counts() -> Result<()> {
    let (_server, _profile, browser) = practising().await?;
    browser.begin_round("Centrum").await?;
    browser.tap("button", "Vrouw, 18+").await?;
    browser.kept(1).await?;
    browser
        .hit(&[
            "Man, 18+",
            "Maak ongedaan",
            "Man, 18+",
            "Slaapt",
            "Man, 18+",
        ])
        .await?;
    browser.place("button", "Man, 18+ 2").await?;
    browser.kept(3).await?;
    browser.quit().await
}

/// In a round: gender, age, children, done.
#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_added_quickly_in_four_taps() -> Result<()> {
    let (_server, _profile, browser) = practising().await?;
    browser.begin_round("Centrum").await?;
    browser.tap("button", "Terug").await?;
    browser.tap("button", "Snel toevoegen").await?;
    browser.place("button", "Klaar, volgende persoon").await?;

    browser.count_taps().await?;
    browser.answer("Wat is het geslacht?", "Man").await?;
    browser
        .answer("Hoe oud is deze persoon?", "35 tot 45")
        .await?;
    browser.answer("Zijn er kinderen bij?", "0").await?;
    browser.tap("button", "Klaar, volgende persoon").await?;
    browser.see("Bewaard. Nu de volgende persoon.").await?;
    assert_eq!(browser.taps().await?, 4);
    assert!(!browser.answered("Wat is het geslacht?", "Man").await?);

    // The next one is open already: four again.
    browser.count_taps().await?;
    browser.answer("Wat is het geslacht?", "Vrouw").await?;
    browser
        .answer("Hoe oud is deze persoon?", "18 tot 21")
        .await?;
    browser.answer("Zijn er kinderen bij?", "0").await?;
    browser.tap("button", "Klaar, volgende persoon").await?;
    browser.hear("Registratie bewaard op dit toestel.").await?;
    assert_eq!(browser.taps().await?, 4);
    browser.tap("button", "Terug").await?;
    browser.tap("button", "Stop ronde").await?;
    browser.see("Met vragenlijst\n2").await?;
    browser.quit().await
}

/// A full record at a new place, all that `ux.md` counts: 21 taps, nothing typed. The next one at the same
/// place: 18 at most. The least that is a record: 9.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_record_takes_21_taps_and_18_at_the_same_place() -> Result<()> {
    let (_server, _profile, browser) = practising().await?;
    browser.tap("button", "Nieuwe registratie").await?;
    browser
        .answer(NIGHT, "Buiten of op een openbare plek")
        .await?;
    browser.answer("Hoe weet je dit?", "Zelf gesproken").await?;
    browser
        .answer("In welke gemeente slaapt deze persoon?", "Enschede")
        .await?;
    browser.tap("button", "Volgende").await?;
    person_reasons_and_code(&browser).await?;
    let taps = browser.taps().await?;
    assert!(taps <= 21, "{taps} taps at a new place");

    browser.begin_round("Centrum").await?;
    browser.tap("button", "Terug").await?;
    browser.place("button", "Ga verder met tellen").await?;
    browser.count_taps().await?;
    browser.tap("button", "Nieuwe registratie").await?;
    browser.see("Zelfde als vorige:").await?;
    person_reasons_and_code(&browser).await?;
    let taps = browser.taps().await?;
    assert!(taps <= 18, "{taps} taps at the same place");
    browser.quit().await
}

/// Everything after the place: seven answers about the person, five about what is going on, the code skipped.
async fn person_reasons_and_code(browser: &Browser) -> Result<()> {
    browser
        .answer("Hoe oud is deze persoon?", "27 tot 35")
        .await?;
    browser.answer("Wat is het geslacht?", "Vrouw").await?;
    browser.answer("Zijn er kinderen bij?", "0").await?;
    browser
        .answer("Met wie hoort deze persoon samen?", "Alleen")
        .await?;
    browser
        .answer(
            "Hoe lang heeft deze persoon geen eigen plek?",
            "3 tot 6 maanden",
        )
        .await?;
    browser.answer("Is dit de eerste keer?", "Ja").await?;
    browser
        .answer("Uit welke gemeente komt deze persoon?", "Hengelo")
        .await?;
    browser.tap("button", "Volgende").await?;
    browser.answer("Hoe is dit gekomen?", "Huurschuld").await?;
    browser.answer("Hoe is dit gekomen?", "Scheiding").await?;
    browser.answer("Welke hulp is nodig?", "Woning").await?;
    browser.answer("Welke hulp is er al?", "Wijkteam").await?;
    browser
        .answer("Welke hulp is er al?", "Maatschappelijke opvang")
        .await?;
    browser.tap("button", "Volgende").await?;
    browser
        .answer("Code tegen dubbel tellen", "Sla over")
        .await?;
    browser.tap("button", "Klaar, bewaar").await?;
    browser.hear("Registratie bewaard op dit toestel.").await
}

/// "Rest van deze stap: weet ik niet" on each page that has one.
#[tokio::test(flavor = "multi_thread")]
async fn the_least_full_record_takes_nine_taps() -> Result<()> {
    let (_server, _profile, browser) = practising().await?;
    browser.tap("button", "Nieuwe registratie").await?;
    browser.answer("Hoe weet je dit?", "Zelf gezien").await?;
    browser
        .tap("button", "Rest van deze stap: weet ik niet")
        .await?;
    browser.tap("button", "Volgende").await?;
    browser
        .tap("button", "Rest van deze stap: weet ik niet")
        .await?;
    browser.tap("button", "Volgende").await?;
    browser.tap("button", "Volgende").await?;
    browser.tap("button", "Klaar, bewaar").await?;
    browser.hear("Registratie bewaard op dit toestel.").await?;
    let taps = browser.taps().await?;
    assert!(taps <= 9, "{taps} taps");
    browser.quit().await
}

/// On a phone of a group, whose forms go out after an hour: *Meer invullen* of a tap whose form was left goes on with that one all
/// the same. Else the tap's person would be two.
#[tokio::test(flavor = "multi_thread")]
async fn a_left_form_of_a_tap_is_gone_on_with_also_after_its_hour() -> Result<()> {
    // It looks each five seconds, and would send it before anybody taps.
    const LOOKS_NEVER: &str = "{ const each = window.setInterval; \
        window.setInterval = (act, ms, ...rest) => ms === 5000 ? 0 : each(act, ms, ...rest); }";
    const LATER: &str = "const Real = Date; window.Date = class extends Real { \
        constructor(...given) { if (given.length) super(...given); else super(Date.now()); } \
        static now() { return Real.now() + 3_700_000; } }";
    let (question, choice) = ("Wat is het geslacht?", "Vrouw");
    let Evening {
        region, bram, wil, ..
    } = Evening::begin(2).await?;
    wil.before_each_page(LOOKS_NEVER).await?;
    wil.open(&region.server.url("/tellen")).await?;
    wil.kept(2).await?;
    wil.tap("button", "Meer invullen").await?;
    wil.answer(question, choice).await?;
    wil.tap("button", "Terug").await?;
    wil.run(LATER, json!([])).await?;
    wil.tap("button", "Meer invullen").await?;
    is_still_one(&region, &wil, question, choice).await?;
    for device in [wil, bram, region.anna] {
        device.quit().await?;
    }
    Ok(())
}

/// While the form of a tap that was left is on its way out, *Meer invullen* waits for it, and changes the person that it became.
#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_a_tap_that_is_going_out_is_changed_and_not_begun_anew() -> Result<()> {
    // What queues it stands in the second module, which comes when it is told to.
    const HELD: &str = "{ const real = window.fetch, held = new Promise((go) => { window.veldpostGo = go; }); \
        window.fetch = async (what, ...rest) => { \
          if (String(what.url ?? what).includes('/later-')) await held; return real(what, ...rest); }; }";
    let (question, choice) = ("Wat is het geslacht?", "Vrouw");
    let Evening {
        region, bram, wil, ..
    } = Evening::begin(2).await?;
    wil.before_each_page(HELD).await?;
    wil.open(&region.server.url("/tellen")).await?;
    wil.kept(2).await?;
    wil.tap("button", "Meer invullen").await?;
    wil.answer(question, choice).await?;
    wil.tap("button", "Terug").await?;
    wil.tap("button", "Terug").await?;
    wil.tap("button", "Nieuwe registratie").await?;
    wil.see("Stap 2 van 4").await?;
    wil.tap("button", "Terug").await?;
    wil.see("Stap 1 van 4").await?;
    wil.tap("button", "Terug").await?;
    wil.tap("button", "Ga verder met tellen").await?;
    wil.tap("button", "Meer invullen").await?;
    wil.run("window.veldpostGo()", json!([])).await?;
    is_still_one(&region, &wil, question, choice).await?;
    for device in [wil, bram, region.anna] {
        device.quit().await?;
    }
    Ok(())
}

/// The form that was answered so is in hand, and once it is kept its person is one form, and the other of the round a tap.
async fn is_still_one(region: &Region, wil: &Device, question: &str, choice: &str) -> Result<()> {
    eventually("what was answered", async || {
        Ok(wil.answered(question, choice).await?.then_some(()))
    })
    .await?;
    wil.answer("Hoe oud is deze persoon?", "27 tot 35").await?;
    wil.answer("Zijn er kinderen bij?", "0").await?;
    wil.tap("button", "Klaar, volgende persoon").await?;
    wil.see("Bewaard. Nu de volgende persoon.").await?;
    region.anna.look_for_figure("formulieren", "1").await?;
    region.anna.look_for_fact("alleen gezien", "1").await?;
    Ok(())
}
