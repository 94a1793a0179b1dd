//! Whatever way runs come in, and wherever the process dies: the same streams, and nothing acknowledged is missing.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use proptest::prelude::*;
use support::stream::{Stream, bytes};
use support::{NOW, Person, Pushed, World, open};
use veldpost_envelope::wire::{Code, ItemKind};
use veldpost_envelope::{Entry, Purpose};
use veldpost_relay::limits::Unlimited;
use veldpost_relay::memory::Fault;
use veldpost_relay::store::{RegionView, RelayStore, StoreError};
use veldpost_relay::{Pushing, RelayError};

/// One run of a push: whose, from which entry to which, and how many bytes of it are lost at the end.
#[derive(Clone, Debug)]
struct Run {
    device: usize,
    from: usize,
    number: usize,
}

#[derive(Clone, Debug)]
struct Push {
    runs: Vec<Run>,
    cut: usize,
    fault: Option<Fault>,
    restarts: bool,
}

const LENGTH: usize = 16;

fn fault() -> impl Strategy<Value = Option<Fault>> {
    prop_oneof![
        6 => Just(None),
        1 => Just(Some(Fault::BeforeCommit)),
        1 => Just(Some(Fault::AfterCommit)),
        2 => (0..12_u32).prop_map(|after| Some(Fault::AtWrite(after, StoreError::Full))),
    ]
}

fn push() -> impl Strategy<Value = Push> {
    let run = (0..3_usize, 0..LENGTH, 1..LENGTH).prop_map(|(device, from, number)| Run {
        device,
        from,
        number,
    });
    let runs = prop::collection::vec(run, 1..5);
    let cut = prop_oneof![3 => Just(0), 1 => 1..2_000_usize];
    (runs, cut, fault(), any::<bool>()).prop_map(|(runs, cut, fault, restarts)| Push {
        runs,
        cut,
        fault,
        restarts,
    })
}

fn streams(world: &World) -> Vec<Stream> {
    let who = [
        (&world.worker, Purpose::Count),
        (&world.intaker, Purpose::Intake),
        (&world.second, Purpose::Admin),
    ];
    let mut streams: Vec<_> = (5..)
        .zip(who)
        .map(|(seed, (person, purpose))| Stream::new(world, person, purpose, seed))
        .collect();
    for (index, stream) in streams.iter_mut().enumerate() {
        while stream.entries.len() < LENGTH {
            let room = LENGTH - stream.entries.len();
            stream.commit(room.min(1 + (stream.entries.len() + index) % 4));
        }
    }
    streams
}

fn held(world: &World, stream: &Stream) -> Vec<Vec<u8>> {
    let view = world.store.view(&world.region).unwrap();
    let entries = view.entries(&stream.id(), 0, u64::MAX).unwrap();
    let next = view.stream(&stream.id()).unwrap().map_or(0, |row| row.next);
    assert_eq!(next, entries.len() as u64, "the row says what there is");
    entries.into_iter().map(|entry| entry.bytes).collect()
}

