//! A worker's and a coordinator's post as they ship, driven by a benchmark: the machine of `veldpost-sync` on IndexedDB and
//! `fetch`, and a coordinator's judging.
//!
//! Not here: keys that matter. Both pages draw the same region from one seed, so that nothing has to pass between them.

use crate::outside::{Browser, clock};
use crate::{Answer, COUNT_DATE, records, refused};
use core::cell::{Cell, RefCell};
use js_sys::{Object, Promise, Reflect, Uint8Array};
use std::collections::VecDeque;
use veldpost_domain::{CampaignId, Date, Scope, Tables};
use veldpost_envelope::genesis::{GenesisInput, RegionForm, Role, RosterDevice, create};
use veldpost_envelope::keys::{EpochPublic, LocalKey, LocalVaultKey};
use veldpost_envelope::payload::encode_operation;
use veldpost_envelope::stream::StreamContext;
use veldpost_envelope::wire::{ActsAsk, Call};
use veldpost_envelope::{
    ContentKey, DeviceEncryptionKey, DeviceSigningKey, Entry, EpochSecret, Genesis, Purpose,
    RandomBytes, Roster, StreamWriter, content_key, random, request,
};
use veldpost_journal::{Outside as _, open_counted, open_tables, seal_counted, seal_tables};
use veldpost_seeded::Seeded;
use veldpost_store::indexed_db::IndexedDbStore;
use veldpost_store::{Batch, Row, Shelf, Store};
use veldpost_sync::authority::{Ahead, Evaluation, Knowledge, evaluate_with};
use veldpost_sync::rows::{OriginalRow, RunRow, StreamRow, run_key};
use veldpost_sync::{Counted, Device, Effect, Event, Response, Start, Wake};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;

const CAMPAIGN: CampaignId = CampaignId(crate::CAMPAIGN);
/// Rows of one transaction, and records under one content key.
const ROWS: usize = 500;
/// Any moment after which the region was founded.
const FOUNDED: i64 = 1_760_000_000_000;

/// The browser's generator, as the machine wants it.
struct Rng;

impl RandomBytes for Rng {
    fn fill(&mut self, bytes: &mut [u8]) {
        Browser.random(bytes);
    }
}

/// One coordinator, one worker.
struct Region {
    coordinator: DeviceSigningKey,
    worker: DeviceSigningKey,
    genesis: Vec<u8>,
    roster: Roster,
    epochs: Vec<EpochSecret>,
}

impl Region {
    fn new() -> Answer<Self> {
        let rng = &mut Seeded(1);
        let mut device = |roles: Vec<Role>| {
            let key = DeviceSigningKey::generate(rng);
            let listed = RosterDevice {
                signing: key.public(),
                encryption: DeviceEncryptionKey::generate(rng).public(),
                roles,
            };
            (key, listed)
        };
        let (coordinator, first) = device(Purpose::ALL.map(Role::Coordinator).into());
        let (worker, second) = device(vec![Role::Counter]);
        let input = GenesisInput {
            at: FOUNDED,
            form: RegionForm::Shared,
            devices: &[first, second],
        };
        let created = create(&input, rng).map_err(refused)?;
        let genesis = Genesis::verify(&created.act).map_err(refused)?;
        Ok(Self {
            coordinator,
            worker,
            roster: Roster::new(&genesis),
            genesis: created.act,
            epochs: created.epochs,
        })
    }
}

/// A device and its disk.
#[wasm_bindgen]
pub struct Post {
    region: Region,
    store: IndexedDbStore,
    device: RefCell<Device>,
    /// What was read while it was written.
    ahead: RefCell<Ahead>,
    origin: String,
    coordinates: bool,
    calls: Cell<u64>,
    judging: Cell<f64>,
    tables: Cell<f64>,
}

