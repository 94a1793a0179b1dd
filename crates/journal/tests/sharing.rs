//! A book that others share: what is saved is told to sync, the writer can be held, and a device of a group keeps
//! nothing that it could read.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail a test")]

mod device;

use device::{Book, Browser, Device, filled, outside, start_round};
use pollster::block_on;
use std::task::{Context, Waker};
use veldpost_domain::{Act, Answers, CampaignId, OperationId, RecordId, RecordKind, StreamId};
use veldpost_envelope::genesis::Role;
use veldpost_envelope::keys::SettingsKey;
use veldpost_envelope::statement::Subject;
use veldpost_envelope::stream::StreamOpen;
use veldpost_envelope::wire::Items;
use veldpost_envelope::{
    ActHash, CameBy, EntryHash, Genesis, Joined, Purpose, Roster, StreamState,
};
use veldpost_journal::rows::{DraftBody, DraftRow, Membership, RunRow, Settings};
use veldpost_journal::{
    Filled, Journal, Kind, LeftForm, NewMember, NewRegion, OPEN_FOR, Outside, Protection, Remark,
    Row, Tile, UNFINISHED,
};
use veldpost_store::{Batch, Shelf, Store, StoreError};

const RELAY: &str = "https://post.example";
const INVITATION: [u8; 16] = [7; 16];

fn founded(device: &Device) -> (Book, Vec<u8>) {
    let new = NewRegion::make(Kind::Shared, Device::settings(), &device.world).unwrap();
    let genesis = new.genesis().to_vec();
    let store = device.database.open();
    let book = block_on(async {
        store.claim().await.unwrap();
        let (world, own) = (device.world.clone(), Protection::OwnKey);
        let found = Journal::found(store, world, &Browser, &new, Some(RELAY), &own);
        found.await.map_err(|(error, ..)| error).unwrap()
    });
    (book, genesis)
}

/// A device of a group joins a region that another one founded.
fn joined(device: &Device, group: bool) -> Book {
    let (_, genesis) = founded(&Device::new());
    let roster = Roster::new(&Genesis::verify(&genesis).unwrap());
    // Every device of these tests draws the same: this one has drawn more.
    device.world.random(&mut [0; 8]);
    let member = NewMember::make(&device.world);
    let store = device.database.open();
    let joined = Joined {
        relay: RELAY,
        roster: &roster,
        acts: &[genesis],
        settings_key: SettingsKey::generate(1, &mut Counting(0)),
        came_by: Some(CameBy {
            invitation: INVITATION,
            join: b"join".to_vec().into(),
            welcome: b"welcome",
        }),
        recovery: None,
        group,
        desk: false,
        roles: &[Role::Counter],
    };
    block_on(async {
        store.claim().await.unwrap();
        let (world, own) = (device.world.clone(), Protection::OwnKey);
        let settings = Device::settings();
        let book = Journal::join(store, world, &Browser, &member, &joined, &settings, &own);
        book.await.map_err(|(error, ..)| error).unwrap()
    })
}

struct Counting(u8);

impl veldpost_envelope::RandomBytes for Counting {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.0 = self.0.wrapping_add(1);
            *byte = self.0;
        }
    }
}

fn outbox(book: &Book) -> Vec<RunRow> {
    let rows = block_on(book.store().read_all(Shelf::Outbox)).unwrap();
    let rows = rows.iter().map(|(_, row)| RunRow::from_bytes(row).unwrap());
    rows.collect()
}

fn opening(book: &Book) -> StreamOpen {
    let rows = outbox(book);
    let first = Items::new(&rows[0].entries).next().unwrap().unwrap();
    StreamOpen::read(&veldpost_envelope::Entry::from_bytes(first).unwrap()).unwrap()
}

