//! Every mistake in the sheets is refused with sheet, row, column and reason.
//!
//! Not here: forms that are right.
#![cfg(feature = "reader")]

use veldpost_forms::reader::{self, Sheets};

const HEADER: &str = "type,name,label,relevant,constraint,calculation,choice_filter,repeat_count\n";

fn mistakes(survey: &str) -> Vec<String> {
    let sheets = Sheets {
        survey: format!("{HEADER}{survey}"),
        choices: "list_name,name,label,area\nyes_no,yes,Yes,a\nyes_no,no,No,b\n".into(),
        settings: String::new(),
    };
    match reader::read(&sheets) {
        Ok(_) => Vec::new(),
        Err(mistakes) => mistakes.0.iter().map(ToString::to_string).collect(),
    }
}

#[track_caller]
fn check(survey: &str, expected: &str) {
    let found = mistakes(survey);
    assert!(
        found.iter().any(|mistake| mistake.contains(expected)),
        "expected {expected:?} among {found:?}"
    );
}

#[test]
fn a_question_that_is_not_there() {
    check(
        "text,a,A,${b} = 1,,,,\n",
        "survey.csv, row 2, column relevant: there is no question b",
    );
    check(
        "text,gender,A,,,,,\ntext,b,B,${gendr} = 1,,,,\n",
        "no question gendr; is it gender?",
    );
    check(
        "note,b,Hello ${x},,,,,\n",
        "row 2, column label: there is no question x",
    );
}

#[test]
fn questions_that_depend_on_one_another_in_a_circle() {
    check(
        "text,a,A,${b} = 1,,,,\ntext,b,B,${a} = 1,,,,\n",
        "depend on one another in a circle: a ← b ← a",
    );
    check("calculate,a,,,,${a} + 1,,\n", "in a circle");
    check(
        "begin_group,g,G,${a} = 1,,,,\ntext,a,A,,,,,\nend_group,,,,,,,\n",
        "in a circle",
    );
}

#[test]
fn a_name_that_occurs_twice() {
    check(
        "text,a,A,,,,,\ntext,a,A,,,,,\n",
        "row 3, column name: a occurs twice, first in row 2",
    );
    let nested = "text,a,A,,,,,\nbegin_repeat,r,R,,,,,\ntext,a,A,,,,,\nend_repeat,,,,,,,\n";
    assert!(mistakes(nested).is_empty());
    check(
        &format!("{nested}text,b,B,${{a}} = 1,,,,\n"),
        "there is more than one a",
    );
}

#[test]
fn a_name_with_characters_that_names_do_not_have() {
    for name in ["1a", "a b", "a/b", "-a", "a[1]", "meta"] {
        check(
            &format!("text,{name},A,,,,,\n"),
            "survey.csv, row 2, column name",
        );
    }
    check("text,,A,,,,,\n", "a name is needed");
}

#[test]
fn a_type_or_list_that_does_not_exist() {
    check(
        "txt,a,A,,,,,\n",
        "column type: the type txt is not supported; is it text?",
    );
    check("image,a,A,,,,,\n", "the type image is not supported");
    check(
        "select_one yes_noo,a,A,,,,,\n",
        "no list yes_noo; is it yes_no?",
    );
    check("select_one,a,A,,,,,\n", "a list must follow");
    check(",a,A,,,,,\n", "a has no type");
}

#[test]
fn groups_that_do_not_fit() {
    check(
        "begin_group,g,G,,,,,\ntext,a,A,,,,,\n",
        "row 2, column type: this is never ended",
    );
    check("text,a,A,,,,,\nend_group,,,,,,,\n", "nothing is open here");
    check(
        "begin_repeat,g,G,,,,,\ntext,a,A,,,,,\nend_group,,,,,,,\n",
        "row 4, column type: g is open and ends with end_repeat",
    );
}

#[test]
fn expressions_that_cannot_be_read() {
    for (expression, reason) in [
        (
            "${a} = ",
            "expected a question, a text, a number or a function at the end",
        ),
        ("${a} = 'x", "has no closing '"),
        ("${a", "has no closing }"),
        ("(1 = 1", "expected ) at the end"),
        ("1 = 1 2", "expected an operator at character 7"),
        ("- - 3 = 1", "two minus signs in a row"),
        ("a = 1", "a question is written ${a}"),
        ("1..2 = 1", "is no number"),
        ("${a} && 1", "& at character 6 has no meaning here"),
        (
            "pulldata('x') = 1",
            "the function pulldata() at character 1 is not supported",
        ),
        ("select(${a}, 'x')", "is not supported"),
        ("selectd(${a}, 'x')", "is it selected()?"),
        ("selected(${a})", "takes 2 arguments, not 1"),
        ("count(3) = 1", "count() needs a question or a repeat"),
        (
            "once(${a}) = 1",
            "once() has a meaning in a calculation only",
        ),
        (". = 1", "a single point has a meaning in a constraint only"),
        ("../a = 1", "a path has a meaning in position() only"),
        ("position(${a}) = 1", "position() takes .. or ../.. only"),
        ("regex(${a}, ${a})", "must be a text in quotes"),
        ("regex(${a}, '(')", "this pattern cannot be used"),
        ("format-date(today(), '%Q') = 1", "format-date() knows"),
        (
            "jr:choice-name(${a}, '${a}') = 1",
            "takes a code and a select question",
        ),
        (
            "indexed-repeat(${a}, ${a}, 1) = 1",
            "a repeat that it is in",
        ),
        ("${last-saved#a} = 1", "an earlier record"),
    ] {
        let cell = expression.replace('"', "\"\"");
        check(&format!("text,a,A,,,,,\ntext,b,B,\"{cell}\",,,,\n"), reason);
    }
    let deep = format!("{}1{}", "(".repeat(5000), ")".repeat(5000));
    check(&format!("text,a,A,{deep},,,,\n"), "nested too deeply");
}