fn body(streams: &[Stream], push: &Push) -> Vec<u8> {
    let runs = push.runs.iter().map(|run| {
        let entries = &streams[run.device].entries;
        bytes(&entries[run.from..(run.from + run.number).min(LENGTH)])
    });
    let mut body: Vec<u8> = runs.flatten().collect();
    body.truncate(body.len().saturating_sub(push.cut));
    body
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_order_of_pushes_leaves_the_same_streams_and_acknowledges_only_what_is_held(
        pushes in prop::collection::vec(push(), 1..25),
    ) {
        let mut world = World::new(1);
        let streams = streams(&world);
        let mut acknowledged = [0_u64; 3];
        for push in &pushes {
            if let Some(fault) = &push.fault {
                world.store.fail(fault.clone());
            }
            let pushed = world.push_bytes(&body(&streams, push));
            for (stream, next, code) in &pushed.states {
                let device = streams.iter().position(|it| it.id() == *stream).unwrap();
                prop_assert!(!matches!(code, Some(Code::Conflict)), "nothing forked here");
                acknowledged[device] = acknowledged[device].max(*next);
            }
            if push.restarts {
                world.relay = open(&world.store);
            }
            for (stream, next) in streams.iter().zip(acknowledged) {
                let held = held(&world, stream);
                prop_assert!(held.len() as u64 >= next, "acknowledged and not there");
                let whole: Vec<_> = stream.entries.iter().map(Entry::to_bytes).collect();
                prop_assert!(held == whole[..held.len()]);
            }
        }
        // The next change may still be told to fail by the last push that changed nothing.
        world.push_bytes(&body(&streams, &pushes[0]));
        for stream in &streams {
            world.push(&stream.entries);
            let pushed = world.push(&stream.entries);
            prop_assert_eq!((pushed.code, pushed.next()), (None, LENGTH as u64));
        }
        let pages = world.pull_from(&world.founder, 0, 32).unwrap();
        let positions: Vec<_> = pages.iter().flat_map(|page| &page.items).map(|it| it.0).collect();
        let gap_free = (1..=positions.len() as u64).collect::<Vec<_>>();
        prop_assert_eq!(positions, gap_free);
        for stream in &streams {
            let of_stream: Vec<u8> = pages
                .iter()
                .flat_map(|page| &page.items)
                .filter(|(_, kind, value)| {
                    let place = veldpost_envelope::wire::Place::of(first(value)).unwrap();
                    *kind == ItemKind::Run && place.stream == stream.id()
                })
                .flat_map(|(_, _, value)| value.clone())
                .collect();
            prop_assert!(of_stream == bytes(&stream.entries), "its runs make the stream");
        }
    }

    #[test]
    fn a_reader_that_stops_anywhere_and_goes_on_misses_nothing(
        pushes in prop::collection::vec((0..3_usize, 1..6_usize), 1..20),
        stops in prop::collection::vec(1..4_u64, 1..20),
    ) {
        let world = World::new(1);
        let streams = streams(&world);
        let mut sent = [0_usize; 3];
        let mut after = 0;
        let mut read = Vec::new();
        let mut stops = stops.into_iter().cycle();
        for (device, number) in pushes {
            let to = (sent[device] + number).min(LENGTH);
            let pushed = world.push(&streams[device].entries[sent[device]..to]);
            if let Some((_, next, _)) = pushed.states.first() {
                sent[device] = usize::try_from(*next).unwrap();
            }
            let pages = stops.next().unwrap();
            for page in world.pull_from(&world.founder, after, pages).unwrap() {
                after = page.upto;
                read.extend(page.items);
            }
        }
        for page in world.pull_from(&world.founder, after, 32).unwrap() {
            read.extend(page.items);
        }
        let all = world.pull_from(&world.founder, 0, 32).unwrap();
        let all: Vec<_> = all.into_iter().flat_map(|page| page.items).collect();
        prop_assert!(read == all);
    }
}

fn first(run: &[u8]) -> &[u8] {
    let mut items = veldpost_envelope::wire::Items::new(run);
    items.next().unwrap().unwrap()
}

#[test]
fn a_death_at_any_write_of_a_push_loses_nothing_that_was_acknowledged() {
    let world = World::new(1);
    let streams = streams(&world);
    world.push(&streams[0].entries[..5]);
    let before = world.store.snapshot();
    let body = [
        bytes(&streams[0].entries),
        bytes(&streams[1].entries),
        bytes(&streams[2].entries),
    ]
    .concat();
    let mut survived = 0;
    for after in 0..200 {
        world.store.restore(before.clone());
        world.store.fail(Fault::AtWrite(after, StoreError::Lost));
        let mut pushing = Pushing::new();
        pushing.feed(&body);
        match world.relay.entries(pushing, &Unlimited, NOW) {
            Err(failed) => {
                assert_eq!(failed, RelayError::Store(StoreError::Lost));
                assert_eq!(failed.code(), Code::Internal);
                assert!(world.store.snapshot() == before, "at {after}");
            }
            answer => {
                assert_eq!(Pushed::of(answer).code, None);
                survived += 1;
            }
        }
    }
    assert_eq!(
        survived, 0,
        "a fault that was asked for is at the commit at the latest"
    );
}

