//! What a coordinator asks of the relay: founding, errands, proposals, blobs; against the relay's own core.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in a test a panic is the report"
)]

mod letterbox;

#[path = "office/blobs.rs"]
mod blobs;
#[path = "office/errands.rs"]
mod errands;
#[path = "office/founding.rs"]
mod founding;
#[path = "office/lost_answers.rs"]
mod lost_answers;
#[path = "office/proposals.rs"]
mod proposals;
#[path = "office/whole_way.rs"]
mod whole_way;
#[path = "office/world.rs"]
mod world;
