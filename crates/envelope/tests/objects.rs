//! Receipts, checkpoints and erasures as signed objects: what is taken, what is refused.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use proptest::prelude::*;
use support::REGION;
use support::signed::{
    Roster, STREAM, all, checkpoint, erase, head, heads, key, ranges, raw, receipt, roster_of,
};
use veldpost_domain::StreamId;
use veldpost_envelope::object::{
    Arrival, Checkpoint, Erase, Ground, MAX_ATTACHED, MAX_OBJECT, ObjectHead, Ranges, Receipt,
    Succession,
};
use veldpost_envelope::{ActHash, Bare, EnvelopeError, Kept, Object, Purpose, RegionId, label};

const FORGED: EnvelopeError = EnvelopeError::Forged("signature");

fn verify(object: &Object, roster: &Roster) -> Result<(), EnvelopeError> {
    object.verify(&REGION, Purpose::Count, Arrival::New, roster)
}

#[test]
fn each_kind_reads_as_it_was_signed_and_verifies() {
    let key = key(1);
    for object in all(&key) {
        let again = Object::from_bytes(&object.to_bytes()).unwrap();
        assert_eq!(again, object);
        assert_eq!(again.hash(), object.hash());
        verify(&again, &roster_of(&key)).unwrap();
    }
    let [one, two, three] = all(&key);
    assert_eq!(one.receipt(), Some(&receipt(&key)));
    assert_eq!(two.checkpoint().unwrap().streams, 3);
    assert_eq!(three.erase(), Some(&erase(&key)));
}

#[test]
fn nobody_signs_in_anothers_name() {
    let refused = EnvelopeError::NotAllowed("signing for another device");
    assert_eq!(receipt(&key(1)).sign(&key(2)), Err(refused));
    assert_eq!(erase(&key(1)).sign(&key(2)), Err(refused));
    let other = Checkpoint::sign(head(&key(1)), Purpose::Count, 1, &heads(1), &key(2));
    assert_eq!(other, Err(refused));
}

#[test]
fn a_changed_byte_is_refused_wherever_it_is() {
    let key = key(1);
    for object in all(&key) {
        let bytes = object.to_bytes();
        for index in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[index] ^= 1;
            let verified =
                Object::from_bytes(&changed).and_then(|object| verify(&object, &roster_of(&key)));
            assert!(verified.is_err(), "{index}");
        }
    }
}

#[test]
fn a_signature_under_another_label_does_not_hold() {
    let key = key(1);
    let object = receipt(&key).sign(&key).unwrap();
    let signature = key.sign(label::ERASE, &object.hash().0);
    let mut bytes = object.to_bytes();
    let end = bytes.len() - 1;
    bytes[end - 64..end].copy_from_slice(&signature);
    let forged = Object::from_bytes(&bytes).unwrap();
    assert_eq!(forged.verify_signature(), Err(FORGED));
}

#[test]
fn an_object_of_another_region_or_purpose_is_refused() {
    let key = key(1);
    let roster = roster_of(&key);
    for object in all(&key) {
        let elsewhere = object.verify(&RegionId([8; 32]), Purpose::Count, Arrival::New, &roster);
        assert_eq!(elsewhere, Err(EnvelopeError::Malformed("another region")));
    }
    let [receipt, checkpoint, _] = all(&key);
    let purpose = |object: &Object| object.verify(&REGION, Purpose::Signal, Arrival::New, &roster);
    let no_coordinator = EnvelopeError::NotAllowed("not a coordinator of the purpose");
    assert_eq!(purpose(&receipt), Err(no_coordinator));
    let other = EnvelopeError::Malformed("another purpose");
    assert_eq!(purpose(&checkpoint), Err(other));
}

#[test]
fn what_names_an_act_that_is_not_held_waits_for_the_roster() {
    let key = key(1);
    let unknown = Receipt {
        head: ObjectHead {
            roster_head: ActHash([0; 32]),
            ..head(&key)
        },
        ..receipt(&key)
    };
    let object = unknown.sign(&key).unwrap();
    let waits = Err(EnvelopeError::UnknownAct);
    assert_eq!(verify(&object, &roster_of(&key)), waits);
}

