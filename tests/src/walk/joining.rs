//! Joining a region: the link, what it is, a name, a passphrase, waiting; and an organisation's desk.
//!
//! Deliberately not here: the coordinator's side (`founding`).

use anyhow::{Result, bail};

use super::Walk;
use crate::browser::Browser;
use crate::camera::Pretended;

impl<L: AsyncFnMut(&Browser, &str) -> Result<()>> Walk<'_, L> {
    /// Scanning, on a browser with this camera: it may not be used, it may, another code lies before it.
    ///
    /// # Errors
    /// When a step cannot be taken, or whoever looks fails.
    pub async fn scanning(&mut self, camera: &Pretended) -> Result<()> {
        self.browser.pretend_lamp().await?;
        self.browser.open(&self.server.url("/")).await?;
        self.browser.camera_may("denied").await?;
        self.press("Ik heb een uitnodiging").await?;
        self.press("Scan de QR-code").await?;
        self.see("De camera mag niet aan.").await?;
        self.look("join without a camera").await?;
        self.browser.camera_may("granted").await?;
        self.press("Scan de QR-code").await?;
        self.see("De camera staat aan. Houd de QR-code midden in het beeld.")
            .await?;
        self.shown(&["button"], "Doe de lamp aan").await?;
        self.look("join scanning").await?;
        camera.show_code("https://voorbeeld.example/menu", 8)?;
        self.see("Dit is een QR-code, maar geen uitnodiging. We zoeken verder.")
            .await?;
        self.look("join scanning another code").await?;
        self.press("Stop met scannen").await
    }

    /// From the welcome by an invitation for one, each step with its mistakes, until the device waits with six words.
    ///
    /// # Errors
    /// When a step cannot be taken, or whoever looks fails.
    pub async fn joining(&mut self, link: &str, name: &str) -> Result<()> {
        self.browser.open(&self.server.url("/")).await?;
        self.to("Ik heb een uitnodiging", "Meedoen", "join empty")
            .await?;
        self.press("Volgende").await?;
        self.see("Plak de hele link.").await?;
        self.look("join with error").await?;
        self.fill("Link van de uitnodiging", "kom je ook?").await?;
        self.press("Volgende").await?;
        self.at("Meedoen lukt niet", "join failed").await?;
        self.press("Probeer een andere link").await?;
        self.fill("Link van de uitnodiging", link).await?;
        self.to("Volgende", "Wil je meedoen?", "join offered")
            .await?;
        self.press("Ik doe mee").await?;
        self.see("Schrijf een naam op, dan weet de coördinator wie je bent.")
            .await?;
        self.look("join offered with error").await?;
        self.fill("Hoe heet dit toestel voor de coördinator?", name)
            .await?;
        self.to("Ik doe mee", "Wachtzin om te lezen", "join passphrase")
            .await?;
        self.own_phrase("Klaar, doe mee").await?;
        self.see("Lees deze zes woorden voor aan de coördinator.")
            .await?;
        // Before the count nothing is entered yet, and nothing can have been received.
        self.see("De telling is nog niet begonnen").await?;
        self.see("Je kunt nu al oefenen.").await?;
        let text = self.browser.text().await?;
        for untrue in ["Alles is ontvangen", "Niemand geteld melden"] {
            if text.contains(untrue) {
                bail!("it says \"{untrue}\": {text}");
            }
        }
        self.look("home that waits with six words").await
    }

    /// On the first screen of a desk, during the count: a person with mistakes, kept, and the list of today.
    ///
    /// # Errors
    /// When a step cannot be taken, or whoever looks fails.
    pub async fn desk(&mut self) -> Result<()> {
        self.see("Vandaag is hier nog niemand ingevoerd.").await?;
        self.look("home of a desk").await?;
        self.to("Volgende persoon", "Volgende persoon", "desk empty")
            .await?;
        self.press("Bewaar, volgende persoon").await?;
        self.at("Er ontbreekt nog iets", "desk with errors").await?;
        self.answer(
            "Waar slaapt deze persoon?",
            "Buiten of op een openbare plek",
        )
        .await?;
        self.answer("Hoe weet je dit?", "Zelf gesproken").await?;
        self.answer("In welke gemeente slaapt deze persoon?", "Enschede")
            .await?;
        self.answer("Hoe oud is deze persoon?", "27 tot 35").await?;
        self.answer("Wat is het geslacht?", "Man").await?;
        self.answer("Zijn er kinderen bij?", "0").await?;
        self.look("desk filled").await?;
        self.press("Bewaar, volgende persoon").await?;
        self.see("Bewaard. Nu de volgende persoon.").await?;
        self.see("Nummer 1").await?;
        self.look("desk with one of today").await?;
        self.back().await?;
        self.see("Nummer 1").await?;
        self.look("home of a desk with one of today").await
    }
}
