//! A region of one joins a region: with its records or without, in one transaction or not at all.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail a test")]

mod device;

use device::{Book, Browser, Device, PASSPHRASE, start_round};
use pollster::block_on;
use veldpost_domain::{Act, Operation, RecordSet};
use veldpost_envelope::genesis::Role;
use veldpost_envelope::keys::SettingsKey;
use veldpost_envelope::stream::StreamOpen;
use veldpost_envelope::wire::Items;
use veldpost_envelope::{CameBy, Entry, Genesis, Joined, PublicKind, Roster};
use veldpost_journal::rows::{Membership, RunRow, Settings};
use veldpost_journal::{JournalError, Kind, NewRegion, Outside, Row, Tile};
use veldpost_store::{Batch, Shelf, Store, StoreError};

const RELAY: &str = "https://post.example";
const INVITATION: [u8; 16] = [7; 16];

/// The region that is joined.
struct Elsewhere {
    acts: Vec<Vec<u8>>,
    roster: Roster,
}

impl Elsewhere {
    fn new() -> Self {
        let device = Device::new();
        // Every device of these tests draws the same: this one has drawn more.
        device.world.random(&mut [0; 8]);
        let new = NewRegion::make(Kind::Shared, Device::settings(), &device.world).unwrap();
        Self {
            acts: vec![new.genesis().to_vec()],
            roster: Roster::new(&Genesis::verify(new.genesis()).unwrap()),
        }
    }

    fn join(&self, book: &Book, along: bool) -> Result<(), JournalError> {
        self.join_as(book, along, false)
    }