/// Half of it would say something else.
#[test]
fn a_judgement_is_taken_back_by_two_statements_in_one_commit() {
    let device = Device::new();
    let (book, _) = founded(&device);
    start_round(&book);
    let before = outbox(&book).len();
    let subject = Subject::Invitation(INVITATION);
    block_on(book.unjudge(vec![(subject, vec![OperationId([5; 16])])])).unwrap();
    let rows = outbox(&book);
    assert_eq!(rows.len(), before + 1);
    let run = rows.last().unwrap();
    // Before them stand what opens the stream and its key, if it is the first run.
    let entries = Items::new(&run.entries).count();
    assert_eq!(entries, if before == 0 { 4 } else { 2 });
    assert_eq!(book.take_saved().len(), 1);
}

#[test]
fn what_is_saved_is_told_once_and_names_where_it_goes() {
    let device = Device::new();
    let (book, _) = founded(&device);
    start_round(&book);
    block_on(book.tap(Tile::Man)).unwrap();
    let told = book.take_saved();
    assert_eq!(told.len(), 1);
    assert!(book.take_saved().is_empty());
    let rows = outbox(&book);
    assert_eq!(
        rows[0].address.as_deref(),
        Some("https://post.example/v1/entries")
    );
    // What sync begins with holds it too: it is not told twice.
    block_on(book.tap(Tile::Man)).unwrap();
    assert_eq!(block_on(book.sync_rows()).unwrap().outbox.len(), 2);
    assert!(book.take_saved().is_empty());
}

#[test]
fn wiping_left_others_records_and_the_join_on_a_device_of_a_region() {
    let device = Device::new();
    let book = joined(&device, false);
    start_round(&book);
    block_on(book.tap(Tile::Man)).unwrap();
    let shelves = [
        Shelf::Streams,
        Shelf::Objects,
        Shelf::Originals,
        Shelf::Aside,
    ];
    let mut batch = Batch::new().put(Shelf::Meta, b"relay", b"row");
    for shelf in shelves {
        batch = batch.put(shelf, [1; 16], b"row");
    }
    block_on(book.store().commit(batch)).unwrap();
    block_on(book.wipe()).unwrap();
    for shelf in Shelf::ALL {
        let left = block_on(book.store().read_all(shelf)).unwrap();
        let left: Vec<_> = left.into_iter().map(|(key, _)| key).collect();
        assert!(
            left.iter().all(|key| key == b"format" || key == b"fence"),
            "{} {left:?}",
            shelf.name()
        );
    }
}

#[test]
fn what_others_are_to_receive_is_never_folded_away() {
    let device = Device::new();
    let (book, _) = founded(&device);
    start_round(&book);
    block_on(book.tap(Tile::Man)).unwrap();
    block_on(book.unlock(None)).unwrap();
    assert_eq!(block_on(book.fold()).unwrap(), 0);
    assert_eq!(outbox(&book).len(), 1);
}

#[test]
fn a_start_knows_what_the_device_is_in_its_region() {
    let device = Device::new();
    let (book, _) = founded(&device);
    let before = book.membership();
    assert!(before.is_shared() && before.coordinates(Purpose::Count));
    let moved = Membership {
        height: 3,
        ready: true,
        ..before
    };
    block_on(book.keep_membership(moved.clone())).unwrap();
    drop(book);
    assert_eq!(device.restart().membership(), moved);
}

#[test]
fn a_newcomers_stream_names_its_invitation_until_it_is_a_member() {
    let device = Device::new();
    let book = joined(&device, false);
    assert!(!book.membership().member);
    start_round(&book);
    block_on(book.tap(Tile::Man)).unwrap();
    assert_eq!(opening(&book).invitation, Some(INVITATION));
    let other = Device::new();
    let book = joined(&other, false);
    let member = Membership {
        member: true,
        ..book.membership()
    };
    block_on(book.keep_membership(member)).unwrap();
    start_round(&book);
    block_on(book.tap(Tile::Man)).unwrap();
    assert_eq!(opening(&book).invitation, None);
}

