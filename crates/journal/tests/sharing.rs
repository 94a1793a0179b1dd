//! A book that others share: what is saved is told to sync, the writer can be held, and a device of a group keeps
//! nothing that it could read.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail a test")]

mod device;

use device::{Book, Browser, Device, outside, start_round};
use pollster::block_on;
use veldpost_domain::{OperationId, StreamId};
use veldpost_envelope::genesis::Role;
use veldpost_envelope::keys::SettingsKey;
use veldpost_envelope::statement::Subject;
use veldpost_envelope::stream::StreamOpen;
use veldpost_envelope::wire::Items;
use veldpost_envelope::{
    ActHash, CameBy, EntryHash, Genesis, Joined, Purpose, Roster, StreamState,
};
use veldpost_journal::rows::{Membership, RunRow};
use veldpost_journal::{Journal, Kind, NewMember, NewRegion, Outside, Protection, Row, Tile};
use veldpost_store::{Batch, Shelf, Store};

const RELAY: &str = "https://post.example";
const INVITATION: [u8; 16] = [7; 16];

fn founded(device: &Device) -> (Book, Vec<u8>) {
    let new = NewRegion::make(Kind::Shared, Device::settings(), &device.world).unwrap();
    let genesis = new.genesis().to_vec();
    let store = device.database.open();
    let book = block_on(async {
        store.claim().await.unwrap();
        let (world, own) = (device.world.clone(), Protection::OwnKey);
        let found = Journal::found(store, world, &Browser, &new, Some(RELAY), &own);
        found.await.map_err(|(error, ..)| error).unwrap()
    });
    (book, genesis)
}

/// A device of a group joins a region that another one founded.
fn joined(device: &Device, group: bool) -> Book {
    let (_, genesis) = founded(&Device::new());
    let roster = Roster::new(&Genesis::verify(&genesis).unwrap());
    // Every device of these tests draws the same: this one has drawn more.
    device.world.random(&mut [0; 8]);
    let member = NewMember::make(&device.world);
    let store = device.database.open();
    let joined = Joined {
        relay: RELAY,
        roster: &roster,
        acts: &[genesis],
        settings_key: SettingsKey::generate(1, &mut Counting(0)),
        came_by: Some(CameBy {
            invitation: INVITATION,
            join: b"join".to_vec().into(),
            welcome: b"welcome",
        }),
        recovery: None,
        group,
        desk: false,
        roles: &[Role::Counter],
    };
    block_on(async {
        store.claim().await.unwrap();
        let (world, own) = (device.world.clone(), Protection::OwnKey);
        let settings = Device::settings();
        let book = Journal::join(store, world, &Browser, &member, &joined, &settings, &own);
        book.await.map_err(|(error, ..)| error).unwrap()
    })
}

struct Counting(u8);

impl veldpost_envelope::RandomBytes for Counting {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.0 = self.0.wrapping_add(1);
            *byte = self.0;
        }
    }
}

fn outbox(book: &Book) -> Vec<RunRow> {
    let rows = block_on(book.store().read_all(Shelf::Outbox)).unwrap();
    let rows = rows.iter().map(|(_, row)| RunRow::from_bytes(row).unwrap());
    rows.collect()
}

fn opening(book: &Book) -> StreamOpen {
    let rows = outbox(book);
    let first = Items::new(&rows[0].entries).next().unwrap().unwrap();
    StreamOpen::read(&veldpost_envelope::Entry::from_bytes(first).unwrap()).unwrap()
}

/// Half of it would say something else.
#[test]
fn a_judgement_is_taken_back_by_two_statements_in_one_commit() {
    let device = Device::new();
    let (book, _) = founded(&device);
    start_round(&book);
    let before = outbox(&book).len();
    let subject = Subject::Invitation(INVITATION);
    block_on(book.unjudge(vec![(subject, vec![OperationId([5; 16])])])).unwrap();
    let rows = outbox(&book);
    assert_eq!(rows.len(), before + 1);
    let run = rows.last().unwrap();
    // Before them stand what opens the stream and its key, if it is the first run.
    let entries = Items::new(&run.entries).count();
    assert_eq!(entries, if before == 0 { 4 } else { 2 });
    assert_eq!(book.take_saved().len(), 1);
}

#[test]
fn what_is_saved_is_told_once_and_names_where_it_goes() {
    let device = Device::new();
    let (book, _) = founded(&device);
    start_round(&book);
    block_on(book.tap(Tile::Man)).unwrap();
    let told = book.take_saved();
    assert_eq!(told.len(), 1);
    assert!(book.take_saved().is_empty());
    let rows = outbox(&book);
    assert_eq!(
        rows[0].address.as_deref(),
        Some("https://post.example/v1/entries")
    );
    // What sync begins with holds it too: it is not told twice.
    block_on(book.tap(Tile::Man)).unwrap();
    assert_eq!(block_on(book.sync_rows()).unwrap().outbox.len(), 2);
    assert!(book.take_saved().is_empty());
}

