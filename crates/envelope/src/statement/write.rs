//! Writes a statement as the payload of an entry.
//!
//! Not here: sealing it; it goes into the coordinator's own stream of the purpose that it is about.

use super::{
    MAX_NAME, MAX_REMARK, MAX_REPLACES, STATE, Says, Statement, StatementKind, Subject, Verdict,
};
use crate::EnvelopeError;
use crate::canonical::Writer;
use crate::payload::{PAYLOAD_FIELDS, SCHEMA};
use veldpost_domain::OperationId;
use zeroize::Zeroizing;

/// `[kind, schema, record, operation, hlc, 4, body]`.
///
/// # Errors
/// `TooLarge` for a list or a text over its limit; `Malformed` for a range that ends before it begins, and for a
/// judgement on a campaign.
pub fn encode_statement(statement: &Statement) -> Result<Zeroizing<Vec<u8>>, EnvelopeError> {
    check(&statement.says)?;
    let mut out = Writer::with_capacity(512 + 17 * statement.says.replaces().len());
    out.array(PAYLOAD_FIELDS)
        .uint(statement.says.kind().code())
        .uint(SCHEMA);
    out.bytes(&statement.says.record().0)
        .bytes(&statement.id.0)
        .uint(statement.hlc.0)
        .uint(STATE);
    write_body(&mut out, &statement.says);
    Ok(Zeroizing::new(out.finish()))
}

/// The limits of what a statement holds: the same for writer and reader.
pub(super) fn check(says: &Says) -> Result<(), EnvelopeError> {
    let (text, limit) = match says {
        Says::Judgement { remark, .. } => (remark.as_str(), MAX_REMARK),
        Says::LinkSecret { name, .. } | Says::DeviceName { name, .. } => (name.as_str(), MAX_NAME),
        Says::Clock { .. } | Says::CountsFor { .. } => ("", 0),
    };
    if text.len() > limit {
        return Err(EnvelopeError::TooLarge("text of a statement"));
    }
    if says.replaces().len() > MAX_REPLACES {
        return Err(EnvelopeError::TooLarge("replaces"));
    }
    match says.subject() {
        Subject::Range(range) if range.last.is_some_and(|last| last < range.first) => {
            Err(EnvelopeError::Malformed("range"))
        }
        Subject::Campaign(_) if says.kind() != StatementKind::CountsFor => {
            Err(EnvelopeError::Malformed("subject of another kind"))
        }
        _ => Ok(()),
    }
}

fn write_body(out: &mut Writer, says: &Says) {
    out.array(fields(says.kind()));
    says.subject().write(out);
    match says {
        Says::Judgement {
            verdict,
            replaces,
            remark,
            ..
        } => {
            out.uint(code(*verdict));
            write_ids(out, replaces);
            out.text(remark);
        }
        Says::Clock {
            offset, replaces, ..
        } => {
            out.int(*offset);
            write_ids(out, replaces);
        }
        Says::LinkSecret { secret, name, .. } => {
            out.bytes(secret.bytes()).text(name);
        }
        Says::DeviceName { name, replaces, .. } => {
            out.text(name);
            write_ids(out, replaces);
        }
        Says::CountsFor {
            campaign, replaces, ..
        } => {
            out.bytes_or_null(campaign.as_ref().map(|id| id.0.as_slice()));
            write_ids(out, replaces);
        }
    }
}

/// How many fields a body has in version 1.
pub(super) fn fields(kind: StatementKind) -> usize {
    match kind {
        StatementKind::Judgement => 4,
        StatementKind::Clock
        | StatementKind::LinkSecret
        | StatementKind::DeviceName
        | StatementKind::CountsFor => 3,
    }
}

fn code(verdict: Verdict) -> u64 {
    verdict as u64
}

fn write_ids(out: &mut Writer, ids: &[OperationId]) {
    out.array(ids.len());
    ids.iter().for_each(|id| {
        out.bytes(&id.0);
    });
}
