//! Counting while locked, and reading it back.

mod device;

use device::{Device, start_round};
use pollster::block_on;
use veldpost_domain::{OrganisationId, RecordKind};
use veldpost_journal::{Filled, JournalError, MISTAKE, TapReason, Tile};
use veldpost_store::{Shelf, Store, StoreError};

fn filled(book: &device::Book, name: &str) -> Filled {
    let answers = [("living_situation", "public_space"), ("dedup_first", name)];
    device::filled(book.new_record(), &answers)
}

#[test]
fn a_tap_without_a_passphrase_is_there_after_unlocking() {
    let device = Device::new();
    let book = device.found();
    start_round(&book);
    block_on(book.tap(Tile::Man)).unwrap();
    block_on(book.tap(Tile::Woman)).unwrap();
    drop(book);

    let book = device.restart();
    assert!(!book.is_unlocked());
    assert_eq!(
        book.round().unwrap().total(),
        2,
        "the round goes on where it was"
    );
    assert_eq!(book.records().len(), 0, "a locked device cannot read");
    assert_eq!(device.unlock(&book).records, 2);
    let tiles: Vec<String> = {
        let records = book.records();
        records
            .iter()
            .map(|record| record.text("tile").unwrap().to_owned())
            .collect()
    };
    assert!(tiles.contains(&"man".to_owned()) && tiles.contains(&"vrouw".to_owned()));
}

/// The tile of a tap that is older than the last twenty can be read as long as this start wrote it, or once it is unlocked.
#[test]
fn a_tap_that_is_older_than_the_last_twenty_leaves_its_tile_too() {
    let device = Device::new();
    let book = device.found();
    start_round(&book);
    let taps: Vec<_> = (0..24)
        .map(|_| block_on(book.tap(Tile::Woman)).unwrap())
        .collect();
    let total = |book: &device::Book| {
        let round = book.round().unwrap();
        (round.on(Tile::Woman), round.persons)
    };
    let promoted = Filled {
        promoted_from: Some(taps[0]),
        ..filled(&book, "Vera")
    };
    block_on(book.record_person(promoted)).unwrap();
    assert_eq!(total(&book), (23, 1));
    let withdraw = |book: &device::Book, record| {
        block_on(book.withdraw(RecordKind::Observation, record, "mistake")).unwrap();
    };
    withdraw(&book, taps[1]);
    assert_eq!(total(&book), (22, 1));
    // Neither what was withdrawn nor what became a person stands there twice.
    withdraw(&book, taps[1]);
    withdraw(&book, taps[0]);
    assert_eq!(total(&book), (22, 1));
    let book = device.restart();
    device.unlock(&book);
    withdraw(&book, taps[2]);
    assert_eq!(total(&book), (21, 1));
}

#[test]
fn twenty_taps_can_be_taken_back_and_no_more() {
    let device = Device::new();
    let book = device.found();
    start_round(&book);
    for _ in 0..25 {
        block_on(book.tap(Tile::Child)).unwrap();
    }
    for left in (5..25).rev() {
        let undone = block_on(book.undo()).unwrap();
        assert_eq!(
            (undone.tile, undone.left, undone.total),
            (Tile::Child, left, left)
        );
    }
    assert_eq!(block_on(book.undo()), Err(JournalError::NothingToUndo));
    device.unlock(&book);
    let standing = book
        .records()
        .iter()
        .filter(|record| record.stands())
        .count();
    assert_eq!(standing, 5);
}

#[test]
fn undo_works_after_a_restart_without_a_passphrase() {
    let device = Device::new();
    let book = device.found();
    start_round(&book);
    block_on(book.tap(Tile::Man)).unwrap();
    drop(book);
    let book = device.restart();
    assert_eq!(block_on(book.undo()).unwrap().left, 0);
    device.unlock(&book);
    assert_eq!(
        book.records()
            .iter()
            .filter(|record| record.stands())
            .count(),
        0
    );
}

