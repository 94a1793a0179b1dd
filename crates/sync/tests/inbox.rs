//! What comes back: receipts, what may go, erasures, the roster's news: `docs/format.md`, sections 16 and 19.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use support::relay::{Fault, Relay};
use support::{DAY, HOUR, Member, NOW, Phone, Region, Seeded, region};
use veldpost_envelope::act::{RemovalReason, Removed};
use veldpost_envelope::genesis::Role;
use veldpost_envelope::object::Ranges;
use veldpost_envelope::roster::Admission;
use veldpost_envelope::wire::{Call, Code, ItemKind, Problem};
use veldpost_envelope::{Kept, Object, Purpose};
use veldpost_store::{Batch, Shelf, Store, StoreError};
use veldpost_sync::{Attention, Notice, RecordState, Wake};

/// A phone with one run of two records at the relay.
fn scene() -> (Region, Relay, Phone) {
    let region = region(2);
    let mut relay = Relay::new(&region);
    let mut phone = Phone::new(&region, &region.worker);
    phone.save(2, &mut relay);
    relay.calls.clear();
    (region, relay, phone)
}

fn state(phone: &Phone, seq: u64) -> RecordState {
    phone.device.state_of(phone.stream(), seq).unwrap()
}

/// Both coordinators confirm everything.
fn confirm(region: &Region, relay: &mut Relay, phone: &Phone, at: i64) {
    for signer in [&region.ann, &region.ben] {
        let receipt = region.receipt(signer, relay, phone.stream(), at);
        relay.give(&receipt);
    }
}

#[test]
fn a_record_is_received_when_as_many_coordinators_confirm_it_as_are_needed() {
    let (region, mut relay, mut phone) = scene();
    let receipt = region.receipt(&region.ann, &relay, phone.stream(), NOW);
    relay.give(&receipt);
    phone.wake(Wake::Minute, &mut relay);
    assert_eq!(state(&phone, 3), RecordState::HandedOver, "one of two");
    let receipt = region.receipt(&region.ben, &relay, phone.stream(), NOW);
    relay.give(&receipt);
    phone.wake(Wake::Minute, &mut relay);
    assert_eq!(state(&phone, 3), RecordState::Received);
    assert_eq!(phone.device.summary().received, 2);
    phone.restart();
    assert_eq!(state(&phone, 3), RecordState::Received, "receipts are kept");
}

#[test]
fn a_copy_goes_a_day_after_the_receipts_and_not_before() {
    let (region, mut relay, mut phone) = scene();
    confirm(&region, &mut relay, &phone, NOW);
    phone.wake(Wake::Minute, &mut relay);
    phone.later(DAY - 1, &mut relay);
    assert_eq!(phone.waiting(), 1);
    phone.restart();
    assert_eq!(phone.waiting(), 1, "a restart is no page");
    phone.later(1, &mut relay);
    assert_eq!(phone.waiting(), 0);
    assert_eq!(state(&phone, 3), RecordState::Received);
    phone.restart();
    assert_eq!(
        state(&phone, 3),
        RecordState::Received,
        "how far it was freed is kept"
    );
}

#[test]
fn who_becomes_a_coordinator_gets_back_what_it_freed() {
    let (region, mut relay, mut phone) = scene();
    confirm(&region, &mut relay, &phone, NOW);
    phone.wake(Wake::Minute, &mut relay);
    phone.later(DAY, &mut relay);
    phone.save(1, &mut relay);
    assert_eq!(phone.waiting(), 1);
    let admission = Admission {
        device: region
            .worker
            .with_roles(vec![Role::Coordinator(Purpose::Count)]),
        invitation: None,
        join: None,
        words: true,
    };
    let opened = relay.roster.open_all(&region.ann.encryption);
    let next = relay.roster.next(&region.ann.signing, NOW);
    let act = next.device_add(&[admission], &opened).unwrap();
    relay.append(act);
    phone.later(60_000, &mut relay);
    let all = |phone: &Phone| phone.device.entries(Purpose::Count).iter().count();
    assert_eq!(all(&phone), 5);
    phone.restart();
    assert_eq!(all(&phone), 5);
    assert!(phone.notices.is_empty());
}

#[test]
fn a_phones_clock_that_jumps_frees_nothing() {
    let (region, mut relay, mut phone) = scene();
    confirm(&region, &mut relay, &phone, NOW);
    phone.wake(Wake::Minute, &mut relay);
    phone.now += 20 * 365 * DAY;
    phone.wake(Wake::Opened, &mut relay);
    assert_eq!(phone.waiting(), 1);
}

