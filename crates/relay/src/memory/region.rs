//! One region's rows in memory.
//!
//! Not here: the lock, and failing.

use crate::store::{ActRow, DeviceRow, EntryRow, ItemRow, Name, Purposes, RegionRow, StreamRow};
use core::ops::Bound;
use std::collections::BTreeMap;
use veldpost_domain::StreamId;
use veldpost_envelope::{BlobId, DevicePublic};

/// Takes one write back.
pub(super) type Undo = Box<dyn FnOnce(&mut Region) + Send>;

/// Everything of one region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Region {
    pub row: Option<RegionRow>,
    pub acts: BTreeMap<u64, ActRow>,
    pub devices: BTreeMap<DevicePublic, DeviceRow>,
    pub streams: BTreeMap<StreamId, StreamRow>,
    pub entries: BTreeMap<(StreamId, u64), EntryRow>,
    items: BTreeMap<u64, ItemRow>,
    names: BTreeMap<Name, u64>,
    pub blobs: BTreeMap<BlobId, Vec<u8>>,
    pub welcomes: BTreeMap<[u8; 16], Vec<u8>>,
}

/// Puts a value into one of the tables, and says how to take it back.
pub(super) fn put<K, V>(
    region: &mut Region,
    table: impl Fn(&mut Region) -> &mut BTreeMap<K, V> + Send + 'static,
    key: K,
    value: V,
) -> Undo
where
    K: Ord + Clone + Send + 'static,
    V: Send + 'static,
{
    let before = table(region).insert(key.clone(), value);
    Box::new(move |region| match before {
        Some(before) => drop(table(region).insert(key, before)),
        None => drop(table(region).remove(&key)),
    })
}

impl Region {
    pub fn acts(&self, from: u64, bytes: usize) -> Vec<ActRow> {
        let mut room = bytes;
        let mut found: Vec<ActRow> = Vec::new();
        for act in self.acts.range(from..).map(|(_, act)| act) {
            if !found.is_empty() && act.bytes.len() > room {
                break;
            }
            room = room.saturating_sub(act.bytes.len());
            found.push(act.clone());
        }
        found
    }

    pub fn streams(
        &self,
        purposes: Purposes,
        after: Option<&StreamId>,
        most: usize,
    ) -> Vec<StreamRow> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.streams
            .range((from, Bound::Unbounded))
            .map(|(_, row)| *row)
            .filter(|row| purposes.contains(row.purpose))
            .take(most)
            .collect()
    }

    pub fn entries(
        &self,
        stream: &StreamId,
        from: u64,
        to: u64,
    ) -> impl Iterator<Item = &EntryRow> {
        self.entries
            .range((*stream, from)..(*stream, to.max(from)))
            .map(|(_, entry)| entry)
    }

    pub fn item(&self, name: &Name) -> Option<&ItemRow> {
        self.items.get(self.names.get(name)?)
    }

    pub fn items(
        &self,
        wanted: impl Fn(&ItemRow) -> bool,
        after: u64,
    ) -> impl DoubleEndedIterator<Item = &ItemRow> {
        self.items
            .range((Bound::Excluded(after), Bound::Unbounded))
            .map(|(_, item)| item)
            .filter(move |item| wanted(item))
    }

    pub fn put_item(&mut self, item: ItemRow) -> Undo {
        let (name, position) = (item.name, item.position);
        let before = self.names.insert(name, position);
        let before = before.and_then(|position| self.items.remove(&position));
        self.items.insert(position, item);
        Box::new(move |region| {
            region.items.remove(&position);
            region.names.remove(&name);
            if let Some(before) = before {
                region.names.insert(name, before.position);
                region.items.insert(before.position, before);
            }
        })
    }
}