/// Opens the post of this name: the worker's, or the coordinator's.
#[wasm_bindgen]
pub async fn open_post(name: String, origin: String, coordinates: bool) -> Answer<Post> {
    let region = Region::new()?;
    let store = IndexedDbStore::open(&name).await.map_err(refused)?;
    store.claim().await.map_err(refused)?;
    let device = device(&region, &store, &origin, coordinates).await?;
    let streams = store.read_all(Shelf::Streams).await.map_err(refused)?;
    Ok(Post {
        region,
        store,
        device: RefCell::new(device),
        ahead: RefCell::default(),
        origin,
        coordinates,
        // Behind those that are on the disk: each call writes another stream.
        calls: Cell::new(100 + streams.len() as u64),
        judging: Cell::new(0.0),
        tables: Cell::new(0.0),
    })
}

async fn device(
    region: &Region,
    store: &IndexedDbStore,
    origin: &str,
    coordinates: bool,
) -> Answer<Device> {
    let mut rows = Vec::new();
    for shelf in [
        Shelf::Outbox,
        Shelf::Streams,
        Shelf::Objects,
        Shelf::Originals,
        Shelf::Aside,
    ] {
        rows.push(store.read_all(shelf).await.map_err(refused)?);
    }
    let [outbox, streams, objects, originals, aside] =
        <[Vec<Row>; 5]>::try_from(rows).map_err(|_| refused("rows"))?;
    let key = if coordinates {
        &region.coordinator
    } else {
        &region.worker
    };
    let started = Device::open(Start {
        key: DeviceSigningKey::from_seed(&key.seed()),
        local: LocalKey::generate(&mut Seeded(2)),
        origin,
        roster: region.roster.clone(),
        acts: vec![region.genesis.clone()],
        relay: store.read(Shelf::Meta, b"relay").await.map_err(refused)?,
        outbox: &outbox,
        streams: &streams,
        objects: &objects,
        originals: &originals,
        aside: &aside,
        blobs: &[],
        writing: &[],
    });
    started.ok_or_else(|| refused("no such origin"))
}

/// What a worker wrote: rows of one commit each.
struct Written {
    first: u64,
    entries: Vec<u8>,
}

#[wasm_bindgen]
impl Post {
    /// Seals records, each a commit with its own signature, and keeps them: as what waits at a worker, as what was
    /// received at a coordinator.
    pub async fn keep(&self, packed: String) -> Answer<()> {
        // Each time another stream.
        let rng = &mut Seeded(3 + self.calls.replace(self.calls.get() + 1));
        let key = &self.region.worker;
        let context = StreamContext {
            region: self.region.roster.region(),
            purpose: Purpose::Count,
            epoch: 1,
            roster_head: self.region.roster.head(),
            seen: None,
        };
        let (mut writer, opening) = StreamWriter::open(context, key, None, None, rng);
        let stream = writer.state().stream;
        let mut before = vec![opening];
        let mut content: Option<ContentKey> = None;
        let mut written: Vec<Written> = Vec::new();
        let now = Browser.now();
        for (number, operation) in records::operations(&packed, CAMPAIGN, now).enumerate() {
            if number % ROWS == 0 {
                let fresh = ContentKey::generate(rng);
                let epoch = self.region.roster.epoch(Purpose::Count);
                let epoch = epoch.ok_or_else(|| refused("no epoch"))?.key;
                let handed_out = writer.content_key(&fresh, &[epoch], rng);
                before.push(handed_out.map_err(refused)?);
                content = Some(fresh);
                self.write(stream, &mut written).await?;
            }
            let content = content.as_ref().ok_or_else(|| refused("no content key"))?;
            let sealed = writer.seal(content, &encode_operation(&operation), rng);
            let mut sealed = sealed.map_err(refused)?;
            sealed.sign(key);
            let first = before.first().unwrap_or(&sealed).header().seq;
            before.push(sealed);
            written.push(Written {
                first,
                entries: before
                    .drain(..)
                    .flat_map(|entry: Entry| entry.to_bytes())
                    .collect(),
            });
        }
        self.write(stream, &mut written).await?;
        if self.coordinates {
            let state = writer.state();
            let held = StreamRow {
                device: key.public(),
                purpose: Purpose::Count,
                next: state.next_seq,
                hash: state.prev_hash,
                relay_next: state.next_seq,
                relay_hash: Some(state.prev_hash),
                freed: 0,
                freed_hash: None,
            };
            let row = Batch::new().put(Shelf::Streams, stream.0.to_vec(), held.to_bytes());
            self.store.commit(row).await.map_err(refused)?;
        }
        let again = device(&self.region, &self.store, &self.origin, self.coordinates).await?;
        *self.device.borrow_mut() = again;
        Ok(())
    }

