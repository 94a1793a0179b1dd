//! The passphrase is lost: the recovery code on paper opens the vault, and a new passphrase is set.
//!
//! Not here: a device that is lost (a kit does not bring back what was on it only). No wait stands between tries with
//! a code: it has 256 bits, and who types 216 characters over must not be punished for one.

use crate::JournalError;
use crate::journal::{Journal, Random};
use crate::outside::Outside;
use crate::rows::Attempts;
use crate::shelves::{ATTEMPTS, VAULT, VAULT_FOR_KIT};
use crate::vault::Unlocked;
use veldpost_envelope::unlock::{KitWrap, Vault, wrap_vault, wrap_vault_for_kit};
use veldpost_envelope::{EnvelopeError, RecoveryKit, UnlockSecret};
use veldpost_store::{Batch, Store};

impl<S: Store, O: Outside> Journal<S, O> {
    /// Opens everything with the recovery code as it was typed, just as the passphrase does.
    ///
    /// # Errors
    /// `Kit` names the row that was misread; `OtherKit` when it is another region's; `NothingForKit`
    /// when this device holds nothing that a kit opens; the store's.
    pub async fn unlock_with_kit(&self, typed: &str) -> Result<Unlocked, JournalError> {
        let kit = RecoveryKit::parse(typed)?;
        let vault = self.vault_by_kit(&kit).await?;
        self.read_with(vault).await
    }

    async fn vault_by_kit(&self, kit: &RecoveryKit) -> Result<Vault, JournalError> {
        let (region, recovery) = (kit.region(), kit.recovery().public());
        let of_region = (region, recovery) == (self.identity.region(), self.identity.recovery());
        let row = self.store.read(VAULT_FOR_KIT.0, VAULT_FOR_KIT.1).await?;
        // Who joined with a region of one keeps the paper of that one.
        let came = self.identity.membership().invitation.is_some();
        if !of_region && (!came || row.is_none()) {
            return Err(JournalError::OtherKit);
        }
        let row = row.ok_or(JournalError::NothingForKit)?;
        let vault = KitWrap::from_bytes(&row)
            .and_then(|wrap| wrap.unwrap_vault_of(kit, &region, &recovery));
        let vault = vault.map_err(|error| match error {
            EnvelopeError::NotForThisKey if !of_region => JournalError::OtherKit,
            _ => JournalError::Damaged("vault"),
        })?;
        if vault.encryption.public() == self.identity.device() {
            Ok(vault)
        } else {
            Err(JournalError::Damaged("vault"))
        }
    }

    /// Sets a new passphrase, in one transaction, and opens what was written with it. The one of
    /// before opens nothing any more; the recovery code still does.
    ///
    /// # Errors
    /// `Locked` first; `Damaged` when what was written does not open: the recovery code still opens
    /// everything then; the store's, and nothing was changed.
    pub async fn change_passphrase(&self, secret: &UnlockSecret) -> Result<(), JournalError> {
        let vault = self.memory.borrow().vault.clone();
        let vault = vault.ok_or(JournalError::Locked)?;
        let rng = &mut Random(&self.outside);
        let wrapped = wrap_vault(secret, &self.identity.region(), &vault, rng)
            .map_err(|_| JournalError::KeysUnreadable)?;
        let none = Attempts::default();
        let attempts = self.identity.seal_row(ATTEMPTS, &none, &self.outside)?;
        let batch = Batch::new()
            .put(VAULT.0, VAULT.1, wrapped)
            .put(ATTEMPTS.0, ATTEMPTS.1, attempts);
        self.store.commit(batch).await?;
        self.memory.borrow_mut().attempts = none;
        match self.vault_wrap().await {
            // It is written, and cannot be looked at now: the next unlock does.
            Err(JournalError::Store(_)) => Ok(()),
            written => match written?.unwrap_vault(secret) {
                Ok(_) => Ok(()),
                Err(_) => Err(JournalError::Damaged("vault")),
            },
        }
    }

    /// Sees to it that the kit opens this device too: one of before has no such row. It is a kindness to
    /// later; a full disk must not keep anybody from reading.
    pub(crate) async fn write_for_kit(&self, vault: &Vault, found: Option<Vec<u8>>) {
        let (shelf, key) = VAULT_FOR_KIT;
        // The kit opens who founded or recovered the region, not who came by an invitation.
        if self.identity.membership().invitation.is_some() {
            return;
        }
        if found.is_some_and(|row| self.opens_by_kit(&row)) {
            return;
        }
        let rng = &mut Random(&self.outside);
        let (recovery, region) = (self.identity.recovery(), self.identity.region());
        if let Ok(row) = wrap_vault_for_kit(&recovery, &region, vault, rng) {
            let _ = self.store.commit(Batch::new().put(shelf, key, row)).await;
        }
    }

    /// What a newer version wrote stays as it is.
    fn opens_by_kit(&self, row: &[u8]) -> bool {
        let here = &self.identity;
        match KitWrap::from_bytes(row) {
            Ok(wrap) => wrap.is_for(&here.region(), &here.device(), &here.recovery()),
            Err(error) => matches!(error, EnvelopeError::Newer(_)),
        }
    }
}