#[test]
fn an_answer_that_got_lost_is_given_again() {
    let world = World::new(1);
    let stream = &streams(&world)[0];
    world.store.fail(Fault::AfterCommit);
    let lost = world.push(&stream.entries);
    assert_eq!(lost.failed, Some(RelayError::Store(StoreError::Lost)));
    let pushed = world.push(&stream.entries);
    assert_eq!((pushed.code, pushed.next()), (None, LENGTH as u64));
    assert_eq!(world.pull(&world.founder).len(), 1);
}

#[test]
fn every_other_call_is_all_or_nothing_too() {
    let mut world = World::new(1);
    let stream = &streams(&world)[0];
    world.push(&stream.entries);
    let invited = world.invite(
        veldpost_envelope::act::InviteForm::Evening,
        &[veldpost_envelope::genesis::Role::Counter],
        9,
    );
    let newcomer = Person::new(70);
    let join = world.make_join(&newcomer, &invited, NOW);
    let erase = world.erase(&world.founder, &stream.entries[3]);
    let removal = world.make_removal(world.intaker.key(), Vec::new());
    let before = world.store.snapshot();
    for after in 0..4 {
        let fail = || world.store.fail(Fault::AtWrite(after, StoreError::Full));
        fail();
        let refused = world.send_join(&newcomer, &invited, &join, NOW);
        assert_eq!(refused.unwrap_err().code(), Code::Full);
        fail();
        let refused = world.relay.objects(&erase.to_bytes(), NOW);
        assert_eq!(refused.unwrap_err().code(), Code::Full);
        fail();
        let refused = world.offer(std::slice::from_ref(&removal), NOW);
        assert_eq!(refused.unwrap_err().code(), Code::Full);
        assert!(world.store.snapshot() == before);
    }
    assert!(world.send_join(&newcomer, &invited, &join, NOW).is_ok());
    assert_eq!(world.say(&[&erase]), [None]);
    assert!(world.offer(&[removal], NOW).is_ok());
}

#[test]
fn a_relay_from_a_backup_is_filled_up_by_whoever_calls() {
    let mut world = World::new(1);
    let streams = streams(&world);
    let next = world.push(&streams[0].entries[..8]).next();
    let backup = world.store.snapshot();
    world.push(&streams[0].entries);
    world.push(&streams[1].entries);
    let receipt = world.receipt(&world.founder, &streams[0].entries[LENGTH - 1], NOW);
    world.say(&[&receipt]);
    world.admit(
        &Person::new(70),
        &[veldpost_envelope::genesis::Role::Counter],
        None,
    );
    world.store.restore(backup);
    let fresh = veldpost_envelope::wire::Incarnation([2; 16]);
    world.relay.restored(fresh, NOW + 10).unwrap();
    let page = &world.pull_from(&world.worker, 0, 1).unwrap()[0];
    assert_eq!((page.incarnation, page.height), (fresh, 0));
    let gap = world.push(&streams[0].entries[12..]);
    assert_eq!((gap.code, gap.next()), (Some(Code::Gap), next));
    world.offer_all(NOW + 11).unwrap();
    world.push(&streams[0].entries[usize::try_from(next).unwrap()..]);
    world.push(&streams[1].entries);
    assert_eq!(world.say(&[&receipt]), [None]);
    assert_eq!(held(&world, &streams[0]).len(), LENGTH);
    assert_eq!(held(&world, &streams[1]).len(), LENGTH);
}
