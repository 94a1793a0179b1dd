//! Files that are handed over where there is no relay.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use proptest::prelude::*;
use support::{REGION, Seeded, evening};
use veldpost_envelope::invitation::{HandOver, JoinInput, MAX_FILE};
use veldpost_envelope::secret::Secret;
use veldpost_envelope::{
    ActHash, DeviceSigningKey, EncryptionPublic, EnvelopeError, InvitationKeys, Join, Kept,
};

fn join() -> Join {
    let rng = &mut Seeded(1);
    let keys = InvitationKeys::derive(&Secret::generate(rng), &REGION, &[6; 16]);
    let input = JoinInput {
        encryption: EncryptionPublic([1; 32]),
        roster_height: 300,
        roster_head: ActHash([4; 32]),
        name: "Sam",
        at: 0,
    };
    let device = DeviceSigningKey::generate(rng);
    Join::make(&keys, &device, &input, rng).unwrap()
}

#[test]
fn a_file_brings_a_join_and_entries() {
    let (_, run) = evening(&mut Seeded(85));
    let mut kept: Vec<Kept> = run.into_iter().map(Kept::from).collect();
    kept[3] = kept[3].bare().into();
    let entries: Vec<u8> = kept.iter().flat_map(Kept::to_bytes).collect();
    let join = join();
    let file = HandOver {
        region: REGION,
        join: Some(join.bytes()),
        entries: &entries,
    };
    let bytes = file.to_bytes().unwrap();
    let again = HandOver::from_bytes(&bytes).unwrap();
    assert_eq!(again, file);
    assert_eq!(again.join(), Ok(Some(join.clone())));
    assert!(again.entries().eq(kept.iter().cloned().map(Ok)));

    let none = HandOver {
        join: None,
        entries: &[],
        ..file
    };
    let bytes = none.to_bytes().unwrap();
    let again = HandOver::from_bytes(&bytes).unwrap();
    assert_eq!(again.join(), Ok(None));
    assert_eq!(again.entries().count(), 0);
}

#[test]
fn a_file_goes_on_behind_an_entry_that_is_none_and_ends_where_nothing_can_be_told() {
    let (_, run) = evening(&mut Seeded(86));
    let entries = [
        run[0].to_bytes(),
        vec![0x01],
        run[1].to_bytes(),
        vec![0xff, 0x01],
    ]
    .concat();
    let file = HandOver {
        region: REGION,
        join: None,
        entries: &entries,
    };
    let read: Vec<_> = file.entries().map(|entry| entry.is_ok()).collect();
    assert_eq!(read, [true, false, true, false]);
}

#[test]
fn a_file_over_its_limit_or_of_a_later_version_is_refused() {
    let entries = vec![0; MAX_FILE];
    let file = HandOver {
        region: REGION,
        join: None,
        entries: &entries,
    };
    let refused = EnvelopeError::TooLarge("file");
    assert_eq!(file.to_bytes(), Err(refused));
    let endless = vec![0x84; MAX_FILE + 1];
    assert_eq!(HandOver::from_bytes(&endless), Err(refused));
    let small = HandOver {
        entries: &[],
        ..file
    };
    let mut later = small.to_bytes().unwrap();
    later[1] = 2;
    assert_eq!(
        HandOver::from_bytes(&later),
        Err(EnvelopeError::Newer("file"))
    );
    let mut appended = small.to_bytes().unwrap();
    appended[0] += 1;
    appended.push(0xf6);
    assert_eq!(HandOver::from_bytes(&appended), Ok(small));
}

proptest! {
    #[test]
    fn random_bytes_are_refused_quietly(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        if let Ok(file) = HandOver::from_bytes(&bytes) {
            prop_assert!(file.entries().all(|entry| entry.is_err()));
        }
    }

    #[test]
    fn changed_files_are_read_quietly(at: prop::sample::Index, by in 1_u8..=255) {
        let (_, run) = evening(&mut Seeded(87));
        let entries: Vec<u8> = run.iter().flat_map(veldpost_envelope::Entry::to_bytes).collect();
        let join = join();
        let file = HandOver { region: REGION, join: Some(join.bytes()), entries: &entries };
        let mut bytes = file.to_bytes().unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= by;
        if let Ok(file) = HandOver::from_bytes(&bytes) {
            drop(file.join());
            prop_assert!(file.entries().count() <= entries.len());
        }
    }

    #[test]
    fn lengths_are_not_taken_at_their_word(
        heads in proptest::collection::vec((2_u8..6, 24_u8..28, any::<u64>()), 1..30),
    ) {
        let mut bytes = vec![0x84, 0x01, 0x58, 0x20];
        bytes.extend([7; 32]);
        for (major, low, value) in heads {
            bytes.push(major << 5 | low);
            bytes.extend(value.to_be_bytes());
        }
        // A short length may fit what follows by chance: then it is a file, and is written as it was.
        if let Ok(file) = HandOver::from_bytes(&bytes) {
            prop_assert_eq!(file.to_bytes().unwrap(), bytes.clone());
        }
        prop_assert!(Join::from_bytes(&bytes[36..]).is_err());
        let file = HandOver { region: REGION, join: None, entries: &bytes[36..] };
        prop_assert!(file.entries().all(|entry| entry.is_err()));
    }
}
