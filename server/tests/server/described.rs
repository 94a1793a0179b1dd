//! What the server says of itself, held against the tables of `docs/format.md` section 19.
//!
//! Deliberately not here: whether the calls do what is described (`relay`).

use std::collections::BTreeMap;

use serde_json::Value;
use veldpost_envelope::wire::{Call, Code};

use super::support::TestApp;

/// The cells of the table whose head begins so, without its head and the line below.
fn table(begins: &str) -> Vec<Vec<String>> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/format.md");
    let format = std::fs::read_to_string(file).unwrap();
    let lines = format.lines().skip_while(|line| !line.starts_with(begins));
    let rows = lines.skip(2).take_while(|line| line.starts_with('|'));
    let cells = |row: &str| {
        row.trim_matches('|')
            .split(" | ")
            .map(|cell| cell.trim().to_owned())
            .collect()
    };
    rows.map(cells).collect()
}

/// The words in back ticks.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

async fn described() -> Value {
    let answer = TestApp::new().get("/v1/openapi.json").await;
    assert_eq!(answer.header("content-type"), "application/json");
    let described: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(described["openapi"], "3.1.0");
    described
}

#[tokio::test]
async fn every_call_of_the_table_is_described_and_no_other() {
    let described = described().await;
    let listed = table("| Call | Signed by |");
    let mut paths: Vec<String> = listed
        .iter()
        .map(|row| format!("/v1/{}", quoted(&row[0]).next().unwrap()))
        .collect();
    assert_eq!(paths.len(), Call::ALL.len());
    paths.push(String::from("/v1/"));
    paths.sort();
    let found: Vec<&String> = described["paths"].as_object().unwrap().keys().collect();
    assert_eq!(found, paths.iter().collect::<Vec<_>>());
    for row in &listed {
        let call = Call::from_path(&format!("/v1/{}", quoted(&row[0]).next().unwrap())).unwrap();
        let said = &described["paths"][call.path()]["post"];
        let content = &said["responses"]["200"]["content"];
        assert!(content[call.answer_type()].is_object(), "{call:?}");
        let pages = match call {
            Call::Pull => "application/cbor-seq",
            Call::Events => "text/event-stream",
            _ => "application/cbor",
        };
        assert_eq!(call.answer_type(), pages, "{call:?}");
        let several = row[2].starts_with("`* ");
        let body = if several {
            "application/cbor-seq"
        } else {
            "application/cbor"
        };
        assert!(said["requestBody"]["content"][body].is_object(), "{call:?}");
        let refused = &said["responses"]["default"]["content"];
        assert!(refused["application/problem+json"].is_object());
    }
}

#[tokio::test]
async fn every_code_of_the_table_is_described_with_its_status() {
    let described = described().await;
    let mut listed = BTreeMap::new();
    for row in table("| Status | Code |") {
        let status: u64 = row[0].parse().unwrap();
        // Beside a code may stand what its answer has.
        let words = row[1].split('(').flat_map(|part| {
            let behind = part.split_once(')').map_or(part, |(_, behind)| behind);
            quoted(behind).map(str::to_owned).collect::<Vec<_>>()
        });
        listed.extend(words.map(|code| (code, status)));
    }
    let code = &described["components"]["schemas"]["Problem"]["properties"]["code"];
    let said = code["x-status"].as_object().unwrap().iter();
    let said: BTreeMap<_, _> = said
        .map(|(code, status)| (code.clone(), status.as_u64().unwrap()))
        .collect();
    // `429` names its header too, `503` as well.
    listed.remove("Retry-After");
    assert_eq!(said, listed);
    assert_eq!(code["enum"].as_array().unwrap().len(), Code::ALL.len());
}
