//! The tables, as a ladder: one rung a version, each climbed in one transaction.
//!
//! Deliberately not here: going down. A newer database is left alone, since its rows may mean more than is known here.

use rusqlite::Connection;

use super::DatabaseError;

/// `VP1R`, by which `file` and this code tell the database from others.
const APPLICATION: i64 = 0x5650_3152;

/// A rung is final once it was released: a change is another rung.
const LADDER: [&str; 1] = [FIRST];

/// Bytes stand behind what is searched, so that a search reads none of them.
const FIRST: &str = "
    CREATE TABLE life (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        incarnation BLOB NOT NULL,
        restored_at INTEGER
    ) STRICT;
    CREATE TABLE probe (one INTEGER PRIMARY KEY CHECK (one = 1), writes INTEGER NOT NULL) STRICT;
    INSERT INTO probe VALUES (1, 0);
    CREATE TABLE region (
        number INTEGER PRIMARY KEY,
        region BLOB NOT NULL UNIQUE,
        acts INTEGER NOT NULL,
        head BLOB NOT NULL,
        position INTEGER NOT NULL,
        bytes INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE act (
        region INTEGER NOT NULL REFERENCES region DEFERRABLE INITIALLY DEFERRED,
        height INTEGER NOT NULL,
        hash BLOB NOT NULL,
        bytes BLOB NOT NULL,
        UNIQUE (region, height)
    ) STRICT;
    CREATE TABLE device (
        region INTEGER NOT NULL REFERENCES region DEFERRABLE INITIALLY DEFERRED,
        device BLOB NOT NULL,
        held_entries INTEGER NOT NULL,
        held_bytes INTEGER NOT NULL,
        removed_entries INTEGER NOT NULL,
        removed_bytes INTEGER NOT NULL,
        heard INTEGER,
        PRIMARY KEY (region, device)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE stream (
        region INTEGER NOT NULL REFERENCES region DEFERRABLE INITIALLY DEFERRED,
        stream BLOB NOT NULL,
        device BLOB NOT NULL,
        purpose INTEGER NOT NULL,
        next INTEGER NOT NULL,
        hash BLOB NOT NULL,
        says INTEGER,
        PRIMARY KEY (region, stream)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX stream_by_device ON stream (region, device);
    CREATE TABLE entry (
        region INTEGER NOT NULL REFERENCES region DEFERRABLE INITIALLY DEFERRED,
        stream BLOB NOT NULL,
        seq INTEGER NOT NULL,
        hash BLOB NOT NULL,
        signed INTEGER NOT NULL,
        bytes BLOB NOT NULL,
        UNIQUE (region, stream, seq)
    ) STRICT;
    CREATE TABLE item (
        region INTEGER NOT NULL REFERENCES region DEFERRABLE INITIALLY DEFERRED,
        position INTEGER NOT NULL,
        at INTEGER NOT NULL,
        class INTEGER NOT NULL,
        of BLOB NOT NULL,
        by BLOB NOT NULL,
        purposes INTEGER NOT NULL,
        device BLOB NOT NULL,
        first INTEGER,
        next INTEGER,
        value BLOB,
        UNIQUE (region, position),
        UNIQUE (region, class, of, by),
        CHECK ((value IS NULL) = (first IS NOT NULL) AND (value IS NULL) = (next IS NOT NULL))
    ) STRICT;
    CREATE INDEX item_of_class ON item (region, class, position, purposes);
    CREATE INDEX item_of_device ON item (region, class, device, position);
    CREATE INDEX item_by ON item (region, class, by, position) WHERE class <> 1;
    CREATE TABLE blob (
        region INTEGER NOT NULL REFERENCES region DEFERRABLE INITIALLY DEFERRED,
        blob BLOB NOT NULL,
        bytes BLOB NOT NULL,
        UNIQUE (region, blob)
    ) STRICT;
    CREATE TABLE welcome (
        region INTEGER NOT NULL REFERENCES region DEFERRABLE INITIALLY DEFERRED,
        invitation BLOB NOT NULL,
        bytes BLOB NOT NULL,
        UNIQUE (region, invitation)
    ) STRICT;
";

/// Climbs what is missing.
pub(super) fn bring_up_to_date(connection: &mut Connection) -> Result<(), DatabaseError> {
    let climbed = usize::try_from(version(connection)?).unwrap_or(usize::MAX);
    for (rung, statements) in (1_i64..).zip(LADDER).skip(climbed) {
        let transaction =
            connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        // Another process may have been on the ladder at the same time.
        let now: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if now >= rung {
            continue;
        }
        transaction.execute_batch(statements)?;
        transaction.pragma_update(None, "user_version", rung)?;
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.commit()?;
    }
    Ok(())
}

/// That a database is a relay's, on a rung that is known. One in which there is nothing is none.
pub(super) fn is_ours(connection: &Connection) -> Result<(), DatabaseError> {
    match version(connection)? {
        0 => Err(DatabaseError::Empty),
        _ => Ok(()),
    }
}

/// The rung that a database stands on, 0 for an empty one; none of another program's, and none above the known ones.
fn version(connection: &Connection) -> Result<i64, DatabaseError> {
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (version, application) = (number("user_version")?, number("application_id")?);
    let tables = "SELECT count(*) FROM sqlite_schema";
    let tables: i64 = connection.query_row(tables, [], |row| row.get(0))?;
    let ours = match version {
        0 => application == 0 && tables == 0,
        _ => application == APPLICATION && tables > 0,
    };
    match usize::try_from(version) {
        Ok(_) if !ours => Err(DatabaseError::NotOurs),
        Ok(rungs) if rungs <= LADDER.len() => Ok(version),
        _ => Err(DatabaseError::Newer(version)),
    }
}
