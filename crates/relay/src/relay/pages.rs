//! `pull`: what is new for a device, page by page, by position.
//!
//! Not here: who gets what (`audience`).

use super::{Caller, Relay, Seen};
use crate::RelayError;
use crate::audience::Audience;
use crate::store::{
    Class, Content, DeviceRow, ItemRow, RegionChange, RegionView, RelayStore, StoreError,
    StreamRow, Volume,
};
use veldpost_domain::StreamId;
use veldpost_envelope::wire::{Call, Filling, Holding, Item, ItemKind, OwnHead, Page, PullAsk};
use veldpost_envelope::{DevicePublic, Object, RegionId};

/// A device that called less than so long ago is not written down again, in milliseconds.
const HEARD_STEP: i64 = 60_000;
/// So many items are read at a time.
const STEP: usize = 32;

/// An item and its value, as this reader gets it.
type Valued = (ItemRow, Vec<u8>);

/// A pull under way. Between two pages nothing is held, so that a slow reader keeps nobody waiting.
#[derive(Clone, Debug)]
pub struct Pull {
    region: RegionId,
    device: DevicePublic,
    after: u64,
    pages: u64,
    holding: Vec<Holding>,
}

impl<S: RelayStore> Relay<S> {
    /// `pull`: writes down that the device called and how far it says that its streams go, where that can be written now,
    /// and begins.
    ///
    /// # Errors
    /// `UnknownDevice`, `UnknownRegion`, `TooLarge`, `Malformed`.
    pub fn pull(&self, caller: &Caller, body: &[u8]) -> Result<Pull, RelayError> {
        let ask = PullAsk::from_bytes(body)?;
        self.life()?;
        let seen = self.look(&ask.region)?;
        let (device, _) = seen.caller(Call::Pull, caller)?;
        let is_news = seen.heard(&device, &ask.holding, caller.now)?.is_some();
        drop(seen);
        if is_news {
            match self.hear(&ask.region, &device, &ask.holding, caller.now) {
                // Not noted, then: reading goes on where nothing can be written.
                Err(RelayError::Store(StoreError::Full | StoreError::Busy)) => {}
                noted => noted?,
            }
        }
        Ok(Pull {
            region: ask.region,
            device,
            after: ask.after,
            pages: ask.pages,
            holding: ask.holding,
        })
    }

    /// The next page; none when all were handed out that were asked for, or that there are. The first always comes.
    ///
    /// # Errors
    /// `Store`; `UnknownDevice` for a device whose standing went meanwhile.
    pub fn next_page(&self, pull: &mut Pull, now: i64) -> Result<Option<Vec<u8>>, RelayError> {
        if pull.pages == 0 {
            return Ok(None);
        }
        let life = self.life()?;
        let seen = self.look(&pull.region)?;
        let caller = Caller {
            device: Some(pull.device),
            now,
        };
        let (_, standing) = seen.caller(Call::Pull, &caller)?;
        let audience = Audience::of(&seen.known.roster, &pull.device);
        let newest = seen.rows.newest(&audience.interests)?;
        let (items, all) = seen.items(&audience, pull.after)?;
        // Once all was handed out there is nothing for this reader up to the region's own end.
        let upto = match items.last() {
            _ if all => seen.row.position.max(pull.after),
            Some((last, _)) => last.position,
            None => pull.after,
        };
        let page = Page {
            incarnation: life.incarnation,
            at: now,
            standing,
            height: seen.row.acts - 1,
            head: seen.row.head,
            own: seen.own(&pull.device, &pull.holding)?,
            upto,
            newest,
            items: items.iter().map(|(row, value)| item(row, value)).collect(),
        };
        pull.after = upto;
        pull.pages = if all { 0 } else { pull.pages - 1 };
        Ok(Some(page.to_bytes()))
    }

    /// Writes down when a device called, and how far its streams go by its own word.
    fn hear(
        &self,
        region: &RegionId,
        device: &DevicePublic,
        holding: &[Holding],
        now: i64,
    ) -> Result<(), RelayError> {
        let mut seen = self.begin(region)?;
        let Some((row, streams)) = seen.heard(device, holding, now)? else {
            return Ok(());
        };
        seen.rows.put_device(&row)?;
        for stream in &streams {
            seen.rows.put_stream(stream)?;
        }
        Ok(seen.rows.commit()?)
    }
}

