//! Reads a call's body: never more of it than the call may have, never for longer than it takes.
//!
//! Deliberately not here: taking entries apart; the core does that piece by piece as they come (`Pushing`).

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use veldpost_envelope::wire::Code;

use super::answer::Refusal;

/// So long may pass between two pieces. The slowest phones send one every few seconds.
const PAUSE: Duration = Duration::from_secs(30);
/// So long may a body take: 1 MiB at 2 KiB a second.
const WHOLE: Duration = Duration::from_secs(600);
/// What follows a body that is too large is read up to there, so that the answer gets through.
const DRAINED: usize = 2 * 1024 * 1024;

/// A body as it comes.
pub(super) struct Incoming {
    body: Body,
    ends: tokio::time::Instant,
}

impl Incoming {
    pub(super) fn new(body: Body) -> Self {
        Self {
            body,
            ends: tokio::time::Instant::now() + WHOLE,
        }
    }

    /// The next piece; none at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        let until = self.ends.min(tokio::time::Instant::now() + PAUSE);
        loop {
            let frame = tokio::time::timeout_at(until, self.body.frame()).await;
            match frame {
                Ok(None) => return Ok(None),
                Ok(Some(Ok(frame))) => {
                    // Trailers say nothing here.
                    if let Ok(piece) = frame.into_data() {
                        return Ok(Some(piece));
                    }
                }
                Ok(Some(Err(_))) | Err(_) => return Err(Refusal::new(Code::NotReadable)),
            }
        }
    }

    /// All of it, when it is not longer than `most`.
    pub(super) async fn whole(mut self, most: usize) -> Result<Vec<u8>, Refusal> {
        let mut body = Vec::new();
        while let Some(piece) = self.next().await? {
            if body.len() + piece.len() > most {
                self.drain().await;
                return Err(Refusal::new(Code::TooLarge));
            }
            body.extend_from_slice(&piece);
        }
        Ok(body)
    }

    /// Reads on without keeping anything: who still sends does not read an answer.
    pub(super) async fn drain(&mut self) {
        let mut read = 0;
        while let Ok(Some(piece)) = self.next().await {
            read += piece.len();
            if read > DRAINED {
                return;
            }
        }
    }
}
