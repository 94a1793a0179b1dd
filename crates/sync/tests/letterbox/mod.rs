//! The relay's own core behind a signed call, as a server would put it: signature, clock, nonces, then the core.
//!
//! Not here: HTTP, and what goes on in a region (see `people`).
#![allow(dead_code, reason = "each test file uses a part of it")]

pub mod desk;
pub mod people;

use std::collections::VecDeque;
use veldpost_envelope::request::{Received, RequestProblem, SignedHeaders, Watch, verify};
use veldpost_envelope::wire::{Call, Code, Incarnation, Problem, SignedBy};
use veldpost_relay::limits::{Nonces, Unlimited};
use veldpost_relay::memory::MemoryStore;
use veldpost_relay::{Caller, Founding, Pushing, Relay, RelayError, Settings};

pub const NOW: i64 = 1_794_600_000_000;
pub const HOUR: i64 = 3_600_000;
pub const DAY: i64 = 24 * HOUR;
pub const ORIGIN: &str = "https://relay.example";

/// What goes wrong with the next call of a kind.
pub enum Fault {
    /// It never gets there.
    Lost,
    /// It gets there, its answer does not come back.
    AnswerLost,
    /// Something else answers.
    Else(u16, &'static str, Vec<u8>),
    /// It is refused before it gets there.
    Refused(Code, Option<u32>),
}

impl Fault {
    pub fn login_page() -> Self {
        Self::Else(200, "text/html", b"<html>Log in</html>".to_vec())
    }

    pub fn garbage() -> Self {
        Self::Else(200, "application/cbor", b"\xff\x00garbage".to_vec())
    }
}

/// What came back.
pub struct Reply {
    pub status: u16,
    pub content_type: String,
    pub retry_after: Option<u32>,
    pub body: Vec<u8>,
}

/// A relay, its clock, and what goes wrong on the way to it.
pub struct Letterbox {
    pub relay: Relay<MemoryStore>,
    pub now: i64,
    pub faults: VecDeque<(Call, Fault)>,
    /// Every call that was made, whether it got there or not.
    pub calls: Vec<Call>,
    /// The body of every call that brought acts.
    pub acts: Vec<Vec<u8>>,
    nonces: Nonces,
}

impl Letterbox {
    pub fn new(founding: Founding) -> Self {
        let settings = Settings {
            founding,
            region_bytes: None,
        };
        let relay = Relay::open(MemoryStore::new(), settings, Incarnation([1; 16]));
        Self {
            relay: relay.unwrap(),
            now: NOW,
            faults: VecDeque::new(),
            calls: Vec::new(),
            acts: Vec::new(),
            nonces: Nonces::default(),
        }
    }

    pub fn fail(&mut self, call: Call, fault: Fault) {
        self.faults.push_back((call, fault));
    }

    pub fn count(&self, call: Call) -> usize {
        self.calls.iter().filter(|made| **made == call).count()
    }

    /// One call; none when no answer comes back.
    pub fn call(
        &mut self,
        call: Call,
        headers: Option<&SignedHeaders>,
        body: &[u8],
    ) -> Option<Reply> {
        self.calls.push(call);
        if call == Call::Acts {
            self.acts.push(body.to_vec());
        }
        let at = self.faults.iter().position(|(of, _)| *of == call);
        let fault = at.and_then(|at| self.faults.remove(at));
        match fault.map(|(_, fault)| fault) {
            None => Some(self.serve(call, headers, body)),
            Some(Fault::Lost) => None,
            Some(Fault::AnswerLost) => {
                self.serve(call, headers, body);
                None
            }
            Some(Fault::Else(status, content_type, body)) => Some(Reply {
                status,
                content_type: content_type.to_owned(),
                retry_after: None,
                body,
            }),
            Some(Fault::Refused(code, wait)) => Some(refusal(&Problem::new(code), wait)),
        }
    }

    fn serve(&mut self, call: Call, headers: Option<&SignedHeaders>, body: &[u8]) -> Reply {
        assert!(body.len() <= call.max_body());
        let caller = match self.caller(call, headers, body) {
            Ok(caller) => caller,
            Err(problem) => return refusal(&problem, None),
        };
        match self.answer(call, &caller, body) {
            Ok(body) => Reply {
                status: 200,
                content_type: format!("{}; charset=binary", call.answer_type()),
                retry_after: None,
                body,
            },
            Err(error) => refusal(&error.problem(), error.retry_after()),
        }
    }

    fn caller(
        &mut self,
        call: Call,
        headers: Option<&SignedHeaders>,
        body: &[u8],
    ) -> Result<Caller, Problem> {
        let now = self.now;
        if call.signed_by() == SignedBy::Nobody {
            return Ok(Caller { device: None, now });
        }
        let received = Received {
            call,
            authority: "relay.example",
            body,
            content_digest: headers.map(|headers| headers.content_digest.as_str()),
            signature_input: headers.map(|headers| headers.signature_input.as_str()),
            signature: headers.map(|headers| headers.signature.as_str()),
        };
        let watch = Watch {
            authorities: &["relay.example"],
            now,
            started: 0,
        };
        let signed = verify(&received, &watch).map_err(|problem| Problem {
            now: match problem {
                RequestProblem::Clock { now } => Some(now),
                _ => None,
            },
            ..Problem::new(problem.code())
        })?;
        if !self.nonces.is_new(&signed, now) {
            return Err(Problem::new(Code::Nonce));
        }
        Ok(Caller {
            device: Some(signed.key),
            now,
        })
    }

    fn answer(&self, call: Call, caller: &Caller, body: &[u8]) -> Result<Vec<u8>, RelayError> {
        let relay = &self.relay;
        match call {
            Call::Entries => {
                let mut pushing = Pushing::new();
                pushing.feed(body);
                relay.entries(pushing, &Unlimited, self.now)
            }
            Call::Objects => relay.objects(body, self.now),
            Call::Acts => relay.acts(caller, body),
            Call::Roster => relay.roster(caller, body),
            Call::BlobPut => relay.put_blob(caller, body),
            Call::Blob => relay.blob(caller, body),
            Call::WelcomePut => relay.put_welcome(caller, body),
            Call::Welcome => relay.welcome(caller, body),
            Call::Join => relay.join(caller, body),
            Call::Heads => relay.heads(caller, body),
            Call::Events => Err(RelayError::NotReady),
            Call::Pull => {
                let mut pull = relay.pull(caller, body)?;
                let mut pages = veldpost_envelope::canonical::Writer::default();
                while let Some(page) = relay.next_page(&mut pull, self.now)? {
                    pages.bytes(&page);
                }
                Ok(pages.finish())
            }
        }
    }
}

fn refusal(problem: &Problem, retry_after: Option<u32>) -> Reply {
    Reply {
        status: problem.code.status(),
        content_type: "application/problem+json".to_owned(),
        retry_after,
        body: problem.to_json().into_bytes(),
    }
}
