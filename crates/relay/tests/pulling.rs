//! What a reader gets, page by page.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use support::stream::{Stream, bytes};
use support::{NOW, Person, Pulled, World};
use veldpost_domain::{OrganisationId, StreamId};
use veldpost_envelope::act::InviteForm;
use veldpost_envelope::genesis::Role;
use veldpost_envelope::wire::{
    Code, EventsAsk, HeadsAnswer, HeadsAsk, Holding, ItemKind, OwnHead, PullAsk, Standing,
};
use veldpost_envelope::{Object, Purpose};
use veldpost_relay::memory::Fault;
use veldpost_relay::store::StoreError;
use veldpost_relay::{Caller, News, RelayError};

fn world() -> (World, Stream) {
    let world = World::new(1);
    let mut stream = Stream::new(&world, &world.worker, Purpose::Count, 7);
    stream.commit(3).commit(2);
    world.push(&stream.entries);
    (world, stream)
}

fn kinds(world: &World, person: &Person) -> Vec<ItemKind> {
    world
        .pull(person)
        .into_iter()
        .map(|(kind, _)| kind)
        .collect()
}

#[test]
fn a_coordinator_gets_every_run_of_its_purposes_and_a_worker_none() {
    let (world, count) = world();
    let mut intake = Stream::new(&world, &world.intaker, Purpose::Intake, 8);
    intake.commit(1);
    world.push(&intake.entries);
    let runs = |person| -> Vec<_> {
        let items = world.pull(person).into_iter();
        items.map(|(_, value)| value).collect()
    };
    let (count, intake) = (bytes(&count.entries), bytes(&intake.entries));
    assert_eq!(runs(&world.founder), [count.clone(), intake]);
    assert_eq!(runs(&world.second), [count]);
    assert!(runs(&world.worker).is_empty());
    assert!(runs(&world.intaker).is_empty());
}

#[test]
fn an_inbox_is_a_pull_with_less_in_it() {
    let (world, stream) = world();
    let receipt = world.receipt(&world.founder, &stream.entries[6], NOW);
    world.say(&[&receipt]);
    let pages = world.pull_from(&world.worker, 0, 32).unwrap();
    assert_eq!(pages.len(), 1);
    let page = &pages[0];
    assert_eq!(page.items, [(2, ItemKind::Object, receipt.to_bytes())]);
    assert_eq!((page.upto, page.newest, page.height), (2, 2, 0));
    assert_eq!(page.standing, Standing::Member);
    let next = &world.pull_from(&world.worker, page.upto, 32).unwrap()[0];
    assert_eq!((next.items.len(), next.upto, next.newest), (0, 2, 2));
}

#[test]
fn own_says_how_far_the_readers_streams_are_held_and_nothing_of_others() {
    let (world, stream) = world();
    let holding = |stream, next| Holding { stream, next };
    let unknown = StreamId([9; 16]);
    let ask = PullAsk {
        region: world.region,
        after: 0,
        pages: 1,
        holding: vec![holding(stream.id(), 12), holding(unknown, 3)],
    };
    let pages = world.pull_as(&world.worker, &ask).unwrap();
    let none = |stream| OwnHead {
        stream,
        next: 0,
        hash: None,
    };
    let own = OwnHead {
        stream: stream.id(),
        next: 7,
        hash: Some(stream.entries[6].hash()),
    };
    assert_eq!(pages[0].own, [own, none(unknown)]);
    let pages = world.pull_as(&world.intaker, &ask).unwrap();
    assert_eq!(pages[0].own, [none(stream.id()), none(unknown)]);
    let row = world.heads(&world.founder)[0];
    assert_eq!(
        (row.next, row.says),
        (7, Some(12)),
        "by its own word, not another's"
    );
    assert_eq!((row.device, row.heard), (world.worker.key(), NOW));
}

#[test]
fn a_page_has_whole_runs_of_500_entries_at_most() {
    let world = World::new(1);
    let mut stream = Stream::new(&world, &world.worker, Purpose::Count, 7);
    stream.commit(198);
    world.push(&stream.entries);
    for _ in 0..5 {
        let from = stream.entries.len();
        stream.commit(150);
        world.push(&stream.entries[from..]);
    }
    let pages = world.pull_from(&world.founder, 0, 32).unwrap();
    let runs: Vec<_> = pages.iter().map(|page| page.items.len()).collect();
    assert_eq!(runs, [3, 3]);
    assert_eq!(
        pages.iter().map(|page| page.upto).collect::<Vec<_>>(),
        [3, 6]
    );
    let pulled: Vec<u8> = pages
        .into_iter()
        .flat_map(|page| page.items)
        .flat_map(|it| it.2)
        .collect();
    assert_eq!(pulled, bytes(&stream.entries));
}

