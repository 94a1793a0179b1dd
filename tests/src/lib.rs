//! What a journey needs: the real server as a process, a real browser on a profile that outlives it, and
//! verbs in the field's words.
//!
//! Deliberately not here: any way round the screen. A journey sees and taps what a person sees and taps.
//! Start them with `cargo xtask test --only journeys`, which builds what they run.
#![warn(missing_docs)]

mod accessibility;
mod browser;
mod built;
mod camera;
mod device;
mod emulation;
mod evidence;
mod find;
mod inspection;
mod keeping;
mod keyboard;
mod measure;
mod news;
mod page;
mod players;
mod processes;
mod profile;
mod questionnaire;
mod recorder;
mod refusing;
mod region;
mod schemes;
mod server;
mod steps;
mod stores;
mod traces;
mod wait;
mod walk;
mod words;

pub use accessibility::Violation;
pub use browser::Browser;
pub use built::Built;
pub use camera::Pretended;
pub use device::Device;
pub use emulation::Screen;
pub use find::Place;
pub use inspection::Inspection;
pub use keyboard::Keyboard;
pub use measure::Target;
pub use players::Players;
pub use profile::Profile;
pub use questionnaire::app_with_survey;
pub use recorder::Recorder;
pub use region::{COORDINATOR, Evening, Invitation, Region};
pub use schemes::Scheme;
pub use server::{Server, ServerChoices};
pub use steps::PASSPHRASE;
pub use stores::Finding;
pub use traces::{traces, written};
pub use wait::{PATIENCE, eventually, eventually_within};
pub use walk::Walk;
pub use words::Words;
