//! Blobs: sealed for the members of a region, named by their hash, read within their limits.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use proptest::prelude::*;
use support::{REGION, Seeded, seal_raw};
use veldpost_domain::{CampaignId, FormVersion, OrganisationId};
use veldpost_envelope::blob::{
    Area, BlobContent, BlobKind, Campaign, Card, FormBlob, MAX_BLOB, MAX_CAMPAIGNS, MAX_CONTENT,
    MAX_LIST, MAX_NAME, NamedCoordinator, NamedOrganisation, OpenedBlob, SettingsBlob,
    SnapshotBlob, SnapshotTable,
};
use veldpost_envelope::canonical::Writer;
use veldpost_envelope::{
    Blob, DevicePublic, EnvelopeError, RandomBytes, RegionId, SettingsKey, label,
};

fn settings() -> SettingsBlob {
    SettingsBlob {
        region: "Enschede".to_owned(),
        campaigns: vec![Campaign {
            id: CampaignId([1; 16]),
            name: "Telling 2026".to_owned(),
            count_date: "2026-11-12".to_owned(),
            form: Some(FormVersion {
                id: "ethos-count".to_owned(),
                version: "1".to_owned(),
            }),
            blocks: vec!["minors".to_owned()],
            open_until: Some(1_794_600_000_000),
            grace_until: None,
            organisations: vec![OrganisationId([2; 16])],
        }],
        organisations: vec![NamedOrganisation {
            id: OrganisationId([2; 16]),
            name: "Leger des Heils".to_owned(),
        }],
        areas: vec![Area {
            name: "Stationsplein".to_owned(),
            municipality: "enschede".to_owned(),
        }],
        coordinators: vec![NamedCoordinator {
            device: DevicePublic([3; 32]),
            name: "Noor".to_owned(),
        }],
    }
}

fn contents() -> [BlobContent; 4] {
    let text = str::to_owned;
    [
        BlobContent::Settings(settings()),
        BlobContent::Form(FormBlob {
            id: text("ethos-count"),
            version: text("2"),
            survey: text("type,name\ntext,remark\n"),
            choices: text("list_name,name\n"),
            settings: text("form_id\n"),
        }),
        BlobContent::Cards(vec![Card {
            id: text("cold"),
            title: text("Kou"),
            text: text("Bel 112 bij onderkoeling."),
            checked_on: text("2026-10-01"),
            source: text("GGD"),
        }]),
        BlobContent::Snapshot(SnapshotBlob {
            campaign: CampaignId([1; 16]),
            version: 1,
            at: -1,
            tables: vec![SnapshotTable {
                name: text("ethos"),
                csv: text("category,total\n1,4\n"),
            }],
        }),
    ]
}

fn key(number: u64) -> SettingsKey {
    SettingsKey::generate(number, &mut Seeded(number))
}

fn seal(content: &BlobContent) -> Result<Blob, EnvelopeError> {
    Blob::seal(&key(1), &REGION, content, &mut Seeded(70))
}

fn open(blob: &Blob) -> Result<OpenedBlob, EnvelopeError> {
    blob.open(&key(1), &REGION, &blob.id())
}

/// A blob as another program would make it: any fields in front, any plaintext, packed or not.
fn raw([version, kind]: [u64; 2], packed: &[u8]) -> Vec<u8> {
    let bound = |out: &mut Writer| {
        out.uint(version).bytes(&REGION.0).uint(1).uint(kind);
    };
    let key = label::derive(key(1).secret(), &[label::SETTINGS, &[kind as u8]]);
    let mut aad = Writer::default();
    aad.array(4);
    bound(&mut aad);
    let aad = [label::SETTINGS, &aad.finish()].concat();
    let (nonce, sealed) = seal_raw(&key, &aad, packed, &mut Seeded(71));
    let mut out = Writer::default();
    out.array(6);
    bound(&mut out);
    out.bytes(&nonce).bytes(&sealed);
    out.finish()
}

fn open_raw(kind: u64, plain: &[u8]) -> Result<OpenedBlob, EnvelopeError> {
    let packed = miniz_oxide::deflate::compress_to_vec(plain, 6);
    open(&Blob::from_bytes(&raw([1, kind], &packed)).unwrap())
}

fn record(fields: usize, write: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut out = Writer::default();
    out.array(fields);
    write(&mut out);
    out.finish()
}

#[test]
fn each_kind_opens_as_it_was_sealed() {
    for content in contents() {
        let blob = seal(&content).unwrap();
        let again = Blob::from_bytes(blob.bytes()).unwrap();
        assert_eq!(again, blob);
        assert_eq!(again.kind(), content.kind());
        let opened = open(&again).unwrap();
        assert_eq!(opened.content, content);
        assert!(!opened.has_newer_fields);
    }
}

