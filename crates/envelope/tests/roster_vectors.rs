//! Holds every roster act against `tests/vectors/roster.json`, and takes what lies there, so that no
//! change of code changes an act or what it does.
//!
//! After a deliberate addition: `VELDPOST_WRITE_VECTORS=1 cargo test -p veldpost-envelope --test roster_vectors`.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

#[path = "roster_vectors/make.rs"]
mod make;

use make::{REFUSED, make};
use std::collections::BTreeMap;
use std::path::PathBuf;
use support::hex;
use support::region::{AT, Phone};
use veldpost_domain::{CampaignId, StreamId};
use veldpost_envelope::act::{MAX_SMALL_ACT, SignedAct, Stage};
use veldpost_envelope::canonical::Reader;
use veldpost_envelope::roster::Taken;
use veldpost_envelope::{EntryHash, EnvelopeError, Genesis, Purpose, Roster};

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/roster.json")
}

/// One flat object of strings, as `format.json`.
fn read() -> BTreeMap<String, String> {
    std::fs::read_to_string(path())
        .unwrap()
        .lines()
        .filter_map(|line| {
            let mut parts = line.split('"');
            Some((parts.nth(1)?.to_owned(), parts.nth(1)?.to_owned()))
        })
        .collect()
}

fn write(made: &BTreeMap<String, String>) {
    let lines: Vec<_> = made
        .iter()
        .map(|(name, value)| format!("  \"{name}\": \"{value}\""))
        .collect();
    std::fs::write(path(), format!("{{\n{}\n}}\n", lines.join(",\n"))).unwrap();
}

#[test]
fn what_is_made_today_is_what_was_made_before() {
    let made = make();
    if std::env::var_os("VELDPOST_WRITE_VECTORS").is_some() {
        write(&made);
    }
    let before = read();
    for (name, bytes) in &made {
        assert_eq!(before.get(name), Some(bytes), "{name}");
    }
    assert_eq!(before.len(), made.len());
}

/// The stored acts that hang on one another, by height from 1.
fn chain(stored: &BTreeMap<String, String>) -> Vec<(String, Vec<u8>)> {
    let mut chain: Vec<_> = stored
        .iter()
        .filter(|(name, _)| name.starts_with("act-"))
        .filter(|(name, _)| !REFUSED.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), hex(value)))
        .collect();
    chain.sort_by_key(|(_, act)| SignedAct::open(act).unwrap().head.height);
    chain
}

fn begin(stored: &BTreeMap<String, String>) -> Roster {
    Roster::new(&Genesis::verify(&hex(&stored["roster-genesis"])).unwrap())
}

#[test]
fn what_was_stored_before_is_taken_and_does_what_it_did() {
    let stored = read();
    let [founder, second, worker, _, fresh] = make::phones();
    let mut roster = begin(&stored);
    for (name, act) in chain(&stored) {
        let taken = roster.take(&act).unwrap();
        let expected = match name.as_str() {
            "act-unknown-kind" => Taken::Unknown,
            _ => Taken::Applied,
        };
        assert_eq!(taken, expected, "{name}");
    }
    assert_eq!(roster.height(), 22);
    assert_eq!(roster.members().count(), 2 + 1 + 128);
    assert!(!roster.member(&founder.key()) && !roster.member(&worker.key()));
    for phone in [&second, &fresh] {
        let opened = roster.open_all(&phone.encryption);
        assert!(opened.bad.is_empty() && roster.recompute(&opened).is_empty());
        for purpose in Purpose::ALL {
            roster.open_epoch(purpose, 3, &phone.encryption).unwrap();
        }
    }
    let first = |phone: &Phone| roster.open_epoch(Purpose::Count, 1, &phone.encryption);
    first(&second).unwrap();
    assert_eq!(first(&fresh).unwrap_err(), EnvelopeError::NotForThisKey);
    assert_eq!(
        roster.stage(&CampaignId([0x11; 16])),
        Some(Stage::Published)
    );
    let counts = |stream: u8| {
        let stream = StreamId([stream; 16]);
        roster.counts_up_to(&worker.key(), stream, |_| Some(Purpose::Count))
    };
    assert_eq!(counts(0x61), Some((12, EntryHash([0x71; 32]))));
    assert_eq!(counts(0x63), None);
    let invitation = roster.invitation(&[0xe1; 16]).unwrap();
    assert!(!invitation.is_open(AT) && roster.invitation(&[0xe2; 16]).unwrap().is_open(AT));
}

#[test]
fn each_refused_act_is_refused_for_its_reason() {
    let stored = read();
    for name in REFUSED {
        let act = hex(&stored[name]);
        let prev = SignedAct::open(&act).unwrap().head.prev.unwrap();
        let mut roster = begin(&stored);
        for (_, act) in chain(&stored) {
            if roster.head() == prev {
                break;
            }
            roster.take(&act).unwrap();
        }
        assert_eq!(roster.head(), prev, "{name}");
        let reason = match roster.take(&act) {
            Ok(Taken::WithoutEffect(reason)) => reason.to_string(),
            Ok(other) => format!("{other:?}"),
            Err(problem) => problem.to_string(),
        };
        assert_eq!(stored[&format!("reason-{name}")], reason, "{name}");
    }
}

#[test]
fn rosters_of_several_acts_are_taken_in_one_go() {
    let stored = read();
    for (name, height, ready) in [
        ("roster-grown-from-one", 4, true),
        ("roster-ready", 5, true),
    ] {
        let bytes = hex(&stored[name]);
        let mut input = Reader::new(&bytes);
        let mut acts = Vec::new();
        while input.remaining() > 0 {
            let before = input.rest();
            input.skip().unwrap();
            acts.push(&before[..before.len() - input.remaining()]);
        }
        let mut roster = Roster::new(&Genesis::verify(acts[0]).unwrap());
        for act in &acts[1..] {
            assert_eq!(roster.take(act), Ok(Taken::Applied));
        }
        assert_eq!(
            (roster.height(), roster.is_ready()),
            (height, ready),
            "{name}"
        );
    }
}

#[test]
fn acts_that_name_ids_and_hashes_have_room_left_for_a_long_roster() {
    let stored = read();
    let large = ["add", "remove", "epoch", "recover", "301", "rsk"];
    for (name, value) in stored.iter().filter(|(name, _)| name.starts_with("act-")) {
        let small = !large.iter().any(|part| name.contains(part));
        // A height of five bytes in place of one, and seven roles more.
        let longest = value.len() / 2 + 4 + 7;
        assert!(!small || longest <= MAX_SMALL_ACT, "{name}: {longest}");
    }
}
