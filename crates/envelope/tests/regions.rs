//! Founding a region of one, keeping its kit, and opening it again.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use support::Seeded;
use veldpost_envelope::genesis::{
    GenesisCreated, GenesisInput, RegionForm, Role, RosterDevice, create,
};
use veldpost_envelope::kit::{KitProblem, ROWS, gather, spread};
use veldpost_envelope::unlock::{KitWrap, Vault, wrap_vault_for_kit};
use veldpost_envelope::{
    DeviceEncryptionKey, DeviceSigningKey, EnvelopeError, Genesis, LocalVaultKey, Purpose,
    RecoveryKit,
};

fn coordinator(signing: &DeviceSigningKey, encryption: &DeviceEncryptionKey) -> RosterDevice {
    RosterDevice {
        signing: signing.public(),
        encryption: encryption.public(),
        roles: Purpose::ALL.map(Role::Coordinator).into(),
    }
}

fn region_of_one(rng: &mut Seeded) -> (DeviceEncryptionKey, GenesisCreated) {
    let signing = DeviceSigningKey::generate(rng);
    let encryption = DeviceEncryptionKey::generate(rng);
    let devices = [coordinator(&signing, &encryption)];
    let input = GenesisInput {
        at: 1_731_700_000_000,
        form: RegionForm::OfOne,
        devices: &devices,
    };
    let created = create(&input, rng).unwrap();
    (encryption, created)
}

#[test]
fn the_founder_opens_every_epoch_and_the_settings_from_the_act_alone() {
    let rng = &mut Seeded(20);
    let (encryption, created) = region_of_one(rng);
    let genesis = Genesis::verify(&created.act).unwrap();
    assert_eq!(genesis.region, created.region);
    assert_eq!(genesis.form, RegionForm::OfOne);
    for (purpose, made) in Purpose::ALL.into_iter().zip(&created.epochs) {
        let opened = genesis.open_epoch(purpose, &encryption).unwrap();
        assert_eq!(opened.public(), made.public());
        genesis.check_epoch_wraps(&opened).unwrap();
    }
    let settings = genesis.open_settings(&encryption).unwrap();
    assert_eq!(settings.secret().bytes(), created.settings.secret().bytes());
    genesis.check_settings_wraps(&settings).unwrap();
}

#[test]
fn the_kit_alone_opens_every_epoch() {
    let rng = &mut Seeded(21);
    let (_, created) = region_of_one(rng);
    let printed = created.kit.printed().map(|row| row.to_string()).join("\n");
    let kit = RecoveryKit::parse(&printed).unwrap();
    let genesis = Genesis::verify(&created.act).unwrap();
    assert!(kit.belongs_to(&genesis));
    for purpose in Purpose::ALL {
        genesis.open_epoch(purpose, kit.recovery()).unwrap();
    }
}

#[test]
fn the_kit_opens_the_vault_of_its_own_region_and_of_no_other() {
    let rng = &mut Seeded(27);
    let ((encryption, created), (_, other)) = (region_of_one(rng), region_of_one(rng));
    let genesis = Genesis::verify(&created.act).unwrap();
    let vault = Vault {
        encryption,
        blocks: LocalVaultKey::generate(rng),
    };
    let row = wrap_vault_for_kit(&genesis.recovery, &genesis.region, &vault, rng).unwrap();
    let wrap = KitWrap::from_bytes(&row).unwrap();
    let device = vault.encryption.public();
    assert!(wrap.is_for(&genesis.region, &device, &genesis.recovery));
    assert!(!wrap.is_for(&other.region, &device, &genesis.recovery));
    assert!(!wrap.is_for(&genesis.region, &genesis.recovery, &genesis.recovery));
    let opened = wrap.unwrap_vault(&created.kit, &genesis).unwrap();
    assert_eq!(
        opened.blocks.secret().bytes(),
        vault.blocks.secret().bytes()
    );

    let refused = |kit: &RecoveryKit, genesis: &Genesis| wrap.unwrap_vault(kit, genesis);
    let others = Genesis::verify(&other.act).unwrap();
    for (kit, genesis) in [
        (&other.kit, &genesis),
        (&created.kit, &others),
        (&other.kit, &others),
    ] {
        assert_eq!(
            refused(kit, genesis).unwrap_err(),
            EnvelopeError::NotForThisKey
        );
    }
}