    fn join_as(&self, book: &Book, along: bool, group: bool) -> Result<(), JournalError> {
        let joined = Joined {
            relay: RELAY,
            roster: &self.roster,
            acts: &self.acts,
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
        block_on(book.join_along(&Browser, &joined, &Device::settings(), along))
    }
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

/// A device on which three taps were folded, and a fourth waits; one of them was taken back.
fn counted(device: &Device) -> Book {
    let book = device.found();
    start_round(&book);
    for tile in [Tile::Man, Tile::Woman, Tile::Child] {
        block_on(book.tap(tile)).unwrap();
    }
    device.unlock(&book);
    block_on(book.fold()).unwrap();
    block_on(book.undo()).unwrap();
    block_on(book.tap(Tile::Unknown)).unwrap();
    block_on(book.stop_round("Rustig", false)).unwrap();
    book
}

fn operations(book: &Book) -> Vec<Operation> {
    let records = book.records();
    let all = records.iter().flat_map(|record| record.operations());
    let mut all: Vec<Operation> = all.cloned().collect();
    all.sort_by_key(|operation| operation.id);
    all
}

/// As if nobody had said where they were made.
fn unmarked(mut operations: Vec<Operation>) -> Vec<Operation> {
    for operation in &mut operations {
        if let Act::Create { context, .. } = &mut operation.act {
            context.from_solo = false;
        }
    }
    operations
}

fn rows(book: &Book, shelf: Shelf) -> Vec<(Vec<u8>, Vec<u8>)> {
    block_on(book.store().read_all(shelf)).unwrap()
}

fn outbox(book: &Book) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (_, row) in rows(book, Shelf::Outbox) {
        let row = RunRow::from_bytes(&row).unwrap();
        assert_eq!(
            row.address.as_deref(),
            Some("https://post.example/v1/entries")
        );
        let items = Items::new(&row.entries).map(|item| Entry::from_bytes(item.unwrap()).unwrap());
        entries.extend(items);
    }
    entries
}

fn sealed(book: &Book) -> usize {
    let entries = outbox(book);
    let sealed = entries
        .iter()
        .filter(|entry| entry.header().public_kind.is_none());
    sealed.count()
}

#[test]
fn records_that_go_along_wait_to_be_sent_and_read_as_before() {
    let device = Device::new();
    let book = counted(&device);
    let before = operations(&book);
    let stubs = || {
        let book = device.restart();
        let mut stubs = block_on(book.stubs()).unwrap();
        stubs.sort_by_key(|stub| stub.operation);
        stubs
    };
    let stubs_before = stubs();
    let book = device.restart();
    device.unlock(&book);
    let there = Elsewhere::new();
    there.join(&book, true).unwrap();

    let membership = book.membership();
    assert_eq!(membership.region, there.roster.region().0);
    assert!(membership.is_shared() && !membership.member && !membership.is_alone());
    // The clock of the device went on, and the entries hang together in a stream that names the invitation.
    let entries = outbox(&book);
    let opening = StreamOpen::read(&entries[0]).unwrap();
    assert_eq!(
        (opening.invitation, opening.continues),
        (Some(INVITATION), None)
    );
    assert!(
        entries
            .iter()
            .all(|entry| entry.header().region == there.roster.region())
    );
    let hashes = entries.windows(2);
    assert!(
        hashes
            .into_iter()
            .all(|pair| pair[1].header().prev_hash == Some(pair[0].hash()))
    );
    assert_eq!(sealed(&book), before.len());
    // The genesis of before lies beside the roster, and is none of its acts.
    assert_eq!(block_on(book.sync_rows()).unwrap().acts, there.acts);

    drop(book);
    assert_eq!(stubs(), stubs_before);
    let book = device.restart();
    let unlocked = device.unlock(&book);
    assert_eq!((unlocked.records, unlocked.damaged), (5, 0));
    assert_eq!(unmarked(operations(&book)), unmarked(before.clone()));
    let placed = block_on(book.placed_stubs()).unwrap();
    assert!(placed.iter().all(|(_, place)| place.is_some()));
    assert_eq!(block_on(book.recorded()), 5);
    // Counting goes on in the same stream.
    start_round(&book);
    block_on(book.tap(Tile::Man)).unwrap();
    assert_eq!(outbox(&book)[0].hash(), entries[0].hash());
    assert_eq!(sealed(&book), before.len() + 1);
}

#[test]
fn what_goes_along_is_marked_as_made_on_a_device_of_its_own() {
    let device = Device::new();
    let book = counted(&device);
    Elsewhere::new().join(&book, true).unwrap();
    drop(book);
    // Only what waits to be sent is left to read.
    let store = device.database.open();
    block_on(async {
        store.claim().await.unwrap();
        store
            .commit(Batch::new().clear(Shelf::Blocks))
            .await
            .unwrap();
    });
    drop(store);
    let book = device.restart();
    device.unlock(&book);
    let marks = operations(&book).into_iter().filter_map(|it| match it.act {
        Act::Create { context, .. } => Some(context.from_solo),
        _ => None,
    });
    assert_eq!(marks.collect::<Vec<_>>(), [true; 5]);
}

#[test]
fn records_that_stay_behind_stay_readable_here_and_are_sent_to_nobody() {
    let device = Device::new();
    let book = counted(&device);
    let before = operations(&book);
    Elsewhere::new().join(&book, false).unwrap();
    assert_eq!(sealed(&book), 0);
    assert_eq!(
        outbox(&book)[0].header().public_kind,
        Some(PublicKind::StreamOpen)
    );
    assert_eq!(operations(&book), before);
    assert_eq!(block_on(book.drop_left_blocks(|_, _| true)).unwrap(), 0);
    // Nor does it go when a coordinator's judging, which knows nothing of it, takes its place.
    book.take_records(RecordSet::new());
    assert_eq!(operations(&book), before);
    drop(book);
    let book = device.restart();
    device.unlock(&book);
    book.take_records(RecordSet::new());
    assert_eq!(operations(&book), before);
    block_on(book.lock());
    assert!(operations(&book).is_empty());
}

#[test]
fn what_went_along_is_left_to_the_judging() {
    let device = Device::new();
    let book = counted(&device);
    Elsewhere::new().join(&book, true).unwrap();
    drop(book);
    let book = device.restart();
    device.unlock(&book);
    book.take_records(RecordSet::new());
    assert!(operations(&book).is_empty());
}

#[test]
fn a_region_of_one_that_recorded_nothing_begins_its_stream_with_the_first_save() {
    let device = Device::new();
    let book = device.found();
    device.unlock(&book);
    Elsewhere::new().join(&book, true).unwrap();
    assert!(outbox(&book).is_empty());
    start_round(&book);
    block_on(book.tap(Tile::Man)).unwrap();
    assert_eq!(sealed(&book), 1);
}

#[test]
fn a_kill_in_the_middle_of_joining_leaves_the_region_of_one() {
    let device = Device::new();
    let book = counted(&device);
    let before = operations(&book);
    let mut commits = 0;
    // The fold writes twice before the join does: each may be the last thing that happens.
    while commits < 3 {
        let copy = device.database.snapshot();
        let failing = device.restart();
        device.unlock(&failing);
        block_on(fail_at(&failing, &device, commits));
        drop(failing);
        let again = device.restart();
        assert!(again.membership().is_alone(), "{commits}");
        device.unlock(&again);
        assert_eq!(operations(&again), before, "{commits}");
        drop(again);
        device.database.restore(&copy);
        commits += 1;
    }
    let book = device.restart();
    device.unlock(&book);
    Elsewhere::new().join(&book, true).unwrap();
}

/// Joins on a disk that is full after so many commits.
async fn fail_at(book: &Book, device: &Device, commits: u64) {
    if commits == 2 {
        book.fold().await.unwrap();
    }
    if commits == 1 {
        // Blocks are written, the sealed form is still there.
        device.database.fail_next_answer(StoreError::Full);
    } else {
        device.database.fail_next(StoreError::Full);
    }
    assert!(Elsewhere::new().join(book, true).is_err());
    assert!(book.membership().is_alone());
}

#[test]
fn an_answer_that_was_lost_is_looked_up() {
    let device = Device::new();
    let book = counted(&device);
    block_on(book.fold()).unwrap();
    device.database.fail_next_answer(StoreError::Lost);
    Elsewhere::new().join(&book, true).unwrap();
    assert!(book.membership().is_shared());
    start_round(&book);
    block_on(book.tap(Tile::Man)).unwrap();
    let entries = outbox(&book);
    let hashes = entries.windows(2);
    assert!(
        hashes
            .into_iter()
            .all(|pair| pair[1].header().prev_hash == Some(pair[0].hash()))
    );
}

#[test]
fn the_blocks_of_before_go_once_all_that_is_in_them_arrived() {
    let device = Device::new();
    let book = counted(&device);
    Elsewhere::new().join(&book, true).unwrap();
    let before = operations(&book);
    assert_eq!(block_on(book.drop_left_blocks(|_, _| false)).unwrap(), 0);
    assert_eq!(rows(&book, Shelf::Blocks).len(), 1);
    let genesis = || block_on(book.store().read(Shelf::Roster, b"solo")).unwrap();
    assert!(genesis().is_some());
    assert_eq!(block_on(book.drop_left_blocks(|_, _| true)).unwrap(), 1);
    assert!(rows(&book, Shelf::Blocks).is_empty() && genesis().is_none());
    assert_eq!(unmarked(operations(&book)), unmarked(before));
}

#[test]
fn the_passphrase_and_the_paper_of_before_still_open_it() {
    let device = Device::new();
    let (book, kit) = device.found_with_kit();
    device.unlock(&book);
    Elsewhere::new().join(&book, true).unwrap();
    block_on(book.lock());
    block_on(book.unlock_with_kit(&kit)).unwrap();
    block_on(book.lock());
    assert!(device.unlock_with(&book, PASSPHRASE).is_ok());
    drop(book);
    let book = device.restart();
    device.unlock(&book);
    block_on(book.lock());
    block_on(book.unlock_with_kit(&kit)).unwrap();
}

#[test]
fn nobody_joins_while_locked_in_a_round_in_practice_by_a_groups_invitation_or_twice() {
    let there = Elsewhere::new();
    let device = Device::new();
    let book = device.found();
    assert_eq!(there.join(&book, true), Err(JournalError::Locked));
    device.unlock(&book);
    assert_eq!(
        there.join_as(&book, true, true),
        Err(JournalError::NotAlone)
    );
    start_round(&book);
    assert_eq!(there.join(&book, true), Err(JournalError::NoRound));
    block_on(book.stop_round("", true)).unwrap();
    there.join(&book, true).unwrap();
    assert_eq!(there.join(&book, true), Err(JournalError::NotAlone));

    let device = Device::new();
    let new = NewRegion::make(Kind::Practice, Device::settings(), &device.world).unwrap();
    let store = device.database.open();
    let book = block_on(async {
        store.claim().await.unwrap();
        let own = veldpost_journal::Protection::OwnKey;
        let found = veldpost_journal::Journal::found(
            store,
            device.world.clone(),
            &Browser,
            &new,
            None,
            &own,
        );
        found.await.map_err(|(error, ..)| error).unwrap()
    });
    block_on(book.unlock(None)).unwrap();
    assert_eq!(there.join(&book, true), Err(JournalError::NotAlone));
}

#[test]
fn a_row_that_does_not_open_is_set_aside_and_never_sent() {
    let device = Device::new();
    let book = counted(&device);
    let sealed_before = rows(&book, Shelf::Outbox).len();
    assert!(sealed_before > 0);
    let damaged = RunRow {
        address: None,
        entries: vec![0x80],
    };
    let key = vec![0xee; 24];
    block_on(book.store().commit(Batch::new().put(
        Shelf::Outbox,
        key.clone(),
        damaged.to_bytes().to_vec(),
    )))
    .unwrap();
    Elsewhere::new().join(&book, true).unwrap();
    let aside = rows(&book, Shelf::Aside);
    assert!(aside.iter().any(|(at, _)| at.ends_with(&key)));
    assert!(rows(&book, Shelf::Outbox).iter().all(|(at, _)| *at != key));
    // Its region's genesis stays with it.
    block_on(book.drop_left_blocks(|_, _| true)).unwrap();
    let genesis = block_on(book.store().read(Shelf::Roster, b"solo")).unwrap();
    assert!(genesis.is_some());
}

/// The device's region of one, whose paper was proven, is opened to others.
fn share(book: &Book) -> Result<(), JournalError> {
    let settings = Settings {
        region: Some("Twente".into()),
        ..book.settings()
    };
    block_on(book.share(RELAY, settings))
}

fn prove(book: &Book) {
    let settings = Settings {
        kit_proven: true,
        ..book.settings()
    };
    block_on(book.keep_settings(settings)).unwrap();
}

#[test]
fn a_region_of_one_grows_in_place_and_its_records_go_on_in_a_stream_that_continues() {
    let device = Device::new();
    let book = counted(&device);
    prove(&book);
    let before = operations(&book);
    let (region, old) = (book.membership().region, block_on(book.stream()));
    share(&book).unwrap();
    let membership = book.membership();
    assert_eq!(membership.region, region);
    assert!(membership.is_shared() && membership.member && !membership.is_alone());
    assert!(!membership.only_practises());
    let opening = StreamOpen::read(&outbox(&book)[0]).unwrap();
    assert_eq!((opening.invitation, opening.continues), (None, old));
    assert_eq!(sealed(&book), before.len());
    drop(book);
    let book = device.restart();
    assert_eq!(book.settings().region.as_deref(), Some("Twente"));
    let unlocked = device.unlock(&book);
    assert_eq!((unlocked.records, unlocked.damaged), (5, 0));
    assert_eq!(unmarked(operations(&book)), unmarked(before));
}

#[test]
fn who_let_a_region_grow_goes_on_counting_until_it_is_ready_and_others_practise() {
    let device = Device::new();
    let book = counted(&device);
    prove(&book);
    share(&book).unwrap();
    let founder = Membership {
        stage: Some(1),
        ..book.membership()
    };
    assert!(!founder.only_practises());
    let ready = Membership {
        ready: true,
        ..founder.clone()
    };
    assert!(ready.only_practises());
    let other = Membership {
        invitation: Some(INVITATION),
        ..founder
    };
    assert!(other.only_practises());
}

#[test]
fn a_region_of_one_without_its_paper_or_after_a_kill_stays_alone() {
    let device = Device::new();
    let book = counted(&device);
    assert_eq!(share(&book), Err(JournalError::KitSkipped));
    prove(&book);
    block_on(book.fold()).unwrap();
    device.database.fail_next(StoreError::Full);
    assert!(share(&book).is_err());
    drop(book);
    let book = device.restart();
    assert!(book.membership().is_alone());
    assert_eq!(share(&book), Err(JournalError::Locked));
}

#[test]
fn more_than_one_run_goes_along_in_one_chain_and_one_transaction() {
    const MANY: u16 = 1_200;
    let device = Device::new();
    let book = counted(&device);
    let model = operations(&book).into_iter();
    let mut model = model.filter(|operation| matches!(operation.act, Act::Create { .. }));
    let model = model.next().unwrap();
    let copies = (0..MANY).map(|number| {
        let [high, low] = number.to_be_bytes();
        let id = |kind| core::array::from_fn(|at| [kind, high, low].get(at).copied().unwrap_or(7));
        Operation {
            record: veldpost_domain::RecordId(id(1)),
            id: veldpost_domain::OperationId(id(2)),
            ..model.clone()
        }
    });
    block_on(book.import(copies)).unwrap();
    let before = operations(&book);
    block_on(book.fold()).unwrap();
    let commits = device.database.commits();
    Elsewhere::new().join(&book, true).unwrap();
    assert_eq!(device.database.commits(), commits + 1);
    assert_eq!(sealed(&book), before.len());
    let entries = outbox(&book);
    let mut hashes = entries.windows(2);
    assert!(hashes.all(|pair| pair[1].header().prev_hash == Some(pair[0].hash())));
    for (_, row) in rows(&book, Shelf::Outbox) {
        let row = RunRow::from_bytes(&row).unwrap();
        assert!(row.entries.len() <= 1_048_576 && Items::new(&row.entries).count() <= 500);
        let last = Items::new(&row.entries).last().unwrap().unwrap();
        assert!(Entry::from_bytes(last).unwrap().signature().is_some());
    }
    drop(book);
    let book = device.restart();
    assert_eq!(device.unlock(&book).damaged, 0);
    assert_eq!(unmarked(operations(&book)), unmarked(before));
}
