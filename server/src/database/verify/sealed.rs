//! Bytes that are kept by name: blobs, and what newcomers may know.
//!
//! Deliberately not here: opening them.

use rusqlite::Connection;
use veldpost_envelope::blob::Blob;
use veldpost_envelope::invitation::WELCOME;
use veldpost_envelope::{EnvelopeError, RegionId};

use super::damaged;
use crate::database::DatabaseError;

/// Each blob's hash is its name, and each welcome is as long as all are.
pub(super) fn hold(
    connection: &Connection,
    region: &RegionId,
    number: i64,
) -> Result<(), DatabaseError> {
    let sql = "SELECT blob, bytes FROM blob WHERE region = ?1 ORDER BY blob";
    let mut statement = connection.prepare(sql)?;
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    for (at, found) in statement.query_map([number], read)?.enumerate() {
        let (name, bytes): ([u8; 32], Vec<u8>) = found?;
        match Blob::from_bytes(&bytes) {
            Ok(blob) if blob.region() == *region && blob.id().0 == name => {}
            // What a newer server took is not known here.
            Err(EnvelopeError::Newer(_)) => {}
            _ => return Err(damaged(&format!("blob {} of region {number}", at + 1))),
        }
    }
    let sql = "SELECT invitation, bytes FROM welcome WHERE region = ?1";
    let mut statement = connection.prepare(sql)?;
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    for found in statement.query_map([number], read)? {
        let (_, bytes): ([u8; 16], Vec<u8>) = found?;
        if bytes.len() != WELCOME {
            return Err(damaged(&format!("a welcome of region {number}")));
        }
    }
    Ok(())
}
