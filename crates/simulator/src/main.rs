//! `veldpost-simulator`: runs seeds on every processor, says what was found, and keeps a failing one as a small plan.
//! `cargo xtask sim` calls it.
//!
//! Not here: the simulation.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use veldpost_simulator::{Invariant, Plan, Report, run, shrink, watch};

const HELP: &str = "veldpost-simulator [--runs N] [--devices M] [--seed S] [--keep FOLDER] [--open FOLDER] [--first yes] | --plan FILE";

fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
}

/// What is asked on the command line.
struct Asked {
    runs: u64,
    /// Field devices, at most.
    devices: u64,
    /// The first seed.
    seed: u64,
    /// Where failing plans are kept.
    keep: Option<PathBuf>,
    /// Plans of defects that are known and open: their seeds fail by that invariant, and are said apart.
    open: Option<PathBuf>,
    /// Only the first thing that is found, as it is: no seed behind it is begun.
    first: bool,
    /// One plan, watched.
    plan: Option<PathBuf>,
}

impl Asked {
    fn read(arguments: &[String]) -> Option<Self> {
        let mut asked = Self {
            runs: 200,
            devices: 8,
            seed: 1,
            keep: None,
            open: None,
            first: false,
            plan: None,
        };
        for pair in arguments.chunks(2) {
            let [name, value] = pair else {
                return None;
            };
            match name.as_str() {
                "--runs" => asked.runs = value.parse().ok().filter(|runs| *runs > 0)?,
                "--devices" => {
                    asked.devices = value.parse().ok().filter(|it| (2..=50).contains(it))?;
                }
                "--seed" => asked.seed = value.parse().ok()?,
                "--keep" => asked.keep = Some(value.into()),
                "--open" => asked.open = Some(value.into()),
                "--first" => asked.first = value == "yes",
                "--plan" => asked.plan = Some(value.into()),
                _ => return None,
            }
        }
        Some(asked)
    }
}

/// Everything that the runs did.
#[derive(Default)]
struct Sum {
    steps: u64,
    saves: u64,
    grown: u64,
    read_ahead: u64,
    most_rounds: u64,
    faults: BTreeMap<&'static str, u64>,
    checks: BTreeMap<&'static str, u64>,
    shown: BTreeMap<&'static str, u64>,
    failed: Vec<Report>,
}

impl Sum {
    fn add(&mut self, report: Report) {
        let tally = &report.tally;
        self.steps += tally.steps;
        self.saves += tally.saves;
        self.grown += tally.grown;
        self.read_ahead += tally.read_ahead;
        self.most_rounds = self.most_rounds.max(tally.rounds);
        for (fault, number) in &tally.faults {
            *self.faults.entry(fault.name()).or_default() += number;
        }
        for (invariant, number) in &tally.checks {
            *self.checks.entry(invariant.name()).or_default() += number;
        }
        for (name, number) in &tally.shown {
            *self.shown.entry(name).or_default() += number;
        }
        if report.violation.is_some() {
            self.failed.push(report);
        }
    }

    /// The invariants that no run looked at.
    fn unseen(&self) -> Vec<&'static str> {
        let all = Invariant::ALL.iter();
        let all = all.filter(|invariant| **invariant != Invariant::Simulator);
        let unseen = all.filter(|invariant| !self.checks.contains_key(invariant.name()));
        unseen.map(|invariant| invariant.name()).collect()
    }
}

fn line(numbers: &BTreeMap<&'static str, u64>) -> String {
    let parts: Vec<String> = numbers
        .iter()
        .map(|(name, number)| format!("{name} {number}"))
        .collect();
    parts.join(", ")
}

fn found(report: &Report) -> String {
    report.violation.as_ref().map_or_else(String::new, |found| {
        format!(
            "seed {}: {} at step {}: {}",
            report.plan.seed,
            found.invariant.name(),
            found.step,
            found.what
        )
    })
}

fn all(asked: &Asked) -> Sum {
    let next = AtomicU64::new(0);
    let sum = Mutex::new(Sum::default());
    let hands = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..hands {
            scope.spawn(|| {
                loop {
                    let nth = next.fetch_add(1, Ordering::Relaxed);
                    let enough = asked.first && sum.lock().is_ok_and(|sum| !sum.failed.is_empty());
                    if nth >= asked.runs || enough {
                        return;
                    }
                    let plan = Plan::drawn(asked.seed.saturating_add(nth), asked.devices);
                    let report = run(&plan);
                    if let Ok(mut sum) = sum.lock() {
                        sum.add(report);
                    }
                }
            });
        }
    });
    let mut sum = sum.into_inner().unwrap_or_default();
    sum.failed.sort_by_key(|report| report.plan.seed);
    sum
}

