//! The tables that a coordinator's last judging came to, kept for the next unlock: while nothing came since, they stand
//! before everything is read again.
//!
//! Not here: when they hold. They are kept together with all that they hang on, and are there for exactly that again.

use crate::JournalError;
use crate::journal::{Journal, Random};
use crate::outside::Outside;
use crate::shelves::KEPT_TABLES;
use veldpost_domain::{StreamId, Tables, published};
use veldpost_envelope::block::{self, BlockRow};
use veldpost_envelope::canonical::{Reader, Writer};
use veldpost_envelope::keys::LocalVaultKey;
use veldpost_envelope::{EnvelopeError, Purpose, RandomBytes, label};
use veldpost_store::{Batch, Store};
use zeroize::Zeroizing;

/// The block's id; those of records are numbers.
const ID: [u8; 16] = *b"tables/count\0\0\0\0";
/// Where its one row stands: nowhere.
const PLACE: (StreamId, u64) = (StreamId([0; 16]), 0);

/// Seals tables with what they hang on.
///
/// # Errors
/// `TooLarge`, which tables are not.
pub fn seal_tables(
    key: &LocalVaultKey,
    hangs_on: &[&[u8]],
    tables: &Tables,
    rng: &mut dyn RandomBytes,
) -> Result<Vec<u8>, EnvelopeError> {
    let named = published::write(tables);
    let mut out = Writer::with_capacity(4096);
    out.array(2).bytes(&basis(hangs_on)).array(named.len());
    for (name, csv) in &named {
        out.array(2).text(name).text(csv);
    }
    let payload = Zeroizing::new(out.finish());
    let (stream, seq) = PLACE;
    let row = BlockRow {
        stream,
        seq,
        payload: &payload,
    };
    block::seal_block(key, Purpose::Count, &ID, &[row], rng)
}

/// Opens tables that were sealed with the very same; none for anything else.
#[must_use]
pub fn open_tables(key: &LocalVaultKey, hangs_on: &[&[u8]], sealed: &[u8]) -> Option<Tables> {
    let block = block::open_block(key, Purpose::Count, &ID, sealed).ok()?;
    let row = block.rows().next()?;
    let mut input = Reader::new(row.payload);
    input.record(2).ok()?;
    if input.byte_array::<32>().ok()? != basis(hangs_on) {
        return None;
    }
    let named = input.list(published::NAMES.len(), "tables", |input| {
        input.record(2)?;
        Ok((input.text()?, input.text()?))
    });
    let named = named.ok()?;
    published::read(named.iter().copied())
}

/// One hash of several things, none of which can run into the next.
fn basis(hangs_on: &[&[u8]]) -> [u8; 32] {
    let mut out = Writer::with_capacity(256);
    out.array(hangs_on.len());
    for part in hangs_on {
        out.bytes(part);
    }
    label::sha256(&[&out.finish()])
}

impl<S: Store, O: Outside> Journal<S, O> {
    /// Keeps tables, in the place of those before.
    ///
    /// # Errors
    /// `Locked`; the store's.
    pub async fn keep_tables(
        &self,
        hangs_on: &[&[u8]],
        tables: &Tables,
    ) -> Result<(), JournalError> {
        let vault = self.vault().ok_or(JournalError::Locked)?;
        let rng = &mut Random(&self.outside);
        let sealed = seal_tables(&vault.blocks, hangs_on, tables, rng)
            .map_err(|_| JournalError::TooLarge)?;
        let batch = Batch::new().put(KEPT_TABLES.0, KEPT_TABLES.1, sealed);
        Ok(self.store.commit(batch).await?)
    }

    /// The tables that were kept for exactly this; none while locked, and where something else was.
    pub async fn kept_tables(&self, hangs_on: &[&[u8]]) -> Option<Tables> {
        let vault = self.vault()?;
        let sealed = self.store.read(KEPT_TABLES.0, KEPT_TABLES.1).await.ok()??;
        open_tables(&vault.blocks, hangs_on, &sealed)
    }
}