#[test]
fn a_reason_stays_with_its_tap() {
    let device = Device::new();
    let book = device.found();
    start_round(&book);
    block_on(book.tap(Tile::Unknown)).unwrap();
    block_on(book.give_reason(TapReason::Asleep)).unwrap();
    block_on(book.give_reason(TapReason::CountedTonight)).unwrap();
    device.unlock(&book);
    let records = book.records();
    let record = records.iter().next().unwrap();
    assert_eq!(
        record.text("observation_reason"),
        Some("vanavond_al_geteld")
    );
    assert!(
        record.conflicts().is_empty(),
        "each reason names the one it replaces"
    );
}

#[test]
fn a_refused_commit_counts_nobody_and_leaves_no_gap() {
    let device = Device::new();
    let book = device.found();
    start_round(&book);
    block_on(book.tap(Tile::Man)).unwrap();
    for error in [
        StoreError::Full,
        StoreError::Lost,
        StoreError::Other { name: "X".into() },
    ] {
        device.database.fail_next(error.clone());
        assert_eq!(
            block_on(book.tap(Tile::Man)),
            Err(JournalError::Store(error))
        );
        assert_eq!(book.round().unwrap().total(), 1);
    }
    block_on(book.tap(Tile::Woman)).unwrap();
    let unlocked = device.unlock(&device.restart());
    assert_eq!((unlocked.records, unlocked.damaged), (2, 0));
}

#[test]
fn a_commit_whose_answer_was_lost_counts_once() {
    let device = Device::new();
    let book = device.found();
    start_round(&book);
    block_on(book.tap(Tile::Man)).unwrap();
    device.database.fail_next_answer(StoreError::Lost);
    block_on(book.tap(Tile::Man)).unwrap();
    block_on(book.tap(Tile::Man)).unwrap();
    assert_eq!(book.round().unwrap().total(), 3);
    assert_eq!(device.unlock(&device.restart()).records, 3);
}

/// Neither an answer came nor could it be looked up: it was said not to be saved. It was, and is shown once that is known.
#[test]
fn a_commit_that_could_not_be_looked_up_is_counted_once_that_is_known() {
    let device = Device::new();
    let book = device.found();
    start_round(&book);
    block_on(book.tap(Tile::Man)).unwrap();
    device.database.fail_next_answer(StoreError::Lost);
    device.database.fail_next_read(StoreError::Lost);
    block_on(book.tap(Tile::Man)).unwrap_err();
    assert_eq!(book.round().unwrap().total(), 1);
    block_on(book.tap(Tile::Man)).unwrap();
    assert_eq!(book.round().unwrap().total(), 3, "as many as are sent");
    assert_eq!(book.records().len(), 3);

    // One that was not written either leaves nothing behind.
    device.database.fail_next(StoreError::Lost);
    device.database.fail_next_read(StoreError::Lost);
    block_on(book.tap(Tile::Man)).unwrap_err();
    block_on(book.tap(Tile::Man)).unwrap();
    assert_eq!(book.round().unwrap().total(), 4);
    // A round that was stopped without anybody knowing is stopped.
    device.database.fail_next_answer(StoreError::Lost);
    device.database.fail_next_read(StoreError::Lost);
    block_on(book.stop_round("", false)).unwrap_err();
    assert!(book.round().is_some());
    // Locking forgets what was in it, and not that it may be there.
    block_on(book.lock());
    let again = block_on(book.stop_round("", false));
    assert_eq!(again, Err(JournalError::NoRound));
    assert!(book.round().is_none());
    assert_eq!(device.unlock(&device.restart()).records, 5);
}

#[test]
fn a_tap_becomes_a_full_record_and_counts_once() {
    let device = Device::new();
    let book = device.found();
    start_round(&book);
    let tap = block_on(book.tap(Tile::Man)).unwrap();
    let mut person = filled(&book, "sa");
    person.promoted_from = Some(tap);
    block_on(book.record_person(person)).unwrap();
    let round = book.round().unwrap();
    assert_eq!((round.on(Tile::Man), round.persons), (0, 1));
    assert!(
        round.taps.is_empty(),
        "what was promoted is not undone by accident"
    );
}

