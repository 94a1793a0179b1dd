//! One call from its first byte to its answer.
//!
//! Deliberately not here: an address of its own for each call. All twelve are the same but for the core's function.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Response};
use veldpost_envelope::request;
use veldpost_envelope::wire::{Call, Code, ObjectsAnswer};
use veldpost_relay::{Caller, Pushing, Relay, RelayError};

use super::answer::{self, Refusal};
use super::asking::Asking;
use super::body::Incoming;
use super::caller::Said;
use super::held::{Room, held};
use super::{Letterbox, limits, now, openapi};
use crate::database::Database;

/// Answers everything under `/v1`.
pub(super) async fn answer(State(letterbox): State<Arc<Letterbox>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let elsewhere = letterbox.is_from_elsewhere(&parts.headers);
    let mut response = letterbox.respond(parts, body).await;
    if elsewhere {
        answer::share(response.headers_mut());
    }
    response
}

/// What the core does for a call that it answers at once.
type Does = fn(&Relay<Database>, &Caller, &[u8]) -> Result<Vec<u8>, RelayError>;

impl Letterbox {
    async fn respond(self: &Arc<Self>, parts: Parts, body: Body) -> Response {
        let path = parts.uri.path_and_query().map_or("", |path| path.as_str());
        let reads = parts.method == Method::GET || parts.method == Method::HEAD;
        match path {
            "/v1/" if reads => return answer::here(),
            "/v1/openapi.json" if reads => return openapi::answer(),
            _ if parts.method == Method::OPTIONS && Call::from_path(path).is_some() => {
                return answer::may_post();
            }
            _ => {}
        }
        let address = limits::counted_address(&self.proxies, &parts.extensions, &parts.headers);
        let call = Call::from_path(path);
        let begun = Instant::now();
        let mut asking = self.asking(&parts, address, now());
        let answered = match self.listens(&asking, call, now()) {
            Ok(()) => self.answer(call, &parts, body, &mut asking).await,
            Err(refusal) => Err(refusal),
        };
        let code = answered.as_ref().err().map(Refusal::code);
        self.counts.count(call, code, begun.elapsed());
        if let Some(line) = self.troubles.after(call, code, Instant::now()) {
            tracing::warn!("{line}");
        }
        self.remember(&asking, call, code, now());
        if let Some(code) = code {
            self.limits.refused(address, code, now());
        }
        let response = answered.unwrap_or_else(IntoResponse::into_response);
        match asking.room {
            Some(room) => response.map(|body| held(body, room)),
            None => response,
        }
    }

    /// Whether a page of another origin asks. A browser names the origin of each POST, its own too.
    fn is_from_elsewhere(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(header::ORIGIN) else {
            return false;
        };
        let authority = origin.to_str().ok().and_then(request::authority);
        authority.is_none_or(|authority| !self.authorities.contains(&authority))
    }

    async fn answer(
        self: &Arc<Self>,
        call: Option<Call>,
        parts: &Parts,
        body: Body,
        asking: &mut Asking,
    ) -> Result<Response, Refusal> {
        let call = match call {
            Some(call) if parts.method == Method::POST => call,
            Some(_) => return Err(Refusal::new(Code::MethodNotAllowed)),
            None if parts.uri.path() == "/v1/" => {
                return Err(Refusal::new(Code::MethodNotAllowed));
            }
            None => return Err(Refusal::new(Code::NotFound)),
        };
        if parts.headers.contains_key(header::CONTENT_ENCODING) {
            return Err(Refusal::new(Code::Malformed));
        }
        asking.room = Some(self.room_of(asking.address)?);
        let mut body = Incoming::new(body);
        if said_length(parts) > Some(call.max_body()) {
            body.drain().await;
            return Err(Refusal::new(Code::TooLarge));
        }
        if call == Call::Entries {
            return self.entries(body, asking).await;
        }
        let said = Said::of(parts);
        let body = body.whole(call.max_body()).await?;
        let does: Does = match call {
            Call::Pull => return self.pull(said, body, &mut asking.room).await,
            Call::Events => {
                asking.room = None;
                return self.events(said, body).await;
            }
            Call::Entries | Call::Objects => |relay, caller, body| relay.objects(body, caller.now),
            Call::Acts => Relay::acts,
            Call::Roster => Relay::roster,
            Call::BlobPut => Relay::put_blob,
            Call::Blob => Relay::blob,
            Call::WelcomePut => Relay::put_welcome,
            Call::Welcome => Relay::welcome,
            Call::Join => Relay::join,
            Call::Heads => Relay::heads,
        };
        let work = move |letterbox: &Self| {
            let now = now();
            let caller = match call {
                Call::Objects => Caller { device: None, now },
                _ => letterbox.caller(call, &said, &body, now)?,
            };
            let answer = does(&letterbox.relay, &caller, &body);
            if is_news(call, answer.as_ref().err()) {
                letterbox.has_stored();
            }
            Ok(answer?)
        };
        let answer = self.work(work).await?;
        if call == Call::Objects
            && let Some(code) = refused_in(&answer)
        {
            self.limits.refused(asking.address, code, now());
        }
        Ok(answer::answered(call, answer))
    }

    /// Room for a body and for its answer, which takes its place.
    fn room_of(&self, address: Option<IpAddr>) -> Result<Room, Refusal> {
        let of_address = self.limits.body_of(address)?;
        let of_process = self.bodies.clone().try_acquire_owned();
        Ok(Room {
            _of_address: of_address,
            _of_process: of_process.map_err(|_| Refusal::busy())?,
        })
    }

    /// Entries are read and checked as they come; what came before a body broke off counts.
    async fn entries(
        self: &Arc<Self>,
        mut body: Incoming,
        asking: &mut Asking,
    ) -> Result<Response, Refusal> {
        let mut pushing = Pushing::new();
        loop {
            match body.next().await {
                Ok(Some(piece)) if pushing.feed(&piece) && self.goes_on(asking, &pushing) => {}
                Ok(Some(_)) => {
                    body.drain().await;
                    break;
                }
                Ok(None) => break,
                Err(_) => {
                    pushing.cut();
                    break;
                }
            }
        }
        self.listens_to_push(asking, &pushing, now())?;
        let work = move |letterbox: &Self| {
            let relay = &letterbox.relay;
            let answer = relay.entries(pushing, &letterbox.limits.volumes, now());
            if is_news(Call::Entries, answer.as_ref().err()) {
                letterbox.has_stored();
            }
            Ok(answer?)
        };
        let answer = self.work(work).await?;
        Ok(answer::answered(Call::Entries, answer))
    }
}

/// The code of an object that counts as a refusal: nobody signed the call, so that no device is charged for it.
fn refused_in(answer: &[u8]) -> Option<Code> {
    let answer = ObjectsAnswer::from_bytes(answer).ok()?;
    let mut codes = answer.codes.into_iter().flatten();
    codes.find(|code| matches!(code, Code::Forged | Code::NotAllowed))
}

fn said_length(parts: &Parts) -> Option<usize> {
    let length = parts.headers.get(header::CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
}

/// Whether something may have been stored that somebody waits for. A push that was not taken whole may have been in part.
fn is_news(call: Call, refused: Option<&RelayError>) -> bool {
    let stores = matches!(
        call,
        Call::Entries | Call::Objects | Call::Acts | Call::Join
    );
    let in_part = matches!(
        refused,
        None | Some(
            RelayError::Entries { .. }
                | RelayError::RosterMoved(_)
                | RelayError::InvitationFrozen(_)
        )
    );
    stores && in_part
}
