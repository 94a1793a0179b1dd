//! Reads, on rexie's connection.
//!
//! Not here: cursors. A shelf is read by two requests, one for keys and one for values, however
//! many rows it holds.

use core::future::poll_fn;
use core::pin::Pin;
use core::task::Poll;

use js_sys::{ArrayBuffer, Uint8Array};
use rexie::KeyRange;
use wasm_bindgen::{JsCast, JsValue};

use super::connection::Connection;
use super::ladder::DEVICE_KEY;
use super::{refusal, write};
use crate::{Row, Shelf, StoreError};

type Asked<'a, T> = Pin<Box<dyn Future<Output = Result<T, rexie::Error>> + 'a>>;

/// The wanted rows, in the order asked.
pub(super) async fn many(
    connection: &Connection,
    wanted: &[(Shelf, &[u8])],
) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
    let mut names: Vec<&str> = Vec::new();
    for (shelf, _) in wanted {
        if !names.contains(&shelf.name()) {
            names.push(shelf.name());
        }
    }
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let transaction = connection.reading(&names)?;
    let mut stores = Vec::with_capacity(wanted.len());
    for (shelf, key) in wanted {
        stores.push((
            transaction.store(shelf.name()).map_err(refusal::rexie)?,
            *key,
        ));
    }
    let mut asked: Vec<Asked<'_, Option<JsValue>>> = Vec::with_capacity(wanted.len());
    for (store, key) in &stores {
        asked.push(Box::pin(store.get(Uint8Array::from(*key).into())));
    }
    let values = all(asked).await?;
    values
        .into_iter()
        .map(|value| value.map(|value| bytes(&value)).transpose())
        .collect()
}

/// The rows of a shelf, all or those with `from <= key < to`, in key order.
pub(super) async fn rows(
    connection: &Connection,
    shelf: Shelf,
    between: Option<(&[u8], &[u8])>,
) -> Result<Vec<Row>, StoreError> {
    let range = match between {
        // The browser refuses an empty range.
        Some((from, to)) if from >= to => return Ok(Vec::new()),
        Some((from, to)) => Some(KeyRange::from(
            write::range(from, to).map_err(|value| refusal::thrown(&value))?,
        )),
        None => None,
    };
    let transaction = connection.reading(&[shelf.name()])?;
    let store = transaction.store(shelf.name()).map_err(refusal::rexie)?;
    let keys = Box::pin(store.get_all_keys(range.clone(), None));
    let values = Box::pin(store.get_all(range, None));
    let mut both = all(vec![keys as Asked<'_, _>, values]).await?.into_iter();
    let (Some(keys), Some(values)) = (both.next(), both.next()) else {
        return Err(StoreError::Damaged);
    };
    if keys.len() != values.len() {
        return Err(StoreError::Damaged);
    }
    keys.iter()
        .zip(&values)
        .map(|(key, value)| Ok((key_bytes(key)?, bytes(value)?)))
        .collect()
}

/// How many rows a shelf holds.
pub(super) async fn count(connection: &Connection, shelf: Shelf) -> Result<u64, StoreError> {
    let transaction = connection.reading(&[shelf.name()])?;
    let store = transaction.store(shelf.name()).map_err(refusal::rexie)?;
    store
        .count(None)
        .await
        .map(u64::from)
        .map_err(refusal::rexie)
}

/// The key of the device key's one row.
pub(super) fn device_key_row() -> JsValue {
    JsValue::from_f64(0.0)
}

/// What the browser gives back from the device key's row.
pub(super) async fn device_key(connection: &Connection) -> Result<Option<JsValue>, StoreError> {
    let transaction = connection.reading(&[DEVICE_KEY])?;
    let store = transaction.store(DEVICE_KEY).map_err(refusal::rexie)?;
    store.get(device_key_row()).await.map_err(refusal::rexie)
}

/// Makes all requests at once and waits for all answers: a transaction with no request under way
/// ends by itself.
///
/// Answers come in the order of the requests, so each is waited for in its turn: to look at all of
/// them whenever one comes would take seconds for ten thousand.
async fn all<T>(mut asked: Vec<Asked<'_, T>>) -> Result<Vec<T>, StoreError> {
    let mut begun = Vec::with_capacity(asked.len());
    poll_fn(|context| {
        begun.extend(
            asked
                .iter_mut()
                .map(|request| request.as_mut().poll(context)),
        );
        Poll::Ready(())
    })
    .await;
    let mut answers = Vec::with_capacity(asked.len());
    for (request, begun) in asked.into_iter().zip(begun) {
        let answer = match begun {
            Poll::Ready(answer) => answer,
            Poll::Pending => request.await,
        };
        answers.push(answer.map_err(refusal::rexie)?);
    }
    Ok(answers)
}

fn bytes(value: &JsValue) -> Result<Vec<u8>, StoreError> {
    value
        .dyn_ref::<Uint8Array>()
        .map(Uint8Array::to_vec)
        .ok_or(StoreError::Damaged)
}

fn key_bytes(key: &JsValue) -> Result<Vec<u8>, StoreError> {
    let buffer = key.dyn_ref::<ArrayBuffer>().ok_or(StoreError::Damaged)?;
    Ok(Uint8Array::new(buffer).to_vec())
}
