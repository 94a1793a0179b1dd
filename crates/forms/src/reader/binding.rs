//! What a report needs of a form: questions by name, with the codes that its tables count.
//!
//! Not here: the tables; the codes below are those of `veldpost-domain`, which `cargo xtask` compares.

use super::Mistake;
use crate::expression::{Function, ItemId, Op, OpId};
use crate::form::{Form, Kind};

/// A question that a report reads by name.
#[derive(Clone, Copy, Debug)]
pub struct Required<'a> {
    /// Its name.
    pub name: &'a str,
    /// The codes that its answers must be able to be; empty where any answer will do.
    pub codes: &'a [&'a str],
    /// Codes that it may have beside them, which count as unknown.
    pub also: &'a [&'a str],
    /// The name of the repeat that it is in; empty for none.
    pub within: &'a str,
}

const fn any(name: &'static str) -> Required<'static> {
    Required {
        name,
        codes: &[],
        also: &[],
        within: "",
    }
}

const MUNICIPALITIES: &[&str] = &[
    "borne",
    "dinkelland",
    "enschede",
    "haaksbergen",
    "hengelo",
    "hof_van_twente",
    "losser",
    "oldenzaal",
    "outside_region",
    "unknown",
];

/// What the published tables and the search for doubles read.
pub const REPORT: &[Required<'static>] = &[
    Required {
        codes: &[
            "public_space",
            "emergency_shelter",
            "homeless_accommodation",
            "institution",
            "non_conventional",
            "family_friends",
            "threatened_eviction",
            "unknown",
        ],
        ..any("living_situation")
    },
    any("living_subsituation"),
    Required {
        codes: MUNICIPALITIES,
        ..any("municipality_stay")
    },
    Required {
        codes: MUNICIPALITIES,
        also: &["refused"],
        ..any("municipality_origin")
    },
    any("birth_year"),
    Required {
        codes: &[
            "0-11", "12-15", "16-17", "18-20", "21-22", "23-26", "27-34", "35-44", "45-54",
            "55-64", "65+", "unknown",
        ],
        also: &["refused"],
        ..any("age_band")
    },
    Required {
        codes: &["man", "woman", "other", "unknown"],
        also: &["refused"],
        ..any("gender")
    },
    any("household"),
    any("minors_direct"),
    Required {
        within: "minors_direct",
        ..any("minor_birth_year")
    },
    Required {
        within: "minors_direct",
        ..any("minor_gender")
    },
    any("minors_indirect_count"),
    any("partner_counted"),
    Required {
        codes: &["spoken", "seen", "heard"],
        ..any("source")
    },
    any("dedup_first"),
    any("dedup_last"),
    any("dedup_birth_date"),
];

/// Checks what every form of the app must have: both languages, and what the report reads.
#[must_use]
pub fn check_app(form: &Form) -> Vec<Mistake> {
    let mut mistakes = check_languages(form, &["nl", "en"]);
    mistakes.extend(check_report_binding(form, REPORT));
    mistakes
}

/// Checks that a form has what a report reads. A calculation is followed to the codes that it can give.
#[must_use]
pub fn check_report_binding(form: &Form, required: &[Required<'_>]) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let mut complain = |column: &str, reason: String| {
        let column = column.to_owned();
        mistakes.push(Mistake {
            sheet: "survey",
            row: 0,
            column,
            reason,
        });
    };
    for needed in required {
        let name = needed.name;
        let found = (0..)
            .zip(&form.definition.items)
            .find(|(_, item)| item.name == name);
        let Some((id, _)) = found else {
            complain("name", format!("the report needs a question {name}"));
            continue;
        };
        let around = repeat_around(form, id).map_or("", |repeat| &form.item(repeat).name);
        if around != needed.within {
            let place = if needed.within.is_empty() {
                "outside repeats"
            } else {
                needed.within
            };
            complain("name", format!("the report needs {name} {place}"));
        }
        if needed.codes.is_empty() {
            continue;
        }
        let mut codes = Vec::new();
        if !codes_of(form, id, &mut codes, 0) {
            let reason = format!("the report cannot tell which codes {name} can have");
            complain("calculation", reason);
            continue;
        }
        for code in needed
            .codes
            .iter()
            .filter(|code| !codes.iter().any(|other| other == *code))
        {
            complain(
                "type",
                format!("{name} lacks the code {code}, which the report counts"),
            );
        }
        let known = [needed.codes, needed.also].concat();
        for code in codes.iter().filter(|code| !known.contains(&code.as_str())) {
            complain(
                "type",
                format!("{name} has the code {code}, which the report does not know"),
            );
        }
    }
    mistakes
}

/// Checks that every text of a form is there in these languages (codes).
#[must_use]
pub fn check_languages(form: &Form, codes: &[&str]) -> Vec<Mistake> {
    let has = |code: &&&str| {
        !form
            .languages()
            .iter()
            .any(|language| language.code == **code)
    };
    let missing = codes.iter().filter(has);
    let mistake = |code: &&str| Mistake {
        sheet: "survey",
        row: 1,
        column: "label".into(),
        reason: format!("there are no texts in the language {code}"),
    };
    missing.map(mistake).collect()
}

fn repeat_around(form: &Form, item: ItemId) -> Option<ItemId> {
    let mut at = item;
    while at > 0 {
        at = form.item(at).parent;
        if form.item(at).kind == Kind::Repeat {
            return Some(at);
        }
    }
    None
}

/// Adds the codes that an item can have; false when they cannot be told.
fn codes_of(form: &Form, item: ItemId, codes: &mut Vec<String>, depth: u8) -> bool {
    let item = form.item(item);
    if let Some(list) = item.list.and_then(|list| form.list(list)) {
        for choice in &list.choices {
            if !codes.contains(&choice.code) {
                codes.push(choice.code.clone());
            }
        }
        return true;
    }
    match item.calculation {
        Some(op) if depth < 20 => results_of(form, op, codes, depth + 1),
        _ => false,
    }
}

fn results_of(form: &Form, op: OpId, codes: &mut Vec<String>, depth: u8) -> bool {
    if depth > 40 {
        return false;
    }
    match form.op(op) {
        Op::Text(text) => {
            if !text.is_empty() && !codes.contains(text) {
                codes.push(text.clone());
            }
            true
        }
        Op::Reference { item, .. } => codes_of(form, *item, codes, depth + 1),
        Op::Call(Function::If, operands) => operands
            .iter()
            .skip(1)
            .all(|operand| results_of(form, *operand, codes, depth + 1)),
        Op::Call(Function::Coalesce | Function::Once, operands) => operands
            .iter()
            .all(|operand| results_of(form, *operand, codes, depth + 1)),
        _ => false,
    }
}
