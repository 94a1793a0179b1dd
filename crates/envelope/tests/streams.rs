//! What a hostile relay or a restored device can do to a stream, and what catches it.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use support::{REGION, Seeded, context, stream};
use veldpost_envelope::run::{carried, verify_run};
use veldpost_envelope::stream::StreamOpen;
use veldpost_envelope::{
    ContentKey, DeviceEncryptionKey, Entry, EnvelopeError, EpochSecret, Purpose, RegionId,
    StreamWriter, content_key,
};

/// A stream of `open, content-key, five records`, the last one signed.
fn evening(rng: &mut Seeded) -> (veldpost_envelope::DeviceSigningKey, ContentKey, Vec<Entry>) {
    let (device, mut writer, open) = stream(rng);
    let key = ContentKey::generate(rng);
    let own = DeviceEncryptionKey::generate(rng);
    let mut run = vec![
        open,
        writer.content_key(&key, &[own.public()], rng).unwrap(),
    ];
    for number in 0..5_u8 {
        run.push(writer.seal(&key, &[number; 40], rng).unwrap());
    }
    run.last_mut().unwrap().sign(&device);
    (device, key, run)
}

fn verify(
    device: &veldpost_envelope::DeviceSigningKey,
    run: &[Entry],
) -> Result<(), EnvelopeError> {
    verify_run(&REGION, &device.public(), None, run).map(drop)
}

#[test]
fn a_sealed_entry_opens_after_a_round_trip_through_bytes() {
    let rng = &mut Seeded(1);
    let (_, mut writer, _) = stream(rng);
    let key = ContentKey::generate(rng);
    let entry = writer.seal(&key, b"somebody", rng).unwrap();
    let again = Entry::from_bytes(&entry.to_bytes()).unwrap();
    assert_eq!(again, entry);
    assert_eq!(again.open(&key).unwrap().as_slice(), b"somebody");
}

#[test]
fn a_content_key_opens_for_the_epoch_and_the_writer_and_for_nobody_else() {
    let rng = &mut Seeded(2);
    let (_, mut writer, _) = stream(rng);
    let key = ContentKey::generate(rng);
    let epoch = EpochSecret::generate(Purpose::Count, 1, rng);
    let own = DeviceEncryptionKey::generate(rng);
    let other = DeviceEncryptionKey::generate(rng);
    let entry = writer
        .content_key(&key, &[epoch.public().key, own.public()], rng)
        .unwrap();
    assert_eq!(content_key::open(&entry, &own).unwrap().id(), key.id());
    assert_eq!(
        content_key::open_as_epoch(&entry, &epoch).unwrap().id(),
        key.id()
    );
    assert_eq!(
        content_key::open(&entry, &other).unwrap_err(),
        EnvelopeError::NotForThisKey
    );
}

#[test]
fn a_content_key_moved_to_another_stream_does_not_open() {
    let rng = &mut Seeded(3);
    let (_, mut writer, _) = stream(rng);
    let (_, mut elsewhere, _) = stream(rng);
    let key = ContentKey::generate(rng);
    let own = DeviceEncryptionKey::generate(rng);
    let entry = writer.content_key(&key, &[own.public()], rng).unwrap();
    let moved = elsewhere.content_key(&key, &[own.public()], rng).unwrap();
    let mut bytes = moved.to_bytes();
    let at = |bytes: &[u8], what: &[u8]| {
        bytes
            .windows(what.len())
            .position(|window| window == what)
            .unwrap()
    };
    let from = at(&bytes, moved.body());
    bytes[from..from + entry.body().len()].copy_from_slice(entry.body());
    let forged = Entry::from_bytes(&bytes).unwrap();
    assert_eq!(
        content_key::open(&forged, &own).unwrap_err(),
        EnvelopeError::Forged("wrap")
    );
}

