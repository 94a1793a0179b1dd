//! Seeds one after the other, as many as `VELDPOST_SIM_RUNS` says: a few here, ten thousand in `cargo xtask soak`.
//!
//! Not here: shrinking and keeping one that fails (`cargo xtask sim`).

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use veldpost_simulator::{Plan, run};

#[test]
fn every_seed_holds() {
    let runs = std::env::var("VELDPOST_SIM_RUNS");
    let runs: u64 = runs.map_or(4, |runs| runs.parse().unwrap());
    let next = AtomicU64::new(1);
    let (found, grown) = (Mutex::new(Vec::new()), AtomicU64::new(0));
    let hands = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..hands {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed > runs {
                        return;
                    }
                    let report = run(&Plan::drawn(seed, 8));
                    grown.fetch_add(report.tally.grown, Ordering::Relaxed);
                    if let Some(violation) = report.violation {
                        found.lock().unwrap().push((seed, violation));
                    }
                }
            });
        }
    });
    let found = found.into_inner().unwrap();
    assert!(found.is_empty(), "{found:?}");
    assert!(grown.into_inner() > runs, "nothing was ever added to");
}
