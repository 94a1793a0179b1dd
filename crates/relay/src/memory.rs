//! A store in memory: for the simulator and for tests, which decide when it fails.
//!
//! Not here: durability. What it holds goes with the process, unless a [`Snapshot`] was taken.

mod region;

use crate::store::{
    ActRow, Class, DeviceRow, EntryRow, Interest, ItemRow, Life, Name, Purposes, RegionChange,
    RegionRow, RegionView, RelayStore, StoreError, StreamRow,
};
use region::{Region, Undo};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use veldpost_domain::StreamId;
use veldpost_envelope::{ActHash, BlobId, DevicePublic, EntryHash, RegionId};

/// The store. A clone is another handle on the same one.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    held: Snapshot,
    fault: Option<Fault>,
}

/// All that a store held at one moment: a backup.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    life: Option<Life>,
    regions: BTreeMap<RegionId, Region>,
}

/// What happens to the next change, and to no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// After so many rows were written the next one fails so.
    AtWrite(u32, StoreError),
    /// The process dies, or the power fails, before the commit: nothing happened.
    BeforeCommit,
    /// The same after the commit and before anybody heard of it: all of it happened.
    AfterCommit,
}

impl MemoryStore {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One that holds what was backed up.
    #[must_use]
    pub fn from_snapshot(snapshot: Snapshot) -> Self {
        let store = Self::new();
        store.restore(snapshot);
        store
    }

    /// Lets the next change fail.
    pub fn fail(&self, fault: Fault) {
        self.lock().fault = Some(fault);
    }

    /// All that is held now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.lock().held.clone()
    }

    /// Puts a backup back. It is the operator's to begin another life after that.
    pub fn restore(&self, snapshot: Snapshot) {
        self.lock().held = snapshot;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A change that panicked was taken back when it was dropped.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RelayStore for MemoryStore {
    type View<'s> = View<'s>;
    type Change<'s> = Change<'s>;

    fn life(&self) -> Result<Option<Life>, StoreError> {
        Ok(self.lock().held.life)
    }

    fn begin_life(&self, life: &Life) -> Result<(), StoreError> {
        self.lock().held.life = Some(*life);
        Ok(())
    }

    fn view(&self, region: &RegionId) -> Result<View<'_>, StoreError> {
        Ok(View {
            state: self.lock(),
            region: *region,
            nothing: Region::default(),
        })
    }

    fn change(&self, region: &RegionId) -> Result<Change<'_>, StoreError> {
        let mut state = self.lock();
        let fault = state.fault.take();
        let known = state.held.regions.contains_key(region);
        state.held.regions.entry(*region).or_default();
        Ok(Change {
            state,
            region: *region,
            nothing: Region::default(),
            known,
            fault,
            written: 0,
            undo: Vec::new(),
        })
    }

    fn probe(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// A region that nobody changes meanwhile.
#[derive(Debug)]
pub struct View<'s> {
    state: MutexGuard<'s, State>,
    region: RegionId,
    nothing: Region,
}

impl View<'_> {
    fn held(&self) -> &Region {
        let held = self.state.held.regions.get(&self.region);
        held.unwrap_or(&self.nothing)
    }
}

/// A region that is being changed: in place, with a note of how to take each change back.
pub struct Change<'s> {
    state: MutexGuard<'s, State>,
    region: RegionId,
    nothing: Region,
    known: bool,
    fault: Option<Fault>,
    written: u32,
    undo: Vec<Undo>,
}

impl Change<'_> {
    fn held(&self) -> &Region {
        let held = self.state.held.regions.get(&self.region);
        held.unwrap_or(&self.nothing)
    }

    fn write(&mut self, write: impl FnOnce(&mut Region) -> Undo) -> Result<(), StoreError> {
        if let Some(Fault::AtWrite(after, problem)) = &self.fault
            && self.written >= *after
        {
            return Err(problem.clone());
        }
        self.written += 1;
        if let Some(region) = self.state.held.regions.get_mut(&self.region) {
            self.undo.push(write(region));
        }
        Ok(())
    }
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        let undo = core::mem::take(&mut self.undo);
        if let Some(region) = self.state.held.regions.get_mut(&self.region) {
            undo.into_iter().rev().for_each(|undo| undo(region));
        }
        if !self.known {
            self.state.held.regions.remove(&self.region);
        }
    }
}

