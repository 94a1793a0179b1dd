//! Tables that a coordinator's last judging came to: there again for exactly what they hang on, and for nobody else.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail a test")]

mod device;

use device::{Book, Device};
use pollster::block_on;
use veldpost_domain::population::{DEMO_CAMPAIGN, Plan, Size, population};
use veldpost_domain::{Date, RecordSet, Scope, Tables};
use veldpost_journal::JournalError;
use veldpost_store::{Batch, Shelf, Store};

const HANGS_ON: [&[u8]; 2] = [b"roster", b"settings"];

fn tables() -> Tables {
    let count_date = Date::parse("2024-11-20").unwrap();
    let plan = Plan {
        seed: 7,
        size: Size::Published,
        campaign: DEMO_CAMPAIGN,
        count_date,
    };
    let mut records = RecordSet::new();
    population(&plan).for_each(|operation| _ = records.apply(operation));
    let scope = Scope {
        campaign: Some(DEMO_CAMPAIGN),
        count_date,
    };
    Tables::compute(records.iter(), &scope)
}

fn kept(book: &Book, hangs_on: &[&[u8]]) -> Option<Tables> {
    block_on(book.kept_tables(hangs_on))
}

#[test]
fn tables_are_there_again_after_a_start_for_what_they_hang_on_and_nothing_else() {
    let device = Device::new();
    let book = device.found();
    device.unlock(&book);
    let tables = tables();
    assert_eq!(kept(&book, &HANGS_ON), None);
    block_on(book.keep_tables(&HANGS_ON, &tables, None)).unwrap();
    drop(book);
    let book = device.restart();
    assert_eq!(kept(&book, &HANGS_ON), None, "it is locked");
    device.unlock(&book);
    assert_eq!(kept(&book, &HANGS_ON), Some(tables));
    assert_eq!(kept(&book, &[b"roster"]), None);
    assert_eq!(kept(&book, &[b"roster", b"settingt"]), None);
    assert_eq!(kept(&book, &[b"rosters", b"ettings"]), None);
}

#[test]
fn a_locked_book_keeps_none_and_a_row_that_was_touched_says_nothing() {
    let device = Device::new();
    let book = device.found();
    let tables = tables();
    block_on(book.lock());
    assert_eq!(
        block_on(book.keep_tables(&HANGS_ON, &tables, None)),
        Err(JournalError::Locked)
    );
    device.unlock(&book);
    block_on(book.keep_tables(&HANGS_ON, &tables, None)).unwrap();
    let mut row = block_on(book.store().read(Shelf::Meta, b"tables"))
        .unwrap()
        .unwrap();
    *row.last_mut().unwrap() ^= 1;
    block_on(
        book.store()
            .commit(Batch::new().put(Shelf::Meta, "tables", row)),
    )
    .unwrap();
    assert_eq!(kept(&book, &HANGS_ON), None);
}

#[test]
fn wiping_forgets_them() {
    let device = Device::new();
    let book = device.found();
    device.unlock(&book);
    block_on(book.keep_tables(&HANGS_ON, &tables(), None)).unwrap();
    block_on(book.wipe()).unwrap();
    assert_eq!(
        block_on(book.store().read(Shelf::Meta, b"tables")).unwrap(),
        None
    );
}

#[test]
fn what_each_record_adds_is_there_again_for_what_it_hangs_on_and_goes_with_the_next_tables() {
    const COUNTED: &[u8] = b"what each record adds";
    let apart: [&[u8]; 1] = [b"count"];
    let device = Device::new();
    let book = device.found();
    device.unlock(&book);
    let (tables, counted) = (tables(), |book: &Book, hangs_on: &[&[u8]]| {
        block_on(book.kept_counted(hangs_on)).map(|counted| counted.to_vec())
    });
    assert_eq!(counted(&book, &apart), None);
    let keep = block_on(book.keep_tables(&HANGS_ON, &tables, Some((&apart, COUNTED))));
    keep.unwrap();
    drop(book);
    let book = device.restart();
    assert_eq!(counted(&book, &apart), None, "it is locked");
    device.unlock(&book);
    assert_eq!(counted(&book, &apart).as_deref(), Some(COUNTED));
    assert_eq!(counted(&book, &HANGS_ON), None);
    let sealed = block_on(book.store().read(Shelf::Meta, b"counted")).unwrap();
    let sealed = sealed.unwrap();
    assert!(!sealed.windows(COUNTED.len()).any(|it| it == COUNTED));
    // Tables that something else adds to.
    block_on(book.keep_tables(&HANGS_ON, &tables, None)).unwrap();
    assert_eq!(counted(&book, &apart), None);
}
