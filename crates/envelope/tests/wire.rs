//! Frames between a device and a relay: as bytes and back, cut short, and from a later version.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use proptest::prelude::*;
use support::to_hex;
use veldpost_domain::StreamId;
use veldpost_envelope::wire::{
    ActsAsk, BlobAnswer, BlobAsk, BlobPutAnswer, BlobPutAsk, Call, Code, EventsAsk, Fork,
    HeadsAnswer, HeadsAsk, Holding, Incarnation, Item, ItemKind, JoinAnswer, JoinAsk, MAX_ANSWER,
    MAX_BODY, ObjectsAnswer, OwnHead, Page, PullAsk, PushAnswer, RosterAnswer, RosterAsk,
    RosterHead, SignedBy, StampedJoin, Standing, StreamRow, StreamStanding, WelcomeAnswer,
    WelcomeAsk, WelcomePutAsk, begins, done,
};
use veldpost_envelope::{ActHash, DevicePublic, EntryHash, EnvelopeError, RegionId};

const REGION: RegionId = RegionId([1; 32]);
const STREAM: StreamId = StreamId([2; 16]);
const INCARNATION: Incarnation = Incarnation([3; 16]);
const HASH: EntryHash = EntryHash([4; 32]);
const HEAD: RosterHead = RosterHead {
    incarnation: INCARNATION,
    height: 9,
    head: ActHash([5; 32]),
};

fn item(position: u64, kind: ItemKind, value: &[u8]) -> Item<'_> {
    Item {
        position,
        at: 1_794_500_000_000,
        kind,
        value,
    }
}

fn page<'a>(items: Vec<Item<'a>>) -> Page<'a> {
    Page {
        incarnation: INCARNATION,
        at: 1_794_500_000_000,
        standing: Standing::Member,
        height: 9,
        head: ActHash([5; 32]),
        own: vec![
            OwnHead {
                stream: STREAM,
                next: 300,
                hash: Some(HASH),
            },
            OwnHead {
                stream: StreamId([7; 16]),
                next: 0,
                hash: None,
            },
        ],
        upto: 70,
        newest: 90,
        items,
    }
}

fn push_answer() -> PushAnswer<'static> {
    let held = StreamStanding {
        stream: STREAM,
        next: 300,
        hash: Some(HASH),
        code: None,
        proof: None,
    };
    let conflict = StreamStanding {
        code: Some(Code::Conflict),
        proof: Some(b"bare"),
        ..held.clone()
    };
    let empty = StreamStanding {
        next: 0,
        hash: None,
        code: Some(Code::Gap),
        ..held.clone()
    };
    PushAnswer {
        incarnation: INCARNATION,
        states: vec![held, conflict, empty],
    }
}

fn heads_answer() -> HeadsAnswer {
    let row = StreamRow {
        stream: STREAM,
        device: DevicePublic([6; 32]),
        purpose: 1,
        next: 300,
        hash: HASH,
        heard: 1_794_500_000_000,
        says: Some(301),
    };
    HeadsAnswer {
        incarnation: INCARNATION,
        at: 1_794_500_000_000,
        rows: vec![row, StreamRow { says: None, ..row }],
        more: true,
    }
}

/// Reads a frame and writes it again.
type Again = fn(&[u8]) -> Result<Vec<u8>, EnvelopeError>;

macro_rules! again {
    ($type:ident) => {
        |bytes| $type::from_bytes(bytes).map(|frame| frame.to_bytes())
    };
}

/// One of each body of a call, and what reads it.
fn asks() -> Vec<(Vec<u8>, Again)> {
    let region = REGION;
    let invitation = [8; 16];
    let holding = Holding {
        stream: STREAM,
        next: 301,
    };
    let pull = PullAsk {
        region,
        after: 70,
        pages: 32,
        holding: vec![holding],
    };
    let acts = ActsAsk {
        region,
        acts: vec![b"one", b"two"],
        founding: Some("enschede"),
    };
    let welcome_put = WelcomePutAsk {
        region,
        invitation,
        welcome: b"sealed",
    };
    let join = JoinAsk {
        region,
        token: [9; 32],
        join: b"join",
    };
    let blob_put = BlobPutAsk {
        region,
        blob: b"blob",
    };
    let blob = BlobAsk {
        region,
        blob: [4; 32],
    };
    let heads = HeadsAsk {
        region,
        after: Some(STREAM),
    };
    let roster = RosterAsk { region, from: 3 };
    let welcome = WelcomeAsk { region, invitation };
    vec![
        (acts.to_bytes(), again!(ActsAsk)),
        (roster.to_bytes(), again!(RosterAsk)),
        (blob_put.to_bytes(), again!(BlobPutAsk)),
        (blob.to_bytes(), again!(BlobAsk)),
        (welcome_put.to_bytes(), again!(WelcomePutAsk)),
        (welcome.to_bytes(), again!(WelcomeAsk)),
        (join.to_bytes(), again!(JoinAsk)),
        (pull.to_bytes(), again!(PullAsk)),
        (heads.to_bytes(), again!(HeadsAsk)),
        (EventsAsk { region }.to_bytes(), again!(EventsAsk)),
    ]
}