#[test]
fn a_copy_stays_when_the_relay_no_longer_shows_the_record() {
    let (region, mut relay, mut phone) = scene();
    confirm(&region, &mut relay, &phone, NOW);
    phone.wake(Wake::Minute, &mut relay);
    relay.fail(Call::Entries, Fault::Lost);
    relay.lost_its_streams();
    phone.later(2 * DAY, &mut relay);
    assert_eq!(phone.waiting(), 1);
}

#[test]
fn the_wait_begins_anew_with_another_incarnation() {
    let (region, mut relay, mut phone) = scene();
    confirm(&region, &mut relay, &phone, NOW);
    phone.wake(Wake::Minute, &mut relay);
    relay.restored(relay.backup());
    phone.later(2 * DAY, &mut relay);
    assert_eq!(phone.waiting(), 1);
    phone.restart();
    phone.later(DAY - 1, &mut relay);
    assert_eq!(phone.waiting(), 1);
    phone.later(1, &mut relay);
    assert_eq!(phone.waiting(), 0);
}

/// A relay that lied handed out an old page as another's, and then one of now: the receipts counted as brought by the old one.
#[test]
fn an_old_page_of_another_incarnation_does_not_make_the_wait_shorter() {
    let (region, mut relay, mut phone) = scene();
    phone.later(5 * DAY, &mut relay);
    confirm(&region, &mut relay, &phone, NOW);
    phone.wake(Wake::Minute, &mut relay);
    assert_eq!(state(&phone, 3), RecordState::Received);
    relay.restored(relay.backup());
    relay.now -= 3 * DAY;
    phone.wake(Wake::Minute, &mut relay);
    relay.now += 3 * DAY;
    phone.later(HOUR, &mut relay);
    assert_eq!(phone.waiting(), 1);
    phone.later(DAY - HOUR, &mut relay);
    phone.later(HOUR, &mut relay);
    assert_eq!(phone.waiting(), 0);
}

#[test]
fn nothing_goes_that_is_not_gone_from_the_disk() {
    let (region, mut relay, mut phone) = scene();
    confirm(&region, &mut relay, &phone, NOW);
    phone.wake(Wake::Minute, &mut relay);
    phone.database.fail_next(StoreError::Full);
    phone.later(2 * DAY, &mut relay);
    assert_eq!(phone.waiting(), 1);
    assert_eq!(phone.device.summary().received, 2);
    phone.wait(2, &mut relay);
    assert_eq!(phone.waiting(), 0);
}

#[test]
fn what_a_receipt_sets_apart_stays_and_is_shown_until_a_later_one_takes_it_in() {
    let (region, mut relay, mut phone) = scene();
    let stream = phone.stream();
    for (signer, apart) in [(&region.ann, &[3][..]), (&region.ben, &[])] {
        let receipt = region.receipt_apart(signer, &relay, stream, NOW, apart);
        relay.give(&receipt);
    }
    phone.wake(Wake::Minute, &mut relay);
    phone.later(2 * DAY, &mut relay);
    assert_eq!(state(&phone, 3), RecordState::Attention);
    let why = phone.device.attention_of(stream, 3);
    assert_eq!(why, Some(Attention::Apart));
    let summary = phone.device.summary();
    let numbers = (summary.apart, summary.conflicts, summary.not_taken);
    assert_eq!(numbers, (2, 0, 0), "a run stays as a whole");
    assert_eq!(phone.waiting(), 1);
    let receipt = region.receipt(&region.ann, &relay, stream, NOW + 1);
    relay.give(&receipt);
    phone.wake(Wake::Minute, &mut relay);
    assert_eq!(state(&phone, 3), RecordState::Received);
}

#[test]
fn a_receipt_that_takes_something_back_is_shown_and_not_taken() {
    let (region, mut relay, mut phone) = scene();
    let early = region.receipt(&region.ann, &relay, phone.stream(), NOW + 2);
    phone.save(1, &mut relay);
    confirm(&region, &mut relay, &phone, NOW + 1);
    relay.script().pass_on_object(&early);
    phone.wake(Wake::Minute, &mut relay);
    assert_eq!(phone.notices, [Notice::ReceiptLower(phone.stream())]);
    assert_eq!(state(&phone, 4), RecordState::Received);
}

#[test]
fn a_receipt_that_is_not_a_coordinators_is_refused_and_shown() {
    let (region, mut relay, mut phone) = scene();
    let own = region.receipt(&region.worker, &relay, phone.stream(), NOW);
    relay.script().pass_on_object(&own);
    let mut forged = region
        .receipt(&region.ann, &relay, phone.stream(), NOW)
        .to_bytes();
    let last = forged.len() - 2;
    forged[last] ^= 1;
    relay.script().pass_on(ItemKind::Object, forged);
    phone.wake(Wake::Minute, &mut relay);
    assert_eq!(phone.notices, [Notice::ObjectRefused]);
    assert_eq!(state(&phone, 3), RecordState::HandedOver);
}

