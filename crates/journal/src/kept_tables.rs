//! What a coordinator's last judging came to, kept for the next unlock: its tables, for when nothing came since, and what
//! each record adds to them, for when something did.
//!
//! Not here: when they hold, and what stands in the second (`veldpost_sync::Counted`). Each is kept together with what it
//! hangs on, and is there for exactly that again.

use crate::JournalError;
use crate::journal::{Journal, Random};
use crate::outside::Outside;
use crate::shelves::{COUNTED, KEPT_TABLES};
use veldpost_domain::{StreamId, Tables, published};
use veldpost_envelope::block::{self, Block, BlockRow};
use veldpost_envelope::canonical::{Reader, Writer};
use veldpost_envelope::keys::LocalVaultKey;
use veldpost_envelope::{EnvelopeError, Purpose, RandomBytes, label};
use veldpost_store::{Batch, Store};
use zeroize::Zeroizing;

/// The blocks' ids; those of records are numbers.
const TABLES_ID: [u8; 16] = *b"tables/count\0\0\0\0";
const COUNTED_ID: [u8; 16] = *b"counted/count\0\0\0";
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
    seal(key, &TABLES_ID, out.finish(), rng)
}

/// Opens tables that were sealed with the very same; none for anything else.
#[must_use]
pub fn open_tables(key: &LocalVaultKey, hangs_on: &[&[u8]], sealed: &[u8]) -> Option<Tables> {
    let block = block::open_block(key, Purpose::Count, &TABLES_ID, sealed).ok()?;
    let mut input = for_the_same(&block, hangs_on)?;
    let named = input.list(published::NAMES.len(), "tables", |input| {
        input.record(2)?;
        Ok((input.text()?, input.text()?))
    });
    let named = named.ok()?;
    published::read(named.iter().copied())
}

/// Seals what each record adds with what it hangs on.
///
/// # Errors
/// `TooLarge` for more than a block of 8 MiB: then only speed is lost.
pub fn seal_counted(
    key: &LocalVaultKey,
    hangs_on: &[&[u8]],
    counted: &[u8],
    rng: &mut dyn RandomBytes,
) -> Result<Vec<u8>, EnvelopeError> {
    let mut out = Writer::with_capacity(counted.len() + 64);
    out.array(2).bytes(&basis(hangs_on)).bytes(counted);
    seal(key, &COUNTED_ID, out.finish(), rng)
}

/// Opens what was sealed with the very same; none for anything else.
#[must_use]
pub fn open_counted(
    key: &LocalVaultKey,
    hangs_on: &[&[u8]],
    sealed: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let block = block::open_block(key, Purpose::Count, &COUNTED_ID, sealed).ok()?;
    let counted = for_the_same(&block, hangs_on)?.bytes().ok()?;
    Some(Zeroizing::new(counted.to_vec()))
}

fn seal(
    key: &LocalVaultKey,
    id: &[u8; 16],
    payload: Vec<u8>,
    rng: &mut dyn RandomBytes,
) -> Result<Vec<u8>, EnvelopeError> {
    let payload = Zeroizing::new(payload);
    let (stream, seq) = PLACE;
    let row = BlockRow {
        stream,
        seq,
        payload: &payload,
    };
    block::seal_block(key, Purpose::Count, id, &[row], rng)
}

/// What stands behind the hash, where it is the same.
fn for_the_same<'a>(block: &'a Block, hangs_on: &[&[u8]]) -> Option<Reader<'a>> {
    let row = block.rows().next()?;
    let mut input = Reader::new(row.payload);
    input.record(2).ok()?;
    (input.byte_array::<32>().ok()? == basis(hangs_on)).then_some(input)
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
    /// Keeps tables, in the place of those before, and what each record adds to them, with what that hangs on. What is not
    /// given is kept no longer.
    ///
    /// # Errors
    /// `Locked`; the store's.
    pub async fn keep_tables(
        &self,
        hangs_on: &[&[u8]],
        tables: &Tables,
        counted: Option<(&[&[u8]], &[u8])>,
    ) -> Result<(), JournalError> {
        let vault = self.vault().ok_or(JournalError::Locked)?;
        let rng = &mut Random(&self.outside);
        let sealed = seal_tables(&vault.blocks, hangs_on, tables, rng)
            .map_err(|_| JournalError::TooLarge)?;
        let counted = counted.and_then(|(hangs_on, counted)| {
            seal_counted(&vault.blocks, hangs_on, counted, rng).ok()
        });
        let batch = Batch::new().put(KEPT_TABLES.0, KEPT_TABLES.1, sealed);
        let batch = match counted {
            Some(counted) => batch.put(COUNTED.0, COUNTED.1, counted),
            None => batch.delete(COUNTED.0, COUNTED.1),
        };
        Ok(self.store.commit(batch).await?)
    }

    /// The tables that were kept for exactly this; none while locked, and where something else was.
    pub async fn kept_tables(&self, hangs_on: &[&[u8]]) -> Option<Tables> {
        let vault = self.vault()?;
        let sealed = self.store.read(KEPT_TABLES.0, KEPT_TABLES.1).await.ok()??;
        open_tables(&vault.blocks, hangs_on, &sealed)
    }

    /// What each record adds, where it was kept for exactly this; none while locked.
    pub async fn kept_counted(&self, hangs_on: &[&[u8]]) -> Option<Zeroizing<Vec<u8>>> {
        let vault = self.vault()?;
        let sealed = self.store.read(COUNTED.0, COUNTED.1).await.ok()??;
        open_counted(&vault.blocks, hangs_on, &sealed)
    }
}
