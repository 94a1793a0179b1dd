//! Counting: a round from its start to its end, and the list of what was recorded.
//!
//! Deliberately not here: questionnaires (`forms`).

use anyhow::Result;

use super::Walk;
use crate::browser::Browser;

impl<L: AsyncFnMut(&Browser, &str) -> Result<()>> Walk<'_, L> {
    /// A round in practice: empty, wrong, counting, undone, stopped with and without anybody.
    ///
    /// # Errors
    /// When a step cannot be taken, or whoever looks fails.
    pub async fn rounds(&mut self) -> Result<()> {
        self.practice().await?;
        self.look("home empty").await?;
        self.to("Start tellen", "Ronde", "start round").await?;
        self.press("Begin de ronde").await?;
        self.at("Er ontbreekt nog iets", "start round with error")
            .await?;
        self.tap("radio", "Centrum").await?;
        self.press("Begin de ronde").await?;
        self.browser
            .place("button", self.words.shown("Man, 18+"))
            .await?;
        self.look("tally empty").await?;
        self.to("Stop ronde", "Ronde stoppen", "stop round with nobody")
            .await?;
        self.press("Stop de ronde").await?;
        self.at("Er ontbreekt nog iets", "stop round with error")
            .await?;
        self.back().await?;
        self.press("Man, 18+").await?;
        self.press("Vrouw, 18+").await?;
        self.press("Slaapt").await?;
        self.look("tally filled").await?;
        self.press("Maak ongedaan").await?;
        self.look("tally undone").await?;
        self.press("Kind, 0-17").await?;
        self.to("Wijzig", "Waar tel je nu?", "change of place")
            .await?;
        self.back().await?;
        self.press("Terug").await?;
        self.at("Start", "home with a round").await?;
        self.press("Ga verder met tellen").await?;
        self.to("Stop ronde", "Ronde stoppen", "stop round").await?;
        self.fill("Opmerking", "Rustige nacht").await?;
        self.press("Stop de ronde").await?;
        self.at("Start", "home after a round").await?;
        self.to("Niemand geteld melden", "Niemand geteld melden", "nobody")
            .await?;
        self.press("Bewaar: 0 geteld").await?;
        self.at("Er ontbreekt nog iets", "nobody with error")
            .await?;
        self.back().await
    }

    /// The list, one record, and taking it back; of what [`Walk::rounds`] and [`Walk::forms`] recorded.
    ///
    /// # Errors
    /// When a step cannot be taken, or whoever looks fails.
    pub async fn records(&mut self) -> Result<()> {
        self.practice().await?;
        self.unlock_practice().await?;
        self.to("Mijn registraties", "Mijn registraties", "records")
            .await?;
        self.open_record("Registratie").await?;
        self.look("record").await?;
        self.press("Wijzig").await?;
        self.at("Klopt dit?", "amend").await?;
        self.press("Terug").await?;
        self.browser
            .place("heading", self.words.shown("Registratie"))
            .await?;
        self.press("Trek in").await?;
        self.at("Deze registratie intrekken?", "withdraw").await?;
        self.withdraw_now().await?;
        self.see("Kies een reden.").await?;
        self.look("withdraw with error").await?;
        self.tap("radio", "Het was een vergissing").await?;
        self.withdraw_now().await?;
        self.at("Mijn registraties", "records with one withdrawn")
            .await?;
        let withdrawn = self.words.shown("Ingetrokken");
        self.browser.tap_holding("button", withdrawn).await?;
        self.browser
            .place("heading", self.words.shown("Daarna veranderd"))
            .await?;
        self.look("record withdrawn").await?;
        self.back().await?;
        self.back().await?;
        self.of_a_round().await?;
        self.press("Vergrendel").await?;
        self.browser
            .place("button", self.words.shown("Ontgrendel om te lezen"))
            .await?;
        self.look("home locked").await?;
        self.to("Mijn registraties", "Mijn registraties", "records locked")
            .await?;
        self.open_record("Registratie").await?;
        self.look("record locked").await?;
        self.back().await?;
        self.back().await?;
        self.to(
            "Ontgrendel om te lezen",
            "Ontgrendel om te lezen",
            "unlock in practice",
        )
        .await?;
        self.press("Ontgrendel").await?;
        self.browser
            .place("button", self.words.shown("Vergrendel"))
            .await
            .map(|_| ())
    }

    /// From the first screen and back: a tap, which can become a full record, and what a round left.
    async fn of_a_round(&mut self) -> Result<()> {
        self.press("Mijn registraties").await?;
        let tap = self.words.shown("Kind, 0-17");
        self.browser.tap_holding("button", tap).await?;
        let promote = "Maak er een volledige registratie van";
        self.browser
            .place("button", self.words.shown(promote))
            .await?;
        self.look("record of a tap").await?;
        self.to(promote, "Waar sliep deze persoon?", "promote")
            .await?;
        self.back().await?;
        self.press("Mijn registraties").await?;
        let round = self.words.shown("Ronde").to_owned();
        self.browser
            .tap_holding("button", &format!("{round},"))
            .await?;
        self.browser
            .place("button", self.words.shown("Trek in"))
            .await?;
        self.look("record of a round").await?;
        self.back().await?;
        self.back().await
    }

    /// Opens the first row of the list.
    async fn open_record(&self, heading: &str) -> Result<()> {
        let row = self.words.shown("Bewaard op dit toestel");
        self.browser.tap_holding("button", row).await?;
        let heading = self.words.shown(heading);
        self.browser.place("heading", heading).await?;
        // The record is read after its screen is there.
        self.browser
            .place("button", self.words.shown("Trek in"))
            .await
            .map(|_| ())
    }

    /// The button of the open dialog; the page's own has the same name and lies behind.
    async fn withdraw_now(&self) -> Result<()> {
        self.press("Trek in").await
    }

    async fn unlock_practice(&self) -> Result<()> {
        let locked = self.words.shown("Ontgrendel om te lezen");
        if self.browser.has("button", locked).await? {
            self.press("Ontgrendel om te lezen").await?;
            self.press("Ontgrendel").await?;
        }
        self.browser
            .place("button", self.words.shown("Vergrendel"))
            .await
            .map(|_| ())
    }
}
