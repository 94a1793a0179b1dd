//! One region's rows, changed in one transaction.
//!
//! Deliberately not here: going on after a failure. SQLite may have rolled back by itself then, and a further row would
//! stand there alone.

use rusqlite::Params;
use veldpost_domain::StreamId;
use veldpost_envelope::{ActHash, BlobId, DevicePublic, EntryHash, RegionId};
use veldpost_relay::store::{
    ActRow, Class, Content, DeviceRow, EntryRow, Interest, ItemRow, Name, Purposes, RegionChange,
    RegionRow, RegionView, StoreError, StreamRow,
};

use super::error::refusal;
use super::reading::{Rows, ordered, region_view};
use super::turn::Turn;

/// A region that is being changed. Dropped without a commit, it is as it was.
#[derive(Debug)]
pub struct Change<'s> {
    turn: Turn<'s>,
    id: RegionId,
    region: i64,
    failed: Option<StoreError>,
}

impl<'s> Change<'s> {
    /// A region that is not known gets its number here; its row comes later, or none of it stays.
    pub(super) fn new(turn: Turn<'s>, id: RegionId, known: i64) -> Result<Self, StoreError> {
        let region = match known {
            0 => turn
                .query_row(
                    "SELECT coalesce(max(number), 0) + 1 FROM region",
                    [],
                    |row| row.get(0),
                )
                .map_err(refusal)?,
            known => known,
        };
        Ok(Self {
            turn,
            id,
            region,
            failed: None,
        })
    }

    fn rows(&self) -> Rows<'_> {
        Rows::of(&self.turn, self.region)
    }

    fn write(&mut self, sql: &str, values: impl Params) -> Result<(), StoreError> {
        if let Some(problem) = &self.failed {
            return Err(problem.clone());
        }
        let written = self.turn.prepare_cached(sql);
        let written = written.and_then(|mut statement| statement.execute(values));
        if let Err(problem) = written {
            let problem = refusal(problem);
            self.failed = Some(problem.clone());
            return Err(problem);
        }
        Ok(())
    }
}

region_view!(Change);

impl RegionChange for Change<'_> {
    fn put_region(&mut self, row: &RegionRow) -> Result<(), StoreError> {
        let values = (
            self.region,
            self.id.0,
            ordered(row.acts),
            row.head.0,
            ordered(row.position),
            row.bytes.cast_signed(),
        );
        self.write(
            "INSERT INTO region (number, region, acts, head, position, bytes)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (number) DO UPDATE SET acts = ?3, head = ?4, position = ?5, bytes = ?6",
            values,
        )
    }

    fn put_act(&mut self, act: &ActRow) -> Result<(), StoreError> {
        self.write(
            "INSERT INTO act (region, height, hash, bytes) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (region, height) DO UPDATE SET hash = ?3, bytes = ?4",
            (self.region, ordered(act.height), act.hash.0, &act.bytes),
        )
    }

    fn put_device(&mut self, row: &DeviceRow) -> Result<(), StoreError> {
        let values = (
            self.region,
            row.device.0,
            row.held.entries.cast_signed(),
            row.held.bytes.cast_signed(),
            row.since_removal.entries.cast_signed(),
            row.since_removal.bytes.cast_signed(),
            row.heard,
        );
        self.write(
            "INSERT INTO device (region, device, held_entries, held_bytes, removed_entries, removed_bytes, heard)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (region, device) DO UPDATE SET held_entries = ?3, held_bytes = ?4,
                 removed_entries = ?5, removed_bytes = ?6, heard = ?7",
            values,
        )
    }

    fn put_stream(&mut self, row: &StreamRow) -> Result<(), StoreError> {
        let values = (
            self.region,
            row.stream.0,
            row.device.0,
            row.purpose.code(),
            ordered(row.next),
            row.hash.0,
            row.says.map(u64::cast_signed),
        );
        self.write(
            "INSERT INTO stream (region, stream, device, purpose, next, hash, says)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (region, stream) DO UPDATE SET device = ?3, purpose = ?4, next = ?5, hash = ?6,
                 says = ?7",
            values,
        )
    }

    fn put_entries(&mut self, stream: &StreamId, entries: &[EntryRow]) -> Result<(), StoreError> {
        entries.iter().try_for_each(|entry| {
            let seq = ordered(entry.seq);
            let values = (self.region, stream.0, seq, entry.hash.0, entry.signed, &entry.bytes);
            self.write(
                "INSERT INTO entry (region, stream, seq, hash, signed, bytes)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (region, stream, seq) DO UPDATE SET hash = ?4, signed = ?5, bytes = ?6",
                values,
            )
        })
    }

    fn put_item(&mut self, item: &ItemRow) -> Result<(), StoreError> {
        let (name, position) = (&item.name, ordered(item.position));
        let (first, next, value) = match &item.content {
            Content::Run { first, next } => (Some(ordered(*first)), Some(ordered(*next)), None),
            Content::Value(value) => (None, None, Some(value)),
        };
        self.write(
            "DELETE FROM item WHERE region = ?1 AND class = ?2 AND of = ?3 AND by = ?4",
            (self.region, name.class.code(), name.of, name.by),
        )?;
        let values = (
            (self.region, position, item.at),
            (name.class.code(), name.of, name.by),
            (item.purposes.bits(), item.device.0),
            (first, next, value),
        );
        let ((region, position, at), (class, of, by), (purposes, device), (first, next, value)) =
            values;
        self.write(
            "INSERT INTO item (region, position, at, class, of, by, purposes, device, first, next, value)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            rusqlite::params![
                region, position, at, class, of, by, purposes, device, first, next, value
            ],
        )
    }

    fn put_blob(&mut self, blob: &BlobId, bytes: &[u8]) -> Result<(), StoreError> {
        self.write(
            "INSERT INTO blob (region, blob, bytes) VALUES (?1, ?2, ?3)
             ON CONFLICT (region, blob) DO UPDATE SET bytes = ?3",
            (self.region, blob.0, bytes),
        )
    }

    fn put_welcome(&mut self, invitation: &[u8; 16], bytes: &[u8]) -> Result<(), StoreError> {
        self.write(
            "INSERT INTO welcome (region, invitation, bytes) VALUES (?1, ?2, ?3)
             ON CONFLICT (region, invitation) DO UPDATE SET bytes = ?3",
            (self.region, invitation, bytes),
        )
    }

    fn commit(self) -> Result<(), StoreError> {
        if let Some(problem) = self.failed {
            return Err(problem);
        }
        if self.rows().region()?.is_none() {
            // Without its row a region is not known, and nothing else of it is there either.
            return Ok(());
        }
        self.turn.commit()
    }

    fn settle(self) -> Result<(), StoreError> {
        self.turn.settle()
    }
}
