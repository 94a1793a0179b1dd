//! `cargo xtask forms`: checks every questionnaire, joins its sheets into one workbook, and lets pyxform
//! read that workbook.
//!
//! Deliberately not here: what the rules are (`veldpost-forms`).

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use rust_xlsxwriter::Workbook;
use veldpost_forms::reader;

use crate::shell::{root, say};
use crate::tools;

const PYXFORM: &str = "4.5.0";
const SHEETS: [&str; 3] = ["survey", "choices", "settings"];
const HELP: &str = "\
cargo xtask forms [--check] [--xlsx OUT] [--compile OUT] [--pyxform] [FOLDER]...

  --check      read the sheets and say what is wrong with them (without another option too)
  --xlsx OUT   join the sheets of one folder into the workbook OUT; of several, into OUT/<folder>.xlsx
  --compile OUT  write each form as the app reads it: OUT/<folder>.form
  --pyxform    let pyxform read the joined workbooks: no error, no warning
  FOLDER       a folder with survey.csv, choices.csv, settings.csv (default: every folder of forms/)
";

/// Runs the command with what follows `forms`.
pub fn run(arguments: &[String]) -> Result<()> {
    let mut folders = Vec::new();
    let mut workbook = None;
    let mut compiled = None;
    let mut pyxform = false;
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--check" => {}
            "--pyxform" => pyxform = true,
            "--compile" => {
                compiled = Some(PathBuf::from(
                    rest.next().context("--compile needs a folder name")?,
                ));
            }
            "--xlsx" => {
                workbook = Some(PathBuf::from(
                    rest.next().context("--xlsx needs a file name")?,
                ));
            }
            "--help" | "-h" => {
                say(HELP.trim_end());
                return Ok(());
            }
            option if option.starts_with('-') => bail!("there is no option {option}\n{HELP}"),
            folder => folders.push(PathBuf::from(folder)),
        }
    }
    if folders.is_empty() {
        folders = every_folder(&root().join("forms"))?;
    }
    check(&folders)?;
    if let Some(out) = workbook {
        match folders.as_slice() {
            [folder] => join(folder, &out)?,
            several => {
                std::fs::create_dir_all(&out)?;
                for folder in several {
                    join(folder, &out.join(name(folder)).with_extension("xlsx"))?;
                }
            }
        }
    }
    if let Some(out) = compiled {
        write_compiled(&folders, &out)?;
    }
    if pyxform { convert(&folders) } else { Ok(()) }
}

/// Checks every questionnaire of `forms/` and writes each as the app reads it.
pub fn compile(out: &Path) -> Result<()> {
    let folders = every_folder(&root().join("forms"))?;
    check(&folders)?;
    write_compiled(&folders, out)
}

