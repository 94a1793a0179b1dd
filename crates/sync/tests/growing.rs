//! What a coordinator kept of a judging, and what came since: the tables that judging everything comes to, or none.
//!
//! Not here: that this holds whatever happens (`veldpost-simulator`, I12). Here is one test for each reason to read anew.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use pollster::block_on;
use support::{NOW, Scene, Seeded, minutes, seen, stage, stage_by};
use veldpost_domain::{
    Act, Date, Hlc, Operation, OperationId, RecordId, RecordKind, Scope, StreamId, Tables,
};
use veldpost_envelope::act::{RemovalReason, Removed, Stage};
use veldpost_envelope::object::Ranges;
use veldpost_envelope::payload::encode_operation;
use veldpost_envelope::statement::{
    Says, Statement, StreamRange, Subject, Verdict, encode_statement,
};
use veldpost_envelope::{EpochSecret, Purpose, content_key};
use veldpost_store::{Batch, Row, Shelf, Store};
use veldpost_sync::Counted;
use veldpost_sync::rows::{OriginalRow, StreamRow};

fn scene() -> Scene {
    Scene::new(90)
}

fn scope() -> Scope {
    Scope {
        campaign: None,
        count_date: Date::from_millis(NOW),
    }
}

impl Scene {
    fn all(&mut self) {
        let phones = &mut [&mut self.worker, &mut self.ann, &mut self.ben];
        minutes(3, phones, &mut self.relay);
    }

    fn counted(&self) -> Counted {
        let (epochs, judged) = (self.epochs(), self.ben.judged(&self.region));
        let counted = self
            .ben
            .device
            .counted(Purpose::Count, &epochs, &judged, &scope());
        let again = Counted::from_bytes(&counted.to_bytes()).unwrap();
        assert_eq!(again, counted);
        assert_eq!(again.tables(&scope()), self.tables());
        again
    }

    fn epochs(&self) -> Vec<veldpost_envelope::keys::EpochPublic> {
        self.region.epochs.iter().map(EpochSecret::public).collect()
    }

    /// By judging everything.
    fn tables(&self) -> Tables {
        let judged = self.ben.judged(&self.region);
        Tables::compute(judged.records.iter(), &scope())
    }

    fn seen(&self) -> u32 {
        self.tables().seen_only
    }

    fn since(&self, counted: &Counted) -> Option<Tables> {
        let open = |entry: &_| {
            let mut epochs = self.region.epochs.iter();
            epochs.find_map(|epoch| content_key::open_as_epoch(entry, epoch).ok())
        };
        let device = &self.ben.device;
        device.tables_since(counted, Purpose::Count, &self.epochs(), &open, &scope())
    }

    /// What came only adds.
    fn adds(&self, counted: &Counted, seen: u32) {
        assert_eq!(self.seen(), seen);
        assert_eq!(self.since(counted), Some(self.tables()));
    }

    /// Takes the newest run of a stream from Ben's disk, as if it had not come yet.
    fn not_yet(&mut self, stream: StreamId) -> Batch {
        let of_stream = |(key, _): &Row| key.starts_with(&stream.0);
        let mut runs = self.ben.rows(Shelf::Originals);
        runs.retain(of_stream);
        let ((key, value), before) = (runs.pop().unwrap(), runs.pop().unwrap());
        let mut rows = self.ben.rows(Shelf::Streams);
        rows.retain(of_stream);
        let (_, row) = rows.pop().unwrap();
        let kept = OriginalRow::from_bytes(&before.1).unwrap();
        let last = veldpost_envelope::wire::Items::new(&kept.entries).last();
        let last = veldpost_envelope::Kept::from_bytes(last.unwrap().unwrap()).unwrap();
        let shorter = StreamRow {
            next: last.header().seq + 1,
            hash: last.hash(),
            ..StreamRow::from_bytes(&row).unwrap()
        };
        let batch = Batch::new().delete(Shelf::Originals, key.clone()).put(
            Shelf::Streams,
            stream.0,
            shorter.to_bytes(),
        );
        self.put(batch);
        Batch::new()
            .put(Shelf::Originals, key, value)
            .put(Shelf::Streams, stream.0, row)
    }

