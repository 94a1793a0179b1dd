//! Who may make which call, every code that a relay answers with, and the caps.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use std::collections::HashSet;
use support::stream::{Stream, bytes};
use support::{NOW, Person, Pushed, World, settings};
use veldpost_envelope::act::InviteForm;
use veldpost_envelope::blob::{Blob, BlobContent, SnapshotBlob};
use veldpost_envelope::genesis::Role;
use veldpost_envelope::wire::{
    BlobAnswer, BlobAsk, BlobPutAnswer, BlobPutAsk, Call, Code, EventsAsk, HeadsAsk, Incarnation,
    JoinAsk, MAX_BLOB_BODY, MAX_BODY, PullAsk, RosterAsk, WelcomeAsk, WelcomePutAsk,
};
use veldpost_envelope::{Purpose, SettingsKey};
use veldpost_relay::limits::{Charge, Unlimited};
use veldpost_relay::memory::{Fault, MemoryStore, Snapshot};
use veldpost_relay::store::{StoreError, Volume};
use veldpost_relay::{Caller, Pushing, Relay, RelayError, Settings};

fn answer_to(world: &World, call: Call, caller: &Caller) -> Result<(), RelayError> {
    let region = world.region;
    let relay = &world.relay;
    let invitation = [0; 16];
    match call {
        Call::Entries | Call::Objects => Ok(()),
        Call::Acts => {
            let ask = veldpost_envelope::wire::ActsAsk {
                region,
                acts: vec![&world.acts[0]],
                founding: None,
            };
            relay.acts(caller, &ask.to_bytes()).map(drop)
        }
        Call::Roster => relay
            .roster(caller, &RosterAsk { region, from: 0 }.to_bytes())
            .map(drop),
        Call::BlobPut => {
            let ask = BlobPutAsk { region, blob: &[] };
            relay.put_blob(caller, &ask.to_bytes()).map(drop)
        }
        Call::Blob => {
            let ask = BlobAsk {
                region,
                blob: [0; 32],
            };
            relay.blob(caller, &ask.to_bytes()).map(drop)
        }
        Call::WelcomePut => {
            let ask = WelcomePutAsk {
                region,
                invitation,
                welcome: &[],
            };
            relay.put_welcome(caller, &ask.to_bytes()).map(drop)
        }
        Call::Welcome => relay
            .welcome(caller, &WelcomeAsk { region, invitation }.to_bytes())
            .map(drop),
        Call::Join => {
            let ask = JoinAsk {
                region,
                token: [0; 32],
                join: &[],
            };
            relay.join(caller, &ask.to_bytes()).map(drop)
        }
        Call::Pull => {
            let ask = PullAsk {
                region,
                after: 0,
                pages: 1,
                holding: Vec::new(),
            };
            relay.pull(caller, &ask.to_bytes()).map(drop)
        }
        Call::Heads => relay
            .heads(
                caller,
                &HeadsAsk {
                    region,
                    after: None,
                }
                .to_bytes(),
            )
            .map(drop),
        Call::Events => relay
            .news(caller, &EventsAsk { region }.to_bytes())
            .map(drop),
    }
}

#[test]
fn each_call_is_for_whom_the_table_says() {
    use Code::{NotAdmitted, NotAllowed, Removed, UnknownDevice, Unsigned};
    let mut world = World::new(1);
    let invited = world.invite(InviteForm::Evening, &[Role::Counter], 9);
    let single = world.invite(InviteForm::Single, &[Role::Counter], 1);
    let [joined, frozen, other, removed] = [70, 71, 72, 73].map(Person::new);
    world.join(&joined, &invited).unwrap();
    world.join(&frozen, &single).unwrap();
    world.join(&other, &single).unwrap_err();
    world.admit(
        &removed,
        &[Role::Counter, Role::Coordinator(Purpose::Count)],
        None,
    );
    world.remove(removed.key(), Vec::new());
    let callers = [
        &world.stranger,
        &joined,
        &frozen,
        &removed,
        &world.worker,
        &world.second,
    ];
    let no_one = [None; 6];
    let coordinator = [UnknownDevice, NotAdmitted, NotAdmitted, Removed, NotAllowed].map(Some);
    let coordinator: [_; 6] =
        core::array::from_fn(|index| coordinator.get(index).copied().flatten());
    let listener = [Some(UnknownDevice), None, None, Some(Removed), None, None];
    let reader = [Some(UnknownDevice), None, None, None, None, None];
    for (call, refused) in [
        (Call::Acts, no_one),
        (Call::Roster, no_one),
        (Call::Blob, no_one),
        (Call::Welcome, no_one),
        (Call::Join, no_one),
        (Call::BlobPut, coordinator),
        (Call::WelcomePut, coordinator),
        (Call::Heads, coordinator),
        (Call::Pull, reader),
        (Call::Events, listener),
    ] {
        for (person, expected) in callers.iter().zip(refused) {
            let answer = answer_to(&world, call, &person.calls(NOW));
            let of_standing = [NotAdmitted, NotAllowed, Removed, UnknownDevice];
            let code = answer.err().map(|refused| refused.code());
            let code = code.filter(|code| of_standing.contains(code));
            assert_eq!(code, expected, "{call:?}");
        }
        let unsigned = Caller {
            device: None,
            now: NOW,
        };
        let code = answer_to(&world, call, &unsigned).unwrap_err().code();
        assert_eq!(code, Unsigned, "{call:?}");
    }
}

