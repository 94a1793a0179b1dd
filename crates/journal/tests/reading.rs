//! Locking, unlocking, folding, and what is found damaged.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail a test")]

mod device;

use device::{Device, PASSPHRASE, draft, start_round};
use pollster::block_on;
use veldpost_journal::{JournalError, Tile};
use veldpost_store::{Shelf, Store, StoreError};

fn count(book: &device::Book, shelf: Shelf) -> u64 {
    block_on(book.store().count(shelf)).unwrap()
}

fn taps(book: &device::Book, number: usize) {
    for _ in 0..number {
        block_on(book.tap(Tile::Man)).unwrap();
    }
}

#[test]
fn a_wrong_passphrase_says_so_and_waits_longer_also_after_a_restart() {
    let device = Device::new();
    let book = device.found();
    for _ in 0..3 {
        let wrong = device.unlock_with(&book, "appel fiets kaars molen stoel");
        assert!(
            matches!(wrong, Err(JournalError::WrongPassphrase { .. })),
            "{wrong:?}"
        );
    }
    let book = device.restart();
    assert_eq!(
        block_on(book.derivation()),
        Err(JournalError::TooSoon { wait: 2_000 })
    );
    device.wait(2_001);
    assert!(device.unlock_with(&book, PASSPHRASE).is_ok());
    assert_eq!(
        book.wait_before_next_try(),
        0,
        "a success forgets the failures"
    );
}

#[test]
fn a_clock_that_was_set_back_does_not_lock_anybody_out() {
    let device = Device::new();
    let book = device.found();
    for _ in 0..4 {
        device.wait(600_000);
        let _ = device.unlock_with(&book, "een verkeerde lange zin");
    }
    device.world.now.set(0);
    assert!(book.wait_before_next_try() <= 300_000);
}

#[test]
fn locking_forgets_everything_and_counting_goes_on() {
    let device = Device::new();
    let book = device.found();
    start_round(&book);
    taps(&book, 3);
    device.unlock(&book);
    block_on(book.lock());
    assert!(!book.is_unlocked());
    assert_eq!(book.records().len(), 0);
    taps(&book, 2);
    assert_eq!(
        book.records().len(),
        2,
        "what this process wrote since the lock"
    );
    assert_eq!(device.unlock(&book).records, 5);
}

#[test]
fn folding_moves_everything_into_blocks_and_loses_nothing() {
    let device = Device::new();
    let book = device.found();
    start_round(&book);
    taps(&book, 30);
    assert_eq!(block_on(book.fold()), Err(JournalError::Locked));
    device.unlock(&book);
    assert_eq!(block_on(book.fold()), Ok(30));
    assert_eq!(
        (count(&book, Shelf::Outbox), count(&book, Shelf::Blocks)),
        (0, 1)
    );
    assert_eq!(block_on(book.fold()), Ok(0));

    taps(&book, 5);
    let book = device.restart();
    assert_eq!(device.unlock(&book).records, 35);
    assert_eq!(block_on(book.fold()), Ok(5));
    assert_eq!(
        count(&book, Shelf::Blocks),
        1,
        "the open block is filled further"
    );
    taps(&book, 1);
    let book = device.restart();
    assert_eq!(block_on(book.stubs()).unwrap().len(), 36);
    let unlocked = device.unlock(&book);
    assert_eq!((unlocked.records, unlocked.damaged), (36, 0));
}

#[test]
fn more_than_a_block_becomes_two() {
    let device = Device::new();
    let book = device.found();
    start_round(&book);
    taps(&book, 620);
    device.unlock(&book);
    assert_eq!(block_on(book.fold()), Ok(620));
    assert_eq!(count(&book, Shelf::Blocks), 2);
    assert_eq!(device.unlock(&device.restart()).records, 620);
}

