//! Forms that were left, and the round's remark: who can read them and until when, and what a disk that refuses makes of them.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail a test")]

mod device;

use device::{Device, PASSPHRASE, draft, start_round};
use pollster::block_on;
use veldpost_domain::RecordId;
use veldpost_journal::rows::{DraftBody, DraftRow};
use veldpost_journal::{JournalError, OPEN_FOR, Remark, Row as _, Tile};
use veldpost_store::{Batch, Shelf, Store, StoreError};

#[test]
fn a_draft_opens_without_a_passphrase_for_an_hour_and_with_one_for_ever() {
    let device = Device::new();
    let book = device.found();
    let record = book.new_record();
    block_on(book.keep_draft(&draft(record))).unwrap();
    let book = device.restart();
    let found = block_on(book.drafts()).unwrap();
    assert_eq!(found[0].body.as_ref().unwrap().page, 2);

    device.wait(OPEN_FOR + 1);
    let book = device.restart();
    assert!(
        block_on(book.drafts()).unwrap()[0].body.is_none(),
        "an hour has passed"
    );
    device.unlock(&book);
    assert_eq!(
        block_on(book.drafts()).unwrap()[0]
            .body
            .as_ref()
            .unwrap()
            .record,
        record.0
    );
}

/// Nothing that was typed goes because the disk is full: it waits, sealed, and is found like any other.
#[test]
fn a_draft_that_was_refused_is_found_and_kept_once_there_is_room() {
    let device = Device::new();
    let book = device.found();
    let on_disk = || block_on(device.restart().drafts()).unwrap().len();
    let (first, second) = (book.new_record(), book.new_record());
    block_on(book.keep_draft(&draft(first))).unwrap();
    let typed = |record, answers: &[u8]| DraftBody {
        answers: answers.to_vec(),
        ..draft(record)
    };
    for (record, answers) in [(first, b"more"), (second, b"else")] {
        device.database.fail_next(StoreError::Full);
        let refused = block_on(book.keep_draft(&typed(record, answers)));
        assert_eq!(refused, Err(JournalError::Store(StoreError::Full)));
    }
    // Looking tries again, and shows what was typed last whatever comes of that.
    device.database.fail_next(StoreError::Full);
    let found = block_on(book.drafts()).unwrap();
    let body = |record| {
        let mut found = found.iter();
        let found = found.find(|one| one.record == record);
        found.and_then(|one| Some(one.body.as_ref()?.answers.clone()))
    };
    assert_eq!(found.len(), 2);
    assert_eq!(body(first).as_deref(), Some(&b"more"[..]));
    assert_eq!(body(second).as_deref(), Some(&b"else"[..]));
    // What waits is closed as what is on the disk is, also where that cannot be written.
    device.wait(OPEN_FOR + 1);
    device.database.fail_next(StoreError::Full);
    let found = block_on(book.drafts()).unwrap();
    assert!(found.iter().all(|one| one.body.is_none()), "an hour");
    block_on(book.keep_refused()).unwrap();
    assert_eq!(on_disk(), 2);
    let book = device.restart();
    device.unlock(&book);
    let found = block_on(book.drafts()).unwrap();
    assert!(found.iter().all(|one| one.body.is_some()));
}

/// *Verberg* writes what was typed last; what was refused before it came after that, and over it.
#[test]
fn what_was_refused_before_never_comes_over_what_was_typed_last() {
    let device = Device::new();
    let book = device.found();
    let record = book.new_record();
    device.database.fail_next(StoreError::Full);
    block_on(book.keep_draft(&draft(record))).unwrap_err();
    let last = DraftBody {
        answers: b"last".to_vec(),
        ..draft(record)
    };
    block_on(book.keep_draft_closed(last)).unwrap();
    block_on(book.close_drafts(None)).unwrap();
    block_on(book.keep_refused()).unwrap();
    let book = device.restart();
    device.unlock(&book);
    let found = block_on(book.drafts()).unwrap();
    assert_eq!(found[0].body.as_ref().unwrap().answers, b"last");
}