    fn put(&mut self, batch: Batch) {
        block_on(self.ben.store.commit(batch)).unwrap();
        self.ben.restart();
    }

    /// Ann says it.
    fn say(&mut self, subject: Subject, verdict: Verdict) {
        let statement = Statement {
            id: OperationId([7; 16]),
            hlc: Hlc(NOW as u64),
            says: Says::Judgement {
                subject,
                verdict,
                replaces: Vec::new(),
                remark: String::new(),
            },
        };
        let payload = encode_statement(&statement).unwrap().to_vec();
        self.ann.say(payload, &mut self.relay);
        self.all();
    }
}

fn withdrawal(record: RecordId) -> Vec<u8> {
    encode_operation(&Operation {
        kind: RecordKind::Observation,
        record,
        id: OperationId([6; 16]),
        hlc: Hlc(NOW as u64),
        act: Act::Withdraw {
            reason: String::new(),
        },
    })
}

fn open_ended(stream: StreamId, first: u64) -> Subject {
    Subject::Range(StreamRange {
        stream,
        first,
        last: None,
    })
}

#[test]
fn nothing_came() {
    let scene = scene();
    scene.adds(&scene.counted(), 2);
}

#[test]
fn more_of_a_stream_and_of_another_one_came() {
    let mut scene = scene();
    let counted = scene.counted();
    scene.worker.save(3, &mut scene.relay);
    scene.all();
    scene.adds(&counted, 5);
    scene.ann.save(1, &mut scene.relay);
    scene.all();
    scene.adds(&counted, 6);
    // Of a stream that is known in part as well.
    let counted = scene.counted();
    scene.ann.save(1, &mut scene.relay);
    scene.all();
    scene.adds(&counted, 7);
}

#[test]
fn a_record_that_was_counted_is_withdrawn() {
    let mut scene = scene();
    let record = RecordId([5; 16]);
    let payload = seen(record, 1, &mut Seeded(1));
    scene.worker.say(payload, &mut scene.relay);
    scene.all();
    let counted = scene.counted();
    scene.adds(&counted, 3);
    scene.worker.say(withdrawal(record), &mut scene.relay);
    scene.all();
    scene.adds(&counted, 2);
}

#[test]
fn a_withdrawal_by_somebody_else_takes_nothing_out() {
    let mut scene = scene();
    let record = RecordId([5; 16]);
    let payload = seen(record, 1, &mut Seeded(1));
    scene.ann.say(payload, &mut scene.relay);
    scene.all();
    let counted = scene.counted();
    scene.worker.say(withdrawal(record), &mut scene.relay);
    scene.all();
    // Who created it stands in what was read before.
    scene.adds(&counted, 3);
}

#[test]
fn the_roster_moved() {
    let mut scene = scene();
    let counted = scene.counted();
    stage(&scene.region, &mut scene.relay);
    scene.all();
    assert_eq!(scene.since(&counted), None);
}

#[test]
fn a_statement_came() {
    let mut scene = scene();
    let counted = scene.counted();
    scene.say(open_ended(scene.worker.stream(), 0), Verdict::Refuse);
    assert_eq!(scene.seen(), 0);
    assert_eq!(scene.since(&counted), None);
}

#[test]
fn a_statement_that_was_read_before_speaks_of_what_came() {
    let mut scene = scene();
    scene.say(open_ended(scene.worker.stream(), 3), Verdict::Refuse);
    let counted = scene.counted();
    let before = scene.seen();
    scene.worker.save(2, &mut scene.relay);
    scene.all();
    scene.adds(&counted, before);
}

#[test]
fn the_head_came_that_says_what_was_in_time() {
    let mut scene = scene();
    let (ann, relay) = (&mut scene.ann, &mut scene.relay);
    stage_by(&scene.region.ann, relay, Stage::Open, None);
    ann.confirm(&scene.region, relay);
    let checkpoint = ann.pin(relay);
    stage_by(&scene.region.ann, relay, Stage::Locked, Some(checkpoint));
    scene.all();
    assert_eq!(scene.seen(), 2);
    let came = scene.not_yet(scene.worker.stream());
    assert_eq!(scene.seen(), 0, "without its head nothing is in time");
    let counted = scene.counted();
    scene.put(came);
    assert_eq!(scene.seen(), 2);
    assert_eq!(scene.since(&counted), None);
}

