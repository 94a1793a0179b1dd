//! What is sent, and what an answer means: one test a rule of `docs/format.md`, section 19.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use pollster::block_on;
use support::relay::{Fault, Relay};
use support::{HOUR, NOW, Phone, Region, region};
use veldpost_envelope::Kept;
use veldpost_envelope::wire::{Call, Code, Problem};
use veldpost_store::{Store, StoreError};
use veldpost_sync::{Attention, Effect, Event, Notice, RecordState, Response, Wake};

fn scene() -> (Region, Relay, Phone) {
    let region = region(1);
    let relay = Relay::new(&region);
    let phone = Phone::new(&region, &region.worker);
    (region, relay, phone)
}

/// A phone whose first record is at the relay.
fn handed_over() -> (Region, Relay, Phone) {
    let (region, mut relay, mut phone) = scene();
    phone.save(1, &mut relay);
    assert_eq!(state(&phone, 2), RecordState::HandedOver);
    relay.calls.clear();
    (region, relay, phone)
}

fn state(phone: &Phone, seq: u64) -> RecordState {
    phone.device.state_of(phone.stream(), seq).unwrap()
}

#[test]
fn a_save_is_sent_at_once_and_then_stands_as_handed_over() {
    let (_, mut relay, mut phone) = scene();
    phone.save(3, &mut relay);
    assert_eq!(relay.held(phone.stream()).len(), 5);
    assert_eq!(state(&phone, 4), RecordState::HandedOver);
    let summary = phone.device.summary();
    assert_eq!((summary.kept, summary.handed_over), (0, 3));
    assert_eq!(summary.heard, Some(NOW));
    assert_eq!(phone.waiting(), 1, "the copy stays");
}

#[test]
fn nothing_is_sent_twice_once_it_is_there() {
    let (_, mut relay, mut phone) = handed_over();
    phone.wake(Wake::Minute, &mut relay);
    phone.wake(Wake::Visible, &mut relay);
    phone.restart();
    phone.wake(Wake::Opened, &mut relay);
    assert_eq!(relay.pushes(), Vec::<usize>::new());
}

#[test]
fn a_login_page_that_answers_200_is_no_answer() {
    let (_, mut relay, mut phone) = handed_over();
    assert!(phone.device.summary().reached);
    relay.fail(Call::Entries, Fault::LoginPage);
    phone.save(1, &mut relay);
    assert_eq!(state(&phone, 3), RecordState::Kept);
    assert!(!phone.device.summary().reached);
    phone.wait(3, &mut relay);
    assert_eq!(state(&phone, 3), RecordState::HandedOver);
    assert!(phone.device.summary().reached);
}

#[test]
fn an_answer_that_got_lost_costs_one_batch_sent_twice() {
    let (_, mut relay, mut phone) = handed_over();
    relay.fail(Call::Entries, Fault::AnswerLost);
    phone.save(4, &mut relay);
    assert_eq!(state(&phone, 3), RecordState::Kept);
    phone.wait(3, &mut relay);
    assert_eq!(relay.pushes(), [4, 4]);
    assert_eq!(state(&phone, 3), RecordState::HandedOver);
}

#[test]
fn a_call_by_a_clock_that_is_off_is_signed_anew_once_by_the_relays() {
    let (_, mut relay, mut phone) = scene();
    relay.now += 7 * HOUR;
    phone.wake(Wake::Opened, &mut relay);
    let pulls = |relay: &Relay| {
        relay
            .calls
            .iter()
            .filter(|(call, _)| *call == Call::Pull)
            .count()
    };
    assert_eq!(pulls(&relay), 2);
    let by_relay = format!("created={};", (NOW + 7 * HOUR) / 1000);
    assert!(relay.created[1].contains(&by_relay));
    phone.wake(Wake::Minute, &mut relay);
    assert!(
        relay.created[2].contains(&by_relay),
        "the difference is kept"
    );
    let mut problem = Problem::new(Code::Clock);
    problem.now = Some(NOW + 7 * HOUR);
    for _ in 0..2 {
        relay.fail(Call::Pull, Fault::Refused(problem.clone(), None));
    }
    phone.wake(Wake::Minute, &mut relay);
    assert_eq!(pulls(&relay), 5, "once more, not for ever");
}

