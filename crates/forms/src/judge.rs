//! Cases and verdicts of the differential judge, as JSON.
//!
//! Not here: the rules of playing a case (see [`Session::play`]), and anything that the app uses.

use crate::{Form, Moment, Reason, Session, date};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use veldpost_domain::{Answer, Answers};

/// Plays a case, which is a line of JSON, and gives the verdict as JSON.
#[must_use]
pub fn verdict(form: &Arc<Form>, line: &str) -> Value {
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
    let answers = answers
        .iter()
        .map(|(name, value)| (name.clone(), answer(value)));
    Answers::from(answers.collect::<BTreeMap<_, _>>())
}
