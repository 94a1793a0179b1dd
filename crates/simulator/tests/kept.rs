//! Plans that failed once, played again: each file in `plans` holds now, each in `open` still fails, as a known defect
//! does. One that names a broken rule must fail by it.
//!
//! Not here: new seeds (`cargo xtask sim`), and the search for a seed that shows a broken rule (`broken`).

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in a test a panic is the report"
)]

use std::path::Path;
use veldpost_simulator::{Invariant, Plan, run, shrink};

/// Of a folder that may be empty: git keeps none of those.
fn plans(folder: &str) -> Vec<(String, Plan)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(folder);
    let files = std::fs::read_dir(folder).into_iter().flatten();
    let mut plans: Vec<_> = files
        .map(|file| {
            let file = file.unwrap().path();
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&file).unwrap();
            let plan = Plan::read(&text).unwrap_or_else(|| panic!("{name} cannot be read"));
            (name, plan)
        })
        .collect();
    plans.sort_by(|one, other| one.0.cmp(&other.0));
    plans
}

#[test]
fn every_plan_that_failed_once_holds_now() {
    for (name, plan) in plans("plans") {
        let found = run(&plan).violation;
        let named = found.as_ref().map(|found| found.invariant);
        assert_eq!(named, plan.broken, "{name}: {found:?}");
    }
}

#[test]
fn a_defect_that_was_mended_leaves_the_open_ones() {
    for (name, plan) in plans("open") {
        let found = run(&plan).violation;
        let named = found
            .as_ref()
            .map(|found| found.invariant.name().to_lowercase());
        let expected = name.split('-').next().map(str::to_owned);
        assert_eq!(named, expected, "{name}: move it to `plans` when it holds");
    }
}

#[test]
fn a_plan_is_read_as_it_was_written() {
    for seed in 1..40 {
        let plan = Plan {
            broken: Invariant::ALL.get(usize::try_from(seed).unwrap()).copied(),
            idle: (0..seed % 4).collect(),
            ..Plan::drawn(seed, 50)
        };
        assert_eq!(Plan::read(&format!("# why\n{plan}")), Some(plan));
    }
    assert_eq!(Plan::read("seed 1\nfaults earthquake\n"), None);
}

#[test]
fn a_failing_plan_becomes_smaller_and_fails_by_the_same_invariant() {
    let plan = Plan {
        broken: Some(Invariant::I7),
        ..Plan::drawn(1, 5)
    };
    let before = (1..)
        .map(|seed| {
            run(&Plan {
                seed,
                ..plan.clone()
            })
        })
        .find(|report| report.violation.is_some())
        .unwrap();
    let (faults, steps) = (before.plan.faults.len(), before.plan.steps);
    let named = before.violation.as_ref().map(|found| found.invariant);
    let after = shrink(before);
    assert_eq!(after.violation.map(|found| found.invariant), named);
    assert!(after.plan.faults.len() <= faults && after.plan.steps < steps);
    // One save is all that it takes, beside what the world does before it.
    let busy = after.plan.steps - after.plan.idle.len() as u64;
    assert!(busy <= 2, "{}", after.plan);
}
