//! Base64 (RFC 4648) in one form only: standard with padding, url without.
//!
//! Not here: leniency. White space, missing or surplus padding and spare bits that are not zero are refused, so that
//! what was read is written again as it came. Links, which say what is wrong and hold secrets, read it by `base64url`.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};

/// Section 4, with padding: as headers hold it (RFC 8941 section 3.3.5).
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

/// Reads what [`encode`] wrote, and nothing else.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    Base64::decode_vec(text).ok()
}

/// Section 5, without padding: as links and parameters hold it.
#[must_use]
pub fn encode_url(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// Reads what [`encode_url`] wrote, and nothing else.
#[must_use]
pub fn decode_url(text: &str) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(text).ok()
}

#[cfg(test)]
mod tests {
    use super::{decode, decode_url, encode, encode_url};

    #[test]
    fn the_examples_of_rfc_4648_section_10_hold() {
        for (plain, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encode(plain.as_bytes()), text);
            assert_eq!(decode(text).as_deref(), Some(plain.as_bytes()));
            let bare = text.trim_end_matches('=');
            assert_eq!(encode_url(plain.as_bytes()), bare);
            assert_eq!(decode_url(bare).as_deref(), Some(plain.as_bytes()));
        }
    }

    #[test]
    fn the_two_alphabets_differ_in_their_last_two_characters() {
        let bytes = [0xfb, 0xef, 0xff];
        assert_eq!(encode(&bytes), "++//");
        assert_eq!(encode_url(&bytes), "--__");
        assert_eq!(decode("--__"), None);
        assert_eq!(decode_url("++//"), None);
    }

    #[test]
    fn every_length_comes_back_as_it_was() {
        let bytes: Vec<u8> = (0..=255).rev().collect();
        for length in 0..bytes.len() {
            let bytes = &bytes[..length];
            assert_eq!(decode(&encode(bytes)).as_deref(), Some(bytes));
            assert_eq!(decode_url(&encode_url(bytes)).as_deref(), Some(bytes));
        }
    }

    #[test]
    fn another_form_of_the_same_bytes_is_refused() {
        for wrong in [
            "Zg", "Zg=", "Zg===", "Zm8", "Zm9v=", "Zm9v====", "Zh==", "Zm9=", "Zg==\n", " Zg=",
            "Z===", "=", "====", "Zg==Zg==", "Zm9é",
        ] {
            assert_eq!(decode(wrong), None, "{wrong:?}");
        }
        for wrong in ["Zg==", "Zh", "Zm9", "Z", "Zm9vZ", "Zg\n", "Zm9é"] {
            assert_eq!(decode_url(wrong), None, "{wrong:?}");
        }
    }
}
