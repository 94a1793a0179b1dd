//! A coordinator's pull: what is verified and kept, what stands aside, what is confirmed and when.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use proptest::prelude::*;
use support::relay::{Fault, Relay};
use support::{DAY, NOW, Phone, Region, region};
use veldpost_envelope::wire::{Call, Code, Incarnation, ItemKind, ObjectsAnswer};
use veldpost_envelope::{Kept, Object, RandomBytes as _, StreamWriter};
use veldpost_store::{Shelf, StoreError};
use veldpost_sync::authority::{Evaluation, Outcome, Spot};
use veldpost_sync::rows::{AsideRow, OriginalRow};
use veldpost_sync::{Notice, RecordState, Wake};

struct Scene {
    region: Region,
    relay: Relay,
    worker: Phone,
    ann: Phone,
    /// The worker's stream before its second run.
    before: StreamWriter,
}

/// A worker who handed over two runs, and a coordinator who has not pulled yet.
fn scene() -> Scene {
    let region = region(50);
    let mut relay = Relay::new(&region);
    let mut worker = Phone::new(&region, &region.worker);
    worker.save(2, &mut relay);
    let before = worker.writer.clone();
    worker.save(1, &mut relay);
    let ann = Phone::new(&region, &region.ann);
    Scene {
        region,
        relay,
        worker,
        ann,
        before,
    }
}

fn held(phone: &Phone) -> Vec<u8> {
    let rows = phone.rows(Shelf::Originals);
    rows.iter()
        .flat_map(|(_, value)| OriginalRow::from_bytes(value).unwrap().entries)
        .collect()
}

fn receipts(relay: &Relay) -> Vec<Object> {
    let mut receipts = relay.objects();
    receipts.retain(|object| object.receipt().is_some());
    receipts
}

fn bytes(relay: &Relay, worker: &Phone) -> Vec<u8> {
    let held = relay.held(worker.stream());
    held.iter().flat_map(Kept::to_bytes).collect()
}

#[test]
fn runs_are_verified_and_kept_as_they_came() {
    let Scene {
        mut relay,
        worker,
        mut ann,
        ..
    } = scene();
    ann.wake(Wake::Opened, &mut relay);
    assert_eq!(held(&ann), bytes(&relay, &worker));
    assert_eq!(ann.rows(Shelf::Streams).len(), 1);
    assert!(ann.notices.is_empty());
    ann.restart();
    ann.wake(Wake::Opened, &mut relay);
    assert_eq!(held(&ann), bytes(&relay, &worker));
}

#[test]
fn a_worker_keeps_nothing_of_others() {
    let Scene {
        region, mut relay, ..
    } = scene();
    let mut other = Phone::new(&region, &region.worker);
    other.writer = veldpost_envelope::StreamWriter::open(
        region.context(veldpost_envelope::Purpose::Count),
        &region.worker.signing,
        None,
        None,
        &mut support::Seeded(400),
    )
    .0;
    other.restart();
    other.wake(Wake::Opened, &mut relay);
    assert!(held(&other).is_empty());
    assert!(other.rows(Shelf::Aside).is_empty());
}

#[test]
fn a_receipt_follows_what_is_on_the_disk_and_was_judged() {
    let Scene {
        region,
        mut relay,
        mut worker,
        mut ann,
        ..
    } = scene();
    let early = ann.judged(&region);
    ann.confirm_with(&early, &mut relay);
    assert!(receipts(&relay).is_empty());
    ann.wake(Wake::Opened, &mut relay);
    ann.confirm_with(&early, &mut relay);
    assert!(receipts(&relay).is_empty(), "nobody judged it");
    ann.confirm(&region, &mut relay);
    let signed = receipts(&relay);
    assert_eq!(signed.len(), 1);
    let receipt = signed[0].receipt().unwrap();
    assert_eq!((receipt.upto, receipt.apart.is_empty()), (4, true));
    worker.wake(Wake::Minute, &mut relay);
    // Two coordinate the purpose, and one has confirmed it.
    let state = worker.device.state_of(worker.stream(), 4);
    assert_eq!(state, Some(RecordState::HandedOver));
}

