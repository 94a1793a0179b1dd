//! What the journal keeps in rows, before sealing: canonical CBOR arrays, newer fields appended.
//!
//! Not here: sealing (`veldpost-envelope`) and where rows stand (`shelves`). `docs/format.md`
//! describes each row; the snapshots in `tests/rows.rs` hold them in place.

use core::fmt;
use minicbor::{Decode, Encode};
use veldpost_domain::{Hlc, OperationId, RecordId, RecordKind, RoundId};
use veldpost_envelope::Entry;
use veldpost_envelope::canonical::Writer;

/// Where the device's own chain of one purpose has got to, and the clock that goes with it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Head {
    /// The stream.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub stream: [u8; 16],
    /// The next free place in it.
    #[n(1)]
    pub next_seq: u64,
    /// Hash of the newest entry.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub prev_hash: [u8; 32],
    /// The newest clock value that was used.
    #[n(3)]
    pub hlc: u64,
    /// The number of the block that is being filled.
    #[n(4)]
    pub block: u32,
    /// How many records this device has recorded, withdrawn ones included.
    #[n(5)]
    pub recorded: u64,
}

impl Head {
    /// The clock.
    #[must_use]
    pub fn clock(&self) -> Hlc {
        Hlc(self.hlc)
    }
}

/// What a locked device may know of an operation: that it was, never what it said.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Stub {
    /// The record.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub record: [u8; 16],
    /// The operation.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub operation: [u8; 16],
    /// `RecordKind` by its code in `docs/format.md`.
    #[n(2)]
    pub kind: u16,
    /// 0 create, 1 amend, 2 withdraw.
    #[n(3)]
    pub act: u8,
    /// Wall-clock milliseconds since 1970.
    #[n(4)]
    pub at: i64,
    /// The observation that this record replaces.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub promoted_from: Option<[u8; 16]>,
}

/// The stubs of one commit.
#[derive(Clone, Debug, PartialEq, Eq, Default, Encode, Decode)]
pub struct Stubs {
    /// In the order of their entries.
    #[n(0)]
    pub stubs: Vec<Stub>,
}

/// The code of a kind in stubs: `docs/format.md`.
#[must_use]
pub fn kind_code(kind: RecordKind) -> u16 {
    match kind {
        RecordKind::Observation => 1,
        RecordKind::Person => 2,
        RecordKind::RoundReport => 3,
        RecordKind::Unknown(code) => code,
    }
}

/// One commit as it waits in the outbox: ready bytes and where they go.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct RunRow {
    /// The relay's address; none in a region of one.
    #[n(0)]
    pub address: Option<String>,
    /// The entries one after the other, each a CBOR item of its own; the last one is signed.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub entries: Vec<u8>,
}

impl RunRow {
    /// The row of a region of one, in its bytes: what derives would write, without a copy at each
    /// step.
    pub(crate) fn of(entries: &[Entry]) -> Vec<u8> {
        let length = entries.iter().map(Entry::length).sum();
        let mut run = Writer::with_capacity(length);
        entries.iter().for_each(|entry| entry.write(&mut run));
        let mut row = Writer::with_capacity(length + 8);
        row.array(2).null().bytes(&run.finish());
        row.finish()
    }
}

/// What stays set from tap to tap: the place's kind, never the person.
#[derive(Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Situation {
    /// `living_situation`, a code of ETHOS Light.
    #[n(0)]
    pub living_situation: Option<String>,
    /// `living_subsituation`.
    #[n(1)]
    pub living_subsituation: Option<String>,
    /// `source`: how this is known.
    #[n(2)]
    pub source: Option<String>,
    /// `municipality_stay`.
    #[n(3)]
    pub municipality: Option<String>,
    /// Area from the list.
    #[n(4)]
    pub area: Option<String>,
}

/// One of the last taps, so that it can be taken back, given a reason, or made a full record.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Tap {
    /// The observation.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub record: [u8; 16],
    /// The operation that wrote its newest state.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub operation: [u8; 16],
    /// Index of the tile in `Tile::ALL`.
    #[n(2)]
    pub tile: u8,
    /// Wall-clock milliseconds since 1970.
    #[n(3)]
    pub at: i64,
    /// The one-tap reason, if given: its answer code.
    #[n(4)]
    pub reason: Option<String>,
}

impl Tap {
    /// The observation's id.
    #[must_use]
    pub fn record_id(&self) -> RecordId {
        RecordId(self.record)
    }

    /// The id of the operation that wrote its newest state.
    #[must_use]
    pub fn operation_id(&self) -> OperationId {
        OperationId(self.operation)
    }
}

