//! Walks past every screen and state of the app, for what must hold on each of them.
//!
//! Deliberately not here: what must hold. A walk calls whoever looks, with the name of the state.

mod forms;
mod region;
mod rounds;

use anyhow::Result;

use crate::browser::Browser;
use crate::server::Server;
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

    async fn tap(&self, role: &str, dutch: &str) -> Result<()> {
        self.browser.tap(role, self.words.shown(dutch)).await
    }

    async fn press(&self, button: &str) -> Result<()> {
        self.tap("button", button).await
    }

    async fn answer(&self, question: &str, choice: &str) -> Result<()> {
        let (question, choice) = (self.words.shown(question), self.words.shown(choice));
        self.browser.answer(question, choice).await
    }

    async fn fill(&self, name: &str, text: &str) -> Result<()> {
        self.browser.fill(self.words.shown(name), text).await
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
        let heading = self.words.shown(heading);
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
