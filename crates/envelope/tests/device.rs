//! What lies on one device: secrets, vault, drafts, local rows, blocks.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use support::{REGION, Seeded};
use veldpost_domain::StreamId;
use veldpost_envelope::block::{BlockRow, MAX_ROWS, open_block, seal_block};
use veldpost_envelope::keys::LocalUse;
use veldpost_envelope::local::{
    open_local, open_local_draft, open_vault_draft, seal_draft, seal_local,
};
use veldpost_envelope::random::array;
use veldpost_envelope::unlock::{
    KdfParams, Vault, VaultLock, VaultWrap, derive, wrap_vault, wrap_vault_with_own_key,
};
use veldpost_envelope::{
    DeviceEncryptionKey, DeviceSecrets, DeviceSigningKey, EnvelopeError, LocalKey, LocalVaultKey,
    Purpose, RandomBytes, SettingsKey, UnlockSecret,
};

fn vault(rng: &mut Seeded) -> Vault {
    Vault {
        encryption: DeviceEncryptionKey::generate(rng),
        blocks: LocalVaultKey::generate(rng),
    }
}

#[test]
fn a_vault_opens_with_its_passphrase_and_with_no_other() {
    let rng = &mut Seeded(40);
    let vault = vault(rng);
    let salt = array(rng);
    let words = "appel fiets kaars molen tafel";
    let secret = derive(words, salt, KdfParams::FLOOR).unwrap();
    let bytes = wrap_vault(&secret, &REGION, &vault, rng).unwrap();

    let wrap = VaultWrap::from_bytes(&bytes).unwrap();
    assert_eq!(wrap.encryption, vault.encryption.public());
    let VaultLock::Passphrase { params, salt } = wrap.lock else {
        panic!("{wrap:?}")
    };
    let again = derive(" Appel fiets  kaars molen tafel ", salt, params).unwrap();
    let opened = wrap.unwrap_vault(&again).unwrap();
    assert_eq!(
        opened.blocks.secret().bytes(),
        vault.blocks.secret().bytes()
    );
    assert_eq!(
        opened.encryption.secret().bytes(),
        vault.encryption.secret().bytes()
    );

    let wrong = derive("appel fiets kaars molen stoel", salt, params).unwrap();
    assert_eq!(
        wrap.unwrap_vault(&wrong).unwrap_err(),
        EnvelopeError::WrongPassphrase
    );
    let local = LocalKey::generate(rng);
    assert!(wrap.unwrap_vault_with_own_key(&local).is_err());
}

#[test]
fn a_practice_vault_opens_without_a_passphrase() {
    let rng = &mut Seeded(41);
    let vault = vault(rng);
    let local = LocalKey::generate(rng);
    let bytes = wrap_vault_with_own_key(&local, &REGION, &vault, rng).unwrap();
    let wrap = VaultWrap::from_bytes(&bytes).unwrap();
    let opened = wrap.unwrap_vault_with_own_key(&local).unwrap();
    assert_eq!(
        opened.blocks.secret().bytes(),
        vault.blocks.secret().bytes()
    );
    let other = LocalKey::generate(rng);
    assert_eq!(
        wrap.unwrap_vault_with_own_key(&other).unwrap_err(),
        EnvelopeError::Forged("seal")
    );
}

#[test]
fn parameters_below_the_floor_or_above_the_ceiling_are_refused() {
    let KdfParams {
        memory_kib,
        passes,
        lanes,
    } = KdfParams::FLOOR;
    for params in [
        KdfParams {
            memory_kib: memory_kib - 1,
            passes,
            lanes,
        },
        KdfParams {
            memory_kib,
            passes: 0,
            lanes,
        },
        KdfParams {
            memory_kib,
            passes,
            lanes: 0,
        },
        KdfParams {
            memory_kib: KdfParams::CEILING.memory_kib + 1,
            passes,
            lanes,
        },
        KdfParams {
            memory_kib,
            passes: KdfParams::CEILING.passes + 1,
            lanes,
        },
    ] {
        assert_eq!(params.check(), Err(EnvelopeError::Parameters));
        assert_eq!(
            derive("x", [0; 16], params).unwrap_err(),
            EnvelopeError::Parameters
        );
    }
}