#[test]
fn no_byte_of_the_vault_for_the_kit_can_be_changed() {
    let rng = &mut Seeded(28);
    let (encryption, created) = region_of_one(rng);
    let genesis = Genesis::verify(&created.act).unwrap();
    let vault = Vault {
        encryption,
        blocks: LocalVaultKey::generate(rng),
    };
    let row = wrap_vault_for_kit(&genesis.recovery, &genesis.region, &vault, rng).unwrap();
    for at in 0..row.len() {
        let mut changed = row.clone();
        changed[at] ^= 1;
        let opened = KitWrap::from_bytes(&changed)
            .and_then(|wrap| wrap.unwrap_vault(&created.kit, &genesis));
        assert!(opened.is_err(), "byte {at}");
    }
}

#[test]
fn another_device_opens_nothing() {
    let rng = &mut Seeded(22);
    let (_, created) = region_of_one(rng);
    let genesis = Genesis::verify(&created.act).unwrap();
    let other = DeviceEncryptionKey::generate(rng);
    assert_eq!(
        genesis.open_epoch(Purpose::Count, &other).unwrap_err(),
        EnvelopeError::NotForThisKey
    );
    assert_eq!(
        genesis.open_settings(&other).unwrap_err(),
        EnvelopeError::NotForThisKey
    );
}

#[test]
fn a_counter_gets_the_settings_and_no_epoch() {
    let rng = &mut Seeded(23);
    let [boss, field] = [(); 2].map(|()| {
        (
            DeviceSigningKey::generate(rng),
            DeviceEncryptionKey::generate(rng),
        )
    });
    let counter = RosterDevice {
        roles: vec![Role::Counter],
        ..coordinator(&field.0, &field.1)
    };
    let devices = [coordinator(&boss.0, &boss.1), counter];
    let input = GenesisInput {
        at: 0,
        form: RegionForm::Shared,
        devices: &devices,
    };
    let created = create(&input, rng).unwrap();
    let genesis = Genesis::verify(&created.act).unwrap();
    assert_eq!(genesis.devices, devices);
    genesis.open_settings(&field.1).unwrap();
    assert!(genesis.open_epoch(Purpose::Count, &field.1).is_err());
}

#[test]
fn no_byte_of_a_genesis_can_be_changed() {
    let rng = &mut Seeded(24);
    let (_, created) = region_of_one(rng);
    for index in 0..created.act.len() {
        let mut changed = created.act.clone();
        changed[index] ^= 1 << (index % 8);
        // Either it does not verify, or it is another region: never the same one changed.
        let outcome = Genesis::verify(&changed).map(|genesis| genesis.region);
        assert!(outcome != Ok(created.region), "byte {index}");
    }
}

#[test]
fn a_region_of_one_with_two_devices_is_refused() {
    let rng = &mut Seeded(25);
    let devices = [(); 2].map(|()| {
        coordinator(
            &DeviceSigningKey::generate(rng),
            &DeviceEncryptionKey::generate(rng),
        )
    });
    let input = GenesisInput {
        at: 0,
        form: RegionForm::OfOne,
        devices: &devices,
    };
    let created = create(&input, rng).unwrap();
    assert_eq!(
        Genesis::verify(&created.act),
        Err(EnvelopeError::Malformed("genesis"))
    );
}

#[test]
fn a_kit_survives_capitals_spaces_dashes_and_the_scanner() {
    let rng = &mut Seeded(26);
    let kit = region_of_one(rng).1.kit;
    let rows: Vec<String> = kit.rows().iter().map(|row| row.to_string()).collect();
    for text in [
        rows.concat(),
        rows.join("\r\n").to_uppercase(),
        format!("  {}", rows.join(" - ")),
        kit.qr_text().to_string(),
    ] {
        let parsed = RecoveryKit::parse(&text).unwrap();
        assert_eq!(parsed.rows(), kit.rows());
        assert_eq!(parsed.region(), kit.region());
    }
    assert!(
        rows.iter()
            .all(|row| row.len() == veldpost_envelope::kit::ROW_CHARACTERS)
    );
}

