//! Base64url without padding (RFC 4648 section 5), strict: bytes have one text, and a text that is
//! no bytes' is refused by name.
//!
//! Not here: the codec itself, which takes the same time for all secrets; `argon2` brings it along.

use crate::secret::Secret;
use base64ct::{Base64UrlUnpadded, Encoding};
use zeroize::Zeroizing;

/// Why a text is nobody's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Base64Problem {
    /// It ends in `=`, or holds one.
    #[error("padded")]
    Padded,
    /// It holds something that is not a letter, a digit, `-` or `_`.
    #[error("a character that does not occur")]
    Character,
    /// It is longer or shorter than what it is to hold.
    #[error("too long or too short")]
    Length,
    /// Bits behind the last byte are set: another text says the same.
    #[error("spare bits are set")]
    SpareBits,
}

/// Writes bytes behind a text.
pub fn encode_to(bytes: &[u8], out: &mut String) {
    let mut room = Zeroizing::new(vec![0; Base64UrlUnpadded::encoded_len(bytes)]);
    // The room is as long as it says, so that this cannot fail.
    let text = Base64UrlUnpadded::encode(bytes, &mut room);
    debug_assert!(text.is_ok());
    out.push_str(text.unwrap_or_default());
}

/// Bytes as a text.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(Base64UrlUnpadded::encoded_len(bytes));
    encode_to(bytes, &mut out);
    out
}

/// Reads a text into room, and gives the part of it that was filled.
///
/// # Errors
/// What is wrong with the text; `Length` too when there is not room for it.
pub fn decode_in<'a>(text: &str, room: &'a mut [u8]) -> Result<&'a [u8], Base64Problem> {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if text.contains('=') {
        Err(Base64Problem::Padded)
    } else if !text.bytes().all(known) {
        Err(Base64Problem::Character)
    } else if text.len() % 4 == 1 || decoded_length(text) > room.len() {
        Err(Base64Problem::Length)
    } else {
        Base64UrlUnpadded::decode(text, room).map_err(|_| Base64Problem::SpareBits)
    }
}

fn decoded_length(text: &str) -> usize {
    text.len() / 4 * 3 + text.len() % 4 * 3 / 4
}

/// Reads exactly `N` bytes.
///
/// # Errors
/// What is wrong with the text.
pub fn decode_array<const N: usize>(text: &str) -> Result<[u8; N], Base64Problem> {
    let mut bytes = [0; N];
    whole(text, &mut bytes)?;
    Ok(bytes)
}

/// Reads a secret, straight to where it stays.
///
/// # Errors
/// What is wrong with the text.
pub fn decode_secret(text: &str) -> Result<Secret, Base64Problem> {
    let mut read = Ok(());
    let secret = Secret::made_by(|out| read = whole(text, out));
    read.map(|()| secret)
}

/// A text that is too short is that, whatever its last bits are.
fn whole(text: &str, room: &mut [u8]) -> Result<(), Base64Problem> {
    let fits = decoded_length(text) == room.len();
    match decode_in(text, room) {
        Ok(_) | Err(Base64Problem::SpareBits) if !fits => Err(Base64Problem::Length),
        read => read.map(drop),
    }
}

#[cfg(test)]
mod tests {
    use super::{Base64Problem, decode_array, decode_in, encode};

    /// RFC 4648 section 10, without its padding; and the two characters of section 5.
    const PUBLISHED: [(&[u8], &str); 8] = [
        (b"", ""),
        (b"f", "Zg"),
        (b"fo", "Zm8"),
        (b"foo", "Zm9v"),
        (b"foob", "Zm9vYg"),
        (b"fooba", "Zm9vYmE"),
        (b"foobar", "Zm9vYmFy"),
        (&[0xfb, 0xff, 0xbf], "-_-_"),
    ];

    #[test]
    fn the_codec_is_that_of_rfc_4648() {
        for (bytes, text) in PUBLISHED {
            assert_eq!(encode(bytes), text);
            assert_eq!(decode_in(text, &mut [0; 8]), Ok(bytes));
        }
    }

    #[test]
    fn every_other_text_is_refused_by_name() {
        for (text, problem) in [
            ("Zg==", Base64Problem::Padded),
            ("Z=g", Base64Problem::Padded),
            ("Zm+v", Base64Problem::Character),
            ("Zm/v", Base64Problem::Character),
            ("Zm v", Base64Problem::Character),
            ("Zmév", Base64Problem::Character),
            ("Z", Base64Problem::Length),
            ("Zm9vY", Base64Problem::Length),
            ("Zm9vYmFyZm9v", Base64Problem::Length),
            ("Zh", Base64Problem::SpareBits),
            ("Zm9", Base64Problem::SpareBits),
        ] {
            assert_eq!(decode_in(text, &mut [0; 8]), Err(problem), "{text}");
        }
        assert_eq!(decode_array::<3>("Zm8"), Err(Base64Problem::Length));
        assert_eq!(decode_array::<1>("Zm8"), Err(Base64Problem::Length));
        assert_eq!(decode_array::<3>("Zm9"), Err(Base64Problem::Length));
        assert_eq!(decode_array::<2>("Zm9"), Err(Base64Problem::SpareBits));
    }
}
