//! A coordinator's judging: everything that came is read, what counts is shown, and receipts go out by themselves.
//!
//! Not here: the rules (`veldpost_sync::authority`), and showing it. It happens while the device is unlocked, after what
//! came is on the disk.

use super::driver::Rng;
use super::{Post, Work};
use crate::browser::clock;
use crate::services::field::Book;
use std::rc::Rc;
use veldpost_envelope::{Entry, Purpose, content_key};
use veldpost_sync::authority::{Knowledge, evaluate};

impl Post {
    /// Judges what came, when there is something and somebody may read it.
    pub(super) fn judge(self, book: &Rc<Book>) {
        let inner = self.inner();
        let Some(vault) = book.vault() else {
            inner.evaluation.borrow_mut().take();
            inner.unjudged.set(true);
            return;
        };
        let reads = book.membership().coordinates(Purpose::Count);
        if !reads || !inner.unjudged.replace(false) {
            return;
        }
        let effects = {
            let mut device = inner.device.borrow_mut();
            let Some(device) = device.as_mut() else {
                return;
            };
            let opened = device.roster().open_all(&vault.encryption);
            let entries = device.entries(Purpose::Count);
            let open = |entry: &Entry| {
                let header = entry.header();
                let secret = opened.epochs.iter().find(|secret| {
                    let public = secret.public();
                    (public.purpose, public.epoch) == (header.purpose, header.epoch)
                })?;
                content_key::open_as_epoch(entry, secret).ok()
            };
            let mut evaluation = evaluate(&Knowledge {
                purpose: Purpose::Count,
                entries: &entries,
                roster: device.roster(),
                checkpoint: &|hash| device.heads_of(hash),
                open: &open,
            });
            book.take_records(std::mem::take(&mut evaluation.records));
            let effects = device.confirm(Purpose::Count, &evaluation, clock::now(), &mut Rng);
            *inner.evaluation.borrow_mut() = Some(evaluation);
            effects
        };
        self.work(Work::Effects {
            effects,
            quiet: true,
        });
        self.field.lists_changed();
    }
}
