//! The questionnaire on screen: page by page, checked, changed, withdrawn, resumed, and whatever is typed.

use anyhow::{Context as _, Result};
use serde_json::json;
use veldpost_journeys::{
    Browser, Profile, Screen, Server, ServerChoices, app_with_survey, eventually,
};

const NIGHT: &str = "Waar slaapt deze persoon?";
const OUTSIDE: &str = "Buiten of op een openbare plek";
const WHY: &str = "Waarom kies je iets anders?";
const MIXED: &str = "שלום 👨‍👩‍👧‍👦 مرحبا Zoë";
const YEAR: &str = "Geboortejaar, als je het weet";

async fn practising() -> Result<(Server, Profile, Browser)> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.show_on(Screen::Phone).await?;
    browser.practise(&server).await?;
    Ok((server, profile, browser))
}

async fn place(browser: &Browser) -> Result<()> {
    browser.answer(NIGHT, OUTSIDE).await?;
    browser.answer("Hoe weet je dit?", "Zelf gesproken").await?;
    browser
        .answer("In welke gemeente slaapt deze persoon?", "Enschede")
        .await
}

async fn person(browser: &Browser, gender: &str, children: &str) -> Result<()> {
    browser
        .answer("Hoe oud is deze persoon?", "27 tot 35")
        .await?;
    browser.answer("Wat is het geslacht?", gender).await?;
    browser.answer("Zijn er kinderen bij?", children).await
}

/// From the second page to the last, with nothing that need not be answered.
async fn to_the_last_page(browser: &Browser) -> Result<()> {
    browser.tap("button", "Volgende").await?;
    browser.place("heading", "Wat speelt er?").await?;
    browser.tap("button", "Volgende").await?;
    browser
        .place("heading", "Dubbel tellen voorkomen")
        .await
        .map(|_| ())
}

/// The first row of the list, opened for reading.
async fn open_newest(browser: &Browser) -> Result<()> {
    browser.tap("button", "Mijn registraties").await?;
    browser
        .tap_holding("button", "Bewaard op dit toestel")
        .await?;
    browser.place("button", "Trek in").await.map(|_| ())
}

/// Locked as practice is after a reload, or unlocked already.
async fn unlock(browser: &Browser) -> Result<()> {
    if browser.has("button", "Ontgrendel om te lezen").await? {
        browser.tap("button", "Ontgrendel om te lezen").await?;
        browser.tap("button", "Ontgrendel").await?;
    }
    browser.place("button", "Vergrendel").await.map(|_| ())
}

/// Asked, refused, answered, checked, kept; then changed, and taken back with a reason.
#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_filled_in_checked_amended_and_withdrawn() -> Result<()> {
    let (_server, _profile, browser) = practising().await?;
    browser.tap("button", "Nieuwe registratie").await?;
    browser.tap("button", "Volgende").await?;
    browser.place("heading", "Er ontbreekt nog iets").await?;
    browser.focus_on("Er ontbreekt nog iets").await?;
    browser.tap("link", "Kies hoe je dit weet.").await?;
    browser.focus_on("Zelf gesproken").await?;
    place(&browser).await?;
    browser.see_no_more("Er ontbreekt nog iets").await?;
    browser.tap("button", "Volgende").await?;
    browser.place("heading", "Over deze persoon").await?;
    person(&browser, "Vrouw", "0").await?;
    to_the_last_page(&browser).await?;
    browser.tap("button", "Controleren").await?;
    browser.place("heading", "Klopt dit?").await?;
    browser.see("27 tot 35").await?;
    browser.tap("button", "Klaar, bewaar").await?;
    browser.hear("Registratie bewaard op dit toestel.").await?;

    unlock(&browser).await?;
    open_newest(&browser).await?;
    browser.tap("button", "Wijzig").await?;
    browser
        .tap_holding("button", "Hoe oud is deze persoon?")
        .await?;
    browser
        .answer("Hoe oud is deze persoon?", "45 tot 55")
        .await?;
    browser.tap("button", "Terug naar controleren").await?;
    browser.tap("button", "Klaar, bewaar").await?;
    browser.place("heading", "Daarna veranderd").await?;
    browser.see("45 tot 55").await?;
    browser.see_no_more("27 tot 35").await?;

    browser.tap("button", "Trek in").await?;
    browser
        .place("heading", "Deze registratie intrekken?")
        .await?;
    browser.tap("button", "Trek in").await?;
    browser.see("Kies een reden.").await?;
    browser.tap("radio", "De persoon vraagt het").await?;
    browser.tap("button", "Trek in").await?;
    browser.place("heading", "Mijn registraties").await?;
    browser.tap_holding("button", "Ingetrokken").await?;
    browser.see("Reden: De persoon vraagt het").await?;
    assert!(!browser.has("button", "Wijzig").await?);
    browser.quit().await
}