#[test]
fn the_head_came_up_to_which_a_removed_device_counts() {
    let mut scene = scene();
    let worker = scene.region.worker.signing.public();
    let removed = Removed {
        device: worker,
        why: RemovalReason::Left,
        streams: scene.ann.device.held_heads(&worker),
    };
    let next = scene.relay.roster.next(&scene.region.ann.signing, NOW);
    let act = next.device_remove(vec![removed], &mut Seeded(4)).unwrap();
    scene.relay.append(act);
    scene.all();
    assert_eq!(scene.seen(), 2);
    let came = scene.not_yet(scene.worker.stream());
    assert_eq!(scene.seen(), 0, "it hangs on the head");
    let counted = scene.counted();
    scene.put(came);
    assert_eq!(scene.seen(), 2);
    assert_eq!(scene.since(&counted), None);
}

#[test]
fn an_erasure_takes_with_it_what_was_kept() {
    let mut scene = scene();
    let counted = scene.counted();
    let row = Batch::new().put(Shelf::Meta, "counted", counted.to_bytes());
    scene.put(row);
    let (stream, seqs) = (scene.worker.stream(), [2].into_iter().collect::<Ranges>());
    assert!(scene.ann.erase(stream, &seqs, &mut scene.relay));
    scene.all();
    let row = block_on(scene.ben.store.read(Shelf::Meta, b"counted"));
    assert_eq!(row.unwrap(), None);
    assert_eq!(scene.since(&counted), None);
}

#[test]
fn bytes_that_were_cut_or_changed_are_refused_or_say_something_else() {
    let counted = scene().counted();
    let bytes = counted.to_bytes();
    for length in 0..bytes.len() {
        assert!(Counted::from_bytes(&bytes[..length]).is_err(), "{length}");
    }
    for at in 0..bytes.len() {
        let mut other = bytes.clone();
        other[at] ^= 1;
        assert_ne!(Counted::from_bytes(&other).ok(), Some(counted.clone()));
    }
}

#[test]
fn a_device_went_on_in_another_stream_and_carried_what_it_had() {
    let mut scene = scene();
    let (worker, relay) = (&mut scene.worker, &mut scene.relay);
    let (disk, writer) = (worker.database.snapshot(), worker.writer.clone());
    worker.save(1, relay);
    worker.put_back(&disk, writer);
    let (old, counted) = (scene.worker.stream(), scene.counted());
    scene.worker.save(1, &mut scene.relay);
    scene.worker.wait(3, &mut scene.relay);
    scene.all();
    assert_ne!(scene.worker.stream(), old);
    assert_eq!(scene.seen(), 4);
    assert_eq!(scene.since(&counted), None);
    // Where something was carried, any stream that is new may be the one that it hangs on.
    let counted = scene.counted();
    scene.worker.save(1, &mut scene.relay);
    scene.all();
    scene.adds(&counted, 5);
    scene.ann.save(1, &mut scene.relay);
    scene.all();
    assert_eq!(scene.seen(), 6);
    assert_eq!(scene.since(&counted), None);
}

/// What was carried of it may be opened by a key that comes in the stream itself.
#[test]
fn a_key_came_in_a_stream_of_which_another_carries() {
    let mut scene = scene();
    let (worker, relay) = (&mut scene.worker, &mut scene.relay);
    let (disk, writer) = (worker.database.snapshot(), worker.writer.clone());
    // As after a start: the next run hands out a key of its own.
    worker.put_back(&disk, writer.clone());
    worker.save(1, relay);
    worker.put_back(&disk, writer);
    let old = worker.stream();
    worker.save(1, relay);
    worker.wait(3, relay);
    scene.all();
    assert_ne!(scene.worker.stream(), old);
    let later = scene.not_yet(old);
    let counted = scene.counted();
    scene.put(later);
    assert_eq!(scene.since(&counted), None);
}
