//! The roster: what holds, what stays without effect, what breaks the chain.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

#[path = "roster/campaigns.rs"]
mod campaigns;
#[path = "roster/chain.rs"]
mod chain;
#[path = "roster/devices.rs"]
mod devices;
#[path = "roster/epochs.rs"]
mod epochs;
#[path = "roster/invitations.rs"]
mod invitations;
#[path = "roster/properties.rs"]
mod properties;
#[path = "roster/questions.rs"]
mod questions;
#[path = "roster/recovery.rs"]
mod recovery;
#[path = "roster/removals.rs"]
mod removals;
#[path = "roster/signers.rs"]
mod signers;
