//! A book that is left: what waits in it is still sent, and nothing opens it any more.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail a test")]

mod device;

use device::{Book, Browser, Device, PASSPHRASE, start_round};
use pollster::block_on;
use veldpost_journal::rows::Settings;
use veldpost_journal::{Journal, JournalError, Left, Row, Tile, left_for, start_rows};
use veldpost_store::{Shelf, Store, StoreError};

/// A region of one that was opened to others, with two taps that wait and a block of before.
fn counted(device: &Device) -> (Book, String) {
    let (book, kit) = device.found_with_kit();
    start_round(&book);
    block_on(book.tap(Tile::Man)).unwrap();
    block_on(book.stop_round("", false)).unwrap();
    device.unlock(&book);
    let settings = Settings {
        kit_proven: true,
        ..book.settings()
    };
    block_on(book.keep_settings(settings.clone())).unwrap();
    block_on(book.share("https://post.example", settings)).unwrap();
    (book, kit)
}

fn rows(book: &Book, shelf: Shelf) -> Vec<(Vec<u8>, Vec<u8>)> {
    block_on(book.store().read_all(shelf)).unwrap()
}

fn left(device: &Device) -> Option<u32> {
    let store = device.database.open();
    let (_, rows) = block_on(store.claim_reading(&start_rows())).unwrap();
    left_for(&rows, 1)
}

#[test]
fn the_row_is_written_as_the_format_says() {
    let row = Left { next: 2, at: 3 };
    assert_eq!(row.to_bytes().as_slice(), [0x82, 2, 3]);
}

#[test]
fn what_waits_stays_as_it_is_and_what_opens_it_goes() {
    let device = Device::new();
    let (book, kit) = counted(&device);
    let (outbox, stubs) = (rows(&book, Shelf::Outbox), rows(&book, Shelf::Stubs));
    let (keys, region) = (book.device_keys().0.public(), book.membership());
    block_on(book.begin_again(2)).unwrap();
    assert!(!book.is_unlocked());
    drop(book);
    assert_eq!(left(&device), Some(2));
    let book = device.restart();
    assert_eq!(rows(&book, Shelf::Outbox), outbox);
    assert_eq!(rows(&book, Shelf::Stubs), stubs);
    assert_eq!(block_on(book.sync_rows()).unwrap().outbox, outbox);
    assert_eq!(book.device_keys().0.public(), keys);
    assert_eq!(book.membership(), region);
    let vaults = rows(&book, Shelf::Keys).into_iter();
    assert_eq!(
        vaults.filter(|(key, _)| key.starts_with(b"vault")).count(),
        0
    );
    assert!(device.unlock_with(&book, PASSPHRASE).is_err());
    assert!(block_on(book.unlock_with_kit(&kit)).is_err());
}

#[test]
fn nobody_leaves_a_region_of_one_a_round_or_a_disk_that_refuses() {
    let device = Device::new();
    let book = device.found();
    assert_eq!(block_on(book.begin_again(2)), Err(JournalError::NoRegion));
    let device = Device::new();
    let (book, _) = counted(&device);
    start_round(&book);
    assert_eq!(block_on(book.begin_again(2)), Err(JournalError::NoRound));
    block_on(book.stop_round("", false)).unwrap();
    device.database.fail_next(StoreError::Full);
    assert!(block_on(book.begin_again(2)).is_err());
    assert!(book.is_unlocked());
    drop(book);
    assert_eq!(left(&device), None);
    let book = device.restart();
    device.unlock(&book);
}

#[test]
fn a_book_is_left_for_a_later_one_only() {
    let device = Device::new();
    let (book, _) = counted(&device);
    block_on(book.begin_again(2)).unwrap();
    drop(book);
    let store = device.database.open();
    let (_, rows) = block_on(store.claim_reading(&start_rows())).unwrap();
    assert_eq!((left_for(&rows, 1), left_for(&rows, 2)), (Some(2), None));
    assert_eq!(left_for(&[], 1), None);
    // The rows after those of a start are its own: it opens as before.
    let opened = block_on(Journal::open_with(store, device.world, &Browser, rows));
    assert!(matches!(opened, Ok(Ok(_))));
}

#[test]
fn wiping_forgets_that_it_was_left() {
    let device = Device::new();
    let (book, _) = counted(&device);
    block_on(book.begin_again(2)).unwrap();
    block_on(book.wipe()).unwrap();
    drop(book);
    assert_eq!(left(&device), None);
}