/// One of each answer and of what lies in a page, and what reads it.
fn answers() -> Vec<(Vec<u8>, Again)> {
    let incarnation = INCARNATION;
    let objects = ObjectsAnswer {
        incarnation,
        codes: vec![None, Some(Code::Forged)],
    };
    let roster = RosterAnswer {
        head: HEAD,
        acts: vec![b"one", b"two"],
    };
    let blob_put = BlobPutAnswer {
        incarnation,
        blob: [4; 32],
    };
    let blob = BlobAnswer {
        incarnation,
        blob: b"blob",
    };
    let welcome = WelcomeAnswer {
        incarnation,
        welcome: b"sealed",
    };
    let join = JoinAnswer {
        incarnation,
        at: 1_794_500_000_000,
        nth: 2,
    };
    let items = vec![
        item(60, ItemKind::Run, b"run"),
        item(70, ItemKind::Unknown(9), b"?"),
    ];
    let stamped = StampedJoin {
        nth: 2,
        join: b"join",
    };
    let fork = Fork {
        stream: STREAM,
        kept: b"kept",
        offered: b"offered",
    };
    vec![
        (push_answer().to_bytes(), again!(PushAnswer)),
        (objects.to_bytes(), again!(ObjectsAnswer)),
        (HEAD.to_bytes(), again!(RosterHead)),
        (roster.to_bytes(), again!(RosterAnswer)),
        (blob_put.to_bytes(), again!(BlobPutAnswer)),
        (blob.to_bytes(), again!(BlobAnswer)),
        (welcome.to_bytes(), again!(WelcomeAnswer)),
        (join.to_bytes(), again!(JoinAnswer)),
        (heads_answer().to_bytes(), again!(HeadsAnswer)),
        (page(items).to_bytes(), again!(Page)),
        (stamped.to_bytes(), again!(StampedJoin)),
        (fork.to_bytes(), again!(Fork)),
    ]
}

/// One of each frame that is a record of its own, and what reads it.
fn frames() -> Vec<(Vec<u8>, Again)> {
    [asks(), answers()].concat()
}

#[test]
fn every_frame_comes_back_as_it_was() {
    for (bytes, again) in frames() {
        assert_eq!(again(&bytes).as_ref(), Ok(&bytes));
    }
    assert_eq!(begins(&done(&INCARNATION)), Ok(INCARNATION));
}

#[test]
fn fields_that_a_later_version_appends_are_tolerated() {
    for (bytes, again) in frames() {
        let mut longer = bytes.clone();
        assert!(longer[0] & 31 < 23);
        longer[0] += 1;
        longer.extend_from_slice(&[0x82, 0x61, 0x78, 0xf6]);
        assert_eq!(again(&longer), Ok(bytes));
        // But they are canonical, and nothing stands behind them.
        let mut loose = longer.clone();
        loose.push(0);
        assert!(again(&loose).is_err());
        *longer.last_mut().unwrap() = 0xf7;
        assert!(again(&longer).is_err());
    }
    // In the records that lie in others, too.
    let state = "8550 02020202020202020202020202020202".replace(' ', "");
    let longer = to_hex(&push_answer().to_bytes())
        .replacen(&state, &state.replace("8550", "8650"), 1)
        .replacen("f6f685", "f6f60785", 1);
    assert_eq!(
        PushAnswer::from_bytes(&support::hex(&longer)),
        Ok(push_answer())
    );
}

#[test]
fn frames_that_are_cut_short_are_refused() {
    for (bytes, again) in frames() {
        for end in 0..bytes.len() {
            assert!(again(&bytes[..end]).is_err());
        }
    }
}

#[test]
fn an_answer_of_a_later_version_asks_for_an_update() {
    let mut later = push_answer().to_bytes();
    later[1] = 2;
    let newer = Err(EnvelopeError::Newer("answer"));
    assert_eq!(
        PushAnswer::from_bytes(&later),
        newer.map(|()| push_answer())
    );
    assert_eq!(begins(&later), newer.map(|()| INCARNATION));
}