#[test]
fn nothing_is_confirmed_twice() {
    let Scene {
        region,
        mut relay,
        mut ann,
        ..
    } = scene();
    ann.wake(Wake::Opened, &mut relay);
    for _ in 0..3 {
        ann.confirm(&region, &mut relay);
        ann.wake(Wake::Minute, &mut relay);
    }
    assert_eq!(receipts(&relay).len(), 1);
}

#[test]
fn a_page_that_was_not_written_is_not_confirmed_and_comes_again() {
    let Scene {
        region,
        mut relay,
        worker,
        mut ann,
        ..
    } = scene();
    ann.database.fail_next(StoreError::Full);
    ann.wake(Wake::Opened, &mut relay);
    assert_eq!(ann.notices, [Notice::NotWritten]);
    ann.confirm(&region, &mut relay);
    assert!(receipts(&relay).is_empty());
    ann.wait(2, &mut relay);
    assert_eq!(held(&ann), bytes(&relay, &worker));
}

#[test]
fn a_receipt_that_was_not_written_is_not_sent() {
    let Scene {
        region,
        mut relay,
        mut ann,
        ..
    } = scene();
    ann.wake(Wake::Opened, &mut relay);
    ann.database.fail_next(StoreError::Full);
    ann.confirm(&region, &mut relay);
    assert!(relay.objects().is_empty());
    ann.wait(2, &mut relay);
    ann.confirm(&region, &mut relay);
    assert_eq!(receipts(&relay).len(), 1);
}

#[test]
fn a_receipt_that_did_not_get_there_is_sent_after_a_restart() {
    let Scene {
        region,
        mut relay,
        mut ann,
        ..
    } = scene();
    ann.wake(Wake::Opened, &mut relay);
    relay.fail(Call::Objects, support::relay::Fault::Lost);
    ann.confirm(&region, &mut relay);
    assert!(relay.objects().is_empty());
    ann.restart();
    ann.wake(Wake::Opened, &mut relay);
    assert_eq!(receipts(&relay).len(), 1);
}

/// A relay put back from a backup lacked an act: receipts were offered for ever, and the pull that says so never went.
#[test]
fn what_the_relay_cannot_take_yet_does_not_keep_the_pull_away() {
    let Scene {
        region,
        mut relay,
        mut ann,
        ..
    } = scene();
    ann.wake(Wake::Opened, &mut relay);
    let answer = ObjectsAnswer {
        incarnation: Incarnation([1; 16]),
        codes: vec![Some(Code::RosterMoved); 2],
    };
    let kind = Call::Objects.answer_type();
    relay.fail(Call::Objects, Fault::Garbage(200, kind, answer.to_bytes()));
    relay.calls.clear();
    ann.confirm(&region, &mut relay);
    assert!(receipts(&relay).is_empty());
    assert_eq!(relay.calls, [(Call::Objects, 2), (Call::Pull, 0)]);
    ann.wait(1, &mut relay);
    assert_eq!(receipts(&relay).len(), 1, "and then they are offered again");
}

#[test]
fn a_run_whose_beginning_is_missing_waits_beside_until_it_comes() {
    let Scene {
        mut relay,
        worker,
        mut ann,
        ..
    } = scene();
    let first = relay.script().items.remove(0);
    ann.wake(Wake::Opened, &mut relay);
    assert!(held(&ann).is_empty());
    assert_eq!(ann.rows(Shelf::Aside).len(), 1);
    ann.restart();
    relay.script().pass_on(first.1, first.2);
    ann.wake(Wake::Opened, &mut relay);
    assert_eq!(held(&ann), bytes(&relay, &worker));
    assert!(ann.rows(Shelf::Aside).is_empty());
}

#[test]
fn a_run_that_does_not_verify_stands_aside_and_is_shown() {
    let Scene {
        mut relay, mut ann, ..
    } = scene();
    let run = &mut relay.script().items[1].2;
    let last = run.len() - 1;
    run[last] ^= 1;
    ann.wake(Wake::Opened, &mut relay);
    // And once more, since the relay's heads show that it is lacking.
    assert_eq!(ann.notices, [Notice::RunRefused, Notice::RunRefused]);
    let aside = ann.rows(Shelf::Aside);
    assert_eq!(AsideRow::from_bytes(&aside[0].1).unwrap().why, 3);
    assert_eq!(ann.rows(Shelf::Originals).len(), 1);
}

