//! The relay's own core over its store in memory, called as the server calls it; and what goes wrong on the way to it.
//!
//! Not here: rules of a relay. What no honest relay says is in `script`, and in `Fault`.

use super::script::Script;
use super::{ORIGIN, Region};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use veldpost_domain::StreamId;
use veldpost_envelope::canonical::Writer;
use veldpost_envelope::request::{self, Received, SignedHeaders, Watch};
use veldpost_envelope::wire::{
    ActsAsk, BlobAnswer, BlobAsk, Call, Code, Incarnation, Item, ItemKind, Items, Page, Problem,
    PullAsk, SignedBy, WelcomeAsk,
};
use veldpost_envelope::{DevicePublic, Kept, Link, Object, Purpose, RegionId, Roster};
use veldpost_relay::limits::{Buckets, CALLS, Nonces, Volumes};
use veldpost_relay::memory::{MemoryStore, Snapshot};
use veldpost_relay::store::{Purposes, RegionView, RelayStore};
use veldpost_relay::{Caller, Founding, Pushing, RelayError, Settings};
use veldpost_sync::Response;

type Core = veldpost_relay::Relay<MemoryStore>;

/// What goes wrong with the next call of a kind.
pub enum Fault {
    /// It never gets there.
    Lost,
    /// It gets there, its answer does not come back.
    AnswerLost,
    /// A login page answers.
    LoginPage,
    /// Something answers.
    Garbage(u16, &'static str, Vec<u8>),
    /// The relay refuses.
    Refused(Problem, Option<u32>),
}

pub struct Reply {
    pub status: u16,
    pub content_type: &'static str,
    pub retry_after: Option<u32>,
    pub body: Vec<u8>,
}

impl Reply {
    /// This part of it, as sync is told.
    pub fn response<'a>(&self, body: &'a [u8]) -> Response<'a> {
        Response {
            status: self.status,
            content_type: Some(self.content_type),
            retry_after: self.retry_after,
            body,
        }
    }
}

/// A relay that was refused, and why.
struct Refusal(Problem, Option<u32>);

impl From<RelayError> for Refusal {
    fn from(error: RelayError) -> Self {
        Self(error.problem(), error.retry_after())
    }
}

pub struct Relay {
    pub now: i64,
    core: Core,
    store: MemoryStore,
    region: RegionId,
    /// Coordinates everything: sees every item.
    reader: DevicePublic,
    lives: u8,
    /// What its log says.
    pub roster: Roster,
    pub acts: Vec<Vec<u8>>,
    /// How many items a page has at most: a relay may cut pages as it likes.
    pub per_page: usize,
    /// How many entries a push may have before something on the way finds it too large.
    pub most: usize,
    pub faults: VecDeque<(Call, Fault)>,
    /// Every call, with how many items it brought.
    pub calls: Vec<(Call, usize)>,
    pub created: Vec<String>,
    /// Hashes of the entries of each push, whether it got there or not.
    pub sent: Vec<Vec<[u8; 32]>>,
    /// Every refusal that the core itself gave.
    pub refused: Vec<(Call, Code)>,
    /// What a relay hands out that is not honest.
    pub script: Option<Script>,
    volumes: Mutex<Volumes>,
    nonces: Nonces,
    rates: Buckets<DevicePublic>,
}

fn open(store: &MemoryStore, life: u8) -> Core {
    let settings = Settings {
        founding: Founding::Open,
        region_bytes: None,
    };
    Core::open(store.clone(), settings, Incarnation([life; 16])).unwrap()
}

impl Relay {
    pub fn new(region: &Region) -> Self {
        let store = MemoryStore::new();
        let mut relay = Self {
            now: super::NOW,
            core: open(&store, 1),
            store,
            region: region.roster.region(),
            reader: region.ann.signing.public(),
            lives: 1,
            roster: region.roster.clone(),
            acts: region.acts.clone(),
            per_page: usize::MAX,
            most: usize::MAX,
            faults: VecDeque::new(),
            calls: Vec::new(),
            created: Vec::new(),
            sent: Vec::new(),
            refused: Vec::new(),
            script: None,
            volumes: Mutex::default(),
            nonces: Nonces::default(),
            rates: Buckets::new(CALLS),
        };
        relay.offer_acts();
        relay
    }

