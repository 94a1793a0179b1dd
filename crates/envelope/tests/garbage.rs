//! Every decoder takes whatever bytes there are: it says no, and does not panic.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use proptest::prelude::*;
use support::{REGION, Seeded, stream};
use veldpost_envelope::act::SignedAct;
use veldpost_envelope::block::{open_block, seal_block};
use veldpost_envelope::canonical::Reader;
use veldpost_envelope::keys::LocalUse;
use veldpost_envelope::local::{open_local, open_vault_draft, seal_draft, seal_local};
use veldpost_envelope::stream::StreamOpen;
use veldpost_envelope::unlock::{
    KitWrap, Vault, VaultWrap, wrap_vault_for_kit, wrap_vault_with_own_key,
};
use veldpost_envelope::{
    ContentKey, DeviceEncryptionKey, DeviceSecrets, Entry, Genesis, Header, LocalKey,
    LocalVaultKey, Purpose, RecoveryKit, content_key, payload, run,
};

/// Shows the bytes to everything that reads bytes.
fn show_to_all(bytes: &[u8]) {
    let rng = &mut Seeded(90);
    let own = DeviceEncryptionKey::generate(rng);
    let local = LocalKey::generate(rng);
    let vault = LocalVaultKey::generate(rng);
    let _ = Reader::new(bytes).skip();
    drop(Header::from_bytes(bytes));
    drop(Genesis::verify(bytes));
    drop(SignedAct::open(bytes).map(|act| act.decode()));
    drop(DeviceSecrets::from_bytes(bytes));
    drop(VaultWrap::from_bytes(bytes));
    drop(KitWrap::from_bytes(bytes));
    drop(payload::decode_operation(bytes));
    drop(open_block(&vault, Purpose::Count, &[0; 16], bytes));
    drop(open_local(&local, LocalUse::Stub, b"", bytes));
    drop(open_vault_draft(&own, b"", bytes));
    drop(RecoveryKit::parse(&String::from_utf8_lossy(bytes)));
    if let Ok(entry) = Entry::from_bytes(bytes) {
        let _ = StreamOpen::read(&entry);
        drop(content_key::open(&entry, &own));
        drop(run::carried(&entry));
        drop(entry.open(&ContentKey::generate(rng)));
        assert_eq!(entry.to_bytes().len(), bytes.len());
    }
}

/// One of each thing that is stored or sent.
fn valid() -> Vec<Vec<u8>> {
    let rng = &mut Seeded(91);
    let (device, mut writer, open) = stream(rng);
    let own = DeviceEncryptionKey::generate(rng);
    let local = LocalKey::generate(rng);
    let key = ContentKey::generate(rng);
    let vault = Vault {
        encryption: own.clone(),
        blocks: LocalVaultKey::generate(rng),
    };
    let secrets = DeviceSecrets {
        signing: device,
        local: local.clone(),
        settings: None,
    };
    vec![
        open.to_bytes(),
        writer
            .content_key(&key, &[own.public()], rng)
            .unwrap()
            .to_bytes(),
        writer.seal(&key, b"payload", rng).unwrap().to_bytes(),
        writer.carry(&open).unwrap().to_bytes(),
        open.header().to_bytes(),
        secrets.to_bytes().to_vec(),
        wrap_vault_with_own_key(&local, &REGION, &vault, rng).unwrap(),
        wrap_vault_for_kit(&own.public(), &REGION, &vault, rng).unwrap(),
        seal_local(&local, LocalUse::Stub, b"", b"stub", rng).unwrap(),
        seal_draft(&local, &own.public(), b"", b"draft", rng)
            .unwrap()
            .vault,
        seal_block(&vault.blocks, Purpose::Count, &[0; 16], &[], rng).unwrap(),
    ]
}

proptest! {
    #[test]
    fn random_bytes_are_refused_quietly(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        show_to_all(&bytes);
    }

    #[test]
    fn random_cbor_heads_are_refused_quietly(
        heads in proptest::collection::vec((0_u8..8, 0_u8..28, any::<u8>()), 0..60),
    ) {
        let bytes: Vec<u8> =
            heads.iter().flat_map(|(major, low, next)| [major << 5 | low, *next]).collect();
        show_to_all(&bytes);
    }

    #[test]
    fn changed_and_cut_bytes_are_refused_quietly(
        which: prop::sample::Index, at: prop::sample::Index, to: u8, cut: bool,
    ) {
        let all = valid();
        let mut bytes = all[which.index(all.len())].clone();
        let at = at.index(bytes.len());
        if cut {
            bytes.truncate(at);
            prop_assert!(Entry::from_bytes(&bytes).is_err());
        } else {
            bytes[at] = to;
        }
        show_to_all(&bytes);
    }
}

#[test]
fn an_entry_over_its_limit_is_refused_before_it_is_read() {
    let bytes = vec![0x84; veldpost_envelope::entry::MAX_CARRYING_ENTRY + 1];
    let problem = Entry::from_bytes(&bytes).unwrap_err();
    assert_eq!(problem, veldpost_envelope::EnvelopeError::TooLarge("entry"));
}
