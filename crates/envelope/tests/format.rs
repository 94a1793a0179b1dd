//! Holds every byte that is stored or sent against `tests/vectors/format.json`, and opens what lies
//! there, so that no change of code changes the format or loses what was written before.
//!
//! After a deliberate addition: `VELDPOST_WRITE_VECTORS=1 cargo test -p veldpost-envelope --test format`.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use std::collections::BTreeMap;
use std::path::PathBuf;
use support::{Seeded, hex, to_hex};
use veldpost_domain::{
    Act, Answer, Answers, CampaignId, Context, FieldChange, FormVersion, Hlc, Operation,
    OperationId, OrganisationId, RecordId, RecordKind, RoundId, StreamId,
};
use veldpost_envelope::block::{BlockRow, open_block, seal_block};
use veldpost_envelope::genesis::{self, GenesisInput, RegionForm, Role, RosterDevice};
use veldpost_envelope::keys::LocalUse;
use veldpost_envelope::local::{
    open_local, open_local_draft, open_vault_draft, seal_draft, seal_local,
};
use veldpost_envelope::payload::{decode_operation, encode_operation};
use veldpost_envelope::run::{carried, verify_run};
use veldpost_envelope::secret::Secret;
use veldpost_envelope::stream::StreamContext;
use veldpost_envelope::unlock::{
    KdfParams, KitWrap, Vault, VaultWrap, wrap_vault, wrap_vault_for_kit, wrap_vault_with_own_key,
};
use veldpost_envelope::{
    ContentKey, DeviceEncryptionKey, DeviceSecrets, DeviceSigningKey, Entry, Genesis, LocalKey,
    LocalVaultKey, Purpose, RecoveryKit, StreamWriter, UnlockSecret, content_key,
};

/// The keys of the device in the vectors: made from a seed that is nobody's secret.
struct Device {
    signing: DeviceSigningKey,
    vault: Vault,
    local: LocalKey,
    content: ContentKey,
    unlock: UnlockSecret,
}

fn device(rng: &mut Seeded) -> Device {
    Device {
        signing: DeviceSigningKey::generate(rng),
        vault: Vault {
            encryption: DeviceEncryptionKey::generate(rng),
            blocks: LocalVaultKey::generate(rng),
        },
        local: LocalKey::generate(rng),
        content: ContentKey::generate(rng),
        unlock: UnlockSecret::from_parts(Secret::generate(rng), KdfParams::STANDARD, [9; 16])
            .unwrap(),
    }
}

