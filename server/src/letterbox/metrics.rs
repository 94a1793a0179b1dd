//! How many calls there were, how they ended, how long they took: Prometheus text, on an address of its own.
//!
//! Deliberately not here: anything that tells one region or device from another.

use core::fmt::Write as _;
use core::sync::atomic::{AtomicU64, Ordering};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use veldpost_envelope::wire::{Call, Code};

use super::Letterbox;

#[derive(Debug, Default)]
pub(super) struct Counts {
    calls: Mutex<BTreeMap<(&'static str, &'static str), Calls>>,
    streams: AtomicU64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Calls {
    number: u64,
    seconds: f64,
}

impl Counts {
    pub(super) fn count(&self, call: Option<Call>, code: Option<Code>, took: Duration) {
        let call = call.map_or("other", |call| call.path().trim_start_matches("/v1/"));
        let code = code.map_or("ok", Code::text);
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = calls.entry((call, code)).or_default();
        counted.number += 1;
        counted.seconds += took.as_secs_f64();
    }

    pub(super) fn stream_opened(&self) {
        self.streams.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn stream_closed(&self) {
        self.streams.fetch_sub(1, Ordering::Relaxed);
    }

    fn text(&self, database: u64, waiting: usize, started: i64) -> String {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = calls.clone();
        let mut text = String::from("# TYPE veldpost_calls_total counter\n");
        for ((call, code), counted) in &calls {
            let number = counted.number;
            let _ = writeln!(
                text,
                "veldpost_calls_total{{call=\"{call}\",code=\"{code}\"}} {number}"
            );
        }
        text.push_str("# TYPE veldpost_calls_seconds_total counter\n");
        for ((call, code), counted) in &calls {
            let seconds = counted.seconds;
            let _ = writeln!(
                text,
                "veldpost_calls_seconds_total{{call=\"{call}\",code=\"{code}\"}} {seconds:.6}"
            );
        }
        let streams = self.streams.load(Ordering::Relaxed);
        let started = started / 1000;
        let _ = write!(
            text,
            "# TYPE veldpost_event_streams gauge\nveldpost_event_streams {streams}\n\
             # TYPE veldpost_changes_waiting gauge\nveldpost_changes_waiting {waiting}\n\
             # TYPE veldpost_database_bytes gauge\nveldpost_database_bytes {database}\n\
             # TYPE process_start_time_seconds gauge\nprocess_start_time_seconds {started}\n"
        );
        text
    }
}

/// `/metrics` and nothing else.
pub fn metrics_router(letterbox: Arc<Letterbox>) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .with_state(letterbox)
}

async fn metrics(State(letterbox): State<Arc<Letterbox>>) -> Response {
    let database = letterbox.relay.store().bytes();
    let waiting = letterbox.relay.store().waiting();
    let text = letterbox.counts.text(database, waiting, letterbox.started);
    let content_type = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    ([(header::CONTENT_TYPE, content_type)], text).into_response()
}
