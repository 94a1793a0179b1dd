//! One batch, one strict transaction, from begin to commit without waiting in between.
//!
//! Not here: retrying. Requests are all made at once; the fence's answer, which comes first,
//! decides whether they are committed or taken back.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{IdbKeyRange, IdbTransaction};

use super::connection::Connection;
use super::ladder::{DEVICE_KEY, FENCE};
use super::{read, refusal};
use crate::{Batch, Fence, Shelf, StoreError, Write};

/// What one transaction changes.
pub(super) enum Change<'a> {
    /// All of the batch or nothing, if the fence is still this one.
    Batch(Fence, &'a Batch),
    /// The fence, raised; what stands in these rows is answered.
    Claim(&'a [(Shelf, &'a [u8])]),
    /// The device key; where one stands already, that one stays.
    DeviceKey(&'a JsValue),
}

/// The fence that stands after a change, and what it read.
pub(super) type Changed = (Fence, Vec<JsValue>);

/// Makes the change in one strict transaction.
pub(super) async fn apply(
    connection: &Connection,
    change: &Change<'_>,
) -> Result<Changed, StoreError> {
    let verdict = Verdict::default();
    let after = Rc::new(Cell::new(Fence(0)));
    let transaction = match change {
        Change::Batch(_, batch) => connection.strict(&stores_of(batch)),
        Change::Claim(wanted) => {
            let shelves = wanted.iter().map(|(shelf, _)| shelf.name());
            connection.strict(&with_fences(shelves))
        }
        Change::DeviceKey(_) => connection.strict(&Array::of1(&DEVICE_KEY.into())),
    }?;
    let placed = match change {
        Change::Batch(fence, batch) => {
            with_fence(&transaction, &verdict, Judge::Same(*fence), &after)
                .and_then(|()| place(&transaction, batch))
                .map(|()| Vec::new())
        }
        Change::Claim(wanted) => with_fence(&transaction, &verdict, Judge::Raise, &after)
            .and_then(|()| read::many(&transaction, wanted)),
        Change::DeviceKey(key) => add_key(&transaction, key).map(|()| Vec::new()),
    };
    let (placed, asked) = match placed {
        Ok(asked) => (Ok(()), asked),
        Err(value) => (Err(refusal::thrown(&value)), Vec::new()),
    };
    let settled = settle(&transaction, placed, &verdict).await;
    connection.settled(&transaction);
    settled?;
    Ok((after.get(), read::results(&asked)?))
}

fn add_key(transaction: &IdbTransaction, key: &JsValue) -> Result<(), JsValue> {
    let store = transaction.object_store(DEVICE_KEY)?;
    store.add_with_key(key, &read::device_key_row()).map(drop)
}

/// What is asked of the fence that was found.
#[derive(Clone, Copy)]
enum Judge {
    Same(Fence),
    Raise,
}

impl Judge {
    /// The fence that stands from now on.
    fn rule(self, transaction: &IdbTransaction, found: Option<Fence>) -> Result<Fence, StoreError> {
        match (self, found) {
            (Self::Same(fence), Some(found)) if found == fence => Ok(fence),
            (Self::Same(_), Some(_)) => Err(StoreError::Fenced),
            // A claim was made once, so the row was there: this is another, empty database.
            (Self::Same(_), None) => Err(StoreError::Deleted),
            (Self::Raise, found) => {
                let raised = found.map_or_else(first_fence, |fence| fence.0) + 1;
                #[expect(clippy::cast_precision_loss, reason = "2^53 claims are not reached")]
                let number = JsValue::from_f64(raised as f64);
                let fences = transaction.object_store(FENCE);
                let put = fences.and_then(|store| store.put_with_key(&number, &fence_key()));
                put.map(|_| Fence(raised))
                    .map_err(|value| refusal::thrown(&value))
            }
        }
    }
}

/// Where a new database begins to count: anywhere, so that a handle on a database that was deleted
/// and made again does not find its own number there.
fn first_fence() -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "below 2^40"
    )]
    let anywhere = (js_sys::Math::random() * (1_u64 << 40) as f64) as u64;
    anywhere
}