#[test]
fn a_device_of_a_group_keeps_nothing_that_it_could_read() {
    for (group, readable) in [(true, 0), (false, 1)] {
        let device = Device::new();
        let book = joined(&device, group);
        start_round(&book);
        block_on(book.tap(Tile::Man)).unwrap();
        drop(book);
        let book = device.restart();
        let unlocked = block_on(book.unlock(None)).unwrap();
        assert_eq!(
            (unlocked.records, unlocked.damaged),
            (readable, 0),
            "{group}"
        );
    }
}

fn draft(record: RecordId, amends: bool) -> DraftBody {
    DraftBody {
        record: record.0,
        form: "ethos-count".into(),
        version: "1".into(),
        answers: b"canary".to_vec(),
        page: 0,
        promoted_from: None,
        started_at: 1,
        amends,
        campaign: None,
        before: None,
    }
}

fn left(record: RecordId, gender: &str) -> Filled {
    filled(record, &[("gender", gender)])
}

fn left_form(record: RecordId, gender: &str, amends: bool) -> LeftForm {
    LeftForm {
        filled: left(record, gender),
        amends,
        before: None,
    }
}

/// What a stand-in for the coordinator reads of one record: this process still has it in memory.
fn gender(book: &Book, record: RecordId) -> (Option<String>, Option<String>) {
    let records = book.records();
    let record = records.get(record).unwrap();
    let text = |name: &str| record.text(name).map(str::to_owned);
    (text("gender"), text(UNFINISHED))
}

/// It would stay readable: the key that opens it has no passphrase before it.
#[test]
fn a_draft_of_a_group_is_sealed_to_nobody_and_goes_out_as_it_is() {
    let device = Device::new();
    let book = joined(&device, true);
    let record = book.new_record();
    block_on(book.keep_draft(&draft(record, false))).unwrap();
    let (_, row) = block_on(book.store().read_all(Shelf::Drafts))
        .unwrap()
        .remove(0);
    assert!(DraftRow::from_bytes(&row).unwrap().device.is_none());
    // Another form is opened, or the page is left: nothing is lost of it.
    block_on(book.close_drafts(None)).unwrap();
    let book = device.restart();
    let found = block_on(book.drafts()).unwrap();
    assert!(found[0].body.is_some() && !found[0].over);
    device.wait(OPEN_FOR + 1);
    let book = device.restart();
    let found = block_on(book.drafts()).unwrap();
    assert!(
        found[0].body.is_some() && found[0].over,
        "it can still be queued"
    );

    device.database.fail_next(StoreError::Full);
    assert!(block_on(book.queue_unfinished(left_form(record, "man", false))).is_err());
    assert_eq!(
        block_on(book.drafts()).unwrap().len(),
        1,
        "a refusal keeps it"
    );
    block_on(book.queue_unfinished(left_form(record, "man", false))).unwrap();
    assert!(block_on(book.drafts()).unwrap().is_empty());
    let yes = Some("yes".to_owned());
    assert_eq!(gender(&book, record), (Some("man".into()), yes.clone()));
    assert_eq!(block_on(book.stubs()).unwrap().len(), 1);

    // A last change that was written late comes to the same person, also after a start that reads nothing.
    block_on(book.queue_unfinished(left_form(record, "vrouw", false))).unwrap();
    assert_eq!(gender(&book, record), (Some("vrouw".into()), yes));
    let book = device.restart();
    block_on(book.queue_unfinished(left_form(record, "anders", false))).unwrap();
    let acts = block_on(book.stubs()).unwrap();
    let acts: Vec<u8> = acts.iter().map(|stub| stub.act).collect();
    assert_eq!(acts, [0, 1, 1], "one person");
    let unlocked = block_on(device.restart().unlock(None)).unwrap();
    assert_eq!((unlocked.records, unlocked.damaged), (0, 0));
}

