//! Wall-clock time and random bytes.

// Without chrono's own formatting, which costs more than all of this file.
use chrono::{DateTime, Datelike, Local, TimeZone, Timelike, Utc};
use std::task::Poll;

/// Milliseconds since 1970, as the device tells it.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a date has no fraction of a millisecond"
)]
pub fn now() -> i64 {
    js_sys::Date::now() as i64
}

/// Local time of day, `22:14`.
pub fn time_of_day(millis: i64) -> String {
    local(millis).map_or_else(String::new, |at| {
        format!("{:02}:{:02}", at.hour(), at.minute())
    })
}

/// Local date, `2026-11-20`.
pub fn date(millis: i64) -> String {
    local(millis).map_or_else(String::new, |at| {
        format!("{:04}-{:02}-{:02}", at.year(), at.month(), at.day())
    })
}

/// Local date as a Dutch reader writes it, `20-11-2026`.
pub fn date_for_reading(millis: i64) -> String {
    local(millis).map_or_else(String::new, |at| {
        format!("{:02}-{:02}-{:04}", at.day(), at.month(), at.year())
    })
}

/// Minutes that local time is ahead of UTC.
pub fn offset_minutes(millis: i64) -> i32 {
    local(millis).map_or(0, |at| at.offset().local_minus_utc() / 60)
}

fn local(millis: i64) -> Option<DateTime<Local>> {
    Some(Local.from_utc_datetime(&Utc.timestamp_millis_opt(millis).single()?.naive_utc()))
}

/// Fills the slice from the browser's generator. There is no fallback: without it the app stops.
pub fn random(bytes: &mut [u8]) -> bool {
    // The browser refuses more than 65,536 bytes at once.
    let crypto = leptos::prelude::window().crypto();
    bytes.chunks_mut(65_536).all(|chunk| {
        crypto
            .as_ref()
            .is_ok_and(|crypto| crypto.get_random_values_with_u8_array(chunk).is_ok())
    })
}

/// Waits for an answer, but no longer than so many milliseconds: some promises never settle.
pub async fn within<T>(millis: u32, answer: impl Future<Output = T>) -> Option<T> {
    let mut answer = std::pin::pin!(answer);
    let mut patience = std::pin::pin!(pause(millis));
    std::future::poll_fn(|context| {
        if let Poll::Ready(answer) = answer.as_mut().poll(context) {
            return Poll::Ready(Some(answer));
        }
        patience.as_mut().poll(context).map(|()| None)
    })
    .await
}

/// Waits for both answers, which are asked for at once.
pub async fn both<A, B>(one: impl Future<Output = A>, other: impl Future<Output = B>) -> (A, B) {
    let (mut one, mut other) = (std::pin::pin!(one), std::pin::pin!(other));
    let (mut first, mut second) = (None, None);
    std::future::poll_fn(|context| {
        if first.is_none()
            && let Poll::Ready(answer) = one.as_mut().poll(context)
        {
            first = Some(answer);
        }
        if second.is_none()
            && let Poll::Ready(answer) = other.as_mut().poll(context)
        {
            second = Some(answer);
        }
        match (first.take(), second.take()) {
            (Some(first), Some(second)) => Poll::Ready((first, second)),
            (one, other) => {
                (first, second) = (one, other);
                Poll::Pending
            }
        }
    })
    .await
}

/// Comes back after so many milliseconds.
pub async fn pause(millis: u32) {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        gloo::timers::callback::Timeout::new(millis, move || {
            let _ = resolve.call0(&wasm_bindgen::JsValue::NULL);
        })
        .forget();
    });
    let _ = wasm_bindgen_futures::JsFuture::from(promise).await;
}
