//! Bodies and answers that come in pieces: entries, runs and pages, whatever the pieces.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use proptest::prelude::*;
use support::{Seeded, stream, to_hex};
use veldpost_domain::StreamId;
use veldpost_envelope::entry::{MAX_CARRYING_ENTRY, MAX_COMMIT_ENTRIES};
use veldpost_envelope::wire::{
    Filling, Incarnation, Item, ItemKind, Items, MAX_BODY, OwnHead, Page, PageSplitter, Place,
    PushSplitter, Splitter, Standing,
};
use veldpost_envelope::{ActHash, ContentKey, EntryHash, EnvelopeError, label};

fn item(position: u64, value: &[u8]) -> Item<'_> {
    Item {
        position,
        at: 1_794_500_000_000,
        kind: ItemKind::Run,
        value,
    }
}

fn page<'a>(items: Vec<Item<'a>>) -> Page<'a> {
    Page {
        incarnation: Incarnation([3; 16]),
        at: 1_794_500_000_000,
        standing: Standing::Member,
        height: 9,
        head: ActHash([5; 32]),
        own: vec![],
        upto: 70,
        newest: 90,
        items,
    }
}

/// A stream of `open` and so many sealed entries, the last one signed.
fn run(rng: &mut Seeded, sealed: usize) -> Vec<Vec<u8>> {
    let (device, mut writer, open) = stream(rng);
    let key = ContentKey::generate(rng);
    let mut run = vec![open];
    for number in 0..sealed {
        run.push(writer.seal(&key, &[number as u8; 40], rng).unwrap());
    }
    run.last_mut().unwrap().sign(&device);
    run.iter().map(veldpost_envelope::Entry::to_bytes).collect()
}

/// What a splitter makes of a body that comes in chunks of these sizes, again and again.
fn split(body: &[u8], sizes: &[usize]) -> Result<Vec<(Vec<u8>, bool)>, EnvelopeError> {
    let mut splitter = PushSplitter::default();
    let mut found = Vec::new();
    let mut rest = body;
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (mut chunk, later) = rest.split_at((*size).clamp(1, rest.len()));
        rest = later;
        while let Some(pushed) = splitter.feed(&mut chunk)? {
            assert_eq!(body.get(pushed.range.clone()), Some(pushed.bytes));
            found.push((pushed.bytes.to_vec(), pushed.begins_run));
        }
        assert!(chunk.is_empty());
    }
    splitter.finish()?;
    Ok(found)
}

#[test]
fn an_incoming_body_is_cut_into_entries_and_runs() {
    let rng = &mut Seeded(70);
    let (one, other) = (run(rng, 4), run(rng, 2));
    // The first stream up to 2, then from 4 on; the other; the first again.
    let order = [
        (&one[0], true),
        (&one[1], false),
        (&one[2], false),
        (&one[4], true),
        (&other[0], true),
        (&other[1], false),
        (&one[3], true),
        (&one[4], false),
        (&one[4], true),
    ];
    let body: Vec<u8> = order.iter().flat_map(|(entry, _)| entry.to_vec()).collect();
    let expected: Vec<_> = order
        .iter()
        .map(|(entry, begins)| (entry.to_vec(), *begins))
        .collect();
    assert_eq!(split(&body, &[body.len()]).unwrap(), expected);
    assert_eq!(split(&body, &[1]).unwrap(), expected);
    let place = Place::of(&one[3]).unwrap();
    assert_eq!(place.seq, 3);
    assert!(Place::of(&one[2]).unwrap().goes_on_to(&place));
}