#[test]
fn another_branch_is_kept_beside_and_counts_in_what_is_judged() {
    let Scene {
        region,
        mut relay,
        mut worker,
        mut ann,
        before,
    } = scene();
    ann.wake(Wake::Opened, &mut relay);
    let branch = worker.branch(before);
    relay.script().pass_on(ItemKind::Run, branch);
    ann.wake(Wake::Minute, &mut relay);
    assert_eq!(ann.notices, [Notice::Fork(worker.stream())]);
    assert_eq!(ann.judged(&region).forks, [(worker.stream(), 4)]);
    ann.restart();
    assert_eq!(ann.judged(&region).forks, [(worker.stream(), 4)]);
}

/// A stream that went on twice, three runs each, every run also with a spoilt signature: handed out in the order of a seed.
fn judged_in_order(seed: u64, per_page: usize) -> Evaluation {
    let Scene {
        region,
        mut relay,
        mut worker,
        mut ann,
        before,
    } = scene();
    worker.save(1, &mut relay);
    worker.save(2, &mut relay);
    let branches = worker.branches(before, 3);
    relay.per_page = per_page;
    let script = relay.script();
    let mut runs: Vec<Vec<u8>> = script.items.drain(..).map(|(_, _, run)| run).collect();
    runs.extend(branches);
    let spoilt = runs.iter().map(|run| {
        let mut spoilt = run.clone();
        *spoilt.last_mut().unwrap() ^= 1;
        spoilt
    });
    runs.extend(spoilt.collect::<Vec<_>>());
    let mut rng = support::Seeded(seed);
    for place in (1..runs.len()).rev() {
        let mut number = [0; 8];
        rng.fill(&mut number);
        let other = u64::from_be_bytes(number) % (place as u64 + 1);
        runs.swap(place, usize::try_from(other).unwrap());
    }
    runs.into_iter()
        .for_each(|run| script.pass_on(ItemKind::Run, run));
    ann.wake(Wake::Opened, &mut relay);
    let judged = ann.judged(&region);
    ann.restart();
    assert_eq!(ann.judged(&region).outcomes, judged.outcomes, "{seed}");
    judged
}

#[test]
fn runs_of_a_fork_are_judged_alike_in_whatever_order_they_come() {
    let first = judged_in_order(0, 100);
    assert_eq!(first.forks.len(), 3);
    for seed in 1..60 {
        let other = judged_in_order(seed, 1 + usize::try_from(seed % 5).unwrap());
        assert_eq!(other.outcomes, first.outcomes, "{seed}");
        assert_eq!(other.forks, first.forks, "{seed}");
    }
}

#[test]
fn an_erasure_takes_the_bodies_out_of_the_originals() {
    let Scene {
        region,
        mut relay,
        worker,
        mut ann,
        ..
    } = scene();
    ann.wake(Wake::Opened, &mut relay);
    let before = held(&ann).len();
    let erase = region.erase(&region.ben, worker.stream(), [2].into_iter().collect());
    relay.give(&erase);
    ann.wake(Wake::Minute, &mut relay);
    assert!(held(&ann).len() + 400 < before);
    let outcomes = ann.judged(&region).outcomes;
    let erased = outcomes
        .iter()
        .filter(|(_, outcome)| **outcome == Outcome::Erased);
    assert_eq!(erased.map(|(spot, _)| spot.seq).collect::<Vec<_>>(), [2]);
}

#[test]
fn a_checkpoint_goes_up_when_the_heads_moved_and_only_then() {
    let Scene {
        region,
        mut relay,
        mut worker,
        mut ann,
        ..
    } = scene();
    ann.wake(Wake::Opened, &mut relay);
    let numbers = |relay: &Relay| -> Vec<u64> {
        let objects = relay.objects();
        let checkpoints = objects.iter().filter_map(|object| object.checkpoint());
        checkpoints.map(|checkpoint| checkpoint.number).collect()
    };
    ann.confirm(&region, &mut relay);
    ann.confirm(&region, &mut relay);
    assert_eq!(numbers(&relay), [1]);
    worker.save(1, &mut relay);
    ann.wake(Wake::Minute, &mut relay);
    ann.confirm(&region, &mut relay);
    assert_eq!(numbers(&relay), [1, 2]);
}

