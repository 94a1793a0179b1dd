//! Thin wrappers over the browser: the only place in `app` that knows its objects by name.
//!
//! Not here: decisions. Each function does one thing and says what it may not be able to do.

pub mod camera;
pub mod channel;
pub mod clock;
pub mod device;
pub mod early;
pub mod files;
pub mod http;
pub mod install;
pub mod life;
pub mod mark;
pub mod scanner;
pub mod service_worker;
pub mod storage;
pub mod stream;
pub mod wake;
pub mod worker;