#[test]
fn an_amendment_names_what_it_replaces_and_writes_only_what_differs() {
    let device = Device::new();
    let book = device.found();
    let person = filled(&book, "sa");
    let (record, mut answers) = (person.record, person.answers.clone());
    block_on(book.record_person(person)).unwrap();
    answers.set("dedup_first", "mo");
    answers.set("gender", "vrouw");
    assert_eq!(block_on(book.amend(record, &answers, None)), Ok(2));
    assert_eq!(block_on(book.amend(record, &answers, None)), Ok(0));
    let book = device.restart();
    device.unlock(&book);
    let records = book.records();
    let known = records.get(record).unwrap();
    assert_eq!(
        (known.text("dedup_first"), known.text("gender")),
        (Some("mo"), Some("vrouw"))
    );
    assert!(known.conflicts().is_empty());
}

#[test]
fn an_amendment_leaves_what_others_changed_while_it_was_being_made() {
    let device = Device::new();
    let book = device.found();
    let person = filled(&book, "sa");
    let (record, answers) = (person.record, person.answers.clone());
    block_on(book.record_person(person)).unwrap();
    let seen = book.seen(record).unwrap();

    // Somebody else changed the code meanwhile.
    let mut theirs = answers.clone();
    theirs.set("dedup_first", "mo");
    block_on(book.amend(record, &theirs, None)).unwrap();
    let mut mine = answers;
    mine.set("gender", "vrouw");
    assert_eq!(block_on(book.amend(record, &mine, Some(&seen))), Ok(1));
    {
        let records = book.records();
        let known = records.get(record).unwrap();
        assert_eq!(
            (known.text("dedup_first"), known.text("gender")),
            (Some("mo"), Some("vrouw"))
        );
        assert!(known.conflicts().is_empty());
    }

    // Both changed the same: neither knew of the other, and that shows.
    mine.set("dedup_first", "jo");
    block_on(book.amend(record, &mine, Some(&seen))).unwrap();
    let records = book.records();
    assert_eq!(records.get(record).unwrap().conflicts().len(), 1);
}

#[test]
fn a_locked_device_withdraws_by_id() {
    let device = Device::new();
    let book = device.found();
    let person = filled(&book, "sa");
    let record = person.record;
    block_on(book.record_person(person)).unwrap();
    let book = device.restart();
    block_on(book.withdraw(RecordKind::Person, record, MISTAKE)).unwrap();
    assert!(!block_on(book.stubs()).unwrap().is_empty());
    device.unlock(&book);
    assert_eq!(
        book.records().get(record).unwrap().withdrawn(),
        Some(MISTAKE)
    );
}

#[test]
fn a_stopped_round_leaves_its_report_and_frees_the_place_for_the_next() {
    let device = Device::new();
    let book = device.found();
    start_round(&book);
    block_on(book.tap(Tile::Man)).unwrap();
    block_on(book.stop_round("regen", false)).unwrap();
    assert!(book.round().is_none());
    start_round(&book);
    block_on(book.stop_round("", true)).unwrap();
    let book = device.restart();
    device.unlock(&book);
    let records = book.records();
    let reports: Vec<_> = records
        .iter()
        .filter(|record| record.kind() == RecordKind::RoundReport)
        .collect();
    assert_eq!(reports.len(), 2);
    assert!(
        reports
            .iter()
            .any(|report| report.text("remark") == Some("regen"))
    );
    assert!(
        reports
            .iter()
            .any(|report| report.text("counted_nobody") == Some("yes"))
    );
}

#[test]
fn a_clock_at_1999_or_2040_never_refuses_a_save() {
    let device = Device::new();
    let book = device.found();
    start_round(&book);
    for at in [
        device::EVENING,
        915_148_800_000,
        2_208_988_800_000,
        -1,
        device::EVENING,
    ] {
        device.world.now.set(at);
        block_on(book.tap(Tile::Man)).unwrap();
    }
    device.unlock(&book);
    let records = book.records();
    let mut clocks: Vec<_> = records
        .iter()
        .flat_map(|record| record.operations())
        .map(|one| one.hlc)
        .collect();
    clocks.sort_unstable();
    clocks.dedup();
    assert_eq!(clocks.len(), 5, "the clock strictly increases");
}