fn blob(world: &World, length: usize) -> Blob {
    let mut rng = support::Seeded(3);
    let key = SettingsKey::generate(1, &mut rng);
    let mut noise = vec![0; length];
    veldpost_envelope::RandomBytes::fill(&mut rng, &mut noise);
    let csv: String = noise.iter().map(|byte| format!("{byte:02x}")).collect();
    let content = BlobContent::Snapshot(SnapshotBlob {
        campaign: support::CAMPAIGN,
        version: 1,
        at: 0,
        tables: vec![veldpost_envelope::blob::SnapshotTable {
            name: "A".into(),
            csv,
        }],
    });
    Blob::seal(&key, &world.region, &content, &mut rng).unwrap()
}

fn put_blob(world: &World, person: &Person, blob: &[u8]) -> Result<[u8; 32], RelayError> {
    let ask = BlobPutAsk {
        region: world.region,
        blob,
    };
    let answer = world.relay.put_blob(&person.calls(NOW), &ask.to_bytes())?;
    Ok(BlobPutAnswer::from_bytes(&answer).unwrap().blob)
}

fn get_blob(world: &World, blob: [u8; 32]) -> Result<Vec<u8>, RelayError> {
    let ask = BlobAsk {
        region: world.region,
        blob,
    };
    let answer = world
        .relay
        .blob(&world.stranger.calls(NOW), &ask.to_bytes())?;
    Ok(BlobAnswer::from_bytes(&answer).unwrap().blob.to_vec())
}

#[test]
fn a_blob_is_kept_under_its_hash_and_read_by_any_key() {
    let world = World::new(1);
    let blob = blob(&world, 10);
    let id = blob.id().0;
    assert_eq!(get_blob(&world, id), Err(RelayError::UnknownBlob));
    assert_eq!(put_blob(&world, &world.founder, blob.bytes()), Ok(id));
    let before = world.store.snapshot();
    assert_eq!(put_blob(&world, &world.second, blob.bytes()), Ok(id));
    assert!(world.store.snapshot() == before);
    assert_eq!(get_blob(&world, id), Ok(blob.bytes().to_vec()));
}

#[test]
fn a_blob_of_another_region_or_version_or_over_its_limit_is_refused() {
    let world = World::new(1);
    let foreign = blob(&World::new(2), 10);
    let code = |bytes: &[u8]| put_blob(&world, &world.founder, bytes).unwrap_err().code();
    assert_eq!(code(foreign.bytes()), Code::Malformed);
    let mut newer = blob(&world, 10).bytes().to_vec();
    newer[1] = 2;
    assert_eq!(code(&newer), Code::Newer);
    assert_eq!(code(&[0; 262_145]), Code::TooLarge);
    assert_eq!(code(&[0; 262_144]), Code::Malformed);
    let long = vec![0; MAX_BLOB_BODY + 1];
    let refused = world.relay.put_blob(&world.founder.calls(NOW), &long);
    assert_eq!(refused.unwrap_err().code(), Code::TooLarge);
}

#[test]
fn no_body_is_longer_than_a_mebibyte() {
    let world = World::new(1);
    let long = vec![0; MAX_BODY + 1];
    let caller = world.founder.calls(NOW);
    let relay = &world.relay;
    let too_large = |answer: Result<Vec<u8>, RelayError>| {
        assert_eq!(answer.unwrap_err().code(), Code::TooLarge);
    };
    too_large(relay.acts(&caller, &long));
    too_large(relay.roster(&caller, &long));
    too_large(relay.objects(&long, NOW));
    too_large(relay.blob(&caller, &long));
    too_large(relay.welcome(&caller, &long));
    too_large(relay.put_welcome(&caller, &long));
    too_large(relay.join(&caller, &long));
    too_large(relay.heads(&caller, &long));
    assert!(relay.pull(&caller, &long).is_err() && relay.news(&caller, &long).is_err());
}