#[test]
fn a_kit_is_read_from_a_field_for_each_row() {
    let rng = &mut Seeded(29);
    let (_, created) = region_of_one(rng);
    let rows = created.kit.printed();
    let [one, two, three, four] = rows.each_ref().map(|row| row.as_str());
    let region = |fields| RecoveryKit::parse(&gather(fields)).map(|kit| kit.region());
    assert_eq!(region([one, two, three, four]), Ok(created.region));
    let capitals = two.to_uppercase();
    let bare = three.replace("vp1", "");
    assert_eq!(region([one, &capitals, &bare, four]), Ok(created.region));
    let together = rows.each_ref().map(|row| row.as_str()).join("");
    assert_eq!(region([&together, "", "", ""]), Ok(created.region));
    assert_eq!(region(["", &together, "x", ""]), Ok(created.region));

    let empty = KitProblem::Length { row: 3, found: 0 };
    assert_eq!(region([one, two, "", four]), Err(empty));
    let misread = two.replacen("vp1", "vpl", 1);
    let problem = region([one, &misread, three, four]).unwrap_err();
    assert!(matches!(problem, KitProblem::Length { row: 2, .. }));
    let swapped = region([one, three, two, four]).unwrap_err();
    assert_eq!(swapped, KitProblem::Missing { row: 2 });

    assert!(spread(one).is_none());
    let plain = created.kit.rows();
    let spread = spread(&together).unwrap();
    assert!(spread.iter().zip(&plain).all(|(one, other)| one == other));
}

#[test]
fn a_mistyped_kit_says_where() {
    let rng = &mut Seeded(27);
    let kit = region_of_one(rng).1.kit;
    let other = region_of_one(rng).1.kit;
    let rows: Vec<String> = kit.rows().iter().map(|row| row.to_string()).collect();
    let problem = |rows: &[String]| RecoveryKit::parse(&rows.join("\n")).unwrap_err();

    let mut misread = rows.clone();
    let swapped = if misread[1].as_bytes()[20] == b'q' {
        "p"
    } else {
        "q"
    };
    misread[1].replace_range(20..21, swapped);
    assert_eq!(problem(&misread), KitProblem::Checksum { row: 2 });

    let mut letter = rows.clone();
    letter[2].replace_range(7..8, "b");
    assert_eq!(
        problem(&letter),
        KitProblem::Character {
            row: 3,
            character: 5
        }
    );

    let mut short = rows.clone();
    short[3].pop();
    assert_eq!(problem(&short), KitProblem::Length { row: 4, found: 50 });

    assert_eq!(problem(&rows[..2]), KitProblem::Missing { row: 3 });
    let mut turned = rows.clone();
    turned.swap(0, 1);
    assert_eq!(problem(&turned), KitProblem::Missing { row: 1 });
    assert_eq!(
        problem(&["not a kit".to_owned()]),
        KitProblem::Missing { row: 1 }
    );

    let mut mixed = rows.clone();
    mixed[3] = other.rows()[3].to_string();
    assert_eq!(problem(&mixed), KitProblem::OtherKit { row: 4 });
    let twice = [rows.clone(), rows].concat();
    assert_eq!(problem(&twice), KitProblem::OtherKit { row: 4 });
}

#[test]
fn the_end_of_a_row_proves_the_kit_and_nothing_else_does() {
    let rng = &mut Seeded(28);
    let kit = region_of_one(rng).1.kit;
    for _ in 0..20 {
        assert!((1..=ROWS).contains(&RecoveryKit::choose_proof(rng)));
    }
    let rows = kit.rows();
    let end = rows[1].get(46..).unwrap();
    let (first, second) = end.split_at(4);
    assert!(kit.proves(2, end));
    assert!(kit.proves(2, &format!(" {} {second} ", first.to_uppercase())));
    assert!(!kit.proves(1, end));
    assert!(!kit.proves(2, second));
    assert!(!kit.proves(0, end) && !kit.proves(5, end) && !kit.proves(2, ""));
}
