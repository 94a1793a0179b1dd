//! Makes a plan that fails smaller, as long as the same invariant does not hold: what is left is what it takes.
//!
//! Not here: where the small plan is kept (see `main`).

use crate::plan::{Fault, Plan};
use crate::step::{Report, run};

/// Runs that a shrinking may cost.
const MOST: u32 = 300;

struct Shrinking {
    best: Report,
    left: u32,
}

impl Shrinking {
    /// Takes this plan when it fails in the same way. Whether it did.
    fn tries(&mut self, plan: &Plan) -> bool {
        if self.left == 0 || *plan == self.best.plan {
            return false;
        }
        self.left -= 1;
        let report = run(plan);
        let named = |report: &Report| report.violation.as_ref().map(|it| it.invariant);
        let same = named(&report) == named(&self.best);
        if same {
            self.best = report;
        }
        same
    }

    fn faults(&mut self) -> bool {
        let mut fewer = false;
        for fault in Fault::ALL {
            let mut plan = self.best.plan.clone();
            if plan.faults.remove(fault) {
                fewer |= self.tries(&plan);
            }
        }
        fewer
    }

    fn steps(&mut self) -> bool {
        let all = self.best.plan.steps;
        let at = self.best.violation.as_ref().map_or(all, |it| it.step);
        let shorter = [all / 2, all * 3 / 4, at.min(all), all.saturating_sub(1)];
        shorter.into_iter().any(|steps| {
            let mut plan = self.best.plan.clone();
            plan.steps = steps;
            plan.idle.retain(|step| *step <= steps);
            self.tries(&plan)
        })
    }

    /// Steps in which nothing need happen: half of them at once, then ever fewer.
    fn idle(&mut self) -> bool {
        let mut more = false;
        let mut length = self.best.plan.steps.div_ceil(2);
        while length > 0 {
            let mut from = 1;
            while from <= self.best.plan.steps {
                let mut plan = self.best.plan.clone();
                plan.idle
                    .extend(from..(from + length).min(plan.steps.saturating_add(1)));
                more |= self.tries(&plan);
                from += length;
            }
            length /= 2;
        }
        more
    }

    fn devices(&mut self) -> bool {
        let all = self.best.plan.devices;
        (2..all).any(|devices| {
            let plan = Plan {
                devices,
                ..self.best.plan.clone()
            };
            self.tries(&plan)
        })
    }
}

/// The smallest failing plan that was found within a bounded number of runs. A report without a violation comes back as
/// it is.
#[must_use]
pub fn shrink(report: Report) -> Report {
    if report.violation.is_none() {
        return report;
    }
    let mut shrinking = Shrinking {
        best: report,
        left: MOST,
    };
    while shrinking.devices() | shrinking.faults() | shrinking.steps() | shrinking.idle() {}
    shrinking.best
}
