//! Veldpost's app: one WebAssembly binary for every role.
//!
//! Started in a page it shows the app; started in a worker it only answers one request: see
//! `browser::worker`.

mod app;
mod browser;
mod components;
mod derive;
mod routes;
mod screens;
mod services;
mod text;

fn main() {
    if !browser::worker::is_worker() {
        leptos::mount::mount_to_body(app::App);
    }
}
