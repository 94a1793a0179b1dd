//! What whoever holds an unlocked browser, but not the passphrase, can get out of the databases.
//!
//! Deliberately not here: judging it. The browser opens what its own key seals, as it would for any script
//! of the page; the rest is opened as the app does it, with what was found so.

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use serde_json::{Value, json};
use veldpost_envelope::DeviceSecrets;
use veldpost_envelope::canonical::Reader;
use veldpost_envelope::keys::{LocalKey, LocalUse};
use veldpost_envelope::local::open_local;
use veldpost_envelope::secret::Secret;
use veldpost_envelope::unlock::{self, VaultLock, VaultWrap};

use crate::browser::Browser;
use crate::profile::holds;
use crate::steps::PASSPHRASE;

/// Some bytes, and where they come from.
#[derive(Clone)]
pub struct Finding {
    /// Database, store, and what was opened: `veldpost/drafts, draft`; no more for a row as it lies there.
    pub place: String,
    /// What lies there, or what came out.
    pub bytes: Vec<u8>,
}

/// A row of a store.
struct Row {
    store: String,
    key: Vec<u8>,
    value: Vec<u8>,
    /// What the browser's own key opened.
    bound: Option<Vec<u8>>,
}

impl Finding {
    /// Whether `text` is in it, as UTF-8 or UTF-16LE.
    #[must_use]
    pub fn says(&self, text: &str) -> bool {
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        self.holds(text.as_bytes()) || self.holds(&wide)
    }

    /// Whether these bytes are in it.
    #[must_use]
    pub fn holds(&self, bytes: &[u8]) -> bool {
        holds(&self.bytes, bytes)
    }
}

impl Browser {
    /// Every row of every database of the page, and whatever opens without a passphrase.
    ///
    /// # Errors
    /// When a database cannot be read.
    pub async fn open_without_passphrase(&self) -> Result<Vec<Finding>> {
        let names = "return (await indexedDB.databases()).map((one) => one.name)            .filter((name) => name !== 'veldpost-log')";
        let names = self.run(names, json!([])).await?;
        let mut found = Vec::new();
        for name in names.as_array().into_iter().flatten() {
            let name = name.as_str().context("a database without a name")?;
            let rows = self.run(READ_ALL, json!([name])).await?;
            let rows = rows.as_array().context("no rows")?;
            let rows: Vec<Row> = rows.iter().map(row).collect::<Result<_>>()?;
            found.extend(findings(name, &rows));
        }
        Ok(found)
    }
}

impl Browser {
    /// `DEK` and `LVK` of a region of one, worked out as whoever knows the passphrase can: from the wrap
    /// on the disk.
    ///
    /// # Errors
    /// When there is no such region, or its passphrase is not [`PASSPHRASE`].
    pub async fn vault_keys(&self) -> Result<(Vec<u8>, Vec<u8>)> {
        let rows = self.rows("veldpost", "keys").await?;
        let wrap = rows.iter().find_map(|row| VaultWrap::from_bytes(row).ok());
        let wrap = wrap.context("no wrap of the vault")?;
        let VaultLock::Passphrase { params, salt } = wrap.lock else {
            bail!("the vault is not under a passphrase");
        };
        let secret = unlock::derive(PASSPHRASE, salt, params)?;
        let vault = wrap.unwrap_vault(&secret)?;
        let bytes = |secret: &Secret| secret.bytes().to_vec();
        Ok((
            bytes(vault.encryption.secret()),
            bytes(vault.blocks.secret()),
        ))
    }
}

fn findings(database: &str, rows: &[Row]) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut tell = |row: &Row, what: &str, bytes: &[u8]| {
        found.push(Finding {
            place: format!("{database}/{}{what}", row.store),
            bytes: bytes.to_vec(),
        });
    };
    let mut keys = Vec::new();
    for row in rows {
        tell(row, "", &row.key);
        tell(row, "", &row.value);
        if let Some(opened) = &row.bound {
            tell(row, ", device-bound", opened);
            keys.extend(DeviceSecrets::from_bytes(opened).map(|secrets| secrets.local));
        }
    }
    for key in &keys {
        for row in rows {
            for (what, opened) in with_local_key(row, key) {
                tell(row, what, &opened);
            }
        }
    }
    found
}