/// A disk that refuses has no say in who may read: neither is the right passphrase refused nor a wrong one called something else.
#[test]
fn a_full_disk_hides_no_form_and_keeps_nobody_out() {
    let device = Device::new();
    let book = device.found();
    let (old, new) = (book.new_record(), book.new_record());
    start_round(&book);
    block_on(book.keep_draft(&draft(old))).unwrap();
    block_on(book.keep_remark("een canary".to_owned().into(), true)).unwrap();
    device.wait(OPEN_FOR + 1);
    let full = || {
        for _ in 0..4 {
            device.database.fail_next(StoreError::Full);
        }
    };
    full();
    block_on(book.keep_draft(&draft(new))).unwrap_err();
    let found = block_on(book.drafts()).unwrap();
    let open = |record| found.iter().find(|one| one.record == record);
    assert!(open(old).is_some_and(|one| one.kept && one.body.is_none()));
    assert!(open(new).is_some_and(|one| !one.kept && one.body.is_some()));
    assert!(book.has_refused());

    let book = device.restart();
    full();
    let wrong = device.unlock_with(&book, "merel fiets kaars molen tafel");
    assert!(matches!(wrong, Err(JournalError::WrongPassphrase { .. })));
    assert!(device.unlock_with(&book, PASSPHRASE).is_ok());
}

#[test]
fn a_draft_that_was_refused_goes_with_its_form_and_no_sooner() {
    let device = Device::new();
    let book = device.found();
    let refused = |record| {
        device.database.fail_next(StoreError::Full);
        block_on(book.keep_draft(&draft(record))).unwrap_err();
    };
    // Each tries once more, and in vain.
    let waiting = |number| {
        for _ in 0..number {
            device.database.fail_next(StoreError::Full);
        }
        let found = block_on(book.drafts()).unwrap();
        assert_eq!(found.iter().filter(|one| !one.kept).count(), number);
        assert_eq!(found.len(), number);
    };
    let (thrown_away, finished) = (book.new_record(), book.new_record());
    refused(thrown_away);
    refused(finished);
    for _ in 0..2 {
        device.database.fail_next(StoreError::Full);
        block_on(book.discard_draft(thrown_away)).unwrap_err();
        device.database.fail_next(StoreError::Full);
        block_on(book.record_person(device::filled(finished, &[]))).unwrap_err();
        waiting(2);
    }
    block_on(book.discard_draft(thrown_away)).unwrap();
    waiting(1);
    block_on(book.record_person(device::filled(finished, &[]))).unwrap();
    assert!(block_on(book.drafts()).unwrap().is_empty());
    assert!(block_on(device.restart().drafts()).unwrap().is_empty());
}

#[test]
fn lock_and_leave_takes_the_open_copy_of_a_draft() {
    let device = Device::new();
    let book = device.found();
    block_on(book.keep_draft(&draft(book.new_record()))).unwrap();
    block_on(book.close_drafts(None)).unwrap();
    assert!(block_on(book.drafts()).unwrap()[0].body.is_none());
    device.unlock(&book);
    assert!(block_on(book.drafts()).unwrap()[0].body.is_some());
}

/// A tap, and the record that its draft will become.
fn draft_of_a_tap(book: &device::Book) -> (RecordId, [u8; 16]) {
    let (tap, record) = (book.new_record(), book.new_record());
    let of_the_tap = DraftBody {
        promoted_from: Some(tap.0),
        ..draft(record)
    };
    block_on(book.keep_draft(&of_the_tap)).unwrap();
    (tap, record.0)
}

#[test]
fn a_closed_draft_is_found_for_the_tap_that_it_is_of() {
    let device = Device::new();
    let book = device.found();
    let (tap, _) = draft_of_a_tap(&book);
    for closed in [false, true] {
        let found = block_on(book.drafts()).unwrap();
        assert_eq!(found[0].promoted_from, Some(tap));
        assert_eq!(found[0].body.is_none(), closed);
        block_on(book.close_drafts(None)).unwrap();
    }
}

/// A row of before does not say which tap it is of, and is asked while it can still be read.
#[test]
fn a_draft_of_before_is_found_for_its_tap_once_it_is_closed() {
    for by_the_clock in [false, true] {
        let device = Device::new();
        let book = device.found();
        let (tap, record) = draft_of_a_tap(&book);
        let row = block_on(book.store().read(Shelf::Drafts, &record)).unwrap();
        let mut row = DraftRow::from_bytes(&row.unwrap()).unwrap();
        row.promoted_from = None;
        let batch = Batch::new().put(Shelf::Drafts, record, row.to_bytes().to_vec());
        block_on(book.store().commit(batch)).unwrap();
        if by_the_clock {
            device.wait(OPEN_FOR + 1);
            block_on(book.drafts()).unwrap();
        } else {
            block_on(book.close_drafts(None)).unwrap();
        }
        let book = device.restart();
        let found = block_on(book.drafts()).unwrap();
        assert!(found[0].body.is_none());
        assert_eq!(found[0].promoted_from, Some(tap));
    }
}

