//! Reads an operation, and says so when there is more in it than this version knows.
//!
//! Not here: judging it. Names, codes and values are whatever was written.

use super::{AMEND, CONTEXT_FIELDS, CREATE, OBSERVATION, PAYLOAD_FIELDS, PERSON, ROUND_REPORT};
use super::{SCHEMA, WITHDRAW};
use crate::EnvelopeError;
use crate::canonical::Reader;
use veldpost_domain::{
    Act, Answer, Answers, CampaignId, Context, FieldChange, FormVersion, Hlc, Operation,
    OperationId, OrganisationId, RecordId, RecordKind, RoundId, Unreadable,
};
use zeroize::Zeroizing;

/// A payload that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// The record that it is about, known or not.
    pub record: RecordId,
    /// The act's identity: the same act received twice is one act.
    pub id: OperationId,
    /// Order in time.
    pub hlc: Hlc,
    /// The operation; none when its schema, act or an answer is newer than this version. Then it is
    /// parked: kept, passed on, and applied after an update.
    pub operation: Option<Operation>,
    /// Whether fields were appended that this version does not know.
    pub has_newer_fields: bool,
    /// The bytes as they came: what is stored and passed on.
    pub original: &'a [u8],
}

/// Reads a payload.
///
/// # Errors
/// `Malformed` when it is not one, or not canonical.
pub fn decode_operation(bytes: &[u8]) -> Result<Decoded<'_>, EnvelopeError> {
    let mut input = Reader::new(bytes);
    let mut newer = input.record(PAYLOAD_FIELDS)?;
    let appended = newer;
    let kind = read_kind(input.uint()?);
    let schema = input.uint()?;
    let record = RecordId(input.byte_array()?);
    let id = OperationId(input.byte_array()?);
    let hlc = Hlc(input.uint()?);
    let act = input.uint()?;
    let mut body = input.clone();
    let known = match (schema, kind) {
        (SCHEMA, Some(kind)) => read_act(act, &mut body, &mut newer)?.map(|act| (kind, act)),
        _ => None,
    };
    match known {
        Some(_) => input = body,
        None => input.skip()?,
    }
    input.skip_many(appended)?;
    input.end()?;
    let operation = known.map(|(kind, act)| Operation {
        kind,
        record,
        id,
        hlc,
        act,
    });
    let has_newer_fields = newer > 0;
    Ok(Decoded {
        record,
        id,
        hlc,
        operation,
        has_newer_fields,
        original: bytes,
    })
}

/// The payload with its creation marked as one that was made on a device of its own: what is sealed again for a region.
/// Everything else stays byte for byte as it came, newer fields too; so does what is no creation, or newer than this
/// version.
///
/// # Errors
/// `Malformed` when it is no payload.
pub fn mark_from_solo(payload: &[u8]) -> Result<Zeroizing<Vec<u8>>, EnvelopeError> {
    let mut marked = Zeroizing::new(payload.to_vec());
    let decoded = decode_operation(payload)?;
    if let Some(Operation {
        act: Act::Create { .. },
        ..
    }) = decoded.operation
    {
        let mut input = Reader::new(payload);
        input.record(PAYLOAD_FIELDS)?;
        input.skip_many(PAYLOAD_FIELDS - 1)?;
        input.record(2)?;
        input.record(CONTEXT_FIELDS)?;
        input.skip_many(CONTEXT_FIELDS - 1)?;
        let at = payload.len() - input.remaining();
        if let Some(byte) = marked.get_mut(at) {
            *byte = TRUE;
        }
    }
    Ok(marked)
}

/// `true` in CBOR: one byte, as `false` is.
const TRUE: u8 = 0xf5;

fn read_kind(code: u64) -> Option<RecordKind> {
    match code {
        OBSERVATION => Some(RecordKind::Observation),
        PERSON => Some(RecordKind::Person),
        ROUND_REPORT => Some(RecordKind::RoundReport),
        other => u16::try_from(other).ok().map(RecordKind::Unknown),
    }
}

/// None for what a later version writes; the body is then walked over as a whole.
fn read_act(
    code: u64,
    input: &mut Reader<'_>,
    newer: &mut usize,
) -> Result<Option<Act>, EnvelopeError> {
    let fields = if code == CREATE { 2 } else { 1 };
    if !matches!(code, CREATE | AMEND | WITHDRAW) {
        return Ok(None);
    }
    let appended = input.record(fields)?;
    let act = match code {
        CREATE => {
            let context = read_context(input, newer)?;
            let Some(answers) = read_packed(input, Answers::unpack)? else {
                return Ok(None);
            };
            Act::Create { context, answers }
        }
        AMEND => {
            let mut changes = Vec::new();
            for _ in 0..input.array()? {
                let Some(change) = read_change(input, newer)? else {
                    return Ok(None);
                };
                changes.push(change);
            }
            Act::Amend { changes }
        }
        _ => Act::Withdraw {
            reason: input.text()?.to_owned(),
        },
    };
    input.skip_many(appended)?;
    *newer += appended;
    Ok(Some(act))
}

fn read_context(input: &mut Reader<'_>, newer: &mut usize) -> Result<Context, EnvelopeError> {
    let appended = input.record(CONTEXT_FIELDS)?;
    let text = |input: &mut Reader<'_>| input.text().map(str::to_owned);
    let context = Context {
        campaign: CampaignId(input.byte_array()?),
        at: input.int()?,
        round: input.optional(|input| input.byte_array().map(RoundId))?,
        organisation: input.optional(|input| input.byte_array().map(OrganisationId))?,
        crew: input.optional(text)?,
        area: input.optional(text)?,
        form: input.optional(|input| {
            let appended = input.record(2)?;
            let form = FormVersion {
                id: text(input)?,
                version: text(input)?,
            };
            input.skip_many(appended)?;
            *newer += appended;
            Ok(form)
        })?,
        promoted_from: input.optional(|input| input.byte_array().map(RecordId))?,
        from_solo: input.bool()?,
    };
    input.skip_many(appended)?;
    *newer += appended;
    Ok(context)
}

/// None for an answer of a kind that this version does not know.
fn read_packed<T>(
    input: &mut Reader<'_>,
    unpack: impl FnOnce(&[u8]) -> Result<(T, usize), Unreadable>,
) -> Result<Option<T>, EnvelopeError> {
    match unpack(input.rest()) {
        Ok((value, length)) => input.pass(length).map(|()| Some(value)),
        Err(Unreadable::Unknown) => Ok(None),
        Err(Unreadable::Malformed) => Err(EnvelopeError::Malformed("not canonical")),
    }
}

fn read_change(
    input: &mut Reader<'_>,
    newer: &mut usize,
) -> Result<Option<FieldChange>, EnvelopeError> {
    let appended = input.record(3)?;
    let name = input.text()?.to_owned();
    let value = if input.null() {
        None
    } else {
        let Some(value) = read_packed(input, Answer::unpack)? else {
            return Ok(None);
        };
        Some(value)
    };
    let base = OperationId(input.byte_array()?);
    input.skip_many(appended)?;
    *newer += appended;
    Ok(Some(FieldChange { name, value, base }))
}
