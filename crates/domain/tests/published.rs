//! A published result is read as it was written, and nothing else is read as one.

#![cfg(feature = "population")]
#![expect(clippy::unwrap_used, reason = "helpers of tests stop the test")]

use veldpost_domain::population::{COUNT_DATE, DEMO_CAMPAIGN, DEMO_SEED, Plan, Size, population};
use veldpost_domain::{Date, RecordSet, Scope, Tables, published};

fn tables(records: u32) -> Tables {
    let plan = Plan {
        seed: DEMO_SEED,
        size: Size::Records(records),
        campaign: DEMO_CAMPAIGN,
        count_date: Date::parse(COUNT_DATE).unwrap(),
    };
    let mut set = RecordSet::default();
    for operation in population(&plan) {
        set.apply(operation);
    }
    let scope = Scope {
        campaign: Some(DEMO_CAMPAIGN),
        count_date: plan.count_date,
    };
    Tables::compute(set.iter(), &scope)
}

fn read(written: &[(&str, String)]) -> Option<Tables> {
    published::read(written.iter().map(|(name, csv)| (*name, csv.as_str())))
}

#[test]
fn what_is_written_is_read() {
    for records in [0, 1, 40, 542, 5_000] {
        let tables = tables(records);
        assert_eq!(read(&published::write(&tables)), Some(tables), "{records}");
    }
}

#[test]
fn a_digit_more_a_line_less_or_a_table_less_is_no_result() {
    let written = published::write(&tables(542));
    for changed in 0..written.len() {
        let mut other = written.clone();
        other[changed].1.push('1');
        assert_eq!(read(&other), None, "{changed}: a digit");
        let mut other = written.clone();
        let cut = other[changed].1.trim_end().rfind('\n').unwrap();
        other[changed].1.truncate(cut);
        assert_eq!(read(&other), None, "{changed}: a line");
        let mut other = written.to_vec();
        other.remove(changed);
        assert_eq!(read(&other), None, "{changed}: a table");
    }
}

#[test]
fn totals_that_do_not_close_are_no_result() {
    let mut written = published::write(&tables(542));
    let total = written[0].1.lines().last().unwrap().to_owned();
    let (label, _) = total.rsplit_once(',').unwrap();
    written[0].1 = written[0].1.replace(&total, &format!("{label},7"));
    assert_eq!(read(&written), None);
}

#[test]
fn numbers_that_cannot_be_are_no_result_and_no_panic() {
    let whole = published::write(&tables(542));
    for (from, to) in [
        ("doubles_people,", "doubles_people,999999"),
        ("seen_counted_already,", "seen_counted_already,999999"),
        ("forms,", "forms,4294967295"),
    ] {
        let mut written = whole.clone();
        let line = written[3].1.lines().find(|line| line.starts_with(from));
        let line = line.unwrap().to_owned();
        written[3].1 = written[3].1.replace(&line, to);
        assert_eq!(read(&written), None, "{to}");
    }
}