#[test]
fn an_erasure_leaves_bare_entries_and_frees_the_row_once_the_relay_shows_it() {
    let (region, mut relay, mut phone) = scene();
    let seqs: Ranges = [2, 3].into_iter().collect();
    let erase = region.erase(&region.ann, phone.stream(), seqs);
    relay.give(&erase);
    relay.fail(Call::Pull, Fault::Lost);
    phone.wake(Wake::Minute, &mut relay);
    assert_eq!(phone.waiting(), 1);
    phone.wait(2, &mut relay);
    assert_eq!(phone.waiting(), 0, "the relay shows it");
}

#[test]
fn an_erasure_of_one_of_two_records_drops_its_body_alone() {
    let (region, mut relay, mut phone) = scene();
    let before = phone.rows(Shelf::Outbox)[0].1.len();
    let erase = region.erase(&region.ann, phone.stream(), [2].into_iter().collect());
    relay.give(&erase);
    phone.wake(Wake::Minute, &mut relay);
    assert_eq!(phone.waiting(), 1);
    assert!(phone.rows(Shelf::Outbox)[0].1.len() + 400 < before);
    confirm(&region, &mut relay, &phone, NOW);
    phone.wake(Wake::Minute, &mut relay);
    phone.later(DAY, &mut relay);
    assert_eq!(phone.waiting(), 0, "the chain is the same one");
    assert_eq!(phone.rows(Shelf::Objects).len(), 3);
}

#[test]
fn what_was_erased_is_sent_bare_to_a_relay_that_lost_it() {
    let (region, mut relay, mut phone) = scene();
    let erase = region.erase(&region.ann, phone.stream(), [2].into_iter().collect());
    relay.give(&erase);
    phone.wake(Wake::Minute, &mut relay);
    relay.emptied();
    phone.wake(Wake::Minute, &mut relay);
    phone.wait(2, &mut relay);
    let held = &relay.held(phone.stream());
    assert!(matches!(held[2], Kept::Bare(_)));
    assert_eq!(held.len(), 4);
}

#[test]
fn the_roster_is_read_before_a_receipt_that_names_its_newest_act() {
    let (mut region, mut relay, mut phone) = scene();
    support::stage(&region, &mut relay);
    region.roster = relay.roster.clone();
    confirm(&region, &mut relay, &phone, NOW);
    phone.wake(Wake::Minute, &mut relay);
    assert_eq!(phone.device.roster().height(), 1);
    assert_eq!(state(&phone, 3), RecordState::Received);
    assert_eq!(phone.rows(Shelf::Roster).len(), 1);
    assert!(phone.notices.is_empty());
}

#[test]
fn a_page_waits_when_the_roster_cannot_be_read() {
    let (mut region, mut relay, mut phone) = scene();
    support::stage(&region, &mut relay);
    region.roster = relay.roster.clone();
    confirm(&region, &mut relay, &phone, NOW);
    relay.fail(Call::Roster, Fault::Lost);
    phone.wake(Wake::Minute, &mut relay);
    assert!(phone.notices.is_empty());
    phone.wait(2, &mut relay);
    assert_eq!(state(&phone, 3), RecordState::Received);
}

#[test]
fn a_relay_with_fewer_acts_is_given_those_it_lacks() {
    let (region, mut relay, mut phone) = scene();
    let backup = relay.backup();
    support::stage(&region, &mut relay);
    phone.later(HOUR, &mut relay);
    relay.restored(backup);
    assert_eq!(relay.height(), Some(0));
    phone.wake(Wake::Minute, &mut relay);
    phone.wait(3, &mut relay);
    assert_eq!(relay.height(), Some(1));
    relay.emptied();
    phone.wake(Wake::Minute, &mut relay);
    phone.wait(3, &mut relay);
    assert_eq!(relay.height(), Some(1));
}

#[test]
fn a_device_that_reads_of_its_removal_drops_what_opens_its_records_and_keeps_the_outbox() {
    let (region, mut relay, mut phone) = scene();
    let vaults = Batch::new()
        .put(Shelf::Keys, "vault/passphrase", "wrap")
        .put(Shelf::Keys, "bundle", "bundle");
    pollster::block_on(phone.store.commit(vaults)).unwrap();
    let removed = Removed {
        device: region.worker.signing.public(),
        why: RemovalReason::Lost,
        streams: Vec::new(),
    };
    let next = relay.roster.next(&region.ann.signing, NOW);
    let act = next.device_remove(vec![removed], &mut Seeded(3)).unwrap();
    relay.append(act);
    phone.wake(Wake::Minute, &mut relay);
    assert_eq!(phone.notices, [Notice::Removed]);
    let keys: Vec<_> = phone
        .rows(Shelf::Keys)
        .into_iter()
        .map(|(key, _)| key)
        .collect();
    assert_eq!(keys, [b"bundle"]);
    phone.save(1, &mut relay);
    assert_eq!(relay.held(phone.stream()).len(), 5, "it goes on offering");
}