fn operations() -> [(&'static str, Operation); 3] {
    let mut answers = Answers::default();
    answers.set("living_situation", "rough_sleeping");
    answers.set("municipality_stay", "enschede");
    let mut child = Answers::default();
    child.set("birth_year", "2019");
    answers
        .map_mut()
        .insert("minors_direct".to_owned(), Answer::Repeat(vec![child]));
    let context = Context {
        campaign: CampaignId([0x11; 16]),
        at: 1_794_600_000_000,
        round: Some(RoundId([0x22; 16])),
        organisation: Some(OrganisationId([0x33; 16])),
        crew: Some("Ploeg 3".to_owned()),
        area: None,
        form: Some(FormVersion {
            id: "ethos-count".to_owned(),
            version: "1".to_owned(),
        }),
        promoted_from: Some(RecordId([0x44; 16])),
        from_solo: false,
    };
    let operation = |id: u8, act: Act| Operation {
        kind: RecordKind::Person,
        record: RecordId([0x55; 16]),
        id: OperationId([id; 16]),
        hlc: Hlc::default().tick(1_794_600_000_000 + i64::from(id)),
        act,
    };
    let change = |name: &str, value| FieldChange {
        name: name.to_owned(),
        value,
        base: OperationId([0x66; 16]),
    };
    let changes = vec![
        change(
            "municipality_stay",
            Some(Answer::Text("hengelo".to_owned())),
        ),
        change("minors_direct", None),
    ];
    [
        (
            "payload-create",
            operation(0x66, Act::Create { context, answers }),
        ),
        ("payload-amend", operation(0x67, Act::Amend { changes })),
        (
            "payload-withdraw",
            operation(
                0x68,
                Act::Withdraw {
                    reason: "double".to_owned(),
                },
            ),
        ),
    ]
}

/// Everything, made again.
fn make() -> BTreeMap<String, String> {
    let rng = &mut Seeded(2026);
    let device = device(rng);
    let mut made = BTreeMap::new();
    let mut put = |name: &str, bytes: &[u8]| {
        made.insert(name.to_owned(), to_hex(bytes));
    };

    let founder = RosterDevice {
        signing: device.signing.public(),
        encryption: device.vault.encryption.public(),
        roles: [Role::Counter]
            .into_iter()
            .chain(Purpose::ALL.map(Role::Coordinator))
            .collect(),
    };
    let input = GenesisInput {
        at: 1_794_500_000_000,
        form: RegionForm::OfOne,
        devices: &[founder],
    };
    let created = genesis::create(&input, rng).unwrap();
    put("genesis", &created.act);
    put("region", &created.region.0);
    for (number, row) in created.kit.rows().iter().enumerate() {
        put(&format!("kit-{}", number + 1), row.as_bytes());
    }
    let secrets = DeviceSecrets {
        signing: device.signing.clone(),
        local: device.local.clone(),
        settings: Some(created.settings),
    };
    put("device-secrets", &secrets.to_bytes());

    let context = StreamContext {
        region: created.region,
        purpose: Purpose::Count,
        epoch: 1,
        roster_head: Genesis::verify(&created.act).unwrap().head(),
        seen: None,
    };
    let (mut writer, open) = StreamWriter::open(context, &device.signing, None, None, rng);
    put("entry-0-stream-open", &open.to_bytes());
    let recipients = [
        created.epochs[0].public().key,
        device.vault.encryption.public(),
    ];
    let key = writer
        .content_key(&device.content, &recipients, rng)
        .unwrap();
    put("entry-1-content-key", &key.to_bytes());
    let mut rows = Vec::new();
    for (number, (name, operation)) in operations().iter().enumerate() {
        let payload = encode_operation(operation);
        put(name, &payload);
        let mut entry = writer.seal(&device.content, &payload, rng).unwrap();
        entry.sign(&device.signing);
        put(&format!("entry-{}-sealed", number + 2), &entry.to_bytes());
        rows.push((number as u64 + 2, payload));
    }
    // Long and repetitive: takes the deflated form.
    let long = writer.seal(&device.content, &[b'x'; 3000], rng).unwrap();
    put("entry-5-deflated", &long.to_bytes());
    let (mut next, _) = StreamWriter::open(
        context,
        &device.signing,
        Some([0x77; 16]),
        Some(open.header().stream),
        rng,
    );
    put("entry-carried", &next.carry(&long).unwrap().to_bytes());

    put(
        "vault",
        &wrap_vault(&device.unlock, &created.region, &device.vault, rng).unwrap(),
    );
    put(
        "vault-own-key",
        &wrap_vault_with_own_key(&device.local, &created.region, &device.vault, rng).unwrap(),
    );
    put(
        "local-stub",
        &seal_local(&device.local, LocalUse::Stub, b"row", b"stub", rng).unwrap(),
    );
    let to = device.vault.encryption.public();
    let copies = seal_draft(&device.local, &to, b"draft", b"typed", rng).unwrap();
    put("draft-local", &copies.local);
    put("draft-vault", &copies.vault);
    let stream = open.header().stream;
    let rows: Vec<_> = rows
        .iter()
        .map(|(seq, payload)| BlockRow {
            stream,
            seq: *seq,
            payload,
        })
        .collect();
    put(
        "block",
        &seal_block(&device.vault.blocks, Purpose::Count, &[8; 16], &rows, rng).unwrap(),
    );
    let recovery = created.kit.recovery().public();
    put(
        "vault-kit",
        &wrap_vault_for_kit(&recovery, &created.region, &device.vault, rng).unwrap(),
    );
    made
}

/// A later compressor may find a shorter form: these must open, not be the same.
const COMPRESSED: [&str; 3] = ["block", "entry-5-deflated", "entry-carried"];

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/format.json")
}

/// The file is one flat object of strings; a JSON library would be one more thing to keep.
fn read() -> BTreeMap<String, String> {
    std::fs::read_to_string(path())
        .unwrap()
        .lines()
        .filter_map(|line| {
            let mut parts = line.split('"');
            Some((parts.nth(1)?.to_owned(), parts.nth(1)?.to_owned()))
        })
        .collect()
}