    async fn write(
        &self,
        stream: veldpost_domain::StreamId,
        written: &mut Vec<Written>,
    ) -> Answer<()> {
        let mut batch = Batch::new();
        for Written { first, entries } in written.drain(..) {
            let key = run_key(stream, first);
            batch = if self.coordinates {
                let row = OriginalRow {
                    at: FOUNDED,
                    entries,
                };
                batch.put(Shelf::Originals, key, row.to_bytes())
            } else {
                let address = Some([&self.origin, Call::Entries.path()].concat());
                let row = RunRow { address, entries };
                batch.put(Shelf::Outbox, key, row.to_bytes())
            };
        }
        self.store.commit(batch).await.map_err(refused)
    }

    /// Founds the region at the relay and sends all that waits. How much still waits.
    pub async fn send(&self) -> Answer<usize> {
        let acts = ActsAsk {
            region: self.region.roster.region(),
            acts: vec![&self.region.genesis],
            founding: None,
        };
        let (body, authority) = (acts.to_bytes(), request::authority(&self.origin));
        let authority = authority.ok_or_else(|| refused("no such origin"))?;
        let headers = request::sign(
            Call::Acts,
            &authority,
            &body,
            request::created_at(Browser.now()),
            &random::array(&mut Rng),
            &self.region.coordinator,
        );
        let address = [&self.origin, Call::Acts.path()].concat();
        answer(ask(&address, &headers.pairs(), &body)?).await?;
        self.wake().await?;
        Ok(self.device.borrow().summary().kept)
    }

    /// Pulls all that is new, verifies, stores, opens and judges it, and confirms it. How many records count.
    pub async fn pull(&self) -> Answer<usize> {
        self.wake().await?;
        let evaluation = self.judge(&mut self.ahead.borrow_mut());
        let counting = evaluation.records.len();
        let confirmed = {
            let mut device = self.device.borrow_mut();
            device.confirm(Purpose::Count, &evaluation, Browser.now(), &mut Rng)
        };
        self.work(confirmed).await?;
        Ok(counting)
    }

    /// What an unlock does once the key is there, then Tables 1 and 2, and one municipality by category:
    /// `[records, forms in the tables, matched, category, number, …]`.
    pub fn load(&self, municipality: &str) -> Answer<js_sys::Array> {
        let begun = clock();
        let evaluation = self.judge(&mut Ahead::default());
        self.judging.set(clock() - begun);
        let begun = clock();
        let records = &evaluation.records;
        let tables = Tables::compute(records.iter(), &scope()?);
        let (matched, categories) = records::count(records.iter(), municipality);
        let out = js_sys::Array::new();
        for number in [records.len(), tables.forms as usize, matched] {
            out.push(&JsValue::from_f64(number as f64));
        }
        for (category, number) in categories {
            out.push(&category.into());
            out.push(&number.into());
        }
        self.tables.set(clock() - begun);
        Ok(out)
    }

    /// Judges and keeps what it came to, as the app does after each judging.
    pub async fn keep_tables(&self) -> Answer<()> {
        let evaluation = self.judge(&mut Ahead::default());
        let (scope, basis) = (scope()?, self.basis());
        let counted =
            self.device
                .borrow()
                .counted(Purpose::Count, &self.epochs(), &evaluation, &scope);
        let tables = seal_tables(&vault(), &[&basis], &counted.tables(&scope), &mut Rng);
        let counted = seal_counted(&vault(), &[], &counted.to_bytes(), &mut Rng);
        let batch = Batch::new()
            .put(Shelf::Meta, "tables", tables.map_err(refused)?)
            .put(Shelf::Meta, "counted", counted.map_err(refused)?);
        self.store.commit(batch).await.map_err(refused)
    }