    /// Another life with nothing in it.
    pub fn emptied(&mut self) {
        self.lives += 1;
        self.store = MemoryStore::new();
        self.core = open(&self.store, self.lives);
    }

    /// The same, and the operator said so.
    pub fn lost(&mut self) {
        self.emptied();
        let life = Incarnation([self.lives; 16]);
        self.core.restored(life, self.now).unwrap();
    }

    /// Another life with what was backed up, some days later.
    pub fn restored(&mut self, backup: Snapshot) {
        self.lives += 1;
        self.store = MemoryStore::from_snapshot(backup);
        self.core = open(&self.store, self.lives);
        let fresh = Incarnation([self.lives; 16]);
        self.core.restored(fresh, self.now).unwrap();
    }

    /// The log is all that is left, and nobody noticed.
    pub fn lost_its_streams(&mut self) {
        self.store = MemoryStore::new();
        self.core = open(&self.store, self.lives);
        self.offer_acts();
    }

    pub fn backup(&self) -> Snapshot {
        self.store.snapshot()
    }

    fn offer_acts(&mut self) {
        let body = ActsAsk {
            region: self.region,
            acts: self.acts.iter().map(Vec::as_slice).collect(),
            founding: None,
        };
        let caller = self.anybody();
        self.core.acts(&caller, &body.to_bytes()).unwrap();
    }

    fn anybody(&self) -> Caller {
        Caller {
            device: Some(self.reader),
            now: self.now,
        }
    }

    /// Appends a coordinator's act to the log.
    pub fn append(&mut self, act: Vec<u8>) {
        self.roster.take(&act).unwrap();
        self.acts.push(act);
        self.offer_acts();
    }

    /// Whether it appends an act of a coordinator's now.
    pub fn would_take(&mut self, act: &[u8]) -> bool {
        let ask = ActsAsk {
            region: self.region,
            acts: vec![act],
            founding: None,
        };
        self.core.acts(&self.anybody(), &ask.to_bytes()).is_ok()
    }

    /// Brings an object that the relay is to take.
    pub fn give(&mut self, object: &Object) {
        let answer = self.core.objects(&object.to_bytes(), self.now).unwrap();
        let answer = veldpost_envelope::wire::ObjectsAnswer::from_bytes(&answer).unwrap();
        assert_eq!(answer.codes, [None]);
    }

    /// From here on pages have what the script says; it begins with what they had.
    pub fn script(&mut self) -> &mut Script {
        if self.script.is_none() {
            let items = self.items_at();
            let view = self.store.view(&self.region).unwrap();
            let position = view.region().unwrap().unwrap().position;
            self.script = Some(Script::new(items, position));
        }
        self.script.as_mut().unwrap()
    }

    pub fn fail(&mut self, call: Call, fault: Fault) {
        self.faults.push_back((call, fault));
    }

    pub fn refuse(&mut self, call: Call, code: Code) {
        self.fail(call, Fault::Refused(Problem::new(code), None));
    }

    /// How many entries the pushes brought.
    pub fn pushes(&self) -> Vec<usize> {
        let pushes = self.calls.iter().filter(|(call, _)| *call == Call::Entries);
        pushes.map(|(_, entries)| *entries).collect()
    }

    pub fn count(&self, call: Call) -> usize {
        self.calls.iter().filter(|(of, _)| *of == call).count()
    }

    /// Every stream, as it is held.
    pub fn streams(&self) -> BTreeMap<StreamId, Vec<Kept>> {
        let view = self.store.view(&self.region).unwrap();
        let all: Purposes = Purpose::ALL.into_iter().collect();
        let rows = view.streams(all, None, usize::MAX).unwrap();
        let held = |stream| {
            let rows = view.entries(stream, 0, u64::MAX).unwrap();
            let entries = rows.iter().map(|row| Kept::from_bytes(&row.bytes).unwrap());
            entries.collect()
        };
        rows.iter()
            .map(|row| (row.stream, held(&row.stream)))
            .collect()
    }

