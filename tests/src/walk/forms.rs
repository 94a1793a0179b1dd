//! Questionnaires: page by page, in four taps, checked, left and found again.
//!
//! Deliberately not here: what a questionnaire asks is not judged, only passed by.

use anyhow::Result;

use super::Walk;
use crate::browser::Browser;

impl<L: AsyncFnMut(&Browser, &str) -> Result<()>> Walk<'_, L> {
    /// A record page by page, with mistakes, a draft, the summary, and the quick form. In practice, with
    /// no round open.
    ///
    /// # Errors
    /// When a step cannot be taken, or whoever looks fails.
    pub async fn forms(&mut self) -> Result<()> {
        self.practice().await?;
        self.to(
            "Nieuwe registratie",
            "Waar sliep deze persoon?",
            "page 1 empty",
        )
        .await?;
        self.press("Volgende").await?;
        self.at("Er ontbreekt nog iets", "page 1 with errors")
            .await?;
        self.place_of_night().await?;
        self.look("page 1 filled").await?;
        self.tap("checkbox", "De soort plek klopt niet: ik kies zelf")
            .await?;
        self.see("Waar telt deze persoon dan?").await?;
        self.look("page 1 with an override").await?;
        self.tap("checkbox", "De soort plek klopt niet: ik kies zelf")
            .await?;
        self.to("Volgende", "Over deze persoon", "page 2 empty")
            .await?;
        self.draft().await?;
        self.person().await?;
        self.look("page 2 with a child").await?;
        self.fill("Geboortejaar, als je het weet", "2090").await?;
        self.press("Volgende").await?;
        self.at("Er ontbreekt nog iets", "page 2 with error")
            .await?;
        self.clear("Geboortejaar, als je het weet", 4).await?;
        self.to("Volgende", "Wat speelt er?", "page 3").await?;
        self.to("Volgende", "Dubbel tellen voorkomen", "page 4")
            .await?;
        self.answer("Code tegen dubbel tellen", "Vul in").await?;
        self.see("Eerste twee letters van de voornaam").await?;
        self.look("page 4 with a code").await?;
        self.press("Controleren").await?;
        self.at("Klopt dit?", "check").await?;
        self.check_with_error().await?;
        self.press("Klaar, bewaar").await?;
        self.at("Start", "home after a record").await?;
        self.quick().await
    }

    /// Left in the middle: offered on the first screen, thrown away only when asked twice.
    async fn draft(&mut self) -> Result<()> {
        self.press("Terug").await?;
        self.press("Terug").await?;
        self.at("Je was nog bezig", "home with a draft").await?;
        self.press("Gooi weg").await?;
        self.at("Registratie weggooien?", "discard").await?;
        self.press("Annuleer").await?;
        self.press("Ga verder").await?;
        self.browser
            .place("heading", self.words.shown("Waar sliep deze persoon?"))
            .await?;
        self.press("Volgende").await?;
        self.browser
            .place("heading", self.words.shown("Over deze persoon"))
            .await
            .map(|_| ())
    }

    async fn check_with_error(&mut self) -> Result<()> {
        let year = "Geboortejaar, als je het weet";
        self.tap_change("Hoe oud is deze persoon?").await?;
        self.fill(year, "2090").await?;
        self.press("Terug").await?;
        self.at("Er ontbreekt nog iets", "check with errors")
            .await?;
        self.tap_change("Geboortejaar, als je het weet").await?;
        self.clear(year, 4).await?;
        self.press("Terug naar controleren").await?;
        self.browser
            .place("heading", self.words.shown("Klopt dit?"))
            .await
            .map(|_| ())
    }

    async fn tap_change(&self, question: &str) -> Result<()> {
        let question = self.words.shown(question);
        self.browser.tap_holding("button", question).await
    }

    async fn clear(&self, field: &str, letters: usize) -> Result<()> {
        self.tap("textbox", field).await?;
        self.browser.press("End").await?;
        for _ in 0..letters {
            self.browser.press("Backspace").await?;
        }
        Ok(())
    }

    /// Empty, refused, asked the place, kept.
    async fn quick(&mut self) -> Result<()> {
        self.to("Snel toevoegen", "Nieuwe persoon", "quick empty")
            .await?;
        self.press("Klaar, volgende persoon").await?;
        self.at("Er ontbreekt nog iets", "quick with errors")
            .await?;
        self.place_of_night().await?;
        self.answer("Hoe oud is deze persoon?", "27 tot 35").await?;
        self.answer("Wat is het geslacht?", "Man").await?;
        self.answer("Zijn er kinderen bij?", "0").await?;
        self.look("quick filled").await?;
        self.press("Klaar, volgende persoon").await?;
        self.see("Bewaard. Nu de volgende persoon.").await?;
        self.look("quick again").await?;
        self.back().await
    }

    async fn place_of_night(&self) -> Result<()> {
        let night = "Buiten of op een openbare plek";
        self.answer("Waar slaapt deze persoon?", night).await?;
        self.answer("Hoe weet je dit?", "Zelf gesproken").await?;
        self.answer("In welke gemeente slaapt deze persoon?", "Enschede")
            .await
    }

    async fn person(&self) -> Result<()> {
        self.answer("Hoe oud is deze persoon?", "27 tot 35").await?;
        self.answer("Wat is het geslacht?", "Vrouw").await?;
        self.answer("Zijn er kinderen bij?", "1").await?;
        self.answer("Met wie hoort deze persoon samen?", "Alleen met kinderen")
            .await
    }
}