#[test]
fn only_who_coordinated_then_and_does_now_is_believed_and_what_was_kept_stays() {
    let key = key(1);
    let object = receipt(&key).sign(&key).unwrap();
    let member = vec![(key.public(), Purpose::Count)];
    let refused = Err(EnvelopeError::NotAllowed(
        "not a coordinator of the purpose",
    ));
    for (then, now, new, kept) in [
        (true, true, Ok(()), Ok(())),
        (true, false, refused, Ok(())),
        (false, true, refused, refused),
        (false, false, refused, refused),
    ] {
        let roster = Roster {
            then: if then { member.clone() } else { Vec::new() },
            now: if now { member.clone() } else { Vec::new() },
        };
        let verify = |arrival| object.verify(&REGION, Purpose::Count, arrival, &roster);
        assert_eq!(verify(Arrival::New), new, "{then} {now}");
        assert_eq!(verify(Arrival::Kept), kept, "{then} {now}");
    }
}

#[test]
fn what_a_later_version_signs_asks_for_an_update() {
    let key = key(1);
    for (numbers, what) in [
        ([2, 1, 1], "object"),
        ([1, 2, 1], "suite"),
        ([1, 1, 4], "object"),
        ([1, 1, 0], "object"),
    ] {
        let bytes = raw(&key, numbers, 1, |out| {
            out.text("later");
        });
        let newer = Err(EnvelopeError::Newer(what));
        assert_eq!(Object::from_bytes(&bytes), newer);
    }
}

#[test]
fn fields_that_a_later_version_appends_travel_on() {
    let key = key(1);
    let mut bytes = raw(&key, [1, 1, 3], 4, |out| {
        out.bytes(&STREAM.0).array(1).array(2).uint(1).uint(1);
        out.uint(77).text("later");
    });
    bytes[0] += 2;
    bytes.extend([0x00, 0xf5]);
    let object = Object::from_bytes(&bytes).unwrap();
    verify(&object, &roster_of(&key)).unwrap();
    assert_eq!(object.to_bytes(), bytes);
    assert_eq!(object.erase().unwrap().ground, Ground::Unknown(77));
    let checkpoint = checkpoint(&key, 1, &heads(2));
    let mut bytes = checkpoint.to_bytes();
    bytes[0] += 1;
    bytes.push(0x17);
    let bare = Object::from_bytes(&bytes).unwrap().without_heads();
    assert_eq!(Object::from_bytes(&bare.to_bytes()), Ok(bare.clone()));
    assert_eq!(bare.to_bytes().last(), Some(&0x17));
}

#[test]
fn a_body_with_too_few_fields_or_cut_short_is_refused() {
    let key = key(1);
    let few = raw(&key, [1, 1, 1], 3, |out| {
        out.bytes(&STREAM.0).uint(9).bytes(&[5; 32]);
    });
    let refused = Err(EnvelopeError::Malformed("too few fields"));
    assert_eq!(Object::from_bytes(&few), refused);
    for object in all(&key) {
        let bytes = object.to_bytes();
        for length in 0..bytes.len() {
            assert!(Object::from_bytes(&bytes[..length]).is_err(), "{length}");
        }
    }
}

#[test]
fn objects_are_as_long_as_the_format_says() {
    let key = key(1);
    assert_eq!(receipt(&key).sign(&key).unwrap().to_bytes().len(), 240);
    let lone = checkpoint(&key, 300, &heads(60)).without_heads();
    assert_eq!(lone.to_bytes().len(), 225);
    let of = |streams| checkpoint(&key, 300, &heads(streams)).to_bytes().len();
    assert_eq!(of(22) - of(12), 10 * 55);
    let erase = Erase {
        seqs: ranges(&[(500, 600)]),
        ..erase(&key)
    };
    assert_eq!(erase.sign(&key).unwrap().to_bytes().len(), 211);
}

