//! Writes an operation.
//!
//! Not here: fields that another version appended; those travel on as the bytes that came.

use super::{AMEND, CONTEXT_FIELDS, CREATE, OBSERVATION, PAYLOAD_FIELDS, PERSON, ROUND_REPORT};
use super::{SCHEMA, WITHDRAW};
use crate::canonical::Writer;
use veldpost_domain::{Act, Context, FieldChange, Operation, RecordKind};

/// `[kind, schema, record, operation, hlc, act, body]`.
#[must_use]
pub fn encode_operation(operation: &Operation) -> Vec<u8> {
    let mut out = Writer::with_capacity(512);
    write_operation(operation, &mut out);
    out.finish()
}

/// As [`encode_operation`], in place of what the buffer held: many are sealed one after the other.
pub fn encode_operation_in(operation: &Operation, buffer: &mut Vec<u8>) {
    let mut out = Writer::reusing(core::mem::take(buffer));
    write_operation(operation, &mut out);
    *buffer = out.finish();
}

fn write_operation(operation: &Operation, out: &mut Writer) {
    out.array(PAYLOAD_FIELDS)
        .uint(kind_code(operation.kind))
        .uint(SCHEMA);
    out.bytes(&operation.record.0)
        .bytes(&operation.id.0)
        .uint(operation.hlc.0);
    match &operation.act {
        Act::Create { context, answers } => {
            out.uint(CREATE).array(2);
            write_context(out, context);
            out.packed(|out| answers.pack(out));
        }
        Act::Amend { changes } => {
            out.uint(AMEND).array(1).array(changes.len());
            changes.iter().for_each(|change| write_change(out, change));
        }
        Act::Withdraw { reason } => {
            out.uint(WITHDRAW).array(1).text(reason);
        }
    }
}

fn kind_code(kind: RecordKind) -> u64 {
    match kind {
        RecordKind::Observation => OBSERVATION,
        RecordKind::Person => PERSON,
        RecordKind::RoundReport => ROUND_REPORT,
        RecordKind::Unknown(code) => code.into(),
    }
}

/// `[campaign, at, round, organisation, crew, area, form, promoted_from, from_solo]`.
fn write_context(out: &mut Writer, context: &Context) {
    out.array(CONTEXT_FIELDS)
        .bytes(&context.campaign.0)
        .int(context.at);
    out.bytes_or_null(context.round.as_ref().map(|id| id.0.as_slice()));
    out.bytes_or_null(context.organisation.as_ref().map(|id| id.0.as_slice()));
    out.text_or_null(context.crew.as_deref())
        .text_or_null(context.area.as_deref());
    match &context.form {
        Some(form) => out.array(2).text(&form.id).text(&form.version),
        None => out.null(),
    };
    out.bytes_or_null(context.promoted_from.as_ref().map(|id| id.0.as_slice()));
    out.bool(context.from_solo);
}

/// `[name, value | null, base]`.
fn write_change(out: &mut Writer, change: &FieldChange) {
    out.array(3).text(&change.name);
    match &change.value {
        Some(value) => out.packed(|out| value.pack(out)),
        None => {
            out.null();
        }
    }
    out.bytes(&change.base.0);
}
