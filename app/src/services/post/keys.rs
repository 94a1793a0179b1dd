//! The region's keys: whether they are what the roster says, and new ones when it is time.
//!
//! Not here: reading with them (`desk`, `labels`). What is made new is an act of a coordinator; phones follow by themselves.

use super::{OfficeProblem, Post, Stands};
use crate::browser::{clock, life};
use crate::services::field::Book;
use std::collections::BTreeMap;
use std::rc::Rc;
use veldpost_envelope::roster::RegionSecret;
use veldpost_envelope::{EnvelopeError, Purpose, Roster};
use wasm_bindgen_futures::spawn_local;

/// Keys are in use for so many milliseconds at most: 90 days.
const OLD_MS: u64 = 90 * 24 * 3_600_000;

/// How many wraps differ from what they should be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WrongKeys {
    /// Of keys that are used now.
    pub now: usize,
    /// Of keys that were replaced.
    pub before: usize,
}

/// What was made again and compared, since the start.
#[derive(Default)]
pub(super) struct Checked {
    /// By secret: how many wraps it had, and how many of them are wrong.
    wraps: BTreeMap<RegionSecret, (usize, usize)>,
    under_way: bool,
    renewing: bool,
    /// How old they are was looked at since the roster moved.
    aged: bool,
}

impl Post {
    /// How many wraps are wrong, as far as they were compared.
    pub(super) fn wrong_keys(self, roster: &Roster) -> WrongKeys {
        let inner = self.inner();
        let checked = inner.checked.borrow();
        let mut wrong = WrongKeys::default();
        for (secret, (_, number)) in &checked.wraps {
            let used = match secret {
                RegionSecret::Epoch(purpose, epoch) => {
                    let newest = roster.epoch(*purpose);
                    newest.is_some_and(|newest| newest.epoch == *epoch)
                }
                RegionSecret::Settings(key) => *key == roster.settings_number(),
            };
            let place = if used {
                &mut wrong.now
            } else {
                &mut wrong.before
            };
            *place += number;
        }
        wrong
    }

    /// Makes every wrap of every key again that this device may open, those of the code on paper too, and compares: whoever
    /// made them may have put in anything. One key at a time, when the browser is idle; only what the roster added since.
    pub(super) fn check_keys(self, book: &Rc<Book>) {
        let inner = self.inner();
        let coordinates = book.membership().coordinates(Purpose::Admin);
        let Some(vault) = book.vault().filter(|_| coordinates) else {
            return;
        };
        let Some(roster) = self.with(|device| device.roster().clone()) else {
            return;
        };
        let wanted: Vec<_> = roster
            .secrets()
            .filter(|(secret, number)| {
                let checked = inner.checked.borrow();
                checked.wraps.get(secret).map(|(known, _)| known) != Some(number)
            })
            .collect();
        if wanted.is_empty() || core::mem::replace(&mut inner.checked.borrow_mut().under_way, true)
        {
            return;
        }
        let book = book.clone();
        spawn_local(async move {
            let mut found = false;
            for (secret, number) in wanted {
                life::idle().await;
                if self.is_put_down(&book) {
                    return;
                }
                if book.vault().is_none() {
                    inner.checked.borrow_mut().under_way = false;
                    return;
                }
                let wrong = roster.wrong_wraps(secret, &vault.encryption).len();
                found |= wrong > 0;
                let checked = &mut inner.checked.borrow_mut().wraps;
                checked.insert(secret, (number, wrong));
            }
            inner.checked.borrow_mut().under_way = false;
            if found {
                self.say_moved();
            }
            // The roster may have moved meanwhile.
            self.check_keys(&book);
        });
    }

    /// New keys for everything from now on: who was removed has none of them, and a wrong wrap is replaced. What is
    /// recorded meanwhile under the old ones still counts.
    pub async fn renew_keys(self) -> Result<(), OfficeProblem> {
        self.renew(None).await
    }

    /// The same; where an epoch of the count is named, only as long as it is the newest: another coordinator may have renewed.
    async fn renew(self, newest: Option<u64>) -> Result<(), OfficeProblem> {
        let book = self.book()?;
        let purposes = Purpose::ALL.into_iter();
        let purposes: Vec<Purpose> = purposes
            .filter(|purpose| book.membership().coordinates(*purpose))
            .collect();
        self.propose(Box::new(move |roster, signing, at, rng| {
            let now = roster.epoch(Purpose::Count).map(|epoch| epoch.epoch);
            if newest.is_some() && newest != now {
                return Err(EnvelopeError::Malformed("renewed already"));
            }
            let next = roster.next(signing, at);
            next.epoch_new(&purposes, true, Vec::new(), rng)
        }))
        .await?;
        let published = self.publish_under_new_key().await;
        published.map_err(Stands::Renewed.but())
    }

    /// A count is over: the next one has other keys. By itself; what does not come about now does once they are old.
    pub(super) fn renew_behind(self) {
        spawn_local(async move {
            let _ = self.renew_keys().await;
        });
    }

    /// What the region is called goes on under the newest key.
    pub(super) async fn publish_under_new_key(self) -> Result<(), OfficeProblem> {
        let book = self.book()?;
        let held = self.settings_held().await?;
        let roster = self.with(|device| device.roster().clone());
        let roster = roster.ok_or(OfficeProblem::NoRelay)?;
        self.newest_key(&book, &roster).await;
        self.publish(held).await
    }

    /// Keys that are old are renewed by themselves, and members for whom an act had no room get theirs.
    pub(super) fn renew_when_old(self, book: &Rc<Book>, moved: bool) {
        let inner = self.inner();
        let coordinates = book.membership().coordinates(Purpose::Admin);
        let looked = {
            let mut checked = inner.checked.borrow_mut();
            checked.aged &= !moved;
            checked.renewing || checked.aged
        };
        if book.vault().is_none() || !coordinates || looked {
            return;
        }
        let asked = self.with(|device| {
            let roster = device.roster();
            // By a clock that is wrong they are old at each start, and what it renews is old to everybody else.
            let keeps_time = device.keeps_time();
            let newest = roster.epochs(Purpose::Count).next_back();
            let old = newest.filter(|(_, epoch)| {
                let began = device.made_at(epoch.began_at);
                keeps_time && began.is_some_and(|at| clock::now().abs_diff(at) > OLD_MS)
            });
            let some_lack_it = roster.without_settings_key().next().is_some();
            (keeps_time, old.map(|(number, _)| number), some_lack_it)
        });
        let Some((keeps_time, old, some_lack_it)) = asked else {
            return;
        };
        inner.checked.borrow_mut().aged = keeps_time;
        if old.is_none() && !some_lack_it {
            return;
        }
        // Once a start: what does not come about now does at the next one.
        inner.checked.borrow_mut().renewing = true;
        let key = book.settings_key();
        spawn_local(async move {
            if old.is_some() {
                let _ = self.renew(old).await;
            } else if some_lack_it && let Some(key) = key {
                let _ = self
                    .propose(Box::new(move |roster, signing, at, _| {
                        roster.next(signing, at).more_settings(&key)
                    }))
                    .await;
            }
        });
    }
}
