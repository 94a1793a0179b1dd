//! The parts that screens are made of. Their look is in `styles/`, their vocabulary in
//! `docs/screens.md`.

pub mod dialog;
pub mod notice;
pub mod page;
pub mod problems;
pub mod qr;
pub mod question;
pub mod row;
pub mod storage;
pub mod update;
