//! What stands on a disk stays readable: snapshots of each row, and a whole device kept as a fixture.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail a test")]

mod device;

use device::{Browser, Device, code, start_round};
use pollster::block_on;
use std::fmt::Write as _;
use veldpost_domain::RecordKind;
use veldpost_journal::rows::{
    Attempts, DraftBody, DraftRow, Head, Membership, OpenRound, Preferences, RunRow, Settings,
    Situation, Stub, Stubs, Tap,
};
use veldpost_journal::{Journal, JournalError, Kind, NewRegion, Row, TapReason, Tile};
use veldpost_store::memory::MemoryDatabase;
use veldpost_store::{Batch, Shelf, Store};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| u8::try_from((byte as char).to_digit(16).unwrap()).unwrap();
    text.as_bytes()
        .chunks(2)
        .map(|pair| digit(pair[0]) * 16 + digit(pair[1]))
        .collect()
}

#[track_caller]
fn snapshot<T: Row + PartialEq>(row: &T, expected: &str) {
    let bytes = row.to_bytes();
    assert_eq!(hex(&bytes), expected);
    assert!(T::from_bytes(&bytes).unwrap() == *row);
}

fn situation() -> Situation {
    Situation {
        area: Some("A".into()),
        ..Situation::default()
    }
}

fn membership() -> Membership {
    Membership {
        region: [1; 32],
        form: 1,
        relay: Some("https://post.example".into()),
        head: [2; 32],
        height: 7,
        epoch: 3,
        letterbox: [3; 32],
        recovery: [4; 32],
        device: [5; 32],
        roles: vec![1, 17],
        invitation: None,
        group: false,
        member: true,
        removed: false,
        ready: true,
        stage: Some(2),
        seen: None,
        desk: true,
        organisation: Some([6; 16]),
    }
}

#[test]
fn what_a_device_is_in_its_region_is_written_as_the_format_says() {
    let origin = "68747470733a2f2f706f73742e6578616d706c65";
    let hash = |byte: &str| format!("5820{}", byte.repeat(32));
    let (region, head, key) = (hash("01"), hash("02"), hash("03"));
    let (recovery, device) = (hash("04"), hash("05"));
    let organisation = "06".repeat(16);
    let expected = format!(
        "93{region}0174{origin}{head}0703{key}{recovery}{device}820111f6f4f5f4f502f6f550{organisation}"
    );
    snapshot(&membership(), &expected);
}

#[test]
fn each_row_is_written_as_the_format_says() {
    snapshot(
        &Head {
            stream: [1; 16],
            next_seq: 7,
            prev_hash: [2; 32],
            hlc: 9,
            block: 3,
            recorded: 5,
        },
        &format!("8650{}075820{}090305", "01".repeat(16), "02".repeat(32)),
    );
    let stub = Stub {
        record: [1; 16],
        operation: [2; 16],
        kind: 2,
        act: 0,
        at: -1,
        promoted_from: None,
    };
    snapshot(
        &Stubs { stubs: vec![stub] },
        &format!("81818550{}50{}020020", "01".repeat(16), "02".repeat(16)),
    );
    snapshot(
        &RunRow {
            address: None,
            entries: vec![0x80],
        },
        "82f64180",
    );
    let tap = Tap {
        record: [1; 16],
        operation: [2; 16],
        tile: 3,
        at: 0,
        reason: None,
    };
    let round = OpenRound {
        round: [3; 16],
        organisation: None,
        crew: None,
        started_at: 1,
        situation: situation(),
        totals: vec![1, 0, 0, 0],
        taps: vec![tap],
        persons: 2,
        risk_accepted: false,
        remark: Some(vec![9]),
        campaign: None,
    };
    snapshot(
        &round,
        &format!(
            "8a50{}f6f60185f6f6f6f66141840100000081{}02f44109",
            "03".repeat(16),
            format_args!("8450{}50{}0300", "01".repeat(16), "02".repeat(16)),
        ),
    );
    snapshot(
        &DraftRow {
            at: 1,
            local: None,
            device: Some(vec![9]),
            promoted_from: None,
        },
        "8301f64109",
    );
    let of_a_tap = DraftRow {
        at: 1,
        local: None,
        device: Some(vec![9]),
        promoted_from: Some([2; 16]),
    };
    snapshot(&of_a_tap, &format!("8401f6410950{}", "02".repeat(16)));
    let of_a_group = DraftRow {
        at: 1,
        local: Some(vec![8]),
        device: None,
        promoted_from: None,
    };
    snapshot(&of_a_group, "82014108");
    let body = DraftBody {
        record: [1; 16],
        form: "f".into(),
        version: "1".into(),
        answers: vec![0xa0],
        page: 2,
        promoted_from: None,
        started_at: 3,
        amends: true,
        campaign: None,
        before: None,
    };
    snapshot(
        &body,
        &format!("8850{}6166613141a002f603f5", "01".repeat(16)),
    );
    let settings = Settings {
        campaign: [1; 16],
        count_date: "d".into(),
        organisations: vec![],
        areas: vec![],
        blocks: vec!["b".into()],
        kit_proven: true,
        region: None,
        campaign_name: None,
        own_name: None,
    };
    snapshot(
        &settings,
        &format!("8650{}6164808081{}f5", "01".repeat(16), "6162"),
    );
    snapshot(
        &Attempts {
            failed: 2,
            last_at: 1,
        },
        "820201",
    );
    snapshot(
        &Preferences {
            left_hand: true,
            ..Preferences::default()
        },
        "83f6f6f5",
    );
}

