//! The screens, schemes and speeds that the app is shown on, by the DevTools protocol.
//!
//! Deliberately not here: being offline. That is the server stopped for real, see `Server::stop`.

use anyhow::Result;
use serde_json::json;

use crate::browser::Browser;

/// A screen to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// 360 × 740, touch.
    Phone,
    /// 320 × 568, touch: the narrowest that must work.
    NarrowPhone,
    /// 412 × 823, touch.
    LargePhone,
    /// 1280 × 800, mouse.
    Laptop,
}

impl Browser {
    /// Shows the page on this screen.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn show_on(&self, screen: Screen) -> Result<()> {
        let (width, height, touch) = match screen {
            Screen::Phone => (360, 740, true),
            Screen::NarrowPhone => (320, 568, true),
            Screen::LargePhone => (412, 823, true),
            Screen::Laptop => (1280, 800, false),
        };
        let metrics = json!({
            "width": width, "height": height, "mobile": touch,
            "deviceScaleFactor": if touch { 2 } else { 1 },
        });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)
            .await?;
        let touch = json!({"enabled": touch, "maxTouchPoints": if touch { 5 } else { 1 }});
        self.devtools("Emulation.setTouchEmulationEnabled", touch)
            .await
            .map(|_| ())
    }

    /// Sets media features, such as `("prefers-color-scheme", "dark")`; replaces those set before.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn prefer(&self, features: &[(&str, &str)]) -> Result<()> {
        let features: Vec<_> = features
            .iter()
            .map(|(name, value)| json!({"name": name, "value": value}))
            .collect();
        let media = json!({"media": "", "features": features});
        self.devtools("Emulation.setEmulatedMedia", media)
            .await
            .map(|_| ())
    }

    /// Doubles the reader's text size (or any factor): text in rem follows, text in px does not.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn text_size(&self, percent: u32) -> Result<()> {
        let sizes =
            json!({"fontSizes": {"standard": 16 * percent / 100, "fixed": 13 * percent / 100}});
        self.devtools("Page.setFontSizes", sizes).await.map(|_| ())
    }

    /// Spaces the page's text as far as a reader may (WCAG 2.2, 1.4.12), or as it was.
    ///
    /// # Errors
    /// When there is no page.
    pub async fn space_text(&self, wide: bool) -> Result<()> {
        self.run(SPACE_TEXT, json!([wide])).await.map(|_| ())
    }

    /// Makes the processor this many times slower.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn slow_down(&self, times: u32) -> Result<()> {
        let rate = json!({"rate": times});
        self.devtools("Emulation.setCPUThrottlingRate", rate)
            .await
            .map(|_| ())
    }

    /// Leaves the database this many bytes in all, for a phone whose memory is full.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn leave_room(&self, origin: &str, bytes: u64) -> Result<()> {
        let quota = json!({"origin": origin, "quotaSize": bytes});
        self.devtools("Storage.overrideQuotaForOrigin", quota)
            .await
            .map(|_| ())
    }

    /// How far the page, or a part of it that scrolls down, can be scrolled sideways, in pixels: nothing
    /// should be. Wide tables have a region of their own for that.
    ///
    /// # Errors
    /// When there is no page.
    pub async fn sideways(&self) -> Result<i64> {
        let script = "const parts = [document.documentElement, \
              ...document.querySelectorAll('body, header, main, nav, dialog[open]')]; \
            return Math.max(...parts.map((one) => Math.ceil(one.scrollWidth - one.clientWidth)))";
        Ok(self
            .run(script, json!([]))
            .await?
            .as_i64()
            .unwrap_or(i64::MAX))
    }
}

const SPACE_TEXT: &str = "const sheet = new CSSStyleSheet(); \
    sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: 0.12em !important; \
      word-spacing: 0.16em !important } p { margin-bottom: 2em !important }'); \
    document.adoptedStyleSheets = arguments[0] ? [sheet] : []";
