//! Whether a database may still be used, and who wants to hear when that changes.
//!
//! Not here: the words on screen.

use std::cell::RefCell;

use crate::StoreError;

/// What happens to an open database from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A newer version of the app waits for this one. Commit what is under way and close; after
    /// one and a half seconds the store closes itself. Reads are refused already.
    NewerVersionWaits,
    /// The browser closed the connection. The next call opens it again by itself.
    Lost,
    /// The database was deleted, by a wipe in another window or by clearing site data.
    Deleted,
}

type Listener = Box<dyn Fn(Event)>;

#[derive(Default)]
pub(super) struct Health {
    finishing: RefCell<Option<StoreError>>,
    ended: RefCell<Option<StoreError>>,
    listener: RefCell<Option<Listener>>,
}

impl Health {
    pub(super) fn listen(&self, listener: Listener) {
        self.listener.replace(Some(listener));
    }

    /// Calls the listener, if there is one.
    pub(super) fn tell(&self, event: Event) -> bool {
        // Taken out for the call, so that the listener may itself call the store.
        let Some(listener) = self.listener.take() else {
            return false;
        };
        listener(event);
        self.listener.borrow_mut().get_or_insert(listener);
        true
    }

    /// From now on no reads and no new connection; writes go on until the end.
    pub(super) fn finish(&self, error: StoreError) {
        self.finishing.borrow_mut().get_or_insert(error);
    }

    /// From now on nothing; the first reason stays.
    pub(super) fn end(&self, error: StoreError) {
        self.ended.borrow_mut().get_or_insert(error);
    }

    /// Whether anything may still be done.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        self.ended.borrow().clone().map_or(Ok(()), Err)
    }

    /// Whether a read or a new connection makes sense.
    pub(super) fn check_lasting(&self) -> Result<(), StoreError> {
        self.check()?;
        self.finishing.borrow().clone().map_or(Ok(()), Err)
    }
}
