//! A region from its coordinator's side: beginning one, inviting, its campaign, and bringing it back by the code on paper.
//!
//! Deliberately not here: who joins it (`joining`), and admitting them, which takes two devices.

use anyhow::Result;
use serde_json::json;

use super::Walk;
use crate::browser::Browser;
use crate::steps::PASSPHRASE;

impl<L: AsyncFnMut(&Browser, &str) -> Result<()>> Walk<'_, L> {
    /// From the welcome to the screen of a region of one coordinator, unlocked. Gives the rows of its code on paper.
    ///
    /// # Errors
    /// When a step cannot be taken, or whoever looks fails.
    pub async fn founding(&mut self) -> Result<Vec<String>> {
        self.browser.open(&self.server.url("/")).await?;
        self.to("Begin een regio", "De regio", "found lists")
            .await?;
        self.press("Volgende").await?;
        self.at("Er ontbreekt nog iets", "found lists with errors")
            .await?;
        self.fill("Naam van de regio", "Twente").await?;
        self.fill("Naam van de telling", "Telling 2026").await?;
        self.fill("Jouw naam", "Anna").await?;
        self.fill("Organisaties die meetellen", "Straatteam\nTactus")
            .await?;
        self.fill("Gebieden", "Centrum\nStation").await?;
        self.press("Volgende").await?;
        self.browser.place("heading", "Je wachtzin").await?;
        // Whatever is drawn, as wide as the list has them.
        let widest = "document.querySelectorAll('.words li').forEach((word) => word.textContent = 'monument')";
        self.browser.run(widest, json!([])).await?;
        self.at("Je wachtzin", "found five words").await?;
        self.own_phrase("Volgende").await?;
        self.at("Herstelcode op papier", "found kit").await?;
        let rows = self.browser.prove_kit().await?;
        self.at("Start", "home of a coordinator locked").await?;
        self.to("De regio", "De regio", "region locked").await?;
        self.press("Ontgrendel om te lezen").await?;
        self.unlock_here().await?;
        self.see("Nog niet klaar").await?;
        self.look("region not ready").await?;
        Ok(rows)
    }

    /// On the region's screen and back: what does not work yet, a second campaign, invitations, what is set apart.
    ///
    /// # Errors
    /// When a step cannot be taken, or whoever looks fails.
    pub async fn coordinating(&mut self) -> Result<()> {
        self.press("Begin de telling").await?;
        self.in_dialog("Begin de telling", "campaign begins")
            .await?;
        self.press("Begin de telling").await?;
        self.browser.place("alert", "").await?;
        self.look("campaign refused").await?;
        self.press("Nieuwe telling").await?;
        self.press("Nieuwe telling").await?;
        self.see("Vul een naam en een teldag in.").await?;
        self.look("new campaign with error").await?;
        self.to("Bijzonder", "Bijzonder", "odd empty").await?;
        self.back().await?;
        self.to("Organisaties, gebieden en namen", "Teldag", "region lists")
            .await?;
        self.back().await?;
        self.inviting().await
    }

    /// From the region's screen and back: for a group, with mistakes, the code, and the list of those that were made.
    async fn inviting(&mut self) -> Result<()> {
        self.to("Nodig iemand uit", "Nodig iemand uit", "invite empty")
            .await?;
        self.tap("radio", "Een groep voor één avond").await?;
        self.fill("Hoeveel toestellen mogen meedoen?", "x").await?;
        self.press("Maak de uitnodiging").await?;
        self.at("Er ontbreekt nog iets", "invite with errors")
            .await?;
        self.tap("radio", "Een teller met een eigen toestel")
            .await?;
        self.fill("Naam van de uitnodiging", "Vergissing").await?;
        self.to("Maak de uitnodiging", "Uitnodiging", "invite code")
            .await?;
        self.back().await?;
        self.see("Gemaakte uitnodigingen").await?;
        self.look("invite with one made").await?;
        self.press_of("Haal alles hiervan uit de tabellen").await?;
        self.in_dialog("Uit de tabellen halen?", "invite taken out")
            .await?;
        self.press("Annuleer").await?;
        self.press_of("Trek deze uitnodiging in").await?;
        self.see("Ingetrokken.").await?;
        self.look("invite with one ended").await?;
        self.back().await?;
        self.browser
            .place("heading", self.words.shown("De regio"))
            .await
            .map(|_| ())
    }

    /// In a fresh browser, with the rows of the code on paper: each step with its mistakes, up to the region's screen.
    ///
    /// # Errors
    /// When a step cannot be taken, or whoever looks fails.
    pub async fn recovering(&mut self, rows: &[String]) -> Result<()> {
        self.browser.open(&self.server.url("/")).await?;
        let way = "Herstel een regio met de code op papier";
        self.to(way, "Herstel een regio", "recover code").await?;
        self.press("Volgende").await?;
        self.at("Het lukt nog niet", "recover code with errors")
            .await?;
        for (number, row) in rows.iter().enumerate() {
            let field = format!("Regel {}", number + 1);
            self.fill(&field, row).await?;
        }
        self.press("Volgende").await?;
        self.see("De regio is gevonden.").await?;
        self.look("recover name").await?;
        self.press("Volgende").await?;
        self.see("Schrijf je naam op.").await?;
        self.look("recover name with error").await?;
        self.fill("Jouw naam", "Anna").await?;
        self.to("Volgende", "De nieuwe herstelcode", "recover kit")
            .await
    }

    /// Types an own phrase, twice, and goes on.
    pub(super) async fn own_phrase(&self, confirm: &str) -> Result<()> {
        self.press("Liever een eigen zin").await?;
        self.fill("Je eigen zin", PASSPHRASE).await?;
        self.fill("Typ de wachtzin over", PASSPHRASE).await?;
        self.press(confirm).await
    }

    /// On the unlock screen.
    async fn unlock_here(&self) -> Result<()> {
        self.fill("Je wachtzin", PASSPHRASE).await?;
        self.press("Ontgrendel").await
    }

    /// Waits for a dialog, and looks.
    pub(super) async fn in_dialog(&mut self, title: &str, state: &str) -> Result<()> {
        let title = self.shown(&["dialog"], title).await?;
        self.browser.place("dialog", title).await?;
        self.look(state).await
    }
}
