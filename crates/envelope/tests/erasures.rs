//! What an erasure takes, and what stays: bare entries that chain and verify as before.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use support::signed::{STREAM, erase, key, ranges, raw};
use support::{REGION, Seeded, evening};
use veldpost_envelope::object::{Erase, Ranges};
use veldpost_envelope::run::{RunHead, verify_kept_run, verify_run};
use veldpost_envelope::{Bare, DeviceSigningKey, Entry, EnvelopeError, Kept, Object, RegionId};

#[test]
fn an_erasure_names_entries_and_never_the_first() {
    let key = key(1);
    let refused = Err(EnvelopeError::Malformed("erase"));
    for seqs in [Ranges::default(), ranges(&[(0, 0)]), ranges(&[(0, 5)])] {
        let wrong = Erase {
            seqs,
            ..erase(&key)
        };
        assert_eq!(wrong.sign(&key), refused);
    }
    let with = |seqs: &[[u64; 2]]| {
        let bytes = raw(&key, [1, 1, 3], 3, |out| {
            out.bytes(&STREAM.0).array(seqs.len());
            for [first, last] in seqs {
                out.array(2).uint(*first).uint(*last);
            }
            out.uint(1);
        });
        Object::from_bytes(&bytes).map(drop)
    };
    assert_eq!(with(&[]), Err(EnvelopeError::Malformed("erase")));
    assert_eq!(with(&[[0, 3]]), Err(EnvelopeError::Malformed("erase")));
    assert_eq!(with(&[[1, 3]]), Ok(()));
}

/// A run of which an erasure took the entries 3 and 4.
fn erased(rng: &mut Seeded) -> (DeviceSigningKey, Vec<Entry>, Vec<Kept>) {
    let (device, run) = evening(rng);
    let erase = Erase {
        stream: run[0].header().stream,
        seqs: ranges(&[(3, 4)]),
        ..erase(&key(1))
    };
    let kept = run.iter().cloned().map(|entry| erase.apply(entry.into()));
    let kept = kept.collect();
    (device, run, kept)
}

#[test]
fn an_erased_entry_hashes_chains_and_verifies_as_before() {
    let (device, run, kept) = erased(&mut Seeded(60));
    let whole: Vec<_> = kept.iter().map(|kept| kept.whole().is_some()).collect();
    assert_eq!(whole, [true, true, true, false, false, true, true]);
    for (entry, kept) in run.iter().zip(&kept) {
        assert_eq!(kept.hash(), entry.hash());
        assert_eq!(kept.header(), entry.header());
        assert_eq!(kept.signature(), entry.signature());
        assert_eq!(Kept::from_bytes(&kept.to_bytes()).as_ref(), Ok(kept));
    }
    let head = verify_run(&REGION, &device.public(), None, &run).unwrap();
    let again = verify_kept_run(&REGION, &device.public(), None, &kept);
    assert_eq!(again, Ok(head));
    // A part of it, too, and one that ends on a bare entry.
    let all_bare: Vec<_> = kept[4..].iter().map(|kept| kept.bare().into()).collect();
    let before = RunHead {
        stream: head.stream,
        seq: 3,
        hash: run[3].hash(),
    };
    let again = verify_kept_run(&REGION, &device.public(), Some(&before), &all_bare);
    assert_eq!(again, Ok(head));
}

#[test]
fn an_erasure_takes_only_what_it_names() {
    let (_, run, _) = erased(&mut Seeded(61));
    let erase = Erase {
        stream: run[0].header().stream,
        seqs: ranges(&[(3, 4)]),
        ..erase(&key(1))
    };
    let entry = Kept::from(run[3].clone());
    assert!(erase.names(&entry));
    let mut elsewhere = erase.clone();
    elsewhere.stream = STREAM;
    let mut abroad = erase.clone();
    abroad.head.region = RegionId([0; 32]);
    for other in [&elsewhere, &abroad] {
        assert_eq!(other.apply(entry.clone()), entry);
    }
    let bare = erase.apply(entry);
    assert_eq!(erase.apply(bare.clone()), bare);
}

#[test]
fn a_run_with_bare_entries_is_held_to_the_same_chain() {
    let (device, run, kept) = erased(&mut Seeded(62));
    let verify = |kept: &[Kept]| verify_kept_run(&REGION, &device.public(), None, kept);
    let chain = Err(EnvelopeError::Forged("chain"));

    let mut gap = kept.clone();
    gap.remove(4);
    assert_eq!(verify(&gap), chain);
    let mut swapped = kept.clone();
    swapped.swap(3, 4);
    assert_eq!(verify(&swapped), chain);

    let mut forged = kept[3].to_bytes();
    let hash = forged.len() - 2;
    forged[hash] ^= 1;
    let mut changed = kept.clone();
    changed[3] = Kept::from_bytes(&forged).unwrap();
    assert_eq!(verify(&changed), chain);

    let mut headless = kept.clone();
    headless[0] = run[0].bare().into();
    let refused = EnvelopeError::Malformed("bare stream-open");
    assert_eq!(verify(&headless), Err(refused));
    let unsigned = EnvelopeError::Forged("unsigned run");
    assert_eq!(verify(&kept[..5]), Err(unsigned));
    assert_eq!(verify(&[]), Err(EnvelopeError::Malformed("empty run")));
}

#[test]
fn a_bare_entry_has_three_fields_and_never_more() {
    let (_, run, _) = erased(&mut Seeded(63));
    let bytes = run[6].bare().to_bytes();
    assert_eq!(Bare::from_bytes(&bytes), Ok(run[6].bare()));
    let mut four = bytes.clone();
    four[0] += 1;
    four.push(0xf6);
    let refused = EnvelopeError::Malformed("bare entry");
    assert_eq!(Bare::from_bytes(&four), Err(refused));
    assert!(Kept::from_bytes(&four).is_err());
    let mut two = bytes.clone();
    two[0] -= 1;
    assert_eq!(Bare::from_bytes(&two), Err(refused));
    let mut more = bytes.clone();
    more.push(0xf6);
    assert_eq!(
        Bare::from_bytes(&more),
        Err(EnvelopeError::Malformed("more bytes"))
    );
    assert!(Bare::from_bytes(&run[6].to_bytes()).is_err());
    assert!(Entry::from_bytes(&bytes).is_err());
    let endless = vec![0x83; veldpost_envelope::entry::MAX_CARRYING_ENTRY + 1];
    assert_eq!(
        Kept::from_bytes(&endless),
        Err(EnvelopeError::TooLarge("entry"))
    );
}

#[test]
fn a_bare_entry_is_as_long_as_the_format_says() {
    let (_, run, _) = erased(&mut Seeded(64));
    // Two bytes more from entry 256 on.
    assert_eq!(run[3].bare().to_bytes().len(), 200);
    assert_eq!(run[6].bare().to_bytes().len(), 200 + 65);
}
