//! What a judgement must keep to.
//!
//! Not here: the judgement.

use crate::plan::Invariant;
use crate::world::World;
use veldpost_envelope::Purpose;
use veldpost_sync::authority::Evaluation;

impl World {
    /// What a coordinator makes of what is on its disk. None when it does not run.
    pub fn judged(&mut self, id: usize) -> Option<Evaluation> {
        let phone = self.phones.get(id)?;
        let device = &phone.process.as_ref()?.device;
        let entries = device.entries(Purpose::Count);
        Some(phone.judge(&entries, device.roster(), device))
    }

    /// After each judgement.
    pub fn check_evaluation(&mut self, _id: usize, _evaluation: &Evaluation) {
        self.checked(Invariant::I10);
    }
}
