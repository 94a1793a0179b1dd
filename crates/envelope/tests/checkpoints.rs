//! Checkpoints and the heads that are attached to them.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use support::REGION;
use support::signed::{all, checkpoint, heads, key, raw, roster_of};
use veldpost_domain::StreamId;
use veldpost_envelope::canonical::Writer;
use veldpost_envelope::object::{Arrival, Heads, MAX_STREAMS};
use veldpost_envelope::run::RunHead;
use veldpost_envelope::{EntryHash, EnvelopeError, Object, Purpose, label};

#[test]
fn heads_belong_to_their_checkpoint_alone() {
    let key = key(1);
    let whole = checkpoint(&key, 1, &heads(3));
    assert_eq!(whole.heads(), Some(heads(3)));
    let stream = heads(3).iter().nth(1).unwrap().stream;
    assert_eq!(whole.heads().unwrap().of(&stream).unwrap().seq, 301);
    assert_eq!(heads(3).of(&StreamId([0xff; 16])), None);

    let lone = whole.clone().without_heads();
    assert_eq!(lone.heads(), None);
    assert_eq!(lone.hash(), whole.hash());
    let read = Object::from_bytes(&lone.to_bytes()).unwrap();
    let roster = roster_of(&key);
    read.verify(&REGION, Purpose::Count, Arrival::New, &roster)
        .unwrap();

    let with = |object: &Object, attached: &[u8]| {
        let mut bytes = object.clone().without_heads().to_bytes();
        bytes.pop();
        let mut out = Writer::default();
        out.bytes(attached);
        bytes.extend(out.finish());
        Object::from_bytes(&bytes)
    };
    let [receipt, _, erase] = all(&key);
    let refused = Err(EnvelopeError::Malformed("attached"));
    assert_eq!(with(&receipt, &[0x80]), refused);
    assert_eq!(with(&erase, &[0x80]), refused);
    let forged = Err(EnvelopeError::Forged("heads"));
    assert_eq!(with(&whole, &[0x80]), forged);
}

/// A checkpoint over these bytes, signed by somebody who may.
fn over(attached: &[u8], streams: u64) -> Result<Object, EnvelopeError> {
    let key = key(1);
    let mut bytes = raw(&key, [1, 1, 2], 4, |out| {
        out.uint(1).uint(1).uint(streams);
        out.bytes(&label::sha256(&[attached]));
    });
    bytes.pop();
    let mut out = Writer::default();
    out.bytes(attached);
    bytes.extend(out.finish());
    Object::from_bytes(&bytes)
}

#[test]
fn heads_stand_in_the_order_of_their_streams_and_are_counted() {
    let list = |streams: &[u8], fields: usize| {
        let mut out = Writer::default();
        out.array(streams.len());
        for stream in streams {
            out.array(fields).bytes(&[*stream; 16]).uint(1);
            out.bytes(&[0; 32]);
            (3..fields).for_each(|_| {
                out.null();
            });
        }
        out.finish()
    };
    over(&list(&[1, 2], 3), 2).unwrap();
    let refused = Err(EnvelopeError::Malformed("heads"));
    assert_eq!(over(&list(&[2, 1], 3), 2), refused);
    assert_eq!(over(&list(&[1, 1], 3), 2), refused);
    assert_eq!(over(&list(&[1, 2], 4), 2), refused);
    assert_eq!(over(&list(&[1, 2], 3), 3), refused);
    let twice = heads(1).iter().chain(heads(1).iter()).copied().collect();
    assert_eq!(Heads::new(twice), Err(EnvelopeError::Malformed("heads")));
}

#[test]
fn a_checkpoint_names_no_more_streams_than_the_format_allows() {
    let key = key(1);
    let most = checkpoint(&key, 1, &heads(MAX_STREAMS as u16));
    assert_eq!(Object::from_bytes(&most.to_bytes()), Ok(most));
    let too_large = EnvelopeError::TooLarge("heads");
    let more: Vec<_> = heads(MAX_STREAMS as u16)
        .iter()
        .copied()
        .chain([RunHead {
            stream: StreamId([0xff; 16]),
            seq: 0,
            hash: EntryHash([0; 32]),
        }])
        .collect();
    assert_eq!(Heads::new(more), Err(too_large));
    let claimed = raw(&key, [1, 1, 2], 4, |out| {
        out.uint(1).uint(1).uint(MAX_STREAMS as u64 + 1);
        out.bytes(&[0; 32]);
    });
    assert_eq!(Object::from_bytes(&claimed), Err(too_large));
    let mut list = vec![0x99, 0x20, 0x01];
    list.resize(MAX_STREAMS + 4, 0x80);
    assert_eq!(over(&list, 1), Err(too_large));
}

#[test]
fn two_checkpoints_with_one_number_are_a_fork() {
    let (one, two) = (key(1), key(2));
    let of = |key, number, streams| {
        *checkpoint(key, number, &heads(streams))
            .checkpoint()
            .unwrap()
    };
    let kept = of(&one, 7, 3);
    assert!(of(&one, 7, 4).forks(&kept));
    assert!(!kept.forks(&kept));
    assert!(!of(&one, 8, 4).forks(&kept));
    assert!(!of(&two, 7, 4).forks(&kept));
}
