//! Many operations at once: a chain without a gap, whatever a commit in the middle comes to.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail a test")]

mod device;

use device::Device;
use pollster::block_on;
use veldpost_domain::{
    Act, Answers, CampaignId, Context, Hlc, Operation, OperationId, RecordId, RecordKind,
};
use veldpost_envelope::Entry;
use veldpost_envelope::entry::{MAX_COMMIT_BYTES, MAX_COMMIT_ENTRIES};
use veldpost_journal::{JournalError, Row as _, rows::RunRow};
use veldpost_store::{Shelf, Store, StoreError};

/// Person number so much, with a remark of so many letters.
fn person(number: u16, remark: usize) -> Operation {
    let mut id = [0; 16];
    id[..2].copy_from_slice(&number.to_be_bytes());
    let mut letter = u32::from(number);
    let remark: String = (0..remark)
        .map(|_| {
            letter = letter.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            char::from(b'!' + (letter >> 25) as u8 % 94)
        })
        .collect();
    Operation {
        kind: RecordKind::Person,
        record: RecordId(id),
        id: OperationId(id),
        hlc: Hlc(u64::from(number)),
        act: Act::Create {
            context: Context {
                campaign: CampaignId([1; 16]),
                at: 0,
                round: None,
                organisation: None,
                crew: None,
                area: None,
                form: None,
                promoted_from: None,
                from_solo: false,
            },
            answers: [("source", "known"), ("remark", remark.as_str())]
                .into_iter()
                .collect(),
        },
    }
}

/// The runs that wait, each as its entries; they must be one chain from its first entry on.
fn chain(book: &device::Book) -> Vec<Vec<Entry>> {
    let rows = block_on(book.store().read_all(Shelf::Outbox)).unwrap();
    let (mut next, mut before, mut runs) = (0, None, Vec::new());
    for (_, row) in rows {
        let run = RunRow::from_bytes(&row).unwrap();
        assert!(run.entries.len() <= MAX_COMMIT_BYTES);
        let (mut rest, mut entries) = (run.entries.as_slice(), Vec::new());
        while !rest.is_empty() {
            let mut decoder = minicbor::Decoder::new(rest);
            decoder.skip().unwrap();
            let (one, after) = rest.split_at(decoder.position());
            let entry = Entry::from_bytes(one).unwrap();
            assert_eq!(
                (entry.header().seq, entry.header().prev_hash),
                (next, before)
            );
            (next, before) = (next + 1, Some(entry.hash()));
            entries.push(entry);
            rest = after;
        }
        assert!(entries.len() <= MAX_COMMIT_ENTRIES);
        assert!(entries.last().unwrap().signature().is_some());
        runs.push(entries);
    }
    runs
}

#[test]
fn many_operations_become_one_chain_that_opens_again() {
    let device = Device::new();
    let book = device.found();
    let people = (0..4_500).map(|number| person(number, 20));
    assert_eq!(block_on(book.import(people)), Ok(4_500));
    assert!(chain(&book).len() >= 10);
    let unlocked = device.unlock(&device.restart());
    assert_eq!((unlocked.records, unlocked.damaged), (4_500, 0));
}

#[test]
fn an_import_that_is_cut_short_has_no_gap_and_can_be_made_again() {
    let device = Device::new();
    let book = device.found();
    // The second transaction is refused: when its first operation is asked for the first is written.
    let people = (0..4_500).map(|number| {
        if number == 1_992 {
            device.database.fail_next(StoreError::Full);
        }
        person(number, 20)
    });
    let refused = block_on(book.import(people));
    assert_eq!(refused, Err(JournalError::Store(StoreError::Full)));
    let written = chain(&book).iter().map(Vec::len).sum::<usize>();
    assert_eq!(book.records().len(), 1_992, "{written} entries");

    assert_eq!(
        block_on(book.import((0..4_500).map(|number| person(number, 20)))),
        Ok(4_500)
    );
    chain(&book);
    let unlocked = device.unlock(&device.restart());
    assert_eq!((unlocked.records, unlocked.damaged), (4_500, 0));
}

#[test]
fn long_remarks_make_shorter_runs_and_are_not_refused() {
    let device = Device::new();
    let book = device.found();
    let people = (0..60).map(|number| person(number, 40_000));
    assert_eq!(block_on(book.import(people)), Ok(60));
    assert!(chain(&book).len() > 1);
    let book = device.restart();
    assert_eq!(device.unlock(&book).records, 60);
    let long = person(7, 40_000);
    let Act::Create { answers, .. } = long.act else {
        return;
    };
    let records = book.records();
    let read = records.get(long.record).unwrap();
    assert_eq!(read.text("remark"), answers.text("remark"));
    assert!(*read.answers() == answers && Answers::default() != answers);
}
