//! `/v1/openapi.json`: the calls and codes for tools, made from the same tables that the relay answers by.
//!
//! Deliberately not here: what stands in the bodies. They are CBOR; `docs/format.md` says what is in them.

use std::sync::LazyLock;

use axum::body::Body;
use axum::response::Response;
use serde_json::{Map, Value, json};
use veldpost_envelope::wire::{Call, Code, SignedBy};

use super::answer::typed;

static TEXT: LazyLock<String> = LazyLock::new(|| description().to_string());

pub(super) fn answer() -> Response {
    typed("application/json", Body::from(TEXT.as_str()))
}

fn description() -> Value {
    let calls = Call::ALL.map(|call| (call.path().to_owned(), json!({ "post": operation(call) })));
    let mut paths: Map<String, Value> = calls.into_iter().collect();
    let here = json!({ "get": { "summary": "That a relay is here", "responses": {
        "204": { "description": "It is: header `veldpost: 1`" }
    } } });
    paths.insert(String::from("/v1/"), here);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Veldpost relay",
            "version": "1",
            "description": "Bodies, signatures and codes: docs/format.md, section 19."
        },
        "paths": paths,
        "components": { "schemas": { "Problem": problem() } }
    })
}

fn operation(call: Call) -> Value {
    let signed_by = match call.signed_by() {
        SignedBy::Nobody => "not signed: what it brings is",
        SignedBy::AnyKey => "any key",
        SignedBy::Newcomer => "the newcomer",
        SignedBy::MemberOrJoined => "a member, or who joined",
        SignedBy::MemberJoinedOrRemoved => "a member, who joined, or who was removed",
        SignedBy::Coordinator => "a coordinator",
    };
    json!({
        "operationId": call.path().trim_start_matches("/v1/"),
        "description": format!("Signed by: {signed_by} (RFC 9421). At most {} bytes.", call.max_body()),
        "requestBody": { "required": true, "content": { body_type(call): {} } },
        "responses": {
            "200": { "description": "The answer", "content": { call.answer_type(): {} } },
            "default": {
                "description": "A refusal",
                "content": { "application/problem+json": {
                    "schema": { "$ref": "#/components/schemas/Problem" }
                } }
            }
        }
    })
}

/// What a body is. Nobody need say so: `entries` comes without a type, since each byte costs a phone.
fn body_type(call: Call) -> &'static str {
    match call {
        Call::Entries | Call::Objects => "application/cbor-seq",
        _ => "application/cbor",
    }
}

fn problem() -> Value {
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.text()).collect();
    let statuses = Code::ALL.iter();
    let statuses = statuses.map(|code| (code.text().to_owned(), Value::from(code.status())));
    let statuses: Map<String, Value> = statuses.collect();
    json!({
        "type": "object",
        "required": ["type", "status", "code"],
        "properties": {
            "type": { "type": "string" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "code": { "enum": codes, "x-status": statuses },
            "now": { "type": "integer", "description": "With `clock`: milliseconds since 1970" },
            "answer": { "type": "string", "description": "base64url of the answer, where there is one" }
        }
    })
}
