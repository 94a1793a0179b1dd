//! The relay as a device meets it: the core that ships, over its store in memory, behind what a server does of HTTP.
//!
//! Not here: the network, and lies (see `hostile`).

use crate::dice::Dice;
use std::collections::BTreeSet;
use veldpost_domain::StreamId;
use veldpost_envelope::request::{Received, RequestProblem, SignedHeaders, Watch, verify};
use veldpost_envelope::wire::{Call, Code, Incarnation, Items, Problem};
use veldpost_envelope::{EntryHash, Kept, PublicKind, Purpose, RegionId, random, run};
use veldpost_relay::limits::{Nonces, Unlimited};
use veldpost_relay::memory::{Fault, MemoryStore, Snapshot};
use veldpost_relay::store::{Class, Content, Interest, Of, Purposes, RegionView, RelayStore};
use veldpost_relay::{Caller, Founding, Pushing, Relay, RelayError, Settings};

/// The relay's host.
pub const HOST: &str = "relay.example";
/// Its origin.
pub const ORIGIN: &str = "https://relay.example";
/// Where the outbox is sent.
pub const ADDRESS: &str = "https://relay.example/v1/entries";

/// What came back of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// `content-type`.
    pub content_type: &'static str,
    /// `Retry-After`, in seconds.
    pub retry_after: Option<u32>,
    /// The body.
    pub body: Vec<u8>,
}

/// A relay.
pub struct Post {
    store: MemoryStore,
    relay: Relay<MemoryStore>,
    nonces: Nonces,
    started: i64,
    backup: Snapshot,
}

fn settings() -> Settings {
    Settings {
        founding: Founding::Open,
        region_bytes: None,
    }
}

impl Post {
    /// An empty one. None when the core does not open.
    pub fn new(now: i64, dice: &mut Dice) -> Option<Self> {
        let store = MemoryStore::new();
        let relay = Relay::open(store.clone(), settings(), Incarnation(random::array(dice)));
        Some(Self {
            backup: store.snapshot(),
            relay: relay.ok()?,
            store,
            nonces: Nonces::default(),
            started: now,
        })
    }

    /// Takes a backup.
    pub fn back_up(&mut self) {
        self.backup = self.store.snapshot();
    }

    /// Puts the backup back: another life begins.
    pub fn restore(&mut self, now: i64, dice: &mut Dice) -> bool {
        self.store.restore(self.backup.clone());
        self.restart(now);
        self.lost(now, dice)
    }

    /// What it holds is older than what was held in its place.
    pub fn lost(&mut self, now: i64, dice: &mut Dice) -> bool {
        let fresh = Incarnation(random::array(dice));
        self.relay.restored(fresh, now).is_ok()
    }

    /// The process dies and starts again.
    pub fn restart(&mut self, now: i64) {
        (self.nonces, self.started) = (Nonces::default(), now);
    }

    /// The next change of the store fails so.
    pub fn fail(&self, fault: Fault) {
        self.store.fail(fault);
    }

    /// A fault that was ordered and not met is taken back, so that it meets nobody else.
    pub fn mend(&self, region: &RegionId) {
        drop(self.store.change(region));
    }

    /// All that it holds.
    pub fn held(&self) -> Snapshot {
        self.store.snapshot()
    }

    /// One call.
    pub fn serve(
        &mut self,
        call: Call,
        headers: Option<&SignedHeaders>,
        body: &[u8],
        now: i64,
    ) -> Reply {
        let answer = match call {
            Call::Entries => {
                let mut pushing = Pushing::new();
                pushing.feed(body);
                self.relay.entries(pushing, &Unlimited, now)
            }
            Call::Objects => self.relay.objects(body, now),
            _ => match self.caller(call, headers, body, now) {
                Ok(caller) => self.signed(call, &caller, body),
                Err(problem) => return refusal(&problem, None),
            },
        };
        match answer {
            Ok(body) => answered(call, body),
            Err(error) => refusal(&error.problem(), error.retry_after()),
        }
    }

