//! What is counted and reported: pure types and rules, with no browser, clock, randomness or storage.
//!
//! Not here: encoding (see `veldpost-envelope`), questionnaires (see `veldpost-forms`), keys.

pub mod answers;
pub mod hlc;
pub mod ids;
pub mod operation;

pub use answers::{Answer, Answers};
pub use hlc::Hlc;
pub use ids::{CampaignId, OperationId, OrganisationId, RecordId, RoundId, StreamId};
pub use operation::{Act, Context, FieldChange, FormVersion, Operation, RecordKind};
