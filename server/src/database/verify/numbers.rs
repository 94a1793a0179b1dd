//! What SQL alone can tell: rows that belong to nothing, and numbers that no relay writes.
//!
//! Deliberately not here: what the bytes say.

use rusqlite::{Connection, OptionalExtension as _};

use super::damaged;
use crate::database::DatabaseError;

/// What is wrong, and which regions it is wrong in.
const WRONG: [(&str, &str); 9] = [
    (
        "no life is written down for",
        "SELECT number FROM region WHERE NOT EXISTS (SELECT 1 FROM life)",
    ),
    (
        "a negative number in",
        "SELECT number FROM region WHERE acts < 1 OR position < 0 OR bytes < 0",
    ),
    (
        "a negative size of a device of",
        "SELECT region FROM device
         WHERE held_entries < 0 OR held_bytes < 0 OR removed_entries < 0 OR removed_bytes < 0",
    ),
    (
        "an act beyond the roster of",
        "SELECT act.region FROM act JOIN region ON region.number = act.region
         WHERE act.height < 0 OR act.height >= region.acts",
    ),
    (
        "a stream without an entry in",
        "SELECT region FROM stream WHERE next < 1",
    ),
    (
        "an entry without a stream in",
        "SELECT region FROM entry WHERE NOT EXISTS
         (SELECT 1 FROM stream WHERE stream.region = entry.region AND stream.stream = entry.stream)",
    ),
    (
        "an entry beyond its stream in",
        "SELECT entry.region FROM entry
         JOIN stream ON stream.region = entry.region AND stream.stream = entry.stream
         WHERE entry.seq < 0 OR entry.seq >= stream.next",
    ),
    (
        "an item at a position that nobody gave in",
        "SELECT item.region FROM item JOIN region ON region.number = item.region
         WHERE item.position < 1 OR item.position > region.position",
    ),
    (
        "a run without a length in",
        "SELECT region FROM item WHERE first < 0 OR next <= first",
    ),
];

pub(super) fn hold(connection: &Connection) -> Result<(), DatabaseError> {
    WRONG.into_iter().try_for_each(|(what, regions)| {
        let first = format!("{regions} LIMIT 1");
        let found = connection.query_row(&first, [], |row| row.get::<_, i64>(0));
        match found.optional()? {
            None => Ok(()),
            Some(region) => Err(damaged(&format!("{what} region {region}"))),
        }
    })
}
