//! The relay's rows: medians, beside the plain server's of the same run.
//!
//! Deliberately not here: measuring.

use serde_json::Value;

use crate::bench::verdict::{Limit, Row, middle};

/// The table, in Markdown.
pub fn table(found: &Value) -> Vec<String> {
    let number = |name: &str| middle(&found["samples"][name]);
    let mut lines = vec![
        format!(
            "{} records, {} runs, medians; load {} before, {} after",
            found["n"], found["runs"], found["load0"], found["load1"]
        ),
        String::from("| what | Veldpost | beside it | reach | |"),
        String::from("| --- | --: | --: | --- | --- |"),
    ];
    let beside = |what, ours, (share, peer, theirs), unit| Row {
        what,
        ours: number(ours),
        limit: Limit::Share(share, peer, number(theirs)),
        unit,
    };
    let rows = [
        beside(
            "upload until durable",
            "relay upload",
            (1.5, "one raw POST", "raw upload"),
            "ms",
        ),
        beside(
            "the same",
            "relay upload",
            (1.0, "plain JSON", "plain upload"),
            "ms",
        ),
        beside("push one", "relay one", (1.0, "plain", "plain one"), "ms"),
        beside(
            "push one, bytes both ways",
            "relay one bytes",
            (1.1, "plain", "plain one bytes"),
            "B",
        ),
        beside(
            "50 clients × 200 at once",
            "relay crowd",
            (1.0, "plain", "plain crowd"),
            "ms",
        ),
        Row {
            what: "resident under 500 event streams",
            ours: number("relay resident at most MiB"),
            limit: Limit::Most(64.0),
            unit: "MiB",
        },
    ];
    lines.extend(rows.iter().map(Row::line));
    lines
}

#[cfg(test)]
mod tests {
    use super::table;
    use serde_json::json;

    #[test]
    fn a_row_says_what_was_reached_beside_the_plain_server() {
        let found = json!({"n": 1, "runs": 1, "samples": {
            "relay upload": [140.0, 150.0, 160.0], "raw upload": [100.0], "relay one": [3.0], "plain one": [2.0]
        }});
        let table = table(&found);
        assert!(
            table[3].ends_with("1.50× | ≤ 1.5× one raw POST | met |"),
            "{}",
            table[3]
        );
        assert!(table[5].ends_with("| not met |"), "{}", table[5]);
        assert!(table[8].ends_with("| not measured |"), "{}", table[8]);
    }
}
