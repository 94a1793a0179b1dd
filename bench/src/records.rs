//! A benchmark's records as answers of one person each.
//!
//! Not here: how they are made; they come as text, `name␟value␟…` a record, `␞` between records.

use std::collections::BTreeMap;
use veldpost_domain::{
    Act, Answers, CampaignId, Context, FormVersion, Hlc, Operation, OperationId, Record, RecordId,
    RecordKind,
};
use veldpost_journal::{Filled, Outside as _};

const RECORD: char = '\u{1e}';
const FIELD: char = '\u{1f}';
/// The names under which Veldpost's tables look for them.
const STAY: &str = "municipality_stay";
const SITUATION: &str = "living_situation";

fn read(record: &str) -> Option<(RecordId, Answers)> {
    let mut fields = record.split(FIELD);
    let id = fields.next()?.replace('-', "").parse().ok()?;
    let pairs = core::iter::from_fn(|| Some((fields.next()?, fields.next()?)));
    // A question without an answer has none.
    let answers: Answers = pairs.filter(|(_, value)| !value.is_empty()).collect();
    Some((id, answers))
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
    })
}

/// Many records, as they come from elsewhere.
pub fn operations(packed: &str, campaign: CampaignId, now: i64) -> impl Iterator<Item = Operation> {
    let mut hlc = Hlc::default();
    let mut ids = Vec::new();
    packed
        .split(RECORD)
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
