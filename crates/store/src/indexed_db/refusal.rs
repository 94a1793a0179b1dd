//! From a browser's exception to a [`StoreError`], by its name.
//!
//! Not here: an exception's message, which may quote a key; it is dropped.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DomException, IdbTransaction};

use crate::StoreError;

/// What an exception of this name means to the caller.
pub(super) fn named(name: &str) -> StoreError {
    match name {
        "QuotaExceededError" => StoreError::Full,
        // The number on the disk is found out by whoever opens.
        "VersionError" => StoreError::NewerVersion { found: 0, known: 0 },
        // A closing connection, WebKit's lost server, Chromium's closed backing store.
        "InvalidStateError" | "UnknownError" | "AbortError" | "TimeoutError" => StoreError::Lost,
        "SecurityError" | "NotAllowedError" => StoreError::Unavailable,
        // A store that is missing, or a large value whose file is gone.
        "NotFoundError" | "NotReadableError" => StoreError::Damaged,
        _ => StoreError::Other {
            name: name.to_owned(),
        },
    }
}

/// What was thrown by a call.
pub(super) fn thrown(value: &JsValue) -> StoreError {
    if let Some(exception) = value.dyn_ref::<DomException>() {
        named(&exception.name())
    } else if let Some(error) = value.dyn_ref::<js_sys::Error>() {
        named(&String::from(error.name()))
    } else {
        named("unknown")
    }
}

/// Why a transaction was aborted. Without a reason its connection was closed under it.
pub(super) fn aborted(transaction: &IdbTransaction) -> StoreError {
    transaction
        .error()
        .map_or(StoreError::Lost, |error| named(&error.name()))
}

/// What rexie says.
pub(super) fn rexie(error: rexie::Error) -> StoreError {
    match error {
        rexie::Error::IdbError(error) => idb(error),
        _ => StoreError::Lost,
    }
}

/// What idb says.
pub(super) fn idb(error: idb::Error) -> StoreError {
    use idb::Error as E;
    match error {
        E::DomException(exception) => named(&exception.name()),
        E::IndexedDbNotFound(_) => StoreError::Unavailable,
        E::IndexedDbOpenFailed(value)
        | E::TransactionOpenFailed(value)
        | E::ObjectStoreNotFound(value) => thrown(&value),
        E::DomExceptionNotFound | E::OneshotChannelReceiveError => StoreError::Lost,
        E::UnexpectedJsType(..) => StoreError::Damaged,
        _ => named("unknown"),
    }
}
