//! One label for each use of a hash, a signature or a derived key, so that none can stand in for another.
//!
//! Not here: what is hashed or signed under them; `docs/format.md` section 2 lists every label.

use crate::secret::Secret;
use hkdf::Hkdf;
use sha2::{Digest, Sha256};

/// `veldpost/1/<use>` and a zero byte. The list is final; a new use gets a new label.
macro_rules! labels {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub const $name: &[u8] = concat!("veldpost/1/", $text, "\0").as_bytes();)*

        /// Every label that is in use or kept for the next steps.
        pub const ALL: &[&[u8]] = &[$($name),*];
    };
}

labels! {
    /// Sub-key of the local vault key for one purpose.
    VAULT = "vault";
    /// Id of a content key.
    CK = "ck";
    /// HPKE wrap of a content key.
    WRAP_CK = "wrap-ck";
    /// HPKE wrap of an epoch secret, and its encapsulation randomness.
    WRAP_EPOCH = "wrap-epoch";
    /// HPKE wrap of a settings key.
    WRAP_SETTINGS = "wrap-settings";
    /// Invitation: key of the join request.
    JOIN = "join";
    /// Invitation: token for the relay.
    RELAY = "relay";
    /// Invitation: key of labels.
    LABEL = "label";
    /// Signed requests: the tag, without its zero byte.
    REQ = "req";
    /// Hash and signature of an entry.
    ENTRY = "entry";
    /// Id of a stream.
    STREAM = "stream";
    /// Hash and signature of a roster act.
    ROSTER = "roster";
    /// Hash and signature of a receipt.
    RECEIPT = "receipt";
    /// Hash and signature of a checkpoint.
    CHECKPOINT = "checkpoint";
    /// Hash and signature of an erasure.
    ERASE = "erase";
    /// Six words of an enrolment.
    SAS = "sas";
    /// Check bytes that join the rows of a recovery kit.
    KIT = "kit";
    /// Key that wraps the vault, from the unlock secret.
    UNLOCK = "unlock";
    /// Key that wraps the vault of a practice region, from the local key.
    OWN_KEY = "own-key";
    /// HPKE wrap of the vault, for the recovery kit.
    WRAP_VAULT = "wrap-vault";
    /// Block of local records.
    BLOCK = "block";
    /// Draft sealed to the device's own encryption key.
    DRAFT = "draft";
    /// Local sub-key: stubs.
    LOCAL_STUB = "local-stub";
    /// Local sub-key: the open round.
    LOCAL_ROUND = "local-round";
    /// Local sub-key: drafts.
    LOCAL_DRAFT = "local-draft";
    /// Local sub-key: the settings of a region of one.
    LOCAL_SOLO = "local-solo";
    /// Sub-key of a settings key for one kind of blob, and `aad` of a blob.
    SETTINGS = "settings";
    /// Proof of an invitation, under its join key.
    INVITE = "invite";
    /// Hash of an invitation's relay token.
    TOKEN = "token";
    /// What a newcomer may know before it is admitted, under the label key.
    WELCOME = "welcome";
    /// What a newcomer calls itself, under the label key.
    NAME = "name";
    /// Hash and signature of a join.
    JOIN_REQUEST = "join-request";
    /// Proof of a join, under the join key.
    JOIN_PROOF = "join-proof";
    /// Id of a blob.
    BLOB = "blob";
    /// Id of what a judgement is about.
    SUBJECT = "subject";
}

/// SHA-256 over the concatenation of the parts.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

/// HKDF-SHA256 (RFC 5869) without salt; `info` is the concatenation of the parts.
#[must_use]
pub fn derive(secret: &Secret, info: &[&[u8]]) -> Secret {
    Secret::made_by(|out| {
        // 32 bytes are always within HKDF's bound of 255 blocks, so that this cannot fail.
        let expanded =
            Hkdf::<Sha256>::new(None, secret.bytes()).expand_multi_info(info, out.as_mut_slice());
        debug_assert!(expanded.is_ok());
    })
}

/// What vouches for bytes by a shared key: `HKDF(key, label ‖ SHA-256(bytes))`.
#[must_use]
pub fn mac(key: &Secret, label: &[u8], bytes: &[u8]) -> Secret {
    derive(key, &[label, &sha256(&[bytes])])
}

/// Whether two are the same, in a time that does not tell where they differ.
#[must_use]
pub fn same(one: &[u8], other: &[u8]) -> bool {
    let differing = one
        .iter()
        .zip(other)
        .fold(0, |sum, (one, other)| sum | (one ^ other));
    one.len() == other.len() && core::hint::black_box(differing) == 0
}

#[cfg(test)]
mod tests {
    use super::{ALL, same};
    use std::collections::BTreeSet;

    #[test]
    fn what_differs_in_a_bit_or_in_length_is_not_the_same() {
        assert!(same(b"mac", b"mac") && same(b"", b""));
        for other in [b"mab".as_slice(), b"lac", b"ma", b"macs", b""] {
            assert!(!same(b"mac", other), "{other:?}");
        }
    }

    #[test]
    fn every_label_is_its_own_and_none_begins_another() {
        let distinct: BTreeSet<_> = ALL.iter().collect();
        assert_eq!(distinct.len(), ALL.len());
        for one in ALL {
            assert_eq!(one.iter().filter(|byte| **byte == 0).count(), 1);
            assert_eq!(one.last(), Some(&0));
        }
    }
}