fn write_compiled(folders: &[PathBuf], out: &Path) -> Result<()> {
    std::fs::create_dir_all(out)?;
    for folder in folders {
        let form = reader::read(&reader::load(folder)?)?;
        let path = out.join(name(folder)).with_extension("form");
        std::fs::write(&path, form.to_bytes())
            .with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

/// The folder's own name.
pub fn name(folder: &Path) -> String {
    folder
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// The folders below `forms` that hold a survey sheet, by name.
pub fn every_folder(forms: &Path) -> Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(forms).context("reading forms/")? {
        let path = entry?.path();
        if path.join("survey.csv").exists() {
            folders.push(path);
        }
    }
    folders.sort();
    if folders.is_empty() {
        bail!("forms/ holds no questionnaire: a folder with survey.csv is one");
    }
    Ok(folders)
}

fn check(folders: &[PathBuf]) -> Result<()> {
    let mut wrong = 0;
    for folder in folders {
        let sheets = reader::load(folder).with_context(|| format!("reading {}", name(folder)))?;
        let mistakes = match reader::read(&sheets) {
            Ok(form) => reader::check_app(&form),
            Err(mistakes) => mistakes.0,
        };
        for mistake in &mistakes {
            let _ = writeln!(std::io::stderr(), "{}/{mistake}", name(folder));
        }
        wrong += mistakes.len();
    }
    match wrong {
        0 => Ok(()),
        1 => bail!("1 mistake in the sheets"),
        _ => bail!("{wrong} mistakes in the sheets"),
    }
}

/// Joins the sheets of a folder into one workbook. Every cell is text, as it is in the sheet.
fn join(folder: &Path, out: &Path) -> Result<()> {
    let mut book = Workbook::new();
    for sheet in SHEETS {
        let path = folder.join(sheet).with_extension("csv");
        if !path.exists() {
            continue;
        }
        let page = book.add_worksheet().set_name(sheet)?;
        for (row, cells) in (0..).zip(records(&path)?) {
            for (column, cell) in (0..).zip(&cells) {
                if !cell.is_empty() {
                    page.write_string(row, column, cell)?;
                }
            }
        }
    }
    book.save(out)
        .with_context(|| format!("writing {}", out.display()))
}

/// The cells of a CSV sheet, untouched.
fn records(path: &Path) -> Result<Vec<Vec<String>>> {
    let text = std::fs::read_to_string(path)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut csv = csv::ReaderBuilder::new();
    let mut csv = csv
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let row = |record: csv::StringRecord| record.iter().map(str::to_owned).collect();
    csv.records().map(|record| Ok(row(record?))).collect()
}

/// Lets pyxform turn each workbook into an XForm. What it says on its way is a failure.
fn convert(folders: &[PathBuf]) -> Result<()> {
    let python = tools::python("pyxform", PYXFORM, &[&format!("pyxform=={PYXFORM}")])?;
    let scratch = root().join("target/forms");
    std::fs::create_dir_all(&scratch)?;
    for folder in folders {
        let name = name(folder);
        let (book, form) = (
            scratch.join(&name).with_extension("xlsx"),
            scratch.join(&name),
        );
        let form = form.with_extension("xml");
        join(folder, &book)?;
        let mut command = Command::new(&python);
        command
            .args(["-m", "pyxform.xls2xform", "--skip_validate"])
            .arg(&book)
            .arg(&form);
        let output = command.output().context("starting pyxform")?;
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        let complaint = said.to_lowercase();
        if !output.status.success() || complaint.contains("warning") || complaint.contains("error")
        {
            bail!("pyxform refuses {name}:\n{said}");
        }
        say(&format!(
            "  pyxform {PYXFORM} reads {name} without a warning"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::{Data, Reader as _};
    use veldpost_domain::{AgeBand, LivingSituation, Municipality};

    fn folder() -> PathBuf {
        root().join("forms/ethos-count")
    }

    #[test]
    fn the_questionnaires_have_no_mistakes() {
        check(&every_folder(&root().join("forms")).unwrap()).unwrap();
    }

    #[test]
    fn the_workbook_has_every_cell_as_the_sheets_have_it() {
        let scratch = std::env::temp_dir().join(format!("veldpost-forms-{}", std::process::id()));
        std::fs::create_dir_all(&scratch).unwrap();
        let out = scratch.join("book.xlsx");
        join(&folder(), &out).unwrap();
        let mut book: calamine::Xlsx<_> = calamine::open_workbook(&out).unwrap();
        let mut cells = 0;
        for sheet in SHEETS {
            let range = book.worksheet_range(sheet).unwrap();
            let rows = records(&folder().join(sheet).with_extension("csv")).unwrap();
            for (row, record) in (0..).zip(&rows) {
                for (column, cell) in (0..).zip(record) {
                    let found = match range.get_value((row, column)) {
                        None | Some(Data::Empty) => String::new(),
                        Some(Data::String(text)) => text.clone(),
                        Some(_) => "not a text".into(),
                    };
                    assert_eq!(&found, cell, "{sheet} row {row} column {column}");
                    cells += 1;
                }
            }
        }
        assert!(cells > 1000);
        std::fs::remove_dir_all(scratch).unwrap();
    }

    #[test]
    fn the_report_binds_to_the_codes_that_the_tables_count() {
        let codes = |name: &str| {
            let needed = reader::REPORT.iter().find(|needed| needed.name == name);
            needed.unwrap().codes.to_vec()
        };
        let municipalities: Vec<_> = Municipality::ALL.iter().map(|m| m.code()).collect();
        assert_eq!(codes("municipality_stay"), municipalities);
        assert_eq!(codes("municipality_origin"), municipalities);
        let bands: Vec<_> = AgeBand::ALL.iter().map(|band| band.code()).collect();
        assert_eq!(codes("age_band"), bands);
        let situations: Vec<_> = LivingSituation::ALL.iter().map(|s| s.code()).collect();
        assert_eq!(codes("living_situation"), situations);
    }

    #[test]
    fn a_mistake_stops_the_check() {
        let scratch = std::env::temp_dir().join(format!("veldpost-wrong-{}", std::process::id()));
        std::fs::create_dir_all(&scratch).unwrap();
        let survey = "type,name,label,relevant\ntext,a,A,${b} = 1\n";
        std::fs::write(scratch.join("survey.csv"), survey).unwrap();
        let error = check(std::slice::from_ref(&scratch)).unwrap_err();
        assert_eq!(error.to_string(), "1 mistake in the sheets");
        std::fs::remove_dir_all(scratch).unwrap();
    }
}