/// A change that was left is gone on with where the record is opened again: not begun anew, and not thrown away by *Klaar*.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_was_left_is_gone_on_with() -> Result<()> {
    let (_server, _profile, browser) = practising().await?;
    browser.tap("button", "Nieuwe registratie").await?;
    place(&browser).await?;
    browser.tap("button", "Volgende").await?;
    person(&browser, "Man", "0").await?;
    to_the_last_page(&browser).await?;
    browser.tap("button", "Controleren").await?;
    browser.tap("button", "Klaar, bewaar").await?;
    browser.hear("Registratie bewaard op dit toestel.").await?;
    unlock(&browser).await?;
    open_newest(&browser).await?;
    browser.tap("button", "Wijzig").await?;
    browser
        .tap_holding("button", "Hoe oud is deze persoon?")
        .await?;
    browser
        .answer("Hoe oud is deze persoon?", "45 tot 55")
        .await?;
    browser.tap("button", "Terug naar controleren").await?;
    browser.tap("button", "Terug").await?;
    browser.place("button", "Trek in").await?;
    browser.see("27 tot 35").await?;
    browser.tap("button", "Wijzig").await?;
    browser.place("button", "Klaar, bewaar").await?;
    browser.see("45 tot 55").await?;
    browser.tap("button", "Klaar, bewaar").await?;
    browser.place("heading", "Daarna veranderd").await?;
    browser.see("45 tot 55").await?;
    browser.quit().await
}

/// What was filled in for a tap and left is gone on with by *Meer invullen*: one person stays one.
#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_was_left_for_a_tap_is_gone_on_with() -> Result<()> {
    let (_server, _profile, browser) = practising().await?;
    browser.begin_round("Centrum").await?;
    browser.tap("button", "Man, 18+").await?;
    browser.tap("button", "Meer invullen").await?;
    browser
        .answer("Hoe oud is deze persoon?", "27 tot 35")
        .await?;
    browser.tap("button", "Terug").await?;
    browser.place("button", "Man, 18+ 1").await?;
    browser.tap("button", "Meer invullen").await?;
    browser.place("button", "Klaar, volgende persoon").await?;
    assert!(
        browser
            .answered("Hoe oud is deze persoon?", "27 tot 35")
            .await?
    );
    person(&browser, "Man", "0").await?;
    browser.tap("button", "Klaar, volgende persoon").await?;
    browser.see("Bewaard. Nu de volgende persoon.").await?;
    browser.tap("button", "Terug").await?;
    browser.place("button", "Man, 18+ 0").await?;
    browser.tap("button", "Terug").await?;
    browser.place("button", "Ga verder met tellen").await?;
    browser.see_no_more("Je was nog bezig").await?;
    browser.tap("button", "Ga verder met tellen").await?;
    browser.tap("button", "Stop ronde").await?;
    browser.see("Totaal\n1").await?;
    browser.quit().await
}

