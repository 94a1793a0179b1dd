//! What the operator can mend, for the log: that there is no room, and that callers are told to come again.
//!
//! Deliberately not here: who is told so, and how often (`metrics`).

use std::time::Instant;

use veldpost_envelope::wire::{Call, Code};

use crate::episode::Episode;

#[derive(Debug, Default)]
pub(super) struct Troubles {
    full: Episode,
    busy: Episode,
}

impl Troubles {
    /// What is to be said now that a call ended so.
    pub(super) fn after(
        &self,
        call: Option<Call>,
        code: Option<Code>,
        now: Instant,
    ) -> Option<&'static str> {
        match code {
            Some(Code::Full) => self.full.begins(now).then_some(
                "what devices send finds no room (507): they keep it and try again. Give the data folder's disk room, or \
                 a region more with --region-mib",
            ),
            Some(Code::Busy) => self.busy.begins(now).then_some(
                "callers are told to come again (503): the relay or its disk has its hands full, or it takes acts of \
                 before a restore only",
            ),
            None if self.busy.ends(now) => Some("callers are not told to come again any more"),
            None if stores(call) && self.full.ends(now) => {
                Some("what devices send finds room again")
            }
            _ => None,
        }
    }
}

fn stores(call: Option<Call>) -> bool {
    matches!(
        call,
        Some(
            Call::Entries
                | Call::Objects
                | Call::Acts
                | Call::BlobPut
                | Call::WelcomePut
                | Call::Join
        )
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_trouble_is_said_when_it_begins_and_when_it_is_over() {
        let (troubles, start) = (Troubles::default(), Instant::now());
        let mut said = Vec::new();
        for (second, call, code) in [
            (0, Call::Entries, None),
            (1, Call::Entries, Some(Code::Full)),
            (2, Call::Entries, Some(Code::Full)),
            (3, Call::Pull, Some(Code::Busy)),
            (4, Call::Entries, None),
            (60, Call::Entries, Some(Code::Full)),
            (70, Call::Pull, None),
            (119, Call::Entries, None),
            // What stores nothing says nothing of the room that there is.
            (130, Call::Pull, None),
            (131, Call::Entries, Some(Code::Gap)),
            (132, Call::Entries, None),
            (133, Call::Entries, None),
        ] {
            let now = start + Duration::from_secs(second);
            if let Some(line) = troubles.after(Some(call), code, now) {
                said.push((second, line));
            }
        }
        let seconds: Vec<u64> = said.iter().map(|(second, _)| *second).collect();
        assert_eq!(seconds, [1, 3, 70, 132]);
        assert!(said[0].1.contains("507") && said[1].1.contains("503"));
        assert!(said[3].1.contains("room again"));
    }
}