    /// What an unlock does first, when nothing came since: the tables that were kept. How many forms are in them.
    pub async fn kept_tables(&self) -> Answer<u32> {
        let tables = open_tables(&vault(), &[&self.basis()], &self.row(b"tables").await?);
        let tables = tables.ok_or_else(|| refused("they hang on something else"))?;
        Ok(tables.forms)
    }

    /// What an unlock does first, when something came since: the tables by what each record added, with what came. How
    /// many forms are in them.
    pub async fn tables_since(&self) -> Answer<u32> {
        let counted = open_counted(&vault(), &[], &self.row(b"counted").await?);
        let counted = counted.ok_or_else(|| refused("it does not open"))?;
        let counted = Counted::from_bytes(&counted).map_err(refused)?;
        let device = self.device.borrow();
        let open = |entry: &Entry| self.open(entry);
        let tables =
            device.tables_since(&counted, Purpose::Count, &self.epochs(), &open, &scope()?);
        Ok(tables.ok_or_else(|| refused("all is to be read"))?.forms)
    }

    async fn row(&self, key: &[u8]) -> Answer<Vec<u8>> {
        let row = self.store.read(Shelf::Meta, key).await.map_err(refused)?;
        row.ok_or_else(|| refused("none was kept"))
    }

    fn epochs(&self) -> Vec<EpochPublic> {
        self.region.epochs.iter().map(EpochSecret::public).collect()
    }

    fn open(&self, entry: &Entry) -> Option<ContentKey> {
        let mut epochs = self.region.epochs.iter();
        epochs.find_map(|epoch| content_key::open_as_epoch(entry, epoch).ok())
    }

    fn basis(&self) -> [u8; 32] {
        self.device.borrow().basis(Purpose::Count, &self.epochs())
    }

    /// How long the last [`Post::load`] took: judging, then tables; milliseconds.
    pub fn parts(&self) -> js_sys::Array {
        js_sys::Array::of2(&self.judging.get().into(), &self.tables.get().into())
    }

    fn judge(&self, ahead: &mut Ahead) -> Evaluation {
        let device = self.device.borrow();
        let knowledge = Knowledge {
            purpose: Purpose::Count,
            entries: &device.entries(Purpose::Count),
            roster: device.roster(),
            checkpoint: &|hash| device.heads_of(hash),
            open: &|entry| self.open(entry),
        };
        evaluate_with(&knowledge, ahead)
    }

    /// What the app does at a coordinator that is unlocked, while what came is written.
    fn read_ahead(&self) {
        if self.coordinates {
            let mut ahead = self.ahead.borrow_mut();
            let device = self.device.borrow();
            device.read_ahead(Purpose::Count, &mut ahead, &|entry| self.open(entry));
        }
    }

    async fn wake(&self) -> Answer<()> {
        let effects = self.handle(Event::Wake(Wake::Opened));
        self.work(effects).await
    }

    fn handle(&self, event: Event<'_>) -> Vec<Effect> {
        let mut device = self.device.borrow_mut();
        device.handle(event, Browser.now(), &mut Rng)
    }

