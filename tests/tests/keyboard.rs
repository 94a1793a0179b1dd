//! By keyboard alone: from the first screen to the record in the list, and nothing is ever lost from sight.

use anyhow::Result;
use veldpost_journeys::{Browser, Keyboard, Profile, Screen, Server};

/// A record page by page with a mistake on the way, read back, and taken back; on the smallest screen.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_record_is_made_by_keyboard_alone() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.show_on(Screen::NarrowPhone).await?;
    browser.open(&server.url("/")).await?;
    let mut keyboard = Keyboard::new(&browser);
    keyboard.at("Welkom bij Veldpost").await?;
    keyboard.enter("link", "Oefenen").await?;
    keyboard.at("Start").await?;

    keyboard.enter("button", "Nieuwe registratie").await?;
    keyboard.at("Waar sliep deze persoon?").await?;
    place_with_a_mistake(&mut keyboard).await?;
    keyboard.at("Over deze persoon").await?;
    person(&mut keyboard).await?;
    keyboard.at("Klopt dit?").await?;
    // One answer is changed, and the person comes back to where they were.
    keyboard.enter("button", "Wat is het geslacht?").await?;
    keyboard.at("Vrouw").await?;
    browser.press("ArrowUp").await?;
    keyboard.enter("button", "Terug naar controleren").await?;
    keyboard.at("Klopt dit?").await?;
    keyboard.enter("button", "Klaar, bewaar").await?;
    browser.hear("Registratie bewaard op dit toestel.").await?;
    keyboard.at("Start").await?;

    keyboard.enter("button", "Ontgrendel om te lezen").await?;
    keyboard.at("Ontgrendel om te lezen").await?;
    keyboard.enter("button", "Ontgrendel").await?;
    keyboard.at("Start").await?;
    keyboard.enter("button", "Mijn registraties").await?;
    keyboard.at("Mijn registraties").await?;
    browser.see("1 registratie").await?;
    keyboard.enter("button", "Bewaard op dit toestel").await?;
    keyboard.at("Registratie").await?;
    take_back(&mut keyboard, &browser).await?;
    println!("{} stops", keyboard.stops());
    keyboard.verdict()?;
    browser.quit().await
}

/// An empty page is refused; the summary has the focus, and its line leads to the question.
async fn place_with_a_mistake(keyboard: &mut Keyboard<'_>) -> Result<()> {
    keyboard.enter("button", "Volgende").await?;
    keyboard.at("Er ontbreekt nog iets").await?;
    keyboard
        .enter("link", "Kies waar deze persoon slaapt.")
        .await?;
    keyboard.at("Buiten of op een openbare plek").await?;
    keyboard.here("Bij familie of vrienden").await?;
    keyboard.choose("Hoe weet je dit?", "Zelf gezien").await?;
    keyboard
        .choose("In welke gemeente slaapt deze persoon?", "Hengelo")
        .await?;
    keyboard.enter("button", "Volgende").await
}

async fn person(keyboard: &mut Keyboard<'_>) -> Result<()> {
    keyboard
        .choose("Hoe oud is deze persoon?", "27 tot 35")
        .await?;
    keyboard.choose("Wat is het geslacht?", "Vrouw").await?;
    keyboard.choose("Zijn er kinderen bij?", "0").await?;
    keyboard
        .fill("Geboortejaar, als je het weet", "1985")
        .await?;
    keyboard.enter("button", "Volgende").await?;
    keyboard.at("Wat speelt er?").await?;
    keyboard.choose("Hoe is dit gekomen?", "Scheiding").await?;
    keyboard.enter("button", "Volgende").await?;
    keyboard.at("Dubbel tellen voorkomen").await?;
    keyboard
        .choose("Code tegen dubbel tellen", "Vul in")
        .await?;
    keyboard
        .fill("Eerste twee letters van de voornaam", "Sa")
        .await?;
    keyboard.enter("button", "Controleren").await
}

/// The dialog keeps the focus inside, and gives it back when nothing is done.
async fn take_back(keyboard: &mut Keyboard<'_>, browser: &Browser) -> Result<()> {
    keyboard.enter("button", "Trek in").await?;
    keyboard.in_dialog().await?;
    for _ in 0..12 {
        keyboard.step("Tab").await?;
        assert!(!keyboard.is_behind_dialog().await?);
    }
    browser.press("Escape").await?;
    keyboard.at("Trek in").await?;
    browser.press("Enter").await?;
    keyboard
        .choose("Waarom trek je dit in?", "Het was een vergissing")
        .await?;
    keyboard.enter("button", "Trek in").await?;
    keyboard.at("Mijn registraties").await?;
    browser.see("Ingetrokken").await
}

/// A round from its start to its end, and a draft that is left and thrown away: the focus stays somewhere.
#[tokio::test(flavor = "multi_thread")]
async fn a_round_is_counted_and_a_draft_thrown_away_by_keyboard_alone() -> Result<()> {
    let (server, profile) = (Server::start()?, Profile::new()?);
    let browser = Browser::start(&profile).await?;
    browser.open(&server.url("/oefenen/")).await?;
    let mut keyboard = Keyboard::new(&browser);
    keyboard.at("Start").await?;
    keyboard.enter("button", "Start tellen").await?;
    keyboard.at("Ronde").await?;
    keyboard.enter("button", "Begin de ronde").await?;
    keyboard.at("Er ontbreekt nog iets").await?;
    keyboard.enter("link", "Kies").await?;
    keyboard.here("Centrum").await?;
    keyboard.enter("button", "Begin de ronde").await?;
    keyboard.at("Tellen").await?;
    keyboard.to("button", "Vrouw, 18+").await?;
    browser.press(" ").await?;
    browser.kept(1).await?;
    keyboard.to("button", "Slaapt").await?;
    browser.press(" ").await?;
    keyboard.to("button", "Kind, 0-17").await?;
    browser.press("Enter").await?;
    browser.kept(2).await?;
    keyboard.enter("button", "Maak ongedaan").await?;
    browser.kept(1).await?;
    keyboard.at("Maak ongedaan").await?;

    keyboard.enter("button", "Meer invullen").await?;
    keyboard.at("Nieuwe persoon").await?;
    keyboard.choose("Wat is het geslacht?", "Vrouw").await?;
    keyboard.back_to("button", "Terug").await?;
    browser.press("Enter").await?;
    keyboard.at("Tellen").await?;
    keyboard.back_to("button", "Terug").await?;
    browser.press("Enter").await?;
    keyboard.at("Start").await?;
    keyboard.enter("button", "Gooi weg").await?;
    keyboard.in_dialog().await?;
    browser.press("Escape").await?;
    keyboard.at("Gooi weg").await?;
    browser.press("Enter").await?;
    keyboard.in_dialog().await?;
    keyboard.to("button", "Annuleer").await?;
    keyboard.back_to("button", "Gooi weg").await?;
    browser.press("Enter").await?;
    browser.see_no_more("Je was nog bezig").await?;
    keyboard.at("Start").await?;
    keyboard.enter("button", "Ga verder met tellen").await?;
    keyboard.at("Tellen").await?;
    keyboard.enter("button", "Stop ronde").await?;
    keyboard.at("Ronde stoppen").await?;
    keyboard.fill("Opmerking", "rustig").await?;
    keyboard.enter("button", "Stop de ronde").await?;
    keyboard.at("Start").await?;
    println!("{} stops", keyboard.stops());
    keyboard.verdict()?;
    browser.quit().await
}