/// A tap becomes a full record: still one person.
#[tokio::test(flavor = "multi_thread")]
async fn a_tap_is_promoted_to_a_full_record() -> Result<()> {
    let (_server, _profile, browser) = practising().await?;
    browser.begin_round("Centrum").await?;
    browser.tap("button", "Man, 18+").await?;
    browser.place("button", "Man, 18+ 1").await?;
    browser.tap("button", "Meer invullen").await?;
    browser
        .see("Deze registratie komt in de plaats van je laatste tik.")
        .await?;
    person(&browser, "Man", "0").await?;
    browser.tap("button", "Klaar, volgende persoon").await?;
    browser.see("Bewaard. Nu de volgende persoon.").await?;
    browser.tap("button", "Terug").await?;
    browser.place("button", "Man, 18+ 0").await?;
    browser.tap("button", "Stop ronde").await?;
    browser.see("Met vragenlijst\n1").await?;
    browser.see("Totaal\n1").await?;
    browser.quit().await
}

/// Both taps before the first one is on the disk: still one person.
#[tokio::test(flavor = "multi_thread")]
async fn a_form_opened_while_its_tap_is_being_written_takes_its_place() -> Result<()> {
    let (_server, _profile, browser) = practising().await?;
    browser.begin_round("Centrum").await?;
    browser.place("button", "Man, 18+ 0").await?;
    let both = "document.querySelector('.tile').click(); \
        [...document.querySelectorAll('.bar button')].find((one) => one.textContent.trim() === 'Meer invullen').click()";
    browser.run(both, json!([])).await?;
    browser
        .see("Deze registratie komt in de plaats van je laatste tik.")
        .await?;
    person(&browser, "Man", "0").await?;
    browser.tap("button", "Klaar, volgende persoon").await?;
    browser.see("Bewaard. Nu de volgende persoon.").await?;
    browser.tap("button", "Terug").await?;
    browser.tap("button", "Stop ronde").await?;
    browser.see("Totaal\n1").await?;
    browser.quit().await
}

/// The page is loaded anew in the middle: what was typed is offered, and nothing of it is lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_was_left_goes_on_where_it_stopped() -> Result<()> {
    let (_server, _profile, browser) = practising().await?;
    browser.tap("button", "Nieuwe registratie").await?;
    place(&browser).await?;
    browser.tap("button", "Volgende").await?;
    person(&browser, "Vrouw", "2").await?;
    browser.fill(YEAR, "1991").await?;
    // Typing is kept after a short pause; what was typed within it may be lost by a crash.
    eventually("the year to be on the disk", async || {
        let found = browser.open_without_passphrase().await?;
        let mut drafts = found
            .iter()
            .filter(|one| one.place == "veldpost-oefenen/drafts, draft");
        Ok(drafts.any(|draft| draft.says("1991")).then_some(()))
    })
    .await?;
    browser.reload().await?;
    browser.see("Er is geen registratie open.").await?;
    browser.tap("button", "Naar start").await?;
    browser.place("heading", "Je was nog bezig").await?;
    browser.tap("button", "Ga verder").await?;
    browser.place("heading", "Over deze persoon").await?;
    assert!(browser.answered("Wat is het geslacht?", "Vrouw").await?);
    assert!(browser.answered("Zijn er kinderen bij?", "2").await?);
    assert_eq!(value_of(&browser, YEAR).await?, "1991");
    browser.tap("button", "Terug").await?;
    assert!(browser.answered(NIGHT, OUTSIDE).await?);
    browser.quit().await
}

async fn value_of(browser: &Browser, label: &str) -> Result<String> {
    let script = "const label = [...document.querySelectorAll('label')]\
        .find((one) => one.textContent.trim().startsWith(arguments[0])); \
        return label?.control?.value ?? null";
    let value = browser.run(script, json!([label])).await?;
    value
        .as_str()
        .map(str::to_owned)
        .with_context(|| format!("no field {label}"))
}

