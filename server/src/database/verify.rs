//! Whether what a database holds holds together: SQLite's own checks, then every chain of acts and entries, and what is
//! kept beside them.
//!
//! Deliberately not here: repairing. What does not verify is told; a backup and the devices have the rest.

mod items;
mod numbers;
mod sealed;

use std::collections::BTreeMap;

use rusqlite::Connection;
use veldpost_envelope::run::verify_kept_run;
use veldpost_envelope::{Genesis, Kept, RegionId, Roster};
use veldpost_relay::store::StreamRow;

use super::reading::{Rows, STREAM, read_stream};
use super::{DatabaseError, schema};
use items::Ledger;

/// So many entries are read at a time. A run is not longer.
const STEP: u64 = 1_000;
/// So much of a roster is read at a time.
const ACTS: usize = 1024 * 1024;

/// What a database holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    /// Regions.
    pub regions: u64,
    /// Acts of their rosters.
    pub acts: u64,
    /// Streams.
    pub streams: u64,
    /// Entries.
    pub entries: u64,
}

/// What is there by number, whether it verifies or not.
pub(super) fn counted(connection: &Connection) -> Result<Holding, DatabaseError> {
    let counted = connection.query_row(
        "SELECT (SELECT count(*) FROM region), (SELECT count(*) FROM act),
                (SELECT count(*) FROM stream), (SELECT count(*) FROM entry)",
        [],
        |row| {
            let number = |column| row.get::<_, i64>(column).map(i64::cast_unsigned);
            Ok(Holding {
                regions: number(0)?,
                acts: number(1)?,
                streams: number(2)?,
                entries: number(3)?,
            })
        },
    );
    Ok(counted?)
}

/// SQLite's own checks.
pub(super) fn file(connection: &Connection) -> Result<(), DatabaseError> {
    schema::is_ours(connection)?;
    let check = "PRAGMA integrity_check(1)";
    let said: String = connection.query_row(check, [], |row| row.get(0))?;
    if said != "ok" {
        return Err(damaged("integrity_check"));
    }
    let strays = "SELECT count(*) FROM pragma_foreign_key_check";
    match connection.query_row(strays, [], |row| row.get(0))? {
        0_i64 => Ok(()),
        _ => Err(damaged("rows without a region")),
    }
}

/// Every region's roster, every stream from its first entry to its last, and all that is kept beside them.
pub(super) fn chains(connection: &Connection) -> Result<Holding, DatabaseError> {
    numbers::hold(connection)?;
    let mut holding = Holding::default();
    let regions: Vec<(i64, [u8; 32])> = all(
        connection,
        "SELECT number, region FROM region ORDER BY number",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    for (number, id) in regions {
        let (rows, id) = (Rows::of(connection, number), RegionId(id));
        holding.regions += 1;
        holding.acts += roster(&rows, &id, number)?;
        let sql = format!("{STREAM} WHERE region = ?1");
        let streams = all(connection, &sql, [number], read_stream)?;
        let streams: BTreeMap<_, _> = streams.into_iter().map(|row| (row.stream, row)).collect();
        for (at, row) in streams.values().enumerate() {
            holding.streams += 1;
            let held = stream(&rows, &id, row)?;
            holding.entries +=
                held.ok_or_else(|| damaged(&format!("stream {} of region {number}", at + 1)))?;
        }
        Ledger::new(&id, number, &streams).holds(connection)?;
        sealed::hold(connection, &id, number)?;
    }
    Ok(holding)
}

fn roster(rows: &Rows<'_>, id: &RegionId, number: i64) -> Result<u64, DatabaseError> {
    let wrong = || damaged(&format!("the roster of region {number}"));
    let row = rows.region()?.ok_or_else(wrong)?;
    let first = rows.acts(0, 1)?;
    let first = first.first().ok_or_else(wrong)?;
    let genesis = Genesis::verify(&first.bytes).map_err(|_| wrong())?;
    let mut roster = Roster::new(&genesis);
    if roster.head().0 != id.0 || roster.head() != first.hash {
        return Err(wrong());
    }
    while roster.height() + 1 < row.acts {
        let acts = rows.acts(roster.height() + 1, ACTS)?;
        if acts.is_empty() {
            return Err(wrong());
        }
        for act in &acts {
            roster.take(&act.bytes).map_err(|_| wrong())?;
            if (roster.height(), roster.head()) != (act.height, act.hash) {
                return Err(wrong());
            }
        }
    }
    if roster.head() != row.head {
        return Err(wrong());
    }
    Ok(row.acts)
}

/// How many entries a stream has; none when they are no chain up to what its row says.
fn stream(
    rows: &Rows<'_>,
    region: &RegionId,
    row: &StreamRow,
) -> Result<Option<u64>, DatabaseError> {
    let (stream, device) = (&row.stream, &row.device);
    let (mut head, mut next) = (None, 0);
    while next < row.next {
        let mut entries = rows.entries(stream, next, row.next.min(next + STEP))?;
        // Only up to a signature can anything be verified; the rest comes with the next step.
        let signed = entries.iter().rposition(|entry| entry.signed);
        entries.truncate(signed.map_or(0, |last| last + 1));
        let run: Result<Vec<Kept>, _> = entries
            .iter()
            .map(|entry| Kept::from_bytes(&entry.bytes))
            .collect();
        let Some(run) = run.ok().filter(|run| !run.is_empty()) else {
            return Ok(None);
        };
        let Ok(verified) = verify_kept_run(region, device, head.as_ref(), &run) else {
            return Ok(None);
        };
        let as_named = run.iter().zip(&entries).all(|(kept, entry)| {
            let header = kept.header();
            kept.hash() == entry.hash && header.seq == entry.seq && header.purpose == row.purpose
        });
        if !as_named {
            return Ok(None);
        }
        next += run.len() as u64;
        head = Some(verified);
    }
    let whole = head.is_some_and(|head| head.hash == row.hash && head.stream == *stream);
    Ok(whole.then_some(next))
}

fn all<T>(
    connection: &Connection,
    sql: &str,
    values: impl rusqlite::Params,
    read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, DatabaseError> {
    let mut statement = connection.prepare(sql)?;
    let found = statement.query_map(values, read);
    Ok(found.and_then(Iterator::collect)?)
}

fn damaged(what: &str) -> DatabaseError {
    DatabaseError::Damaged(what.to_owned())
}