#[test]
fn a_crash_anywhere_in_a_fold_loses_nothing_and_doubles_nothing() {
    // The fold commits twice: the blocks, then the end of the sealed form.
    for failing in 0..2 {
        let device = Device::new();
        let book = device.found();
        start_round(&book);
        taps(&book, 10);
        device.unlock(&book);
        if failing == 0 {
            device.database.fail_next(StoreError::Full);
        } else {
            device.database.fail_next_read(StoreError::Lost);
        }
        assert!(block_on(book.fold()).is_err());
        drop(book);
        let book = device.restart();
        assert_eq!(device.unlock(&book).records, 10);
        let _ = block_on(book.fold());
        taps(&book, 1);
        let unlocked = device.unlock(&device.restart());
        assert_eq!((unlocked.records, unlocked.damaged), (11, 0));
    }
}

#[test]
fn a_damaged_block_is_set_aside_and_the_rest_opens() {
    let device = Device::new();
    let book = device.found();
    start_round(&book);
    taps(&book, 620);
    device.unlock(&book);
    block_on(book.fold()).unwrap();
    taps(&book, 2);
    let blocks = block_on(book.store().read_all(Shelf::Blocks)).unwrap();
    let (key, mut sealed) = blocks.into_iter().next().unwrap();
    sealed[100] ^= 1;
    let batch = veldpost_store::Batch::new().put(Shelf::Blocks, key, sealed);
    block_on(book.store().commit(batch)).unwrap();

    let book = device.restart();
    let unlocked = device.unlock(&book);
    assert_eq!((unlocked.records, unlocked.damaged), (122, 500));
    assert_eq!(count(&book, Shelf::Aside), 1, "set aside, not thrown away");
    // It is told at each unlock: the tables stay short of it.
    for _ in 0..2 {
        let book = device.restart();
        let unlocked = device.unlock(&book);
        assert_eq!((unlocked.records, unlocked.damaged), (122, 500));
        block_on(book.fold()).unwrap();
        assert_eq!(book.damaged(), 500);
    }
}

#[test]
fn a_damaged_entry_is_reported_and_never_folded_away() {
    let device = Device::new();
    let book = device.found();
    start_round(&book);
    taps(&book, 3);
    let runs = block_on(book.store().read_all(Shelf::Outbox)).unwrap();
    let (key, mut run) = runs.into_iter().nth(1).unwrap();
    let place = run.len() - 200;
    run[place] ^= 1;
    block_on(
        book.store()
            .commit(veldpost_store::Batch::new().put(Shelf::Outbox, key, run)),
    )
    .unwrap();
    let book = device.restart();
    let unlocked = device.unlock(&book);
    assert_eq!((unlocked.records, unlocked.damaged), (2, 1));
    block_on(book.fold()).unwrap();
    assert_eq!(count(&book, Shelf::Outbox), 1, "the unreadable run stays");
    assert_eq!(
        count(&book, Shelf::Stubs),
        2,
        "its stub too, beside the block's"
    );
    assert_eq!(block_on(book.stubs()).unwrap().len(), 3);
}

#[test]
fn nothing_on_the_disk_holds_what_was_written() {
    let device = Device::new();
    let book = device.found();
    start_round(&book);
    taps(&book, 2);
    block_on(book.keep_draft(&draft(book.new_record()))).unwrap();
    block_on(book.keep_remark("canary".to_owned().into(), true)).unwrap();
    device.unlock(&book);
    block_on(book.fold()).unwrap();
    taps(&book, 1);
    let shelves = [
        Shelf::Meta,
        Shelf::Keys,
        Shelf::Outbox,
        Shelf::Stubs,
        Shelf::Blocks,
        Shelf::Drafts,
        Shelf::Round,
    ];
    for shelf in shelves {
        for (_, row) in block_on(book.store().read_all(shelf)).unwrap() {
            for canary in ["canary", "public_space", "Centrum", "Ploeg 3", "enschede"] {
                let found = row
                    .windows(canary.len())
                    .any(|part| part == canary.as_bytes());
                assert!(!found, "{canary} stands on {shelf:?}");
            }
        }
    }
}

#[test]
fn wiping_leaves_nothing() {
    let device = Device::new();
    let book = device.found();
    start_round(&book);
    taps(&book, 1);
    block_on(book.wipe()).unwrap();
    for shelf in [
        Shelf::Outbox,
        Shelf::Stubs,
        Shelf::Round,
        Shelf::Roster,
        Shelf::Keys,
    ] {
        assert_eq!(count(&book, shelf), 0, "{shelf:?}");
    }
}
