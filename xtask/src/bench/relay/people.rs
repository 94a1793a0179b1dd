//! A made-up region, its devices, and a benchmark's records as these devices seal them.
//!
//! Deliberately not here: keys that matter. Everything is drawn from a seed.

use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use serde_json::{Map, Value};
use veldpost_domain::{
    Act, Answers, CampaignId, Context as Recorded, FormVersion, Hlc, Operation, OperationId,
    RecordId, RecordKind,
};
use veldpost_envelope::act::{Act as RosterAct, Release};
use veldpost_envelope::content_key::ContentKeyUse;
use veldpost_envelope::genesis::{GenesisInput, RegionForm, Role, RosterDevice, create};
use veldpost_envelope::request::{SignedHeaders, created_at, sign};
use veldpost_envelope::roster::Admission;
use veldpost_envelope::stream::StreamContext;
use veldpost_envelope::wire::{ActsAsk, Call, EventsAsk, Filling};
use veldpost_envelope::{
    ContentKey, DeviceEncryptionKey, DeviceSigningKey, Entry, Genesis, Purpose, RandomBytes as _,
    RegionId, Roster, StreamWriter, payload,
};
use veldpost_seeded::Seeded;

use crate::shell::capture;

const DAY: i64 = 24 * 60 * 60 * 1000;
/// Devices of a genesis at most, and of one act.
const FIRST: usize = 32;
const MORE: usize = 128;

struct Device {
    signing: DeviceSigningKey,
    encryption: DeviceEncryptionKey,
}

impl Device {
    fn with(&self, roles: &[Role]) -> RosterDevice {
        RosterDevice {
            signing: self.signing.public(),
            encryption: self.encryption.public(),
            roles: roles.to_vec(),
        }
    }
}

/// A region of nearly three hundred devices; the first is its founder's.
pub struct Region {
    id: RegionId,
    roster: Roster,
    acts: Vec<Vec<u8>>,
    devices: Vec<Device>,
}

impl Region {
    pub fn new() -> Result<Self> {
        let rng = &mut Seeded(1);
        let devices = (0..FIRST + 2 * MORE).map(|_| Device {
            signing: DeviceSigningKey::generate(rng),
            encryption: DeviceEncryptionKey::generate(rng),
        });
        let devices: Vec<Device> = devices.collect();
        let founder = devices.first().context("no device")?;
        let coordinates = Purpose::ALL.map(Role::Coordinator);
        let listed = devices
            .iter()
            .take(FIRST)
            .enumerate()
            .map(|(n, device)| match n {
                0 => device.with(&coordinates),
                _ => device.with(&[Role::Counter]),
            });
        let listed: Vec<RosterDevice> = listed.collect();
        let input = GenesisInput {
            at: now() - DAY,
            form: RegionForm::Shared,
            devices: &listed,
        };
        let act = create(&input, rng)?.act;
        let known = Genesis::verify(&act)?;
        let (mut roster, mut acts) = (Roster::new(&known), vec![act]);
        for more in devices.get(FIRST..).unwrap_or_default().chunks(MORE) {
            let admitted = more.iter().map(|device| Admission {
                device: device.with(&[Role::Counter]),
                invitation: None,
                join: None,
                words: true,
            });
            let opened = roster.open_all(&founder.encryption);
            let next = roster.next(&founder.signing, now() - DAY);
            let act = next.device_add(&admitted.collect::<Vec<_>>(), &opened)?;
            roster.take(&act)?;
            acts.push(act);
        }
        Ok(Self {
            id: known.region,
            roster,
            acts,
            devices,
        })
    }

    /// The call that founds it, and its headers.
    pub fn founding(&self, authority: &str) -> Result<(Vec<u8>, SignedHeaders)> {
        let ask = ActsAsk {
            region: self.id,
            acts: self.acts.iter().map(Vec::as_slice).collect(),
            founding: None,
        };
        self.signed(Call::Acts, authority, 0, ask.to_bytes())
    }

    /// A call that adds to the roster, so that every device has news; and its headers.
    pub fn news(&self, authority: &str) -> Result<(Vec<u8>, SignedHeaders)> {
        let founder = self.devices.first().context("no device")?;
        let release = RosterAct::Release(Release {
            version: String::from("1"),
            manifest: [1; 32],
        });
        let act = self.roster.next(&founder.signing, now()).sign(&release)?;
        let ask = ActsAsk {
            region: self.id,
            acts: vec![&act],
            founding: None,
        };
        self.signed(Call::Acts, authority, 0, ask.to_bytes())
    }

    /// The call that opens an event stream, and its headers.
    pub fn listening(&self, device: usize, authority: &str) -> Result<(Vec<u8>, SignedHeaders)> {
        let ask = EventsAsk { region: self.id };
        self.signed(Call::Events, authority, device, ask.to_bytes())
    }

    fn signed(
        &self,
        call: Call,
        authority: &str,
        device: usize,
        body: Vec<u8>,
    ) -> Result<(Vec<u8>, SignedHeaders)> {
        let device = self.devices.get(device).context("no such device")?;
        // Another one each time: it is made of the moment.
        let moment = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
        let nonce = moment.to_le_bytes();
        let headers = sign(
            call,
            authority,
            &body,
            created_at(now()),
            &nonce,
            &device.signing,
        );
        Ok((body, headers))
    }
}