    pub fn held(&self, stream: StreamId) -> Vec<Kept> {
        self.streams().remove(&stream).unwrap_or_default()
    }

    /// How many acts its log has.
    pub fn height(&self) -> Option<u64> {
        let view = self.store.view(&self.region).unwrap();
        Some(view.region().unwrap()?.acts - 1)
    }

    fn items_at(&self) -> Vec<(u64, ItemKind, Vec<u8>)> {
        let ask = PullAsk {
            region: self.region,
            after: 0,
            pages: 32,
            holding: Vec::new(),
        };
        let mut items = Vec::new();
        let Ok(mut pull) = self.core.pull(&self.anybody(), &ask.to_bytes()) else {
            return items;
        };
        while let Some(page) = self.core.next_page(&mut pull, self.now).unwrap() {
            let page = Page::from_bytes(&page).unwrap();
            let of_page = page.items.iter();
            items.extend(of_page.map(|item| (item.position, item.kind, item.value.to_vec())));
        }
        items
    }

    /// What a coordinator of everything may pull.
    pub fn items(&self) -> Vec<(ItemKind, Vec<u8>)> {
        let items = self.items_at().into_iter();
        items.map(|(_, kind, value)| (kind, value)).collect()
    }

    /// A blob, as anybody may ask for it.
    pub fn blob(&self, ask: &BlobAsk) -> Option<Vec<u8>> {
        let answer = self.core.blob(&self.anybody(), &ask.to_bytes()).ok()?;
        Some(BlobAnswer::from_bytes(&answer).unwrap().blob.to_vec())
    }

    /// Whether somebody with that link finds the welcome.
    pub fn has_welcome(&self, link: &Link) -> bool {
        let ask = WelcomeAsk {
            region: link.region,
            invitation: link.invitation,
        };
        self.core.welcome(&self.anybody(), &ask.to_bytes()).is_ok()
    }

    pub fn objects(&self) -> Vec<Object> {
        let items = self.items().into_iter();
        let objects = items.filter(|(kind, _)| *kind == ItemKind::Object);
        objects
            .map(|(_, object)| Object::from_bytes(&object).unwrap())
            .collect()
    }

    pub fn call(
        &mut self,
        call: Call,
        headers: Option<&SignedHeaders>,
        body: &[u8],
    ) -> Option<Reply> {
        let brought = match call {
            Call::Entries | Call::Objects => Items::new(body).count(),
            _ => 0,
        };
        if call == Call::Entries {
            let items =
                Items::new(body).map(|item| Kept::from_bytes(item.unwrap()).unwrap().hash().0);
            self.sent.push(items.collect());
        }
        self.calls.push((call, brought));
        self.created
            .extend(headers.map(|headers| headers.signature_input.clone()));
        let next = self.faults.front().is_some_and(|(of, _)| *of == call);
        let fault = next.then(|| self.faults.pop_front()).flatten();
        match fault.map(|(_, fault)| fault) {
            Some(Fault::Lost) => None,
            Some(Fault::AnswerLost) => {
                self.serve(call, headers, body);
                None
            }
            Some(Fault::LoginPage) => Some(Reply {
                status: 200,
                content_type: "text/html",
                retry_after: None,
                body: b"<html>Log in</html>".to_vec(),
            }),
            Some(Fault::Garbage(status, content_type, body)) => Some(Reply {
                status,
                content_type,
                retry_after: None,
                body,
            }),
            Some(Fault::Refused(problem, retry_after)) => Some(refusal(&problem, retry_after)),
            None if call == Call::Entries && brought > self.most => {
                Some(refusal(&Problem::new(Code::TooLarge), None))
            }
            None => Some(self.serve(call, headers, body)),
        }
    }

    fn serve(&mut self, call: Call, headers: Option<&SignedHeaders>, body: &[u8]) -> Reply {
        match self.answer(call, headers, body) {
            Ok(body) => Reply {
                status: 200,
                content_type: call.answer_type(),
                retry_after: None,
                body,
            },
            Err(Refusal(problem, retry_after)) => {
                self.refused.push((call, problem.code));
                refusal(&problem, retry_after)
            }
        }
    }

