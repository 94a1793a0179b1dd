//! The addresses that the server answers, and how each answer may be kept.
//!
//! Deliberately not here: what the relay answers under `/v1` (`letterbox`), which stands beside these.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use veldpost_envelope::wire::Call;

use crate::StartError;
use crate::app_files::{AppFile, AppFiles};
use crate::encoding::{self, Encoding};
use crate::guests::Guests;
use crate::headers::{HeaderChoices, SecurityHeaders};
use crate::letterbox::{self, Letterbox};
use crate::problem::Problem;

/// What a server needs to answer requests.
#[derive(Debug)]
pub struct Site {
    /// The built app.
    pub app: AppFiles,
    /// The folder that must be there and have room for the server to be ready.
    pub data: PathBuf,
    /// One more origin that the app may speak to.
    pub relay_origin: Option<String>,
    /// Whether browsers should insist on TLS from now on.
    pub strict_transport: bool,
    /// The root certificate that a phone must trust, in PEM, when this server made one.
    pub lan_root: Option<String>,
    /// The relay.
    pub letterbox: Arc<Letterbox>,
    /// Who looks at the demonstration's region, when this is one with a region at the relay.
    pub guests: Option<Guests>,
}

/// All routes of the server with their headers.
///
/// # Errors
/// [`StartError::Arguments`] when the relay's origin or the build's hashes make no valid header.
pub fn router(site: Site) -> Result<Router, StartError> {
    let headers = SecurityHeaders::new(&HeaderChoices {
        script_hashes: site.app.script_hashes(),
        relay_origin: site.relay_origin.as_deref(),
        strict_transport: site.strict_transport,
    })
    .map_err(StartError::Arguments)?;
    let relay = letterbox::router(site.letterbox.clone());
    Ok(Router::new()
        .route("/healthz", get(healthy))
        .route("/readyz", get(ready))
        .route("/api/version", get(version))
        .route("/api/demo-invitation", post(invitation))
        .route("/veldpost-lan.crt", get(lan_root))
        .fallback(app_file)
        .method_not_allowed_fallback(async || Problem::METHOD)
        .with_state(Arc::new(site))
        .layer(middleware::from_fn_with_state(headers, with_headers))
        // The relay's answers have none of the app's headers: a phone in the field pays for each byte.
        .merge(relay)
        .layer(middleware::from_fn(logged)))
}

async fn with_headers(
    State(headers): State<SecurityHeaders>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    headers.add_to(response.headers_mut());
    response
}

/// One line a request, without who asked and without what stood behind the path.
async fn logged(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let kind = kind_of(request.uri().path());
    let response = next.run(request).await;
    tracing::debug!(%method, kind, status = response.status().as_u16(), "answered");
    response
}

/// A path may hold what a person typed, so the log gets its kind only.
fn kind_of(path: &str) -> &'static str {
    match path {
        "/healthz" | "/readyz" | "/api/version" | "/api/demo-invitation" => "probe",
        "/service-worker.js" => "worker",
        path if path.starts_with("/v1/") => Call::from_path(path).map_or("relay", Call::path),
        path if is_app_route(path) => "page",
        _ => "file",
    }
}

async fn healthy() -> Response {
    uncached("text/plain; charset=utf-8", String::from("ok\n"))
}

async fn ready(State(site): State<Arc<Site>>) -> Response {
    if site.data.is_dir() && has_room(&site.data) && site.letterbox.is_ready().await {
        uncached("text/plain; charset=utf-8", String::from("ready\n"))
    } else {
        Problem::NOT_READY.into_response()
    }
}

/// A request of the largest size and its copy in the write-ahead log, in bytes.
const ROOM: u64 = 2 * 1024 * 1024;

/// Whether the disk takes one more request of any size. A file system that does not say counts as one that does.
fn has_room(data: &std::path::Path) -> bool {
    rustix::fs::statvfs(data).map_or(true, |disk| {
        disk.f_bavail.saturating_mul(disk.f_frsize) >= ROOM
    })
}

async fn version(State(site): State<Arc<Site>>) -> Response {
    let body = serde_json::json!({
        "server": env!("CARGO_PKG_VERSION"),
        "app": site.app.version(),
    });
    uncached("application/json", body.to_string())
}

/// An invitation to the made-up region, to one browser only.
async fn invitation(State(site): State<Arc<Site>>) -> Response {
    let Some(guests) = &site.guests else {
        return Problem::NOT_FOUND.into_response();
    };
    match guests.next(Instant::now()) {
        Some(link) => uncached("text/plain; charset=utf-8", link),
        None => Problem::NO_INVITATION.into_response(),
    }
}

async fn lan_root(State(site): State<Arc<Site>>) -> Response {
    match &site.lan_root {
        Some(pem) => uncached("application/x-x509-ca-cert", pem.clone()),
        None => Problem::NOT_FOUND.into_response(),
    }
}

fn uncached(content_type: &'static str, body: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, body).into_response()
}

async fn app_file(
    State(site): State<Arc<Site>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let path = uri.path();
    let file = site.app.get(path).or_else(|| {
        is_app_route(path)
            .then(|| site.app.get("/index.html"))
            .flatten()
    });
    let Some(file) = file else {
        return Problem::NOT_FOUND.into_response();
    };
    if method != Method::GET && method != Method::HEAD {
        return Problem::METHOD.into_response();
    }
    file_response(file, &headers, &method)
}

/// The app's own pages have plain words as addresses: no dot, no escape, and not the relay's or a probe's.
fn is_app_route(path: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'/';
    path.starts_with('/')
        && path.bytes().all(plain)
        && !["/v1", "/api"].iter().any(|reserved| {
            path.strip_prefix(reserved)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
}

fn file_response(file: &AppFile, asked: &HeaderMap, method: &Method) -> Response {
    let accept = asked
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok());
    let found = encoding::accepted(accept.unwrap_or_default())
        .into_iter()
        .find_map(|encoding| Some((encoding, file.body(encoding)?)));
    let Some((encoding, body)) = found else {
        return Problem::NOT_FOUND.into_response();
    };
    let tag = entity_tag(file, encoding);
    let mut headers = HeaderMap::new();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(file.content_type),
    );
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static(keeping(file)),
    );
    if let Ok(value) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, value);
    }
    if holds_tag(asked, &tag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    if let Some(name) = encoding.name() {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
    }
    if *method == Method::HEAD {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        return headers.into_response();
    }
    (headers, body).into_response()
}

fn keeping(file: &AppFile) -> &'static str {
    if file.hashed {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    }
}

fn entity_tag(file: &AppFile, encoding: Encoding) -> String {
    let short = file.sha256.get(..32).unwrap_or_default();
    format!("\"{short}-{}\"", encoding.name().unwrap_or("plain"))
}

fn holds_tag(asked: &HeaderMap, tag: &str) -> bool {
    asked
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|held| held.trim().trim_start_matches("W/") == tag)
}
