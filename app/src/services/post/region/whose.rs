//! What is set apart or not counted, by why and by device: a number alone tells nobody whom to call.
//!
//! Not here: judging it (`judging`).

use super::{Names, Post};
use std::collections::BTreeMap;
use veldpost_domain::StreamId;
use veldpost_envelope::DevicePublic;
use veldpost_sync::authority::{Evaluation, Held, Outcome};

/// Why an entry is set apart or not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OddOf {
    /// Its device is not admitted.
    NotAdmitted,
    /// Its device was removed before.
    Removed,
    /// It names an act that nobody here knows.
    OtherRoster,
    /// It waits for what comes before it.
    Gap,
    /// Another stands at its place.
    Fork,
    /// It does not open.
    Unreadable,
    /// Its author may not do that.
    Unauthorised,
    /// It came after the campaign was locked.
    Late,
    /// A coordinator took it out.
    Refused,
    /// Only an update can read it.
    Parked,
}

/// What devices are called, empty where nobody said, and how much of each.
pub type Whose = BTreeMap<OddOf, Vec<(String, usize)>>;

impl Post {
    pub(super) fn whose(self, names: &Names) -> Whose {
        let mut by_device: BTreeMap<(OddOf, Option<DevicePublic>), usize> = BTreeMap::new();
        for ((why, stream), number) in self.judged(by_stream).unwrap_or_default() {
            let author = self.author_of(stream);
            *by_device.entry((why, author)).or_default() += number;
        }
        let mut whose = Whose::new();
        for ((why, device), number) in by_device {
            let name = device.and_then(|device| names.devices.get(&device));
            let name = name.cloned().unwrap_or_default();
            whose.entry(why).or_default().push((name, number));
        }
        whose.values_mut().for_each(|lines| lines.sort());
        whose
    }
}

fn by_stream(evaluation: &Evaluation) -> BTreeMap<(OddOf, StreamId), usize> {
    let mut numbers: BTreeMap<(OddOf, StreamId), usize> = BTreeMap::new();
    for (spot, outcome) in &evaluation.outcomes {
        let why = match outcome {
            Outcome::Held(Held::NotAdmitted) => OddOf::NotAdmitted,
            Outcome::Held(Held::Removed) => OddOf::Removed,
            Outcome::Held(Held::OtherRoster) => OddOf::OtherRoster,
            Outcome::Gap => OddOf::Gap,
            Outcome::Unreadable => OddOf::Unreadable,
            Outcome::Unauthorised => OddOf::Unauthorised,
            Outcome::Late => OddOf::Late,
            Outcome::Refused => OddOf::Refused,
            Outcome::Parked => OddOf::Parked,
            Outcome::Erased | Outcome::Public | Outcome::Stated | Outcome::Applied => continue,
        };
        *numbers.entry((why, spot.stream)).or_default() += 1;
    }
    for (stream, _) in &evaluation.forks {
        *numbers.entry((OddOf::Fork, *stream)).or_default() += 1;
    }
    numbers
}