#[test]
fn a_nonce_that_was_seen_is_replaced_once() {
    let (_, mut relay, mut phone) = scene();
    relay.refuse(Call::Pull, Code::Nonce);
    phone.wake(Wake::Opened, &mut relay);
    assert_eq!(relay.created.len(), 2);
    assert_ne!(relay.created[0], relay.created[1]);
}

#[test]
fn a_signature_that_the_relay_does_not_take_stops_the_calls_and_is_shown() {
    let (_, mut relay, mut phone) = scene();
    relay.refuse(Call::Pull, Code::Signature);
    phone.wake(Wake::Opened, &mut relay);
    phone.later(HOUR, &mut relay);
    assert_eq!(relay.created.len(), 1);
    assert_eq!(phone.notices, [Notice::Refused(Code::Signature)]);
    phone.save(1, &mut relay);
    assert_eq!(
        relay.pushes(),
        [3],
        "what is signed itself is sent all the same"
    );
}

#[test]
fn a_batch_that_is_too_large_is_halved_down_to_what_the_relay_takes() {
    let (_, mut relay, mut phone) = handed_over();
    relay.most = 3;
    phone.save(10, &mut relay);
    assert_eq!(relay.held(phone.stream()).len(), 13);
    assert_eq!(state(&phone, 12), RecordState::HandedOver);
    assert!(phone.notices.is_empty());
}

#[test]
fn one_entry_that_is_too_large_alone_is_shown_and_kept() {
    let (_, mut relay, mut phone) = handed_over();
    relay.most = 0;
    phone.save(4, &mut relay);
    assert_eq!(relay.pushes(), [4, 2, 1]);
    assert_eq!(phone.notices, [Notice::Refused(Code::TooLarge)]);
    assert_eq!(state(&phone, 4), RecordState::Attention);
    assert_eq!(phone.waiting(), 2);
}

#[test]
fn a_relay_that_is_busy_is_left_alone_as_long_as_it_says() {
    for code in [Code::SlowDown, Code::Busy] {
        let (_, mut relay, mut phone) = handed_over();
        relay.fail(Call::Entries, Fault::Refused(Problem::new(code), Some(90)));
        phone.save(1, &mut relay);
        for wake in [Wake::Online, Wake::Opened, Wake::Visible, Wake::Minute] {
            phone.wake(wake, &mut relay);
        }
        assert_eq!(relay.pushes(), [1]);
        assert_eq!(phone.due, Some(NOW + 90_000));
        phone.wait(1, &mut relay);
        assert_eq!(relay.pushes(), [1, 1]);
        assert!(phone.notices.is_empty(), "{code:?} is no refusal");
    }
}

#[test]
fn a_relay_without_room_is_tried_again() {
    let (_, mut relay, mut phone) = handed_over();
    relay.refuse(Call::Entries, Code::Full);
    phone.save(1, &mut relay);
    assert_eq!(state(&phone, 3), RecordState::Kept);
    phone.wait(2, &mut relay);
    assert_eq!(state(&phone, 3), RecordState::HandedOver);
}

#[test]
fn the_network_coming_back_does_not_wait_for_the_backoff() {
    let (_, mut relay, mut phone) = handed_over();
    relay.fail(Call::Entries, Fault::Lost);
    phone.save(1, &mut relay);
    assert!(!phone.device.summary().reached);
    phone.wake(Wake::Online, &mut relay);
    assert_eq!(relay.pushes(), [1, 1]);
    assert!(phone.device.summary().reached);
}