/// Everything that the device's local key makes of a row.
fn with_local_key(row: &Row, key: &LocalKey) -> Vec<(&'static str, Vec<u8>)> {
    let mut opened = Vec::new();
    let uses = [
        (LocalUse::Stub, ", stub"),
        (LocalUse::Round, ", round"),
        (LocalUse::Draft, ", draft"),
        (LocalUse::Solo, ", solo"),
    ];
    let copy = draft_copy(&row.value);
    for sealed in [Some(row.value.as_slice()), copy].into_iter().flatten() {
        for (usage, what) in uses {
            let plain = open_local(key, usage, &row.key, sealed);
            opened.extend(plain.map(|plain| (what, plain.to_vec())));
        }
    }
    let vault =
        VaultWrap::from_bytes(&row.value).and_then(|wrap| wrap.unwrap_vault_with_own_key(key));
    if let Ok(vault) = vault {
        let encryption = vault.encryption.secret().bytes();
        opened.push((", vault", encryption.to_vec()));
        opened.push((", vault", vault.blocks.secret().bytes().to_vec()));
    }
    opened
}

/// The copy of a draft that needs no passphrase: the second field of its row.
fn draft_copy(row: &[u8]) -> Option<&[u8]> {
    let mut input = Reader::new(row);
    input.record(3).ok()?;
    input.int().ok()?;
    input.optional(|input| input.bytes()).ok()?
}

fn row(found: &Value) -> Result<Row> {
    let bytes = |name: &str| -> Result<Vec<u8>> {
        let text = found[name].as_str().context("a row that is no bytes")?;
        Ok(base64::engine::general_purpose::STANDARD.decode(text)?)
    };
    Ok(Row {
        store: found["store"].as_str().unwrap_or_default().to_owned(),
        key: bytes("key")?,
        value: bytes("value")?,
        bound: found["bound"]
            .is_string()
            .then(|| bytes("bound"))
            .transpose()?,
    })
}

/// The key of the browser's own is used on every row, with every context that a row may have been sealed in.
const READ_ALL: &str = "const asked = (request) => new Promise((done, fail) => { \
      request.onsuccess = () => done(request.result); request.onerror = () => fail(request.error); }); \
    const text = (value) => { const bytes = value instanceof ArrayBuffer ? new Uint8Array(value) \
        : value instanceof Uint8Array ? value : new TextEncoder().encode(JSON.stringify(value)); \
      let all = ''; for (let at = 0; at < bytes.length; at += 32768) \
        all += String.fromCharCode(...bytes.subarray(at, at + 32768)); return btoa(all); }; \
    const database = await asked(indexedDB.open(arguments[0])); \
    const rows = [], keys = []; \
    for (const name of database.objectStoreNames) { \
      const store = database.transaction(name).objectStore(name); \
      const [own, values] = await Promise.all([asked(store.getAllKeys()), asked(store.getAll())]); \
      own.forEach((key, at) => { if (values[at] instanceof CryptoKey) keys.push(values[at]); \
        rows.push({store: name, key, value: values[at]}); }); } \
    database.close(); \
    for (const row of rows) for (const key of keys) { \
      const bytes = row.value; \
      if (!(bytes instanceof Uint8Array) || bytes.length < 28) continue; \
      const contexts = ['bundle', row.store, ''].map((name) => new TextEncoder().encode(name)); \
      if (row.key instanceof ArrayBuffer) contexts.push(new Uint8Array(row.key)); \
      for (const additionalData of contexts) try { \
        row.bound = text(await crypto.subtle.decrypt({name: 'AES-GCM', iv: bytes.subarray(0, 12), additionalData}, \
          key, bytes.subarray(12))); } catch { /* it is not sealed by this key */ } } \
    return rows.map(({store, key, value, bound}) => ({store, key: text(key), value: text(value), bound}))";
