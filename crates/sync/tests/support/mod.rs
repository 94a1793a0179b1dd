//! What the tests share: a region, a phone with a journal as thin as can be, and coordinators who sign by hand.
#![allow(dead_code, unused_imports, reason = "each test file uses a part of it")]

mod phone;
mod region;
pub mod relay;
pub mod script;

pub use phone::{Phone, sealed_hashes, seen};
pub use region::{CAMPAIGN, Member, Region, region, region_with, stage, stage_act, stage_by};
use relay::Relay;
pub use veldpost_seeded::Seeded;
use veldpost_sync::Wake;

pub const NOW: i64 = 1_794_600_000_000;
pub const HOUR: i64 = 3_600_000;
pub const DAY: i64 = 24 * HOUR;
pub const ORIGIN: &str = "https://relay.example";

/// Some minutes in which everybody is awake.
pub fn minutes(number: usize, phones: &mut [&mut Phone], relay: &mut Relay) {
    for _ in 0..number {
        relay.now += 60_000;
        for phone in &mut *phones {
            phone.now = relay.now;
            phone.wake(Wake::Minute, relay);
        }
    }
}

/// A worker who saw two, in two commits, and the coordinators, who hold it.
pub struct Scene {
    pub region: Region,
    pub relay: Relay,
    pub worker: Phone,
    pub ann: Phone,
    pub ben: Phone,
}

impl Scene {
    pub fn new(seed: u64) -> Self {
        let region = region(seed);
        let mut relay = Relay::new(&region);
        let mut worker = Phone::new(&region, &region.worker);
        worker.save(1, &mut relay);
        worker.save(1, &mut relay);
        let mut ann = Phone::new(&region, &region.ann);
        let mut ben = Phone::new(&region, &region.ben);
        minutes(1, &mut [&mut ann, &mut ben], &mut relay);
        Self {
            region,
            relay,
            worker,
            ann,
            ben,
        }
    }
}