/// Shrinks a failing run and writes its plan, so that a test plays it again.
fn keep(report: Report, folder: Option<&Path>) {
    say(&found(&report));
    let small = shrink(report);
    say(&format!("  shrunk: {}", found(&small)));
    let text = format!("# {}\n{}", found(&small), small.plan);
    let Some(folder) = folder else {
        say(&text);
        return;
    };
    let name = small
        .violation
        .as_ref()
        .map_or("none", |found| found.invariant.name());
    let file = folder.join(format!("{}-{}.plan", name.to_lowercase(), small.plan.seed));
    match std::fs::write(&file, &text) {
        Ok(()) => say(&format!("  kept: {}", file.display())),
        Err(error) => say(&format!("  cannot be kept: {error}\n{text}")),
    }
}

/// Seeds of open defects, and the invariant that each breaks: `i4-122.plan`.
fn known(folder: Option<&Path>) -> BTreeMap<u64, String> {
    let files = folder.and_then(|folder| std::fs::read_dir(folder).ok());
    let names = files
        .into_iter()
        .flatten()
        .flatten()
        .map(|file| file.file_name());
    names
        .filter_map(|name| {
            let name = name.to_str()?.strip_suffix(".plan")?.to_owned();
            let (invariant, seed) = name.split_once('-')?;
            Some((seed.parse().ok()?, invariant.to_owned()))
        })
        .collect()
}

fn is_known(report: &Report, known: &BTreeMap<u64, String>) -> bool {
    let broken = report
        .violation
        .as_ref()
        .map(|found| found.invariant.name());
    let expected = known.get(&report.plan.seed);
    expected.is_some_and(|expected| broken.is_some_and(|name| name.eq_ignore_ascii_case(expected)))
}

fn play(file: &Path) -> ExitCode {
    let text = std::fs::read_to_string(file).ok();
    let Some(plan) = text.and_then(|text| Plan::read(&text)) else {
        say("the plan cannot be read");
        return ExitCode::FAILURE;
    };
    let report = watch(&plan);
    report.diary.iter().for_each(|line| say(line));
    say(&found(&report));
    ExitCode::from(u8::from(report.violation.is_some()))
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(asked) = Asked::read(&arguments) else {
        say(HELP);
        return ExitCode::FAILURE;
    };
    if let Some(file) = &asked.plan {
        return play(file);
    }
    let begun = Instant::now();
    let sum = all(&asked);
    if asked.first
        && let Some(report) = sum.failed.first()
    {
        say(&found(report));
        return ExitCode::FAILURE;
    }
    let took = begun.elapsed();
    say(&format!("checked: {}", line(&sum.checks)));
    say(&format!("met:     {}", line(&sum.faults)));
    say(&format!("shown:   {}", line(&sum.shown)));
    say(&format!(
        "{} runs (seeds {} to {}), {} steps, {} saves, {} judgings that only added to an earlier one, {} entries read ahead, most rounds of quiet {}, {} violations, {:.1} s",
        asked.runs,
        asked.seed,
        asked.seed.saturating_add(asked.runs - 1),
        sum.steps,
        sum.saves,
        sum.grown,
        sum.read_ahead,
        sum.most_rounds,
        sum.failed.len(),
        took.as_secs_f32()
    ));
    // A handful of runs need not meet everything.
    let unseen = sum.unseen();
    if asked.runs >= 100 && !unseen.is_empty() {
        say(&format!("nobody looked at {}", unseen.join(", ")));
        return ExitCode::FAILURE;
    }
    let known = known(asked.open.as_deref());
    let (open, failed): (Vec<_>, Vec<_>) = sum
        .failed
        .into_iter()
        .partition(|report| is_known(report, &known));
    for report in &open {
        say(&format!("open, known: {}", found(report)));
    }
    let end = asked.seed.saturating_add(asked.runs);
    let mended: Vec<u64> = known
        .into_keys()
        .filter(|seed| (asked.seed..end).contains(seed))
        .filter(|seed| open.iter().all(|report| report.plan.seed != *seed))
        .collect();
    if !mended.is_empty() {
        say(&format!(
            "these seeds hold now, move their plans to the kept ones: {mended:?}"
        ));
    }
    let wrong = !failed.is_empty() || !mended.is_empty();
    for report in failed.into_iter().take(5) {
        keep(report, asked.keep.as_deref());
    }
    ExitCode::from(u8::from(wrong))
}
