//! One region's rows, read.
//!
//! Deliberately not here: SQL that comes from a request; every statement is a constant with places for values.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension as _, Params, Row};
use veldpost_domain::StreamId;
use veldpost_envelope::{ActHash, BlobId, DevicePublic, EntryHash, Purpose};
use veldpost_relay::store::{
    ActRow, Class, Content, DeviceRow, EntryRow, Interest, ItemRow, Name, Of, Purposes, RegionRow,
    RegionView, StoreError, StreamRow, Volume,
};

use super::error::refusal;
use super::pool::Lease;

/// A region as it was at one moment.
#[derive(Debug)]
pub struct View<'s> {
    lease: Lease<'s>,
    region: i64,
}

impl<'s> View<'s> {
    pub(super) fn new(lease: Lease<'s>, region: i64) -> Self {
        Self { lease, region }
    }

    fn rows(&self) -> Rows<'_> {
        Rows::of(&self.lease, self.region)
    }
}

/// The rows of a region by its number; 0 has none.
pub(super) struct Rows<'c> {
    connection: &'c Connection,
    region: i64,
}

/// Both a view and a change read so.
macro_rules! region_view {
    ($name:ident) => {
        impl RegionView for $name<'_> {
            fn region(&self) -> Result<Option<RegionRow>, StoreError> {
                self.rows().region()
            }

            fn acts(&self, from: u64, bytes: usize) -> Result<Vec<ActRow>, StoreError> {
                self.rows().acts(from, bytes)
            }

            fn act_hash(&self, height: u64) -> Result<Option<ActHash>, StoreError> {
                self.rows().act_hash(height)
            }

            fn device(&self, device: &DevicePublic) -> Result<Option<DeviceRow>, StoreError> {
                self.rows().device(device)
            }

            fn stream(&self, stream: &StreamId) -> Result<Option<StreamRow>, StoreError> {
                self.rows().stream(stream)
            }

            fn number_of_streams(&self, device: &DevicePublic) -> Result<u64, StoreError> {
                self.rows().number_of_streams(device)
            }

            fn streams(
                &self,
                purposes: Purposes,
                after: Option<&StreamId>,
                most: usize,
            ) -> Result<Vec<StreamRow>, StoreError> {
                self.rows().streams(purposes, after, most)
            }

            fn entries(
                &self,
                stream: &StreamId,
                from: u64,
                to: u64,
            ) -> Result<Vec<EntryRow>, StoreError> {
                self.rows().entries(stream, from, to)
            }

            fn hashes(
                &self,
                stream: &StreamId,
                from: u64,
                to: u64,
            ) -> Result<Vec<EntryHash>, StoreError> {
                self.rows().hashes(stream, from, to)
            }

            fn item(&self, name: &Name) -> Result<Option<ItemRow>, StoreError> {
                self.rows().item(name)
            }

            fn items_of(&self, class: Class, of: &[u8; 16]) -> Result<Vec<ItemRow>, StoreError> {
                self.rows().items_of(class, of)
            }

            fn items_by(&self, class: Class, by: &[u8; 32]) -> Result<Vec<ItemRow>, StoreError> {
                self.rows().items_by(class, by)
            }

            fn items(
                &self,
                interests: &[Interest],
                after: u64,
                most: usize,
            ) -> Result<Vec<ItemRow>, StoreError> {
                self.rows().items(interests, after, most)
            }

            fn newest(&self, interests: &[Interest]) -> Result<u64, StoreError> {
                self.rows().newest(interests)
            }

            fn blob(&self, blob: &BlobId) -> Result<Option<Vec<u8>>, StoreError> {
                self.rows().blob(blob)
            }

            fn welcome(&self, invitation: &[u8; 16]) -> Result<Option<Vec<u8>>, StoreError> {
                self.rows().welcome(invitation)
            }
        }
    };
}
pub(super) use region_view;

region_view!(View);

/// A number as SQLite keeps it, where its order counts: what is beyond stands behind everything.
pub(super) fn ordered(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) const STREAM: &str = "SELECT stream, device, purpose, next, hash, says FROM stream";
pub(super) const ITEM: &str =
    "SELECT position, at, class, of, by, purposes, device, first, next, value FROM item";

impl<'c> Rows<'c> {
    pub(super) fn of(connection: &'c Connection, region: i64) -> Self {
        Self { connection, region }
    }

    fn one<T>(
        &self,
        sql: &str,
        values: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        let found = self.connection.prepare_cached(sql);
        found
            .and_then(|mut statement| statement.query_row(values, read).optional())
            .map_err(refusal)
    }

    fn all<T>(
        &self,
        sql: &str,
        values: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let found = self.connection.prepare_cached(sql);
        found
            .and_then(|mut statement| statement.query_map(values, read)?.collect())
            .map_err(refusal)
    }

    pub(super) fn region(&self) -> Result<Option<RegionRow>, StoreError> {
        self.one(
            "SELECT acts, head, position, bytes FROM region WHERE number = ?1",
            [self.region],
            |row| {
                Ok(RegionRow {
                    acts: unsigned(row, 0)?,
                    head: ActHash(row.get(1)?),
                    position: unsigned(row, 2)?,
                    bytes: unsigned(row, 3)?,
                })
            },
        )
    }

