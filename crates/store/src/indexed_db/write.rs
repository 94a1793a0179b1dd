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
use super::ladder::FENCE;
use super::refusal;
use crate::{Batch, Fence, StoreError, Write};

/// Writes all of the batch or nothing.
pub(super) async fn commit(
    connection: &Connection,
    fence: Fence,
    batch: &Batch,
) -> Result<(), StoreError> {
    let transaction = connection.strict(&stores_of(batch))?;
    let verdict = Verdict::default();
    let placed = with_fence(&transaction, &verdict, move |found| match found {
        Some(found) if found == fence => Ok(()),
        Some(_) => Err(StoreError::Fenced),
        // A claim was made once, so the row was there: this is another, empty database.
        None => Err(StoreError::Deleted),
    });
    let placed = placed.and_then(|()| place(&transaction, batch).map_err(|v| refusal::thrown(&v)));
    settle(&transaction, placed, &verdict).await
}

/// Raises the fence and answers the new number.
pub(super) async fn claim(connection: &Connection) -> Result<Fence, StoreError> {
    let transaction = connection.strict(&Array::of1(&FENCE.into()))?;
    let (verdict, claimed) = (Rc::default(), Rc::new(Cell::new(Fence(0))));
    let placed = with_fence(&transaction, &verdict, {
        let (transaction, claimed) = (transaction.clone(), Rc::clone(&claimed));
        move |found| {
            let raised = found.map_or_else(first_fence, |fence| fence.0) + 1;
            claimed.set(Fence(raised));
            #[expect(clippy::cast_precision_loss, reason = "2^53 claims are not reached")]
            let number = JsValue::from_f64(raised as f64);
            let fences = transaction.object_store(FENCE);
            let put = fences.and_then(|store| store.put_with_key(&number, &fence_key()));
            put.map(|_| ()).map_err(|value| refusal::thrown(&value))
        }
    });
    settle(&transaction, placed, &verdict).await?;
    Ok(claimed.get())
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

pub(super) type Verdict = Rc<RefCell<Option<StoreError>>>;

fn fence_key() -> JsValue {
    JsValue::from_f64(0.0)
}

/// Asks for the fence; its answer commits or aborts what was placed meanwhile.
fn with_fence(
    transaction: &IdbTransaction,
    verdict: &Verdict,
    judge: impl FnOnce(Option<Fence>) -> Result<(), StoreError> + 'static,
) -> Result<(), StoreError> {
    let fences = transaction.object_store(FENCE);
    let request = fences.and_then(|store| store.get(&fence_key()));
    let request = request.map_err(|value| refusal::thrown(&value))?;
    let answer = {
        let (transaction, verdict, request) =
            (transaction.clone(), Rc::clone(verdict), request.clone());
        move || {
            let found = request.result().ok().and_then(|number| number.as_f64());
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "our own"
            )]
            let found = found.map(|number| Fence(number as u64));
            let judged = judge(found).and_then(|()| commit_now(&transaction));
            if let Err(error) = judged {
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
pub(super) async fn settle(
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
    let mut names = vec![FENCE];
    for name in batch.writes().iter().map(|write| write.shelf().name()) {
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
