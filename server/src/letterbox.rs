//! The relay's calls over HTTP: who called is verified, the core answers, the answer is sent as `docs/format.md`
//! section 19 says.
//!
//! Deliberately not here: what a call means (`veldpost_relay`), and who else listens: a body or an address stands in no log.

mod answer;
mod asking;
pub mod authorities;
mod body;
mod caller;
mod calls;
mod events;
mod held;
mod known;
mod limits;
mod metrics;
mod openapi;
mod pages;
mod troubles;

pub(crate) use limits::network_of;
pub use metrics::metrics_router;

use core::sync::atomic::{AtomicU64, Ordering};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::any;
use tokio::sync::{Semaphore, watch};
use veldpost_envelope::wire::Incarnation;
use veldpost_relay::store::RelayStore as _;
use veldpost_relay::{Relay, RelayError, Settings};

use crate::database::Database;
use crate::episode::Episode;
use answer::Refusal;
use known::Known;
use limits::Limits;
use metrics::Counts;
use troubles::Troubles;

/// Bodies that may be read, and answers that may wait to be taken, at the same time; each is held up to 1 MiB.
const BODIES: usize = 512;
/// Pulls of more than a page that are being handed out; each holds up to 3 MiB for as long as its reader takes.
const PULLS: usize = 100;
/// Calls whose answer is being worked out at the same time; more wait in turn.
const AT_WORK: usize = 32;
/// Whether the database takes a write is tried once in so long, however many ask: each try is a flush.
const PROBED: Duration = Duration::from_secs(5);

/// The relay of one process.
#[derive(Debug)]
pub struct Letterbox {
    relay: Relay<Database>,
    /// As signatures name this relay: host, and port where it is not the scheme's own.
    authorities: Vec<String>,
    /// Who is believed about whom it calls for, beside this machine.
    proxies: Vec<IpAddr>,
    /// When the process started: milliseconds since 1970.
    started: i64,
    limits: Limits,
    known: Known,
    counts: Counts,
    troubles: Troubles,
    bodies: Arc<Semaphore>,
    pulls: Arc<Semaphore>,
    at_work: Arc<Semaphore>,
    /// Goes up whenever something was stored.
    stored: watch::Sender<u64>,
    /// True once the process is ending.
    ending: watch::Sender<bool>,
    number: AtomicU64,
    /// When it was last tried whether the database takes a write, and whether it did.
    readiness: tokio::sync::Mutex<Option<(Instant, bool)>>,
    not_ready: Episode,
}

impl Letterbox {
    /// Opens the relay over its database. An empty one begins its first life.
    ///
    /// # Errors
    /// Whatever keeps the database from answering.
    pub fn open(
        database: Database,
        settings: Settings,
        authorities: Vec<String>,
        proxies: &[IpAddr],
    ) -> Result<Arc<Self>, RelayError> {
        let relay = Relay::open(database, settings, fresh_incarnation()?)?;
        Ok(Arc::new(Self {
            relay,
            authorities,
            proxies: proxies.iter().map(IpAddr::to_canonical).collect(),
            started: now(),
            limits: Limits::default(),
            known: Known::default(),
            counts: Counts::default(),
            troubles: Troubles::default(),
            bodies: Arc::new(Semaphore::new(BODIES)),
            pulls: Arc::new(Semaphore::new(PULLS)),
            at_work: Arc::new(Semaphore::new(AT_WORK)),
            stored: watch::Sender::new(0),
            ending: watch::Sender::new(false),
            number: AtomicU64::new(0),
            readiness: tokio::sync::Mutex::default(),
            not_ready: Episode::default(),
        }))
    }

    /// The core.
    pub fn relay(&self) -> &Relay<Database> {
        &self.relay
    }

    /// The process ends: event streams do so at once, since nobody waits for them.
    pub fn end(&self) {
        self.ending.send_replace(true);
    }

    /// Whether the database has begun a life, and took a write just now.
    pub async fn is_ready(self: &Arc<Self>) -> bool {
        let alive =
            self.work(|letterbox| Ok(matches!(letterbox.relay.store().life(), Ok(Some(_)))));
        alive.await.unwrap_or(false) && self.takes_writes().await
    }

    async fn takes_writes(self: &Arc<Self>) -> bool {
        // Held meanwhile: whoever asks at the same time is told the same.
        let mut last = self.readiness.lock().await;
        if let Some((at, ready)) = *last
            && at.elapsed() < PROBED
        {
            return ready;
        }
        let ready = self.work(|letterbox| Ok(letterbox.probe())).await;
        let ready = ready.unwrap_or(false);
        *last = Some((Instant::now(), ready));
        ready
    }

    fn probe(&self) -> bool {
        let Err(problem) = self.relay.is_ready() else {
            if self.not_ready.ends(Instant::now()) {
                tracing::warn!("the database takes writes again");
            }
            return true;
        };
        if self.not_ready.begins(Instant::now()) {
            tracing::warn!(%problem, "the database takes no write: devices keep what they have and try again");
        }
        false
    }

    /// Runs what may block on a thread that may.
    async fn work<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let permit = self.at_work.clone().acquire_owned().await;
        let letterbox = self.clone();
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work(&letterbox)
        });
        // It panicked: the change that was under way was rolled back.
        done.await.unwrap_or_else(|_| Err(Refusal::internal()))
    }

    /// Something was stored: who waits for news looks.
    fn has_stored(&self) {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        self.stored.send_replace(number);
    }
}

/// Its addresses, to stand beside the app's.
pub fn router(letterbox: Arc<Letterbox>) -> Router {
    Router::new()
        .route("/v1/", any(calls::answer))
        .route("/v1/{*call}", any(calls::answer))
        .with_state(letterbox)
}

/// Random bytes for another life.
///
/// # Errors
/// `NotReady` when the system gives none.
pub fn fresh_incarnation() -> Result<Incarnation, RelayError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| RelayError::NotReady)?;
    Ok(Incarnation(bytes))
}

/// Milliseconds since 1970 by this machine's clock; one before 1970 counts as 1970.
#[must_use]
pub fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}