    pub(super) fn acts(&self, from: u64, bytes: usize) -> Result<Vec<ActRow>, StoreError> {
        let sql = "SELECT height, hash, bytes FROM act WHERE region = ?1 AND height >= ?2 ORDER BY height";
        let mut statement = self.connection.prepare_cached(sql).map_err(refusal)?;
        let values = (self.region, ordered(from));
        let mut rows = statement.query(values).map_err(refusal)?;
        let (mut room, mut found) = (bytes, Vec::new());
        while let Some(row) = rows.next().map_err(refusal)? {
            let act = read_act(row).map_err(refusal)?;
            if !found.is_empty() && act.bytes.len() > room {
                break;
            }
            room = room.saturating_sub(act.bytes.len());
            found.push(act);
        }
        Ok(found)
    }

    pub(super) fn act_hash(&self, height: u64) -> Result<Option<ActHash>, StoreError> {
        self.one(
            "SELECT hash FROM act WHERE region = ?1 AND height = ?2",
            (self.region, ordered(height)),
            |row| row.get(0).map(ActHash),
        )
    }

    pub(super) fn device(&self, device: &DevicePublic) -> Result<Option<DeviceRow>, StoreError> {
        self.one(
            "SELECT held_entries, held_bytes, removed_entries, removed_bytes, heard FROM device
             WHERE region = ?1 AND device = ?2",
            (self.region, device.0),
            |row| {
                Ok(DeviceRow {
                    device: *device,
                    held: Volume {
                        entries: unsigned(row, 0)?,
                        bytes: unsigned(row, 1)?,
                    },
                    since_removal: Volume {
                        entries: unsigned(row, 2)?,
                        bytes: unsigned(row, 3)?,
                    },
                    heard: row.get(4)?,
                })
            },
        )
    }

    pub(super) fn stream(&self, stream: &StreamId) -> Result<Option<StreamRow>, StoreError> {
        let sql = format!("{STREAM} WHERE region = ?1 AND stream = ?2");
        self.one(&sql, (self.region, stream.0), read_stream)
    }

