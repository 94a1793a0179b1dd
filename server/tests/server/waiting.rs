//! Who waits: an address that is refused again and again, a device that calls too often, answers that nobody takes.
//!
//! Deliberately not here: what is refused, and by which code (`refusals`).

use super::relay::founded;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, Request};
use axum::response::Response;
use http_body_util::BodyExt as _;
use std::net::SocketAddr;
use veldpost_envelope::Purpose;
use veldpost_envelope::act::InviteForm;
use veldpost_envelope::genesis::Role;
use veldpost_envelope::wire::{Call, Code, RosterAsk};
use veldpost_server::letterbox::now;

use super::support::{AUTHORITY, TestApp, signed};
use super::world::{DAY, Person, Stream, World, bytes};

/// What an unsigned call from an address is answered: the status, and how long to wait.
async fn post_from(
    server: &TestApp,
    address: &str,
    call: Call,
    body: Vec<u8>,
) -> (u16, Option<HeaderValue>) {
    let peer: SocketAddr = address.parse().unwrap();
    let mut request = Request::builder().method("POST").uri(call.path());
    request = request.extension(ConnectInfo(peer));
    let response = server
        .respond(request.body(Body::from(body)).unwrap())
        .await;
    let retry = response.headers().get("retry-after").cloned();
    (response.status().as_u16(), retry)
}

#[tokio::test]
async fn an_address_that_is_refused_again_and_again_waits_and_others_do_not() {
    let (server, world) = founded().await;
    let mut answers = Vec::new();
    for _ in 0..70 {
        let body = world.pull(0, 1);
        answers.push(post_from(&server, "192.0.2.1:5", Call::Pull, body).await);
    }
    assert!(answers[..60].iter().all(|(status, _)| *status == 401));
    let (status, retry) = &answers[69];
    assert_eq!(*status, 429);
    assert!(
        retry
            .as_ref()
            .unwrap()
            .to_str()
            .unwrap()
            .parse::<u32>()
            .unwrap()
            >= 1
    );
    let other = post_from(&server, "192.0.2.2:5", Call::Pull, world.pull(0, 1)).await;
    assert_eq!(other.0, 401);
}

/// What a signed call from an address is answered.
async fn call_from(
    server: &TestApp,
    address: &str,
    person: &Person,
    call: Call,
    body: Vec<u8>,
) -> u16 {
    let mut request = signed_request(person, call, body);
    let peer: SocketAddr = address.parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    server.respond(request).await.status().as_u16()
}

/// A shelter's phones share an address: one of them that is refused on and on kept the others waiting.
#[tokio::test]
async fn who_was_served_from_an_address_is_listened_to_when_it_has_to_wait() {
    const SHELTER: &str = "192.0.2.1:5";
    const ELSEWHERE: &str = "192.0.2.2:5";
    let (server, world) = founded().await;
    let pull = async |address: &str, person: &Person| {
        call_from(&server, address, person, Call::Pull, world.pull(0, 1)).await
    };
    let push = async |address: &str, entries: Vec<u8>| {
        post_from(&server, address, Call::Entries, entries).await.0
    };
    let roster = async |person: &Person| {
        let region = world.region;
        let ask = RosterAsk { region, from: 0 }.to_bytes();
        call_from(&server, SHELTER, person, Call::Roster, ask).await
    };
    let mut stream = Stream::new(&world, &world.worker, 5);
    assert_eq!(push(SHELTER, bytes(&stream.entries)).await, 200);
    assert_eq!(pull(SHELTER, &world.worker).await, 200);
    assert_eq!(roster(&world.stranger).await, 200, "any key may ask");
    for address in [SHELTER, ELSEWHERE] {
        for _ in 0..70 {
            post_from(&server, address, Call::Pull, world.pull(0, 1)).await;
        }
    }
    assert_eq!(pull(SHELTER, &world.worker).await, 200);
    assert_eq!(push(SHELTER, bytes(&stream.commit(1, 40))).await, 200);
    // Whom nobody knows there waits, whoever it is elsewhere.
    assert_eq!(pull(SHELTER, &world.second).await, 429);
    assert_eq!(pull(ELSEWHERE, &world.worker).await, 429);
    assert_eq!(roster(&world.stranger).await, 429);
    let other = Stream::new(&world, &world.second, 6);
    assert_eq!(push(SHELTER, bytes(&other.entries)).await, 429);
    let both = [stream.commit(1, 40), other.entries.clone()].concat();
    assert_eq!(push(SHELTER, bytes(&both)).await, 429);
    assert_eq!(push(SHELTER, vec![0xff]).await, 429);
    assert_eq!(push(SHELTER, Vec::new()).await, 429);
}

