//! A benchmark's records as answers of one person each.
//!
//! Not here: how they are made; they come as JSON, one a line.

use core::fmt::{self, Formatter};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::collections::BTreeMap;
use veldpost_domain::{
    Act, Answers, CampaignId, Context, FormVersion, Hlc, Operation, OperationId, Record, RecordId,
    RecordKind,
};
use veldpost_journal::{Filled, Outside as _};

/// The names under which Veldpost's tables look for some of a benchmark's fields.
const NAMES: [(&str, &str); 3] = [
    ("municipality", STAY),
    ("ethos", SITUATION),
    ("ageBand", "age_band"),
];
const STAY: &str = "municipality_stay";
const SITUATION: &str = "living_situation";

/// A value in the words of XLSForm: choices of several with a space between.
struct Value<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Value<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Values)
    }
}

struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Value<'de>;

    fn expecting(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str("a text, a number, yes or no, or a list of texts")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Value(text.into()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Value(text.to_owned().into()))
    }

    fn visit_bool<E>(self, yes: bool) -> Result<Self::Value, E> {
        Ok(Value(if yes { "yes" } else { "no" }.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Value(number.to_string().into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Value(number.to_string().into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Value(number.to_string().into()))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Value("".into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut joined = String::new();
        while let Some(Value(one)) = list.next_element()? {
            if !joined.is_empty() {
                joined.push(' ');
            }
            joined.push_str(&one);
        }
        Ok(Value(joined.into()))
    }
}

struct Fields<'a>(Vec<(&'a str, Value<'a>)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Fields<'de>;

            fn expecting(&self, out: &mut Formatter<'_>) -> fmt::Result {
                out.write_str("a record")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::with_capacity(32);
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        from.deserialize_map(Reader)
    }
}

fn read(record: &str) -> Option<(RecordId, Answers)> {
    let Fields(fields) = serde_json::from_str(record).ok()?;
    let (_, Value(id)) = fields.iter().find(|(name, _)| *name == "id")?;
    let id = id.replace('-', "").parse().ok()?;
    // A question without an answer has none.
    let answered = fields
        .iter()
        .filter(|(name, Value(value))| *name != "id" && !value.is_empty());
    let answers = answered.map(|(name, Value(value))| {
        let known = NAMES.iter().find(|(theirs, _)| theirs == name);
        (known.map_or(*name, |(_, ours)| ours), &**value)
    });
    Some((id, answers.collect()))
}

fn form() -> FormVersion {
    FormVersion {
        id: "ethos-count".to_owned(),
        version: "1".to_owned(),
    }
}

/// One record, as a finished form gives it.
pub fn filled(record: &str) -> Option<Filled> {
    let (record, answers) = read(record)?;
    Some(Filled {
        record,
        form: form(),
        answers,
        promoted_from: None,
        campaign: None,
    })
}

/// Many records, as they come from elsewhere.
pub fn operations(packed: &str, campaign: CampaignId, now: i64) -> impl Iterator<Item = Operation> {
    let mut hlc = Hlc::default();
    let mut ids = Vec::new();
    packed
        .lines()
        .filter_map(read)
        .map(move |(record, answers)| {
            hlc = hlc.tick(now);
            let id = id(&mut ids);
            let context = Context {
                campaign,
                at: now,
                round: None,
                organisation: None,
                crew: None,
                area: None,
                form: Some(form()),
                promoted_from: None,
                from_solo: false,
            };
            Operation {
                kind: RecordKind::Person,
                record,
                id: OperationId(id),
                hlc,
                act: Act::Create { context, answers },
            }
        })
}

/// An id, of many that are drawn at once.
fn id(ready: &mut Vec<u8>) -> [u8; 16] {
    if ready.is_empty() {
        ready.resize(16 * 4_096, 0);
        crate::outside::Browser.random(ready);
    }
    let mut id = [0; 16];
    id.copy_from_slice(&ready.split_off(ready.len() - 16));
    id
}

/// How many stayed in this municipality, by category.
pub fn count<'a>(
    records: impl Iterator<Item = &'a Record>,
    municipality: &str,
) -> (usize, BTreeMap<String, u32>) {
    let mut categories: BTreeMap<String, u32> = BTreeMap::new();
    let mut matched = 0;
    for record in records.filter(|record| record.text(STAY) == Some(municipality)) {
        matched += 1;
        let category = record.text(SITUATION).unwrap_or_default();
        match categories.get_mut(category) {
            Some(number) => *number += 1,
            None => _ = categories.insert(category.to_owned(), 1),
        }
    }
    (matched, categories)
}
