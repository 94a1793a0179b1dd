//! Clocks that are off: found by what cannot be, put right by a coordinator's word, and refusing nothing.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use support::relay::Relay;
use support::{CAMPAIGN, DAY, HOUR, NOW, Phone, Region, region, stage_act};
use veldpost_domain::RecordKind;
use veldpost_domain::{Act, Answers, Context, FieldChange, Hlc, Operation, OperationId, RecordId};
use veldpost_envelope::RandomBytes as _;
use veldpost_envelope::act::Stage;
use veldpost_envelope::payload::encode_operation;
use veldpost_envelope::statement::{Says, Statement, StreamRange, encode_statement};
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
    odd_at(NOW, ann, region)
}

fn odd_at(now: i64, ann: &Phone, region: &Region) -> Vec<OddClock> {
    ann.device.odd_clocks(&ann.judged(region), now)
}

fn put_right(odd: OddClock, ann: &mut Phone, relay: &mut Relay) {
    let mut id = [0; 16];
    ann.rng.fill(&mut id);
    let statement = Statement {
        id: OperationId(id),
        hlc: Hlc(u64::try_from(ann.now).unwrap() << 16),
        says: Says::Clock {
            range: odd.range,
            offset: odd.offset,
            replaces: Vec::new(),
        },
    };
    ann.say(encode_statement(&statement).unwrap().to_vec(), relay);
    ann.now += 1;
}

/// Part of the worker's stream, as [`record_at`] numbers what it says: before it stands who the worker is.
fn part(scene: &Scene, first: u64, last: Option<u64>) -> StreamRange {
    StreamRange {
        stream: scene.worker.stream(),
        first: first + 1,
        last: last.map(|last| last + 1),
    }
}

fn the_one(found: &[OddClock]) -> OddClock {
    assert_eq!(found.len(), 1, "{found:?}");
    found[0]
}

#[test]
fn what_two_clocks_may_differ_by_is_not_odd() {
    let mut scene = Scene::new(70);
    record_at(&[NOW - TOLERANCE, NOW, NOW + TOLERANCE], &mut scene);
    assert_eq!(odd(&scene.ann, &scene.region), []);
}

#[test]
fn a_clock_that_was_ahead_is_found_counts_all_the_same_and_is_put_right_once() {
    let mut scene = Scene::new(71);
    record_at(&[NOW, NOW + 2 * DAY, NOW + 2 * DAY + HOUR], &mut scene);
    let after = NOW + 2 * HOUR;
    let one = the_one(&odd_at(after, &scene.ann, &scene.region));
    assert_eq!(one.range, part(&scene, 2, None));
    assert_eq!((one.ahead, one.offset), (2 * DAY - HOUR, HOUR - 2 * DAY));
    assert_eq!(scene.ann.judged(&scene.region).records.len(), 3);
    put_right(one, &mut scene.ann, &mut scene.relay);
    assert_eq!(odd_at(after, &scene.ann, &scene.region), []);
    // A clock never goes back: a phone whose clock is right again goes on from where it was ahead.
    let payload = operation(9, NOW + 2 * DAY + HOUR, created(false), &mut scene.worker);
    scene.worker.say(payload, &mut scene.relay);
    scene.ann.wake(Wake::Minute, &mut scene.relay);
    assert_eq!(scene.ann.judged(&scene.region).records.len(), 4);
    assert_eq!(odd_at(after, &scene.ann, &scene.region), []);
}

#[test]
fn a_clock_that_was_behind_is_put_right_and_what_it_told_later_stays() {
    let mut scene = Scene::new(72);
    let first = NOW - 20 * 365 * DAY;
    let times = [first, first + 5 * HOUR, NOW + 6 * HOUR, NOW + 7 * HOUR];
    record_at(&times, &mut scene);
    let after = NOW + 8 * HOUR;
    let one = the_one(&odd_at(after, &scene.ann, &scene.region));
    assert_eq!(one.range, part(&scene, 1, Some(2)));
    assert_eq!((one.ahead, one.offset), (-20 * 365 * DAY, 20 * 365 * DAY));
    assert_eq!(scene.ann.judged(&scene.region).records.len(), 4);
    put_right(one, &mut scene.ann, &mut scene.relay);
    assert_eq!(odd_at(after, &scene.ann, &scene.region), []);
}

#[test]
fn what_no_one_offset_puts_right_is_put_right_by_parts() {
    let mut scene = Scene::new(76);
    let first = NOW - 20 * 365 * DAY;
    // Started in another century, then two hours slow, then right.
    record_at(&[first, NOW - 2 * HOUR, NOW + HOUR], &mut scene);
    let after = NOW + 2 * HOUR;
    let found = odd_at(after, &scene.ann, &scene.region);
    let parts = found.iter().map(|odd| (odd.range, odd.offset));
    let wanted = [
        (part(&scene, 1, Some(1)), 20 * 365 * DAY),
        (part(&scene, 2, Some(2)), 2 * HOUR),
    ];
    assert!(parts.eq(wanted), "{found:?}");
    for odd in found {
        put_right(odd, &mut scene.ann, &mut scene.relay);
    }
    assert_eq!(odd_at(after, &scene.ann, &scene.region), []);
}

#[test]
fn what_is_odd_after_it_was_put_right_is_measured_from_what_the_device_told() {
    let mut scene = Scene::new(73);
    record_at(&[NOW + 2 * DAY], &mut scene);
    let mut half = the_one(&odd(&scene.ann, &scene.region));
    half.offset = -DAY;
    put_right(half, &mut scene.ann, &mut scene.relay);
    let again = the_one(&odd(&scene.ann, &scene.region));
    assert_eq!((again.ahead, again.offset), (DAY, -2 * DAY));
    // The newer word holds, for the same part.
    put_right(again, &mut scene.ann, &mut scene.relay);
    assert_eq!(odd(&scene.ann, &scene.region), []);
}

#[test]
fn a_coordinator_whose_clock_was_ahead_makes_nobody_late() {
    let mut region = region(75);
    // Two days ahead, Ben makes an act; a minute later, by the right clock, Ann makes the next.
    let acts = [
        (&region.ben, NOW + 2 * DAY, Stage::Practice),
        (&region.ann, NOW + 60_000, Stage::Open),
    ];
    for (signer, at, stage) in acts {
        let act = stage_act(&region.roster, signer, at, stage);
        region.roster.take(&act).unwrap();
        region.acts.push(act);
    }
    let mut relay = Relay::new(&region);
    let (mut worker, mut ann) = (
        Phone::new(&region, &region.worker),
        Phone::new(&region, &region.ann),
    );
    let times = [NOW + HOUR, NOW + 2 * HOUR];
    for (number, at) in (1..).zip(times) {
        let payload = operation(number, at, created(false), &mut worker);
        worker.say(payload, &mut relay);
    }
    ann.wake(Wake::Opened, &mut relay);
    let judged = ann.judged(&region);
    assert_eq!(judged.records.len(), times.len());
    assert_eq!(ann.device.odd_clocks(&judged, NOW + 3 * HOUR), []);
    assert_eq!(ann.device.odd_clocks(&judged, NOW + 3 * DAY), []);
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
