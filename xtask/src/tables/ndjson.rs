//! Operations as NDJSON, UTF-8, one a line; empty lines are skipped.
//!
//! ```json
//! {"kind":"person","record":"<32 hex>","id":"<32 hex>","hlc":[1732118400000,0],"create":{"context":{"campaign":"<32 hex>","at":1732118400000},"answers":{"living_situation":"public_space","municipality_origin":"enschede","minors_direct":[{"minor_birth_year":"2015"}]}}}
//! {"kind":"person","record":"…","id":"…","hlc":[1732118460000,0],"amend":[{"name":"gender","value":"woman","base":"<32 hex>"}]}
//! {"kind":"person","record":"…","id":"…","hlc":[1732118520000,0],"withdraw":"mistake"}
//! {"answers":{"living_situation":"family_friends","municipality_stay":"borne"}}
//! ```
//!
//! - `kind`: `person` (the default), `observation`, `round-report`, or the number of another kind.
//! - `hlc`: milliseconds since 1970, then a counter below 65,536.
//! - One of `create`, `amend`, `withdraw`. `context` may also have `round`, `organisation`,
//!   `promoted_from` (ids), `crew`, `area` (text), `form` (`{"id","version"}`), `from_solo` (true or false).
//! - `answers`: text as a form stores it, also for numbers; a list of answers for a repeat.
//! - In `amend`, `value` is an answer, or null to clear one; `base` is the operation that it replaces.
//! - The short form, a line with `answers` alone (and `kind`), is one record without a history.
//!
//! A key that is not listed is refused: tables that silently leave something out are wrong tables. An
//! error names line and key, never an answer. Not here: a format for exchange; records leave a device
//! only sealed.

use anyhow::{Result, anyhow, bail};
use serde_json::{Map, Value, json};
use std::str::FromStr;
use veldpost_domain::{
    Act, Answer, Answers, CampaignId, Context, FieldChange, FormVersion, Hlc, Operation,
    OperationId, RecordId, RecordKind,
};

/// Reads a file.
pub(super) fn read(text: &str) -> Result<Vec<Operation>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut operations = Vec::new();
    for (number, line) in (1_u64..).zip(text.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        let operation = serde_json::from_str::<Value>(line)
            .map_err(|error| anyhow!("not JSON at column {}", error.column()))
            .and_then(|value| operation(&value, number))
            .map_err(|error| anyhow!("line {number}: {error}"))?;
        operations.push(operation);
    }
    Ok(operations)
}

fn operation(value: &Value, line: u64) -> Result<Operation> {
    let known = [
        "kind", "record", "id", "hlc", "create", "amend", "withdraw", "answers",
    ];
    let keys = object(value, "a line", &known)?;
    let kind = kind(keys.get("kind"))?;
    if let Some(given) = keys.get("answers") {
        if keys.keys().any(|key| key != "answers" && key != "kind") {
            bail!("answers: beside it, only kind; a record with a history has it in create");
        }
        return Ok(short(kind, answers(given, "answers")?, line));
    }
    let acts: Vec<(&str, &Value)> = ["create", "amend", "withdraw"]
        .into_iter()
        .filter_map(|name| Some((name, keys.get(name)?)))
        .collect();
    let act = match acts.as_slice() {
        [("create", value)] => create(value)?,
        [("amend", value)] => amend(value)?,
        [("withdraw", value)] => Act::Withdraw {
            reason: text(value, "withdraw")?.to_owned(),
        },
        [] => bail!("nothing is done: create, amend or withdraw is missing"),
        _ => bail!("only one of create, amend and withdraw fits on a line"),
    };
    Ok(Operation {
        kind,
        record: id(keys.get("record"), "record")?,
        id: id(keys.get("id"), "id")?,
        hlc: hlc(keys.get("hlc"))?,
        act,
    })
}

/// A record without a history; its ids come from its place in the file.
fn short(kind: RecordKind, answers: Answers, line: u64) -> Operation {
    let mut id = [0xff; 16];
    id[8..].copy_from_slice(&line.to_be_bytes());
    let context = Context {
        campaign: CampaignId([0xff; 16]),
        at: 0,
        round: None,
        organisation: None,
        crew: None,
        area: None,
        form: None,
        promoted_from: None,
        from_solo: false,
    };
    let act = Act::Create { context, answers };
    Operation {
        kind,
        record: RecordId(id),
        id: OperationId(id),
        hlc: Hlc(line),
        act,
    }
}

