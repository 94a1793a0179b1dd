//! A device of a person: a browser on a profile that outlives it, however it ended.
//!
//! Deliberately not here: what the person does on it.

use std::ops::Deref;

use anyhow::Result;

use crate::browser::Browser;
use crate::camera::Pretended;
use crate::emulation::Screen;
use crate::profile::Profile;

/// It locks after two minutes without.
const TOUCH_NOW_AND_THEN: &str =
    "setInterval(() => dispatchEvent(new PointerEvent('pointerdown')), 20000)";

/// A device: a browser on a profile of its own.
#[derive(Debug)]
pub struct Device {
    profile: Profile,
    browser: Browser,
}

impl Deref for Device {
    type Target = Browser;

    fn deref(&self) -> &Browser {
        &self.browser
    }
}

impl Device {
    /// A new phone.
    ///
    /// # Errors
    /// When its browser does not start.
    pub async fn phone() -> Result<Self> {
        Self::new(Screen::Phone).await
    }

    /// A new laptop.
    ///
    /// # Errors
    /// When its browser does not start.
    pub async fn laptop() -> Result<Self> {
        Self::new(Screen::Laptop).await
    }

    /// A new phone with a camera; the person says yes to it.
    ///
    /// # Errors
    /// When its browser does not start.
    pub async fn phone_with(camera: &Pretended) -> Result<Self> {
        let flags = camera.flags();
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        Self::new_with(Screen::Phone, &flags).await
    }

    async fn new(screen: Screen) -> Result<Self> {
        Self::new_with(screen, &[]).await
    }

    async fn new_with(screen: Screen, flags: &[&str]) -> Result<Self> {
        let profile = Profile::new()?;
        let browser = Browser::start_with(&profile, flags).await?;
        Self::held(profile, browser, screen).await
    }

    /// In somebody's hands, who does not leave it alone until it locks: on a busy machine the steps of a journey take their time.
    async fn held(profile: Profile, browser: Browser, screen: Screen) -> Result<Self> {
        browser.show_on(screen).await?;
        browser.before_each_page(TOUCH_NOW_AND_THEN).await?;
        Ok(Self { profile, browser })
    }

    /// The same phone after its browser was ended with SIGKILL and started again; no page is open.
    ///
    /// # Errors
    /// When it does not end or start.
    pub async fn after_a_kill(self) -> Result<Self> {
        self.browser.kill().await?;
        Self::start_again(self.profile).await
    }

    /// The same phone after its browser was closed politely and started again; no page is open.
    ///
    /// # Errors
    /// When it does not end or start.
    pub async fn after_closing(self) -> Result<Self> {
        self.browser.quit().await?;
        Self::start_again(self.profile).await
    }

    async fn start_again(profile: Profile) -> Result<Self> {
        let browser = Browser::start(&profile).await?;
        Self::held(profile, browser, Screen::Phone).await
    }

    /// Closes the browser and keeps what it stored, for [`Device::on`].
    ///
    /// # Errors
    /// When it does not end.
    pub async fn put_away(self) -> Result<Profile> {
        self.browser.quit().await?;
        Ok(self.profile)
    }

    /// A phone on what was put away.
    ///
    /// # Errors
    /// When its browser does not start.
    pub async fn on(profile: Profile) -> Result<Self> {
        Self::start_again(profile).await
    }

    /// Closes the browser; what it stored goes.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn quit(self) -> Result<()> {
        self.browser.quit().await
    }
}
