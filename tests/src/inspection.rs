//! What must hold in every state of the app: nobody is shut out, it fits, a cold thumb hits it.
//!
//! Deliberately not here: how the states are reached; that is `walk`.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use crate::browser::Browser;
use crate::built::Built;
use crate::emulation::Screen;
use crate::measure::Target;
use crate::schemes::Scheme;

/// Looks at states and keeps what it has against them.
#[derive(Debug)]
pub struct Inspection {
    built: Built,
    states: BTreeSet<String>,
    tallies: usize,
    faults: Vec<String>,
}

const SCHEMES: [Scheme; 3] = [Scheme::Light, Scheme::Dark, Scheme::Night];

/// The narrowest phone, and letters twice as large on it and on an ordinary one.
const TIGHT: [(Screen, u32); 3] = [
    (Screen::NarrowPhone, 100),
    (Screen::LargePhone, 200),
    (Screen::NarrowPhone, 200),
];

impl Inspection {
    /// An inspection with the axe-core of `built`.
    #[must_use]
    pub fn new(built: &Built) -> Self {
        Self {
            built: built.clone(),
            states: BTreeSet::new(),
            tallies: 0,
            faults: Vec::new(),
        }
    }

    /// Looks at the page as it is now, in every scheme and size. It stays on the narrowest phone with
    /// letters twice as large: whoever goes on from here shows that all can be reached there.
    ///
    /// # Errors
    /// When the page cannot be looked at; what it shows wrongly is kept for [`Inspection::verdict`].
    pub async fn look(&mut self, browser: &Browser, state: &str) -> Result<()> {
        if !self.states.insert(state.to_owned()) {
            bail!("\"{state}\" was looked at before: another state needs another name");
        }
        browser.text_size(100).await?;
        for screen in [Screen::Laptop, Screen::Phone] {
            browser.show_on(screen).await?;
            self.accessible(browser, state, screen).await?;
        }
        self.within_reach(browser, state).await?;
        browser.space_text(true).await?;
        self.fits(browser, &format!("{state} spaced")).await?;
        browser.space_text(false).await?;
        for (screen, percent) in TIGHT {
            browser.show_on(screen).await?;
            browser.text_size(percent).await?;
            self.fits(browser, &format!("{state} {screen:?} {percent} %"))
                .await?;
        }
        Ok(())
    }

    async fn accessible(&mut self, browser: &Browser, state: &str, screen: Screen) -> Result<()> {
        for (scheme, found) in browser.violations_in(&SCHEMES, &self.built).await? {
            let place = format!("{state} {screen:?} {}", scheme.name());
            for one in found {
                let fault = format!("{place}: {} ({}) {:?}", one.rule, one.help, one.targets);
                self.faults.push(fault);
            }
        }
        if browser.sideways().await? > 0 {
            self.faults
                .push(format!("{state} {screen:?}: scrolls sideways"));
        }
        browser
            .keep_pictures(&format!("{state} {screen:?}"), &SCHEMES)
            .await
    }

    /// Tiles of 72 pixels, 12 apart; everything else that is tapped 56 high.
    async fn within_reach(&mut self, browser: &Browser, state: &str) -> Result<()> {
        for Target { name, place } in browser.targets().await? {
            if place.height + 0.5 < 56.0 || place.width + 0.5 < 44.0 {
                let size = format!("{} × {}", place.width, place.height);
                self.faults.push(format!("{state}: \"{name}\" is {size}"));
            }
        }
        let tiles = browser.tiles().await?;
        if !tiles.is_empty() {
            self.tallies += 1;
        }
        for tile in &tiles {
            if tile.place.height < 72.0 || tile.place.width < 72.0 {
                self.faults.push(format!("{state}: {tile:?} is too small"));
            }
        }
        let near = Browser::too_near(&tiles, 12.0);
        self.faults.extend(near);
        Ok(())
    }

    async fn fits(&mut self, browser: &Browser, place: &str) -> Result<()> {
        browser.keep_picture(place).await?;
        let sideways = browser.sideways().await?;
        if sideways > 0 {
            self.faults
                .push(format!("{place}: scrolls {sideways} px sideways"));
        }
        for text in browser.clipped().await? {
            self.faults.push(format!("{place}: cut off: {text}"));
        }
        for pair in browser.overlapping().await? {
            self.faults.push(format!("{place}: overlap: {pair}"));
        }
        Ok(())
    }

    /// How many states were looked at.
    #[must_use]
    pub fn states(&self) -> usize {
        self.states.len()
    }

    /// In how many of them the tiles were measured.
    #[must_use]
    pub fn tallies(&self) -> usize {
        self.tallies
    }

    /// Whether all that was looked at is as it must be.
    ///
    /// # Errors
    /// With everything that is not.
    pub fn verdict(&self) -> Result<()> {
        if self.faults.is_empty() {
            return Ok(());
        }
        let number = self.faults.len();
        bail!("{number} faults:\n{}", self.faults.join("\n"))
    }
}
