//! `heads` and what `events` tells: how far streams go, and that there is something new.
//!
//! Not here: the connection of an event stream.

use super::{Caller, Relay};
use crate::RelayError;
use crate::audience::Audience;
use crate::store::{RegionView, RelayStore};
use veldpost_envelope::wire::{Call, Event, EventsAsk, HeadsAnswer, HeadsAsk, Standing, StreamRow};

/// No answer has more rows.
const MAX_ROWS: usize = 5_000;

/// What an event stream tells, and whether it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct News {
    /// The line.
    pub event: Event,
    /// The stream ends when this changes.
    pub standing: Standing,
}

impl<S: RelayStore> Relay<S> {
    /// `heads`: every stream of the purposes that the caller coordinates, with what its device said of it.
    ///
    /// # Errors
    /// `NotAllowed` and the like for who coordinates nothing.
    pub fn heads(&self, caller: &Caller, body: &[u8]) -> Result<Vec<u8>, RelayError> {
        let ask = HeadsAsk::from_bytes(body)?;
        let life = self.life()?;
        let seen = self.look(&ask.region)?;
        let (device, _) = seen.caller(Call::Heads, caller)?;
        let purposes = Audience::of(&seen.known.roster, &device).whole;
        let mut streams = seen
            .rows
            .streams(purposes, ask.after.as_ref(), MAX_ROWS + 1)?;
        let more = streams.len() > MAX_ROWS;
        streams.truncate(MAX_ROWS);
        let mut rows = Vec::with_capacity(streams.len());
        for stream in streams {
            let device = seen.rows.device(&stream.device)?;
            rows.push(StreamRow {
                stream: stream.stream,
                device: stream.device,
                purpose: stream.purpose.code().into(),
                next: stream.next,
                hash: stream.hash,
                heard: device.and_then(|device| device.heard).unwrap_or(0),
                says: stream.says,
            });
        }
        let answer = HeadsAnswer {
            incarnation: life.incarnation,
            at: caller.now,
            rows,
            more,
        };
        Ok(answer.to_bytes())
    }

    /// What there is for the caller of `events` now: to be asked at once, and again when something was stored.
    ///
    /// # Errors
    /// `Removed`, `UnknownDevice`, `UnknownRegion`: the stream does not begin, or ends.
    pub fn news(&self, caller: &Caller, body: &[u8]) -> Result<News, RelayError> {
        let ask = EventsAsk::from_bytes(body)?;
        let seen = self.look(&ask.region)?;
        let (device, standing) = seen.caller(Call::Events, caller)?;
        let audience = Audience::of(&seen.known.roster, &device);
        Ok(News {
            event: Event {
                newest: seen.rows.newest(&audience.interests)?,
                height: seen.row.acts - 1,
            },
            standing,
        })
    }
}
