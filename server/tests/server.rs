//! The server as others meet it: its addresses, and its start and end as a process.
//!
//! Deliberately not here: a real browser; that is in the journeys.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "the exception for tests does not reach the helpers of an integration test"
)]

#[path = "server/certificates.rs"]
mod certificates;
#[path = "server/codes.rs"]
mod codes;
#[path = "server/connections.rs"]
mod connections;
#[path = "server/database.rs"]
mod database;
#[path = "server/described.rs"]
mod described;
#[path = "server/doctor.rs"]
mod doctor;
#[path = "server/founding.rs"]
mod founding;
#[path = "server/full.rs"]
mod full;
#[path = "server/kills.rs"]
mod kills;
#[cfg(unix)]
#[path = "server/owners.rs"]
mod owners;
#[path = "server/process.rs"]
mod process;
#[path = "server/refusals.rs"]
mod refusals;
#[path = "server/relay.rs"]
mod relay;
#[path = "server/routes.rs"]
mod routes;
#[path = "server/running.rs"]
mod running;
#[path = "server/starting.rs"]
mod starting;
#[path = "server/support.rs"]
mod support;
#[path = "server/turns.rs"]
mod turns;
#[path = "server/upkeep.rs"]
mod upkeep;
#[path = "server/waiting.rs"]
mod waiting;
#[path = "server/world.rs"]
mod world;