#[tokio::test]
async fn whose_name_is_forged_ten_times_in_a_row_waits_as_the_others() {
    const SHELTER: &str = "192.0.2.1:5";
    let (server, world) = founded().await;
    let mut stream = Stream::new(&world, &world.worker, 5);
    let mut forged = bytes(&stream.restored(2, 9).commit(1, 40));
    let last = forged.len() - 5;
    forged[last] ^= 1;
    let push = async |entries: Vec<u8>| {
        let (status, _) = post_from(&server, SHELTER, Call::Entries, entries).await;
        status
    };
    assert_eq!(push(bytes(&stream.entries)).await, 200);
    for _ in 0..70 {
        post_from(&server, SHELTER, Call::Pull, world.pull(0, 1)).await;
    }
    let mut refused = 0;
    while push(forged.clone()).await == 422 {
        refused += 1;
        assert!(refused < 100, "each is verified");
    }
    assert_eq!(refused, 10);
    let more = bytes(&stream.commit(1, 40));
    assert_eq!(push(more).await, 429);
}

#[tokio::test]
async fn an_address_that_brings_forged_objects_again_and_again_waits() {
    let (server, world) = founded().await;
    let stream = Stream::new(&world, &world.worker, 5);
    let pushed = server.post(Call::Entries, bytes(&stream.entries)).await;
    assert_eq!(pushed.code(), None);
    let by_founder = world.receipt(&world.founder, stream.last()).to_bytes();
    let by_worker = world.receipt(&world.worker, stream.last()).to_bytes();
    let mut forged = by_founder.clone();
    let last = forged.len() - 5;
    forged[last] ^= 1;
    for (address, body, expected) in [
        ("192.0.2.1:5", forged, 429),
        ("192.0.2.2:5", by_worker, 429),
        ("192.0.2.3:5", by_founder, 200),
    ] {
        let mut status = 200;
        for _ in 0..70 {
            status = post_from(&server, address, Call::Objects, body.clone())
                .await
                .0;
        }
        assert_eq!(status, expected, "{address}");
    }
}

#[tokio::test]
async fn a_device_that_calls_too_often_waits() {
    let (server, world) = founded().await;
    let mut codes = Vec::new();
    let ask = RosterAsk {
        region: world.region,
        from: 0,
    };
    for _ in 0..230 {
        let answer = server
            .call(&world.worker, Call::Roster, ask.to_bytes())
            .await;
        let waits = answer.header("retry-after").to_owned();
        codes.push((answer.code(), waits));
    }
    assert!(codes[..200].iter().all(|(code, _)| code.is_none()));
    let refused = codes.iter().find(|(code, _)| code.is_some()).unwrap();
    assert_eq!(*refused, (Some(Code::SlowDown), String::from("1")));
    let other = server
        .call(&world.founder, Call::Roster, ask.to_bytes())
        .await;
    assert_eq!(other.code(), None);
}

/// A relay with more than a page for who coordinates the count.
async fn with_two_pages(world: &World) -> TestApp {
    let server = TestApp::new();
    let founded = server
        .call(&world.founder, Call::Acts, world.acts(None))
        .await;
    assert_eq!(founded.code(), None);
    let mut stream = Stream::new(world, &world.worker, 5);
    stream.commit(498, 40);
    for entries in [stream.entries.clone(), stream.commit(1, 40)] {
        let pushed = server.post(Call::Entries, bytes(&entries)).await;
        assert_eq!(pushed.code(), None);
    }
    server
}

