//! A built app in miniature and the server around it, reached through its public routes only.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::Response;
use http_body_util::BodyExt as _;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tower::ServiceExt as _;
use veldpost_envelope::request::{SignedHeaders, created_at, sign};
use veldpost_envelope::wire::{Call, Code, Problem};
use veldpost_relay::{Founding, Settings};
use veldpost_server::app_files::AppFiles;
use veldpost_server::database::{Database, Options};
use veldpost_server::letterbox::{Letterbox, now};
use veldpost_server::routes::{self, Site};

use super::world::Person;

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

    /// The code of a refusal that says all that a refusal must say; none for an answer.
    pub fn code(&self) -> Option<Code> {
        self.problem().map(|problem| problem.code)
    }

    pub fn problem(&self) -> Option<Problem> {
        if self.status.is_success() {
            return None;
        }
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = Problem::from_json(&self.text()).unwrap();
        assert_eq!(problem.code.status(), self.status.as_u16());
        Some(problem)
    }
}

impl TestApp {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// A server whose site is changed before it starts.
    pub fn with(change: impl FnOnce(&mut Site)) -> Self {
        Self::of(built_app(), change)
    }

    /// A server of another app.
    pub fn of(folder: TempDir, change: impl FnOnce(&mut Site)) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut site = Site {
            app: AppFiles::load(folder.path()).unwrap(),
            data: folder.path().to_path_buf(),
            relay_origin: None,
            strict_transport: false,
            lan_root: None,
            guests: None,
            letterbox: letterbox(data.path(), Founding::Open, Options::default()),
        };
        change(&mut site);
        Self {
            router: routes::router(site).unwrap(),
            folder,
            _data: data,
        }
    }

    pub fn router(&self) -> Router {
        self.router.clone()
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The answer as it begins; its body comes later.
    pub async fn respond(&self, request: Request<Body>) -> Response {
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[]).await
    }

    pub async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(method, path, headers, Body::empty()).await
    }

    /// A POST that nobody signed.
    pub async fn post(&self, call: Call, body: Vec<u8>) -> Answer {
        self.send("POST", call.path(), &[], Body::from(body)).await
    }

    /// A signed POST.
    pub async fn call(&self, person: &Person, call: Call, body: Vec<u8>) -> Answer {
        let signed = signed(person, call, &body, now());
        self.send_signed(call, &signed, body).await
    }

    pub async fn send_signed(&self, call: Call, signed: &SignedHeaders, body: Vec<u8>) -> Answer {
        let mut headers = vec![("host", AUTHORITY)];
        headers.extend(signed.pairs());
        self.send("POST", call.path(), &headers, Body::from(body))
            .await
    }

    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Body,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.respond(request.body(body).unwrap()).await;
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

/// The three headers of a call, by this clock.
pub fn signed(person: &Person, call: Call, body: &[u8], now: i64) -> SignedHeaders {
    signed_for(AUTHORITY, person, call, body, now)
}

pub fn signed_for(
    authority: &str,
    person: &Person,
    call: Call,
    body: &[u8],
    now: i64,
) -> SignedHeaders {
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce).unwrap();
    sign(
        call,
        authority,
        body,
        created_at(now),
        &nonce,
        &person.signing,
    )
}

/// The authority by which tests call the relay.
pub const AUTHORITY: &str = "relay.test";

/// A relay over a folder.
pub fn letterbox(folder: &Path, founding: Founding, options: Options) -> Arc<Letterbox> {
    let database = Database::open(folder, options).unwrap();
    let settings = Settings {
        founding,
        region_bytes: None,
    };
    Letterbox::open(database, settings, vec![AUTHORITY.to_owned()], &[]).unwrap()
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
    for (ending, name) in [("br", "brotli"), ("gz", "gzip")] {
        let copy = format!("{name} bytes");
        std::fs::write(folder.path().join(format!("app-1a2b3c.js.{ending}")), &copy).unwrap();
        listed[3][name] = hex(copy.as_bytes()).into();
    }
    std::fs::write(folder.path().join("secret.txt"), "not listed").unwrap();
    let list = serde_json::json!({
        "version": "0123abcd", "script_hashes": [SCRIPT_HASH], "files": listed
    });
    std::fs::write(folder.path().join("build.json"), list.to_string()).unwrap();
    folder
}

/// Puts one more file into a built app.
pub fn list_file(folder: &Path, path: &str, content: &[u8]) {
    change_list(folder, |files| {
        let sha256 = hex(content);
        files.push(serde_json::json!({"path": path, "sha256": sha256, "hashed": false}));
    });
    std::fs::write(folder.join(path), content).unwrap();
}

/// Changes the list of a built app.
pub fn change_list(folder: &Path, change: impl FnOnce(&mut Vec<serde_json::Value>)) {
    let place = folder.join("build.json");
    let list = std::fs::read(&place).unwrap();
    let mut list: serde_json::Value = serde_json::from_slice(&list).unwrap();
    change(list["files"].as_array_mut().unwrap());
    std::fs::write(place, list.to_string()).unwrap();
}

pub fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
