//! Veldpost's app: one program for every role, served as two modules (`later`).
//!
//! Started in a page it shows the app; started in a worker it only answers one request: see
//! `browser::worker`.

mod app;
mod browser;
mod components;
mod derive;
mod later;
mod routes;
mod screens;
mod services;
mod text;
mod view;

use std::alloc::System;
use zeroizing_alloc::ZeroAlloc;

/// Memory is wiped when it is freed: after locking, what was read is not in it any more.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() {
    if !browser::worker::is_worker() {
        view::mount_to_body(|| view::IntoView::into_view(app::App()));
    }
}