#[test]
fn another_blob_in_its_place_is_not_opened() {
    let [one, two, ..] = contents().map(|content| seal(&content).unwrap());
    let refused = one.open(&key(1), &REGION, &two.id());
    assert_eq!(refused, Err(EnvelopeError::Forged("blob")));
}

#[test]
fn a_changed_byte_is_refused_wherever_it_is() {
    let blob = seal(&contents()[2]).unwrap();
    for index in 0..blob.bytes().len() {
        let mut changed = blob.bytes().to_vec();
        changed[index] ^= 1;
        // By its name, and even under a name of its own.
        if let Ok(changed) = Blob::from_bytes(&changed) {
            let by_name = changed.open(&key(1), &REGION, &blob.id());
            assert_eq!(by_name, Err(EnvelopeError::Forged("blob")));
            assert!(open(&changed).is_err(), "{index}");
        }
    }
}

#[test]
fn a_blob_under_another_key_number_or_region_does_not_open() {
    let blob = seal(&contents()[0]).unwrap();
    let other = blob.open(&key(2), &REGION, &blob.id());
    assert_eq!(other, Err(EnvelopeError::NotForThisKey));
    let same_number = SettingsKey::generate(1, &mut Seeded(3));
    let other = blob.open(&same_number, &REGION, &blob.id());
    assert_eq!(other, Err(EnvelopeError::Forged("seal")));
    let elsewhere = blob.open(&key(1), &RegionId([8; 32]), &blob.id());
    let refused = EnvelopeError::Malformed("another region");
    assert_eq!(elsewhere, Err(refused));
}

#[test]
fn a_blob_that_claims_to_be_of_another_kind_does_not_open() {
    let blob = seal(&contents()[0]).unwrap();
    let mut other = blob.bytes().to_vec();
    let at = 1 + 1 + 34 + 1;
    assert_eq!(other[at], 1);
    other[at] = 2;
    let other = Blob::from_bytes(&other).unwrap();
    assert_eq!(other.kind(), BlobKind::Form);
    assert_eq!(open(&other), Err(EnvelopeError::Forged("seal")));
}

#[test]
fn an_unknown_kind_is_kept_and_an_unknown_version_asks_for_an_update() {
    for kind in [0, 5, 255, 256, u64::MAX] {
        let bytes = raw([1, kind], b"later");
        let blob = Blob::from_bytes(&bytes).unwrap();
        assert_eq!(blob.kind(), BlobKind::Unknown(kind));
        assert_eq!(blob.bytes(), bytes);
        assert_eq!(open(&blob), Err(EnvelopeError::Newer("blob")));
    }
    let later = Blob::from_bytes(&raw([2, 1], b"later"));
    assert_eq!(later, Err(EnvelopeError::Newer("blob")));
}

#[test]
fn fields_that_a_later_version_appends_are_passed_over_and_told() {
    let mut appended = seal(&contents()[1]).unwrap().bytes().to_vec();
    appended[0] += 1;
    appended.push(0xf5);
    let blob = Blob::from_bytes(&appended).unwrap();
    assert_eq!(blob.bytes(), appended);
    assert_eq!(open(&blob).unwrap().content, contents()[1]);

    let cards = record(2, |out| {
        out.array(1).array(5);
        for text in [
            "cold",
            "Kou",
            "Bel 112 bij onderkoeling.",
            "2026-10-01",
            "GGD",
        ] {
            out.text(text);
        }
        out.map(0);
    });
    let opened = open_raw(3, &cards).unwrap();
    assert_eq!(opened.content, contents()[2]);
    assert!(opened.has_newer_fields);
    // Deep inside, too.
    let deep = record(4, |out| {
        out.bytes(&[1; 16]).uint(1).int(-1).array(1).array(3);
        out.text("ethos").text("category,total\n1,4\n").null();
    });
    let opened = open_raw(4, &deep).unwrap();
    assert_eq!(opened.content, contents()[3]);
    assert!(opened.has_newer_fields);
}

#[test]
fn a_content_that_is_not_as_described_is_refused() {
    let form = record(4, |out| {
        (0..4).for_each(|_| {
            out.text("");
        });
    });
    let few = EnvelopeError::Malformed("too few fields");
    assert_eq!(open_raw(2, &form), Err(few));
    assert!(open_raw(1, &form).is_err());
    let mut more = record(1, |out| {
        out.array(0);
    });
    open_raw(3, &more).unwrap();
    more.push(0);
    let behind = EnvelopeError::Malformed("more bytes");
    assert_eq!(open_raw(3, &more), Err(behind));
    let plain = Blob::from_bytes(&raw([1, 3], b"\xff\xff\xff")).unwrap();
    assert_eq!(open(&plain), Err(EnvelopeError::Malformed("deflate")));
}

#[test]
fn what_inflates_beyond_the_limit_is_refused() {
    let bomb = vec![0; MAX_CONTENT + 1];
    let refused = Err(EnvelopeError::Malformed("deflate"));
    assert_eq!(open_raw(3, &bomb), refused);
}