    fn caller(
        &mut self,
        call: Call,
        headers: Option<&SignedHeaders>,
        body: &[u8],
        now: i64,
    ) -> Result<Caller, Problem> {
        let received = Received {
            call,
            authority: HOST,
            body,
            content_digest: headers.map(|headers| headers.content_digest.as_str()),
            signature_input: headers.map(|headers| headers.signature_input.as_str()),
            signature: headers.map(|headers| headers.signature.as_str()),
        };
        let watch = Watch {
            authorities: &[HOST],
            now,
            started: self.started,
        };
        let signed = verify(&received, &watch).map_err(|problem| {
            let mut answer = Problem::new(problem.code());
            if let RequestProblem::Clock { now } = problem {
                answer.now = Some(now);
            }
            answer
        })?;
        if !self.nonces.is_new(&signed, now) {
            return Err(Problem::new(Code::Nonce));
        }
        Ok(Caller {
            device: Some(signed.key),
            now,
        })
    }

    fn signed(&self, call: Call, caller: &Caller, body: &[u8]) -> Result<Vec<u8>, RelayError> {
        match call {
            Call::Pull => {
                let mut pull = self.relay.pull(caller, body)?;
                let mut pages = Vec::new();
                while let Some(page) = self.relay.next_page(&mut pull, caller.now)? {
                    let mut out = veldpost_envelope::canonical::Writer::default();
                    out.bytes(&page);
                    pages.extend(out.finish());
                }
                Ok(pages)
            }
            Call::Acts => self.relay.acts(caller, body),
            Call::Roster => self.relay.roster(caller, body),
            Call::Heads => self.relay.heads(caller, body),
            Call::Join => self.relay.join(caller, body),
            _ => Err(RelayError::NotFound),
        }
    }

    /// Every run that is held.
    pub fn runs(&self, region: &RegionId) -> Vec<Vec<u8>> {
        let Ok(view) = self.store.view(region) else {
            return Vec::new();
        };
        let every = [Interest {
            class: Class::Run,
            of: Of::Purposes(Purposes::from(Purpose::Count)),
        }];
        let items = view.items(&every, 0, usize::MAX).unwrap_or_default();
        let runs = items.iter().filter_map(|item| match &item.content {
            Content::Run { first, next } => {
                let stream = StreamId(item.name.of);
                let entries = view.entries(&stream, *first, *next).ok()?;
                Some(entries.into_iter().flat_map(|entry| entry.bytes).collect())
            }
            Content::Value(_) => None,
        });
        runs.collect()
    }

    /// How far a stream is held, and the hash of its last entry.
    pub fn head(&self, region: &RegionId, stream: &StreamId) -> Option<(u64, EntryHash)> {
        let view = self.store.view(region).ok()?;
        let row = view.stream(stream).ok()??;
        Some((row.next, row.hash))
    }

    /// The hashes of all sealed entries that are held, of carried ones too.
    pub fn sealed(&self, region: &RegionId) -> BTreeSet<EntryHash> {
        let runs = self.runs(region);
        runs.iter().flat_map(|run| sealed(run)).collect()
    }
}

/// The sealed entries in a row of entries, by the hash of the innermost.
pub fn sealed(entries: &[u8]) -> Vec<EntryHash> {
    let kept = Items::new(entries).filter_map(|item| Kept::from_bytes(item.ok()?).ok());
    kept.filter_map(|kept| innermost(&kept)).collect()
}

/// The hash of the sealed entry that this one is, or carries.
pub fn innermost(kept: &Kept) -> Option<EntryHash> {
    match kept.header().public_kind {
        None => Some(kept.hash()),
        Some(PublicKind::Carried) => {
            let inner = run::carried(kept.whole()?).ok()?;
            inner.header().public_kind.is_none().then(|| inner.hash())
        }
        Some(_) => None,
    }
}

fn answered(call: Call, body: Vec<u8>) -> Reply {
    Reply {
        status: 200,
        content_type: call.answer_type(),
        retry_after: None,
        body,
    }
}

fn refusal(problem: &Problem, retry_after: Option<u32>) -> Reply {
    Reply {
        status: problem.code.status(),
        content_type: "application/problem+json",
        retry_after,
        body: problem.to_json().into_bytes(),
    }
}

/// A relay that has no time: 503, or 429 when a device asked too often.
pub fn busy(which: u64) -> Reply {
    let (code, wait) = if which == 0 {
        (Code::Busy, 5)
    } else {
        (Code::SlowDown, 90)
    };
    refusal(&Problem::new(code), Some(wait))
}
