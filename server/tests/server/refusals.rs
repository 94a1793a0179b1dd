//! What the relay refuses, each by its code.
//!
//! Deliberately not here: who has to wait (`waiting`).

use super::relay::{founded, next_of, read_pages};
use axum::body::Body;
use veldpost_envelope::act::InviteForm;
use veldpost_envelope::wire::{
    BlobAsk, Call, Code, EventsAsk, HeadsAsk, ItemKind, Page, PageSplitter, Problem, PushAnswer,
    Standing, WelcomeAsk,
};
use veldpost_server::letterbox::now;

use super::support::{AUTHORITY, TestApp, signed, signed_for};
use super::world::{DAY, Person, Stream, World, bytes};

/// A refusal is a code, never a word about what was sent.
pub async fn refused(server: &TestApp, person: &Person, call: Call, body: Vec<u8>) -> Code {
    server.call(person, call, body).await.code().unwrap()
}

#[tokio::test]
async fn a_call_that_is_not_signed_well_is_refused_by_what_is_wrong() {
    let (server, world) = founded().await;
    let (me, call, body) = (&world.founder, Call::Pull, world.pull(0, 1));
    assert_eq!(
        server.post(call, body.clone()).await.code(),
        Some(Code::Unsigned)
    );
    let told = |problem: Option<Problem>| problem.map(|problem| problem.code);

    let elsewhere = signed_for("relay.example", me, call, &body, now());
    let answer = server.send_signed(call, &elsewhere, body.clone()).await;
    assert_eq!(answer.code(), Some(Code::Signature));
    let mut headers = vec![("host", "relay.example")];
    headers.extend(elsewhere.pairs());
    let body_of = || Body::from(body.clone());
    let answer = server.send("POST", call.path(), &headers, body_of()).await;
    assert_eq!(answer.code(), Some(Code::Authority));

    let for_this = signed(me, call, &body, now());
    let answer = server.send_signed(call, &for_this, world.pull(0, 2)).await;
    assert_eq!(answer.code(), Some(Code::Signature));
    let other_call = signed(me, Call::Heads, &body, now());
    let answer = server.send_signed(call, &other_call, body.clone()).await;
    assert_eq!(answer.code(), Some(Code::Signature));

    for off in [-301_000, 301_000] {
        let late = signed(me, call, &body, now() + off);
        let problem = server
            .send_signed(call, &late, body.clone())
            .await
            .problem();
        assert!(problem.as_ref().unwrap().now.unwrap().abs_diff(now()) < 60_000);
        assert_eq!(told(problem), Some(Code::Clock));
    }
    // Within the window, but of before this process: its list of nonces began later.
    let before = signed(me, call, &body, now() - 60_000);
    let answer = server.send_signed(call, &before, body.clone()).await;
    assert_eq!(answer.code(), Some(Code::Clock));

    let once = signed(me, call, &body, now());
    assert_eq!(
        server.send_signed(call, &once, body.clone()).await.code(),
        None
    );
    let again = server.send_signed(call, &once, body.clone()).await;
    assert_eq!(again.code(), Some(Code::Nonce));
    let mut twice = vec![("host", AUTHORITY), ("signature", "sig=:x:")];
    let fresh = signed(me, call, &body, now());
    twice.extend(fresh.pairs());
    let answer = server.send("POST", call.path(), &twice, body_of()).await;
    assert_eq!(answer.code(), Some(Code::Signature));
}

#[tokio::test]
async fn only_a_post_of_one_of_the_calls_is_taken() {
    let (server, world) = founded().await;
    for method in ["GET", "PUT", "DELETE"] {
        for call in Call::ALL {
            let answer = server.ask(method, call.path(), &[]).await;
            assert_eq!(
                answer.code(),
                Some(Code::MethodNotAllowed),
                "{method} {call:?}"
            );
            assert_eq!(answer.header("allow"), "POST");
        }
    }
    let answer = server.send("POST", "/v1/", &[], Body::empty()).await;
    assert_eq!(answer.code(), Some(Code::MethodNotAllowed));
    for path in [
        "/v1/push",
        "/v1/entries/",
        "/v1/entries?a=1",
        "/v1/pull?",
        "/v1/Pull",
    ] {
        let answer = server.send("POST", path, &[], Body::empty()).await;
        assert_eq!(answer.code(), Some(Code::NotFound), "{path}");
    }
    let headers = [("content-encoding", "gzip")];
    let answer = server
        .send("POST", "/v1/entries", &headers, Body::empty())
        .await;
    assert_eq!(answer.code(), Some(Code::Malformed));
    let junk = refused(&server, &world.founder, Call::Heads, vec![0xff]).await;
    assert_eq!(junk, Code::Malformed);
}

