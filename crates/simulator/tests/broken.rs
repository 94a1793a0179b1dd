//! Each rule broken on purpose is found, and named, within a small number of runs.

use veldpost_simulator::{Fault, Invariant, Plan, run};

/// Seeds that are looked at before a broken rule counts as not found.
const MOST: u64 = 100;

/// The first seed whose run names the invariant, in these words; every other finding on the way is listed.
fn found(invariant: Invariant, words: &str) -> Result<u64, String> {
    let mut others = Vec::new();
    for seed in 1..=MOST {
        let mut plan = Plan::drawn(seed, 5);
        plan.faults = Fault::ALL.iter().copied().collect();
        // After a liar every app is started anew, which would mend what I6's broken rule leaves waiting.
        plan.faults.remove(&Fault::HostileRelay);
        plan.broken = Some(invariant);
        if let Some(found) = run(&plan).violation {
            if found.invariant == invariant && found.what.contains(words) {
                return Ok(seed);
            }
            others.push(format!("{seed}: {} {}", found.invariant.name(), found.what));
        }
    }
    Err(others.join("\n"))
}

macro_rules! broken {
    ($($name:ident $invariant:ident $words:literal),*) => {$(
        #[test]
        fn $name() {
            match found(Invariant::$invariant, $words) {
                Ok(seed) => assert!(seed <= MOST),
                Err(others) => panic!("not found; instead:\n{others}"),
            }
        }
    )*};
}

broken! {
    i1 I1 "", i2 I2 "", i3 I3 "", i4 I4 "", i5 I5 "", i6 I6 "", i7 I7 "", i8 I8 "", i9 I9 "", i11 I11 "", i12 I12 "",
    // Each of the checks of I10 by itself.
    i10_of_objects I10 "kept an object that no coordinator signed",
    i10_of_amendments I10 "counts an amendment of another's record",
    i10_of_withdrawals I10 "counts a withdrawal of another's record",
    i10_of_statements I10 "counts a statement by a member",
    i10_of_acts I10 "the relay appended an act of a member"
}
