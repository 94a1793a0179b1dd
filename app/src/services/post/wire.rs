//! One call of the machine as the browser makes it, and what came back as the machine takes it.
//!
//! Not here: when a call is made and what its answer means (`veldpost-sync`).

use super::Rng;
use crate::browser::{clock, http};
use veldpost_envelope::request::SignedHeaders;
use veldpost_envelope::wire::Call;
use veldpost_sync::{Effect, Enrol, Event, Response, Wake};

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

/// Pulls: pages are handed over as they come.
pub async fn pull(
    origin: &str,
    headers: Option<&SignedHeaders>,
    body: &[u8],
    part: impl Fn(http::Answer),
) -> Option<http::Answer> {
    let pairs = headers.map(SignedHeaders::pairs);
    let pairs = pairs.as_ref().map_or(&[][..], |pairs| &pairs[..]);
    http::post_for_parts(&[origin, Call::Pull.path()].concat(), pairs, body, part).await
}

/// What the machine is told of it.
pub fn event(call: u64, answer: Option<&http::Answer>) -> Event<'_> {
    match answer {
        Some(answer) => Event::Answered {
            call,
            response: response(answer),
        },
        None => Event::Unanswered { call },
    }
}

/// An answer, or a part of one.
pub fn response(answer: &http::Answer) -> Response<'_> {
    Response {
        status: answer.status,
        content_type: answer.content_type.as_deref(),
        retry_after: answer.retry_after,
        body: &answer.body,
    }
}

/// Does for somebody who joins what the machine asks, and says what follows from it.
pub async fn carry_out(enrol: &mut Enrol, effect: Effect) -> Vec<Effect> {
    match effect {
        Effect::Send {
            call,
            path,
            headers,
            body,
        } => {
            let answer = send(enrol.origin(), path, headers.as_ref(), &body).await;
            enrol.handle(event(call, answer.as_ref()), clock::now(), &mut Rng)
        }
        Effect::WakeAt(at) => {
            until(at).await;
            enrol.handle(Event::Wake(Wake::Due), clock::now(), &mut Rng)
        }
        _ => Vec::new(),
    }
}

/// Waits until that time: milliseconds since 1970.
pub async fn until(at: i64) {
    let wait = at.saturating_sub(clock::now()).clamp(1, LONGEST_MS);
    clock::pause(u32::try_from(wait).unwrap_or(u32::MAX)).await;
}