macro_rules! view {
    ($name:ident) => {
        impl RegionView for $name<'_> {
            fn region(&self) -> Result<Option<RegionRow>, StoreError> {
                Ok(self.held().row)
            }

            fn acts(&self, from: u64, bytes: usize) -> Result<Vec<ActRow>, StoreError> {
                Ok(self.held().acts(from, bytes))
            }

            fn act_hash(&self, height: u64) -> Result<Option<ActHash>, StoreError> {
                Ok(self.held().acts.get(&height).map(|act| act.hash))
            }

            fn device(&self, device: &DevicePublic) -> Result<Option<DeviceRow>, StoreError> {
                Ok(self.held().devices.get(device).copied())
            }

            fn stream(&self, stream: &StreamId) -> Result<Option<StreamRow>, StoreError> {
                Ok(self.held().streams.get(stream).copied())
            }

            fn number_of_streams(&self, device: &DevicePublic) -> Result<u64, StoreError> {
                let streams = self.held().streams.values();
                Ok(streams.filter(|row| row.device == *device).count() as u64)
            }

            fn streams(
                &self,
                purposes: Purposes,
                after: Option<&StreamId>,
                most: usize,
            ) -> Result<Vec<StreamRow>, StoreError> {
                Ok(self.held().streams(purposes, after, most))
            }

            fn entries(
                &self,
                stream: &StreamId,
                from: u64,
                to: u64,
            ) -> Result<Vec<EntryRow>, StoreError> {
                Ok(self.held().entries(stream, from, to).cloned().collect())
            }

            fn hashes(
                &self,
                stream: &StreamId,
                from: u64,
                to: u64,
            ) -> Result<Vec<EntryHash>, StoreError> {
                let entries = self.held().entries(stream, from, to);
                Ok(entries.map(|entry| entry.hash).collect())
            }

            fn item(&self, name: &Name) -> Result<Option<ItemRow>, StoreError> {
                Ok(self.held().item(name).cloned())
            }

            fn items_of(&self, class: Class, of: &[u8; 16]) -> Result<Vec<ItemRow>, StoreError> {
                let wanted = |item: &ItemRow| item.name.class == class && item.name.of == *of;
                Ok(self.held().items(wanted, 0).cloned().collect())
            }

            fn items_by(&self, class: Class, by: &[u8; 32]) -> Result<Vec<ItemRow>, StoreError> {
                let wanted = |item: &ItemRow| item.name.class == class && item.name.by == *by;
                Ok(self.held().items(wanted, 0).cloned().collect())
            }

            fn items(
                &self,
                interests: &[Interest],
                after: u64,
                most: usize,
            ) -> Result<Vec<ItemRow>, StoreError> {
                let wanted = |item: &ItemRow| interests.iter().any(|interest| interest.takes(item));
                let items = self.held().items(wanted, after);
                Ok(items.take(most).cloned().collect())
            }

            fn newest(&self, interests: &[Interest]) -> Result<u64, StoreError> {
                let wanted = |item: &ItemRow| interests.iter().any(|interest| interest.takes(item));
                let newest = self.held().items(wanted, 0).next_back();
                Ok(newest.map_or(0, |item| item.position))
            }

            fn blob(&self, blob: &BlobId) -> Result<Option<Vec<u8>>, StoreError> {
                Ok(self.held().blobs.get(blob).cloned())
            }

            fn welcome(&self, invitation: &[u8; 16]) -> Result<Option<Vec<u8>>, StoreError> {
                Ok(self.held().welcomes.get(invitation).cloned())
            }
        }
    };
}

view!(View);
view!(Change);

impl RegionChange for Change<'_> {
    fn put_region(&mut self, row: &RegionRow) -> Result<(), StoreError> {
        self.write(|region| {
            let before = region.row.replace(*row);
            Box::new(move |region| region.row = before)
        })
    }

    fn put_act(&mut self, act: &ActRow) -> Result<(), StoreError> {
        self.write(|region| region::put(region, |region| &mut region.acts, act.height, act.clone()))
    }

    fn put_device(&mut self, row: &DeviceRow) -> Result<(), StoreError> {
        self.write(|region| region::put(region, |region| &mut region.devices, row.device, *row))
    }

    fn put_stream(&mut self, row: &StreamRow) -> Result<(), StoreError> {
        self.write(|region| region::put(region, |region| &mut region.streams, row.stream, *row))
    }

    fn put_entries(&mut self, stream: &StreamId, entries: &[EntryRow]) -> Result<(), StoreError> {
        entries.iter().try_for_each(|entry| {
            let place = (*stream, entry.seq);
            self.write(|region| {
                region::put(region, |region| &mut region.entries, place, entry.clone())
            })
        })
    }

    fn put_item(&mut self, item: &ItemRow) -> Result<(), StoreError> {
        self.write(|region| region.put_item(item.clone()))
    }

    fn put_blob(&mut self, blob: &BlobId, bytes: &[u8]) -> Result<(), StoreError> {
        self.write(|region| region::put(region, |region| &mut region.blobs, *blob, bytes.to_vec()))
    }

    fn put_welcome(&mut self, invitation: &[u8; 16], bytes: &[u8]) -> Result<(), StoreError> {
        self.write(|region| {
            let bytes = bytes.to_vec();
            region::put(region, |region| &mut region.welcomes, *invitation, bytes)
        })
    }

    fn commit(mut self) -> Result<(), StoreError> {
        match self.fault.take() {
            Some(Fault::BeforeCommit) => Err(StoreError::Lost),
            Some(Fault::AtWrite(_, problem)) => Err(problem),
            fault => {
                self.known |= self.held().row.is_some();
                self.undo.clear();
                match fault {
                    Some(Fault::AfterCommit) => Err(StoreError::Lost),
                    _ => Ok(()),
                }
            }
        }
    }

    fn settle(self) -> Result<(), StoreError> {
        // What is seen here is all there is.
        Ok(())
    }
}
