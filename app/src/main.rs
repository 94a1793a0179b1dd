//! Veldpost's app: one WebAssembly binary for every role.

use leptos::prelude::*;

fn main() {
    leptos::mount::mount_to_body(|| {
        view! {
            <main id="inhoud">
                <h1>"Veldpost"</h1>
            </main>
        }
    });
}