#[test]
fn a_relay_that_lost_everything_gets_originals_and_objects_from_a_coordinator() {
    let Scene {
        region,
        mut relay,
        worker,
        mut ann,
        ..
    } = scene();
    ann.wake(Wake::Opened, &mut relay);
    ann.confirm(&region, &mut relay);
    let before = bytes(&relay, &worker);
    relay.emptied();
    ann.later(DAY, &mut relay);
    ann.wait(3, &mut relay);
    assert_eq!(bytes(&relay, &worker), before);
    assert_eq!(receipts(&relay).len(), 1);
}

#[test]
fn a_coordinator_sees_of_each_device_when_it_was_heard_and_what_is_here() {
    let Scene {
        region,
        mut relay,
        mut ann,
        ..
    } = scene();
    ann.wake(Wake::Opened, &mut relay);
    let reports = ann.device.devices();
    let of = |key| *reports.iter().find(|report| report.device == key).unwrap();
    let worker = of(region.worker.signing.public());
    assert_eq!(
        (worker.heard, worker.received, worker.outstanding),
        (Some(NOW), 5, 0)
    );
    assert_eq!(of(region.ben.signing.public()).heard, None);
}

#[test]
fn a_coordinator_who_only_reads_is_known_by_what_it_signed() {
    let Scene {
        region,
        mut relay,
        mut worker,
        mut ann,
        ..
    } = scene();
    let mut ben = Phone::new(&region, &region.ben);
    ben.wake(Wake::Opened, &mut relay);
    ben.now += 1_000;
    ben.confirm(&region, &mut relay);
    worker.save(1, &mut relay);
    ben.wake(Wake::Minute, &mut relay);
    ben.now += 1_000;
    ben.confirm(&region, &mut relay);
    ann.wake(Wake::Opened, &mut relay);
    let reports = ann.device.devices();
    let of = |key| *reports.iter().find(|report| report.device == key).unwrap();
    let ben = of(region.ben.signing.public());
    assert_eq!((ben.heard, ben.signed), (None, Some(NOW + 2_000)));
    assert_eq!(of(region.worker.signing.public()).signed, None);
}

#[test]
fn a_run_of_another_purpose_does_not_go_on_where_a_stream_ended() {
    let Scene {
        region,
        mut relay,
        mut worker,
        mut ann,
        ..
    } = scene();
    ann.wake(Wake::Opened, &mut relay);
    let before = held(&ann);
    let context = region.context(veldpost_envelope::Purpose::Intake);
    let elsewhere = StreamWriter::resume(context, worker.writer.state());
    let run = worker.branch(elsewhere);
    relay.script().pass_on(ItemKind::Run, run);
    ann.wake(Wake::Minute, &mut relay);
    assert_eq!(held(&ann), before);
    assert_eq!(ann.notices, [Notice::RunRefused]);
}

#[test]
fn an_own_run_that_this_device_never_signed_is_refused() {
    let Scene {
        mut relay, mut ann, ..
    } = scene();
    ann.save(1, &mut relay);
    let before = ann.writer.clone();
    ann.save(1, &mut relay);
    let mut run = ann.branch(before);
    let last = run.len() - 1;
    run[last] ^= 1;
    relay.script().pass_on(ItemKind::Run, run);
    ann.wake(Wake::Minute, &mut relay);
    assert_eq!(ann.notices, [Notice::RunRefused]);
    assert!(ann.rows(Shelf::Aside).is_empty());
}

/// What a coordinator judged of a stream whose every other record is set apart.
fn every_other_apart(stream: veldpost_domain::StreamId, relay: &Relay) -> Evaluation {
    let mut found = Evaluation::default();
    for kept in relay.held(stream) {
        let seq = kept.header().seq;
        let outcome = match seq % 2 {
            0 => Outcome::Applied,
            _ => Outcome::Unreadable,
        };
        found.outcomes.insert(Spot::of(&kept), outcome);
    }
    found
}