    /// As `server/src/letterbox/calls.rs` does it.
    fn answer(
        &mut self,
        call: Call,
        headers: Option<&SignedHeaders>,
        body: &[u8],
    ) -> Result<Vec<u8>, Refusal> {
        if body.len() > call.max_body() {
            return Err(Refusal(Problem::new(Code::TooLarge), None));
        }
        if call == Call::Entries {
            let mut pushing = Pushing::new();
            pushing.feed(body);
            return Ok(self.core.entries(pushing, &self.volumes, self.now)?);
        }
        let device = match call.signed_by() {
            SignedBy::Nobody => None,
            _ => Some(self.caller(call, headers, body)?),
        };
        let caller = Caller {
            device,
            now: self.now,
        };
        let core = &self.core;
        Ok(match call {
            Call::Pull => return self.pull(&caller, body),
            Call::Entries | Call::Objects => core.objects(body, self.now)?,
            Call::Acts => core.acts(&caller, body)?,
            Call::Roster => core.roster(&caller, body)?,
            Call::BlobPut => core.put_blob(&caller, body)?,
            Call::Blob => core.blob(&caller, body)?,
            Call::WelcomePut => core.put_welcome(&caller, body)?,
            Call::Welcome => core.welcome(&caller, body)?,
            Call::Join => core.join(&caller, body)?,
            Call::Heads => core.heads(&caller, body)?,
            Call::Events => return Err(Refusal(Problem::new(Code::NotFound), None)),
        })
    }

    fn caller(
        &mut self,
        call: Call,
        headers: Option<&SignedHeaders>,
        body: &[u8],
    ) -> Result<DevicePublic, Refusal> {
        let received = Received {
            call,
            authority: &request::authority(ORIGIN).unwrap(),
            body,
            content_digest: headers.map(|headers| headers.content_digest.as_str()),
            signature_input: headers.map(|headers| headers.signature_input.as_str()),
            signature: headers.map(|headers| headers.signature.as_str()),
        };
        let watch = Watch {
            authorities: &["relay.example"],
            now: self.now,
            started: 0,
        };
        let signed = request::verify(&received, &watch).map_err(|problem| {
            let now = match problem {
                request::RequestProblem::Clock { now } => Some(now),
                _ => None,
            };
            let problem = Problem::new(problem.code());
            Refusal(Problem { now, ..problem }, None)
        })?;
        if !self.nonces.is_new(&signed, self.now) {
            return Err(Refusal(Problem::new(Code::Nonce), None));
        }
        let slow = |wait| Refusal(Problem::new(Code::SlowDown), Some(wait));
        self.rates.take(signed.key, 1, self.now).map_err(slow)?;
        Ok(signed.key)
    }

    fn pull(&self, caller: &Caller, body: &[u8]) -> Result<Vec<u8>, Refusal> {
        let ask = PullAsk::from_bytes(body).unwrap();
        let mut pull = self.core.pull(caller, body)?;
        let mut pages = Vec::new();
        while let Some(page) = self.core.next_page(&mut pull, self.now)? {
            let page = Page::from_bytes(&page).unwrap();
            match &self.script {
                Some(script) => return Ok(script.answer(&page, &ask, self.per_page)),
                None => recut(&page, self.per_page, &mut pages),
            }
        }
        Ok(pages)
    }
}

/// A page as several smaller ones.
pub fn recut(page: &Page<'_>, most: usize, out: &mut Vec<u8>) {
    let mut parts: Vec<&[Item<'_>]> = page.items.chunks(most.min(10_000)).collect();
    if parts.is_empty() {
        parts.push(&[]);
    }
    let number = parts.len();
    for (index, items) in parts.into_iter().enumerate() {
        let last = items.last().filter(|_| index + 1 < number);
        let part = Page {
            upto: last.map_or(page.upto, |item| item.position),
            items: items.to_vec(),
            own: page.own.clone(),
            ..*page
        };
        let mut framed = Writer::default();
        framed.bytes(&part.to_bytes());
        out.extend(framed.finish());
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
