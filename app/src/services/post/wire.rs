//! One call of the machine as the browser makes it, and what came back as the machine takes it.
//!
//! Not here: when a call is made and what its answer means (`veldpost-sync`).

use crate::browser::{clock, http};
use veldpost_envelope::request::SignedHeaders;
use veldpost_envelope::wire::Call;
use veldpost_sync::{Event, Response};

/// No timer is set for longer: milliseconds. Whoever is woken early asks again.
const LONGEST_MS: i64 = 60 * 60 * 1_000;

/// Makes a call. `None`: no answer.
pub async fn send(
    origin: &str,
    call: Call,
    headers: Option<&SignedHeaders>,
    body: &[u8],
) -> Option<http::Answer> {
    let pairs = headers.map(SignedHeaders::pairs);
    let pairs = pairs.as_ref().map_or(&[][..], |pairs| &pairs[..]);
    http::post(&[origin, call.path()].concat(), pairs, body).await
}

/// What the machine is told of it.
pub fn event(call: u64, answer: Option<&http::Answer>) -> Event<'_> {
    match answer {
        Some(answer) => Event::Answered {
            call,
            response: Response {
                status: answer.status,
                content_type: answer.content_type.as_deref(),
                retry_after: answer.retry_after,
                body: &answer.body,
            },
        },
        None => Event::Unanswered { call },
    }
}

/// Waits until that time: milliseconds since 1970.
pub async fn until(at: i64) {
    let wait = at.saturating_sub(clock::now()).clamp(1, LONGEST_MS);
    clock::pause(u32::try_from(wait).unwrap_or(u32::MAX)).await;
}
