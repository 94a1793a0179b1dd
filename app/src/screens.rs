//! One module a screen. A screen shows and asks; what lasts is in `services`.

pub mod about;
pub mod check;
pub mod desk;
pub mod detail;
pub mod grow;
pub mod help;
pub mod home;
pub mod join;
pub mod nobody;
pub mod paper;
pub mod post;
pub mod preferences;
pub mod quick;
pub mod record;
pub mod records;
pub mod recover;
pub mod region;
pub mod set_up;
pub mod start;
pub mod start_round;
pub mod stop_round;
pub mod tables;
pub mod tally;
pub mod unlock;
