//! Many operations at once, as a demonstration or an import brings them: one chain, one signature a run.
//!
//! Not here: a save of what somebody just did (`write`), which waits for nothing but its own commit.

use crate::JournalError;
use crate::begun::Begun;
use crate::journal::{Journal, Writer};
use crate::outside::Outside;
use crate::planned::{Planned, Sealed};
use crate::write::MAX_OPERATIONS;
use core::iter::Peekable;
use veldpost_domain::Operation;
use veldpost_store::Store;

/// Runs a transaction: each flush costs as much as sealing some hundred entries.
const RUNS: usize = 4;

impl<S: Store, O: Outside> Journal<S, O> {
    /// Writes many operations that were made elsewhere (a demonstration, an import): one chain,
    /// one signature a run. They keep their ids and times.
    ///
    /// While one transaction is being written the next is sealed, as if the first were written
    /// already; when it is not, what followed it is dropped, so that the chain never has a gap.
    ///
    /// # Errors
    /// As a save; what was committed before the error stays.
    pub async fn import(
        &self,
        operations: impl IntoIterator<Item = Operation>,
    ) -> Result<usize, JournalError> {
        let mut acts = operations.into_iter().map(planned).peekable();
        let mut writer = self.writer.lock().await;
        self.settle(&mut writer).await?;
        let mut written = 0;
        let mut next = self.seal_runs(&writer, &mut acts);
        while let Some(mut sealed) = next? {
            let batch = sealed.take_batch(self.head_row(sealed.after())?);
            let commit = Begun::of(self.store.commit(batch)).await;
            next = self.seal_runs(sealed.after(), &mut acts);
            self.settled(&mut writer, commit.ended().await, &sealed)
                .await?;
            written += self.remember(&mut writer, sealed);
        }
        Ok(written)
    }

    /// The next runs, for one transaction; none when nothing is left.
    fn seal_runs(
        &self,
        writer: &Writer,
        acts: &mut Peekable<impl Iterator<Item = Planned>>,
    ) -> Result<Option<Sealed>, JournalError> {
        let mut sealed: Option<Sealed> = None;
        for _ in 0..RUNS {
            if acts.peek().is_none() {
                break;
            }
            let before = sealed.as_ref().map_or(writer, Sealed::after);
            let run = self.seal(before, acts, MAX_OPERATIONS)?;
            match &mut sealed {
                Some(sealed) => sealed.append(run),
                None => sealed = Some(run),
            }
        }
        Ok(sealed)
    }
}

fn planned(operation: Operation) -> Planned {
    let Operation {
        kind,
        record,
        id,
        hlc,
        act,
    } = operation;
    Planned::Act {
        kind,
        record,
        act,
        made: Some((id, hlc)),
    }
}
