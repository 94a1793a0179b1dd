//! Packed answers say what the answers said, and nothing else can be read as answers.

use proptest::prelude::*;
use std::collections::BTreeMap;
use veldpost_domain::{Answer, Answers, Unreadable};

fn answers(depth: u32) -> BoxedStrategy<Answers> {
    let text = prop_oneof![4 => ".{0,30}", 1 => "[a-zé]{250,270}"].prop_map(Answer::Text);
    let answer = if depth == 0 {
        text.boxed()
    } else {
        let repeat = proptest::collection::vec(answers(depth - 1), 0..4);
        prop_oneof![4 => text, 1 => repeat.prop_map(Answer::Repeat)].boxed()
    };
    proptest::collection::btree_map("[a-z_]{0,30}", answer, 0..8)
        .prop_map(Answers::from)
        .boxed()
}

fn packed(answers: &Answers) -> Vec<u8> {
    let mut bytes = Vec::new();
    answers.pack(&mut bytes);
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn packed_answers_say_the_same(given in answers(2), behind: Vec<u8>) {
        let mut bytes = packed(&given);
        let length = bytes.len();
        bytes.extend(behind);
        let (read, taken) = Answers::unpack(&bytes).unwrap();
        prop_assert_eq!(taken, length);
        prop_assert_eq!(packed(&read), &bytes[..length]);
        for (name, answer) in given.map() {
            let text = match answer {
                Answer::Text(text) => Some(text.as_str()),
                Answer::Repeat(_) => None,
            };
            prop_assert_eq!(read.text(name), text);
            prop_assert!(read.repeat(name) == given.repeat(name));
        }
        prop_assert!(read.text("not there").is_none());
        prop_assert!(read == given && read.cmp(&given).is_eq());
    }

    #[test]
    fn changing_packed_answers_changes_them_alone(given in answers(1), name in "[a-z]{1,5}") {
        let (read, _) = Answers::unpack(&packed(&given)).unwrap();
        let (mut changed, mut expected) = (read.clone(), given.clone());
        changed.set(&name, "changed");
        expected.set(&name, "changed");
        prop_assert!(changed == expected && changed.text(&name) == Some("changed"));
        prop_assert!(read == given);
    }

    #[test]
    fn texts_that_are_packed_at_once_are_the_texts_one_by_one(
        pairs in proptest::collection::vec(("[a-c]{0,3}", ".{0,40}"), 0..30),
    ) {
        let mut one_by_one = Answers::default();
        for (name, value) in &pairs {
            one_by_one.set(name, value);
        }
        let at_once: Answers = pairs.iter().map(|(one, two)| (one.as_str(), two.as_str())).collect();
        prop_assert_eq!(packed(&at_once), packed(&one_by_one));
        prop_assert!(at_once == one_by_one);
    }

    #[test]
    fn bytes_that_are_cut_or_made_up_are_refused_or_read_as_they_stand(
        given in answers(1), cut: prop::sample::Index, noise: Vec<u8>,
    ) {
        let bytes = packed(&given);
        let part = &bytes[..cut.index(bytes.len())];
        prop_assert!(Answers::unpack(part).is_err());
        if let Ok((read, length)) = Answers::unpack(&noise) {
            prop_assert_eq!(packed(&Answers::from(read.map().clone())), &noise[..length]);
        }
    }
}

#[test]
fn many_answers_and_long_ones_keep_their_heads() {
    let mut given = Answers::default();
    for number in 0..300 {
        given.set(format!("question_{number}"), "x".repeat(number * 3));
    }
    given.set("remark", "é".repeat(40_000));
    let (read, _) = Answers::unpack(&packed(&given)).unwrap();
    assert!(read == given);
    assert_eq!(read.text("question_299"), given.text("question_299"));
}

#[test]
fn what_is_not_canonical_is_refused_and_what_is_newer_is_told_apart() {
    let read = |bytes: &[u8]| Answers::unpack(bytes).map(|_| ());
    let malformed = Err(Unreadable::Malformed);
    assert_eq!(read(&[0xa1, 0x61, b'a', 0x61, b'x']), Ok(()));
    // A longer head than it takes, names out of order and twice, bytes that are no text.
    assert_eq!(read(&[0xb8, 1, 0x61, b'a', 0x61, b'x']), malformed);
    assert_eq!(read(&[0xa2, 0x61, b'b', 0x60, 0x61, b'a', 0x60]), malformed);
    assert_eq!(read(&[0xa2, 0x61, b'a', 0x60, 0x61, b'a', 0x60]), malformed);
    assert_eq!(read(&[0xa1, 0x61, b'a', 0x61, 0xff]), malformed);
    // A number, and an instance that is none.
    assert_eq!(read(&[0xa1, 0x61, b'a', 1]), Err(Unreadable::Unknown));
    assert_eq!(read(&[0xa1, 0x61, b'a', 0x81, 1]), Err(Unreadable::Unknown));
    let deep = (0..5).fold(BTreeMap::new(), |inner, _| {
        let instance = Answers::from(inner);
        BTreeMap::from([("r".to_owned(), Answer::Repeat(vec![instance]))])
    });
    assert_eq!(read(&packed(&deep.into())), Err(Unreadable::Unknown));
}
