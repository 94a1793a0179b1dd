//! What can go wrong, in words: what happened, what is safe, what to do.

use crate::text::{Text, trouble};
use veldpost_journal::JournalError;
use veldpost_store::StoreError;

/// One kind of trouble, each with words of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// No room on the device.
    Full,
    /// Another window writes.
    OtherWindow,
    /// Another window keeps an older version open.
    Blocked,
    /// A newer version of the app made the database.
    NewerVersion,
    /// The connection was lost twice.
    Lost,
    /// A private window, or storage switched off.
    Unavailable,
    /// Everything was deleted from outside.
    Deleted,
    /// There was a book here, and the database is empty.
    Missing,
    /// Something unreadable.
    Damaged,
    /// The browser's key for this device is gone.
    KeysUnreadable,
    /// More than fits in one record.
    TooLarge,
    /// The browser has no generator of random numbers, or no WebAssembly worker.
    Browser,
    /// The second module did not come.
    NotFetched,
    /// Something else.
    Other,
}

impl Trouble {
    /// Which kind an error is.
    pub fn of(error: &JournalError) -> Self {
        match error {
            JournalError::Store(error) => Self::of_store(error),
            JournalError::KeysUnreadable => Self::KeysUnreadable,
            JournalError::Damaged(_) => Self::Damaged,
            JournalError::TooLarge => Self::TooLarge,
            _ => Self::Other,
        }
    }

    /// Which kind a store's error is.
    pub fn of_store(error: &StoreError) -> Self {
        match error {
            StoreError::Full => Self::Full,
            StoreError::Fenced => Self::OtherWindow,
            StoreError::Blocked => Self::Blocked,
            StoreError::NewerVersion { .. } => Self::NewerVersion,
            StoreError::Lost => Self::Lost,
            StoreError::Unavailable => Self::Unavailable,
            StoreError::Deleted => Self::Deleted,
            StoreError::Damaged => Self::Damaged,
            StoreError::NoCryptography => Self::Browser,
            StoreError::KeyUnreadable => Self::KeysUnreadable,
            StoreError::Other { .. } => Self::Other,
        }
    }

    /// What happened.
    pub const fn title(self) -> Text {
        match self {
            Self::Full => trouble::FULL,
            Self::OtherWindow => trouble::OTHER_WINDOW,
            Self::Blocked => trouble::BLOCKED,
            Self::NewerVersion => trouble::NEWER_VERSION,
            Self::Lost => trouble::LOST,
            Self::Unavailable => trouble::UNAVAILABLE,
            Self::Deleted => trouble::DELETED,
            Self::Missing => trouble::MISSING,
            Self::Damaged => trouble::DAMAGED,
            Self::KeysUnreadable => trouble::KEYS_UNREADABLE,
            Self::TooLarge => trouble::TOO_LARGE,
            Self::Browser => trouble::BROWSER,
            Self::NotFetched => trouble::NOT_FETCHED,
            Self::Other => trouble::OTHER,
        }
    }

    /// What is safe, and what to do.
    pub const fn advice(self) -> Text {
        match self {
            Self::Full => trouble::FULL_ADVICE,
            Self::OtherWindow => trouble::OTHER_WINDOW_ADVICE,
            Self::Blocked => trouble::BLOCKED_ADVICE,
            Self::NewerVersion => trouble::NEWER_VERSION_ADVICE,
            Self::Lost => trouble::LOST_ADVICE,
            Self::Unavailable => trouble::UNAVAILABLE_ADVICE,
            Self::Deleted => trouble::DELETED_ADVICE,
            Self::Missing => trouble::MISSING_ADVICE,
            Self::Damaged => trouble::DAMAGED_ADVICE,
            Self::KeysUnreadable => trouble::KEYS_UNREADABLE_ADVICE,
            Self::TooLarge => trouble::TOO_LARGE_ADVICE,
            Self::Browser => trouble::BROWSER_ADVICE,
            Self::NotFetched => trouble::NOT_FETCHED_ADVICE,
            Self::Other => trouble::OTHER_ADVICE,
        }
    }

    /// Both, for whoever listens.
    pub fn said(self) -> String {
        format!("{} {}", self.title().get(), self.advice().get())
    }
}