    /// Carries effects out until nothing follows from them; a call is under way while what follows it is carried out.
    async fn work(&self, effects: Vec<Effect>) -> Answer<()> {
        let mut effects = VecDeque::from(effects);
        let mut calls: VecDeque<(u64, Call, Promise)> = VecDeque::new();
        let mut coming: Option<(u64, Coming)> = None;
        loop {
            let Some(effect) = effects.pop_front() else {
                if let Some((call, pages)) = &coming {
                    let (call, part) = (*call, pages.part().await?);
                    let body = part.as_deref().unwrap_or_default();
                    let response = pages.response(body);
                    let event = match part {
                        Some(_) => Event::Coming { call, response },
                        None => Event::Answered { call, response },
                    };
                    effects.extend(self.handle(event));
                    coming = coming.filter(|_| part.is_some());
                    continue;
                }
                let Some((call, path, asked)) = calls.pop_front() else {
                    return Ok(());
                };
                if path == Call::Pull {
                    coming = Some((call, Coming::of(asked).await?));
                    continue;
                }
                let (status, kind, body) = answer(asked).await?;
                let response = Response {
                    status,
                    content_type: kind.as_deref(),
                    retry_after: None,
                    body: &body,
                };
                effects.extend(self.handle(Event::Answered { call, response }));
                continue;
            };
            match effect {
                Effect::Send {
                    call,
                    path,
                    headers,
                    body,
                } => {
                    let address = [&self.origin, path.path()].concat();
                    let pairs = headers.as_ref().map(|headers| headers.pairs());
                    let pairs = pairs.as_ref().map_or(&[][..], |pairs| &pairs[..]);
                    calls.push_back((call, path, ask(&address, pairs, &body)?));
                }
                Effect::Commit { commit, batch, .. } => {
                    let mut writing = std::pin::pin!(self.store.commit(batch));
                    let mut begun = false;
                    let written = std::future::poll_fn(|context| {
                        let written = writing.as_mut().poll(context);
                        if !std::mem::replace(&mut begun, true) {
                            effects.extend(self.handle(Event::Writing));
                            self.read_ahead();
                        }
                        written
                    });
                    written.await.map_err(refused)?;
                    effects.extend(self.handle(Event::Committed { commit }));
                }
                _ => {}
            }
        }
    }
}

/// An answer whose pages are taken as they come, as the app does.
struct Coming {
    status: u16,
    kind: Option<String>,
    reader: web_sys::ReadableStreamDefaultReader,
}

impl Coming {
    async fn of(asked: Promise) -> Answer<Self> {
        let response: web_sys::Response = JsFuture::from(asked).await?.dyn_into()?;
        let body = response.body().ok_or_else(|| refused("no body"))?;
        Ok(Self {
            status: response.status(),
            kind: response.headers().get("content-type")?,
            reader: body.get_reader().dyn_into()?,
        })
    }

    /// None behind the last.
    async fn part(&self) -> Answer<Option<Vec<u8>>> {
        let next = JsFuture::from(self.reader.read()).await?;
        let part = Reflect::get(&next, &"value".into())?;
        Ok(part.dyn_into::<Uint8Array>().ok().map(|part| part.to_vec()))
    }

    fn response<'a>(&'a self, body: &'a [u8]) -> Response<'a> {
        Response {
            status: self.status,
            content_type: self.kind.as_deref(),
            retry_after: None,
            body,
        }
    }
}

/// The one count.
fn scope() -> Answer<Scope> {
    Ok(Scope {
        campaign: Some(CAMPAIGN),
        count_date: Date::parse(COUNT_DATE).ok_or_else(|| refused("no such date"))?,
    })
}

/// The same in each page.
fn vault() -> LocalVaultKey {
    LocalVaultKey::generate(&mut Seeded(4))
}

fn ask(address: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer<Promise> {
    let (options, named) = (Object::new(), Object::new());
    for (name, value) in headers {
        Reflect::set(&named, &(*name).into(), &(*value).into())?;
    }
    Reflect::set(&options, &"method".into(), &"POST".into())?;
    Reflect::set(&options, &"headers".into(), &named)?;
    let sent = js_sys::Array::of1(&Uint8Array::from(body));
    let sent = web_sys::Blob::new_with_u8_array_sequence(&sent)?;
    Reflect::set(&options, &"body".into(), &sent)?;
    let window = web_sys::window().ok_or_else(|| refused("no window"))?;
    Ok(window.fetch_with_str_and_init(address, options.unchecked_ref()))
}

async fn answer(asked: Promise) -> Answer<(u16, Option<String>, Vec<u8>)> {
    let response: web_sys::Response = JsFuture::from(asked).await?.dyn_into()?;
    let body: Promise = response.array_buffer()?;
    let body = Uint8Array::new(&JsFuture::from(body).await?).to_vec();
    let kind = response.headers().get("content-type")?;
    Ok((response.status(), kind, body))
}
