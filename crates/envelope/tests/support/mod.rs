//! What the tests share: a seeded source of bytes, and a device in a region.
#![allow(dead_code, reason = "each test file uses a part of it")]

pub mod letters;
pub mod region;
pub mod signed;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use veldpost_envelope::secret::Secret;
use veldpost_envelope::stream::StreamContext;
use veldpost_envelope::{
    ActHash, ContentKey, DeviceEncryptionKey, DeviceSigningKey, Entry, Purpose, RandomBytes as _,
    RegionId, StreamWriter,
};
pub use veldpost_seeded::Seeded;

pub fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter_map(|c| c.to_digit(16))
        .map(|digit| digit as u8)
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] * 16 + pair[1])
        .collect()
}

pub fn hex32(text: &str) -> [u8; 32] {
    hex(text).try_into().unwrap()
}

pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub const REGION: RegionId = RegionId([7; 32]);

pub fn context(purpose: Purpose) -> StreamContext {
    StreamContext {
        region: REGION,
        purpose,
        epoch: 1,
        roster_head: ActHash([7; 32]),
        seen: None,
    }
}

pub fn stream(rng: &mut Seeded) -> (DeviceSigningKey, StreamWriter, veldpost_envelope::Entry) {
    let device = DeviceSigningKey::generate(rng);
    let (writer, open) = StreamWriter::open(context(Purpose::Count), &device, None, None, rng);
    (device, writer, open)
}

/// Seals as any other program would: for what this one does not make.
pub fn seal_raw(key: &Secret, aad: &[u8], plain: &[u8], rng: &mut Seeded) -> ([u8; 24], Vec<u8>) {
    let mut nonce = [0; 24];
    rng.fill(&mut nonce);
    let payload = Payload { msg: plain, aad };
    let cipher = XChaCha20Poly1305::new(key.bytes().into());
    let sealed = cipher.encrypt(&XNonce::from(nonce), payload).unwrap();
    (nonce, sealed)
}

/// A stream of `open, content-key, five records`, the last one signed.
pub fn evening(rng: &mut Seeded) -> (DeviceSigningKey, Vec<Entry>) {
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
    (device, run)
}
