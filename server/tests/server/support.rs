//! A built app in miniature and the server around it, reached through its public routes only.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tower::ServiceExt as _;
use veldpost_relay::{Founding, Settings};
use veldpost_server::app_files::AppFiles;
use veldpost_server::database::{Database, Options};
use veldpost_server::letterbox::Letterbox;
use veldpost_server::routes::{self, Site};

/// A script hash as the build writes it.
pub const SCRIPT_HASH: &str = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='";

/// The server in process, with an app of a few files.
pub struct TestApp {
    router: Router,
    folder: TempDir,
    _data: TempDir,
}

/// What a request got.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

impl TestApp {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// A server whose site is changed before it starts.
    pub fn with(change: impl FnOnce(&mut Site)) -> Self {
        let (folder, data) = (built_app(), tempfile::tempdir().unwrap());
        let mut site = Site {
            app: AppFiles::load(folder.path()).unwrap(),
            data: folder.path().to_path_buf(),
            relay_origin: None,
            strict_transport: false,
            lan_root: None,
            letterbox: letterbox(data.path(), Founding::Open, Options::default()),
        };
        change(&mut site);
        Self {
            router: routes::router(site).unwrap(),
            folder,
            _data: data,
        }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[]).await
    }

    pub async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response
            .into_body()
            .collect()
            .await
            .unwrap()
            .to_bytes()
            .to_vec();
        Answer {
            status,
            headers,
            body,
        }
    }
}

/// The origin and the authority by which tests call the relay.
pub const AUTHORITY: &str = "relay.test";

/// A relay over a folder.
pub fn letterbox(folder: &Path, founding: Founding, options: Options) -> Arc<Letterbox> {
    let database = Database::open(folder, options).unwrap();
    let settings = Settings {
        founding,
        region_bytes: None,
    };
    Letterbox::open(database, settings, vec![AUTHORITY.to_owned()]).unwrap()
}

/// A folder as the build leaves it: a list, files, one of them also compressed, and one that is not listed.
pub fn built_app() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let index = "<!doctype html><html><head><title>Veldpost</title></head></html>";
    let index_hash = hex(index.as_bytes());
    let worker = format!("const VERSION = \"0123abcd\"; const FILES = [\"{index_hash}\"];");
    let files = [
        ("index.html", index, false),
        ("service-worker.js", worker.as_str(), false),
        ("manifest.webmanifest", "{}", false),
        ("app-1a2b3c.js", "export default 1;", true),
        ("app-1a2b3c.wasm", "\0asm", true),
        ("icons/icon.svg", "<svg/>", false),
    ];
    let mut listed = Vec::new();
    for (path, content, hashed) in files {
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, content).unwrap();
        let sha256 = hex(content.as_bytes());
        listed.push(serde_json::json!({"path": path, "sha256": sha256, "hashed": hashed}));
    }
    std::fs::write(folder.path().join("app-1a2b3c.js.br"), "brotli bytes").unwrap();
    std::fs::write(folder.path().join("app-1a2b3c.js.gz"), "gzip bytes").unwrap();
    std::fs::write(folder.path().join("secret.txt"), "not listed").unwrap();
    let list = serde_json::json!({
        "version": "0123abcd", "script_hashes": [SCRIPT_HASH], "files": listed
    });
    std::fs::write(folder.path().join("build.json"), list.to_string()).unwrap();
    folder
}

pub fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