#[test]
fn an_object_over_its_limit_is_too_large_alone() {
    let world = World::new(1);
    let mut stream = Stream::new(&world, &world.worker, Purpose::Count, 7);
    stream.commit(1);
    world.push(&stream.entries);
    let receipt = world
        .receipt(&world.founder, &stream.entries[2], NOW)
        .to_bytes();
    // A byte string of 528,481 bytes: one more than an object and what is attached to it may have.
    let mut large = vec![0x5a, 0, 8, 0x10, 1 - 1];
    large.extend(vec![0; 0x0008_1000]);
    let body = [large, receipt].concat();
    let answer = world.relay.objects(&body, NOW).unwrap();
    let answer = veldpost_envelope::wire::ObjectsAnswer::from_bytes(&answer).unwrap();
    assert_eq!(answer.codes, [Some(Code::TooLarge), None]);
}

#[test]
fn a_region_has_the_room_that_the_operator_gives_it_and_nothing_is_half_written() {
    let world = World::new(1);
    let mut stream = Stream::new(&world, &world.worker, Purpose::Count, 7);
    stream.commit(20);
    world.push(&stream.entries);
    let used = |world: &World| {
        use veldpost_relay::store::{RegionView, RelayStore};
        let view = world.store.view(&world.region).unwrap();
        view.region().unwrap().unwrap().bytes
    };
    let room = Settings {
        region_bytes: Some(used(&world) + 100),
        ..settings()
    };
    let mut world = world;
    world.relay = Relay::open(world.store.clone(), room, Incarnation([1; 16])).unwrap();
    let before = world.store.snapshot();
    stream.commit(1);
    assert_eq!(world.push(&stream.entries).failed, Some(RelayError::Full));
    assert_eq!(
        put_blob(&world, &world.founder, blob(&world, 10).bytes()),
        Err(RelayError::Full)
    );
    let (_, act) = world.make_invite(InviteForm::Evening, &[Role::Counter], 9);
    assert_eq!(world.offer(&[act], NOW), Err(RelayError::Full));
    assert!(world.store.snapshot() == before);
    assert_eq!(world.push(&stream.entries[..22]).code, None);
    let bodies = veldpost_envelope::object::Erase {
        head: world.object_head(&world.founder, NOW),
        stream: stream.id(),
        seqs: (2..22).collect(),
        ground: veldpost_envelope::object::Ground::Retention,
    };
    let erase = bodies.sign(&world.founder.signing).unwrap();
    assert_eq!(world.say(&[&erase]), [None], "what makes room needs none");
    assert_eq!(world.push(&stream.entries).code, None);
}

struct Nothing;

impl Charge for Nothing {
    fn charge(&self, _: &veldpost_envelope::DevicePublic, _: Volume, _: i64) -> Result<(), u32> {
        Err(7)
    }
}

