//! The relay's calls as a device makes them, through the public routes only.

use axum::body::Body;
use axum::http::Request;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use http_body_util::channel::Channel;
use veldpost_envelope::act::{Act, InviteForm, Release};
use veldpost_envelope::canonical::Writer;
use veldpost_envelope::invitation::WELCOME;
use veldpost_envelope::wire::{
    BlobAnswer, BlobAsk, BlobPutAnswer, BlobPutAsk, Call, Code, Event, EventsAsk, HeadsAnswer,
    HeadsAsk, ItemKind, JoinAnswer, ObjectsAnswer, Page, PageSplitter, PushAnswer, RosterAnswer,
    RosterAsk, RosterHead, WelcomeAnswer, WelcomeAsk, WelcomePutAsk, begins,
};
use veldpost_relay::Founding;
use veldpost_server::database::Options;
use veldpost_server::letterbox::now;

use super::refusals::refused;
use super::support::{AUTHORITY, Answer, TestApp, letterbox, signed};
use super::world::{DAY, Person, Stream, World, bytes};

/// A relay that knows a region.
pub async fn founded() -> (TestApp, World) {
    let (server, world) = (TestApp::new(), World::new(1));
    let answer = server
        .call(&world.founder, Call::Acts, world.acts(None))
        .await;
    assert_eq!(answer.code(), None);
    (server, world)
}

pub fn next_of(answer: &Answer) -> u64 {
    let problem = answer.problem();
    let body = match &problem {
        None => &answer.body,
        Some(problem) => problem.answer.as_ref().unwrap(),
    };
    let answer = PushAnswer::from_bytes(body).unwrap();
    assert_eq!(answer.states.len(), 1);
    answer.states[0].next
}

/// The items of all pages of an answer, and the last page's `upto` and `newest`.
pub fn read_pages(body: &[u8]) -> (Vec<(ItemKind, Vec<u8>)>, u64, u64, usize) {
    let (mut splitter, mut chunk) = (PageSplitter::default(), body);
    let (mut items, mut upto, mut newest, mut pages) = (Vec::new(), 0, 0, 0);
    while let Some(page) = splitter.feed(&mut chunk).unwrap() {
        let page = Page::from_bytes(page).unwrap();
        let found = page.items.iter();
        items.extend(found.map(|item| (item.kind, item.value.to_vec())));
        (upto, newest) = (page.upto, page.newest);
        pages += 1;
    }
    splitter.finish().unwrap();
    (items, upto, newest, pages)
}

#[tokio::test]
async fn a_relay_tells_itself_from_a_login_page() {
    let server = TestApp::new();
    for method in ["GET", "HEAD"] {
        let answer = server.ask(method, "/v1/", &[]).await;
        assert_eq!(answer.status, 204, "{method}");
        assert_eq!(answer.header("veldpost"), "1");
        assert!(answer.body.is_empty());
    }
    let described = server.get("/v1/openapi.json").await.text();
    for call in Call::ALL {
        assert!(described.contains(call.path()), "{call:?}");
    }
}

