//! Reads: all requests of a transaction at once, and one wait for the last answer.
//!
//! Not here: cursors. A shelf is read by two requests, one for keys and one for values, however
//! many rows it holds.

use js_sys::{Array, ArrayBuffer, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{IdbRequest, IdbTransaction};

use super::connection::Connection;
use super::ladder::DEVICE_KEY;
use super::refusal;
use crate::{Row, Shelf, StoreError};

/// The requests of a transaction, or what a call of the browser threw.
type Asked = Result<Vec<IdbRequest>, JsValue>;

/// Makes all requests of a transaction.
pub(super) type Requests<'a> = &'a dyn Fn(&IdbTransaction) -> Asked;

/// The name of the one store that is read.
pub(super) fn only(store: &str) -> Array {
    Array::of1(&store.into())
}

/// Asks for the wanted rows, in this order.
pub(super) fn many(transaction: &IdbTransaction, wanted: &[(Shelf, &[u8])]) -> Asked {
    let get = |(shelf, key): &(Shelf, &[u8])| {
        let store = transaction.object_store(shelf.name())?;
        store.get(&Uint8Array::from(*key))
    };
    wanted.iter().map(get).collect()
}

/// The rows that [`many`] asked for.
pub(super) fn values(answers: &[JsValue]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
    answers
        .iter()
        .map(|answer| (!answer.is_undefined()).then(|| bytes(answer)).transpose())
        .collect()
}

/// Asks for the keys and the values of a shelf, all or those of a range.
pub(super) fn rows(transaction: &IdbTransaction, shelf: Shelf, range: &JsValue) -> Asked {
    let store = transaction.object_store(shelf.name())?;
    Ok(vec![
        store.get_all_keys_with_key(range)?,
        store.get_all_with_key(range)?,
    ])
}

/// The rows that [`rows`] asked for, in key order.
pub(super) fn pairs(answers: &[JsValue]) -> Result<Vec<Row>, StoreError> {
    let [keys, values] = answers else {
        return Err(StoreError::Damaged);
    };
    let (keys, values) = (Array::from(keys), Array::from(values));
    if keys.length() != values.length() {
        return Err(StoreError::Damaged);
    }
    keys.iter()
        .zip(values.iter())
        .map(|(key, value)| Ok((key_bytes(&key)?, bytes(&value)?)))
        .collect()
}

/// Asks how many rows a shelf holds.
pub(super) fn count(transaction: &IdbTransaction, shelf: Shelf) -> Asked {
    Ok(vec![transaction.object_store(shelf.name())?.count()?])
}

/// What [`count`] asked for.
pub(super) fn number(answers: &[JsValue]) -> Result<u64, StoreError> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number below 2^53"
    )]
    let number = |answer: f64| answer as u64;
    let answer = answers.first().and_then(JsValue::as_f64);
    answer.map(number).ok_or(StoreError::Damaged)
}

/// The key of the device key's one row.
pub(super) fn device_key_row() -> JsValue {
    JsValue::from_f64(0.0)
}

/// Asks for the device key.
pub(super) fn device_key(transaction: &IdbTransaction) -> Asked {
    let store = transaction.object_store(DEVICE_KEY)?;
    Ok(vec![store.get(&device_key_row())?])
}

/// Makes all requests at once, since a transaction with no request under way ends by itself, and waits for
/// the last: answers come in the order of the requests. A request that fails ends the transaction.
pub(super) async fn asked(
    connection: &Connection,
    stores: &Array,
    requests: Requests<'_>,
) -> Result<Vec<JsValue>, StoreError> {
    let transaction = connection.reading(stores)?;
    let answers = answers_of(&transaction, requests).await;
    connection.settled(&transaction);
    answers
}

async fn answers_of(
    transaction: &IdbTransaction,
    requests: Requests<'_>,
) -> Result<Vec<JsValue>, StoreError> {
    let asked = requests(transaction).map_err(|value| refusal::thrown(&value))?;
    let answered = Promise::new(&mut |resolve, reject| {
        if let Some(last) = asked.last() {
            last.set_onsuccess(Some(&resolve));
        }
        transaction.set_onabort(Some(&reject));
    });
    if JsFuture::from(answered).await.is_err() {
        return Err(refusal::aborted(transaction));
    }
    results(&asked)
}

/// What requests came to, once they have all been answered.
pub(super) fn results(asked: &[IdbRequest]) -> Result<Vec<JsValue>, StoreError> {
    asked
        .iter()
        .map(|request| request.result().map_err(|value| refusal::thrown(&value)))
        .collect()
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