#[test]
fn pages_that_came_whole_count() {
    let (region, mut relay, mut phone) = scene();
    confirm(&region, &mut relay, &phone, NOW);
    relay.per_page = 1;
    phone.wake(Wake::Minute, &mut relay);
    assert_eq!(state(&phone, 3), RecordState::Received);
    assert_eq!(relay.count(Call::Pull), 1);
}

#[test]
fn who_is_unknown_reads_the_roster_and_is_told_so() {
    let (_, mut relay, mut phone) = scene();
    relay.refuse(Call::Pull, Code::UnknownDevice);
    phone.wake(Wake::Minute, &mut relay);
    assert_eq!(phone.device.summary().refused, Some(Code::UnknownDevice));
    phone.later(HOUR, &mut relay);
    assert_eq!(phone.device.summary().refused, None);
}

/// A relay that was put back from a copy lacked the join of somebody who waited, and nobody was ever told of them.
#[test]
fn who_was_not_admitted_yet_and_is_unknown_is_to_bring_the_join_again() {
    let region = region(21);
    let mut relay = Relay::new(&region);
    let newcomer = Member::new(&mut Seeded(22));
    let mut phone = Phone::new(&region, &newcomer);
    phone.wake(Wake::Opened, &mut relay);
    assert_eq!(phone.joins_lacking, 1);
    phone.wake(Wake::Visible, &mut relay);
    assert_eq!(phone.joins_lacking, 1, "not at each try");
    phone.later(HOUR, &mut relay);
    assert_eq!(phone.joins_lacking, 2);
    // Whom the roster names needs none.
    let mut worker = Phone::new(&region, &region.worker);
    relay.refuse(Call::Pull, Code::UnknownDevice);
    worker.wake(Wake::Opened, &mut relay);
    assert_eq!(worker.joins_lacking, 0);
}

#[test]
fn what_was_not_taken_of_an_unknown_device_goes_once_it_is_known() {
    let (_, mut relay, mut phone) = scene();
    let before = relay.held(phone.stream()).len();
    relay.refuse(Call::Pull, Code::UnknownDevice);
    relay.refuse(Call::Entries, Code::UnknownDevice);
    phone.wake(Wake::Minute, &mut relay);
    phone.save(1, &mut relay);
    assert_eq!(relay.held(phone.stream()).len(), before);
    phone.later(HOUR, &mut relay);
    assert_eq!(relay.held(phone.stream()).len(), before + 1);
}

#[test]
fn a_checkpoint_is_kept_without_its_heads() {
    use veldpost_envelope::object::{Checkpoint, Heads};
    use veldpost_envelope::run::RunHead;
    let (region, mut relay, mut phone) = scene();
    let last = relay.held(phone.stream()).last().unwrap().clone();
    let heads = Heads::new(vec![RunHead {
        stream: phone.stream(),
        seq: last.header().seq,
        hash: last.hash(),
    }]);
    let head = region.head(&region.ann, NOW);
    let purpose = veldpost_envelope::Purpose::Count;
    let key = &region.ann.signing;
    let sign = |number| Checkpoint::sign(head, purpose, number, heads.as_ref().unwrap(), key);
    relay.give(&sign(4).unwrap());
    relay.give(&sign(3).unwrap());
    phone.wake(Wake::Minute, &mut relay);
    let kept: Vec<Object> = phone
        .rows(Shelf::Objects)
        .iter()
        .map(|(_, value)| Object::from_bytes(value).unwrap())
        .collect();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].checkpoint().unwrap().number, 4);
    assert!(kept[0].heads().is_none());
}

/// A relay that was put back takes no acts for a day: whoever offered it one did not read for as long.
#[test]
fn a_relay_that_takes_no_acts_yet_is_read_all_the_same() {
    let region = region(31);
    let mut relay = Relay::new(&region);
    let mut ahead = Relay::new(&region);
    support::stage(&region, &mut ahead);
    let mut phone = Phone::new(&region, &region.worker);
    phone.wake(Wake::Opened, &mut ahead);
    assert_eq!(phone.device.roster().height(), 1);
    relay.fail(
        Call::Acts,
        Fault::Refused(Problem::new(Code::Busy), Some(86_000)),
    );
    phone.wake(Wake::Minute, &mut relay);
    phone.later(60_000, &mut relay);
    let calls = |call| relay.calls.iter().filter(|(made, _)| *made == call).count();
    assert_eq!((calls(Call::Acts), calls(Call::Pull)), (1, 2));
    phone.later(86_400_000, &mut relay);
    assert_eq!(
        relay.height(),
        Some(1),
        "and a day later it is offered again"
    );
}