#[test]
fn a_page_has_a_mebibyte_of_values_at_most_and_one_item_may_stand_alone() {
    let world = World::new(1);
    let mut stream = Stream::new(&world, &world.worker, Purpose::Count, 7);
    world.push(&stream.entries);
    for _ in 0..4 {
        let from = stream.entries.len();
        for _ in 0..15 {
            stream.commit_of(1, 30_000);
        }
        world.push(&stream.entries[from..]);
    }
    let pages = world.pull_from(&world.founder, 0, 32).unwrap();
    let sizes = |page: &Pulled| page.items.iter().map(|it| it.2.len()).collect::<Vec<_>>();
    assert_eq!(
        pages
            .iter()
            .map(|page| page.items.len())
            .collect::<Vec<_>>(),
        [3, 2]
    );
    for page in &pages {
        assert!(sizes(page).iter().sum::<usize>() <= 1024 * 1024);
    }
    let two = world.pull_from(&world.founder, 1, 1).unwrap();
    assert_eq!((two.len(), two[0].upto), (1, 3));
}

#[test]
fn a_pull_has_the_pages_that_were_asked_for_and_goes_on_where_it_ended() {
    let world = World::new(1);
    let mut stream = Stream::new(&world, &world.worker, Purpose::Count, 7);
    world.push(&stream.entries);
    for _ in 0..6 {
        let from = stream.entries.len();
        stream.commit(300);
        world.push(&stream.entries[from..]);
    }
    let pages = world.pull_from(&world.founder, 0, 2).unwrap();
    assert_eq!(
        pages.iter().map(|page| page.upto).collect::<Vec<_>>(),
        [2, 3]
    );
    assert_eq!(pages[1].newest, 7);
    let rest = world.pull_from(&world.founder, 3, 32).unwrap();
    let upto: Vec<_> = rest.iter().map(|page| page.upto).collect();
    assert_eq!(upto, [4, 5, 6, 7]);
    let all = pages.into_iter().chain(rest).flat_map(|page| page.items);
    assert_eq!(
        all.flat_map(|it| it.2).collect::<Vec<_>>(),
        bytes(&stream.entries)
    );
}

#[test]
fn what_is_stored_between_two_pages_comes_in_the_next() {
    let world = World::new(1);
    let mut stream = Stream::new(&world, &world.worker, Purpose::Count, 7);
    stream.commit(400);
    world.push(&stream.entries);
    stream.commit(300);
    world.push(&stream.entries[402..]);
    let ask = PullAsk {
        region: world.region,
        after: 0,
        pages: 9,
        holding: Vec::new(),
    };
    let caller = world.founder.calls(NOW);
    let mut pull = world.relay.pull(&caller, &ask.to_bytes()).unwrap();
    let first = world.relay.next_page(&mut pull, NOW).unwrap().unwrap();
    assert_eq!(Pulled::of(&first).newest, 2);
    stream.commit(250);
    world.push(&stream.entries[702..]);
    let mut pages = Vec::new();
    while let Some(page) = world.relay.next_page(&mut pull, NOW).unwrap() {
        pages.push(Pulled::of(&page));
    }
    let positions: Vec<_> = pages
        .iter()
        .flat_map(|page| &page.items)
        .map(|it| it.0)
        .collect();
    assert_eq!(positions, [2, 3]);
}

#[test]
fn an_organisation_coordinator_sees_how_far_its_own_devices_are() {
    let mut world = World::new(1);
    let [own, other] = [OrganisationId([1; 16]), OrganisationId([2; 16])];
    let by = |world: &mut World, organisation, roles: &[Role], seed| {
        let (form, person) = (InviteForm::Desk, Person::new(seed));
        let (invited, act) = world.make_invite_for(form, roles, 9, Some(organisation));
        world.append(act);
        world.admit(&person, roles, Some(invited.id));
        person
    };
    let chief = by(&mut world, own, &[Role::OrganisationCoordinator], 70);
    let desk = by(&mut world, own, &[Role::Counter], 71);
    let stranger = by(&mut world, other, &[Role::Counter], 72);
    let mut said = Vec::new();
    for (person, seed) in [(&desk, 5), (&stranger, 6)] {
        let mut stream = Stream::new(&world, person, Purpose::Count, seed);
        stream.commit(2);
        world.push(&stream.entries);
        let receipt = world.receipt(&world.founder, &stream.entries[3], NOW);
        let erase = world.erase(&world.founder, &stream.entries[2]);
        let checkpoint = world.checkpoint(&world.founder, Purpose::Count, seed, &stream.entries[3]);
        assert_eq!(world.say(&[&receipt, &erase, &checkpoint]), [None; 3]);
        said.push([receipt, erase, checkpoint.without_heads()]);
    }
    let got: Vec<_> = world
        .pull(&chief)
        .into_iter()
        .map(|(_, value)| value)
        .collect();
    let expected = [&said[0][0], &said[0][1], &said[0][2], &said[1][2]];
    assert_eq!(got, expected.map(Object::to_bytes));
}

