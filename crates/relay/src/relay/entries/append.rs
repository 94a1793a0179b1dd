//! Puts what is new of a run behind what is held: how much of whom, with which bodies, and what it counts for.
//!
//! Not here: what makes a run good (`run`).

use super::{Push, State};
use crate::RelayError;
use crate::push::{Offered, OfferedRun};
use crate::relay::MAX_STREAMS;
use crate::relay::run::{Held, Measure};
use crate::standing::Members;
use crate::store::{
    Class, Content, DeviceRow, EntryRow, ItemRow, Name, RegionChange, StreamRow, Volume,
};
use veldpost_domain::StreamId;
use veldpost_envelope::object::{Arrival, Ranges};
use veldpost_envelope::wire::{Code, Standing};
use veldpost_envelope::{DevicePublic, Object};

/// So much is taken of a device before it is admitted, and as much again after it was removed.
const UNADMITTED: Volume = Volume {
    entries: 500,
    bytes: 1024 * 1024,
};

impl<C: RegionChange> Push<'_, C> {
    pub(super) fn append(
        &mut self,
        run: &OfferedRun,
        new: &[Offered],
        held: &Held,
        state: &mut State,
    ) -> Result<(), RelayError> {
        if held.next == 0 && self.seen.rows.number_of_streams(&held.device)? >= MAX_STREAMS {
            state.code = Some(Code::TooLarge);
            return Ok(());
        }
        let erased = self.erased(&state.stream, held)?;
        let row = self.device(&held.device)?;
        let named = self.named(&held.device, &state.stream);
        let measure = Measure {
            region: &self.region,
            held,
            erased: &erased,
            room: self.room(&row, new, named)?,
            stopped: run.stopped,
            cut: run.cut,
        };
        let good = measure.good(new);
        state.code = good.code;
        let new = new.get(..good.taken).unwrap_or_default();
        let offered = volume(new.iter());
        if new.is_empty() {
            return Ok(());
        }
        if let Err(seconds) = self.charge.charge(&held.device, offered, self.now) {
            self.wait = self.wait.max(Some(seconds));
            state.code = Some(Code::SlowDown);
            return Ok(());
        }
        self.store(new, held, &erased, state)?;
        if held.next == 0 {
            // Behind the run: a reader learns whose stream it is before it learns what was erased of it.
            self.adopt(&state.stream, held)?;
        }
        let beyond = new.iter().filter(|new| named < Some(new.header().seq));
        let row = DeviceRow {
            heard: Some(self.now),
            ..row
        };
        self.took(row, offered, volume(beyond))
    }

    /// Takes what is kept beside a device's stream out of what the device has left, as one entry. False when it has not
    /// as much left: then nothing is kept.
    pub(super) fn takes(
        &mut self,
        device: &DevicePublic,
        bytes: usize,
    ) -> Result<bool, RelayError> {
        let volume = Volume {
            entries: 1,
            bytes: bytes as u64,
        };
        let row = self.device(device)?;
        let room = self.room(&row, &[], None)?;
        let fits = room
            .is_none_or(|(room, _)| volume.entries <= room.entries && volume.bytes <= room.bytes);
        if !fits || self.charge.charge(device, volume, self.now).is_err() {
            return Ok(false);
        }
        self.took(row, volume, volume)?;
        Ok(true)
    }

    fn device(&self, device: &DevicePublic) -> Result<DeviceRow, RelayError> {
        Ok(self.seen.rows.device(device)?.unwrap_or(DeviceRow {
            device: *device,
            held: Volume::default(),
            since_removal: Volume::default(),
            heard: None,
        }))
    }

    /// Notes how much was taken of a device, and how much of it counts against one that was removed.
    fn took(&mut self, row: DeviceRow, all: Volume, beyond: Volume) -> Result<(), RelayError> {
        let removed = self.seen.standing(&row.device)? == Standing::Removed;
        Ok(self.seen.rows.put_device(&DeviceRow {
            held: sum(row.held, all),
            since_removal: match removed {
                true => sum(row.since_removal, beyond),
                false => row.since_removal,
            },
            ..row
        })?)
    }

    /// How much may be taken of a device, and what is answered beyond it; none for all.
    fn room(
        &self,
        row: &DeviceRow,
        new: &[Offered],
        named: Option<u64>,
    ) -> Result<Option<(Volume, Code)>, RelayError> {
        Ok(match self.seen.standing(&row.device)? {
            Standing::Member => None,
            Standing::Joined | Standing::Frozen => {
                Some((left(UNADMITTED, row.held), Code::NotAdmitted))
            }
            Standing::Removed => {
                // What a removal names counts still, so it is asked for, and not measured.
                let named = new.iter().filter(|new| named >= Some(new.header().seq));
                let beyond = left(UNADMITTED, row.since_removal);
                Some((sum(beyond, volume(named)), Code::Removed))
            }
            Standing::Unknown | Standing::Newer(_) => {
                Some((Volume::default(), Code::UnknownDevice))
            }
        })
    }

    /// The last entry of a stream that a removal of its device names.
    fn named(&self, device: &DevicePublic, stream: &StreamId) -> Option<u64> {
        let device = self.seen.known.roster.device(device)?;
        let heads = device.removals.iter().flat_map(|removal| &removal.streams);
        let named = heads.filter(|head| head.stream == *stream);
        named.map(|head| head.seq).max()
    }

    /// What erasures that count name of a stream.
    fn erased(&self, stream: &StreamId, held: &Held) -> Result<Ranges, RelayError> {
        let mut erased = Ranges::default();
        for item in self.seen.rows.items_of(Class::Erase, &stream.0)? {
            if let Some(object) = self.counts(&item, held)?
                && let Some(erase) = object.erase()
            {
                erased.merge(&erase.seqs);
            }
        }
        Ok(erased)
    }

    /// An erasure, when it is one for this stream: what came before its stream is verified when that comes.
    fn counts(&self, item: &ItemRow, held: &Held) -> Result<Option<Object>, RelayError> {
        let Content::Value(bytes) = &item.content else {
            return Ok(None);
        };
        let object = Object::from_bytes(bytes)?;
        let members = Members(&self.seen.known.roster);
        // One that was taken into the stream stays, whatever its signer became since.
        let arrival = match item.purposes.is_empty() {
            true => Arrival::New,
            false => Arrival::Kept,
        };
        let verified = object.verify(&self.region, held.purpose, arrival, &members);
        Ok(verified.is_ok().then_some(object))
    }

    /// Erasures that came before their stream get their place beside it.
    fn adopt(&mut self, stream: &StreamId, held: &Held) -> Result<(), RelayError> {
        for item in self.seen.rows.items_of(Class::Erase, &stream.0)? {
            if self.counts(&item, held)?.is_some() {
                self.put(item.name, held, item.content)?;
            }
        }
        Ok(())
    }

    /// Puts entries behind those that are held, as one run.
    fn store(
        &mut self,
        new: &[Offered],
        held: &Held,
        erased: &Ranges,
        state: &mut State,
    ) -> Result<(), RelayError> {
        let last = new.len() - 1;
        let row = |(index, offered): (usize, &Offered)| EntryRow {
            seq: offered.header().seq,
            hash: offered.hash(),
            signed: index == last,
            bytes: match erased.contains(offered.header().seq) {
                true => offered.bare_bytes(),
                false => offered.bytes.clone(),
            },
        };
        let rows: Vec<_> = new.iter().enumerate().map(row).collect();
        let stream = state.stream;
        self.seen.rows.put_entries(&stream, &rows)?;
        let bytes = rows.iter().map(|row| row.bytes.len() as u64);
        self.seen.row.bytes += bytes.sum::<u64>();
        let next = held.next.saturating_add(rows.len() as u64);
        let run = Content::Run {
            first: held.next,
            next,
        };
        self.put(Name::run(&stream, held.next), held, run)?;
        let Some(hash) = rows.last().map(|row| row.hash) else {
            return Ok(());
        };
        let says = self.seen.rows.stream(&stream)?.and_then(|row| row.says);
        self.seen.rows.put_stream(&StreamRow {
            stream,
            device: held.device,
            purpose: held.purpose,
            next,
            hash,
            says,
        })?;
        (state.next, state.hash) = (next, Some(hash));
        Ok(())
    }
}

fn volume<'a>(offered: impl Iterator<Item = &'a Offered>) -> Volume {
    offered.fold(Volume::default(), |all, offered| Volume {
        entries: all.entries + 1,
        bytes: all.bytes + offered.bytes.len() as u64,
    })
}

fn sum(one: Volume, other: Volume) -> Volume {
    Volume {
        entries: one.entries.saturating_add(other.entries),
        bytes: one.bytes.saturating_add(other.bytes),
    }
}

fn left(limit: Volume, used: Volume) -> Volume {
    Volume {
        entries: limit.entries.saturating_sub(used.entries),
        bytes: limit.bytes.saturating_sub(used.bytes),
    }
}