fn kind(value: Option<&Value>) -> Result<RecordKind> {
    let number = |value: &Value| value.as_u64().and_then(|number| u16::try_from(number).ok());
    Ok(match value {
        None => RecordKind::Person,
        Some(Value::String(name)) if name == "person" => RecordKind::Person,
        Some(Value::String(name)) if name == "observation" => RecordKind::Observation,
        Some(Value::String(name)) if name == "round-report" => RecordKind::RoundReport,
        Some(other) => match number(other) {
            Some(number) => RecordKind::Unknown(number),
            None => bail!("kind: person, observation, round-report or a number up to 65535"),
        },
    })
}

fn hlc(value: Option<&Value>) -> Result<Hlc> {
    let wrong = || anyhow!("hlc: [milliseconds since 1970, a counter below 65536]");
    let Some([millis, counter]) = value.and_then(Value::as_array).map(Vec::as_slice) else {
        return Err(wrong());
    };
    let millis = millis
        .as_u64()
        .filter(|millis| *millis < 1 << 48)
        .ok_or_else(wrong)?;
    let counter = counter
        .as_u64()
        .filter(|counter| *counter < 1 << 16)
        .ok_or_else(wrong)?;
    Ok(Hlc(millis << 16 | counter))
}

fn create(value: &Value) -> Result<Act> {
    let keys = object(value, "create", &["context", "answers"])?;
    let context = keys
        .get("context")
        .ok_or_else(|| anyhow!("create.context is missing"))?;
    let given = keys
        .get("answers")
        .ok_or_else(|| anyhow!("create.answers is missing"))?;
    let answers = answers(given, "create.answers")?;
    Ok(Act::Create {
        context: self::context(context)?,
        answers,
    })
}

fn context(value: &Value) -> Result<Context> {
    let known = [
        "campaign",
        "at",
        "round",
        "organisation",
        "crew",
        "area",
        "form",
        "promoted_from",
        "from_solo",
    ];
    let keys = object(value, "create.context", &known)?;
    let wrong = |key: &str, what: &str| anyhow!("create.context.{key}: {what}");
    let optional_text = |key: &str| -> Result<Option<String>> {
        present(keys.get(key))
            .map(|value| Ok(text(value, &format!("create.context.{key}"))?.to_owned()))
            .transpose()
    };
    let form = match present(keys.get("form")) {
        None => None,
        Some(form) => {
            let form = object(form, "create.context.form", &["id", "version"])?;
            let part = |key: &str| match form.get(key) {
                Some(Value::String(part)) => Ok(part.clone()),
                _ => Err(wrong("form", "needs id and version, both text")),
            };
            Some(FormVersion {
                id: part("id")?,
                version: part("version")?,
            })
        }
    };
    Ok(Context {
        campaign: id(keys.get("campaign"), "create.context.campaign")?,
        at: (keys.get("at").and_then(Value::as_i64))
            .ok_or_else(|| wrong("at", "milliseconds since 1970"))?,
        round: optional_id(keys, "round")?,
        organisation: optional_id(keys, "organisation")?,
        crew: optional_text("crew")?,
        area: optional_text("area")?,
        form,
        promoted_from: optional_id(keys, "promoted_from")?,
        from_solo: match present(keys.get("from_solo")) {
            None => false,
            Some(value) => value
                .as_bool()
                .ok_or_else(|| wrong("from_solo", "true or false"))?,
        },
    })
}

fn amend(value: &Value) -> Result<Act> {
    let changes = value
        .as_array()
        .ok_or_else(|| anyhow!("amend: a list of changes"))?;
    let change = |(at, value): (usize, &Value)| -> Result<FieldChange> {
        let path = format!("amend[{at}]");
        let keys = object(value, &path, &["name", "value", "base"])?;
        let name = keys
            .get("name")
            .ok_or_else(|| anyhow!("{path}.name is missing"))?;
        Ok(FieldChange {
            name: text(name, &format!("{path}.name"))?.to_owned(),
            value: present(keys.get("value"))
                .map(|value| answer(value, &format!("{path}.value")))
                .transpose()?,
            base: id(keys.get("base"), &format!("{path}.base"))?,
        })
    };
    Ok(Act::Amend {
        changes: changes
            .iter()
            .enumerate()
            .map(change)
            .collect::<Result<_>>()?,
    })
}