#[test]
fn a_removed_device_still_reads_of_its_own_streams_alone() {
    let (mut world, stream) = world();
    let receipt = world.receipt(&world.founder, &stream.entries[6], NOW);
    let checkpoint = world.checkpoint(&world.founder, Purpose::Count, 1, &stream.entries[6]);
    world.say(&[&receipt, &checkpoint]);
    assert_eq!(kinds(&world, &world.worker).len(), 2);
    world.remove(world.worker.key(), Vec::new());
    let pages = world.pull_from(&world.worker, 0, 1).unwrap();
    assert_eq!(pages[0].standing, Standing::Removed);
    assert_eq!(pages[0].items, [(2, ItemKind::Object, receipt.to_bytes())]);
}

#[test]
fn heads_are_of_the_purposes_that_the_reader_coordinates() {
    let (world, count) = world();
    let mut intake = Stream::new(&world, &world.intaker, Purpose::Intake, 8);
    intake.commit(1);
    world.push(&intake.entries);
    let mut streams = [count.id(), intake.id()];
    streams.sort();
    let found: Vec<_> = world
        .heads(&world.founder)
        .iter()
        .map(|row| row.stream)
        .collect();
    assert_eq!(found, streams);
    let found = world.heads(&world.second);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].purpose, 1);
    assert_eq!((found[0].next, found[0].hash), (7, count.entries[6].hash()));
    assert_eq!((found[0].says, found[0].heard), (None, NOW));
    let ask = HeadsAsk {
        region: world.region,
        after: Some(streams[0]),
    };
    let answer = world
        .relay
        .heads(&world.founder.calls(NOW), &ask.to_bytes());
    let answer = answer.unwrap();
    let answer = HeadsAnswer::from_bytes(&answer).unwrap();
    assert_eq!(
        (answer.rows.len(), answer.rows[0].stream, answer.more),
        (1, streams[1], false)
    );
}

#[test]
fn events_say_how_far_there_is_something_for_this_reader() {
    let (world, stream) = world();
    let news = |person: &Person| {
        let ask = EventsAsk {
            region: world.region,
        };
        world.relay.news(&person.calls(NOW), &ask.to_bytes())
    };
    let says = |newest, standing| {
        Ok(News {
            event: veldpost_envelope::wire::Event { newest, height: 0 },
            standing,
        })
    };
    assert_eq!(news(&world.founder), says(1, Standing::Member));
    assert_eq!(news(&world.worker), says(0, Standing::Member));
    world.say(&[&world.receipt(&world.founder, &stream.entries[6], NOW)]);
    assert_eq!(news(&world.worker), says(2, Standing::Member));
    assert_eq!(news(&world.stranger), Err(RelayError::UnknownDevice));
}

#[test]
fn a_device_that_calls_again_at_once_is_not_written_down_again() {
    let (world, stream) = world();
    let ask = PullAsk {
        region: world.region,
        after: 0,
        pages: 1,
        holding: vec![Holding {
            stream: stream.id(),
            next: 9,
        }],
    };
    let call = |now| {
        let caller = Caller {
            device: Some(world.worker.key()),
            now,
        };
        world.relay.pull(&caller, &ask.to_bytes()).unwrap();
        world.store.snapshot()
    };
    let first = call(NOW + 60_000);
    assert!(call(NOW + 119_999) == first);
    assert!(call(NOW + 120_000) != first);
    assert_eq!(world.heads(&world.founder)[0].heard, NOW + 120_000);
}

#[test]
fn who_cannot_be_written_down_is_read_to_all_the_same() {
    let (world, stream) = world();
    let before = world.store.snapshot();
    for problem in [StoreError::Full, StoreError::Busy] {
        world.store.fail(Fault::AtWrite(0, problem));
        let pages = world.pull_from(&world.founder, 0, 1).unwrap();
        assert_eq!(pages[0].items[0].2, bytes(&stream.entries));
        assert!(world.store.snapshot() == before);
    }
    world
        .store
        .fail(Fault::AtWrite(0, StoreError::Damaged("row")));
    let refused = world.pull_from(&world.founder, 0, 1).unwrap_err();
    assert_eq!(refused.code(), Code::Internal);
}

#[test]
fn the_table_of_who_gets_what_names_each_class_once_a_reader() {
    use veldpost_relay::audience::RULES;
    for (index, rule) in RULES.iter().enumerate() {
        let twice = |other: &&veldpost_relay::audience::Rule| {
            (other.reader, other.class) == (rule.reader, rule.class)
        };
        assert!(
            !RULES[..index].iter().any(|other| twice(&other)),
            "{rule:?}"
        );
    }
}
