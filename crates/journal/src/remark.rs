//! The remark of the open round while it is being typed: sealed as a draft is, in the round's own row.
//!
//! Not here: the report that it ends in (`round`), and drafts of forms (`drafts`).

use crate::journal::Journal;
use crate::outside::Outside;
use crate::planned::Change;
use crate::row::Row;
use crate::rows::{DraftRow, OpenRound};
use crate::{JournalError, shelves};
use veldpost_domain::{RecordId, RecordKind};
use veldpost_store::{Batch, Store};
use zeroize::Zeroizing;

/// What there is of a remark.
#[derive(Clone, PartialEq, Eq)]
pub enum Remark {
    /// Nothing was typed.
    None,
    /// This was typed.
    Typed(String),
    /// Something was typed, and the passphrase is needed to read it.
    Closed,
}

impl<S: Store, O: Outside> Journal<S, O> {
    /// Keeps the remark as it is now; an empty one is none. `open`: for an hour it opens without the passphrase. It is sealed
    /// before anything is waited for.
    ///
    /// # Errors
    /// `NoRound`; `TooLarge`; the store's.
    pub async fn keep_remark(
        &self,
        typed: Zeroizing<String>,
        open: bool,
    ) -> Result<(), JournalError> {
        let round = self.round().ok_or(JournalError::NoRound)?.round;
        let row = if typed.is_empty() {
            None
        } else {
            let mut row = self.seal_draft_row(&round, typed.as_bytes())?;
            if !open {
                row.close();
            }
            Some(row.to_bytes().to_vec())
        };
        drop(typed);
        self.change_remark(|latest| (latest.round == round).then_some(row))
            .await
    }

    /// The remark of the open round.
    #[must_use]
    pub fn remark(&self) -> Remark {
        let Some((round, row)) = self.round().and_then(|round| parts(&round)) else {
            return Remark::None;
        };
        let plain = self.open_draft_copy(&round, &row);
        match plain.and_then(|plain| core::str::from_utf8(&plain).ok().map(str::to_owned)) {
            Some(typed) => Remark::Typed(typed),
            None => Remark::Closed,
        }
    }

    /// Makes it unreadable without the passphrase, as drafts: at lock-and-leave, and once it is older than an hour. On a count-only
    /// device it is queued instead.
    pub(crate) async fn close_remark(&self, old_only: bool) -> Result<(), JournalError> {
        let now = self.outside.now();
        let open = |round: &OpenRound| {
            let row = parts(round)?.1;
            let closes = row.local.is_some() && row.device.is_some();
            (closes && (row.is_old(now) || !old_only)).then_some(row)
        };
        if self.round().as_ref().and_then(open).is_none() {
            return Ok(());
        }
        self.change_remark(|latest| {
            let mut row = open(latest)?;
            row.local = None;
            Some(Some(row.to_bytes().to_vec()))
        })
        .await
    }

    /// Whether its time is over on a count-only device: then it is to be queued.
    #[must_use]
    pub fn remark_is_over(&self) -> bool {
        let round = self.round().filter(|_| self.keeps_nothing());
        let row = round.as_ref().and_then(parts);
        row.is_some_and(|(_, row)| row.is_old(self.outside.now()))
    }

    /// On a count-only device: it goes out as a report of the round that holds nothing else, and the round goes on.
    ///
    /// # Errors
    /// The store's: then it is still there.
    pub async fn queue_remark(&self) -> Result<(), JournalError> {
        let now = self.outside.now();
        let Some((round, row)) = self.round().as_ref().and_then(parts) else {
            return Ok(());
        };
        let opened = self.open_draft_copy(&round, &row);
        let Some(typed) = opened.filter(|typed| core::str::from_utf8(typed).is_ok()) else {
            return Ok(());
        };
        let (record, campaign) = (RecordId(self.random()), self.campaign());
        let queued = self.write_planned(Box::new(|open| {
            let as_read = |open: &&OpenRound| parts(open).is_some_and(|(_, now)| now == row);
            let open = open.filter(as_read).ok_or(JournalError::NoRound)?;
            let typed = core::str::from_utf8(&typed).unwrap_or_default();
            let act = open.noted(campaign, now, typed);
            let change = Change::of(RecordKind::RoundReport, record, act);
            Ok(change.round(|open, _| {
                let mut open = open?;
                open.remark = None;
                Some(open)
            }))
        }));
        match queued.await {
            // Stopped, or typed anew, meanwhile: whoever did that has it.
            Err(JournalError::NoRound) => Ok(()),
            queued => queued.map(|_| ()),
        }
    }

    /// Behind the writer's lock, so that neither a tap that is being written nor this is overwritten.
    async fn change_remark(
        &self,
        change: impl FnOnce(&OpenRound) -> Option<Option<Vec<u8>>>,
    ) -> Result<(), JournalError> {
        let _writer = self.writer.lock().await;
        let Some(mut round) = self.round() else {
            return Ok(());
        };
        let Some(remark) = change(&round) else {
            return Ok(());
        };
        round.remark = remark;
        let (shelf, key) = shelves::ROUND;
        let row = self
            .identity
            .seal_row(shelves::ROUND, &round, &self.outside)?;
        self.store.commit(Batch::new().put(shelf, key, row)).await?;
        self.memory.borrow_mut().round = Some(round);
        Ok(())
    }
}

fn parts(round: &OpenRound) -> Option<([u8; 16], DraftRow)> {
    let row = DraftRow::from_bytes(round.remark.as_ref()?)?;
    Some((round.round, row))
}
