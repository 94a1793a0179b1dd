//! Opens what a roster holds for one key, and makes every wrap again to see whether the others can read it too.
//!
//! Not here: what to do about a wrong one: whoever found it signs new secrets.

use super::Roster;
use crate::keys::{DeviceEncryptionKey, EncryptionPublic, EpochSecret, SettingsKey};
use crate::{EnvelopeError, Purpose};

/// Secrets of a region that one key opens.
#[derive(Clone, Debug, Default)]
pub struct Opened {
    /// Secrets of epochs, by purpose and number.
    pub epochs: Vec<EpochSecret>,
    /// Settings keys, by number.
    pub settings: Vec<SettingsKey>,
    /// Wraps for this key that do not hold.
    pub bad: Vec<BadWrap>,
}

/// What a wrap is to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RegionSecret {
    /// The secret of an epoch.
    Epoch(Purpose, u64),
    /// A settings key.
    Settings(u64),
}

/// A wrap that is not the one that its secret makes: to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadWrap {
    /// What it is to hold.
    pub secret: RegionSecret,
    /// Whom it is for.
    pub recipient: EncryptionPublic,
}

impl Roster {
    /// Opens the secret of an epoch, with a coordinator's key or the kit's.
    ///
    /// # Errors
    /// `NotForThisKey`, `Forged` when no wrap for it holds, `Malformed` when there is no such epoch.
    pub fn open_epoch(
        &self,
        purpose: Purpose,
        epoch: u64,
        key: &DeviceEncryptionKey,
    ) -> Result<EpochSecret, EnvelopeError> {
        let epoch = self
            .epochs
            .get(&(purpose, epoch))
            .ok_or(EnvelopeError::Malformed("no such epoch"))?;
        epoch.sealed.open(self.founding_root, key)
    }

    /// Opens a settings key, with a member's key or the kit's.
    ///
    /// # Errors
    /// As [`Roster::open_epoch`].
    pub fn open_settings(
        &self,
        number: u64,
        key: &DeviceEncryptionKey,
    ) -> Result<SettingsKey, EnvelopeError> {
        let settings = self
            .settings_keys
            .get(&number)
            .ok_or(EnvelopeError::Malformed("no such settings key"))?;
        settings.open(self.founding_root, key)
    }

    /// Opens everything that is sealed to this key.
    #[must_use]
    pub fn open_all(&self, key: &DeviceEncryptionKey) -> Opened {
        let mut opened = Opened::default();
        for (purpose, number) in self.epochs.keys() {
            match self.open_epoch(*purpose, *number, key) {
                Ok(secret) => opened.epochs.push(secret),
                Err(EnvelopeError::NotForThisKey) => {}
                Err(_) => opened.bad.push(BadWrap {
                    secret: RegionSecret::Epoch(*purpose, *number),
                    recipient: key.public(),
                }),
            }
        }
        for number in self.settings_keys.keys() {
            match self.open_settings(*number, key) {
                Ok(key) => opened.settings.push(key),
                Err(EnvelopeError::NotForThisKey) => {}
                Err(_) => opened.bad.push(BadWrap {
                    secret: RegionSecret::Settings(*number),
                    recipient: key.public(),
                }),
            }
        }
        opened
    }

    /// Makes every wrap of what was opened again, those of the kit too, and names those that differ.
    #[must_use]
    pub fn recompute(&self, opened: &Opened) -> Vec<BadWrap> {
        let epochs = opened
            .epochs
            .iter()
            .flat_map(|secret| self.recompute_epoch(secret));
        let settings = opened
            .settings
            .iter()
            .flat_map(|key| self.recompute_settings(key));
        opened
            .bad
            .iter()
            .copied()
            .chain(epochs)
            .chain(settings)
            .collect()
    }

    /// Every secret of the roster, with how many wraps it has.
    pub fn secrets(&self) -> impl Iterator<Item = (RegionSecret, usize)> {
        let epochs = self.epochs.iter().map(|((purpose, number), epoch)| {
            let secret = RegionSecret::Epoch(*purpose, *number);
            (secret, epoch.sealed.wraps.len())
        });
        let settings = self.settings_keys.iter();
        let settings =
            settings.map(|(number, key)| (RegionSecret::Settings(*number), key.wraps.len()));
        epochs.chain(settings)
    }

    /// Opens one secret, makes every wrap of it again, and names those that differ; the one to this key, where that does
    /// not open. None of what is not sealed to this key.
    #[must_use]
    pub fn wrong_wraps(&self, secret: RegionSecret, key: &DeviceEncryptionKey) -> Vec<BadWrap> {
        let wrong = match secret {
            RegionSecret::Epoch(purpose, number) => self
                .open_epoch(purpose, number, key)
                .map(|secret| self.recompute_epoch(&secret)),
            RegionSecret::Settings(number) => self
                .open_settings(number, key)
                .map(|key| self.recompute_settings(&key)),
        };
        wrong.unwrap_or_else(|problem| match problem {
            EnvelopeError::NotForThisKey => Vec::new(),
            _ => bad(secret, vec![key.public()]),
        })
    }

    /// The same for one epoch. A secret of another letterbox differs from every wrap.
    #[must_use]
    pub fn recompute_epoch(&self, secret: &EpochSecret) -> Vec<BadWrap> {
        let public = secret.public();
        let epoch = self.epochs.get(&(public.purpose, public.epoch));
        epoch.map_or_else(Vec::new, |epoch| {
            let differing = epoch.sealed.differing(self.founding_root, secret);
            bad(RegionSecret::Epoch(public.purpose, public.epoch), differing)
        })
    }

    /// The same for one settings key: members check it too.
    #[must_use]
    pub fn recompute_settings(&self, key: &SettingsKey) -> Vec<BadWrap> {
        let settings = self.settings_keys.get(&key.number());
        settings.map_or_else(Vec::new, |settings| {
            let differing = settings.differing(self.founding_root, key);
            bad(RegionSecret::Settings(key.number()), differing)
        })
    }
}

fn bad(secret: RegionSecret, recipients: Vec<EncryptionPublic>) -> Vec<BadWrap> {
    recipients
        .into_iter()
        .map(|recipient| BadWrap { secret, recipient })
        .collect()
}
