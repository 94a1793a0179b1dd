//! Holds what coordinators say and what a relay is asked and answers against `tests/vectors/requests.json`, and reads
//! what lies there, so that no change of code changes the format.
//!
//! After a deliberate addition: `VELDPOST_WRITE_VECTORS=1 cargo test -p veldpost-envelope --test requests_vectors`.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

#[path = "support/letterbox.rs"]
mod letterbox;
mod support;

use letterbox::*;
use std::collections::BTreeMap;
use support::{hex, to_hex};
use veldpost_envelope::Entry;
use veldpost_envelope::request::{Received, SignatureBase, Watch, sign, verify};
use veldpost_envelope::run::verify_run;
use veldpost_envelope::statement::{decode_statement, encode_statement};
use veldpost_envelope::wire::{
    Call, Code, HeadsAnswer, ItemKind, Items, Page, PageSplitter, Place, Problem, PushAnswer,
    PushSplitter,
};

/// Everything, made again.
fn make() -> BTreeMap<String, String> {
    let given = made();
    let mut made = BTreeMap::new();
    let mut put = |name: &str, bytes: &[u8]| {
        made.insert(name.to_owned(), to_hex(bytes));
    };
    for (name, statement) in statements(&given) {
        put(name, &encode_statement(&statement).unwrap());
    }
    let pull = pull(&given);
    let created = AT as u64 / 1000;
    let headers = sign(Call::Pull, AUTHORITY, &pull, created, &NONCE, &given.worker);
    let lines = headers
        .pairs()
        .map(|(name, value)| format!("{name}: {value}\n"));
    put("request-body", &pull);
    put("request-headers", lines.concat().as_bytes());
    let input = headers.signature_input.strip_prefix("sig=").unwrap();
    let base = SignatureBase::new(
        &[
            ("@method", "POST"),
            ("@authority", AUTHORITY),
            ("@path", "/v1/pull"),
            ("@query", "?"),
            ("content-digest", &headers.content_digest),
        ],
        input,
    );
    put("request-base", base.as_str().as_bytes());

    put(
        "push-two-streams",
        &[body_of(&given.count), body_of(&given.signal)].concat(),
    );
    let answer = PushAnswer {
        incarnation: INCARNATION,
        states: vec![
            state(&given.count, None, None),
            state(&given.signal, None, None),
        ],
    };
    put("push-answer", &answer.to_bytes());
    put("push-conflict", conflict(&given).to_json().as_bytes());
    let pages = pages(&given);
    put("page", &pages);
    let receipt = receipt(&given);
    let inbox = [(43, ItemKind::Object, receipt.as_slice())];
    let own = vec![own(&given.count), own(&given.signal)];
    let inbox = page(&given, own, 47, &inbox);
    put("page-inbox", &inbox.to_bytes());
    put("heads", &heads(&given).to_bytes());
    let clock = Problem {
        now: Some(AT),
        ..Problem::new(Code::Clock)
    };
    put("problem-clock", clock.to_json().as_bytes());
    let whole = inbox.to_bytes();
    let cut = &whole[..whole.len() - 1];
    let why = Page::from_bytes(cut).unwrap_err().to_string();
    put("page-cut", cut);
    put("page-cut-why", why.as_bytes());
    made
}

fn write(made: &BTreeMap<String, String>) {
    let lines: Vec<_> = made
        .iter()
        .map(|(name, value)| format!("  \"{name}\": \"{value}\""))
        .collect();
    let text = format!("{{\n{}\n}}\n", lines.join(",\n"));
    std::fs::write(path("requests.json"), text).unwrap();
}

#[test]
fn what_is_made_today_is_what_was_made_before() {
    let made = make();
    if std::env::var_os("VELDPOST_WRITE_VECTORS").is_some() {
        write(&made);
    }
    let before = read("requests.json");
    for (name, bytes) in &made {
        assert_eq!(before.get(name), Some(bytes), "{name}");
    }
    assert_eq!(before.len(), made.len());
}