/// Both looked before either had the writer's turn.
#[test]
fn a_left_form_that_two_would_queue_becomes_one_record() {
    let device = Device::new();
    let book = joined(&device, true);
    start_round(&book);
    block_on(book.tap(Tile::Man)).unwrap();
    let record = book.new_record();
    let queue = || Box::pin(book.queue_unfinished(left_form(record, "man", false)));
    let held = block_on(book.hold_writer()).unwrap();
    let (mut one, mut other) = (queue(), queue());
    for queueing in [&mut one, &mut other] {
        let mut context = Context::from_waker(Waker::noop());
        assert!(queueing.as_mut().poll(&mut context).is_pending());
    }
    drop(held);
    block_on(one).unwrap();
    block_on(other).unwrap();
    let created = block_on(book.stubs()).unwrap();
    let created = created.iter().filter(|stub| stub.record == record.0);
    assert_eq!(created.count(), 1);
    assert_eq!(book.round().unwrap().persons, 1);
}

#[test]
fn a_change_that_was_left_on_a_device_of_a_group_follows_what_it_changed() {
    let device = Device::new();
    let book = joined(&device, true);
    let record = book.new_record();
    block_on(book.record_person(left(record, "man"))).unwrap();
    block_on(book.keep_draft(&draft(record, true))).unwrap();
    let book = device.restart();
    block_on(book.queue_unfinished(left_form(record, "vrouw", true))).unwrap();
    assert!(block_on(book.drafts()).unwrap().is_empty());
    let first = block_on(book.stubs()).unwrap()[0].operation;
    let records = book.records();
    let Act::Amend { changes } = &records
        .get(record)
        .unwrap()
        .operations()
        .next()
        .unwrap()
        .act
    else {
        panic!("it was not amended");
    };
    let told = (changes[0].name.as_str(), changes[0].base);
    assert_eq!(told, ("gender", OperationId(first)));
    assert_eq!(changes.len(), 1, "what is whole is not marked");
    drop(records);

    // What was taken away is taken away, and what was not touched is left to others.
    let mut stood = Answers::default();
    stood.set("gender", "man");
    stood.set("age_band", "27-35");
    stood.set(UNFINISHED, "yes");
    let mut form = left_form(record, "man", true);
    form.before = Some(stood);
    let book = device.restart();
    block_on(book.queue_unfinished(form)).unwrap();
    let records = book.records();
    let operations = records.get(record).unwrap().operations();
    let Act::Amend { changes } = &operations.last().unwrap().act else {
        panic!("it was not amended");
    };
    let told = changes
        .iter()
        .map(|it| (it.name.as_str(), it.value.is_none()));
    let told: Vec<_> = told.collect();
    assert_eq!(told, [("age_band", true), (UNFINISHED, true)]);
}

#[test]
fn a_remark_of_a_group_goes_out_before_the_round_ends() {
    let device = Device::new();
    let book = joined(&device, true);
    start_round(&book);
    let typed = || "een canary".to_owned().into();
    block_on(book.keep_remark(typed(), true)).unwrap();
    let book = device.restart();
    assert!(book.remark() == Remark::Typed("een canary".into()));
    block_on(book.drafts()).unwrap();
    assert!(book.remark() != Remark::None, "it is being typed");
    block_on(book.close_drafts(None)).unwrap();
    assert!(book.remark() != Remark::None && !book.remark_is_over());
    block_on(book.queue_remark()).unwrap();
    assert!(book.remark() == Remark::None, "lock-and-leave");
    {
        let records = book.records();
        let report = records.iter().next().unwrap();
        assert_eq!(report.kind(), RecordKind::RoundReport);
        assert_eq!(report.text("remark"), Some("een canary"));
        assert_eq!(report.text("total_persons"), None);
    }
    block_on(book.queue_remark()).unwrap();
    assert_eq!(book.records().len(), 1, "once");

    block_on(book.keep_remark(typed(), true)).unwrap();
    device.wait(OPEN_FOR + 1);
    let book = device.restart();
    block_on(book.drafts()).unwrap();
    assert!(book.remark_is_over(), "an hour has passed");
    block_on(book.queue_remark()).unwrap();
    assert!(!book.remark_is_over());
    block_on(book.stop_round("", false)).unwrap();
    assert_eq!(block_on(book.stubs()).unwrap().len(), 3);
}

