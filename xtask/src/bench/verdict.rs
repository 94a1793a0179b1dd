//! What was measured, held against what is to be reached: one line a row.
//!
//! Deliberately not here: measuring. Both sides of a ratio come from one interleaved run.

use serde_json::Value;

/// One row: ours, theirs, and how much of theirs may be used.
pub struct Row {
    pub what: &'static str,
    pub ours: Option<f64>,
    pub limit: Limit,
    pub unit: &'static str,
}

pub enum Limit {
    /// A share of what a peer took.
    Share(f64, &'static str, Option<f64>),
    /// A number.
    Most(f64),
}

impl Row {
    pub fn line(&self) -> String {
        let Self {
            what, ours, unit, ..
        } = self;
        let shown = ours.map_or_else(|| String::from("–"), |ours| format!("{ours:.1} {unit}"));
        let (reach, found, met) = match &self.limit {
            Limit::Most(most) => (
                format!("≤ {most:.0} {unit}"),
                String::from("–"),
                ours.map(|ours| ours <= *most),
            ),
            Limit::Share(share, peer, theirs) => {
                let ratio = ours.zip(theirs.filter(|theirs| *theirs > 0.0));
                let ratio = ratio.map(|(ours, theirs)| ours / theirs);
                let theirs = theirs.map_or_else(
                    || String::from("–"),
                    |theirs| format!("{peer} {theirs:.1} {unit}"),
                );
                let ratio_shown = ratio.map_or_else(String::new, |ratio| format!(": {ratio:.2}×"));
                (
                    format!("≤ {share}× {peer}"),
                    format!("{theirs}{ratio_shown}"),
                    ratio.map(|ratio| ratio <= *share),
                )
            }
        };
        let verdict = match met {
            Some(true) => "met",
            Some(false) => "not met",
            None => "not measured",
        };
        format!("| {what} | {shown} | {found} | {reach} | {verdict} |")
    }
}

/// The table, in Markdown.
pub fn table(store: &Value, felt: &Value) -> Vec<String> {
    let mut lines = heading(store);
    lines.extend(rows(store, felt).iter().map(Row::line));
    lines
}

fn heading(store: &Value) -> Vec<String> {
    vec![
        format!(
            "{} records, {} runs, medians; load {} before, {} after",
            store["n"], store["runs"], store["load0"][0], store["load1"][0]
        ),
        String::from("| what | Veldpost | beside it | reach | |"),
        String::from("| --- | --: | --: | --- | --- |"),
    ]
}

/// The post's rows.
pub fn post(measured: &Value, kept: &Value) -> Vec<String> {
    let median = |who: &str, what: &str| measured["median"][who][what].as_f64();
    let share = |share, peer, what: &str| Limit::Share(share, peer, median(peer, what));
    let rows = [
        milliseconds(
            "a new coordinator pulls, verifies, opens, stores",
            median("veldpost-letterbox", "e"),
            share(0.6, "raw-idb-sync", "e"),
        ),
        milliseconds(
            "coordinator: unlock → Table 2, nothing came since",
            middle(&kept["kept"]),
            share(0.5, "raw-idb", "c"),
        ),
        milliseconds(
            "coordinator: unlock → Table 2, a hundred records came since",
            middle(&kept["since"]),
            share(0.5, "raw-idb", "c"),
        ),
        milliseconds(
            "coordinator: unlock → Table 2, all read anew",
            median("veldpost-coordinator", "c"),
            share(0.5, "raw-idb", "c"),
        ),
        milliseconds(
            "  the same in a page that was open already",
            median("veldpost-coordinator", "cWarm"),
            share(0.5, "raw-idb", "c"),
        ),
        milliseconds(
            "coordinator: what is on the disk is read, locked",
            median("veldpost-coordinator", "openFull"),
            share(1.0, "raw-idb", "c"),
        ),
        milliseconds(
            "upload by one browser",
            median("veldpost-letterbox", "d"),
            share(1.5, "http-limit", "d"),
        ),
    ];
    let mut lines = heading(measured);
    lines.extend(rows.iter().map(Row::line));
    lines
}

fn rows(store: &Value, felt: &Value) -> Vec<Row> {
    let mut rows = cold_and_offline(store, felt);
    rows.extend(saved_and_read(store));
    rows.extend(kept_and_tapped(felt));
    rows
}

fn milliseconds(what: &'static str, ours: Option<f64>, limit: Limit) -> Row {
    let unit = "ms";
    Row {
        what,
        ours,
        limit,
        unit,
    }
}

fn cold_and_offline(store: &Value, felt: &Value) -> Vec<Row> {
    let form = |name: &str, key: &str| store["forms"][name][key].as_f64();
    let row = |what, key| {
        let enketo = Limit::Share(0.6, "Enketo", form("enketo-core", key));
        milliseconds(what, form("veldpost-form", key), enketo)
    };
    vec![
        row("cold → practice form echoes", "interactive"),
        row("the same, CPU 4× slower", "interactive4"),
        milliseconds(
            "third visit, offline → tally takes a tap",
            middle(&felt["offline"]),
            Limit::Share(0.5, "Enketo", middle(&felt["enketo"])),
        ),
    ]
}

fn saved_and_read(store: &Value) -> Vec<Row> {
    let median = |name: &str, key: &str| store["median"][name][key].as_f64();
    let row = |what, name, key, (share, peer, peers_name)| {
        let limit = Limit::Share(share, peer, median(peers_name, key));
        milliseconds(what, median(name, key), limit)
    };
    let strict = (1.5, "raw strict", "raw-idb-strict");
    let (written, read) = ((0.4, "raw", "raw-idb"), (0.5, "raw", "raw-idb"));
    vec![
        row("save one on 10,000, p95 of 100", "veldpost", "a95", strict),
        row("bulk import", "veldpost", "b", written),
        row("bulk import, folded too", "veldpost-folded", "b", written),
        row(
            "unlock → tables, first after a start",
            "veldpost",
            "c",
            read,
        ),
        row("unlock → tables, again", "veldpost", "cWarm", read),
    ]
}

fn kept_and_tapped(felt: &Value) -> Vec<Row> {
    let bytes = |key: &str| felt["bytes"][key].as_f64();
    let size = |what, ours, most| Row {
        what,
        ours,
        limit: Limit::Most(most),
        unit: "B",
    };
    let tap =
        |what, key: &str, most| milliseconds(what, felt["taps4"][key].as_f64(), Limit::Most(most));
    let waiting = bytes("waiting").zip(bytes("waitingStub"));
    vec![
        size(
            "a record in blocks, with its stub, on the disk",
            bytes("disk"),
            350.0,
        ),
        size(
            "a waiting entry, with its stub",
            waiting.map(|(entry, stub)| entry + stub),
            1100.0,
        ),
        tap("tap → number, CPU 4× slower, p95", "shown95", 100.0),
        tap("tap → kept, CPU 4× slower, p95", "kept95", 200.0),
    ]
}

/// The middle of several, as the harness takes it.
pub fn middle(numbers: &Value) -> Option<f64> {
    let mut numbers: Vec<f64> = numbers
        .as_array()?
        .iter()
        .filter_map(Value::as_f64)
        .collect();
    numbers.sort_by(f64::total_cmp);
    let half = numbers.len() / 2;
    let upper = *numbers.get(half)?;
    if numbers.len() % 2 == 1 {
        return Some(upper);
    }
    numbers.get(half - 1).map(|lower| (lower + upper) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::table;
    use serde_json::json;

    fn line(table: &[String], what: &str) -> String {
        let found = table.iter().find(|line| line.contains(what));
        found.cloned().unwrap_or_default()
    }

    #[test]
    fn a_row_is_met_only_within_its_share_of_the_peer_in_the_same_run() {
        let store = |ours: u32| {
            json!({"n": 10, "runs": 1, "median": {
                "veldpost": {"b": ours}, "raw-idb": {"b": 1000}
            }})
        };
        let within = table(&store(400), &json!({}));
        assert!(line(&within, "bulk import |").ends_with("0.40× | ≤ 0.4× raw | met |"));
        let beyond = table(&store(401), &json!({}));
        assert!(line(&beyond, "bulk import |").ends_with("| not met |"));
    }

    #[test]
    fn what_was_not_measured_is_not_called_met() {
        let empty = table(&json!({}), &json!({}));
        assert_eq!(empty.len(), 15);
        assert!(
            empty
                .iter()
                .skip(3)
                .all(|line| line.ends_with("| not measured |"))
        );
    }

    #[test]
    fn the_middle_of_an_even_number_lies_between_the_two_in_the_middle() {
        let felt = json!({"offline": [9, 1, 3, 5], "enketo": [8]});
        let third = line(&table(&json!({}), &felt), "third visit");
        assert!(
            third.contains("4.0 ms") && third.contains("0.50×"),
            "{third}"
        );
    }
}