/// The open round; gone when it is stopped.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct OpenRound {
    /// The round.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub round: [u8; 16],
    /// The organisation that walks.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub organisation: Option<[u8; 16]>,
    /// Who walks.
    #[n(2)]
    pub crew: Option<String>,
    /// When it began: milliseconds since 1970.
    #[n(3)]
    pub started_at: i64,
    /// What stays set.
    #[n(4)]
    pub situation: Situation,
    /// How many stand on each tile, in the order of `Tile::ALL`.
    #[n(5)]
    pub totals: Vec<u32>,
    /// The last 20 taps, newest last.
    #[n(6)]
    pub taps: Vec<Tap>,
    /// Persons recorded with a form during this round.
    #[n(7)]
    pub persons: u32,
    /// "Ik neem het risico": the app was not installed and storage was not promised.
    #[n(8)]
    pub risk_accepted: bool,
}

impl OpenRound {
    /// The round's id.
    #[must_use]
    pub fn round_id(&self) -> RoundId {
        RoundId(self.round)
    }

    /// Everybody on the tiles.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.totals.iter().sum()
    }
}

/// A form that is not finished, in two sealed copies.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct DraftRow {
    /// Wall-clock milliseconds since 1970 of the last change.
    #[n(0)]
    pub at: i64,
    /// Under the device-bound key's draft key: opens without a passphrase, for an hour.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub local: Option<Vec<u8>>,
    /// To the device's own encryption key: opens when unlocked.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub device: Vec<u8>,
}

/// What a draft holds, before sealing.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct DraftBody {
    /// The record that it will become.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub record: [u8; 16],
    /// `form_id`.
    #[n(1)]
    pub form: String,
    /// `version`.
    #[n(2)]
    pub version: String,
    /// Everything typed, as `veldpost-forms` gives it: canonical CBOR of answers.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub answers: Vec<u8>,
    /// The page that was open.
    #[n(4)]
    pub page: u32,
    /// The observation that it is promoted from.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub promoted_from: Option<[u8; 16]>,
    /// When it was started: milliseconds since 1970.
    #[n(6)]
    pub started_at: i64,
    /// The record is being amended, not made.
    #[n(7)]
    pub amends: bool,
}

/// One organisation that takes part.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Organisation {
    /// Its id.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub id: [u8; 16],
    /// Its name.
    #[n(1)]
    pub name: String,
}

/// One area of the region's list.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Area {
    /// Its name, also its code.
    #[n(0)]
    pub name: String,
    /// The municipality it lies in, by code.
    #[n(1)]
    pub municipality: String,
}

/// What is typed once for a region of one.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Settings {
    /// The campaign's id.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub campaign: [u8; 16],
    /// The count date, `YYYY-MM-DD`.
    #[n(1)]
    pub count_date: String,
    /// Organisations.
    #[n(2)]
    pub organisations: Vec<Organisation>,
    /// Areas.
    #[n(3)]
    pub areas: Vec<Area>,
    /// Question blocks that are switched on, by name.
    #[n(4)]
    pub blocks: Vec<String>,
    /// Whether the recovery kit was proven (`true`) or skipped on purpose.
    #[n(5)]
    pub kit_proven: bool,
}

/// How often unlocking failed in a row, and when last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Encode, Decode)]
pub struct Attempts {
    /// Failures since the last success.
    #[n(0)]
    pub failed: u32,
    /// Wall-clock milliseconds since 1970 of the last failure.
    #[n(1)]
    pub last_at: i64,
}

/// How the app looks and behaves on this device.
#[derive(Clone, Debug, PartialEq, Eq, Default, Encode, Decode)]
pub struct Preferences {
    /// `light`, `dark`, `nacht`, or none to follow the phone.
    #[n(0)]
    pub scheme: Option<String>,
    /// `nl` or `en`; none means Dutch.
    #[n(1)]
    pub language: Option<String>,
    /// The bar's buttons are mirrored.
    #[n(2)]
    pub left_hand: bool,
    /// Vibrate on a tap; none means yes.
    #[n(3)]
    pub vibrate: Option<bool>,
    /// Minutes without a touch until the app locks, within bounds; none means the default.
    #[n(4)]
    pub lock_minutes: Option<u8>,
}

/// Rows hold places, names and answers: their `Debug` names the type alone.
macro_rules! silent {
    ($($name:ident),+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )+};
}
silent!(
    RunRow,
    Situation,
    Tap,
    OpenRound,
    DraftRow,
    DraftBody,
    Organisation,
    Area,
    Settings
);