#[test]
fn an_untouched_run_verifies_whole_and_in_parts() {
    let rng = &mut Seeded(4);
    let (device, _, mut run) = evening(rng);
    verify(&device, &run).unwrap();
    run[3].sign(&device);
    let head = verify_run(&REGION, &device.public(), None, &run[..4]).unwrap();
    assert_eq!(head.seq, 3);
    verify_run(&REGION, &device.public(), Some(&head), &run[4..]).unwrap();
}

#[test]
fn a_dropped_swapped_or_repeated_entry_breaks_the_chain() {
    let rng = &mut Seeded(5);
    let (device, _, run) = evening(rng);
    let mut dropped = run.clone();
    dropped.remove(3);
    let mut swapped = run.clone();
    swapped.swap(3, 4);
    let mut repeated = run.clone();
    repeated.insert(3, run[3].clone());
    for broken in [dropped, swapped, repeated] {
        assert_eq!(
            verify(&device, &broken),
            Err(EnvelopeError::Forged("chain"))
        );
    }
}

#[test]
fn a_changed_body_is_caught_by_the_chain_and_by_the_seal() {
    let rng = &mut Seeded(6);
    let (device, key, mut run) = evening(rng);
    let mut bytes = run[3].to_bytes();
    let last = bytes.len() - 2;
    bytes[last] ^= 1;
    run[3] = Entry::from_bytes(&bytes).unwrap();
    assert_eq!(verify(&device, &run), Err(EnvelopeError::Forged("chain")));
    assert_eq!(
        run[3].open(&key).unwrap_err(),
        EnvelopeError::Forged("seal")
    );
}

#[test]
fn an_unsigned_tail_or_another_devices_signature_is_refused() {
    let rng = &mut Seeded(7);
    let (device, _, mut run) = evening(rng);
    assert_eq!(
        verify(&device, &run[..5]),
        Err(EnvelopeError::Forged("unsigned run"))
    );
    let (stranger, _, _) = stream(rng);
    assert_eq!(
        verify(&stranger, &run),
        Err(EnvelopeError::Forged("another device"))
    );
    run.last_mut().unwrap().sign(&stranger);
    assert_eq!(
        verify(&device, &run),
        Err(EnvelopeError::Forged("signature"))
    );
}

#[test]
fn a_run_for_another_region_is_refused() {
    let rng = &mut Seeded(8);
    let (device, _, run) = evening(rng);
    let elsewhere = RegionId([8; 32]);
    assert_eq!(
        verify_run(&elsewhere, &device.public(), None, &run),
        Err(EnvelopeError::Malformed("another region"))
    );
}

#[test]
fn a_stream_of_another_device_cannot_be_opened_under_its_name() {
    let rng = &mut Seeded(9);
    let (_, _, open) = stream(rng);
    let read = StreamOpen::read(&open).unwrap();
    assert_eq!(read.stream(), open.header().stream);
    let mut bytes = open.to_bytes();
    let at = bytes
        .windows(32)
        .position(|window| window == read.device.0)
        .unwrap();
    bytes[at] ^= 1;
    let forged = Entry::from_bytes(&bytes).unwrap();
    assert_eq!(
        StreamOpen::read(&forged),
        Err(EnvelopeError::Forged("stream-open"))
    );
}

#[test]
fn a_failed_commit_is_taken_back_and_the_number_is_used_again() {
    let rng = &mut Seeded(10);
    let (device, mut writer, open) = stream(rng);
    let key = ContentKey::generate(rng);
    let before = writer.state();
    writer.seal(&key, b"lost", rng).unwrap();
    writer.rewind(before);
    let mut resumed = StreamWriter::resume(context(Purpose::Count), writer.state());
    let mut entry = resumed.seal(&key, b"kept", rng).unwrap();
    entry.sign(&device);
    verify(&device, &[open, entry]).unwrap();
}

