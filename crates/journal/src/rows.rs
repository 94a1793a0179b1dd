//! What the journal keeps in rows, before sealing: canonical CBOR arrays, newer fields appended.
//!
//! Not here: sealing (`veldpost-envelope`) and where rows stand (`shelves`). `docs/format.md`
//! describes each row; the snapshots in `tests/rows.rs` hold them in place.

use crate::row::row;
use core::fmt;
use veldpost_domain::{Hlc, OperationId, RecordId, RecordKind, RoundId};
use veldpost_envelope::Entry;
use veldpost_envelope::canonical::Writer;

/// Where the device's own chain of one purpose has got to, and the clock that goes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The stream.
    pub stream: [u8; 16],
    /// The next free place in it.
    pub next_seq: u64,
    /// Hash of the newest entry.
    pub prev_hash: [u8; 32],
    /// The newest clock value that was used.
    pub hlc: u64,
    /// The number of the block that is being filled.
    pub block: u32,
    /// How many records this device has recorded, withdrawn ones included.
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stub {
    /// The record.
    pub record: [u8; 16],
    /// The operation.
    pub operation: [u8; 16],
    /// `RecordKind` by its code in `docs/format.md`.
    pub kind: u16,
    /// 0 create, 1 amend, 2 withdraw.
    pub act: u8,
    /// Wall-clock milliseconds since 1970.
    pub at: i64,
    /// The observation that this record replaces.
    pub promoted_from: Option<[u8; 16]>,
}

/// The stubs of one commit.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Stubs {
    /// In the order of their entries.
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
#[derive(Clone, PartialEq, Eq)]
pub struct RunRow {
    /// The relay's address; none in a region of one.
    pub address: Option<String>,
    /// The entries one after the other, each a CBOR item of its own; the last one is signed.
    pub entries: Vec<u8>,
}

/// Where runs are pushed to, behind the relay's origin.
const ENTRIES: &str = "/v1/entries";

impl RunRow {
    /// The row in its bytes: what derives would write, without a copy at each step.
    pub(crate) fn of(entries: &[Entry], relay: Option<&str>) -> Vec<u8> {
        let length = entries.iter().map(Entry::length).sum();
        let mut run = Writer::with_capacity(length);
        entries.iter().for_each(|entry| entry.write(&mut run));
        let address = relay.map(|origin| [origin, ENTRIES].concat());
        let room = address.as_ref().map_or(0, String::len);
        let mut row = Writer::with_capacity(length + room + 12);
        row.array(2)
            .text_or_null(address.as_deref())
            .bytes(&run.finish());
        row.finish()
    }
}

/// What stays set from tap to tap: the place's kind, never the person.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Situation {
    /// `living_situation`, a code of ETHOS Light.
    pub living_situation: Option<String>,
    /// `living_subsituation`.
    pub living_subsituation: Option<String>,
    /// `source`: how this is known.
    pub source: Option<String>,
    /// `municipality_stay`.
    pub municipality: Option<String>,
    /// Area from the list.
    pub area: Option<String>,
}