#[test]
fn a_bare_entry_and_one_of_an_unknown_purpose_have_their_place() {
    let rng = &mut Seeded(71);
    let whole = run(rng, 1).remove(1);
    let entry = veldpost_envelope::Entry::from_bytes(&whole).unwrap();
    let header = entry.header().to_bytes();
    let mut bare = vec![0x83, 0x58, header.len() as u8];
    bare.extend_from_slice(&header);
    bare.extend_from_slice(&[0x58, 32]);
    bare.extend_from_slice(&label::sha256(&[entry.body()]));
    bare.push(0xf6);
    assert_eq!(Place::of(&bare), Place::of(&whole));
    let strange = to_hex(&whole).replacen(
        &format!("5820{}01", to_hex(&support::REGION.0)),
        &format!("5820{}09", to_hex(&support::REGION.0)),
        1,
    );
    let strange = support::hex(&strange);
    assert!(veldpost_envelope::Entry::from_bytes(&strange).is_err());
    assert_eq!(Place::of(&strange), Place::of(&whole));
}

#[test]
fn an_entry_whose_place_cannot_be_read_is_a_run_of_its_own() {
    let rng = &mut Seeded(72);
    let run = run(rng, 2);
    let mut newer = run[1].clone();
    // The header's version: behind the entry's array, the header's head of two bytes and its array.
    assert_eq!(newer[4], 1);
    newer[4] = 2;
    let body = [&run[0], &newer, &vec![0x07], &run[1]]
        .map(Clone::clone)
        .concat();
    let mut splitter = PushSplitter::default();
    let mut chunk = body.as_slice();
    let mut places = Vec::new();
    while let Some(pushed) = splitter.feed(&mut chunk).unwrap() {
        assert!(pushed.begins_run);
        places.push(pushed.place.map(|place| place.seq));
    }
    assert_eq!(
        places,
        [
            Ok(0),
            Err(EnvelopeError::Newer("entry")),
            Err(EnvelopeError::Malformed("another kind of value")),
            Ok(1)
        ]
    );
}

#[test]
fn a_body_that_ends_too_early_gives_what_came_whole_and_then_says_so() {
    let rng = &mut Seeded(73);
    let body = run(rng, 2).concat();
    let mut splitter = PushSplitter::default();
    let mut chunk = &body[..body.len() - 1];
    let mut whole = 0;
    while splitter.feed(&mut chunk).unwrap().is_some() {
        whole += 1;
    }
    assert_eq!(whole, 2);
    assert_eq!(
        splitter.finish(),
        Err(EnvelopeError::Malformed("cut short"))
    );
}

#[test]
fn an_entry_over_its_limit_is_refused_before_it_is_held() {
    let mut splitter = Splitter::new(MAX_CARRYING_ENTRY);
    // An array of four, and a header of 4 GiB, of which nothing has come.
    let mut chunk = &[0x84, 0x5a, 0xff, 0xff, 0xff, 0xff][..];
    assert_eq!(
        splitter.feed(&mut chunk),
        Err(EnvelopeError::TooLarge("item"))
    );
    assert!(splitter.waiting() <= 6);
    for many in [
        &[0x9a, 0, 1, 8, 1][..],
        &[0xbb, 255, 255, 255, 255, 255, 255, 255, 255],
    ] {
        let mut splitter = Splitter::new(MAX_CARRYING_ENTRY);
        let refused = splitter.feed(&mut &*many).map(|_| ());
        assert_eq!(refused, Err(EnvelopeError::TooLarge("item")));
    }
    // Many small values that come to more.
    let mut splitter = Splitter::new(MAX_CARRYING_ENTRY);
    let mut bytes = vec![0x9a, 0, 1, 0, 0];
    bytes.resize(70_000, 0x18);
    let refused = splitter.feed(&mut bytes.as_slice());
    assert_eq!(refused, Err(EnvelopeError::TooLarge("item")));
    assert!(splitter.waiting() <= MAX_CARRYING_ENTRY);
    // As long as may be is taken.
    let mut longest = vec![0x5a, 0, 1, 8, 0];
    longest.resize(MAX_CARRYING_ENTRY, 0);
    longest[3] = ((MAX_CARRYING_ENTRY - 5) >> 8) as u8;
    longest[4] = ((MAX_CARRYING_ENTRY - 5) & 255) as u8;
    let mut splitter = Splitter::new(MAX_CARRYING_ENTRY);
    assert_eq!(
        splitter.feed(&mut longest.as_slice()),
        Ok(Some(longest.as_slice()))
    );
}