#[test]
fn weakened_parameters_in_a_stored_wrap_do_not_open_it() {
    let rng = &mut Seeded(42);
    let secret = veldpost_envelope::secret::Secret::generate(rng);
    let salt = array(rng);
    let strong = UnlockSecret::from_parts(secret.clone(), KdfParams::STANDARD, salt).unwrap();
    let bytes = wrap_vault(&strong, &REGION, &vault(rng), rng).unwrap();
    // 0x1a00010000 is 65,536 KiB, 0x19b800 is 47,104: another length, so lower the passes instead.
    let at = bytes
        .windows(5)
        .position(|window| window == [0x1a, 0, 1, 0, 0])
        .unwrap();
    let mut weakened = bytes.clone();
    assert_eq!(weakened[at + 5], 3);
    weakened[at + 5] = 1;
    let wrap = VaultWrap::from_bytes(&weakened).unwrap();
    let params = KdfParams {
        passes: 1,
        ..KdfParams::STANDARD
    };
    let weak = UnlockSecret::from_parts(secret, params, salt).unwrap();
    assert_eq!(
        wrap.unwrap_vault(&weak).unwrap_err(),
        EnvelopeError::WrongPassphrase
    );
    assert!(
        VaultWrap::from_bytes(&bytes)
            .unwrap()
            .unwrap_vault(&strong)
            .is_ok()
    );
}

#[test]
fn device_secrets_survive_a_restart() {
    let rng = &mut Seeded(43);
    for settings in [None, Some(SettingsKey::generate(1, rng))] {
        let secrets = DeviceSecrets {
            signing: DeviceSigningKey::generate(rng),
            local: LocalKey::generate(rng),
            settings,
        };
        let bytes = secrets.to_bytes();
        let again = DeviceSecrets::from_bytes(&bytes).unwrap();
        assert_eq!(again.to_bytes(), bytes);
        assert_eq!(again.signing.public(), secrets.signing.public());
        assert!(DeviceSecrets::from_bytes(&bytes[..bytes.len() - 1]).is_err());
    }
}

#[test]
fn a_local_row_opens_in_its_place_only() {
    let rng = &mut Seeded(44);
    let key = LocalKey::generate(rng);
    let sealed = seal_local(&key, LocalUse::Stub, b"row 1", b"stub", rng).unwrap();
    assert_eq!(sealed.len(), 4 + 41);
    assert_eq!(
        open_local(&key, LocalUse::Stub, b"row 1", &sealed)
            .unwrap()
            .as_slice(),
        b"stub"
    );
    let forged = Err(EnvelopeError::Forged("seal"));
    assert_eq!(open_local(&key, LocalUse::Stub, b"row 2", &sealed), forged);
    assert_eq!(open_local(&key, LocalUse::Round, b"row 1", &sealed), forged);
    assert_eq!(
        open_local(&LocalKey::generate(rng), LocalUse::Stub, b"row 1", &sealed),
        forged
    );
}

#[test]
fn each_copy_of_a_draft_opens_alone() {
    let rng = &mut Seeded(45);
    let local = LocalKey::generate(rng);
    let own = DeviceEncryptionKey::generate(rng);
    let copies = seal_draft(&local, &own.public(), b"form", b"typed so far", rng).unwrap();
    let typed = b"typed so far".as_slice();
    assert_eq!(
        open_local_draft(&local, b"form", &copies.local)
            .unwrap()
            .as_slice(),
        typed
    );
    assert_eq!(
        open_vault_draft(&own, b"form", &copies.vault)
            .unwrap()
            .as_slice(),
        typed
    );
    let other = DeviceEncryptionKey::generate(rng);
    assert_eq!(
        open_vault_draft(&other, b"form", &copies.vault).unwrap_err(),
        EnvelopeError::NotForThisKey
    );
    assert_eq!(
        open_vault_draft(&own, b"another form", &copies.vault).unwrap_err(),
        EnvelopeError::Forged("wrap")
    );
}