/// One of the last taps, so that it can be taken back, given a reason, or made a full record.
#[derive(Clone, PartialEq, Eq)]
pub struct Tap {
    /// The observation.
    pub record: [u8; 16],
    /// The operation that wrote its newest state.
    pub operation: [u8; 16],
    /// Index of the tile in `Tile::ALL`.
    pub tile: u8,
    /// Wall-clock milliseconds since 1970.
    pub at: i64,
    /// The one-tap reason, if given: its answer code.
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
#[derive(Clone, PartialEq, Eq)]
pub struct OpenRound {
    /// The round.
    pub round: [u8; 16],
    /// The organisation that walks.
    pub organisation: Option<[u8; 16]>,
    /// Who walks.
    pub crew: Option<String>,
    /// When it began: milliseconds since 1970.
    pub started_at: i64,
    /// What stays set.
    pub situation: Situation,
    /// How many stand on each tile, in the order of `Tile::ALL`.
    pub totals: Vec<u32>,
    /// The last 20 taps, newest last.
    pub taps: Vec<Tap>,
    /// Persons recorded with a form during this round.
    pub persons: u32,
    /// "Ik neem het risico": the app was not installed and storage was not promised.
    pub risk_accepted: bool,
    /// The remark that is being typed for its report: a `DraftRow` of it, sealed as a draft is.
    pub remark: Option<Vec<u8>>,
    /// The campaign that it was begun for: the region may go on to another while it is open. None in a round of before.
    pub campaign: Option<[u8; 16]>,
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
#[derive(Clone, PartialEq, Eq)]
pub struct DraftRow {
    /// Wall-clock milliseconds since 1970 of the last change.
    pub at: i64,
    /// Under the device-bound key's draft key: opens without a passphrase, for an hour.
    pub local: Option<Vec<u8>>,
    /// To the device's own encryption key: opens when unlocked. None on a count-only device, which keeps nothing that it could read
    /// later: what was left there goes out as it is.
    pub device: Option<Vec<u8>>,
    /// The observation that it is promoted from, so that one which is closed is found for it. None in a row of before.
    pub promoted_from: Option<[u8; 16]>,
}

impl DraftRow {
    /// Whether the hour is over in which it opens without a passphrase.
    pub(crate) fn is_old(&self, now: i64) -> bool {
        now.abs_diff(self.at) > crate::OPEN_FOR.unsigned_abs()
    }

    /// The copy that opens without a passphrase goes, where there is another. Whether it went.
    pub(crate) fn close(&mut self) -> bool {
        self.device.is_some() && self.local.take().is_some()
    }
}

/// What a draft holds, before sealing.
#[derive(Clone, PartialEq, Eq)]
pub struct DraftBody {
    /// The record that it will become.
    pub record: [u8; 16],
    /// `form_id`.
    pub form: String,
    /// `version`.
    pub version: String,
    /// Everything typed, as `veldpost-forms` gives it: canonical CBOR of answers.
    pub answers: Vec<u8>,
    /// The page that was open.
    pub page: u32,
    /// The observation that it is promoted from.
    pub promoted_from: Option<[u8; 16]>,
    /// When it was started: milliseconds since 1970.
    pub started_at: i64,
    /// The record is being amended, not made.
    pub amends: bool,
    /// The campaign that it was begun for. None in a draft of before.
    pub campaign: Option<[u8; 16]>,
    /// What stood in the record when that began to be changed, as `answers`. None in a draft of before.
    pub before: Option<Vec<u8>>,
}

/// One organisation that takes part.
#[derive(Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Its id.
    pub id: [u8; 16],
    /// Its name.
    pub name: String,
}

/// One area of the region's list.
#[derive(Clone, PartialEq, Eq)]
pub struct Area {
    /// Its name, also its code.
    pub name: String,
    /// The municipality it lies in, by code.
    pub municipality: String,
}

/// What is typed once for a region of one.
#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    /// The campaign's id.
    pub campaign: [u8; 16],
    /// The count date, `YYYY-MM-DD`.
    pub count_date: String,
    /// Organisations.
    pub organisations: Vec<Organisation>,
    /// Areas.
    pub areas: Vec<Area>,
    /// Question blocks that are switched on, by name.
    pub blocks: Vec<String>,
    /// Whether the recovery kit was proven (`true`) or skipped on purpose.
    pub kit_proven: bool,
    /// What the region is called; none in a region of one that was never shared.
    pub region: Option<String>,
    /// What the campaign is called.
    pub campaign_name: Option<String>,
    /// What whoever uses this device calls it, for coordinators.
    pub own_name: Option<String>,
}

