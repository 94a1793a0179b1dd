//! Where a relay is: scheme, host and port, in the one way of writing them.
//!
//! Not here: reaching it.

use core::fmt;

/// No origin is longer, in bytes.
pub const MAX_ORIGIN: usize = 255;

/// The origin of a relay: `https://host[:port]` in lower case; `http` for `localhost` alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// None for anything else: a path, a user, a host that is no name or number, a port that the
    /// scheme implies or that cannot be.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_ORIGIN {
            return None;
        }
        let (scheme, authority) = text.split_once("://")?;
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        };
        let implied = match (scheme, host) {
            ("https", _) => 443,
            ("http", "localhost") => 80,
            _ => return None,
        };
        let fits = host.split('.').all(is_label)
            && port.is_none_or(|port| is_port(port).is_some_and(|port| port != implied));
        fits.then(|| Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A part of a host between dots (RFC 1123).
fn is_label(label: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&label.len())
        && label.bytes().all(known)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Digits without a zero in front.
fn is_port(port: &str) -> Option<u16> {
    let digits = port.bytes().all(|byte| byte.is_ascii_digit()) && !port.starts_with('0');
    digits.then(|| port.parse().ok()).flatten()
}
