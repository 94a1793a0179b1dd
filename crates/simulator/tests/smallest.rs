//! The smallest world: two phones, one coordinator, an honest relay, nothing goes wrong.

use std::collections::BTreeSet;
use veldpost_simulator::{Fault, Plan, run};

fn plan(seed: u64, faults: &[Fault]) -> Plan {
    Plan {
        seed,
        devices: 2,
        steps: 60,
        faults: faults.iter().copied().collect::<BTreeSet<_>>(),
        idle: BTreeSet::new(),
        broken: None,
    }
}

#[test]
fn nothing_goes_wrong_and_all_arrives() {
    for seed in 1..6 {
        let report = run(&plan(seed, &[]));
        assert_eq!(report.violation, None);
        assert!(report.tally.saves > 10);
        assert!(report.tally.rounds <= 2, "{}", report.tally.rounds);
    }
}

#[test]
fn the_same_seed_is_the_same_run() {
    let one = run(&Plan::drawn(7, 6));
    let other = run(&Plan::drawn(7, 6));
    assert_eq!(one.tally, other.tally);
    assert_eq!(one.violation, other.violation);
}
