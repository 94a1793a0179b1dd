//! What must hold: one function a rule, asked after each step, commit, judgement, or at the end.
//!
//! Not here: what is known from outside (see `oracle`). What each rule says is at `Invariant`.

mod commit;
mod end;
mod judged;
mod standing;
