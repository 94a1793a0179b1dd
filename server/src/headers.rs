//! The headers that every answer carries: what the browser may run, load, share and remember.
//!
//! Deliberately not here: the headers of the relay's answers, which have four and say themselves who may read them.

use axum::http::header::{HeaderMap, HeaderName, HeaderValue};

/// The headers of one running server, made once at the start.
#[derive(Clone, Debug)]
pub(crate) struct SecurityHeaders(Vec<(HeaderName, HeaderValue)>);

/// What differs from server to server.
pub(crate) struct HeaderChoices<'a> {
    /// `'sha256-…'` sources of the inline scripts that the build put into `index.html`.
    pub(crate) script_hashes: &'a [String],
    /// One more origin that the app may speak to.
    pub(crate) relay_origin: Option<&'a str>,
    /// Whether browsers should insist on TLS from now on.
    pub(crate) strict_transport: bool,
}

impl SecurityHeaders {
    pub(crate) fn new(choices: &HeaderChoices<'_>) -> Result<Self, String> {
        let mut headers = vec![
            (name("content-security-policy"), policy(choices)?),
            (
                name("x-content-type-options"),
                HeaderValue::from_static("nosniff"),
            ),
            (
                name("referrer-policy"),
                HeaderValue::from_static("no-referrer"),
            ),
            (
                name("permissions-policy"),
                HeaderValue::from_static(PERMISSIONS),
            ),
            (
                name("cross-origin-opener-policy"),
                HeaderValue::from_static("same-origin"),
            ),
            (
                name("cross-origin-resource-policy"),
                HeaderValue::from_static("same-origin"),
            ),
            // `frame-ancestors` says the same; old browsers know only this one.
            (name("x-frame-options"), HeaderValue::from_static("DENY")),
        ];
        if choices.strict_transport {
            // Of this host alone: others below it are not this server's to bind.
            let value = HeaderValue::from_static("max-age=31536000");
            headers.push((name("strict-transport-security"), value));
        }
        Ok(Self(headers))
    }

    pub(crate) fn add_to(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.0 {
            headers.insert(name.clone(), value.clone());
        }
    }
}

fn name(text: &'static str) -> HeaderName {
    HeaderName::from_static(text)
}

/// Named: what the app uses, for itself alone. Switched off: everything else that could leak or surprise.
const PERMISSIONS: &str = "camera=(self), geolocation=(self), screen-wake-lock=(self), \
    web-share=(self), clipboard-write=(self), publickey-credentials-get=(self), \
    publickey-credentials-create=(self), accelerometer=(), autoplay=(), bluetooth=(), \
    browsing-topics=(), clipboard-read=(), display-capture=(), encrypted-media=(), gyroscope=(), \
    hid=(), idle-detection=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), payment=(), \
    picture-in-picture=(), serial=(), usb=(), xr-spatial-tracking=()";

fn policy(choices: &HeaderChoices<'_>) -> Result<HeaderValue, String> {
    let mut scripts = String::from("'self' 'wasm-unsafe-eval'");
    for hash in choices.script_hashes {
        if !is_hash_source(hash) {
            return Err(String::from(
                "a script hash of the build is not a sha256 source",
            ));
        }
        scripts.push(' ');
        scripts.push_str(hash);
    }
    let relay = choices
        .relay_origin
        .map(|origin| format!(" {origin}"))
        .unwrap_or_default();
    let text = format!(
        "default-src 'none'; script-src {scripts}; style-src 'self'; img-src 'self' blob: data:; \
         font-src 'self'; connect-src 'self'{relay}; worker-src 'self'; manifest-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&text).map_err(|error| error.to_string())
}

fn is_hash_source(text: &str) -> bool {
    text.strip_prefix("'sha256-")
        .and_then(|rest| rest.strip_suffix('\''))
        .is_some_and(|digest| {
            digest.len() == 44
                && digest
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
        })
}