#[test]
fn a_new_stream_carries_the_old_ones_entries_and_they_open_there() {
    let rng = &mut Seeded(11);
    let (device, key, old) = evening(rng);
    let (mut writer, open) = StreamWriter::open(
        context(Purpose::Count),
        &device,
        None,
        Some(old[0].header().stream),
        rng,
    );
    let mut run = vec![open];
    for entry in &old[1..] {
        run.push(writer.carry(entry).unwrap());
    }
    run.last_mut().unwrap().sign(&device);
    verify(&device, &run).unwrap();
    let inner = carried(run.last().unwrap()).unwrap();
    assert_eq!(inner, old[6]);
    assert_eq!(inner.open(&key).unwrap().as_slice(), &[4; 40]);
    assert!(writer.carry(&run[1]).is_err());
}

#[test]
fn the_relay_sees_only_size_classes() {
    let rng = &mut Seeded(12);
    let (_, mut writer, _) = stream(rng);
    let key = ContentKey::generate(rng);
    let mut random = vec![0; 60_000];
    veldpost_envelope::RandomBytes::fill(rng, &mut random);
    for (length, body) in [
        (0, 512),
        (507, 512),
        (508, 768),
        (764, 1024),
        (1020, 2048),
        (60_000, 65_536),
    ] {
        let entry = writer.seal(&key, &random[..length], rng).unwrap();
        assert_eq!(entry.body().len(), body + 16, "{length} bytes");
        assert_eq!(entry.open(&key).unwrap().as_slice(), &random[..length]);
        assert!(entry.to_bytes().len() <= veldpost_envelope::entry::MAX_ENTRY);
    }
    // What people type takes a smaller class.
    let remark = "slaapt al drie weken op de bank bij een vriend ".repeat(20);
    let entry = writer.seal(&key, remark.as_bytes(), rng).unwrap();
    assert_eq!((remark.len(), entry.body().len()), (940, 768 + 16));
    assert_eq!(entry.open(&key).unwrap().as_slice(), remark.as_bytes());
    assert_eq!(
        writer.seal(&key, &[0; 65_537], rng).unwrap_err(),
        EnvelopeError::TooLarge("payload")
    );
}

#[test]
fn a_content_key_lasts_a_day_and_500_entries_whatever_the_clock_does() {
    let day = content_key::MAX_AGE_MS;
    let fresh = content_key::ContentKeyUse {
        made_at: 1_000,
        sealed: 0,
    };
    assert!(fresh.may_seal(1_000 + day - 1));
    assert!(!fresh.may_seal(1_000 + day));
    assert!(!fresh.may_seal(1_000 - day));
    assert!(!fresh.may_seal(i64::MIN) && !fresh.may_seal(i64::MAX));
    assert!(
        !content_key::ContentKeyUse {
            sealed: 500,
            ..fresh
        }
        .may_seal(1_000)
    );
}

#[test]
fn another_content_key_is_told_apart_from_tampering() {
    let rng = &mut Seeded(13);
    let (_, mut writer, _) = stream(rng);
    let entry = writer.seal(&ContentKey::generate(rng), b"x", rng).unwrap();
    let other = ContentKey::generate(rng);
    assert_eq!(
        entry.open(&other).unwrap_err(),
        EnvelopeError::NotForThisKey
    );
}

#[test]
fn a_body_of_another_size_than_its_class_is_refused_unopened() {
    let rng = &mut Seeded(14);
    let (_, mut writer, _) = stream(rng);
    let entry = writer.seal(&ContentKey::generate(rng), b"x", rng).unwrap();
    for (length, accepted) in [(528, true), (527, false), (784, false), (0, false)] {
        let mut bytes = veldpost_envelope::canonical::Writer::default();
        bytes
            .array(4)
            .bytes(&entry.header().to_bytes())
            .bytes(&[1; 24]);
        bytes.bytes(&vec![0; length]).null();
        let read = Entry::from_bytes(&bytes.finish());
        assert_eq!(read.is_ok(), accepted, "{length} bytes");
        assert!(accepted || read == Err(EnvelopeError::Malformed("body")));
    }
}