/// A pull that nobody reads on.
async fn begun(server: &TestApp, world: &World, person: &Person) -> Response {
    let request = signed_request(person, Call::Pull, world.pull(0, 32));
    server.respond(request).await
}

fn signed_request(person: &Person, call: Call, body: Vec<u8>) -> Request<Body> {
    let signed = signed(person, call, &body, now());
    let mut request = Request::builder().method("POST").uri(call.path());
    request = request.header("host", AUTHORITY);
    for (name, value) in signed.pairs() {
        request = request.header(name, value);
    }
    request.body(Body::from(body)).unwrap()
}

/// A roster is up to 1 MiB, and who does not read it asked for another one.
#[tokio::test]
async fn an_answer_counts_until_the_last_of_it_was_sent() {
    let (server, mut world) = founded().await;
    // An answer that says little counts no longer than its call.
    for _ in 0..20 {
        let (_, act) = world.make_invite(InviteForm::Evening, 2, now() + DAY);
        world.note(act);
    }
    let longer = server.call(&world.founder, Call::Acts, world.acts(None));
    assert_eq!(longer.await.code(), None);
    let ask = async |address: &str| {
        let region = world.region;
        let body = RosterAsk { region, from: 0 }.to_bytes();
        let mut request = signed_request(&world.worker, Call::Roster, body);
        let peer: SocketAddr = address.parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        server.respond(request).await
    };
    let mut kept = Vec::new();
    for _ in 0..96 {
        kept.push(ask("192.0.2.1:5").await);
    }
    assert!(kept.iter().all(|answer| answer.status() == 200));
    assert_eq!(ask("192.0.2.1:5").await.status(), 503);
    assert_eq!(ask("192.0.2.2:5").await.status(), 200, "each has its own");
    // Handed over, and not sent yet.
    let mut handed_over = kept.pop().unwrap().into_body();
    let bytes = handed_over.frame().await.unwrap().unwrap();
    assert!(handed_over.frame().await.is_none());
    drop(handed_over);
    assert_eq!(ask("192.0.2.1:5").await.status(), 503);
    drop(bytes);
    assert_eq!(ask("192.0.2.1:5").await.status(), 200);
}

#[tokio::test]
async fn a_device_has_four_pulls_under_way_and_the_next_waits() {
    let world = World::new(1);
    let server = with_two_pages(&world).await;
    let mut under_way = Vec::new();
    for _ in 0..4 {
        under_way.push(begun(&server, &world, &world.founder).await);
    }
    assert!(under_way.iter().all(|answer| answer.status() == 200));
    let refused = begun(&server, &world, &world.founder).await;
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["retry-after"], "30");
    let other = begun(&server, &world, &world.second).await;
    assert_eq!(other.status(), 200, "each has its own");
    // A reader that goes away makes room.
    under_way.pop();
    let mut status = refused.status();
    for _ in 0..100 {
        status = begun(&server, &world, &world.founder).await.status();
        if status == 200 {
            break;
        }
    }
    assert_eq!(status, 200);
}

#[tokio::test]
async fn a_hundred_pulls_are_handed_out_and_the_next_tries_again() {
    let roles = [Role::Coordinator(Purpose::Count)];
    let world = World::with_crew_of(1, 25, &roles);
    let server = with_two_pages(&world).await;
    let mut under_way = Vec::new();
    for person in world.crew.iter().flat_map(|person| [person; 4]) {
        under_way.push(begun(&server, &world, person).await);
    }
    assert!(under_way.iter().all(|answer| answer.status() == 200));
    let refused = begun(&server, &world, &world.founder).await;
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["retry-after"], "5");
    let one_page = server
        .call(&world.worker, Call::Pull, world.pull(0, 32))
        .await;
    assert_eq!(one_page.code(), None, "what is one page is answered");
}