    pub(super) fn number_of_streams(&self, device: &DevicePublic) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM stream WHERE region = ?1 AND device = ?2";
        let found = self.one(sql, (self.region, device.0), |row| unsigned(row, 0))?;
        Ok(found.unwrap_or(0))
    }

    pub(super) fn streams(
        &self,
        purposes: Purposes,
        after: Option<&StreamId>,
        most: usize,
    ) -> Result<Vec<StreamRow>, StoreError> {
        let sql = format!(
            "{STREAM} WHERE region = ?1 AND stream > ?2 AND (?3 & (1 << purpose)) <> 0
             ORDER BY stream LIMIT ?4"
        );
        // Every id stands behind the empty one.
        let after = after.map_or(&[][..], |stream| &stream.0);
        let values = (self.region, after, purposes.bits(), ordered(most as u64));
        self.all(&sql, values, read_stream)
    }

    pub(super) fn entries(
        &self,
        stream: &StreamId,
        from: u64,
        to: u64,
    ) -> Result<Vec<EntryRow>, StoreError> {
        self.all(
            "SELECT seq, hash, signed, bytes FROM entry
             WHERE region = ?1 AND stream = ?2 AND seq >= ?3 AND seq < ?4 ORDER BY seq",
            (self.region, stream.0, ordered(from), ordered(to)),
            |row| {
                Ok(EntryRow {
                    seq: unsigned(row, 0)?,
                    hash: EntryHash(row.get(1)?),
                    signed: row.get(2)?,
                    bytes: row.get(3)?,
                })
            },
        )
    }

    pub(super) fn hashes(
        &self,
        stream: &StreamId,
        from: u64,
        to: u64,
    ) -> Result<Vec<EntryHash>, StoreError> {
        self.all(
            "SELECT hash FROM entry
             WHERE region = ?1 AND stream = ?2 AND seq >= ?3 AND seq < ?4 ORDER BY seq",
            (self.region, stream.0, ordered(from), ordered(to)),
            |row| row.get(0).map(EntryHash),
        )
    }

    pub(super) fn item(&self, name: &Name) -> Result<Option<ItemRow>, StoreError> {
        let sql = format!("{ITEM} WHERE region = ?1 AND class = ?2 AND of = ?3 AND by = ?4");
        let values = (self.region, name.class.code(), name.of, name.by);
        self.one(&sql, values, read_item)
    }

    pub(super) fn items_of(&self, class: Class, of: &[u8; 16]) -> Result<Vec<ItemRow>, StoreError> {
        let sql = format!("{ITEM} WHERE region = ?1 AND class = ?2 AND of = ?3 ORDER BY position");
        self.all(&sql, (self.region, class.code(), of), read_item)
    }

    pub(super) fn items_by(&self, class: Class, by: &[u8; 32]) -> Result<Vec<ItemRow>, StoreError> {
        // Runs are many, and nobody looks for them so: the index leaves them out, and the statement must say so too.
        let but_runs = match class {
            Class::Run => "",
            _ => "AND class <> 1",
        };
        let sql = format!(
            "{ITEM} WHERE region = ?1 AND class = ?2 AND by = ?3 {but_runs} ORDER BY position"
        );
        self.all(&sql, (self.region, class.code(), by), read_item)
    }

    /// First the positions, each from an index, then the rows that are wanted: their bytes are read once.
    pub(super) fn items(
        &self,
        interests: &[Interest],
        after: u64,
        most: usize,
    ) -> Result<Vec<ItemRow>, StoreError> {
        let (after, limit) = (ordered(after), ordered(most as u64));
        let mut positions = BTreeSet::new();
        for interest in interests {
            let class = interest.class.code();
            match &interest.of {
                Of::Purposes(purposes) => {
                    let values = (self.region, class, after, purposes.bits(), limit);
                    positions.extend(self.all(
                        "SELECT position FROM item
                         WHERE region = ?1 AND class = ?2 AND position > ?3 AND (purposes & ?4) <> 0
                         ORDER BY position LIMIT ?5",
                        values,
                        |row| row.get::<_, i64>(0),
                    )?);
                }
                Of::Devices(devices) => {
                    for device in devices {
                        let values = (self.region, class, device.0, after, limit);
                        positions.extend(self.all(
                            "SELECT position FROM item
                             WHERE region = ?1 AND class = ?2 AND device = ?3 AND position > ?4
                             ORDER BY position LIMIT ?5",
                            values,
                            |row| row.get::<_, i64>(0),
                        )?);
                    }
                }
            }
        }
        let sql = format!("{ITEM} WHERE region = ?1 AND position = ?2");
        let wanted = positions.into_iter().take(most);
        wanted
            .filter_map(|position| {
                self.one(&sql, (self.region, position), read_item)
                    .transpose()
            })
            .collect()
    }

    pub(super) fn newest(&self, interests: &[Interest]) -> Result<u64, StoreError> {
        let mut newest = 0;
        let position = |row: &Row<'_>| unsigned(row, 0);
        for interest in interests {
            let class = interest.class.code();
            match &interest.of {
                Of::Purposes(purposes) => {
                    let found = self.one(
                        "SELECT position FROM item
                         WHERE region = ?1 AND class = ?2 AND (purposes & ?3) <> 0
                         ORDER BY position DESC LIMIT 1",
                        (self.region, class, purposes.bits()),
                        position,
                    )?;
                    newest = newest.max(found.unwrap_or(0));
                }
                Of::Devices(devices) => {
                    for device in devices {
                        let found = self.one(
                            "SELECT position FROM item
                             WHERE region = ?1 AND class = ?2 AND device = ?3
                             ORDER BY position DESC LIMIT 1",
                            (self.region, class, device.0),
                            position,
                        )?;
                        newest = newest.max(found.unwrap_or(0));
                    }
                }
            }
        }
        Ok(newest)
    }

    pub(super) fn blob(&self, blob: &BlobId) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT bytes FROM blob WHERE region = ?1 AND blob = ?2";
        self.one(sql, (self.region, blob.0), |row| row.get(0))
    }

    pub(super) fn welcome(&self, invitation: &[u8; 16]) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT bytes FROM welcome WHERE region = ?1 AND invitation = ?2";
        self.one(sql, (self.region, invitation), |row| row.get(0))
    }
}

fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get(column).map(i64::cast_unsigned)
}

fn read_act(row: &Row<'_>) -> rusqlite::Result<ActRow> {
    Ok(ActRow {
        height: unsigned(row, 0)?,
        hash: ActHash(row.get(1)?),
        bytes: row.get(2)?,
    })
}

pub(super) fn read_stream(row: &Row<'_>) -> rusqlite::Result<StreamRow> {
    let code: u64 = unsigned(row, 2)?;
    let unknown = || rusqlite::Error::IntegralValueOutOfRange(2, code.cast_signed());
    Ok(StreamRow {
        stream: StreamId(row.get(0)?),
        device: DevicePublic(row.get(1)?),
        purpose: Purpose::from_code(code).map_err(|_| unknown())?,
        next: unsigned(row, 3)?,
        hash: EntryHash(row.get(4)?),
        says: row.get::<_, Option<i64>>(5)?.map(i64::cast_unsigned),
    })
}

pub(super) fn read_item(row: &Row<'_>) -> rusqlite::Result<ItemRow> {
    let code: u8 = row.get(2)?;
    let unknown = || rusqlite::Error::IntegralValueOutOfRange(2, i64::from(code));
    let content = match row.get(9)? {
        Some(value) => Content::Value(value),
        None => Content::Run {
            first: unsigned(row, 7)?,
            next: unsigned(row, 8)?,
        },
    };
    Ok(ItemRow {
        position: unsigned(row, 0)?,
        at: row.get(1)?,
        name: Name {
            class: Class::from_code(code).ok_or_else(unknown)?,
            of: row.get(3)?,
            by: row.get(4)?,
        },
        purposes: Purposes::from_bits(row.get(5)?),
        device: DevicePublic(row.get(6)?),
        content,
    })
}