/// Refusals that are reached elsewhere in these tests, made once more in a row.
fn reached() -> HashSet<Code> {
    let mut codes: HashSet<Code> = HashSet::new();
    let mut world = World::new(1);
    let worker = Person::new(1_003);
    let mut add = |answer: Result<(), RelayError>| {
        codes.extend(answer.err().map(|refused| refused.code()));
    };
    let mut stream = Stream::new(&world, &worker, Purpose::Count, 7);
    stream.commit(3);
    let refused = |world: &World, entries: &[veldpost_envelope::Entry]| {
        let mut pushing = Pushing::new();
        pushing.feed(&bytes(entries));
        world.relay.entries(pushing, &Unlimited, NOW).map(drop)
    };
    let mut pushing = Pushing::new();
    pushing.feed(&bytes(&stream.entries));
    add(world.relay.entries(pushing, &Nothing, NOW).map(drop));
    add(refused(&world, &stream.entries[2..]));
    add(refused(&world, &stream.entries));
    let mut other = stream.restored(3, 9);
    other.commit(1);
    add(refused(&world, &other.entries));
    add(refused(
        &world,
        &Stream::new(&world, &world.stranger, Purpose::Count, 8).entries,
    ));
    let invited = world.invite(InviteForm::Evening, &[Role::Counter], 2);
    let single = world.invite(InviteForm::Single, &[Role::Counter], 1);
    let people = [70, 71, 72].map(Person::new);
    for person in &people {
        add(world.join(person, &invited).map(drop));
        add(world.join(person, &single).map(drop));
    }
    let late = world.make_join(&people[2], &invited, NOW);
    add(world
        .send_join(&people[2], &invited, &late, NOW + 99 * support::DAY)
        .map(drop));
    let (unknown, _) = world.make_invite(InviteForm::Evening, &[Role::Counter], 2);
    add(world.join(&people[0], &unknown).map(drop));
    let ask = JoinAsk {
        region: world.region,
        token: [0; 32],
        join: &late,
    };
    add(world
        .relay
        .join(&people[2].calls(NOW), &ask.to_bytes())
        .map(drop));
    add(answer_to(&world, Call::Heads, &people[0].calls(NOW)));
    add(answer_to(&world, Call::Heads, &worker.calls(NOW)));
    add(answer_to(&world, Call::Blob, &worker.calls(NOW)));
    let none = Caller {
        device: None,
        now: NOW,
    };
    add(answer_to(&world, Call::Pull, &none));
    let ask = WelcomeAsk {
        region: world.region,
        invitation: invited.id,
    };
    add(world
        .relay
        .welcome(&worker.calls(NOW), &ask.to_bytes())
        .map(drop));
    add(world.relay.objects(&[0x83], NOW).map(drop));
    add(world.relay.objects(&vec![0; MAX_BODY + 1], NOW).map(drop));
    add(world.relay.roster(&worker.calls(NOW), &[9]).map(drop));
    let mut newer = blob(&world, 10).bytes().to_vec();
    newer[1] = 2;
    add(put_blob(&world, &world.founder, &newer).map(drop));
    let act = world.acts[1].clone();
    let mut changed = act;
    let last = changed.len() - 1;
    changed[last] ^= 1;
    add(world.offer(&[changed], NOW).map(drop));
    let release = |world: &World, person: &Person, manifest| {
        let act = veldpost_envelope::act::Act::Release(veldpost_envelope::act::Release {
            version: "1".into(),
            manifest: [manifest; 32],
        });
        let head = veldpost_envelope::act::ActHead {
            kind: 0,
            region: Some(world.region),
            height: world.roster.height() + 1,
            prev: Some(world.roster.head()),
            at: NOW,
        };
        veldpost_envelope::act::create(&head, &act, &person.signing).unwrap()
    };
    add(world.offer(&[release(&world, &worker, 1)], NOW).map(drop));
    let stage = |world: &World, stage, checkpoint| {
        let act = veldpost_envelope::act::Act::Stage(veldpost_envelope::act::StageChange {
            campaign: support::CAMPAIGN,
            stage,
            checkpoint,
        });
        world
            .roster
            .next(&world.founder.signing, NOW)
            .sign(&act)
            .unwrap()
    };
    let open = stage(&world, veldpost_envelope::act::Stage::Open, None);
    world.append(open);
    let locked = stage(&world, veldpost_envelope::act::Stage::Locked, Some([1; 32]));
    add(world.offer(&[locked], NOW).map(drop));
    let lost = release(&world, &world.founder, 2);
    let one = release(&world, &world.founder, 3);
    world.append(one);
    add(world.offer(&[lost], NOW).map(drop));
    world.remove(worker.key(), Vec::new());
    add(answer_to(&world, Call::Events, &worker.calls(NOW)));
    world.store.fail(Fault::BeforeCommit);
    add(put_blob(&world, &world.founder, blob(&world, 11).bytes()).map(drop));
    world.store.fail(Fault::AtWrite(0, StoreError::Full));
    add(put_blob(&world, &world.founder, blob(&world, 12).bytes()).map(drop));
    world.relay.restored(Incarnation([2; 16]), NOW - 1).unwrap();
    let act = release(&world, &world.founder, 4);
    add(world.offer(&[act], NOW).map(drop));
    let empty = World::unfounded(4);
    add(refused(&empty, &stream.entries));
    let closed = Settings {
        founding: veldpost_relay::Founding::Closed,
        ..settings()
    };
    world.relay = Relay::open(MemoryStore::new(), closed, Incarnation([1; 16])).unwrap();
    add(world.offer(&world.acts[..1], NOW).map(drop));
    empty.store.restore(Snapshot::default());
    add(empty.relay.is_ready());
    codes
}

#[test]
fn every_code_that_the_core_answers_with_is_reached() {
    // These are the server's: it verifies the call and knows HTTP.
    let of_the_server = [
        Code::Clock,
        Code::Nonce,
        Code::Signature,
        Code::Authority,
        Code::MethodNotAllowed,
    ];
    let reached = reached();
    for code in Code::ALL {
        assert_eq!(
            reached.contains(code),
            !of_the_server.contains(code),
            "{code:?}"
        );
    }
}

#[test]
fn a_refusal_is_a_problem_with_its_own_code_and_status() {
    let busy = RelayError::Store(StoreError::Busy);
    assert_eq!((busy.code(), busy.retry_after()), (Code::Busy, Some(5)));
    assert_eq!(RelayError::NotReady.retry_after(), Some(5));
    let damaged = RelayError::Store(StoreError::Damaged("roster"));
    assert_eq!(
        (damaged.code(), damaged.retry_after()),
        (Code::Internal, None)
    );
    let pushed = Pushed::of(Err(RelayError::UnknownRegion));
    assert_eq!(pushed.code, Some(Code::UnknownRegion));
    assert!(
        RelayError::Full
            .problem()
            .to_json()
            .contains("\"status\":507,\"code\":\"full\"")
    );
}
