use super::{demo, files, ndjson, options, scope};
use veldpost_domain::{Operation, RecordKind, RecordSet, Tables, baseline};

fn made(args: &str) -> Vec<Operation> {
    demo(&options(&words(args)).unwrap()).unwrap()
}

fn words(args: &str) -> Vec<String> {
    args.split_whitespace().map(str::to_owned).collect()
}

/// Every cell of the made-up tables, as they are written with `--plain`, is that of 2024.
#[test]
fn the_demo_equals_the_published_files_byte_by_byte() {
    for args in [
        "--demo",
        "--demo --seed 2",
        "--demo --seed 18446744073709551615",
    ] {
        let operations = made(args);
        let scope = scope(&options(&words(args)).unwrap(), &operations).unwrap();
        let records: RecordSet = operations.into_iter().collect();
        let tables = Tables::compute(records.iter(), &scope);
        let files = files(&tables, true);
        let published = [
            include_str!("../../../crates/domain/baseline-2024/table1.csv"),
            include_str!("../../../crates/domain/baseline-2024/table2.csv"),
        ];
        assert_eq!(files[0].1, published[0]);
        assert_eq!(files[1].1, published[1]);
        assert_ne!(files[2].1, published[1]);
    }
}

#[test]
fn the_report_for_excel_holds_the_same_numbers_with_2024_beside_them() {
    let operations = made("--demo");
    let scope = scope(&options(&words("--demo")).unwrap(), &operations).unwrap();
    let records: RecordSet = operations.into_iter().collect();
    let report = &files(&Tables::compute(records.iter(), &scope), false)[0].1;
    assert!(report.starts_with('\u{feff}'));
    assert_eq!(report.matches('\n').count(), report.matches("\r\n").count());
    let lines: Vec<&str> = report.lines().collect();
    for line in [
        "Bij familie, vrienden en kennissen;198;41;239;198;41;239",
        "Totaal;487;65;552;487;65;552",
        "Subtotaal;0;0;146;0;28;0;0;2;2;4;182",
        "Minderjarigen <18 indirect betrokken;3;0;28;3;20;1;0;2;3;11;71",
        "Aantal formulieren;490",
        "Alleen gezien;25",
        veldpost_domain::tables::LOWER_BOUND_NL,
    ] {
        let plain: Vec<String> = lines.iter().map(|line| line.replace('"', "")).collect();
        assert!(plain.iter().any(|found| found == line), "{line}");
    }
}

#[test]
fn records_come_back_from_ndjson_as_they_went() {
    let operations = made("--demo --records 2000 --seed 7");
    let lines: String = operations.iter().map(ndjson::write).collect();
    assert!(ndjson::read(&lines).unwrap() == operations);
}

#[test]
fn a_file_without_one_line_gives_tables_without_that_person() {
    let operations = made("--demo");
    let lines: Vec<String> = operations.iter().map(ndjson::write).collect();
    let without: String = lines.iter().skip(1).map(String::as_str).collect();
    let options = options(&words("--records - --count-date 2024-11-20")).unwrap();
    let operations = ndjson::read(&without).unwrap();
    let scope = scope(&options, &operations).unwrap();
    let records: RecordSet = operations.into_iter().collect();
    let tables = Tables::compute(records.iter(), &scope);
    assert!(
        tables.by_situation != baseline::TABLE_1 || tables.seen_only != 25,
        "the first line made no difference"
    );
}

#[test]
fn a_line_with_answers_alone_is_a_record() {
    let text = "\u{feff}{\"answers\":{\"living_situation\":\"institution\"}}\r\n\r\n\
                {\"kind\":\"observation\",\"answers\":{\"tile\":\"man\"}}\n";
    let operations = ndjson::read(text).unwrap();
    let options = options(&words("--records -")).unwrap();
    let scope = scope(&options, &operations).unwrap();
    let records: RecordSet = operations.into_iter().collect();
    let tables = Tables::compute(records.iter(), &scope);
    assert_eq!((tables.people(), tables.seen_only), (1, 1));
}