#[test]
fn a_body_over_a_mebibyte_or_500_entries_is_refused_where_it_passes_them() {
    let mut large = vec![0x59, 0xff, 0xfc];
    large.resize(0xffff, 0);
    let whole = MAX_BODY / large.len();
    let body = large.repeat(whole + 1);
    let mut splitter = PushSplitter::default();
    let mut chunk = body.as_slice();
    for _ in 0..whole {
        assert!(splitter.feed(&mut chunk).unwrap().is_some());
    }
    assert_eq!(
        splitter.feed(&mut chunk),
        Err(EnvelopeError::TooLarge("body"))
    );
    let small = vec![0; MAX_COMMIT_ENTRIES];
    assert_eq!(split(&small, &[7]).unwrap().len(), MAX_COMMIT_ENTRIES);
    let more = vec![0; MAX_COMMIT_ENTRIES + 1];
    assert_eq!(
        split(&more, &[7]),
        Err(EnvelopeError::TooLarge("number of entries"))
    );
}

#[test]
fn what_can_be_no_item_is_refused_as_it_comes() {
    for wrong in [
        "ff", "5f", "9f", "bf", "c0", "f7", "f9 00 00", "1c", "f8 00",
    ] {
        let bytes = support::hex(wrong);
        let mut chunk = bytes.as_slice();
        let refused = Splitter::new(100).feed(&mut chunk).map(|_| ());
        let expected = EnvelopeError::Malformed("another kind of value");
        assert_eq!(refused, Err(expected), "{wrong}");
    }
    let deep = vec![0x81; 40];
    assert_eq!(
        Splitter::new(100).feed(&mut deep.as_slice()),
        Err(EnvelopeError::Malformed("too deep"))
    );
}

/// An answer to a pull: pages as byte strings, one after the other.
fn answer(pages: &[Page<'_>]) -> Vec<u8> {
    let mut out = veldpost_envelope::canonical::Writer::default();
    for page in pages {
        out.bytes(&page.to_bytes());
    }
    out.finish()
}

#[test]
fn pages_that_came_whole_count_when_the_connection_broke() {
    let first = page(vec![item(60, b"one")]);
    let second = page(vec![item(70, b"two")]);
    let bytes = answer(&[first.clone(), second.clone()]);
    for cut in [0, 1, 60] {
        let mut splitter = PageSplitter::default();
        let mut pages = Vec::new();
        for mut chunk in bytes[..bytes.len() - cut].chunks(50) {
            while let Some(page) = splitter.feed(&mut chunk).unwrap() {
                pages.push(Page::from_bytes(page).unwrap().items[0].position);
            }
        }
        let whole = cut == 0;
        assert_eq!(pages, if whole { vec![60, 70] } else { vec![60] });
        assert_eq!(splitter.finish().is_ok(), whole);
    }
    // A page that does not lie in a byte string is none.
    let mut splitter = PageSplitter::default();
    let bare = first.to_bytes();
    assert!(splitter.feed(&mut bare.as_slice()).is_err());
}

#[test]
fn a_batch_and_a_page_are_filled_up_to_500_entries_and_a_mebibyte() {
    let mut filling = Filling::default();
    assert!(filling.takes(300, 1000));
    assert!(!filling.takes(201, 1000));
    assert!(filling.takes(200, 1_047_576));
    assert!(!filling.takes(0, 1));
    // One item may stand alone.
    let mut filling = Filling::default();
    assert!(filling.takes(1, 2 * MAX_BODY));
    assert!(!filling.takes(1, 1));
}

/// A canonical value.
fn value() -> BoxedStrategy<Vec<u8>> {
    use veldpost_envelope::canonical::Writer;
    let write = |write: &dyn Fn(&mut Writer)| {
        let mut out = Writer::default();
        write(&mut out);
        out.finish()
    };
    let leaf = prop_oneof![
        any::<i64>().prop_map(move |value| write(&|out| {
            out.int(value);
        })),
        proptest::collection::vec(any::<u8>(), 0..400).prop_map(move |value| write(&|out| {
            out.bytes(&value);
        })),
        ".{0,30}".prop_map(move |value| write(&|out| {
            out.text(&value);
        })),
        any::<bool>().prop_map(move |value| write(&|out| {
            out.bool(value);
        })),
        Just(vec![0xf6]),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        (proptest::collection::vec(inner, 0..6), any::<bool>()).prop_map(|(values, map)| {
            let mut out = Writer::default();
            if map {
                out.map(values.len());
            } else {
                out.array(values.len());
            }
            for (key, value) in values.iter().enumerate() {
                if map {
                    out.uint(key as u64);
                }
                out.packed(|out| out.extend(value));
            }
            out.finish()
        })
    })
    .boxed()
}