/// Milliseconds since 1970.
fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// A device that records. Each record is a save of its own, as at a form's end: one entry, signed.
pub struct Sender<'r> {
    region: &'r Region,
    device: &'r Device,
    writer: StreamWriter,
    /// The stream's own first entry, until it is sent.
    opening: Option<Entry>,
    key: Option<(ContentKey, ContentKeyUse)>,
    hlc: Hlc,
    rng: Seeded,
}

impl<'r> Sender<'r> {
    pub fn new(region: &'r Region, device: usize) -> Result<Self> {
        let mut rng = Seeded(1_000 + u64::try_from(device)?);
        let device = region.devices.get(device).context("no such device")?;
        let context = StreamContext {
            region: region.id,
            purpose: Purpose::Count,
            epoch: 1,
            roster_head: region.roster.head(),
            seen: None,
        };
        let (writer, opening) = StreamWriter::open(context, &device.signing, None, None, &mut rng);
        Ok(Self {
            region,
            device,
            writer,
            opening: Some(opening),
            key: None,
            hlc: Hlc::default(),
            rng,
        })
    }

    /// Seals a record: its entry, before it a content key where one is needed, before that the stream's first entry.
    pub fn record(&mut self, line: &str) -> Result<Vec<Entry>> {
        let mut entries: Vec<Entry> = self.opening.take().into_iter().collect();
        let usable = self.key.take().filter(|(_, used)| used.may_seal(now()));
        let (key, mut used) = match usable {
            Some(known) => known,
            None => {
                let (known, entry) = self.fresh_key()?;
                entries.push(entry);
                known
            }
        };
        self.hlc = self.hlc.tick(now());
        let mut id = [0; 16];
        self.rng.fill(&mut id);
        let operation = operation(line, OperationId(id), self.hlc)?;
        let sealed = payload::encode_operation(&operation);
        let mut entry = self.writer.seal(&key, &sealed, &mut self.rng)?;
        entry.sign(&self.device.signing);
        used.sealed += 1;
        self.key = Some((key, used));
        entries.push(entry);
        Ok(entries)
    }

    fn fresh_key(&mut self) -> Result<((ContentKey, ContentKeyUse), Entry)> {
        let key = ContentKey::generate(&mut self.rng);
        let epoch = self.region.roster.epoch(Purpose::Count);
        let region = epoch.context("no epoch")?.key;
        let own = self.device.encryption.public();
        let entry = self
            .writer
            .content_key(&key, &[own, region], &mut self.rng)?;
        let used = ContentKeyUse {
            made_at: now(),
            sealed: 0,
        };
        Ok(((key, used), entry))
    }
}

fn operation(line: &str, id: OperationId, hlc: Hlc) -> Result<Operation> {
    let fields: Map<String, Value> = serde_json::from_str(line)?;
    let record = fields
        .get("id")
        .and_then(Value::as_str)
        .context("a record without an id")?;
    let record: RecordId = record
        .replace('-', "")
        .parse()
        .ok()
        .context("an id of another form")?;
    let answered = fields.iter().filter(|(name, _)| *name != "id");
    let answered = answered.map(|(name, value)| (name.as_str(), as_answered(value)));
    // A question without an answer has none.
    let answered: Vec<_> = answered.filter(|(_, value)| !value.is_empty()).collect();
    let answers: Answers = answered
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let context = Recorded {
        campaign: CampaignId([8; 16]),
        at: now(),
        round: None,
        organisation: None,
        crew: None,
        area: None,
        form: Some(FormVersion {
            id: String::from("ethos-count"),
            version: String::from("1"),
        }),
        promoted_from: None,
        from_solo: false,
    };
    Ok(Operation {
        kind: RecordKind::Person,
        record,
        id,
        hlc,
        act: Act::Create { context, answers },
    })
}

/// A value in the words of XLSForm: choices of several with a space between.
fn as_answered(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(yes) => String::from(if *yes { "yes" } else { "no" }),
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(as_answered).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// A benchmark's records, one a line of JSON: so many, of a seed, from a number on.
pub fn records(peers: &Path, number: usize, seed: u32, from: usize) -> Result<String> {
    let script = format!(
        "import('./records.mjs').then(({{ makeRecords }}) => process.stdout.write(\
         makeRecords({number}, {seed}, {from}).map((one) => JSON.stringify(one)).join('\\n')))"
    );
    let mut node = Command::new("node");
    capture(node.current_dir(peers).arg("--eval").arg(script)).context("the peers made no records")
}

/// Entries one after the other, as a body has them.
pub fn bytes(entries: &[Entry]) -> Vec<u8> {
    entries.iter().flat_map(Entry::to_bytes).collect()
}

/// Bodies as a device sends them: filled run by run, each save a run.
pub fn batches(saves: &[Vec<Entry>]) -> Vec<Vec<u8>> {
    let mut made = vec![Vec::new()];
    let mut filling = Filling::default();
    for save in saves {
        let run = bytes(save);
        if !filling.takes(save.len(), run.len()) {
            made.push(Vec::new());
            filling = Filling::default();
            filling.takes(save.len(), run.len());
        }
        if let Some(batch) = made.last_mut() {
            batch.extend(run);
        }
    }
    made
}