/// What this device is in its region: all that a locked device needs of the roster, made of it again whenever it moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The region.
    pub region: [u8; 32],
    /// The region's form by its code in `docs/format.md`.
    pub form: u8,
    /// The relay's origin; none while the region is on this device alone.
    pub relay: Option<String>,
    /// The newest act that is held.
    pub head: [u8; 32],
    /// Its height.
    pub height: u64,
    /// The count's newest epoch.
    pub epoch: u64,
    /// Its public half: what is sealed to.
    pub letterbox: [u8; 32],
    /// The newest `RSK`.
    pub recovery: [u8; 32],
    /// `DEK`'s public half.
    pub device: [u8; 32],
    /// Roles by their codes.
    pub roles: Vec<u32>,
    /// The invitation that it came by.
    pub invitation: Option<[u8; 16]>,
    /// It came by a group's invitation: it keeps nothing that can be read.
    pub group: bool,
    /// It is a member.
    pub member: bool,
    /// It was removed.
    pub removed: bool,
    /// Two members at least coordinate the count.
    pub ready: bool,
    /// The stage of the campaign by its code; none where nobody said one.
    pub stage: Option<u8>,
    /// Hash of the newest checkpoint that is held.
    pub seen: Option<Vec<u8>>,
    /// That invitation was for an organisation's desk: its copies go at the receipt.
    pub desk: bool,
    /// The organisation that invitation is for: what is recorded outside a round is that organisation's.
    pub organisation: Option<[u8; 16]>,
}

/// How often unlocking failed in a row, and when last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Attempts {
    /// Failures since the last success.
    pub failed: u32,
    /// Wall-clock milliseconds since 1970 of the last failure.
    pub last_at: i64,
}

/// How the app looks and behaves on this device.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Preferences {
    /// `light`, `dark`, `nacht`, or none to follow the phone.
    pub scheme: Option<String>,
    /// `nl` or `en`; none means Dutch.
    pub language: Option<String>,
    /// The bar's buttons are mirrored.
    pub left_hand: bool,
    /// Vibrate on a tap; none means yes.
    pub vibrate: Option<bool>,
    /// Minutes without a touch until the app locks, within bounds; none means the default.
    pub lock_minutes: Option<u8>,
}

row! {
    Head { stream: id, next_seq: number, prev_hash: hash, hlc: number, block: number, recorded: number }
    Stub { record: id, operation: id, kind: number, act: number, at: time, promoted_from: id_or_none }
    Stubs { stubs: rows }
    RunRow { address: text_or_none, entries: bytes }
    Situation {
        living_situation: text_or_none,
        living_subsituation: text_or_none,
        source: text_or_none,
        municipality: text_or_none,
        area: text_or_none,
    }
    Tap { record: id, operation: id, tile: number, at: time, reason: text_or_none }
    OpenRound {
        round: id,
        organisation: id_or_none,
        crew: text_or_none,
        started_at: time,
        situation: row,
        totals: numbers,
        taps: rows,
        persons: number,
        risk_accepted: yes_no,
        remark: bytes_or_none,
        campaign: id_or_none,
    }
    DraftRow { at: time, local: bytes_or_none, device: bytes_or_none, promoted_from: id_or_none }
    DraftBody {
        record: id,
        form: text,
        version: text,
        answers: bytes,
        page: number,
        promoted_from: id_or_none,
        started_at: time,
        amends: yes_no,
        campaign: id_or_none,
        before: bytes_or_none,
    }
    Organisation { id: id, name: text }
    Area { name: text, municipality: text }
    Settings {
        campaign: id,
        count_date: text,
        organisations: rows,
        areas: rows,
        blocks: texts,
        kit_proven: yes_no,
        region: text_or_none,
        campaign_name: text_or_none,
        own_name: text_or_none,
    }
    Membership {
        region: hash,
        form: number,
        relay: text_or_none,
        head: hash,
        height: number,
        epoch: number,
        letterbox: hash,
        recovery: hash,
        device: hash,
        roles: numbers,
        invitation: id_or_none,
        group: yes_no,
        member: yes_no,
        removed: yes_no,
        ready: yes_no,
        stage: number_or_none,
        seen: bytes_or_none,
        desk: yes_no,
        organisation: id_or_none,
    }
    Attempts { failed: number, last_at: time }
    Preferences {
        scheme: text_or_none,
        language: text_or_none,
        left_hand: yes_no,
        vibrate: yes_no_or_none,
        lock_minutes: number_or_none,
    }
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
