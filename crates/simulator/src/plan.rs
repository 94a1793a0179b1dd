//! What one run is made of, as a text that can be kept: seed, sizes, what may go wrong, which rule is broken on purpose.
//!
//! Not here: running it.

use core::fmt;
use std::collections::BTreeSet;

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$what:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$what])* $variant,)* }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its name in a seed file and in a report.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The one of that name.
            #[must_use]
            pub fn named(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.name() == text)
            }
        }
    };
}

named! {
    /// A kind of bad luck or bad faith.
    Fault {
        /// A request or an answer gets lost.
        Drop = "drop",
        /// A request or an answer comes twice.
        Duplicate = "duplicate",
        /// Messages overtake one another by up to minutes.
        Reorder = "reorder",
        /// A request arrives up to three weeks late.
        Delay = "delay",
        /// A device, or the relay, is cut off for a time.
        Partition = "partition",
        /// An app dies at a boundary of two effects.
        Crash = "crash",
        /// A commit is on the disk, and nobody hears of it.
        LostCommit = "lost-commit",
        /// A device has no room.
        DiskFull = "disk-full",
        /// The relay has no room, at whatever row.
        RelayFull = "relay-full",
        /// The relay dies before or after a commit.
        RelayCrash = "relay-crash",
        /// A device is put back from an old copy.
        RestoreDevice = "restore-device",
        /// The relay is put back from an older backup.
        RestoreRelay = "restore-relay",
        /// The relay loses its disk.
        EmptyRelay = "empty-relay",
        /// A device's clock jumps by up to twenty years.
        Clock = "clock",
        /// Coordinators lock, and confirm nothing meanwhile.
        Lock = "lock",
        /// A device joins late, and is admitted later still.
        Late = "late",
        /// A device is removed.
        Remove = "remove",
        /// Keys are rotated.
        Rotate = "rotate",
        /// There is a second coordinator.
        Second = "second",
        /// The relay lies for a time.
        HostileRelay = "hostile-relay",
        /// A member's device does what it may not.
        Intruder = "intruder",
        /// A device writes kinds and fields that this version does not know.
        Newer = "newer",
        /// Coordinators take things out of the tables, and put clocks right.
        State = "state",
        /// Pages come part by part, or the first parts only.
        Parts = "parts",
        /// Coordinators change and withdraw what others recorded.
        Colleague = "colleague",
        /// A device does to a record what this version does not know.
        NewerAct = "newer-act",
        /// A member's device seals under a key that it hands out only afterwards.
        LateKey = "late-key",
    }
}

named! {
    /// What must hold after every step; how each is broken on purpose is at the head of this crate.
    Invariant {
        /// No acknowledged record is lost.
        I1 = "I1",
        /// No copy goes before a valid receipt.
        I2 = "I2",
        /// Any message 0 to n times gives the same.
        I3 = "I3",
        /// The same entries in any order are judged byte for byte alike.
        I4 = "I4",
        /// No gaps, no forks, no number used twice that stays so.
        I5 = "I5",
        /// One batch twice per interruption at most; all arrives once the network heals.
        I6 = "I6",
        /// A device's clock goes up only.
        I7 = "I7",
        /// Merging is commutative, associative, idempotent.
        I8 = "I8",
        /// A save needs neither network nor clock.
        I9 = "I9",
        /// Hostile input changes nothing and is reported.
        I10 = "I10",
        /// Nobody who was removed or not admitted is in a report.
        I11 = "I11",
        /// Unknown kinds and fields are kept and travel.
        I12 = "I12",
        /// The simulator itself does not know what to make of it.
        Simulator = "simulator",
    }
}

/// One run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Everything that is drawn comes from here.
    pub seed: u64,
    /// Field devices, coordinators not among them.
    pub devices: u64,
    /// Steps before the faults stop.
    pub steps: u64,
    /// What may go wrong.
    pub faults: BTreeSet<Fault>,
    /// Steps in which nobody does anything and nothing goes wrong: only time passes. What came before them is as it was.
    pub idle: BTreeSet<u64>,
    /// The rule that is broken on purpose, so that the check of this invariant is seen to fail.
    pub broken: Option<Invariant>,
}

impl Plan {
    /// A run of `seed` with at most so many field devices; the seed draws which faults there are.
    #[must_use]
    pub fn drawn(seed: u64, most: u64) -> Self {
        let mut dice = crate::Dice::part(seed, 1);
        let all = Fault::ALL.iter().copied();
        // A run with every fault at once hides what two of them do together.
        let share = [150, 400, 700, 1_000];
        let of_thousand = dice.pick(&share).unwrap_or(1_000);
        let faults = all.filter(|_| dice.chance(of_thousand)).collect();
        Self {
            seed,
            devices: 2 + dice.below(most.saturating_sub(1)),
            steps: 20 + dice.below(60),
            faults,
            idle: BTreeSet::new(),
            broken: None,
        }
    }

    /// Whether something may go wrong.
    #[must_use]
    pub fn has(&self, fault: Fault) -> bool {
        self.faults.contains(&fault)
    }

    /// Reads what [`Plan`]'s `Display` wrote. Lines that begin with `#` are remarks.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut plan = Self {
            seed: 0,
            devices: 2,
            steps: 0,
            faults: BTreeSet::new(),
            idle: BTreeSet::new(),
            broken: None,
        };
        let lines = text.lines().map(str::trim);
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            match word {
                "seed" => plan.seed = rest.parse().ok()?,
                "devices" => plan.devices = rest.parse().ok()?,
                "steps" => plan.steps = rest.parse().ok()?,
                "faults" => {
                    let named = rest.split_whitespace().map(Fault::named);
                    plan.faults = named.collect::<Option<_>>()?;
                }
                "idle" => {
                    let steps = rest.split_whitespace().map(|step| step.parse().ok());
                    plan.idle = steps.collect::<Option<_>>()?;
                }
                "broken" => plan.broken = Some(Invariant::named(rest)?),
                _ => return None,
            }
        }
        Some(plan)
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}", self.seed)?;
        writeln!(f, "devices {}", self.devices)?;
        writeln!(f, "steps {}", self.steps)?;
        let faults: Vec<&str> = self.faults.iter().map(|fault| fault.name()).collect();
        writeln!(f, "faults {}", faults.join(" "))?;
        if !self.idle.is_empty() {
            let idle: Vec<String> = self.idle.iter().map(u64::to_string).collect();
            writeln!(f, "idle {}", idle.join(" "))?;
        }
        match self.broken {
            Some(invariant) => writeln!(f, "broken {}", invariant.name()),
            None => Ok(()),
        }
    }
}