fn answers(value: &Value, path: &str) -> Result<Answers> {
    let given = value
        .as_object()
        .ok_or_else(|| anyhow!("{path}: an object of answers by name"))?;
    let mut answers = Answers::default();
    for (name, value) in given {
        answers
            .map_mut()
            .insert(name.clone(), answer(value, &format!("{path}.{name}"))?);
    }
    Ok(answers)
}

fn answer(value: &Value, path: &str) -> Result<Answer> {
    match value {
        Value::String(text) => Ok(Answer::Text(text.clone())),
        Value::Array(instances) => Ok(Answer::Repeat(
            (instances.iter().enumerate())
                .map(|(at, instance)| answers(instance, &format!("{path}[{at}]")))
                .collect::<Result<_>>()?,
        )),
        Value::Number(_) | Value::Bool(_) => bail!("{path}: an answer is text, in quotes"),
        Value::Null | Value::Object(_) => bail!("{path}: text, or a list for a repeat"),
    }
}

fn object<'a>(value: &'a Value, path: &str, known: &[&str]) -> Result<&'a Map<String, Value>> {
    let keys = value
        .as_object()
        .ok_or_else(|| anyhow!("{path} is not a JSON object"))?;
    if let Some(key) = keys.keys().find(|key| !known.contains(&key.as_str())) {
        bail!(
            "{path} has a key {key:?}, which is not one of {}",
            known.join(", ")
        );
    }
    Ok(keys)
}

fn present(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| !value.is_null())
}

fn text<'a>(value: &'a Value, path: &str) -> Result<&'a str> {
    value
        .as_str()
        .ok_or_else(|| anyhow!("{path}: text, in quotes"))
}

fn id<T: FromStr>(value: Option<&Value>, path: &str) -> Result<T> {
    let value = value.ok_or_else(|| anyhow!("{path} is missing"))?;
    text(value, path)?
        .parse()
        .map_err(|_| anyhow!("{path}: 32 hexadecimal digits"))
}

fn optional_id<T: FromStr>(keys: &Map<String, Value>, key: &str) -> Result<Option<T>> {
    present(keys.get(key))
        .map(|value| id(Some(value), &format!("create.context.{key}")))
        .transpose()
}

/// Writes one operation as a line.
pub(super) fn write(operation: &Operation) -> String {
    let Operation {
        kind,
        record,
        id,
        hlc,
        act,
    } = operation;
    let kind = match kind {
        RecordKind::Person => json!("person"),
        RecordKind::Observation => json!("observation"),
        RecordKind::RoundReport => json!("round-report"),
        RecordKind::Unknown(number) => json!(number),
    };
    let (name, act) = match act {
        Act::Create { context, answers } => (
            "create",
            json!({"context": context_json(context), "answers": answers_json(answers)}),
        ),
        Act::Amend { changes } => ("amend", changes.iter().map(change_json).collect()),
        Act::Withdraw { reason } => ("withdraw", json!(reason)),
    };
    let hlc = [hlc.0 >> 16, hlc.0 & 0xffff];
    let line = json!({
        "kind": kind, "record": record.to_string(), "id": id.to_string(), "hlc": hlc, name: act,
    });
    format!("{line}\n")
}

fn context_json(context: &Context) -> Value {
    let form = |form: &FormVersion| json!({"id": form.id, "version": form.version});
    let mut json = json!({
        "campaign": context.campaign.to_string(),
        "at": context.at,
        "round": context.round.map(|id| id.to_string()),
        "organisation": context.organisation.map(|id| id.to_string()),
        "crew": context.crew,
        "area": context.area,
        "form": context.form.as_ref().map(form),
        "promoted_from": context.promoted_from.map(|id| id.to_string()),
        "from_solo": context.from_solo.then_some(true),
    });
    if let Value::Object(keys) = &mut json {
        keys.retain(|_, value| !value.is_null());
    }
    json
}

fn change_json(change: &FieldChange) -> Value {
    let value = change.value.as_ref().map(answer_json);
    json!({"name": change.name, "value": value, "base": change.base.to_string()})
}

fn answers_json(answers: &Answers) -> Value {
    let pairs = answers
        .map()
        .iter()
        .map(|(name, answer)| (name.clone(), answer_json(answer)));
    Value::Object(pairs.collect())
}

fn answer_json(answer: &Answer) -> Value {
    match answer {
        Answer::Text(text) => json!(text),
        Answer::Repeat(instances) => instances.iter().map(answers_json).collect(),
    }
}
