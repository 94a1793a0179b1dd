//! Walks past every screen and state of the app, for what must hold on each of them.
//!
//! Deliberately not here: what must hold. A walk calls whoever looks, with the name of the state.

mod forms;
mod founding;
mod joining;
mod region;
mod rounds;

use anyhow::Result;

use crate::browser::Browser;
use crate::server::Server;
use crate::wait::eventually;
use crate::words::Words;

/// A walk in a language; `look` is called in every state.
#[derive(Debug)]
pub struct Walk<'a, L> {
    browser: &'a Browser,
    server: &'a Server,
    words: Words,
    look: L,
}

impl<'a, L: AsyncFnMut(&Browser, &str) -> Result<()>> Walk<'a, L> {
    /// A walk in Dutch.
    pub fn new(browser: &'a Browser, server: &'a Server, look: L) -> Self {
        Self {
            browser,
            server,
            words: Words::dutch(),
            look,
        }
    }

    /// The same in the language of `words`; the app must show it already.
    #[must_use]
    pub fn in_language(self, words: Words) -> Self {
        Self { words, ..self }
    }

    async fn look(&mut self, state: &str) -> Result<()> {
        (self.look)(self.browser, state).await
    }

    /// Which of the words that may stand for these is on the screen now, or comes there.
    async fn shown<'w>(&'w self, roles: &[&str], dutch: &'w str) -> Result<&'w str> {
        let meanings = self.words.meanings(dutch);
        if let [only] = meanings.as_slice() {
            return Ok(only);
        }
        let what = format!("{roles:?} \"{dutch}\"");
        eventually(&what, async || {
            let mut names = Vec::new();
            for role in roles {
                names.extend(self.browser.names(role).await?);
            }
            let is_there = |one: &&&str| names.iter().any(|name| name.starts_with(**one));
            Ok(meanings.iter().find(is_there).copied())
        })
        .await
    }

    async fn tap(&self, role: &str, dutch: &str) -> Result<()> {
        let name = self.shown(&[role], dutch).await?;
        self.browser.tap(role, name).await
    }

    async fn press(&self, button: &str) -> Result<()> {
        self.tap("button", button).await
    }

    /// A button that has behind these words whom it is about.
    async fn press_of(&self, button: &str) -> Result<()> {
        let words = self.shown(&["button"], button).await?;
        self.browser.tap_holding("button", words).await
    }

    async fn answer(&self, question: &str, choice: &str) -> Result<()> {
        let question = self.shown(&["radiogroup", "group"], question).await?;
        let choice = self.shown(&["radio", "checkbox"], choice).await?;
        self.browser.answer(question, choice).await
    }

    async fn fill(&self, name: &str, text: &str) -> Result<()> {
        let name = self.shown(&["textbox"], name).await?;
        self.browser.fill(name, text).await
    }

    async fn see(&self, dutch: &str) -> Result<()> {
        self.browser.see(self.words.shown(dutch)).await
    }

    /// Taps a button that leads to a screen with this heading, and looks.
    async fn to(&mut self, button: &str, heading: &str, state: &str) -> Result<()> {
        self.press(button).await?;
        self.at(heading, state).await
    }

    /// Waits for a screen's heading, and looks.
    async fn at(&mut self, heading: &str, state: &str) -> Result<()> {
        let heading = self.shown(&["heading"], heading).await?;
        self.browser.place("heading", heading).await?;
        self.look(state).await
    }

    async fn back(&self) -> Result<()> {
        self.press("Terug").await
    }

    /// Opens practice in whatever state it is.
    async fn practice(&self) -> Result<()> {
        self.browser.open(&self.server.url("/oefenen/")).await?;
        self.browser
            .place("heading", self.words.shown("Start"))
            .await
            .map(|_| ())
    }
}