#[test]
fn a_list_or_a_name_over_its_limit_is_neither_made_nor_read() {
    let sealed = |change: fn(&mut SettingsBlob)| {
        let mut changed = settings();
        change(&mut changed);
        seal(&BlobContent::Settings(changed)).map(drop)
    };
    fn repeat<T: Clone>(list: &mut Vec<T>, times: usize) {
        *list = vec![list[0].clone(); times];
    }
    let list = Err(EnvelopeError::TooLarge("list"));
    assert_eq!(
        sealed(|one| repeat(&mut one.campaigns, MAX_CAMPAIGNS)),
        Ok(())
    );
    assert_eq!(
        sealed(|one| repeat(&mut one.campaigns, MAX_CAMPAIGNS + 1)),
        list
    );
    assert_eq!(
        sealed(|one| repeat(&mut one.organisations, MAX_LIST)),
        Ok(())
    );
    assert_eq!(
        sealed(|one| repeat(&mut one.organisations, MAX_LIST + 1)),
        list
    );
    assert_eq!(sealed(|one| repeat(&mut one.areas, MAX_LIST)), Ok(()));
    assert_eq!(sealed(|one| repeat(&mut one.areas, MAX_LIST + 1)), list);
    assert_eq!(
        sealed(|one| repeat(&mut one.coordinators, MAX_LIST + 1)),
        list
    );
    let name = Err(EnvelopeError::TooLarge("name"));
    let long = || "é".repeat(MAX_NAME / 2) + "e";
    assert_eq!(long().len(), MAX_NAME + 1);
    assert_eq!(sealed(|one| one.region = "e".repeat(MAX_NAME)), Ok(()));
    assert_eq!(sealed(|one| one.region = "é".repeat(61)), name);
    assert_eq!(sealed(|one| one.campaigns[0].name = "e".repeat(121)), name);
    assert_eq!(sealed(|one| one.areas[0].name = "e".repeat(121)), name);
    assert_eq!(
        sealed(|one| one.organisations[0].name = "e".repeat(121)),
        name
    );
    assert_eq!(
        sealed(|one| one.coordinators[0].name = "e".repeat(121)),
        name
    );
    let read = record(1, |out| {
        out.array(MAX_LIST + 1);
        (0..=MAX_LIST).for_each(|_| {
            out.null();
        });
    });
    assert_eq!(open_raw(3, &read), Err(EnvelopeError::TooLarge("list")));
}

#[test]
fn a_content_or_a_blob_over_its_limit_is_not_made() {
    let table = |csv: String| {
        let tables = vec![SnapshotTable {
            name: "ethos".to_owned(),
            csv,
        }];
        seal(&BlobContent::Snapshot(SnapshotBlob {
            campaign: CampaignId([1; 16]),
            version: 1,
            at: 0,
            tables,
        }))
    };
    let refused = Err(EnvelopeError::TooLarge("blob"));
    assert!(table("x".repeat(MAX_CONTENT - 40)).is_ok());
    assert_eq!(table("x".repeat(MAX_CONTENT)), refused);
    let mut noise = vec![0; 340_000];
    Seeded(72).fill(&mut noise);
    let noise = noise.iter().map(|byte| char::from(33 + byte % 90));
    assert_eq!(table(noise.collect()), refused);
    let endless = vec![0x86; MAX_BLOB + 1];
    assert_eq!(Blob::from_bytes(&endless), refused);
}

#[test]
fn nothing_of_the_content_is_printed() {
    let printed = format!("{:?}", seal(&contents()[0]).unwrap());
    assert!(printed.starts_with("Blob(Settings "), "{printed}");
}

proptest! {
    #[test]
    fn random_bytes_are_refused_quietly(
        bytes in proptest::collection::vec(any::<u8>(), 0..300), kind in 1_u64..5,
    ) {
        if let Ok(blob) = Blob::from_bytes(&bytes) {
            prop_assert!(open(&blob).is_err());
        }
        // Behind a seal that holds, too: a member may be hostile.
        drop(open_raw(kind, &bytes));
        drop(Blob::from_bytes(&raw([1, kind], &bytes)).map(|blob| open(&blob)));
    }

    #[test]
    fn lengths_are_not_taken_at_their_word(
        heads in proptest::collection::vec((2_u8..6, 24_u8..28, any::<u64>()), 1..12),
        kind in 1_u64..5,
    ) {
        let mut bytes = vec![0x85];
        for (major, low, value) in heads {
            bytes.push(major << 5 | low);
            bytes.extend(value.to_be_bytes());
        }
        prop_assert!(Blob::from_bytes(&bytes).is_err());
        prop_assert!(open_raw(kind, &bytes).is_err());
        prop_assert!(open_raw(kind, &bytes[1..]).is_err());
    }
}