#[test]
fn the_row_for_the_kit_names_region_device_and_recovery_key() {
    let device = Device::new();
    let book = device.found();
    let row = block_on(book.store().read(Shelf::Keys, b"vault/kit"));
    let row = hex(&row.unwrap().unwrap());
    // `[1, 32 bytes, 32 bytes, 32 bytes, 32 bytes, 87 bytes]`: 71 of plaintext, 16 of tag.
    let key = "5820";
    let at = |field: usize| row.get(4 + field * 68..8 + field * 68).unwrap();
    assert_eq!(row.get(..4), Some("8601"));
    assert_eq!([0, 1, 2, 3].map(at), [key; 4]);
    assert_eq!(row.get(4 + 4 * 68..8 + 4 * 68), Some("5855"));
    assert_eq!(row.len(), 2 * (2 + 4 * 34 + 2 + 85));
    let new = NewRegion::make(Kind::Solo, Device::settings(), &Device::new().world).unwrap();
    let recovery = hex(&new.kit().recovery().public().0);
    assert_eq!(row.get(8 + 2 * 68..4 + 3 * 68), Some(recovery.as_str()));
}

const FIXTURE: &str = include_str!("fixtures/solo-1.txt");

/// Everything on a device, one row a line: shelf, key, value.
fn written(database: &MemoryDatabase) -> String {
    let store = database.open();
    let mut text = String::new();
    for shelf in Shelf::ALL {
        for (key, value) in block_on(store.read_all(shelf)).unwrap() {
            let _ = writeln!(text, "{} {} {}", shelf.name(), hex(&key), hex(&value));
        }
    }
    text
}

/// A device that has seen a bit of everything.
fn lived_in() -> Device {
    let device = Device::new();
    let book = device.found();
    start_round(&book);
    for tile in [Tile::Man, Tile::Woman, Tile::Child, Tile::Unknown] {
        block_on(book.tap(tile)).unwrap();
    }
    block_on(book.give_reason(TapReason::Asleep)).unwrap();
    device.unlock(&book);
    block_on(book.fold()).unwrap();
    block_on(book.lock());
    block_on(book.tap(Tile::Man)).unwrap();
    block_on(book.undo()).unwrap();
    block_on(book.tap(Tile::Woman)).unwrap();
    device
}

#[test]
fn a_device_written_by_version_1_opens_and_grows() {
    if std::env::var_os("VELDPOST_WRITE_FIXTURES").is_some() {
        std::fs::write("tests/fixtures/solo-1.txt", written(&lived_in().database)).unwrap();
        return;
    }
    let device = Device::new();
    let store = device.database.open();
    let mut batch = Batch::new();
    for line in FIXTURE.lines() {
        let [shelf, key, value] = line.splitn(3, ' ').collect::<Vec<_>>()[..] else {
            panic!("a line of the fixture is cut")
        };
        let shelf = Shelf::ALL
            .into_iter()
            .find(|known| known.name() == shelf)
            .unwrap();
        batch = batch.put(shelf, unhex(key), unhex(value));
    }
    block_on(async {
        store.claim().await.unwrap();
        store.commit(batch).await.unwrap();
    });
    let book = match block_on(Journal::open(store, device.world.clone(), &Browser)) {
        Ok(Ok(book)) => book,
        _ => panic!("the fixture does not open"),
    };
    assert_eq!(book.round().unwrap().total(), 5);
    // Its kit: the first that the same world gives out.
    let new = NewRegion::make(Kind::Solo, Device::settings(), &Device::new().world).unwrap();
    let kit = code(&new);
    assert_eq!(
        block_on(book.unlock_with_kit(&kit)),
        Err(JournalError::NothingForKit),
        "nothing was written for the kit before the first unlock"
    );
    let unlocked = device.unlock(&book);
    assert_eq!((unlocked.records, unlocked.damaged), (6, 0));
    block_on(book.lock());
    let unlocked = block_on(book.unlock_with_kit(&kit)).unwrap();
    assert_eq!((unlocked.records, unlocked.damaged), (6, 0));
    block_on(book.tap(Tile::Man)).unwrap();
    block_on(book.fold()).unwrap();
    let records = book.records();
    let standing = records
        .iter()
        .filter(|record| record.kind() == RecordKind::Observation && record.stands())
        .count();
    assert_eq!(standing, 6);
}
