//! The rest: the first time, set-up, what stands on the device, help, tables, and when something is wrong.
//!
//! Deliberately not here: counting and questionnaires.

use anyhow::Result;
use serde_json::json;

use super::Walk;
use crate::browser::Browser;
use crate::steps::PASSPHRASE;

const TOPICS: [&str; 7] = [
    "Zo tel je",
    "Waar slaapt iemand?",
    "Wat de woorden betekenen",
    "Op slot en open",
    "Telefoon kwijt",
    "Zet Veldpost op je beginscherm",
    "Toegankelijkheid",
];

impl<L: AsyncFnMut(&Browser, &str) -> Result<()>> Walk<'_, L> {
    /// From the welcome to a region of one, with each step's mistakes; then locked and unlocked.
    ///
    /// # Errors
    /// When a step cannot be taken, or whoever looks fails.
    pub async fn setting_up(&mut self) -> Result<()> {
        self.browser.open(&self.server.url("/")).await?;
        self.setting_up_from_welcome().await
    }

    /// The same, when the welcome is there.
    ///
    /// # Errors
    /// As [`Walk::setting_up`].
    pub async fn setting_up_from_welcome(&mut self) -> Result<()> {
        self.at("Welkom bij Veldpost", "welcome").await?;
        self.to("Alleen op dit toestel", "De telling", "set-up lists")
            .await?;
        self.press("Volgende").await?;
        self.at("Er ontbreekt nog iets", "set-up lists with errors")
            .await?;
        self.fill("Organisaties die meetellen", "Straatteam")
            .await?;
        self.fill("Gebieden", "Centrum\nStation").await?;
        self.to("Volgende", "Je wachtzin", "set-up five words")
            .await?;
        self.press("Liever een eigen zin").await?;
        self.fill("Je eigen zin", PASSPHRASE).await?;
        self.press("Volgende").await?;
        self.see("Dit is niet dezelfde wachtzin. Kijk hem na en typ hem opnieuw.")
            .await?;
        self.look("set-up own phrase with error").await?;
        self.fill("Typ de wachtzin over", PASSPHRASE).await?;
        self.to("Volgende", "Herstelcode op papier", "set-up kit")
            .await?;
        self.press("Klaar, begin").await?;
        self.see("Dit klopt niet. Kijk naar de laatste acht tekens van de regel.")
            .await?;
        self.look("set-up kit with error").await?;
        self.press("Sla over").await?;
        self.at("Zonder herstelcode verder?", "set-up kit skipped")
            .await?;
        self.press("Ja, zonder code").await?;
        self.at("Start", "home of a region of one").await?;
        self.to("Tabellen", "Tabellen", "tables locked").await?;
        self.back().await?;
        self.to("Ontgrendel om te lezen", "Ontgrendel om te lezen", "unlock")
            .await?;
        self.fill("Je wachtzin", "een heel andere zin").await?;
        self.press("Ontgrendel").await?;
        self.see("Deze wachtzin klopt niet. Probeer het nog een keer. Er is niets kwijt.")
            .await?;
        self.look("unlock with error").await?;
        self.fill("Je wachtzin", PASSPHRASE).await?;
        self.press("Ontgrendel").await?;
        self.press_exists("Vergrendel").await?;
        self.to("Tabellen", "Tabellen", "tables empty").await?;
        self.press("Bewaar als CSV voor Excel").await?;
        self.browser.see(".csv").await?;
        self.look("tables as a file").await
    }

    /// What says something about the app and the device; in practice.
    ///
    /// # Errors
    /// When a step cannot be taken, or whoever looks fails.
    pub async fn device(&mut self) -> Result<()> {
        self.practice().await?;
        self.to("Mijn registraties", "Mijn registraties", "records empty")
            .await?;
        self.back().await?;
        self.to("Turflijst op papier", "Turflijst", "paper sheet")
            .await?;
        self.back().await?;
        self.to("Instellingen", "Instellingen", "preferences")
            .await?;
        self.back().await?;
        self.to("Over dit toestel", "Over dit toestel", "about")
            .await?;
        let lists = "Teldag, organisaties en gebieden";
        self.to(lists, lists, "count lists").await?;
        self.back().await?;
        self.to("Licenties", "Licenties", "licences").await?;
        self.back().await?;
        let remove = "Verwijder alles van dit toestel";
        self.to(remove, remove, "remove").await?;
        self.press("Verwijder").await?;
        self.at("Echt alles verwijderen?", "remove asked twice")
            .await?;
        self.press("Annuleer").await?;
        self.press("Terug").await?;
        self.press("Terug").await?;
        self.to("Hulp", "Hulp", "help").await?;
        for topic in TOPICS {
            self.to(topic, topic, &format!("help {topic}")).await?;
            self.back().await?;
        }
        self.back().await?;
        for (address, state) in [
            ("tellen", "tally without a round"),
            ("registreren", "no form"),
            ("registratie", "no record"),
            ("tabellen", "tables in practice"),
        ] {
            let address = self.server.url(&format!("/oefenen/{address}"));
            self.browser.open(&address).await?;
            self.press_exists("Terug").await?;
            self.look(state).await?;
        }
        Ok(())
    }

    async fn press_exists(&self, button: &str) -> Result<()> {
        self.browser
            .place("button", self.words.shown(button))
            .await
            .map(|_| ())
    }

    /// A second window, and the page that *Verberg* leads to; in practice.
    ///
    /// # Errors
    /// When a step cannot be taken, or whoever looks fails.
    pub async fn away(&mut self) -> Result<()> {
        self.practice().await?;
        self.elsewhere().await?;
        let neutral = self.server.url("/notities.html");
        self.browser.open(&neutral).await?;
        self.at("Notities", "neutral page").await
    }

    async fn elsewhere(&mut self) -> Result<()> {
        let first = self.browser.driver.window().await?;
        let second = self.browser.driver.new_tab().await?;
        self.browser.driver.switch_to_window(second).await?;
        self.browser.open(&self.server.url("/oefenen/")).await?;
        self.at("Veldpost staat ook open", "another window").await?;
        self.browser.driver.close_window().await?;
        Ok(self.browser.driver.switch_to_window(first).await?)
    }

    /// A newer app has touched the database of practice. Nothing can be done there after this.
    ///
    /// # Errors
    /// When a step cannot be taken, or whoever looks fails.
    pub async fn newer_database(&mut self) -> Result<()> {
        self.practice().await?;
        let raise = "await new Promise((done, fail) => { \
            const asked = indexedDB.open('veldpost-oefenen', 99); \
            asked.onerror = fail; asked.onsuccess = () => { asked.result.close(); done(); }; })";
        self.browser.run(raise, json!([])).await?;
        self.at(
            "Deze gegevens zijn gemaakt met een nieuwere versie van Veldpost.",
            "newer database",
        )
        .await
    }

    /// A browser that is told to store nothing.
    ///
    /// # Errors
    /// When it does not say so, or whoever looks fails.
    pub async fn storage_refused(&mut self) -> Result<()> {
        self.browser.open(&self.server.url("/")).await?;
        self.at("Deze browser bewaart hier niets.", "storage refused")
            .await
    }

    /// The made-up region of a server with the demonstration: its tables and its long list.
    ///
    /// # Errors
    /// When a step cannot be taken, or whoever looks fails.
    pub async fn demonstration(&mut self) -> Result<()> {
        self.browser.open(&self.server.url("/")).await?;
        self.at("Start", "demonstration").await?;
        self.to("Tabellen", "Tabellen", "tables").await?;
        self.back().await?;
        self.to(
            "Mijn registraties",
            "Mijn registraties",
            "records of hundreds",
        )
        .await
    }
}