/// Sixteen children, a year that has not come, letters from right to left, an emoji, ten megabytes.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_typed_or_pasted_is_handled() -> Result<()> {
    let (_server, _profile, browser) = practising().await?;
    browser.tap("button", "Nieuwe registratie").await?;
    place(&browser).await?;
    browser
        .tap("checkbox", "De soort plek klopt niet: ik kies zelf")
        .await?;
    browser
        .answer("Waar telt deze persoon dan?", "In de noodopvang")
        .await?;
    browser.see(WHY).await?;
    paste_into(&browser, WHY, &"a".repeat(10_000_000)).await?;
    browser.see("Dit is te lang.").await?;
    assert!(value_of(&browser, WHY).await?.len() < 10_000);
    paste_into(&browser, WHY, MIXED).await?;
    browser.see_no_more("Dit is te lang.").await?;
    browser.tap("button", "Volgende").await?;
    person(&browser, "Man", "Meer").await?;
    browser.fill("Hoeveel kinderen zijn erbij?", "16").await?;
    browser.place("heading", "Kind 16").await?;
    browser.fill(YEAR, "2090").await?;
    browser.tap("button", "Volgende").await?;
    browser.place("heading", "Er ontbreekt nog iets").await?;
    browser
        .tap("link", "Vul een jaar in tussen 1900 en nu.")
        .await?;
    browser.focus_on(YEAR).await?;
    for _ in 0..4 {
        browser.press("Backspace").await?;
    }
    to_the_last_page(&browser).await?;

    browser.answer("Code tegen dubbel tellen", "Vul in").await?;
    browser
        .fill("Eerste twee letters van de voornaam", "🦊")
        .await?;
    browser.tap("button", "Controleren").await?;
    browser.see(MIXED).await?;
    browser.tap("button", "Klaar, bewaar").await?;
    browser.hear("Registratie bewaard op dit toestel.").await?;
    unlock(&browser).await?;
    open_newest(&browser).await?;
    browser.see(MIXED).await?;
    browser.see("🦊").await?;
    browser.see("Kind 16").await?;
    browser.quit().await
}

/// As a paste does: the value changes at once, and the page is told.
async fn paste_into(browser: &Browser, label: &str, text: &str) -> Result<()> {
    let script = "const label = [...document.querySelectorAll('label')]\
        .find((one) => one.textContent.trim().startsWith(arguments[0])); \
        if (!label) throw new Error('no field ' + arguments[0]); \
        const field = label.control; field.focus(); field.value = arguments[1]; \
        field.dispatchEvent(new InputEvent('input', {bubbles: true, inputType: 'insertFromPaste'})); \
        field.dispatchEvent(new Event('change', {bubbles: true}))";
    browser.run(script, json!([label, text])).await.map(|_| ())
}

/// Somebody edits the sheets and compiles them: the same program asks the new question, when it is relevant.
#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_was_added_to_the_sheet_is_asked_on_screen() -> Result<()> {
    let mut server = Server::start()?;
    let changed = app_with_survey(server.built(), |survey| with_a_question(&survey))?;
    let choices = ServerChoices {
        app: Some(changed.path().to_path_buf()),
        ..ServerChoices::default()
    };
    server.restart_with(choices).await?;
    let profile = Profile::new()?;
    let browser = Browser::start(&profile).await?;
    browser.show_on(Screen::Phone).await?;
    browser.practise(&server).await?;
    browser.tap("button", "Nieuwe registratie").await?;
    place(&browser).await?;
    browser.tap("button", "Volgende").await?;
    person(&browser, "Man", "0").await?;
    assert!(
        !browser
            .text()
            .await?
            .contains("Heeft deze persoon een hond?")
    );
    browser.answer("Wat is het geslacht?", "Vrouw").await?;
    browser.see("Heeft deze persoon een hond?").await?;
    browser.tap("button", "Volgende").await?;
    browser.see("Zeg of er een hond is.").await?;
    browser.answer("Heeft deze persoon een hond?", "Ja").await?;
    to_the_last_page(&browser).await?;
    browser.tap("button", "Controleren").await?;
    browser.see("Heeft deze persoon een hond?").await?;
    browser.tap("button", "Klaar, bewaar").await?;
    browser.hear("Registratie bewaard op dit toestel.").await?;
    unlock(&browser).await?;
    open_newest(&browser).await?;
    browser.see("Heeft deze persoon een hond?\nJa").await?;
    browser.quit().await
}