#[tokio::test]
async fn a_body_over_its_limit_is_refused_whether_it_says_so_or_not() {
    let (server, world) = founded().await;
    for call in [Call::Pull, Call::BlobPut, Call::Objects] {
        let long = vec![0; call.max_body() + 1];
        assert_eq!(
            refused(&server, &world.founder, call, long).await,
            Code::TooLarge
        );
    }
    let mut stream = Stream::new(&world, &world.worker, 5);
    stream.commit(40, 30_000);
    let answer = server.post(Call::Entries, bytes(&stream.entries)).await;
    // What came before the limit, up to its last signature, is stored.
    assert_eq!((answer.code(), next_of(&answer)), (Some(Code::TooLarge), 2));
    let said = [("content-length", "1048577")];
    let answer = server
        .send("POST", "/v1/entries", &said, Body::empty())
        .await;
    assert_eq!(answer.code(), Some(Code::TooLarge));
    let answer = server.post(Call::Entries, vec![0x80; 501]).await;
    assert!(answer.code().is_some());
}

#[tokio::test]
async fn who_may_not_is_told_which_it_is() {
    let (server, mut world) = founded().await;
    let region = world.region;
    let heads = HeadsAsk {
        region,
        after: None,
    }
    .to_bytes();
    let stranger = Person::new(99);
    assert_eq!(
        refused(&server, &world.worker, Call::Heads, heads.clone()).await,
        Code::NotAllowed
    );
    assert_eq!(
        refused(&server, &stranger, Call::Heads, heads.clone()).await,
        Code::UnknownDevice
    );
    assert_eq!(
        refused(&server, &stranger, Call::Pull, world.pull(0, 1)).await,
        Code::UnknownDevice
    );
    let other = World::new(2);
    let unknown = refused(&server, &world.founder, Call::Pull, other.pull(0, 1)).await;
    assert_eq!(unknown, Code::UnknownRegion);
    let blob = BlobAsk {
        region,
        blob: [1; 32],
    };
    let unknown = refused(&server, &stranger, Call::Blob, blob.to_bytes()).await;
    assert_eq!(unknown, Code::UnknownBlob);

    let pushed = Stream::new(&world, &stranger, 6);
    let answer = server.post(Call::Entries, bytes(&pushed.entries)).await;
    assert_eq!(answer.code(), Some(Code::UnknownDevice));

    let act = world.make_removal(world.worker.key());
    world.note(act);
    assert_eq!(
        server
            .call(&stranger, Call::Acts, world.acts(None))
            .await
            .code(),
        None
    );
    let pulled = server
        .call(&world.worker, Call::Pull, world.pull(0, 1))
        .await;
    let page = PageSplitter::default()
        .feed(&mut &pulled.body[..])
        .unwrap()
        .map(<[u8]>::to_vec);
    let page = page.unwrap();
    assert_eq!(Page::from_bytes(&page).unwrap().standing, Standing::Removed);
    let events = EventsAsk { region }.to_bytes();
    assert_eq!(
        refused(&server, &world.worker, Call::Events, events).await,
        Code::Removed
    );
}

