//! The built app, read once at the start and handed out from memory.
//!
//! Deliberately not here: any path that comes from a request. A request is a look-up in this list, so
//! nothing outside the list can be reached, and half a build never starts.

use std::collections::BTreeMap;
use std::path::Path;

use bytes::Bytes;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::StartError;
use crate::encoding::Encoding;

/// The file beside the app that lists it; written by the build, never served.
pub const BUILD_LIST: &str = "build.json";

#[derive(Deserialize)]
struct BuildList {
    version: String,
    script_hashes: Vec<String>,
    files: Vec<BuildFile>,
}

#[derive(Deserialize)]
struct BuildFile {
    path: String,
    sha256: String,
    hashed: bool,
    /// Of the copies beside it, where the build made them.
    brotli: Option<String>,
    gzip: Option<String>,
}

/// Every file of one build of the app.
#[derive(Debug)]
pub struct AppFiles {
    version: String,
    script_hashes: Vec<String>,
    files: BTreeMap<String, AppFile>,
}

/// One file in each of its encodings.
#[derive(Debug)]
pub(crate) struct AppFile {
    pub(crate) content_type: &'static str,
    pub(crate) sha256: String,
    /// The name holds the content's hash, so that a browser may keep the file for ever.
    pub(crate) hashed: bool,
    plain: Bytes,
    brotli: Option<Bytes>,
    gzip: Option<Bytes>,
}

impl AppFile {
    pub(crate) fn body(&self, encoding: Encoding) -> Option<Bytes> {
        match encoding {
            Encoding::Brotli => self.brotli.clone(),
            Encoding::Gzip => self.gzip.clone(),
            Encoding::Plain => Some(self.plain.clone()),
        }
    }

    fn replace(&mut self, text: String) -> String {
        self.sha256 = hex_sha256(text.as_bytes());
        self.plain = Bytes::from(text);
        self.brotli = None;
        self.gzip = None;
        self.sha256.clone()
    }
}

impl AppFiles {
    /// Reads the app in `folder` and compares each file with the build's list, its compressed copies too.
    ///
    /// # Errors
    /// [`StartError::NoApp`] without a list, [`StartError::HalfApp`] when a file is missing or differs.
    pub fn load(folder: &Path) -> Result<Self, StartError> {
        let no_app = || StartError::NoApp(folder.to_path_buf());
        let half_app = |path: &str| StartError::HalfApp {
            folder: folder.to_path_buf(),
            path: path.to_owned(),
        };
        let list = std::fs::read(folder.join(BUILD_LIST)).map_err(|_| no_app())?;
        let list: BuildList = serde_json::from_slice(&list).map_err(|_| half_app(BUILD_LIST))?;
        let (mut files, mut unlisted) = (BTreeMap::new(), false);
        for file in list.files {
            let whole = |path: &str, sha256: &str| {
                let found = std::fs::read(folder.join(path)).ok();
                let found = found.filter(|bytes| hex_sha256(bytes) == sha256);
                found.map(Bytes::from).ok_or_else(|| half_app(path))
            };
            // What is not listed may be of another build. What is not there is not needed: the file itself is.
            let beside = |ending: &str, sha256: Option<&str>| {
                let path = format!("{}.{ending}", file.path);
                let sha256 = sha256.filter(|_| folder.join(&path).exists());
                sha256.map(|sha256| whole(&path, sha256)).transpose()
            };
            unlisted |= file.brotli.is_none() && folder.join(format!("{}.br", file.path)).exists();
            let app_file = AppFile {
                content_type: content_type(&file.path),
                plain: whole(&file.path, &file.sha256)?,
                brotli: beside("br", file.brotli.as_deref())?,
                gzip: beside("gz", file.gzip.as_deref())?,
                sha256: file.sha256,
                hashed: file.hashed,
            };
            files.insert(format!("/{}", file.path), app_file);
        }
        if unlisted {
            tracing::warn!(
                "{BUILD_LIST} does not list the compressed copies that are there, so that files are sent as they are, which is \
                 slower: build the app again with `cargo xtask build`"
            );
        }
        if !files.contains_key("/index.html") {
            return Err(half_app("index.html"));
        }
        Ok(Self {
            version: list.version,
            script_hashes: list.script_hashes,
            files,
        })
    }

    /// Marks the app as the demonstration, so that it opens on a made-up region.
    ///
    /// The mark is in `index.html`, and the service worker's list gets the new hash and its own version:
    /// a browser that knew the app without the mark takes this one as an update.
    ///
    /// # Errors
    /// [`StartError::HalfApp`] when the page has no head to carry the mark.
    pub fn mark_as_demo(&mut self) -> Result<(), StartError> {
        const HEAD: &str = "<head>";
        const MARK: &str = "<head><meta name=\"veldpost-demo\" content=\"1\">";
        let half_app = || StartError::HalfApp {
            folder: Path::new("app").to_path_buf(),
            path: String::from("index.html"),
        };
        let index = self.files.get_mut("/index.html").ok_or_else(half_app)?;
        let old_hash = index.sha256.clone();
        let text = String::from_utf8_lossy(&index.plain).into_owned();
        if !text.contains(HEAD) {
            return Err(half_app());
        }
        let new_hash = index.replace(text.replacen(HEAD, MARK, 1));
        let demo_version = format!("{}-demo", self.version);
        if let Some(worker) = self.files.get_mut("/service-worker.js") {
            let text = String::from_utf8_lossy(&worker.plain).into_owned();
            let text = text.replace(&old_hash, &new_hash).replace(
                &format!("\"{}\"", self.version),
                &format!("\"{demo_version}\""),
            );
            worker.replace(text);
        }
        self.version = demo_version;
        Ok(())
    }

    /// The build's version: a hash over all its files.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    pub(crate) fn script_hashes(&self) -> &[String] {
        &self.script_hashes
    }

    pub(crate) fn get(&self, path: &str) -> Option<&AppFile> {
        self.files.get(path)
    }
}

fn hex_sha256(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(bytes)
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/vnd.microsoft.icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