#[tokio::test]
async fn answers_under_v1_have_none_of_the_apps_headers() {
    let (server, world) = founded().await;
    let ask = RosterAsk {
        region: world.region,
        from: 0,
    };
    let roster = server
        .call(&world.worker, Call::Roster, ask.to_bytes())
        .await;
    let refused = server.post(Call::Roster, ask.to_bytes()).await;
    for answer in [roster, refused, server.get("/v1/").await] {
        let mut names: Vec<&str> = answer.headers.keys().map(|name| name.as_str()).collect();
        names.sort_unstable();
        let allowed = [
            "content-length",
            "content-type",
            "veldpost",
            "x-content-type-options",
        ];
        assert!(names.iter().all(|name| allowed.contains(name)), "{names:?}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
}

#[tokio::test]
async fn an_app_on_another_origin_may_call_and_our_own_costs_no_byte_more() {
    let (server, world) = founded().await;
    let origin = |origin| [("origin", origin), ("host", AUTHORITY)];
    let asked = server
        .ask("OPTIONS", "/v1/pull", &origin("https://app.example"))
        .await;
    assert_eq!(asked.status, 204);
    assert_eq!(asked.header("access-control-allow-origin"), "*");
    assert!(
        asked
            .header("access-control-allow-headers")
            .contains("signature-input")
    );
    let ask = async |headers: &[(&str, &str)]| {
        let body = Body::from(world.pull(0, 1));
        server.send("POST", "/v1/pull", headers, body).await
    };
    let other = ask(&origin("https://app.example")).await;
    assert_eq!(other.header("access-control-allow-origin"), "*");
    assert_eq!(other.header("access-control-allow-credentials"), "");
    let own = ask(&origin("https://relay.test")).await;
    assert_eq!(own.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn every_call_is_answered_with_its_own_type() {
    let (server, mut world) = founded().await;
    let (invited, act) = world.make_invite(InviteForm::Evening, 3, now() + DAY);
    world.note(act);
    let head = server
        .call(&world.stranger, Call::Acts, world.acts(None))
        .await;
    let head = RosterHead::from_bytes(&head.body).unwrap();
    assert_eq!((head.height, head.head), (1, world.roster.head()));

    let region = world.region;
    let roster = RosterAsk { region, from: 1 };
    let roster = server
        .call(&world.stranger, Call::Roster, roster.to_bytes())
        .await;
    assert_eq!(roster.header("content-type"), "application/cbor");
    assert_eq!(
        RosterAnswer::from_bytes(&roster.body).unwrap().acts,
        [&world.acts[1]]
    );

    let blob = blob(&world);
    let put = BlobPutAsk {
        region,
        blob: &blob,
    };
    let put = server
        .call(&world.founder, Call::BlobPut, put.to_bytes())
        .await;
    let id = BlobPutAnswer::from_bytes(&put.body).unwrap().blob;
    let ask = BlobAsk { region, blob: id };
    let held = server
        .call(&world.stranger, Call::Blob, ask.to_bytes())
        .await;
    assert_eq!(BlobAnswer::from_bytes(&held.body).unwrap().blob, blob);

    let welcome = WelcomePutAsk {
        region,
        invitation: invited.id,
        welcome: &[7; WELCOME],
    };
    let put = server
        .call(&world.founder, Call::WelcomePut, welcome.to_bytes())
        .await;
    assert_eq!(begins(&put.body).unwrap(), head.incarnation);
    let ask = WelcomeAsk {
        region,
        invitation: invited.id,
    };
    let held = server
        .call(&world.stranger, Call::Welcome, ask.to_bytes())
        .await;
    assert_eq!(
        WelcomeAnswer::from_bytes(&held.body).unwrap().welcome,
        [7; WELCOME]
    );

    let newcomer = Person::new(70);
    let join = world.join(&newcomer, &invited);
    let stamp = server.call(&newcomer, Call::Join, join).await;
    assert_eq!(JoinAnswer::from_bytes(&stamp.body).unwrap().nth, 1);

    let mut stream = Stream::new(&world, &world.worker, 5);
    stream.commit(3, 100);
    let pushed = server.post(Call::Entries, bytes(&stream.entries)).await;
    assert_eq!((pushed.code(), next_of(&pushed)), (None, 5));
    assert_eq!(pushed.header("content-type"), "application/cbor");

    let receipt = world.receipt(&world.founder, stream.last()).to_bytes();
    let taken = server.post(Call::Objects, receipt.clone()).await;
    assert_eq!(
        ObjectsAnswer::from_bytes(&taken.body).unwrap().codes,
        [None]
    );

    let ask = HeadsAsk {
        region,
        after: None,
    };
    let heads = server
        .call(&world.founder, Call::Heads, ask.to_bytes())
        .await;
    let heads = HeadsAnswer::from_bytes(&heads.body).unwrap();
    assert_eq!(heads.rows.len(), 1);
    assert_eq!((heads.rows[0].stream, heads.rows[0].next), (stream.id(), 5));

    let pulled = server
        .call(&world.founder, Call::Pull, world.pull(0, 32))
        .await;
    assert_eq!(pulled.header("content-type"), "application/cbor-seq");
    let (items, upto, newest, _) = read_pages(&pulled.body);
    let kinds: Vec<ItemKind> = items.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, [ItemKind::Join, ItemKind::Run, ItemKind::Object]);
    assert_eq!(items[1].1, bytes(&stream.entries));
    assert_eq!(upto, newest);
    let inbox = server
        .call(&world.worker, Call::Pull, world.pull(0, 1))
        .await;
    assert_eq!(read_pages(&inbox.body).0, [(ItemKind::Object, receipt)]);
}

#[tokio::test]
async fn many_pages_come_one_after_the_other_and_go_on_where_they_ended() {
    let (server, world) = founded().await;
    let mut stream = Stream::new(&world, &world.worker, 5);
    assert_eq!(
        server
            .post(Call::Entries, bytes(&stream.entries))
            .await
            .code(),
        None
    );
    let mut sent = 2;
    for _ in 0..6 {
        let commit = stream.commit(20, 30_000);
        assert_eq!(
            server.post(Call::Entries, bytes(&commit)).await.code(),
            None
        );
        sent += commit.len();
    }
    let all = server
        .call(&world.founder, Call::Pull, world.pull(0, 32))
        .await;
    let (items, upto, newest, pages) = read_pages(&all.body);
    assert!(pages > 2, "{pages}");
    let got: Vec<u8> = items.iter().flat_map(|(_, value)| value.clone()).collect();
    assert_eq!(got, bytes(&stream.entries[..sent]));
    assert_eq!(upto, newest);
    let two = server
        .call(&world.founder, Call::Pull, world.pull(0, 2))
        .await;
    let (mut some, upto, _, pages) = read_pages(&two.body);
    assert_eq!(pages, 2);
    let rest = server
        .call(&world.founder, Call::Pull, world.pull(upto, 32))
        .await;
    some.extend(read_pages(&rest.body).0);
    assert_eq!(some, items);
}

#[tokio::test]
async fn a_push_again_is_the_same_answer_and_stores_nothing() {
    let (server, world) = founded().await;
    let mut stream = Stream::new(&world, &world.worker, 5);
    stream.commit(4, 200);
    let body = bytes(&stream.entries);
    let first = server.post(Call::Entries, body.clone()).await;
    assert_eq!(next_of(&first), 6);
    for _ in 0..3 {
        let again = server.post(Call::Entries, body.clone()).await;
        assert_eq!((again.status, &again.body), (first.status, &first.body));
    }
    let pulled = server
        .call(&world.founder, Call::Pull, world.pull(0, 32))
        .await;
    assert_eq!(read_pages(&pulled.body).0.len(), 1);
    // It begins below what is held and goes on beyond it.
    stream.commit(1, 200);
    let more = server.post(Call::Entries, bytes(&stream.entries)).await;
    assert_eq!(next_of(&more), 7);
}

#[tokio::test]
async fn what_came_before_a_body_broke_off_is_kept() {
    let (server, world) = founded().await;
    let mut stream = Stream::new(&world, &world.worker, 5);
    let whole = bytes(&stream.entries);
    let cut = bytes(&stream.commit(1, 300));
    let body = [whole, cut[..cut.len() - 40].to_vec()].concat();
    let answer = server.post(Call::Entries, body).await;
    assert_eq!(answer.code(), Some(Code::NotReadable));
    assert_eq!(next_of(&answer), 2);
    // In pieces of one byte it is the same as at once.
    let (mut sender, body) = Channel::<Bytes, std::io::Error>::new(1);
    tokio::spawn(async move {
        for byte in cut {
            sender
                .send_data(Bytes::copy_from_slice(&[byte]))
                .await
                .unwrap();
        }
    });
    let answer = server
        .send("POST", "/v1/entries", &[], Body::new(body))
        .await;
    assert_eq!((answer.code(), next_of(&answer)), (None, 3));
}

#[tokio::test]
async fn a_body_that_breaks_off_between_two_entries_comes_again() {
    let (server, world) = founded().await;
    let mut stream = Stream::new(&world, &world.worker, 5);
    stream.commit(2, 300);
    let (mut sender, body) = Channel::<Bytes, std::io::Error>::new(2);
    let unsigned_end = bytes(&stream.entries[..3]);
    sender.send_data(Bytes::from(unsigned_end)).await.unwrap();
    sender.abort(std::io::Error::other("broke off"));
    let answer = server
        .send("POST", "/v1/entries", &[], Body::new(body))
        .await;
    assert_eq!(answer.code(), Some(Code::NotReadable));
    assert_eq!(next_of(&answer), 2);
    let again = server.post(Call::Entries, bytes(&stream.entries)).await;
    assert_eq!((again.code(), next_of(&again)), (None, 4));
}

/// Form alone is the relay's business.
pub fn blob(world: &World) -> Vec<u8> {
    let mut out = Writer::with_capacity(256);
    out.array(6).uint(1).bytes(&world.region.0).uint(1).uint(1);
    out.bytes(&[3; 24]).bytes(&[4; 100]);
    out.finish()
}

#[tokio::test]
async fn acts_are_appended_on_the_head_by_whoever_comes_first() {
    let (server, mut world) = founded().await;
    let (_, one) = world.make_invite(InviteForm::Evening, 2, now() + DAY);
    let (_, other) = world.make_invite(InviteForm::Evening, 2, now() + DAY);
    let first = world.acts_of(core::slice::from_ref(&one), None);
    assert_eq!(
        server
            .call(&world.founder, Call::Acts, first.clone())
            .await
            .code(),
        None
    );
    assert_eq!(
        server.call(&world.founder, Call::Acts, first).await.code(),
        None
    );
    let second = world.acts_of(&[other], None);
    let moved = server
        .call(&world.founder, Call::Acts, second)
        .await
        .problem()
        .unwrap();
    assert_eq!(moved.code, Code::RosterMoved);
    assert_eq!(
        RosterHead::from_bytes(&moved.answer.unwrap())
            .unwrap()
            .height,
        1
    );
    world.note(one);
    let (_, mut act) = world.make_invite(InviteForm::Evening, 2, now() + DAY);
    let last = act.len() - 1;
    act[last] ^= 1;
    let forged = world.acts_of(&[act], None);
    assert_eq!(
        refused(&server, &world.founder, Call::Acts, forged).await,
        Code::Forged
    );
    let release = Act::Release(Release {
        version: String::from("1.0"),
        manifest: [1; 32],
    });
    let by_worker = world.raw_act(&world.worker, &release);
    let by_worker = world.acts_of(&[by_worker], None);
    let code = refused(&server, &world.founder, Call::Acts, by_worker).await;
    assert_eq!(code, Code::ActRefused);
}

#[tokio::test]
async fn a_region_is_founded_as_the_operator_says() {
    let world = World::new(1);
    let code = "a code of the operator";
    let own = || tempfile::tempdir().unwrap();
    for (founding, said, expected) in [
        (Founding::Closed, None, Some(Code::Founding)),
        (Founding::Closed, Some(code), Some(Code::Founding)),
        (Founding::Code(code.to_owned()), None, Some(Code::Founding)),
        (
            Founding::Code(code.to_owned()),
            Some("another"),
            Some(Code::Founding),
        ),
        (Founding::Code(code.to_owned()), Some(code), None),
        (Founding::Open, None, None),
    ] {
        let data = own();
        let relay = letterbox(data.path(), founding.clone(), Options::default());
        let server = TestApp::with(|site| site.letterbox = relay);
        let answer = server
            .call(&world.founder, Call::Acts, world.acts(said))
            .await;
        assert_eq!(answer.code(), expected, "{founding:?} {said:?}");
    }
}

/// The next line of an event stream that is no comment.
async fn next_event(body: &mut Body) -> Option<Event> {
    while let Some(frame) = body.frame().await {
        let text = String::from_utf8(frame.unwrap().into_data().unwrap().to_vec()).unwrap();
        if let Some(event) = text.lines().find_map(Event::from_line) {
            return Some(event);
        }
    }
    None
}

#[tokio::test]
async fn news_is_told_at_once_and_a_removal_ends_the_stream() {
    let (server, mut world) = founded().await;
    let ask = EventsAsk {
        region: world.region,
    }
    .to_bytes();
    let open = async |person: &Person| {
        let signed = signed(person, Call::Events, &ask, now());
        let mut request = Request::builder().method("POST").uri("/v1/events");
        request = request.header("host", AUTHORITY);
        for (name, value) in signed.pairs() {
            request = request.header(name, value);
        }
        server
            .respond(request.body(Body::from(ask.clone())).unwrap())
            .await
    };
    let opened = open(&world.founder).await;
    assert_eq!(opened.headers()["content-type"], "text/event-stream");
    let mut events = opened.into_body();
    let event = |newest, height| Some(Event { newest, height });
    assert_eq!(next_event(&mut events).await, event(0, 0));
    let mut workers = open(&world.worker).await.into_body();
    assert_eq!(next_event(&mut workers).await, event(0, 0));

    let stream = Stream::new(&world, &world.worker, 5);
    assert_eq!(
        server
            .post(Call::Entries, bytes(&stream.entries))
            .await
            .code(),
        None
    );
    assert_eq!(next_event(&mut events).await, event(1, 0));
    let _second = open(&world.founder).await;
    let third = open(&world.founder).await;
    assert_eq!(third.status(), 429);

    let act = world.make_removal(world.worker.key());
    world.note(act);
    assert_eq!(
        server
            .call(&world.founder, Call::Acts, world.acts(None))
            .await
            .code(),
        None
    );
    assert_eq!(next_event(&mut events).await, event(1, 1));
    assert_eq!(next_event(&mut workers).await, None);
}
