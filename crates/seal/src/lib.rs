//! What is done to each byte that is sealed or opened: XChaCha20-Poly1305, and the letters that a padded payload is
//! written in.
//!
//! A crate of its own because of how it is compiled: a generic cipher is compiled where it is used, and in a crate that is
//! compiled for size its rounds are calls. Not here: keys, nonces and what any of it means (`veldpost-envelope`).

pub mod letters;

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};

/// Bytes that a seal adds.
pub const TAG: usize = 16;
/// Bytes of a nonce.
pub const NONCE: usize = 24;
/// Bytes of a key.
pub const KEY: usize = 32;

/// Seals a text where it lies; none for one of 256 GiB or more.
#[must_use]
pub fn seal(
    key: &[u8; KEY],
    nonce: &[u8; NONCE],
    aad: &[u8],
    text: &mut [u8],
) -> Option<[u8; TAG]> {
    let sealed = XChaCha20Poly1305::new(key.into()).encrypt_inout_detached(
        &XNonce::from(*nonce),
        aad,
        text.into(),
    );
    sealed.ok().map(Into::into)
}

/// Opens a text where it lies: whether the seal holds. Where it does not, the text stays sealed.
#[must_use]
pub fn open(
    key: &[u8; KEY],
    nonce: &[u8; NONCE],
    aad: &[u8],
    text: &mut [u8],
    tag: &[u8; TAG],
) -> bool {
    let opened = XChaCha20Poly1305::new(key.into()).decrypt_inout_detached(
        &XNonce::from(*nonce),
        aad,
        text.into(),
        &Tag::from(*tag),
    );
    opened.is_ok()
}

#[cfg(test)]
mod tests {
    use super::{KEY, NONCE, open, seal};

    #[test]
    fn what_does_not_hold_stays_sealed() {
        let (key, nonce) = ([1; KEY], [2; NONCE]);
        let mut text = *b"Slaapt bij een vriend";
        let tag = seal(&key, &nonce, b"header", &mut text).unwrap();
        let sealed = text;
        assert_ne!(&sealed, b"Slaapt bij een vriend");
        for (key, nonce, aad) in [
            ([3; KEY], nonce, &b"header"[..]),
            (key, [3; NONCE], b"header"),
            (key, nonce, b"another"),
        ] {
            assert!(!open(&key, &nonce, aad, &mut text, &tag));
            assert_eq!(text, sealed);
        }
        assert!(open(&key, &nonce, b"header", &mut text, &tag));
        assert_eq!(&text, b"Slaapt bij een vriend");
    }
}