#[test]
fn what_is_typed_at_lock_and_leave_is_kept_for_whoever_unlocks() {
    let device = Device::new();
    let book = device.found();
    let record = book.new_record();
    block_on(book.keep_draft(&draft(record))).unwrap();
    device.unlock(&book);
    book.forget();
    let typed = DraftBody {
        page: 3,
        ..draft(record)
    };
    block_on(book.keep_draft_closed(typed)).unwrap();
    let book = device.restart();
    assert!(block_on(book.drafts()).unwrap()[0].body.is_none());
    device.unlock(&book);
    let found = block_on(book.drafts()).unwrap();
    assert_eq!(found[0].body.as_ref().unwrap().page, 3);
}

#[test]
fn the_remark_of_the_open_round_is_kept_as_a_draft_is() {
    let typed = |text: &str| text.to_owned().into();
    let device = Device::new();
    let book = device.found();
    start_round(&book);
    assert!(book.remark() == Remark::None);
    block_on(book.keep_remark(typed("een canary"), true)).unwrap();
    block_on(book.tap(Tile::Man)).unwrap();
    block_on(book.set_situation(veldpost_journal::rows::Situation::default())).unwrap();
    let book = device.restart();
    assert!(
        book.remark() == Remark::Typed("een canary".into()),
        "a kill, a tap"
    );
    assert_eq!(book.round().unwrap().total(), 1);

    device.wait(OPEN_FOR + 1);
    let book = device.restart();
    block_on(book.drafts()).unwrap();
    assert!(book.remark() == Remark::Closed, "an hour has passed");
    device.unlock(&book);
    assert!(book.remark() == Remark::Typed("een canary".into()));

    block_on(book.keep_remark(typed("een tweede"), true)).unwrap();
    block_on(book.close_drafts(None)).unwrap();
    block_on(book.lock());
    assert!(book.remark() == Remark::Closed, "lock-and-leave");
    block_on(book.keep_remark(typed("een derde"), false)).unwrap();
    let book = device.restart();
    assert!(book.remark() == Remark::Closed);
    device.unlock(&book);
    assert!(book.remark() == Remark::Typed("een derde".into()));
    block_on(book.keep_remark(typed(""), true)).unwrap();
    assert!(book.remark() == Remark::None);
}

#[test]
fn a_kept_record_ends_its_draft_in_the_same_commit() {
    let device = Device::new();
    let book = device.found();
    let record = book.new_record();
    block_on(book.keep_draft(&draft(record))).unwrap();
    let filled = || device::filled(record, &[]);
    device.database.fail_next(StoreError::Full);
    assert!(block_on(book.record_person(filled())).is_err());
    assert_eq!(
        block_on(book.drafts()).unwrap().len(),
        1,
        "a refused save keeps the draft"
    );
    block_on(book.record_person(filled())).unwrap();
    assert!(block_on(book.drafts()).unwrap().is_empty());
}

#[test]
fn a_draft_that_was_refused_goes_with_a_change_that_changed_nothing() {
    let device = Device::new();
    let book = device.found();
    let record = book.new_record();
    let filled = device::filled(record, &[]);
    let answers = filled.answers.clone();
    block_on(book.record_person(filled)).unwrap();
    device.unlock(&book);
    device.database.fail_next(StoreError::Full);
    block_on(book.keep_draft(&draft(record))).unwrap_err();
    assert_eq!(block_on(book.amend(record, &answers, None)), Ok(0));
    assert!(block_on(book.drafts()).unwrap().is_empty());
}

/// What was refused was written into a database that had just been emptied.
#[test]
fn a_book_that_was_wiped_writes_nothing_more() {
    let device = Device::new();
    let book = device.found();
    start_round(&book);
    device.database.fail_next(StoreError::Full);
    block_on(book.keep_draft(&draft(book.new_record()))).unwrap_err();
    block_on(book.wipe()).unwrap();
    block_on(book.keep_refused()).unwrap();
    block_on(book.keep_remark("canary".to_owned().into(), true)).unwrap_err();
    for shelf in [Shelf::Drafts, Shelf::Round] {
        assert_eq!(block_on(book.store().count(shelf)).unwrap(), 0);
    }
}