fn item<'a>(row: &ItemRow, value: &'a [u8]) -> Item<'a> {
    Item {
        position: row.position,
        at: row.at,
        kind: match row.name.class {
            Class::Run => ItemKind::Run,
            Class::Receipt | Class::Checkpoint | Class::Erase => ItemKind::Object,
            Class::Join => ItemKind::Join,
            Class::Fork => ItemKind::Fork,
        },
        value,
    }
}

impl<V: RegionView> Seen<V> {
    /// What is new of a device's call; none when it called a moment ago and says nothing else.
    fn heard(
        &self,
        device: &DevicePublic,
        holding: &[Holding],
        now: i64,
    ) -> Result<Option<(DeviceRow, Vec<StreamRow>)>, RelayError> {
        let row = self.rows.device(device)?;
        let lately = row.and_then(|row| row.heard).is_some_and(|heard| {
            let since = now.saturating_sub(heard);
            (0..HEARD_STEP).contains(&since)
        });
        let mut streams = Vec::new();
        for held in holding {
            if let Some(row) = self.own_stream(device, &held.stream)?
                && row.says != Some(held.next)
            {
                let says = Some(held.next);
                streams.push(StreamRow { says, ..row });
            }
        }
        let row = DeviceRow {
            device: *device,
            held: row.map_or(Volume::default(), |row| row.held),
            since_removal: row.map_or(Volume::default(), |row| row.since_removal),
            heard: Some(now),
        };
        Ok((!lately || !streams.is_empty()).then_some((row, streams)))
    }

    fn own_stream(
        &self,
        device: &DevicePublic,
        stream: &StreamId,
    ) -> Result<Option<StreamRow>, RelayError> {
        let row = self.rows.stream(stream)?;
        Ok(row.filter(|row| row.device == *device))
    }

    /// How far the streams are held that the reader named; of others' streams nothing is said.
    fn own(&self, device: &DevicePublic, holding: &[Holding]) -> Result<Vec<OwnHead>, RelayError> {
        let own = holding.iter().map(|held| {
            let row = self.own_stream(device, &held.stream)?;
            Ok(OwnHead {
                stream: held.stream,
                next: row.map_or(0, |row| row.next),
                hash: row.map(|row| row.hash),
            })
        });
        own.collect()
    }

    /// Items behind a position that fit into one page, and whether these are all.
    fn items(&self, audience: &Audience, after: u64) -> Result<(Vec<Valued>, bool), RelayError> {
        let mut filling = Filling::default();
        let mut items: Vec<Valued> = Vec::new();
        loop {
            let after = items.last().map_or(after, |(row, _)| row.position);
            let rows = self.rows.items(&audience.interests, after, STEP)?;
            let last = rows.len() < STEP;
            for row in rows {
                let (entries, value) = self.value(&row, audience)?;
                if !filling.takes(entries, value.len()) {
                    return Ok((items, false));
                }
                items.push((row, value));
            }
            if last {
                return Ok((items, true));
            }
        }
    }

    /// An item's value as this reader gets it, and as how many entries it counts.
    fn value(&self, row: &ItemRow, audience: &Audience) -> Result<(usize, Vec<u8>), RelayError> {
        match &row.content {
            Content::Run { first, next } => {
                let stream = StreamId(row.name.of);
                let entries = self.rows.entries(&stream, *first, *next)?;
                if entries.len() as u64 != next.saturating_sub(*first) {
                    return Err(StoreError::Damaged("run").into());
                }
                let number = entries.len();
                let value = entries.into_iter().flat_map(|entry| entry.bytes).collect();
                Ok((number, value))
            }
            Content::Value(value)
                if row.name.class == Class::Checkpoint && !audience.whole.meets(row.purposes) =>
            {
                let object = Object::from_bytes(value)?;
                Ok((1, object.without_heads().to_bytes()))
            }
            Content::Value(value) => Ok((1, value.clone())),
        }
    }
}