fn write(made: &BTreeMap<String, String>) {
    let lines: Vec<_> = made
        .iter()
        .map(|(name, value)| format!("  \"{name}\": \"{value}\""))
        .collect();
    std::fs::write(path(), format!("{{\n{}\n}}\n", lines.join(",\n"))).unwrap();
}

#[test]
fn what_is_made_today_is_what_was_made_before() {
    let made = make();
    if std::env::var_os("VELDPOST_WRITE_VECTORS").is_some() {
        write(&made);
    }
    let before = read();
    for (name, bytes) in &made {
        if COMPRESSED.contains(&name.as_str()) {
            continue;
        }
        assert_eq!(before.get(name), Some(bytes), "{name}");
    }
    assert_eq!(before.len(), made.len());
}

#[test]
fn what_was_stored_before_still_opens() {
    let device = device(&mut Seeded(2026));
    let stored = read();
    let bytes = |name: &str| hex(&stored[name]);
    let own = &device.vault.encryption;

    let genesis = Genesis::verify(&bytes("genesis")).unwrap();
    assert_eq!(genesis.region.0.to_vec(), bytes("region"));
    let epoch = genesis.open_epoch(Purpose::Count, own).unwrap();
    let rows: Vec<_> = (1..=4)
        .map(|row| String::from_utf8(bytes(&format!("kit-{row}"))).unwrap())
        .collect();
    let kit = RecoveryKit::parse(&rows.join("\n")).unwrap();
    assert!(kit.belongs_to(&genesis));
    let secrets = DeviceSecrets::from_bytes(&bytes("device-secrets")).unwrap();
    assert_eq!(secrets.signing.public(), device.signing.public());

    let run: Vec<_> = [
        "entry-0-stream-open",
        "entry-1-content-key",
        "entry-2-sealed",
        "entry-3-sealed",
        "entry-4-sealed",
    ]
    .map(|name| Entry::from_bytes(&bytes(name)).unwrap())
    .into();
    verify_run(&genesis.region, &device.signing.public(), None, &run).unwrap();
    let key = content_key::open_as_epoch(&run[1], &epoch).unwrap();
    assert_eq!(content_key::open(&run[1], own).unwrap().id(), key.id());
    for (entry, (name, operation)) in run[2..].iter().zip(operations()) {
        let payload = entry.open(&key).unwrap();
        assert_eq!(*payload, bytes(name));
        assert_eq!(
            decode_operation(&payload).unwrap().operation,
            Some(operation)
        );
    }
    let carrier = Entry::from_bytes(&bytes("entry-carried")).unwrap();
    let long = carried(&carrier).unwrap();
    assert_eq!(long.to_bytes(), bytes("entry-5-deflated"));
    assert_eq!(*long.open(&key).unwrap(), vec![b'x'; 3000]);

    let vault = VaultWrap::from_bytes(&bytes("vault")).unwrap();
    assert_eq!(
        vault
            .unwrap_vault(&device.unlock)
            .unwrap()
            .encryption
            .public(),
        own.public()
    );
    let vault = VaultWrap::from_bytes(&bytes("vault-own-key")).unwrap();
    vault.unwrap_vault_with_own_key(&device.local).unwrap();
    let vault = KitWrap::from_bytes(&bytes("vault-kit")).unwrap();
    let opened = vault.unwrap_vault(&kit, &genesis).unwrap();
    assert_eq!(opened.encryption.public(), own.public());
    assert_eq!(
        opened.blocks.secret().bytes(),
        device.vault.blocks.secret().bytes()
    );
    let stub = open_local(&device.local, LocalUse::Stub, b"row", &bytes("local-stub")).unwrap();
    assert_eq!(*stub, b"stub");
    let draft = bytes("draft-local");
    assert_eq!(
        *open_local_draft(&device.local, b"draft", &draft).unwrap(),
        b"typed"
    );
    let draft = bytes("draft-vault");
    assert_eq!(*open_vault_draft(own, b"draft", &draft).unwrap(), b"typed");
    let block = open_block(
        &device.vault.blocks,
        Purpose::Count,
        &[8; 16],
        &bytes("block"),
    )
    .unwrap();
    let expected = operations();
    assert_eq!(block.rows().len(), expected.len());
    for (row, (name, _)) in block.rows().zip(&expected) {
        assert_eq!(row.payload, bytes(name));
        assert_eq!(row.stream, StreamId(run[0].header().stream.0));
    }
}
