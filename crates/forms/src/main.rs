//! A contestant of the differential judge: cases as JSON lines on standard input, verdicts on standard
//! output. `cargo run -q -p veldpost-forms -- DIR < cases.ndjson`
//!
//! Not here: the judge, and anything that the app uses.

use anyhow::Context as _;
use serde_json::{Map, Value, json};
use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use veldpost_domain::{Answer, Answers};
use veldpost_forms::{Form, Moment, Reason, Session, date, reader};

fn main() -> anyhow::Result<()> {
    let folder = std::env::args()
        .nth(1)
        .context("usage: veldpost-forms DIR < cases > verdicts")?;
    let sheets = reader::load(Path::new(&folder)).with_context(|| format!("reading {folder}"))?;
    let form = Arc::new(reader::read(&sheets)?);
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        if !line.trim().is_empty() {
            writeln!(out, "{}", verdict(&form, &line))?;
        }
    }
    out.flush()?;
    Ok(())
}

fn verdict(form: &Arc<Form>, line: &str) -> Value {
    let case: Value = match serde_json::from_str(line) {
        Ok(case) => case,
        Err(error) => return json!({"id": null, "error": error.to_string()}),
    };
    let id = case.get("id").cloned().unwrap_or(Value::Null);
    let fallback = std::env::var("JUDGE_TODAY").unwrap_or_else(|_| "2026-06-15".into());
    let today = case
        .get("today")
        .and_then(Value::as_str)
        .unwrap_or(&fallback);
    let Some(day) = date::parse(today) else {
        return json!({"id": id, "error": "today is no date"});
    };
    let noon = i64::from(day) * 86_400_000 + 43_200_000;
    let empty = Map::new();
    let answers = case
        .get("answers")
        .and_then(Value::as_object)
        .unwrap_or(&empty);
    let now = Moment {
        at: noon,
        offset_minutes: 0,
    };
    let session = Session::play(form.clone(), now, &played(answers));
    let verdict = session.verdict();
    let values: Map<String, Value> = verdict
        .values
        .into_iter()
        .map(|(path, text)| (path, text.into()))
        .collect();
    let invalid: Map<String, Value> = verdict
        .invalid
        .into_iter()
        .map(|(path, reason)| {
            let word = if reason == Reason::Required {
                "required"
            } else {
                "constraint"
            };
            (path, word.into())
        })
        .collect();
    json!({"id": id, "visible": verdict.visible, "values": values, "invalid": invalid})
}

/// A case's answers as played: lists of objects are instances, other lists are several choices.
fn played(answers: &Map<String, Value>) -> Answers {
    let answer = |value: &Value| match value {
        Value::Array(items) if items.iter().all(Value::is_object) && !items.is_empty() => {
            let instances = items.iter().filter_map(Value::as_object).map(played);
            Answer::Repeat(instances.collect())
        }
        Value::Array(items) => Answer::Text(
            items
                .iter()
                .filter_map(Value::as_str)
                .collect::<Vec<_>>()
                .join(" "),
        ),
        Value::String(text) => Answer::Text(text.clone()),
        Value::Bool(true) => Answer::Text("OK".into()),
        Value::Number(number) => Answer::Text(number.to_string()),
        _ => Answer::Text(String::new()),
    };
    Answers(
        answers
            .iter()
            .map(|(name, value)| (name.clone(), answer(value)))
            .collect(),
    )
}