proptest! {
    #[test]
    fn entries_are_the_same_whatever_the_chunks(
        values in proptest::collection::vec(value(), 0..12),
        sizes in proptest::collection::vec(1_usize..200, 1..8),
    ) {
        let body = values.concat();
        let found: Vec<_> = split(&body, &sizes).unwrap().into_iter().map(|(bytes, _)| bytes).collect();
        prop_assert_eq!(&found, &values);
        let whole: Result<Vec<_>, _> = Items::new(&body).collect();
        prop_assert_eq!(whole.unwrap(), values);
    }

    #[test]
    fn garbage_is_split_alike_whatever_the_chunks(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        sizes in proptest::collection::vec(1_usize..50, 1..8),
    ) {
        prop_assert_eq!(split(&bytes, &sizes), split(&bytes, &[usize::MAX]));
    }

    #[test]
    fn a_page_comes_back_as_it_was_whatever_is_in_it(
        values in proptest::collection::vec((0_u64..7, proptest::collection::vec(any::<u8>(), 0..60)), 0..9),
        own in proptest::collection::vec((any::<[u8; 16]>(), any::<u64>(), any::<Option<[u8; 32]>>()), 0..4),
        at: i64, code in 0_u64..7, chunk in 1_usize..80,
    ) {
        let kinds = [ItemKind::Unknown(0), ItemKind::Run, ItemKind::Object, ItemKind::Join, ItemKind::Fork];
        let items = values.iter().enumerate().map(|(index, (kind, value))| Item {
            position: index as u64 * 3,
            at,
            kind: kinds.get(*kind as usize).copied().unwrap_or(ItemKind::Unknown(*kind)),
            value,
        });
        let standings = [Standing::Unknown, Standing::Member, Standing::Joined, Standing::Frozen, Standing::Removed];
        let page = Page {
            standing: standings.get(code as usize).copied().unwrap_or(Standing::Newer(code)),
            own: own.iter().map(|(stream, next, hash)| OwnHead {
                stream: StreamId(*stream), next: *next, hash: hash.map(EntryHash),
            }).collect(),
            ..page(items.collect())
        };
        let bytes = answer(&[page.clone(), page.clone()]);
        let mut splitter = PageSplitter::default();
        let mut pages = 0;
        for mut chunk in bytes.chunks(chunk) {
            while let Some(bytes) = splitter.feed(&mut chunk).unwrap() {
                prop_assert_eq!(Page::from_bytes(bytes).unwrap(), page.clone());
                pages += 1;
            }
        }
        prop_assert_eq!(pages, 2);
    }

    #[test]
    fn random_pages_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Place::of(&bytes);
        let mut splitter = PageSplitter::default();
        let mut chunk = bytes.as_slice();
        while let Ok(Some(_)) = splitter.feed(&mut chunk) {}
    }
}