/// A radio that was chosen by mistake, where no "weet ik niet" stands beside it.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_need_not_be_given_can_be_cleared() -> Result<()> {
    const MORE: &str = "Wil je meer vragen invullen?";
    let (_server, _profile, browser) = practising().await?;
    browser.tap("button", "Nieuwe registratie").await?;
    place(&browser).await?;
    browser.tap("button", "Volgende").await?;
    person(&browser, "Man", "0").await?;
    to_the_last_page(&browser).await?;
    assert!(!browser.text().await?.contains("Wis dit antwoord"));
    browser.answer(MORE, "Ja").await?;
    browser.tap("button", "Wis dit antwoord").await?;
    browser.see_no_more("Wis dit antwoord").await?;
    assert!(!browser.answered(MORE, "Ja").await?);
    browser.tap("button", "Controleren").await?;
    browser.tap("button", "Klaar, bewaar").await?;
    browser.hear("Registratie bewaard op dit toestel.").await?;
    browser.quit().await
}

/// A row after the gender, for women only, with an answer that must be given.
fn with_a_question(survey: &str) -> String {
    let columns: Vec<&str> = survey
        .lines()
        .next()
        .unwrap_or_default()
        .split(',')
        .collect();
    let cell = |column: &&str| match *column {
        "type" => "select_one yes_no",
        "name" => "dog",
        "label::Nederlands (nl)" => "Heeft deze persoon een hond?",
        "label::English (en)" => "Does this person have a dog?",
        "required" => "yes",
        "required_message::Nederlands (nl)" => "Zeg of er een hond is.",
        "required_message::English (en)" => "Say whether there is a dog.",
        "relevant" => "${gender} = 'woman'",
        _ => "",
    };
    let row: Vec<&str> = columns.iter().map(cell).collect();
    let mut lines: Vec<String> = survey.lines().map(str::to_owned).collect();
    let after = lines
        .iter()
        .position(|line| line.starts_with("select_one minors_here,"));
    lines.insert(after.unwrap_or_default(), row.join(","));
    lines.join("\n") + "\n"
}

/// What is asked only where somebody needs it: switched on with the lists, and there again.
#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_the_count_adds_is_asked() -> Result<()> {
    const LISTS: &str = "Teldag, organisaties en gebieden";
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.show_on(Screen::Phone).await?;
    browser.set_up_alone(&server).await?;
    browser.unlock_alone().await?;
    for chosen in [false, true] {
        browser.tap("button", "Over dit toestel").await?;
        browser.tap("button", LISTS).await?;
        browser.place("checkbox", "Zwangerschap").await?;
        assert_eq!(browser.is_chosen("checkbox", "Zwangerschap").await?, chosen);
        assert!(!browser.is_chosen("checkbox", "Gezondheid").await?);
        if !chosen {
            browser.tap("checkbox", "Zwangerschap").await?;
        }
        browser.tap("button", "Bewaar").await?;
        browser.place("heading", "Over dit toestel").await?;
        browser.tap("button", "Terug").await?;
    }
    browser.tap("button", "Nieuwe registratie").await?;
    place(&browser).await?;
    browser.tap("button", "Volgende").await?;
    person(&browser, "Vrouw", "0").await?;
    browser.answer("Is deze persoon zwanger?", "Ja").await?;
    browser.quit().await
}
