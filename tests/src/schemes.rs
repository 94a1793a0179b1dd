//! The three schemes, chosen as a person does, and pictures of what they show.
//!
//! Deliberately not here: judging the looks. `VELDPOST_PICTURES` names a folder for somebody who does.

use anyhow::Result;
use serde_json::json;

use crate::browser::Browser;
use crate::server::Server;

/// How light the app is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// As the phone by day.
    Light,
    /// As the phone in dark mode.
    Dark,
    /// Dim and warm, chosen in the app.
    Night,
}

impl Scheme {
    /// Its name in the app's addresses and files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
            Self::Night => "nacht",
        }
    }
}

impl Browser {
    /// Shows the app in this scheme from now on: the phone's own, or chosen under *Instellingen*.
    ///
    /// # Errors
    /// When a step cannot be taken.
    pub async fn show_in(&self, scheme: Scheme, server: &Server) -> Result<()> {
        let phone = if scheme == Scheme::Light {
            "light"
        } else {
            "dark"
        };
        self.prefer(&[("prefers-color-scheme", phone)]).await?;
        if scheme == Scheme::Night {
            self.practise(server).await?;
            self.tap("button", "Instellingen").await?;
            self.answer("Licht en donker", "Nachtstand").await?;
        }
        Ok(())
    }

    /// Keeps a picture of the page in each of these schemes, which is put back afterwards, when
    /// `VELDPOST_PICTURES` names a folder for them.
    ///
    /// # Errors
    /// When one cannot be written.
    pub async fn keep_pictures(&self, name: &str, schemes: &[Scheme]) -> Result<()> {
        if std::env::var_os("VELDPOST_PICTURES").is_none() {
            return Ok(());
        }
        let before = self.run(GET_SCHEME, json!([])).await?;
        for scheme in schemes {
            self.run(SET_SCHEME, json!([scheme.name()])).await?;
            self.keep_picture(&format!("{name} {}", scheme.name()))
                .await?;
        }
        self.run(SET_SCHEME, json!([before])).await.map(|_| ())
    }

    /// Keeps a picture of the page, when `VELDPOST_PICTURES` names a folder for them.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn keep_picture(&self, name: &str) -> Result<()> {
        if let Some(folder) = std::env::var_os("VELDPOST_PICTURES") {
            let file = format!("{}.png", name.replace(['/', ' '], "-"));
            std::fs::write(
                std::path::Path::new(&folder).join(file),
                self.picture().await?,
            )?;
        }
        Ok(())
    }
}

const GET_SCHEME: &str = "return document.documentElement.dataset.scheme ?? null";

const SET_SCHEME: &str = "const root = document.documentElement; \
    if (arguments[0]) root.dataset.scheme = arguments[0]; else delete root.dataset.scheme";
