//! `veldpost-simulator`: runs seeds and says what was found. `cargo xtask sim` calls it.
//!
//! Not here: the simulation.

use std::io::Write as _;
use std::process::ExitCode;
use veldpost_simulator::{Plan, run};

fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

fn main() -> ExitCode {
    let mut runs = 200_u64;
    let mut devices = 8_u64;
    let mut seed = 1_u64;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    for pair in arguments.chunks(2) {
        let [name, value] = pair else {
            return ExitCode::FAILURE;
        };
        let Ok(value) = value.parse() else {
            return ExitCode::FAILURE;
        };
        match name.as_str() {
            "--runs" => runs = value,
            "--devices" => devices = value,
            "--seed" => seed = value,
            _ => return ExitCode::FAILURE,
        }
    }
    let mut bad = 0;
    let begun = std::time::Instant::now();
    let (mut steps, mut saves, mut rounds) = (0, 0, 0);
    let mut faults = std::collections::BTreeMap::new();
    let mut shown = std::collections::BTreeMap::new();
    let mut most = 0;
    for seed in seed..seed + runs {
        let plan = Plan::drawn(seed, devices);
        let report = if runs == 1 {
            veldpost_simulator::watch(&plan)
        } else {
            run(&plan)
        };
        for line in &report.diary {
            say(line);
        }
        steps += report.tally.steps;
        saves += report.tally.saves;
        rounds += report.tally.rounds;
        most = most.max(report.tally.rounds);
        for (fault, number) in report.tally.faults {
            *faults.entry(fault.name()).or_insert(0) += number;
        }
        for (name, number) in report.tally.shown {
            *shown.entry(name).or_insert(0) += number;
        }
        if let Some(found) = report.violation {
            bad += 1;
            if runs == 1 {
                say(&report.plan.to_string());
            }
            say(&format!(
                "seed {seed}: {} at step {}: {}",
                found.invariant.name(),
                found.step,
                found.what
            ));
        }
    }
    say(&format!(
        "{runs} runs, {steps} steps, {saves} saves, {rounds} rounds (most {most}), {bad} violations, {:?} a run",
        begun.elapsed() / u32::try_from(runs).unwrap_or(1)
    ));
    say(&format!("{faults:?}"));
    say(&format!("{shown:?}"));
    if bad > 0 {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
