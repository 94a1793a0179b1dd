//! What can go wrong with bytes, by what the caller can do about it.
//!
//! Not here: anything that was in the bytes. No variant carries an answer, a name or a key.

use crate::roster::Reason;

/// Why bytes were not made, not accepted or not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Not the bytes that the format describes: set apart and report; trying again cannot help.
    #[error("malformed: {0}")]
    Malformed(&'static str),
    /// Well formed, but a seal, a signature, a hash or a chain does not hold: set apart, report as
    /// tampering or as a restored device.
    #[error("does not verify: {0}")]
    Forged(&'static str),
    /// Made by a newer version: keep the bytes, ask for an update.
    #[error("made by a newer version: {0}")]
    Newer(&'static str),
    /// Made at a roster act that is not held: read the roster first, and refuse it when the act is
    /// not there, for then the relay shows less than the writer had.
    #[error("made at an act that is not held")]
    UnknownAct,
    /// Whoever signed it may not say this: set apart, report.
    #[error("not allowed: {0}")]
    NotAllowed(&'static str),
    /// This key is not among the recipients: keep the bytes, somebody else can open them.
    #[error("not sealed to this key")]
    NotForThisKey,
    /// Over a limit of the format: make it smaller or split it; nothing was made.
    #[error("too large: {0}")]
    TooLarge(&'static str),
    /// A rule of the roster does not hold: every reader would keep the act without effect. Nothing was signed.
    #[error("the act would have no effect: {0}")]
    WithoutEffect(Reason),
    /// The content key is older than a day or has sealed 500 entries: make a new one.
    #[error("the content key is used up")]
    ContentKeyUsedUp,
    /// The passphrase does not open this wrap: ask again.
    #[error("wrong passphrase")]
    WrongPassphrase,
    /// Key-derivation parameters outside the bounds: refuse, never fall back.
    #[error("key-derivation parameters out of bounds")]
    Parameters,
    /// The device has too little memory for these parameters: step down to the floor.
    #[error("not enough memory to derive the key")]
    Memory,
}
