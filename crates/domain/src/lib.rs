//! What is counted and reported: pure types and rules, with no browser, clock, randomness or storage.
//!
//! Not here: encoding (see `veldpost-envelope`), questionnaires (see `veldpost-forms`), keys.
#![warn(missing_docs)]

pub mod age;
pub mod answers;
pub mod baseline;
pub mod date;
pub mod dedup;
pub mod ethos;
pub mod export;
pub mod hlc;
pub mod ids;
pub mod municipality;
pub mod operation;
#[cfg(feature = "population")]
pub mod population;
pub mod published;
pub mod record;
pub mod tables;

pub use age::AgeBand;
pub use answers::{Answer, Answers, Unreadable};
pub use date::Date;
pub use ethos::LivingSituation;
pub use hlc::Hlc;
pub use ids::{CampaignId, OperationId, OrganisationId, RecordId, RoundId, StreamId};
pub use municipality::Municipality;
pub use operation::{Act, Context, FieldChange, FormVersion, Operation, RecordKind};
pub use record::{Conflict, Place, Record, RecordSet};
pub use tables::{CountFacts, Scope, Tables};