#[test]
fn a_receipt_that_would_take_something_back_is_not_signed() {
    let Scene {
        mut relay,
        mut worker,
        mut ann,
        ..
    } = scene();
    for _ in 0..100 {
        worker.save(7, &mut relay);
    }
    ann.wake(Wake::Opened, &mut relay);
    ann.wake(Wake::Minute, &mut relay);
    let stream = worker.stream();
    let found = every_other_apart(stream, &relay);
    let mut all = found.clone();
    for outcome in all.outcomes.values_mut() {
        *outcome = Outcome::Applied;
    }
    ann.confirm_with(&all, &mut relay);
    let signed = receipts(&relay);
    assert_eq!(signed[0].receipt().unwrap().upto, 704);
    let kept = |ann: &Phone| {
        let mut rows = ann.rows(Shelf::Objects);
        rows.retain(|(key, _)| key.starts_with(b"receipt/"));
        rows
    };
    let before = kept(&ann);
    ann.now += 1;
    ann.confirm_with(&found, &mut relay);
    assert_eq!(receipts(&relay), signed);
    assert_eq!(kept(&ann), before);
}

#[test]
fn a_receipt_covers_what_256_ranges_apart_allow_and_ends_on_a_signed_entry() {
    let Scene {
        mut relay,
        mut worker,
        mut ann,
        ..
    } = scene();
    for _ in 0..100 {
        worker.save(7, &mut relay);
    }
    ann.wake(Wake::Opened, &mut relay);
    ann.wake(Wake::Minute, &mut relay);
    let stream = worker.stream();
    let found = every_other_apart(stream, &relay);
    ann.confirm_with(&found, &mut relay);
    let signed = receipts(&relay);
    let receipt = signed[0].receipt().unwrap();
    // The 257th range is 513: the run before it ends on 508.
    assert_eq!(receipt.upto, 508);
    assert_eq!(receipt.apart.len(), 254);
    let last = &relay.held(stream)[508];
    assert!(last.signature().is_some() && last.hash() == receipt.hash);
    // Nothing is taken back, and nothing is signed twice.
    ann.confirm_with(&found, &mut relay);
    assert_eq!(receipts(&relay), signed);
    // When they can be read, the receipt goes on.
    let mut found = found;
    for (spot, outcome) in &mut found.outcomes {
        if spot.seq < 400 {
            *outcome = Outcome::Applied;
        }
    }
    ann.now += 1;
    ann.confirm_with(&found, &mut relay);
    let signed = receipts(&relay);
    assert_eq!(signed[0].receipt().unwrap().upto, 704);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    /// I3, I4: whatever the order and number of the pages that bring them, a coordinator holds the same entries.
    #[test]
    fn pages_in_any_order_leave_the_same_entries(
        order in Just((0..6_usize).collect::<Vec<_>>()).prop_shuffle(),
        again in prop::collection::vec(0..6_usize, 0..6),
        per_page in 1..4_usize,
    ) {
        let Scene { region, mut relay, mut worker, mut ann, .. } = scene();
        for _ in 0..4 {
            worker.save(1, &mut relay);
        }
        let runs = core::mem::take(&mut relay.script().items);
        prop_assert_eq!(runs.len(), 6);
        relay.per_page = per_page;
        for index in order.iter().chain(&again) {
            let (_, kind, run) = runs[*index].clone();
            relay.script().pass_on(kind, run);
            ann.wake(Wake::Minute, &mut relay);
        }
        prop_assert_eq!(held(&ann), bytes(&relay, &worker));
        prop_assert!(ann.rows(Shelf::Aside).is_empty());
        prop_assert!(ann.notices.is_empty());
        let mut straight = Phone::new(&region, &region.ann);
        relay.script().items = runs;
        straight.wake(Wake::Opened, &mut relay);
        let (found, expected) = (ann.judged(&region), straight.judged(&region));
        prop_assert_eq!(found.outcomes, expected.outcomes);
        prop_assert_eq!(found.records, expected.records);
    }
}
