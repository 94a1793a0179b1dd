//! The passphrase is lost: the recovery code opens the vault, also when nothing lies in the outbox any more.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail a test")]

mod device;

use device::{Book, Device, PASSPHRASE, start_round};
use pollster::block_on;
use veldpost_envelope::kit::KitProblem;
use veldpost_envelope::unlock::{KdfParams, derive};
use veldpost_journal::{JournalError, Tile};
use veldpost_store::{Batch, Shelf, Store, StoreError};

const NEW: &str = "wortel lamp fluit berg zeil";

/// A device with twelve taps folded and two that wait; and its code.
fn counted(device: &Device) -> (Book, String) {
    let (book, kit) = device.found_with_kit();
    start_round(&book);
    for _ in 0..12 {
        block_on(book.tap(Tile::Man)).unwrap();
    }
    device.unlock(&book);
    assert_eq!(block_on(book.fold()), Ok(12));
    block_on(book.lock());
    for _ in 0..2 {
        block_on(book.tap(Tile::Woman)).unwrap();
    }
    (book, kit)
}

fn new_passphrase(book: &Book) -> Result<(), JournalError> {
    let secret = derive(NEW, [3; 16], KdfParams::FLOOR).unwrap();
    block_on(book.change_passphrase(&secret))
}

#[test]
fn the_code_opens_what_was_folded_and_a_new_passphrase_takes_the_place_of_the_old() {
    let device = Device::new();
    let (_, kit) = counted(&device);
    let book = device.restart();
    let unlocked = block_on(book.unlock_with_kit(&kit)).unwrap();
    assert_eq!((unlocked.records, unlocked.damaged), (14, 0));
    assert!(book.is_unlocked());
    new_passphrase(&book).unwrap();

    let book = device.restart();
    assert!(!book.is_unlocked());
    let old = device.unlock_with(&book, PASSPHRASE);
    assert_eq!(old, Err(JournalError::WrongPassphrase { wait: 0 }));
    assert_eq!(device.unlock_with(&book, NEW).unwrap().records, 14);
    block_on(book.lock());
    let again = block_on(book.unlock_with_kit(&kit)).unwrap();
    assert_eq!(again.records, 14, "the code on paper still opens");
}

#[test]
fn without_a_new_passphrase_the_old_one_stays() {
    let device = Device::new();
    let (book, kit) = counted(&device);
    assert_eq!(new_passphrase(&book), Err(JournalError::Locked));
    block_on(book.unlock_with_kit(&kit)).unwrap();
    block_on(book.lock());
    assert_eq!(new_passphrase(&book), Err(JournalError::Locked));
    assert_eq!(device.unlock_with(&book, PASSPHRASE).unwrap().records, 14);
}

#[test]
fn a_new_passphrase_that_could_not_be_written_changes_nothing() {
    let device = Device::new();
    let (book, kit) = counted(&device);
    block_on(book.unlock_with_kit(&kit)).unwrap();
    device.database.fail_next(StoreError::Full);
    assert_eq!(
        new_passphrase(&book),
        Err(JournalError::Store(StoreError::Full))
    );
    let book = device.restart();
    assert_eq!(device.unlock_with(&book, PASSPHRASE).unwrap().records, 14);
}

/// It was said to be refused, and held.
#[test]
fn a_new_passphrase_that_was_written_and_cannot_be_looked_at_holds() {
    let device = Device::new();
    let (book, kit) = counted(&device);
    block_on(book.unlock_with_kit(&kit)).unwrap();
    device.database.fail_next_read(StoreError::Lost);
    assert_eq!(new_passphrase(&book), Ok(()));
    let book = device.restart();
    assert_eq!(device.unlock_with(&book, NEW).unwrap().records, 14);
}

#[test]
fn wrong_tries_with_the_passphrase_do_not_keep_the_code_waiting_and_a_new_one_forgets_them() {
    let device = Device::new();
    let (book, kit) = counted(&device);
    for _ in 0..3 {
        let _ = device.unlock_with(&book, "een verkeerde lange zin");
    }
    assert_eq!(
        block_on(book.derivation()),
        Err(JournalError::TooSoon { wait: 2_000 })
    );
    block_on(book.unlock_with_kit(&kit)).unwrap();
    new_passphrase(&book).unwrap();
    assert_eq!(device.restart().wait_before_next_try(), 0);
}

#[test]
fn the_row_that_was_misread_is_named_and_nothing_opens() {
    let device = Device::new();
    let (book, kit) = counted(&device);
    for wrong in 1..=4 {
        let rows = kit.lines().enumerate().map(|(index, row)| {
            let (start, end) = row.split_at(row.len() - 1);
            let other = if end == "q" { "p" } else { "q" };
            let end = if index + 1 == wrong { other } else { end };
            format!("{start}{end}")
        });
        let rows: Vec<_> = rows.collect();
        assert_eq!(
            block_on(book.unlock_with_kit(&rows.join(" "))),
            Err(JournalError::Kit(KitProblem::Checksum { row: wrong }))
        );
    }
    assert!(!book.is_unlocked());
    assert_eq!(
        book.wait_before_next_try(),
        0,
        "a misread code costs no wait"
    );
}

#[test]
fn a_code_of_another_region_is_refused() {
    let device = Device::new();
    let (book, _) = counted(&device);
    let other = Device::new();
    other.world.now.set(other.world.now.get() + 1);
    let (_, kit) = other.found_with_kit();
    assert_eq!(
        block_on(book.unlock_with_kit(&kit)),
        Err(JournalError::OtherKit)
    );
    assert!(!book.is_unlocked());
}

#[test]
fn a_row_of_another_device_does_not_open_and_the_next_unlock_mends_it() {
    let device = Device::new();
    let (book, kit) = counted(&device);
    let other = Device::new();
    other.world.now.set(other.world.now.get() + 1);
    let (foreign, _) = other.found_with_kit();
    let row = block_on(foreign.store().read(Shelf::Keys, b"vault/kit"));
    let planted = Batch::new().put(Shelf::Keys, b"vault/kit", row.unwrap().unwrap());
    block_on(book.store().commit(planted)).unwrap();
    assert_eq!(
        block_on(book.unlock_with_kit(&kit)),
        Err(JournalError::Damaged("vault"))
    );
    device.unlock(&book);
    block_on(book.lock());
    assert_eq!(block_on(book.unlock_with_kit(&kit)).unwrap().records, 14);
}

#[test]
fn a_device_that_cannot_write_the_row_still_unlocks() {
    let device = Device::new();
    let (book, kit) = counted(&device);
    let gone = Batch::new().delete(Shelf::Keys, b"vault/kit");
    block_on(book.store().commit(gone)).unwrap();
    device.database.fail_next(StoreError::Full);
    assert_eq!(device.unlock(&book).records, 14);
    block_on(book.lock());
    assert_eq!(
        block_on(book.unlock_with_kit(&kit)),
        Err(JournalError::NothingForKit)
    );
    device.unlock(&book);
    block_on(book.lock());
    assert!(block_on(book.unlock_with_kit(&kit)).is_ok());
}