#[test]
fn an_object_over_its_limit_is_neither_made_nor_read() {
    let key = key(1);
    let too_many: Ranges = (1..=257).map(|number| number * 2).collect();
    let long = Receipt {
        apart: too_many,
        ..receipt(&key)
    };
    let refused = Err(EnvelopeError::TooLarge("ranges"));
    assert_eq!(long.sign(&key), refused);
    let far: Ranges = (1..=256).map(|number| u64::MAX / 600 * number).collect();
    let long = Receipt {
        apart: far,
        ..receipt(&key)
    };
    let refused = Err(EnvelopeError::TooLarge("object"));
    assert_eq!(long.sign(&key), refused);
    let long = raw(&key, [1, 1, 3], 4, |out| {
        out.bytes(&STREAM.0).array(1).array(2).uint(1).uint(1);
        out.uint(1).bytes(&[0; MAX_OBJECT]);
    });
    assert_eq!(Object::from_bytes(&long), refused);
    let endless = vec![0x83; MAX_OBJECT + MAX_ATTACHED + 1];
    assert_eq!(Object::from_bytes(&endless), refused);
    let long = raw(&key, [1, 1, 1], 4, |out| {
        out.bytes(&STREAM.0).uint(9).bytes(&[5; 32]).array(300);
        (0..300).for_each(|_| {
            out.array(0);
        });
    });
    let refused = Err(EnvelopeError::TooLarge("ranges"));
    assert_eq!(Object::from_bytes(&long), refused);
}

#[test]
fn a_receipt_takes_anothers_place_when_it_is_later_and_not_lower() {
    let (one, two) = (key(1), key(2));
    let kept = receipt(&one);
    let with = |at: i64, upto: u64| {
        let mut other = kept.clone();
        other.head.at += at;
        other.upto = upto;
        other
    };
    for (at, upto, expected) in [
        (1, 300, Succession::Replaces),
        (1, 301, Succession::Replaces),
        (1, 299, Succession::Lower),
        (0, 300, Succession::NotLater),
        (0, 301, Succession::NotLater),
        (-1, 301, Succession::NotLater),
        (-1, 299, Succession::NotLater),
    ] {
        assert_eq!(with(at, upto).beside(&kept), expected, "{at} {upto}");
    }
    let mut elsewhere = with(1, 301);
    elsewhere.stream = StreamId([0; 16]);
    assert_eq!(elsewhere.beside(&kept), Succession::Other);
    assert_eq!(receipt(&two).beside(&kept), Succession::Other);
}

fn show_to_all(bytes: &[u8]) {
    if let Ok(object) = Object::from_bytes(bytes) {
        assert_eq!(object.to_bytes(), bytes);
        assert!(verify(&object, &roster_of(&key(1))).is_err());
    }
    if let Ok(kept) = Kept::from_bytes(bytes) {
        assert_eq!(kept.hash(), kept.bare().hash());
    }
    drop(Bare::from_bytes(bytes));
}

proptest! {
    #[test]
    fn random_bytes_are_refused_quietly(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        show_to_all(&bytes);
    }

    /// Heads of CBOR items that claim any length there is.
    #[test]
    fn lengths_are_not_taken_at_their_word(
        heads in proptest::collection::vec((0_u8..8, 24_u8..28, any::<u64>()), 1..20),
        front in 0_usize..4,
    ) {
        let key = key(1);
        let start = all(&key)[front % 3].to_bytes();
        let mut bytes = start[..front * 40].to_vec();
        for (major, low, value) in heads {
            bytes.push(major << 5 | low);
            bytes.extend(value.to_be_bytes());
        }
        show_to_all(&bytes);
    }

    #[test]
    fn changed_objects_are_refused_quietly(
        which in 0_usize..3, at: prop::sample::Index, by in 1_u8..=255,
    ) {
        let mut bytes = all(&key(1))[which].to_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= by;
        show_to_all(&bytes);
    }
}
