//! Whether what came back from a call is the relay's word at all.
//!
//! Not here: waiting and trying again; a login page, garbage and silence are all the same *no answer*.

use super::{Call, Problem, begins};

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply<'a> {
    /// The relay's answer.
    Answer(&'a [u8]),
    /// The relay refuses, and says why.
    Refusal(Problem),
    /// Nothing that counts: what was sent is kept, and tried again.
    None,
}

/// Whether status and `content-type` are those of an answer to that call. For `pull` and `events`, whose bodies are read
/// as they come, this is asked first; each page then says itself whose it is.
#[must_use]
pub fn counts(call: Call, status: u16, content_type: Option<&str>) -> bool {
    status == 200 && is_type(content_type, call.answer_type())
}

/// Judges a whole response.
#[must_use]
pub fn judge<'a>(call: Call, status: u16, content_type: Option<&str>, body: &'a [u8]) -> Reply<'a> {
    if counts(call, status, content_type) {
        let whole = !matches!(call, Call::Pull | Call::Events);
        return match begins(body) {
            Err(_) if whole => Reply::None,
            _ => Reply::Answer(body),
        };
    }
    if status < 400 || !is_type(content_type, "application/problem+json") {
        return Reply::None;
    }
    core::str::from_utf8(body)
        .ok()
        .and_then(|text| Problem::from_json(text).ok())
        .map_or(Reply::None, Reply::Refusal)
}

/// Compares without parameters (RFC 9110 section 8.3.1).
fn is_type(content_type: Option<&str>, expected: &str) -> bool {
    let essence = content_type.and_then(|content_type| content_type.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case(expected))
}
