//! A join that was written and not answered yet: it is brought to the relay, however often the app was closed since.
//!
//! Not here: reading an invitation and asking the person (`services::enrol`).

use super::driver::Rng;
use super::{Post, wire};
use crate::browser::clock;
use crate::services::field::{Book, bound};
use leptos::prelude::{GetUntracked, Set};
use std::rc::Rc;
use veldpost_envelope::Join;
use veldpost_envelope::invitation::six_words;
use veldpost_journal::DeviceBound;
use veldpost_journal::outside::sealed_as;
use veldpost_store::{Batch, Shelf, Store};
use veldpost_sync::rows::{JOIN, JoinRow};
use veldpost_sync::{Enrol, EnrolProblem, Event, Progress, Wake};
use wasm_bindgen_futures::spawn_local;

/// How far a device is that is not admitted yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Joining {
    /// The relay does not have the join yet.
    Sending,
    /// The relay has it: a coordinator is to admit it, after comparing these words.
    Waiting {
        /// None for a device of a group: no words are compared.
        words: Option<[&'static str; 6]>,
        /// Two devices came by one invitation: neither is admitted by it.
        frozen: bool,
    },
    /// The relay does not take it.
    Failed(EnrolProblem),
}

impl Post {
    /// Brings a join to the relay that is on the disk, and forgets it once the device is a member.
    pub(super) async fn bring_join(self, book: &Rc<Book>, sealed: Option<Vec<u8>>) {
        self.bring_join_of(book, sealed, None).await;
    }

    /// `had`: how far it was before the relay lost it.
    async fn bring_join_of(self, book: &Rc<Book>, sealed: Option<Vec<u8>>, had: Option<Joining>) {
        let Some(sealed) = sealed else { return };
        let membership = book.membership();
        if membership.member || membership.removed {
            let _ = book
                .store()
                .commit(Batch::new().delete(Shelf::Keys, JOIN))
                .await;
            return;
        }
        let Some(row) = open(book, &sealed).await else {
            self.joining.set(Some(Joining::Failed(EnrolProblem::Row)));
            return;
        };
        let key = book.device_keys().0;
        match Enrol::resume(row, key) {
            Ok(enrol) => {
                self.joining.set(Some(Joining::Sending));
                let book = book.clone();
                spawn_local(async move { self.send_join(book, enrol, had).await });
            }
            Err(problem) => self.joining.set(Some(Joining::Failed(problem))),
        }
    }

    /// The relay lost a join that it had.
    pub(super) async fn bring_join_again(self, book: &Rc<Book>) {
        // One that is under way, or was refused, is left at that.
        let had = self.joining.get_untracked();
        let waits = matches!(had, Some(Joining::Waiting { .. }));
        if waits && let Ok(sealed) = book.store().read(Shelf::Keys, JOIN).await {
            self.bring_join_of(book, sealed, had).await;
        }
    }

    async fn send_join(self, book: Rc<Book>, mut enrol: Enrol, had: Option<Joining>) {
        let group = book.membership().group;
        let mut effects = enrol.handle(Event::Wake(Wake::Opened), clock::now(), &mut Rng);
        loop {
            let membership = book.membership();
            if membership.member || membership.removed {
                // The device learnt it by itself, while an answer to an older try was still waited for.
                return;
            }
            match enrol.progress() {
                Progress::Enrolled(enrolled) => {
                    let join = Join::from_bytes(&enrolled.row.join).ok();
                    let words = join
                        .filter(|_| !group)
                        .map(|join| six_words(join.request()));
                    let frozen = enrolled.frozen;
                    self.joining.set(Some(Joining::Waiting { words, frozen }));
                    self.wake(Wake::Opened);
                    return;
                }
                Progress::Failed(problem) => {
                    // What the relay lost beside it, the invitation's act too, others bring back: it is tried again.
                    self.joining.set(had.or(Some(Joining::Failed(problem))));
                    return;
                }
                _ => {}
            }
            let Some(effect) = effects.pop() else { return };
            if self.is_put_down(&book) {
                return;
            }
            effects.extend(wire::carry_out(&mut enrol, effect).await);
        }
    }
}

async fn open(book: &Book, sealed: &[u8]) -> Option<JoinRow> {
    let device = book.store().device_key().await.ok()?;
    let plain = bound(&device).open(sealed_as::JOIN, sealed).await?;
    let plain = zeroize::Zeroizing::new(plain);
    JoinRow::from_bytes(&plain)
}