#[test]
fn a_mistake_in_a_file_is_told_with_its_line_and_without_answers() {
    let hex = "0".repeat(32);
    let check = |line: &str, expected: &str| {
        let text = format!("{{\"answers\":{{}}}}\n{line}\n");
        let error = format!("{:#}", ndjson::read(&text).unwrap_err());
        assert_eq!(error, format!("line 2: {expected}"));
        assert!(!error.contains("canary"));
    };
    check("{\"answers\":{", "not JSON at column 12");
    check("canary", "not JSON at column 1");
    check("[]", "a line is not a JSON object");
    check(
        "{}",
        "nothing is done: create, amend or withdraw is missing",
    );
    check(
        "{\"answers\":{\"x\":12}}",
        "answers.x: an answer is text, in quotes",
    );
    check(
        "{\"answers\":{\"x\":{\"canary\":1}}}",
        "answers.x: text, or a list for a repeat",
    );
    check(
        "{\"answers\":{\"x\":[{},\"canary\"]}}",
        "answers.x[1]: an object of answers by name",
    );
    check(
        "{\"answers\":{},\"id\":1}",
        "answers: beside it, only kind; a record with a history has it in create",
    );
    check(
        "{\"kind\":\"canary\",\"answers\":{}}",
        "kind: person, observation, round-report or a number up to 65535",
    );
    check("{\"withdraw\":\"mistake\"}", "record is missing");
    check(
        "{\"withdraw\":\"mistake\",\"record\":\"canary\"}",
        "record: 32 hexadecimal digits",
    );
    check(
        &format!("{{\"withdraw\":\"mistake\",\"record\":\"{hex}\",\"id\":\"{hex}\",\"hlc\":5}}"),
        "hlc: [milliseconds since 1970, a counter below 65536]",
    );
    check(
        "{\"create\":{\"context\":{\"campagne\":1},\"answers\":{}}}",
        "create.context has a key \"campagne\", which is not one of campaign, at, round, organisation, \
         crew, area, form, promoted_from, from_solo",
    );
    check(
        "{\"amend\":[{\"name\":\"x\",\"value\":\"canary\"}]}",
        "amend[0].base is missing",
    );
}

#[test]
fn several_counts_in_one_file_ask_which() {
    let mut operations = made("--demo");
    operations.extend(made(
        "--demo --seed 2 --campaign 11111111111111111111111111111111",
    ));
    let ask = options(&words("--records - --count-date 2024-11-20")).unwrap();
    assert!(
        scope(&ask, &operations)
            .unwrap_err()
            .to_string()
            .contains("1111")
    );
    let one = options(&words(
        "--records - --count-date 2024-11-20 --campaign 11111111111111111111111111111111",
    ));
    let scope = scope(&one.unwrap(), &operations).unwrap();
    let records: RecordSet = operations.into_iter().collect();
    assert_eq!(
        Tables::compute(records.iter(), &scope).by_origin,
        baseline::TABLE_2
    );
}

#[test]
fn what_was_typed_wrong_is_told() {
    for (args, expected) in [
        (
            "",
            "tables of what? --demo, or --records FILE: see cargo xtask tables --help",
        ),
        ("--demo --seed x", "--seed needs a whole number"),
        ("--seed 3 --records f", "--seed goes with --demo"),
        ("--demo --out", "--out needs a value"),
        (
            "--demo --count-date 20-11-2024",
            "--count-date needs a day: YYYY-MM-DD",
        ),
        (
            "--what",
            "tables does not know --what: see cargo xtask tables --help",
        ),
    ] {
        let error = options(&words(args)).err().unwrap();
        assert_eq!(error.to_string(), expected);
    }
    let error = demo(&options(&words("--demo --records x")).unwrap())
        .err()
        .unwrap();
    assert_eq!(
        error.to_string(),
        "with --demo, --records needs a whole number of records"
    );
}

/// Somebody may open any made-up record and save it: the form finds nothing wrong with it and changes
/// none of its answers.
#[test]
fn the_made_up_answers_go_through_the_form_unchanged() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../forms/ethos-count");
    let sheets = veldpost_forms::reader::load(&folder).unwrap();
    let form = std::sync::Arc::new(veldpost_forms::reader::read(&sheets).unwrap());
    let records: RecordSet = made("--demo --records 3000 --seed 5").into_iter().collect();
    let mut filled_in = 0;
    for record in records
        .iter()
        .filter(|record| record.kind() == RecordKind::Person)
    {
        let (at, answers) = (record.context().unwrap().at, record.answers());
        let now = veldpost_forms::Moment {
            at,
            offset_minutes: 60,
        };
        let session = veldpost_forms::Session::restore(form.clone(), &answers, now);
        let problems: Vec<String> = session
            .problems("nl")
            .into_iter()
            .map(|problem| problem.path)
            .collect();
        assert_eq!(problems, [""; 0]);
        let saved = session.answers();
        for (name, answer) in answers.map() {
            assert!(saved.map().get(name) == Some(answer), "{name} changed");
        }
        filled_in += 1;
    }
    assert!(filled_in > 2700);
}