/// The region went on to another count; who is still on the street counts for the one that was begun.
#[test]
fn a_round_and_a_form_stay_with_the_count_that_they_were_begun_for() {
    let device = Device::new();
    let book = joined(&device, false);
    let count = |campaign: u8| Settings {
        campaign: [campaign; 16],
        campaign_name: Some(format!("Telling {campaign}")),
        ..book.settings()
    };
    let of = |book: &Book, record: RecordId| {
        let records = book.records();
        records.get(record).unwrap().context().unwrap().campaign.0[0]
    };
    let form = |record, campaign| Filled {
        campaign,
        ..left(record, "man")
    };
    let record = |book: &Book, campaign| {
        let record = book.new_record();
        block_on(book.record_person(form(record, campaign))).unwrap();
        record
    };
    // Nobody told it yet which count it is: what is begun goes where it turns out to belong.
    assert_eq!(book.known_campaign(), None);
    block_on(book.follow_settings(count(1))).unwrap();
    start_round(&book);
    let begun_for = book.known_campaign();
    assert_eq!(begun_for, Some(CampaignId([1; 16])));
    block_on(book.follow_settings(count(2))).unwrap();
    let tap = block_on(book.tap(Tile::Man)).unwrap();
    assert_eq!(of(&book, tap), 1);
    assert_eq!(of(&book, record(&book, None)), 1);
    assert_eq!(book.known_campaign(), begun_for);
    drop(book);
    let book = device.restart();
    let tap = block_on(book.tap(Tile::Man)).unwrap();
    assert_eq!(of(&book, tap), 1, "after a kill too");
    block_on(book.stop_round("", false)).unwrap();
    let reports = |book: &Book| {
        let records = book.records();
        let mut reports = records
            .iter()
            .filter(|it| it.kind() == RecordKind::RoundReport);
        reports.next().unwrap().id()
    };
    assert_eq!(of(&book, reports(&book)), 1);
    assert_eq!(
        of(&book, record(&book, begun_for)),
        1,
        "a form that was begun before"
    );
    assert_eq!(of(&book, record(&book, book.known_campaign())), 2);
    start_round(&book);
    let tap = block_on(book.tap(Tile::Man)).unwrap();
    assert_eq!(of(&book, tap), 2);
}

#[test]
fn the_next_save_goes_on_where_the_held_writer_was_moved_to() {
    let device = Device::new();
    let (book, _) = founded(&device);
    assert!(
        block_on(book.hold_writer()).unwrap().is_none(),
        "nothing was saved"
    );
    start_round(&book);
    block_on(book.tap(Tile::Man)).unwrap();
    let held = block_on(book.hold_writer()).unwrap().unwrap();
    assert_eq!(held.context().roster_head, ActHash(book.membership().head));
    let moved = StreamState {
        stream: StreamId([9; 16]),
        next_seq: 5,
        prev_hash: EntryHash([8; 32]),
    };
    let beside = Batch::new().put(Shelf::Streams, [9; 16], b"row");
    block_on(held.commit(beside, moved)).unwrap();
    block_on(book.set_situation(outside())).unwrap();
    block_on(book.tap(Tile::Man)).unwrap();
    let key = [[9; 16].as_slice(), &5_u64.to_be_bytes()].concat();
    let row = block_on(book.store().read(Shelf::Outbox, &key)).unwrap();
    let row = RunRow::from_bytes(&row.unwrap()).unwrap();
    // A content key of its own comes first: the one before was handed out in another stream.
    assert_eq!(Items::new(&row.entries).count(), 2);
}
