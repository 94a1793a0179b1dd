//! Reads a statement, and says so when there is more in it than this version knows.
//!
//! Not here: judging it.

use super::write::{check, fields};
use super::{
    FIRST_KIND, MAX_PAYLOAD, MAX_REPLACES, STATE, Says, Statement, StatementKind, Subject, Verdict,
};
use crate::EnvelopeError;
use crate::canonical::Reader;
use crate::keys::read_secret;
use crate::payload::{PAYLOAD_FIELDS, SCHEMA};
use veldpost_domain::{CampaignId, Hlc, OperationId, RecordId};

/// A payload of kind 16 or above that was read.
#[derive(Clone, Debug)]
pub struct DecodedStatement<'a> {
    /// The record that stands for what it is about, known or not.
    pub record: RecordId,
    /// The statement's identity.
    pub id: OperationId,
    /// Order in time.
    pub hlc: Hlc,
    /// The statement; none when its kind, schema, act, form of subject or verdict is newer than this version. Then it
    /// is parked: kept, passed on, and read after an update.
    pub statement: Option<Statement>,
    /// Whether fields were appended that this version does not know.
    pub has_newer_fields: bool,
    /// The bytes as they came: what is stored and passed on.
    pub original: &'a [u8],
}

/// Reads a payload.
///
/// # Errors
/// `TooLarge` before anything is read and for what is over its limit; `Malformed` when it is no statement, not
/// canonical, or its record is not that of what it is about.
pub fn decode_statement(bytes: &[u8]) -> Result<DecodedStatement<'_>, EnvelopeError> {
    if bytes.len() > MAX_PAYLOAD {
        return Err(EnvelopeError::TooLarge("payload"));
    }
    let mut input = Reader::new(bytes);
    let appended = input.record(PAYLOAD_FIELDS)?;
    let kind = input.uint()?;
    if kind < FIRST_KIND {
        return Err(EnvelopeError::Malformed("not a statement"));
    }
    let schema = input.uint()?;
    let record = RecordId(input.byte_array()?);
    let id = OperationId(input.byte_array()?);
    let hlc = Hlc(input.uint()?);
    let act = input.uint()?;
    let mut newer = appended;
    let mut body = input.clone();
    let says = match (schema, act, StatementKind::from_code(kind)) {
        (SCHEMA, STATE, Some(kind)) => read_body(kind, &mut body, &mut newer)?,
        _ => None,
    };
    match &says {
        Some(says) if says.record() != record => {
            return Err(EnvelopeError::Malformed("another subject"));
        }
        Some(_) => input = body,
        None => input.skip()?,
    }
    input.skip_many(appended)?;
    input.end()?;
    Ok(DecodedStatement {
        record,
        id,
        hlc,
        statement: says.map(|says| Statement { id, hlc, says }),
        has_newer_fields: newer > 0,
        original: bytes,
    })
}

/// None for what a later version writes; the body is then walked over as a whole.
fn read_body(
    kind: StatementKind,
    input: &mut Reader<'_>,
    newer: &mut usize,
) -> Result<Option<Says>, EnvelopeError> {
    let appended = input.record(fields(kind))?;
    let Some(subject) = Subject::read(input)? else {
        return Ok(None);
    };
    let says = match (kind, subject) {
        // No verdict is about a campaign yet: readers of before park it too.
        (StatementKind::Judgement, Subject::Campaign(_)) => return Ok(None),
        (StatementKind::Judgement, subject) => {
            let verdict = match input.uint()? {
                1 => Verdict::Admit,
                2 => Verdict::Refuse,
                _ => return Ok(None),
            };
            Says::Judgement {
                subject,
                verdict,
                replaces: read_ids(input)?,
                remark: input.text()?.to_owned(),
            }
        }
        (StatementKind::Clock, Subject::Range(range)) => Says::Clock {
            range,
            offset: input.int()?,
            replaces: read_ids(input)?,
        },
        (StatementKind::LinkSecret, Subject::Invitation(invitation)) => Says::LinkSecret {
            invitation,
            secret: read_secret(input)?,
            name: input.text()?.to_owned(),
        },
        (StatementKind::DeviceName, Subject::Device(device)) => Says::DeviceName {
            device,
            name: input.text()?.to_owned(),
            replaces: read_ids(input)?,
        },
        (StatementKind::CountsFor, Subject::Campaign(made_for)) => Says::CountsFor {
            made_for,
            campaign: input.optional(|input| input.byte_array().map(CampaignId))?,
            replaces: read_ids(input)?,
        },
        _ => return Err(EnvelopeError::Malformed("subject of another kind")),
    };
    input.skip_many(appended)?;
    *newer += appended;
    check(&says)?;
    Ok(Some(says))
}

fn read_ids(input: &mut Reader<'_>) -> Result<Vec<OperationId>, EnvelopeError> {
    let length = input.array()?;
    if length > MAX_REPLACES {
        return Err(EnvelopeError::TooLarge("replaces"));
    }
    (0..length)
        .map(|_| input.byte_array().map(OperationId))
        .collect()
}