#[test]
fn lists_over_their_limits_and_empty_ones_that_may_not_be_are_refused() {
    let acts = |number| ActsAsk {
        region: REGION,
        acts: vec![b"act"; number],
        founding: None,
    };
    let pull = |pages, held| PullAsk {
        region: REGION,
        after: 0,
        pages,
        holding: vec![
            Holding {
                stream: STREAM,
                next: 0
            };
            held
        ],
    };
    assert!(ActsAsk::from_bytes(&acts(64).to_bytes()).is_ok());
    assert!(PullAsk::from_bytes(&pull(32, 64).to_bytes()).is_ok());
    for number in [0, 65] {
        let bytes = acts(number).to_bytes();
        let refused = ActsAsk::from_bytes(&bytes);
        assert!(matches!(refused, Err(EnvelopeError::TooLarge(_))));
    }
    for (pages, held) in [(0, 0), (33, 0), (1, 65)] {
        let refused = PullAsk::from_bytes(&pull(pages, held).to_bytes());
        assert!(matches!(refused, Err(EnvelopeError::TooLarge(_))));
    }
    let items: Vec<_> = (0..=500)
        .map(|index| item(index / 8, ItemKind::Run, b""))
        .collect();
    let mut states = push_answer();
    states.states = vec![states.states[0].clone(); 501];
    let mut rows = heads_answer();
    rows.rows = vec![rows.rows[0]; 5_001];
    let mut own = page(vec![]);
    own.own = vec![own.own[0]; 65];
    let list = Some(EnvelopeError::TooLarge("list"));
    let bytes = states.to_bytes();
    assert_eq!(PushAnswer::from_bytes(&bytes).err(), list);
    assert_eq!(HeadsAnswer::from_bytes(&rows.to_bytes()).err(), list);
    for page in [page(items), own] {
        assert_eq!(Page::from_bytes(&page.to_bytes()).err(), list);
    }
    let large = vec![0x81; MAX_BODY + 1];
    let refused = RosterAsk::from_bytes(&large).unwrap_err();
    assert_eq!(refused, EnvelopeError::TooLarge("frame"));
    let large = vec![0x81; MAX_ANSWER + 1];
    assert_eq!(begins(&large).unwrap_err(), refused);
}

#[test]
fn a_list_that_claims_more_than_there_is_allocates_nothing() {
    let mut bytes = push_answer().to_bytes();
    let list = 2 + 17;
    assert_eq!(bytes[list], 0x83);
    bytes.splice(list..=list, support::hex("9b 00 00 00 ff ff ff ff ff"));
    assert_eq!(
        PushAnswer::from_bytes(&bytes),
        Err(EnvelopeError::Malformed("cut short"))
    );
}

#[test]
fn an_item_of_an_unknown_kind_is_passed_over_and_kept() {
    let items = vec![
        item(60, ItemKind::Unknown(5), b"later"),
        item(61, ItemKind::Join, b"join"),
    ];
    let bytes = page(items.clone()).to_bytes();
    assert_eq!(Page::from_bytes(&bytes).unwrap().items, items);
    let mut strange = page(vec![]);
    strange.standing = Standing::Newer(7);
    assert_eq!(Page::from_bytes(&strange.to_bytes()), Ok(strange));
}

#[test]
fn positions_go_up_and_stay_within_what_was_handed_out() {
    for positions in [[60, 60], [61, 60], [60, 71]] {
        let items = positions.map(|position| item(position, ItemKind::Run, b""));
        let bytes = page(items.to_vec()).to_bytes();
        assert_eq!(
            Page::from_bytes(&bytes),
            Err(EnvelopeError::Malformed("positions"))
        );
    }
}

#[test]
fn the_sizes_are_those_that_the_format_computed() {
    let one = PushAnswer {
        incarnation: INCARNATION,
        states: push_answer().states[..1].to_vec(),
    };
    assert_eq!(one.to_bytes().len(), 77);
    let mut empty = page(vec![]);
    empty.own.truncate(1);
    let page = empty.to_bytes();
    assert!((125..=129).contains(&(page.len() + 2)), "{}", page.len());
}

#[test]
fn every_call_has_its_path_and_a_query_makes_it_none() {
    for call in Call::ALL {
        assert!(call.path().starts_with("/v1/"));
        assert_eq!(Call::from_path(call.path()), Some(call));
        assert_eq!(Call::from_path(&format!("{}?", call.path())), None);
        assert_eq!(Call::from_path(&format!("{}/", call.path())), None);
    }
    assert_eq!(Call::Entries.signed_by(), SignedBy::Nobody);
    assert_eq!(Call::BlobPut.max_body(), 262_400);
    assert_eq!(Call::Pull.answer_type(), "application/cbor-seq");
}

#[test]
fn a_relay_token_is_in_no_log() {
    let ask = JoinAsk {
        region: REGION,
        token: [0xab; 32],
        join: b"join",
    };
    let printed = format!("{ask:?}");
    assert!(
        !printed.contains("171") && !printed.contains("ab, "),
        "{printed}"
    );
}

proptest! {
    #[test]
    fn changed_frames_are_refused_or_read_in_one_form(
        which: prop::sample::Index, at: prop::sample::Index, to: u8,
    ) {
        let all = frames();
        let (mut bytes, again) = all[which.index(all.len())].clone();
        let at = at.index(bytes.len());
        bytes[at] = to;
        if let Ok(read) = again(&bytes) {
            // Newer fields and unknown codes are in the original only: what is written is read as the same again.
            prop_assert_eq!(again(&read), Ok(read));
        }
    }

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for (_, again) in frames() {
            drop(again(&bytes));
        }
    }
}