#[test]
fn who_is_not_admitted_keeps_all_and_offers_it_again_when_the_roster_moves() {
    let (region, mut relay, mut phone) = handed_over();
    relay.refuse(Call::Entries, Code::NotAdmitted);
    phone.save(1, &mut relay);
    phone.later(HOUR, &mut relay);
    assert_eq!(relay.pushes(), [1]);
    assert_eq!(state(&phone, 3), RecordState::Kept, "it is nobody's fault");
    support::stage(&region, &mut relay);
    phone.later(HOUR, &mut relay);
    assert_eq!(relay.pushes(), [1, 1]);
    assert_eq!(state(&phone, 3), RecordState::HandedOver);
}

#[test]
fn what_the_relay_takes_for_forged_is_kept_and_shown_and_not_offered_again() {
    let (_, mut relay, mut phone) = handed_over();
    relay.refuse(Call::Entries, Code::Forged);
    phone.save(1, &mut relay);
    phone.later(HOUR, &mut relay);
    assert_eq!(relay.pushes(), [1]);
    assert_eq!(state(&phone, 3), RecordState::Attention);
    let why = phone.device.attention_of(phone.stream(), 3);
    assert_eq!(why, Some(Attention::Refused(Code::Forged)));
    let summary = phone.device.summary();
    let numbers = (summary.apart, summary.conflicts, summary.not_taken);
    assert_eq!(numbers, (0, 0, 1), "no coordinator has it");
    assert_eq!(phone.waiting(), 2);
}

#[test]
fn a_gap_is_filled_from_where_the_relay_is() {
    let (_, mut relay, mut phone) = handed_over();
    relay.lost_its_streams();
    phone.save(2, &mut relay);
    phone.wait(3, &mut relay);
    assert_eq!(relay.held(phone.stream()).len(), 5);
    assert_eq!(relay.pushes(), [2, 5]);
}

#[test]
fn a_relay_restored_from_a_backup_gets_everything_again() {
    let (_, mut relay, mut phone) = handed_over();
    phone.save(2, &mut relay);
    relay.emptied();
    phone.save(1, &mut relay);
    phone.wait(3, &mut relay);
    assert_eq!(relay.held(phone.stream()).len(), 6);
    assert_eq!(state(&phone, 5), RecordState::HandedOver);
}

#[test]
fn a_batch_has_whole_runs_and_at_most_500_entries() {
    let (_, mut relay, mut phone) = scene();
    relay.fail(Call::Pull, Fault::Lost);
    for _ in 0..4 {
        phone.write(200);
    }
    phone.restart();
    phone.wake(Wake::Opened, &mut relay);
    phone.wait(3, &mut relay);
    assert_eq!(relay.pushes(), [402, 400]);
}

#[test]
fn nothing_counts_as_handed_over_before_it_is_on_the_disk() {
    let (_, mut relay, mut phone) = handed_over();
    let row = phone.write(1);
    phone.database.fail_next(StoreError::Full);
    phone.saved(row, &mut relay);
    assert_eq!(relay.held(phone.stream()).len(), 4);
    assert_eq!(phone.notices, [Notice::NotWritten]);
    assert_eq!(state(&phone, 3), RecordState::Kept);
    phone.wait(3, &mut relay);
    assert_eq!(state(&phone, 3), RecordState::HandedOver);
}

#[test]
fn what_is_sent_ends_on_a_signature() {
    let (_, mut relay, mut phone) = handed_over();
    relay.most = 3;
    phone.save(10, &mut relay);
    let held = &relay.held(phone.stream());
    let signed = held
        .iter()
        .filter(|entry| entry.signature().is_some())
        .count();
    assert!(signed >= 4, "{signed}");
    assert!(matches!(held.last(), Some(Kept::Whole(_))));
}

/// A first page waited for the roster while the push went: taken afterwards, it said that the relay had nothing.
#[test]
fn nothing_is_pushed_while_a_page_waits_for_the_roster() {
    let (region, mut relay, mut phone) = scene();
    support::stage(&region, &mut relay);
    phone.save(1, &mut relay);
    assert_eq!(relay.pushes(), [3]);
    assert_eq!(state(&phone, 2), RecordState::HandedOver);
}