type Verdict = Rc<RefCell<Option<StoreError>>>;

fn fence_key() -> JsValue {
    JsValue::from_f64(0.0)
}

/// Asks for the fence; its answer commits or aborts what was placed meanwhile.
fn with_fence(
    transaction: &IdbTransaction,
    verdict: &Verdict,
    judge: Judge,
    after: &Rc<Cell<Fence>>,
) -> Result<(), JsValue> {
    let request = transaction.object_store(FENCE)?.get(&fence_key())?;
    let answer = {
        let (transaction, verdict) = (transaction.clone(), Rc::clone(verdict));
        let (request, after) = (request.clone(), Rc::clone(after));
        move || {
            let found = request.result().ok().and_then(|number| number.as_f64());
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "our own"
            )]
            let found = found.map(|number| Fence(number as u64));
            let ruled = judge.rule(&transaction, found).and_then(|fence| {
                after.set(fence);
                commit_now(&transaction)
            });
            if let Err(error) = ruled {
                verdict.replace(Some(error));
                let _aborting = transaction.abort();
            }
        }
    };
    // It frees itself once called: a caller that stops waiting does not stop the commit.
    request.set_onsuccess(Some(Closure::once_into_js(answer).unchecked_ref()));
    Ok(())
}

/// Commits without waiting for the last answer; saves a turn of the event loop.
fn commit_now(transaction: &IdbTransaction) -> Result<(), StoreError> {
    #[expect(
        deprecated,
        reason = "web-sys reads the second edition; the third has it again"
    )]
    let committed = transaction.commit();
    committed.map_err(|value| refusal::thrown(&value))
}

/// Waits for `complete` or `abort`; only `complete` is success.
async fn settle(
    transaction: &IdbTransaction,
    placed: Result<(), StoreError>,
    verdict: &Verdict,
) -> Result<(), StoreError> {
    let settled = JsFuture::from(Promise::new(&mut |resolve, reject| {
        transaction.set_oncomplete(Some(&resolve));
        transaction.set_onabort(Some(&reject));
    }));
    if placed.is_err() {
        let _aborting = transaction.abort();
    }
    let outcome = settled.await;
    placed?;
    match outcome {
        Ok(_) => Ok(()),
        Err(_) => Err(verdict
            .take()
            .unwrap_or_else(|| refusal::aborted(transaction))),
    }
}

/// The names of the stores that a batch touches, and the fence's.
fn stores_of(batch: &Batch) -> Array {
    with_fences(batch.writes().iter().map(|write| write.shelf().name()))
}

fn with_fences<'a>(shelves: impl Iterator<Item = &'a str>) -> Array {
    names_of(core::iter::once(FENCE).chain(shelves))
}

/// Each name once.
pub(super) fn names_of<'a>(all: impl Iterator<Item = &'a str>) -> Array {
    let mut names: Vec<&str> = Vec::new();
    for name in all {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.into_iter().map(JsValue::from_str).collect()
}

/// Makes all requests of the batch.
fn place(transaction: &IdbTransaction, batch: &Batch) -> Result<(), JsValue> {
    let bytes = |bytes: &[u8]| Uint8Array::from(bytes);
    for write in batch.writes() {
        let store = transaction.object_store(write.shelf().name())?;
        match write {
            Write::Put { key, value, .. } => store.put_with_key(&bytes(value), &bytes(key))?,
            Write::Delete { key, .. } => store.delete(&bytes(key))?,
            // The browser refuses an empty range.
            Write::DeleteRange { from, to, .. } if from >= to => continue,
            Write::DeleteRange { from, to, .. } => store.delete(&range(from, to)?.into())?,
            Write::Clear { .. } => store.clear()?,
        };
    }
    Ok(())
}

/// The range `from <= key < to`, which must not be empty.
pub(super) fn range(from: &[u8], to: &[u8]) -> Result<IdbKeyRange, JsValue> {
    let (from, to) = (Uint8Array::from(from), Uint8Array::from(to));
    IdbKeyRange::bound_with_lower_open_and_upper_open(&from, &to, false, true)
}
