//! Clocks that are off: found by what cannot be, put right by a coordinator's word, and refusing nothing.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use support::relay::Relay;
use support::{CAMPAIGN, DAY, HOUR, NOW, Phone, Region, region};
use veldpost_domain::{Act, Answers, Context, FieldChange, Hlc, Operation, OperationId, RecordId};
use veldpost_domain::{RecordKind, StreamId};
use veldpost_envelope::RandomBytes as _;
use veldpost_envelope::payload::encode_operation;
use veldpost_envelope::statement::{Says, Statement, encode_statement};
use veldpost_sync::{OddClock, Wake};

/// Half an hour: what two clocks may differ by.
const TOLERANCE: i64 = 30 * 60_000;

struct Scene {
    region: Region,
    relay: Relay,
    worker: Phone,
    ann: Phone,
}

impl Scene {
    fn new(seed: u64) -> Self {
        let region = region(seed);
        Self {
            relay: Relay::new(&region),
            worker: Phone::new(&region, &region.worker),
            ann: Phone::new(&region, &region.ann),
            region,
        }
    }
}

fn operation(record: u8, at: i64, act: Act, phone: &mut Phone) -> Vec<u8> {
    let mut id = [0; 16];
    phone.rng.fill(&mut id);
    encode_operation(&Operation {
        kind: RecordKind::Observation,
        record: RecordId([record; 16]),
        id: OperationId(id),
        hlc: Hlc(u64::try_from(at).unwrap() << 16),
        act,
    })
}

fn created(from_solo: bool) -> Act {
    Act::Create {
        context: Context {
            campaign: CAMPAIGN,
            at: NOW,
            round: None,
            organisation: None,
            crew: None,
            area: None,
            form: None,
            promoted_from: None,
            from_solo,
        },
        answers: Answers::default(),
    }
}

fn amended() -> Act {
    Act::Amend {
        changes: vec![FieldChange {
            name: "tile".to_owned(),
            value: None,
            base: OperationId([0; 16]),
        }],
    }
}

/// Records something while the worker's clock reads these times.
fn record_at(times: &[i64], scene: &mut Scene) {
    for (number, at) in (1..).zip(times) {
        let payload = operation(number, *at, created(false), &mut scene.worker);
        scene.worker.say(payload, &mut scene.relay);
    }
    scene.ann.wake(Wake::Opened, &mut scene.relay);
}

fn odd(ann: &Phone, region: &Region) -> Vec<OddClock> {
    ann.device.odd_clocks(&ann.judged(region), NOW)
}

fn put_right(odd: OddClock, ann: &mut Phone, relay: &mut Relay) {
    let mut id = [0; 16];
    ann.rng.fill(&mut id);
    let statement = Statement {
        id: OperationId(id),
        hlc: Hlc(u64::try_from(NOW).unwrap() << 16),
        says: Says::Clock {
            range: odd.range,
            offset: odd.offset,
            replaces: Vec::new(),
        },
    };
    ann.say(encode_statement(&statement).unwrap().to_vec(), relay);
}

fn places(odd: &OddClock) -> (StreamId, u64, Option<u64>) {
    (odd.range.stream, odd.range.first, odd.range.last)
}

/// The number of a worker's first record: its stream is opened, then a key is handed out.
const FIRST: u64 = 2;

#[test]
fn what_two_clocks_may_differ_by_is_not_odd() {
    let mut scene = Scene::new(70);
    record_at(&[NOW - TOLERANCE, NOW, NOW + TOLERANCE], &mut scene);
    assert_eq!(odd(&scene.ann, &scene.region), []);
}

#[test]
fn a_clock_that_was_ahead_is_found_counts_all_the_same_and_is_put_right_once() {
    let mut scene = Scene::new(71);
    record_at(&[NOW, NOW + 2 * DAY, NOW + 3 * DAY], &mut scene);
    let found = odd(&scene.ann, &scene.region);
    let [one] = found.as_slice() else {
        panic!("{found:?}");
    };
    let stream = scene.worker.stream();
    assert_eq!(places(one), (stream, FIRST + 1, Some(FIRST + 2)));
    assert_eq!((one.ahead, one.offset), (3 * DAY, -3 * DAY));
    assert_eq!(scene.ann.judged(&scene.region).records.len(), 3);
    put_right(*one, &mut scene.ann, &mut scene.relay);
    assert_eq!(odd(&scene.ann, &scene.region), []);
    let told = &scene.ann.judged(&scene.region).clocks[&stream];
    let millis = |at: i64| u64::try_from(at).unwrap();
    let corrected: Vec<u64> = told.iter().map(|told| told.corrected).collect();
    assert_eq!(corrected, [NOW, NOW - DAY, NOW].map(millis));
}

#[test]
fn a_clock_that_was_behind_is_found_by_the_act_that_its_device_knew_already() {
    let mut scene = Scene::new(72);
    record_at(&[NOW - 20 * 365 * DAY, NOW - 2 * HOUR, NOW], &mut scene);
    let found = odd(&scene.ann, &scene.region);
    let [one] = found.as_slice() else {
        panic!("{found:?}");
    };
    let stream = scene.worker.stream();
    assert_eq!(places(one), (stream, FIRST, Some(FIRST + 1)));
    assert_eq!((one.ahead, one.offset), (-20 * 365 * DAY, 20 * 365 * DAY));
    assert_eq!(scene.ann.judged(&scene.region).records.len(), 3);
}

#[test]
fn what_is_odd_after_it_was_put_right_is_measured_from_what_the_device_told() {
    let mut scene = Scene::new(73);
    record_at(&[NOW + 2 * DAY], &mut scene);
    let mut half = odd(&scene.ann, &scene.region)[0];
    half.offset = -DAY;
    put_right(half, &mut scene.ann, &mut scene.relay);
    let found = odd(&scene.ann, &scene.region);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].ahead, found[0].offset), (DAY, -2 * DAY));
}

#[test]
fn what_was_counted_alone_and_taken_along_is_older_than_the_region_and_not_odd() {
    let mut scene = Scene::new(74);
    let worker = &mut scene.worker;
    for (at, act) in [(NOW - 9 * DAY, created(true)), (NOW - 8 * DAY, amended())] {
        let payload = operation(1, at, act, worker);
        worker.say(payload, &mut scene.relay);
    }
    scene.ann.wake(Wake::Opened, &mut scene.relay);
    assert_eq!(scene.ann.judged(&scene.region).records.len(), 1);
    assert_eq!(odd(&scene.ann, &scene.region), []);
}