/// A page that was asked for before a push was answered took back what the answer had said, and the batch went twice.
#[test]
fn a_page_that_is_older_than_an_answer_to_a_push_takes_nothing_back() {
    let (_, mut relay, mut phone) = handed_over();
    let mut effects = handle(&mut phone, Event::Wake(Wake::Minute));
    let row = phone.write(1);
    effects.extend(handle(&mut phone, Event::Saved(vec![row])));
    let mut answers = Vec::new();
    for effect in effects {
        if let Effect::Send {
            call,
            path,
            headers,
            body,
        } = effect
        {
            let reply = relay.call(path, headers.as_ref(), &body).unwrap();
            answers.push((call, path, reply));
        }
    }
    assert_eq!(
        answers.iter().map(|it| it.1).collect::<Vec<_>>(),
        [Call::Pull, Call::Entries]
    );
    for (call, _, reply) in answers.into_iter().rev() {
        let response = Response {
            status: reply.status,
            content_type: Some(reply.content_type),
            retry_after: None,
            body: &reply.body,
        };
        let mut effects = handle(&mut phone, Event::Answered { call, response });
        while let Some(effect) = effects.pop() {
            match effect {
                Effect::Commit { commit, batch, .. } => {
                    block_on(phone.store.commit(batch)).unwrap();
                    effects.extend(handle(&mut phone, Event::Committed { commit }));
                }
                Effect::Send { path, .. } => assert_ne!(path, Call::Entries, "sent twice"),
                _ => {}
            }
        }
    }
    assert_eq!(state(&phone, 3), RecordState::HandedOver);
}

fn handle(phone: &mut Phone, event: Event<'_>) -> Vec<Effect> {
    phone.device.handle(event, phone.now, &mut phone.rng)
}

#[test]
fn after_a_start_a_pull_goes_before_the_first_push_and_a_failed_one_does_not_stop_it() {
    for fails in [false, true] {
        let (_, mut relay, mut phone) = handed_over();
        phone.write(1);
        phone.restart();
        if fails {
            relay.fail(Call::Pull, Fault::Lost);
        }
        phone.wake(Wake::Opened, &mut relay);
        let calls: Vec<Call> = relay.calls.iter().map(|(call, _)| *call).collect();
        assert_eq!(calls.first(), Some(&Call::Pull));
        assert_eq!(relay.pushes(), [1]);
    }
}

#[test]
fn a_save_before_the_first_answer_waits_for_it() {
    let (_, mut relay, mut phone) = handed_over();
    phone.restart();
    // A relay that lost its streams says so in the first page: what is sent begins there.
    relay.lost_its_streams();
    phone.save(1, &mut relay);
    assert_eq!(relay.calls[0].0, Call::Pull);
    assert_eq!(relay.pushes(), [4]);
}

#[test]
fn no_relay_silences_a_device_for_longer_than_an_hour() {
    let (_, mut relay, mut phone) = handed_over();
    let busy = Problem::new(Code::Busy);
    relay.fail(Call::Entries, Fault::Refused(busy, Some(u32::MAX)));
    phone.save(1, &mut relay);
    assert_eq!(phone.due, Some(NOW + HOUR));
    phone.wait(1, &mut relay);
    assert_eq!(relay.pushes(), [1, 1]);
    assert_eq!(state(&phone, 3), RecordState::HandedOver);
}

#[test]
fn a_relay_that_knows_nothing_of_the_region_is_given_the_acts_at_once() {
    let (_, mut relay, mut phone) = handed_over();
    relay.emptied();
    phone.save(1, &mut relay);
    phone.wait(3, &mut relay);
    assert_eq!(relay.height(), Some(0));
    assert_eq!(relay.held(phone.stream()).len(), 4);
    assert_eq!(phone.now - NOW, relay.now - NOW);
    assert!(phone.now < NOW + 30_000, "no minute was waited for");
}