#[tokio::test]
async fn a_newcomer_is_told_what_is_wrong_with_its_invitation() {
    let (server, mut world) = founded().await;
    let (evening, act) = world.make_invite(InviteForm::Evening, 2, now() + DAY);
    world.note(act);
    let (over, act) = world.make_invite(InviteForm::Evening, 2, now() - DAY / 2);
    world.note(act);
    let (single, act) = world.make_invite(InviteForm::Single, 1, now() + DAY);
    world.note(act);
    let (unsaid, _) = world.make_invite(InviteForm::Evening, 2, now() + DAY);
    assert_eq!(
        server
            .call(&world.founder, Call::Acts, world.acts(None))
            .await
            .code(),
        None
    );
    let people: Vec<Person> = (70..76).map(Person::new).collect();
    for (person, invited, expected) in [
        (0, &evening, None),
        (0, &evening, None),
        (1, &evening, None),
        (2, &evening, Some(Code::InvitationUsedUp)),
        (3, &over, Some(Code::InvitationEnded)),
        (3, &unsaid, Some(Code::InvitationUnknown)),
        (4, &single, None),
        (5, &single, Some(Code::InvitationFrozen)),
    ] {
        let join = world.join(&people[person], invited);
        let answer = server.call(&people[person], Call::Join, join).await;
        assert_eq!(answer.code(), expected, "{person}");
    }
    let mut wrong = world.join(&people[3], &evening);
    wrong[50] ^= 1;
    assert_eq!(
        refused(&server, &people[3], Call::Join, wrong).await,
        Code::WrongToken
    );
    let ask = WelcomeAsk {
        region: world.region,
        invitation: evening.id,
    };
    let none = refused(&server, &people[0], Call::Welcome, ask.to_bytes()).await;
    assert_eq!(none, Code::NotFound);
}

#[tokio::test]
async fn before_admission_so_much_is_taken_and_no_more() {
    let (server, mut world) = founded().await;
    let (evening, act) = world.make_invite(InviteForm::Evening, 2, now() + DAY);
    world.note(act);
    assert_eq!(
        server
            .call(&world.founder, Call::Acts, world.acts(None))
            .await
            .code(),
        None
    );
    let newcomer = Person::new(70);
    let join = world.join(&newcomer, &evening);
    assert_eq!(server.call(&newcomer, Call::Join, join).await.code(), None);
    let mut stream = Stream::new(&world, &newcomer, 5);
    stream.commit(498, 40);
    let answer = server.post(Call::Entries, bytes(&stream.entries)).await;
    assert_eq!((answer.code(), next_of(&answer)), (None, 500));
    let more = bytes(&stream.commit(1, 40));
    let answer = server.post(Call::Entries, more).await;
    assert_eq!(
        (answer.code(), next_of(&answer)),
        (Some(Code::NotAdmitted), 500)
    );
    let heads = HeadsAsk {
        region: world.region,
        after: None,
    };
    let refused = refused(&server, &newcomer, Call::Heads, heads.to_bytes()).await;
    assert_eq!(refused, Code::NotAdmitted);
}

#[tokio::test]
async fn entries_that_do_not_fit_are_refused_with_how_far_the_relay_is() {
    let (server, world) = founded().await;
    let mut stream = Stream::new(&world, &world.worker, 5);
    let first = stream.commit(1, 40);
    let gap = server.post(Call::Entries, bytes(&first)).await;
    assert_eq!((gap.code(), next_of(&gap)), (Some(Code::Gap), 0));
    assert_eq!(
        server
            .post(Call::Entries, bytes(&stream.entries))
            .await
            .code(),
        None
    );

    let mut other = stream.restored(2, 9);
    other.commit(1, 40);
    let conflict = server.post(Call::Entries, bytes(&other.entries)).await;
    assert_eq!(
        (conflict.code(), next_of(&conflict)),
        (Some(Code::Conflict), 3)
    );
    let answer = conflict.problem().unwrap().answer.unwrap();
    assert!(
        PushAnswer::from_bytes(&answer).unwrap().states[0]
            .proof
            .is_some()
    );
    let pulled = server
        .call(&world.worker, Call::Pull, world.pull(0, 1))
        .await;
    assert_eq!(read_pages(&pulled.body).0[0].0, ItemKind::Fork);

    let mut forged = bytes(&stream.commit(1, 40));
    let last = forged.len() - 1;
    forged[last] ^= 1;
    let answer = server.post(Call::Entries, forged).await;
    assert_eq!((answer.code(), next_of(&answer)), (Some(Code::Forged), 3));
}
