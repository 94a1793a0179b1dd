//! Places in a stream: a set that is written in one way.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use proptest::prelude::*;
use std::collections::BTreeSet;
use support::signed::{STREAM, key, ranges, raw, receipt};
use veldpost_envelope::object::{Ranges, Receipt, SeqRange};
use veldpost_envelope::{DeviceSigningKey, EnvelopeError, Object};

/// A receipt's fields with `apart` as it is written here.
fn raw_receipt(key: &DeviceSigningKey, apart: &[&[u64]]) -> Result<Object, EnvelopeError> {
    let bytes = raw(key, [1, 1, 1], 4, |out| {
        out.bytes(&STREAM.0).uint(9).bytes(&[5; 32]);
        out.array(apart.len());
        for range in apart {
            out.array(range.len());
            range.iter().for_each(|number| {
                out.uint(*number);
            });
        }
    });
    Object::from_bytes(&bytes)
}

#[test]
fn ranges_in_bytes_go_up_and_never_touch() {
    let key = key(1);
    const MAX: u64 = u64::MAX;
    raw_receipt(&key, &[&[0, 0], &[2, 3], &[5, MAX]]).unwrap();
    let refused = Err(EnvelopeError::Malformed("ranges"));
    for apart in [
        &[[1_u64, 2].as_slice(), &[3, 4]] as &[&[u64]],
        &[&[1, 2], &[2, 4]],
        &[&[5, 6], &[1, 2]],
        &[&[2, 1]],
        &[&[1, 1, 1]],
        &[&[1]],
        &[&[1, MAX], &[0, 0]],
    ] {
        assert_eq!(raw_receipt(&key, apart), refused, "{apart:?}");
    }
}

proptest! {
    /// Ranges are a set, written in one way.
    #[test]
    fn ranges_hold_what_was_put_in_and_nothing_else(
        found in proptest::collection::vec((0_u64..60, 0_u64..6), 0..20),
        other in proptest::collection::vec((0_u64..60, 0_u64..6), 0..20),
        asked in (0_u64..70, 0_u64..9),
    ) {
        let pairs = |found: &[(u64, u64)]| -> Vec<_> {
            found.iter().map(|(first, more)| (*first, first + more)).collect()
        };
        let model = |found: &[(u64, u64)]| -> BTreeSet<u64> {
            pairs(found).iter().flat_map(|(first, last)| *first..=*last).collect()
        };
        let (mut one, two) = (ranges(&pairs(&found)), ranges(&pairs(&other)));
        let (mut model, second) = (model(&found), model(&other));
        prop_assert_eq!(&one, &model.iter().copied().collect::<Ranges>());
        prop_assert_eq!(one.covers_all(&two), second.is_subset(&model));
        let mut swapped = two.clone();
        swapped.merge(&one);
        one.merge(&two);
        one.merge(&two);
        model.extend(second);
        prop_assert_eq!(&one, &swapped);
        prop_assert_eq!(&one, &model.iter().copied().collect::<Ranges>());
        prop_assert!((0..80).all(|seq| one.contains(seq) == model.contains(&seq)));
        let (first, last) = (asked.0, asked.0 + asked.1);
        let range = SeqRange::new(first, last).unwrap();
        prop_assert_eq!(one.covers(range), (first..=last).all(|seq| model.contains(&seq)));
        prop_assert_eq!(one.meets(range), (first..=last).any(|seq| model.contains(&seq)));
        let apart = one.iter().zip(one.iter().skip(1)).all(|(a, b)| a.last() + 1 < b.first());
        prop_assert!(apart);
    }

    /// What was signed is what is read, whatever the ranges.
    #[test]
    fn ranges_come_back_from_their_bytes(
        found in proptest::collection::vec((any::<u64>(), any::<u64>()), 1..30),
    ) {
        let key = key(1);
        let apart: Ranges = found
            .iter()
            .map(|(one, other)| SeqRange::new(*one.min(other), *one.max(other)).unwrap())
            .collect();
        let object = Receipt { apart, ..receipt(&key) }.sign(&key).unwrap();
        prop_assert_eq!(Object::from_bytes(&object.to_bytes()), Ok(object));
    }
}