#[test]
fn columns_and_filters_that_do_not_fit() {
    check(
        "select_one yes_no,a,A,,,,zone='a',\n",
        "the choices sheet has no column zone",
    );
    check(
        "text,a,A,,,,area='a',\n",
        "only a select question has choices",
    );
    check("text,a,A,,,,,3\n", "only a repeat has a count");
    check("calculate,a,,,,,,\n", "a calculate row needs a calculation");
    check("text,a,,,,,,\n", "a question needs a label");
}

#[test]
fn a_slip_of_the_pen_in_a_header_is_not_taken_for_a_remark() {
    let read = |survey: &str| {
        reader::read(&Sheets {
            survey: survey.into(),
            ..Sheets::default()
        })
        .map_err(|mistakes| mistakes.to_string())
    };
    let error = read("type,name,label,relevent\ntext,a,A,\n").unwrap_err();
    assert_eq!(
        error,
        "survey.csv, row 1, column relevent: unknown column; is it relevant?"
    );
    assert!(read("type,name,label,remarks\ntext,a,A,because\n").is_ok());
    let error = read("type,name,label,trigger\ntext,a,A,${a}\n").unwrap_err();
    assert!(
        error.contains("row 2, column trigger: this column is not supported"),
        "{error}"
    );
    assert!(
        read("name,label\na,A\n")
            .unwrap_err()
            .contains("column type: this column is missing")
    );
    assert!(read("").is_err());
    assert!(read("type,name,label\n\"text,a,A\n").is_err());
}

#[test]
fn a_translation_that_is_missing() {
    let sheets = Sheets {
        survey: "type,name,label::Nederlands (nl),label::English (en)\ntext,a,Naam,\n".into(),
        ..Sheets::default()
    };
    assert_eq!(
        reader::read(&sheets).unwrap_err().to_string(),
        "survey.csv, row 2, column label: the translation into English is missing"
    );
}

#[test]
fn choices_that_do_not_fit() {
    let read = |choices: &str| {
        let survey = "type,name,label\nselect_one l,a,A\n".into();
        reader::read(&Sheets {
            survey,
            choices: choices.into(),
            ..Sheets::default()
        })
        .map_err(|mistakes| mistakes.to_string())
    };
    for (choices, reason) in [
        (
            "list_name,name,label\nl,a,A\nl,a,B\n",
            "choices.csv, row 3, column name: the code a occurs twice",
        ),
        (
            "list_name,name,label\nl,a b,A\n",
            "a code must not contain spaces",
        ),
        (
            "list_name,name,label\nl,a,\n",
            "row 2, column label: a choice needs a label",
        ),
        (
            "list_name,name,label\n,a,A\n",
            "a choice needs the name of its list",
        ),
        ("list_name,name,label\nl,,A\n", "a choice needs a code"),
        (
            "list_name,label\nl,A\n",
            "column name: this column is missing",
        ),
    ] {
        let error = read(choices).unwrap_err();
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn a_form_without_what_the_report_reads() {
    let sheets = Sheets {
        survey: "type,name,label,calculation\nselect_one p,place,P,\n\
                 calculate,living_situation,,\"if(${place} = 'a', 'public_space', ${place})\"\n"
            .into(),
        choices: "list_name,name,label\np,a,A\np,unknown,U\n".into(),
        settings: String::new(),
    };
    let form = reader::read(&sheets).unwrap();
    let found: Vec<String> = reader::check_app(&form)
        .iter()
        .map(ToString::to_string)
        .collect();
    for expected in [
        "the report needs a question municipality_stay",
        "living_situation lacks the code institution, which the report counts",
        "living_situation has the code a, which the report does not know",
        "there are no texts in the language en",
    ] {
        assert!(
            found.iter().any(|mistake| mistake.contains(expected)),
            "{expected}: {found:?}"
        );
    }
    assert!(
        !found
            .iter()
            .any(|mistake| mistake.contains("lacks the code public_space"))
    );
}