#[test]
fn a_block_gives_back_its_rows_in_order() {
    let rng = &mut Seeded(46);
    let key = LocalVaultKey::generate(rng);
    let payloads: Vec<Vec<u8>> = (0..300).map(|number| vec![number as u8; number]).collect();
    let rows: Vec<_> = (0..)
        .zip(&payloads)
        .map(|(seq, payload)| BlockRow {
            stream: StreamId([3; 16]),
            seq,
            payload,
        })
        .collect();
    let sealed = seal_block(&key, Purpose::Count, &[1; 16], &rows, rng).unwrap();
    let block = open_block(&key, Purpose::Count, &[1; 16], &sealed).unwrap();
    assert!(block.rows().eq(rows.iter().copied()));
    assert_eq!(block.rows().len(), 300);
    assert_eq!(
        seal_block(&key, Purpose::Count, &[1; 16], &[], rng).map(|block| {
            open_block(&key, Purpose::Count, &[1; 16], &block)
                .unwrap()
                .rows()
                .len()
        }),
        Ok(0)
    );
}

#[test]
fn a_block_in_anothers_place_or_with_a_changed_byte_is_set_aside() {
    let rng = &mut Seeded(47);
    let key = LocalVaultKey::generate(rng);
    let row = BlockRow {
        stream: StreamId([3; 16]),
        seq: 1,
        payload: b"row",
    };
    let sealed = seal_block(&key, Purpose::Count, &[1; 16], &[row], rng).unwrap();
    let forged = EnvelopeError::Forged("seal");
    assert_eq!(
        open_block(&key, Purpose::Signal, &[1; 16], &sealed).unwrap_err(),
        forged
    );
    assert_eq!(
        open_block(&key, Purpose::Count, &[2; 16], &sealed).unwrap_err(),
        forged
    );
    for index in 1..sealed.len() {
        let mut changed = sealed.clone();
        changed[index] ^= 1;
        assert_eq!(
            open_block(&key, Purpose::Count, &[1; 16], &changed).unwrap_err(),
            forged
        );
    }
    assert!(open_block(&key, Purpose::Count, &[1; 16], &[]).is_err());
}

#[test]
fn a_block_over_its_limits_is_refused_and_nothing_is_made() {
    let rng = &mut Seeded(48);
    let key = LocalVaultKey::generate(rng);
    let row = BlockRow {
        stream: StreamId([3; 16]),
        seq: 1,
        payload: &[],
    };
    let too_many = vec![row; MAX_ROWS + 1];
    let too_large = EnvelopeError::TooLarge("block");
    assert_eq!(
        seal_block(&key, Purpose::Count, &[0; 16], &too_many, rng),
        Err(too_large)
    );
    let mut long = vec![0; 65_536];
    rng.fill(&mut long);
    let too_long = vec![
        BlockRow {
            payload: &long,
            ..row
        };
        200
    ];
    assert_eq!(
        seal_block(&key, Purpose::Count, &[0; 16], &too_long, rng),
        Err(too_large)
    );
}

#[test]
fn nothing_secret_is_printed() {
    let rng = &mut Seeded(49);
    let vault = vault(rng);
    let secrets = DeviceSecrets {
        signing: DeviceSigningKey::generate(rng),
        local: LocalKey::generate(rng),
        settings: Some(SettingsKey::generate(1, rng)),
    };
    let printed = format!("{vault:?} {secrets:?}");
    for secret in [
        vault.encryption.secret().bytes(),
        vault.blocks.secret().bytes(),
        secrets.signing.seed().bytes(),
        secrets.local.secret().bytes(),
    ] {
        assert!(!printed.contains(&support::to_hex(&secret[..4])));
        assert!(!printed.contains(&format!("{}, {}", secret[0], secret[1])));
    }
}
