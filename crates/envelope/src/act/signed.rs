//! An act as it came: its bytes, its head, its signer, and what it does.
//!
//! Not here: whether it follows the roster's head and may have its effect.

use super::{Act, ActHead, HEAD_FIELDS, INVITE, Invite, MAX_ACT, MAX_SMALL_ACT};
use super::{DEVICE_ADD, DEVICE_REMOVE, EPOCH_NEW, INVITE_END, RECOVER};
use super::{GENESIS, hash, sign};
use crate::canonical::{Reader, Writer};
use crate::{ActHash, DevicePublic, DeviceSigningKey, EnvelopeError, Signature, label};

/// An act whose signature holds, beside the bytes that are kept and passed on.
#[derive(Clone, Copy, Debug)]
pub struct SignedAct<'a> {
    /// What it begins with.
    pub head: ActHead,
    /// Its hash.
    pub hash: ActHash,
    /// Who signed it.
    pub signer: DevicePublic,
    bytes: &'a [u8],
    body: &'a [u8],
}

impl<'a> SignedAct<'a> {
    /// Reads an act as far as every kind is the same, and checks its signature.
    ///
    /// # Errors
    /// `TooLarge`, `Malformed`, `Forged` for the signature, `Newer` for another version or suite.
    pub fn open(bytes: &'a [u8]) -> Result<Self, EnvelopeError> {
        if bytes.len() > MAX_ACT {
            return Err(EnvelopeError::TooLarge("act"));
        }
        let mut input = Reader::new(bytes);
        let newer = input.record(3)?;
        let body = input.bytes()?;
        let signer = DevicePublic(input.byte_array()?);
        let signature: Signature = input.byte_array()?;
        input.skip_many(newer)?;
        input.end()?;
        let mut input = Reader::new(body);
        input.record(HEAD_FIELDS)?;
        let head = ActHead::read(&mut input)?;
        let hash = hash(head.kind, body, &signer);
        signer.verify(label::ROSTER, &hash.0, &signature)?;
        Ok(Self {
            head,
            hash,
            signer,
            bytes,
            body,
        })
    }

    /// What was signed.
    pub(crate) fn body(&self) -> &'a [u8] {
        self.body
    }

    /// The original bytes.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// What it does.
    ///
    /// # Errors
    /// `TooLarge` over the limits of its kind; `Malformed`; `Newer` for a purpose, form or stage
    /// that this version does not know.
    pub fn decode(&self) -> Result<Act, EnvelopeError> {
        // What a later version appends to the frame is in no hash: a relay that adds it takes no effect away.
        if signed_length(self.body) > limit(self.head.kind) {
            return Err(EnvelopeError::TooLarge("act"));
        }
        Act::from_body(self.head.kind, self.body)
    }

    /// Of an invite, the bytes that its proof is over: the encodings of all fields before it.
    ///
    /// # Errors
    /// `Malformed` for another kind.
    pub fn proven(&self) -> Result<&'a [u8], EnvelopeError> {
        const NOT_AN_INVITE: EnvelopeError = EnvelopeError::Malformed("not an invite");
        if self.head.kind != INVITE {
            return Err(NOT_AN_INVITE);
        }
        let mut input = Reader::new(self.body);
        input.array()?;
        let fields = input.rest();
        input.skip_many(HEAD_FIELDS + 7)?;
        fields
            .get(..fields.len() - input.remaining())
            .ok_or(NOT_AN_INVITE)
    }
}

/// How many bytes an act of this kind may have. One that is not known yet may be a large one.
fn limit(kind: u64) -> usize {
    match kind {
        GENESIS | DEVICE_ADD | DEVICE_REMOVE | EPOCH_NEW | RECOVER => MAX_ACT,
        INVITE..=INVITE_END => MAX_SMALL_ACT,
        _ => MAX_ACT,
    }
}

/// How long `[body, signer, signature]` is.
fn signed_length(body: &[u8]) -> usize {
    let mut out = Writer::with_capacity(16);
    out.array(3).bytes(&[0; 32]).bytes(&[0; 64]);
    let frame = out.length();
    let head = match body.len() {
        0..24 => 1,
        24..0x100 => 2,
        0x100..0x1_0000 => 3,
        _ => 5,
    };
    frame + head + body.len()
}

/// Signs an act behind this head, whose `kind` is taken from the act. Nothing is made that a reader
/// would refuse to decode.
///
/// # Errors
/// `TooLarge` or `Malformed` when it is over a limit of its kind.
pub fn create(
    head: &ActHead,
    act: &Act,
    signer: &DeviceSigningKey,
) -> Result<Vec<u8>, EnvelopeError> {
    let head = ActHead {
        kind: act.kind(),
        ..*head
    };
    let body = act.body(&head);
    Act::from_body(head.kind, &body)?;
    let bytes = sign(head.kind, &body, signer)?;
    if signed_length(&body) > limit(head.kind) {
        return Err(EnvelopeError::TooLarge("act"));
    }
    Ok(bytes)
}

/// What an invite's proof is over, before the act is made.
#[must_use]
pub fn proven_by_invite(head: &ActHead, invite: &Invite) -> Vec<u8> {
    let mut out = Writer::with_capacity(MAX_SMALL_ACT);
    ActHead {
        kind: INVITE,
        ..*head
    }
    .write(&mut out);
    invite.write_before_proof(&mut out);
    out.finish()
}