#[test]
fn the_second_window_stops_the_first_from_writing() {
    let device = Device::new();
    let first = device.found();
    start_round(&first);
    let second = device.restart();
    assert_eq!(
        block_on(first.tap(Tile::Man)),
        Err(JournalError::Store(StoreError::Fenced)),
    );
    block_on(second.tap(Tile::Man)).unwrap();
    assert_eq!(device.unlock(&device.restart()).records, 1);
}

#[test]
fn one_save_is_one_commit_of_a_run_a_stub_and_the_head() {
    let device = Device::new();
    let book = device.found();
    start_round(&book);
    let before = device.database.commits();
    block_on(book.tap(Tile::Man)).unwrap();
    assert_eq!(device.database.commits(), before + 1);
    assert_eq!(block_on(book.store().count(Shelf::Outbox)), Ok(1));
    assert_eq!(block_on(book.store().count(Shelf::Stubs)), Ok(1));
}

#[test]
fn a_person_of_an_earlier_round_leaves_the_open_round_as_it_is() {
    let device = Device::new();
    let book = device.found();
    start_round(&book);
    let person = filled(&book, "sa");
    let record = person.record;
    block_on(book.record_person(person)).unwrap();
    block_on(book.stop_round("", false)).unwrap();
    start_round(&book);
    block_on(book.record_person(filled(&book, "mo"))).unwrap();
    block_on(book.withdraw(RecordKind::Person, record, MISTAKE)).unwrap();
    assert_eq!(book.round().unwrap().persons, 1);
}

#[test]
fn outside_a_round_a_record_is_of_the_organisation_that_invited_the_device() {
    let device = Device::new();
    let book = device.found();
    let mut membership = book.membership();
    membership.organisation = Some([7; 16]);
    block_on(book.keep_membership(membership)).unwrap();
    let person = filled(&book, "sa");
    let record = person.record;
    block_on(book.record_person(person)).unwrap();
    let book = device.restart();
    device.unlock(&book);
    let records = book.records();
    let context = records.get(record).unwrap().context().unwrap();
    assert_eq!(context.organisation, Some(OrganisationId([7; 16])));
}

#[test]
fn a_stub_says_where_its_run_stands_until_it_is_folded() {
    let device = Device::new();
    let book = device.found();
    start_round(&book);
    block_on(book.tap(Tile::Man)).unwrap();
    block_on(book.tap(Tile::Woman)).unwrap();
    let stream = block_on(book.stream()).unwrap();
    let places = |book: &device::Book| -> Vec<_> {
        let stubs = block_on(book.placed_stubs()).unwrap();
        stubs.into_iter().map(|(_, place)| place).collect()
    };
    let rows = block_on(book.store().read_all(Shelf::Outbox)).unwrap();
    let at = |seq: u64| [&stream.0[..], &seq.to_be_bytes()].concat();
    let known = places(&book);
    assert_eq!(known.len(), 2);
    for place in known {
        let (of, seq) = place.unwrap();
        assert_eq!(of, stream);
        assert!(rows.iter().any(|(key, _)| *key == at(seq)));
    }
    device.unlock(&book);
    block_on(book.fold()).unwrap();
    assert_eq!(places(&book), [None, None]);
}

#[test]
fn what_has_left_can_be_forgotten_and_counting_goes_on() {
    let device = Device::new();
    let book = device.found();
    start_round(&book);
    let [early, late] = [(); 2].map(|()| block_on(book.tap(Tile::Man)).unwrap());
    let place = |record| {
        let records = book.records();
        let places = records.get(record).unwrap().places().next().unwrap();
        places.unwrap()
    };
    let upto = place(early).seq;
    assert!(!book.forget_records(|_, seq| seq < upto));
    assert!(book.forget_records(|_, seq| seq <= upto));
    assert!(book.records().get(early).is_none());
    assert!(book.records().get(late).is_some());
    // A reason that came later than the receipt: all of a record must have left.
    block_on(book.give_reason(veldpost_journal::TapReason::Asleep)).unwrap();
    let created = place(late).seq;
    assert!(!book.forget_records(|_, seq| seq <= created));
    assert!(book.forget_records(|_, _| true));
    assert!(book.records().is_empty());
    block_on(book.tap(Tile::Man)).unwrap();
    assert_eq!(device.unlock(&device.restart()).records, 3);
}
