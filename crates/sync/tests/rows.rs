//! Every row that sync keeps, byte for byte, as `docs/format.md` section 20 says: what is on a phone must be read by the
//! next version.

use veldpost_domain::StreamId;
use veldpost_envelope::wire::{Incarnation, Standing};
use veldpost_envelope::{ActHash, DevicePublic, EntryHash, JoinHash, ObjectHash, Purpose};
use veldpost_sync::rows::{self, *};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// So many bytes of one value.
fn many(byte: &str, number: usize) -> String {
    byte.repeat(number)
}

/// The same with a field appended.
fn appended(row: &[u8]) -> Vec<u8> {
    let mut longer = row.to_vec();
    longer[0] += 1;
    longer.extend([0x63, b'n', b'e', b'w']);
    longer
}

fn relay() -> RelayRow {
    RelayRow {
        origin: "https://r.nl".to_owned(),
        incarnation: Some(Incarnation([1; 16])),
        position: 300,
        height: 2,
        head: ActHash([3; 32]),
        standing: Standing::Joined,
        at: 1_794_500_000_000,
        settled: true,
        continued: [
            Continued {
                since: -1,
                streams: 8,
            },
            Continued::default(),
            Continued::default(),
            Continued::default(),
        ],
    }
}

#[test]
fn the_relays_row() {
    let row = relay().to_bytes();
    let expected = [
        "89",
        "6c68747470733a2f2f722e6e6c",
        "50",
        &many("01", 16),
        "19012c",
        "02",
        "5820",
        &many("03", 32),
        "02",
        "1b000001a1d088f900",
        "01",
        "84",
        "822008",
        "820000820000820000",
    ];
    assert_eq!(hex(&row), expected.concat());
    assert_eq!(RelayRow::from_bytes(&row), Some(relay()));
    assert_eq!(RelayRow::from_bytes(&appended(&row)), Some(relay()));
    let unheard = RelayRow {
        incarnation: None,
        settled: false,
        ..relay()
    };
    let row = unheard.to_bytes();
    assert_eq!(hex(&row[14..15]), "f6");
    assert_eq!(RelayRow::from_bytes(&row), Some(unheard));
    assert_eq!(RelayRow::from_bytes(&row[..row.len() - 1]), None);
}

#[test]
fn a_streams_row() {
    let stream = StreamRow {
        device: DevicePublic([1; 32]),
        purpose: Purpose::Count,
        next: 24,
        hash: EntryHash([2; 32]),
        relay_next: 23,
        relay_hash: Some(EntryHash([3; 32])),
        freed: 0,
        freed_hash: None,
    };
    let row = stream.to_bytes();
    let expected = [
        "885820",
        &many("01", 32),
        "01",
        "1818",
        "5820",
        &many("02", 32),
        "17",
        "5820",
        &many("03", 32),
        "00",
        "f6",
    ];
    assert_eq!(hex(&row), expected.concat());
    assert_eq!(StreamRow::from_bytes(&row), Some(stream));
    assert_eq!(StreamRow::from_bytes(&appended(&row)), Some(stream));
}

#[test]
fn rows_of_entries_and_objects() {
    let run = RunRow {
        address: Some("https://r.nl/v1/entries".to_owned()),
        entries: vec![9, 9],
    };
    assert_eq!(
        hex(&run.to_bytes()),
        "827768747470733a2f2f722e6e6c2f76312f656e7472696573420909"
    );
    let unsent = RunRow {
        address: None,
        entries: vec![9],
    };
    assert_eq!(hex(&unsent.to_bytes()), "82f64109");
    for run in [run, unsent] {
        assert!(RunRow::from_bytes(&appended(&run.to_bytes())) == Some(run));
    }
    let receipt = ReceiptRow {
        brought: 256,
        object: vec![7],
    };
    assert_eq!(hex(&receipt.to_bytes()), "821901004107");
    assert_eq!(
        ReceiptRow::from_bytes(&appended(&receipt.to_bytes())),
        Some(receipt)
    );
    let original = OriginalRow {
        at: 256,
        entries: vec![9, 9],
    };
    assert_eq!(hex(&original.to_bytes()), "82190100420909");
    assert!(OriginalRow::from_bytes(&appended(&original.to_bytes())) == Some(original));
    let aside = AsideRow {
        why: 2,
        at: 256,
        entries: vec![9],
    };
    assert_eq!(hex(&aside.to_bytes()), "83021901004109");
    assert!(AsideRow::from_bytes(&appended(&aside.to_bytes())) == Some(aside));
    assert_eq!(hex(&rows::join_row(1, 256, &[5])), "83011901004105");
}

#[test]
fn keys() {
    let (stream, signer) = (StreamId([1; 16]), DevicePublic([2; 32]));
    let (text, stream_hex) = (|text: &str| hex(text.as_bytes()), many("01", 16));
    let hash = ObjectHash([3; 32]);
    for (key, expected) in [
        (
            rows::run_key(stream, 258),
            stream_hex.clone() + "0000000000000102",
        ),
        (
            rows::receipt_key(stream, &signer),
            text("receipt/") + &stream_hex + &many("02", 32),
        ),
        (
            rows::checkpoint_key(Purpose::Intake, &signer),
            text("checkpoint/") + "03" + &many("02", 32),
        ),
        (rows::locked_key(&hash), text("locked/") + &many("03", 32)),
        (
            rows::erase_key(stream, &hash),
            text("erase/") + &stream_hex + &many("03", 32),
        ),
        (
            rows::aside_key(stream, 1, &[4; 8]),
            text("run/") + &stream_hex + "0000000000000001" + &many("04", 8),
        ),
        (
            rows::join_key(&JoinHash([5; 32])),
            text("join/") + &many("05", 32),
        ),
        (rows::fork_key(stream), text("fork/") + &stream_hex),
        (rows::act_key(258).unwrap().to_vec(), "00000102".to_owned()),
        (rows::RELAY.to_vec(), text("relay")),
    ] {
        assert_eq!(hex(&key), expected);
    }
}