#[test]
fn wiping_left_others_records_and_the_join_on_a_device_of_a_region() {
    let device = Device::new();
    let book = joined(&device, false);
    start_round(&book);
    block_on(book.tap(Tile::Man)).unwrap();
    let shelves = [
        Shelf::Streams,
        Shelf::Objects,
        Shelf::Originals,
        Shelf::Aside,
    ];
    let mut batch = Batch::new().put(Shelf::Meta, b"relay", b"row");
    for shelf in shelves {
        batch = batch.put(shelf, [1; 16], b"row");
    }
    block_on(book.store().commit(batch)).unwrap();
    block_on(book.wipe()).unwrap();
    for shelf in Shelf::ALL {
        let left = block_on(book.store().read_all(shelf)).unwrap();
        let left: Vec<_> = left.into_iter().map(|(key, _)| key).collect();
        assert!(
            left.iter().all(|key| key == b"format" || key == b"fence"),
            "{} {left:?}",
            shelf.name()
        );
    }
}

#[test]
fn what_others_are_to_receive_is_never_folded_away() {
    let device = Device::new();
    let (book, _) = founded(&device);
    start_round(&book);
    block_on(book.tap(Tile::Man)).unwrap();
    block_on(book.unlock(None)).unwrap();
    assert_eq!(block_on(book.fold()).unwrap(), 0);
    assert_eq!(outbox(&book).len(), 1);
}

#[test]
fn a_start_knows_what_the_device_is_in_its_region() {
    let device = Device::new();
    let (book, _) = founded(&device);
    let before = book.membership();
    assert!(before.is_shared() && before.coordinates(Purpose::Count));
    let moved = Membership {
        height: 3,
        ready: true,
        ..before
    };
    block_on(book.keep_membership(moved.clone())).unwrap();
    drop(book);
    assert_eq!(device.restart().membership(), moved);
}

#[test]
fn a_newcomers_stream_names_its_invitation_until_it_is_a_member() {
    let device = Device::new();
    let book = joined(&device, false);
    assert!(!book.membership().member);
    start_round(&book);
    block_on(book.tap(Tile::Man)).unwrap();
    assert_eq!(opening(&book).invitation, Some(INVITATION));
    let other = Device::new();
    let book = joined(&other, false);
    let member = Membership {
        member: true,
        ..book.membership()
    };
    block_on(book.keep_membership(member)).unwrap();
    start_round(&book);
    block_on(book.tap(Tile::Man)).unwrap();
    assert_eq!(opening(&book).invitation, None);
}

#[test]
fn a_device_of_a_group_keeps_nothing_that_it_could_read() {
    for (group, readable) in [(true, 0), (false, 1)] {
        let device = Device::new();
        let book = joined(&device, group);
        start_round(&book);
        block_on(book.tap(Tile::Man)).unwrap();
        drop(book);
        let book = device.restart();
        let unlocked = block_on(book.unlock(None)).unwrap();
        assert_eq!(
            (unlocked.records, unlocked.damaged),
            (readable, 0),
            "{group}"
        );
    }
}

#[test]
fn the_next_save_goes_on_where_the_held_writer_was_moved_to() {
    let device = Device::new();
    let (book, _) = founded(&device);
    assert!(
        block_on(book.hold_writer()).unwrap().is_none(),
        "nothing was saved"
    );
    start_round(&book);
    block_on(book.tap(Tile::Man)).unwrap();
    let held = block_on(book.hold_writer()).unwrap().unwrap();
    assert_eq!(held.context().roster_head, ActHash(book.membership().head));
    let moved = StreamState {
        stream: StreamId([9; 16]),
        next_seq: 5,
        prev_hash: EntryHash([8; 32]),
    };
    let beside = Batch::new().put(Shelf::Streams, [9; 16], b"row");
    block_on(held.commit(beside, moved)).unwrap();
    block_on(book.set_situation(outside())).unwrap();
    block_on(book.tap(Tile::Man)).unwrap();
    let key = [[9; 16].as_slice(), &5_u64.to_be_bytes()].concat();
    let row = block_on(book.store().read(Shelf::Outbox, &key)).unwrap();
    let row = RunRow::from_bytes(&row.unwrap()).unwrap();
    // A content key of its own comes first: the one before was handed out in another stream.
    assert_eq!(Items::new(&row.entries).count(), 2);
}