#[test]
fn what_was_said_before_is_still_read() {
    let stored = read("requests.json");
    for (name, statement) in statements(&made()) {
        let bytes = hex(&stored[name]);
        let decoded = decode_statement(&bytes).unwrap();
        assert_eq!(decoded.record, statement.says.record(), "{name}");
        let again = encode_statement(&decoded.statement.unwrap()).unwrap();
        assert_eq!(again.as_slice(), bytes, "{name}");
    }
}

#[test]
fn a_call_that_was_signed_before_still_verifies() {
    let stored = read("requests.json");
    let (body, headers) = (
        hex(&stored["request-body"]),
        hex(&stored["request-headers"]),
    );
    let headers = String::from_utf8(headers).unwrap();
    let values: Vec<_> = headers
        .lines()
        .map(|line| line.split_once(": ").unwrap().1)
        .collect();
    let received = Received {
        call: Call::Pull,
        authority: AUTHORITY,
        body: &body,
        content_digest: Some(values[0]),
        signature_input: Some(values[1]),
        signature: Some(values[2]),
    };
    let watch = Watch {
        authorities: &[AUTHORITY],
        now: AT,
        started: AT,
    };
    let signed = verify(&received, &watch).unwrap();
    assert_eq!(signed.key, made().worker.public());
    assert_eq!(signed.nonce, NONCE);
}

#[test]
fn what_went_to_and_fro_before_is_still_read() {
    let given = made();
    let stored = read("requests.json");
    let bytes = |name: &str| hex(&stored[name]);

    let body = bytes("push-two-streams");
    let (mut splitter, mut runs) = (PushSplitter::default(), Vec::<Vec<Entry>>::new());
    let mut chunk = body.as_slice();
    while let Some(pushed) = splitter.feed(&mut chunk).unwrap() {
        if pushed.begins_run {
            runs.push(Vec::new());
        }
        let entry = Entry::from_bytes(pushed.bytes).unwrap();
        runs.last_mut().unwrap().push(entry);
    }
    assert_eq!(runs, [given.count.clone(), given.signal.clone()]);
    for run in &runs {
        verify_run(&given.region, &given.worker.public(), None, run).unwrap();
    }
    let answer = bytes("push-answer");
    let answer = PushAnswer::from_bytes(&answer).unwrap();
    assert_eq!(answer.states[0], state(&given.count, None, None));
    let problem = String::from_utf8(bytes("push-conflict")).unwrap();
    let problem = Problem::from_json(&problem).unwrap();
    let answer = problem.answer.unwrap();
    let answer = PushAnswer::from_bytes(&answer).unwrap();
    assert_eq!(answer.states[0].code, Some(problem.code));
    let proof: Vec<_> = Items::new(answer.states[0].proof.unwrap())
        .map(|entry| Place::of(entry.unwrap()).unwrap().seq)
        .collect();
    assert_eq!(proof, [1, 2]);

    let (pages, mut splitter) = (bytes("page"), PageSplitter::default());
    let (mut chunk, mut kinds) = (pages.as_slice(), Vec::new());
    while let Some(page) = splitter.feed(&mut chunk).unwrap() {
        let page = Page::from_bytes(page).unwrap();
        kinds.extend(page.items.iter().map(|item| item.kind));
    }
    let expected = [
        ItemKind::Run,
        ItemKind::Object,
        ItemKind::Join,
        ItemKind::Fork,
        ItemKind::Unknown(9),
    ];
    assert_eq!(kinds, expected);
    let inbox = bytes("page-inbox");
    let inbox = Page::from_bytes(&inbox).unwrap();
    assert_eq!(inbox.own, [own(&given.count), own(&given.signal)]);
    assert_eq!(inbox.items[0].value, receipt(&given));
    assert_eq!(HeadsAnswer::from_bytes(&bytes("heads")), Ok(heads(&given)));
}

#[test]
fn what_was_refused_before_still_is() {
    let stored = read("requests.json");
    let why = Page::from_bytes(&hex(&stored["page-cut"])).unwrap_err();
    assert_eq!(why.to_string().as_bytes(), hex(&stored["page-cut-why"]));
}
