//! Signed calls to a relay: the one profile of RFC 9421 that both sides speak.
//!
//! Not here: HTTP, the list of nonces that were seen, and who may make which call. The headers come and go as text; a
//! general reader of RFC 9421 is deliberately absent, since the only form that is accepted is the one written here.

mod base;
mod headers;
mod verify;

pub use base::SignatureBase;
pub use headers::{MAX_HEADER, SignedHeaders, content_digest, created_at, sign};
pub use verify::{Received, RequestProblem, Signed, WINDOW, Watch, verify};

/// What stands in `tag`: the label `req` without its zero byte.
const TAG: &str = "veldpost/1/req";
/// What a signature covers, in this order.
const COVERED: [&str; 5] = ["@method", "@authority", "@path", "@query", "content-digest"];
/// The name under which the signature stands in both of its headers.
const NAME: &str = "sig";

/// The authority that a signature covers, from a relay's origin: the host in lower case, with its port unless that is
/// the scheme's own. None for what is not an origin.
#[must_use]
pub fn authority(origin: &str) -> Option<String> {
    let origin = origin.to_ascii_lowercase();
    let (authority, own_port) = match origin.strip_prefix("https://") {
        Some(authority) => (authority, ":443"),
        None => (origin.strip_prefix("http://")?, ":80"),
    };
    let authority = authority.strip_suffix(own_port).unwrap_or(authority);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:[]_".contains(&byte);
    (!authority.is_empty() && authority.bytes().all(plain)).then(|| authority.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{TAG, authority};

    #[test]
    fn the_tag_is_the_label_without_its_zero_byte() {
        assert_eq!([TAG.as_bytes(), &[0]].concat(), crate::label::REQ);
    }

    #[test]
    fn an_authority_names_its_port_only_when_it_is_not_the_schemes_own() {
        for (origin, expected) in [
            ("https://Relay.Example", "relay.example"),
            ("https://relay.example:443", "relay.example"),
            ("https://relay.example:8443", "relay.example:8443"),
            ("https://relay.example:80", "relay.example:80"),
            ("http://localhost:80", "localhost"),
            ("http://localhost:8080", "localhost:8080"),
            ("https://[2001:db8::1]:443", "[2001:db8::1]"),
        ] {
            assert_eq!(authority(origin).as_deref(), Some(expected));
        }
        for wrong in [
            "relay.example",
            "ftp://relay.example",
            "https://",
            "https://relay.example/",
            "https://a\n\"@path\": /v1/pull",
            "https://somebody@relay.example",
        ] {
            assert_eq!(authority(wrong), None, "{wrong}");
        }
    }
}
