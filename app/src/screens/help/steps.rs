//! On the home screen: the steps for each kind of device, with the signs to look for.

use crate::services::install::Install;
use crate::text::{Text, help, update};
use crate::view::prelude::*;

/// Each sign is one path in a square of 24.
const SHARE: &str = "M12 15V3M8 7l4-4 4 4M7 11H5v10h14V11h-2";
const ADD: &str = "M4 4h16v16H4zM12 8v8M8 12h8";
const DONE: &str = "M5 13l5 5L19 7";
const DOTS: &str = "M12 5h.01M12 12h.01M12 19h.01";

/// All kinds of device: a person may read this for somebody else's.
#[component]
pub fn Steps() -> impl IntoView {
    let install = expect_context::<Install>();
    view! {
        <Show when=move || install.installed.get()>
            <p class="banner banner-ok">{help::INSTALLED.get()}</p>
        </Show>
        <Show when=move || install.offered.get()>
            <button
                type="button"
                class="button button-primary button-big"
                on:click=move |_| install.ask()
            >
                {update::TO_HOME_SCREEN.get()}
            </button>
        </Show>
        <h2>{help::INSTALLING_IOS.get()}</h2>
        {steps(&[
            (SHARE, help::INSTALLING_IOS_1),
            (ADD, help::INSTALLING_IOS_2),
            (DONE, help::INSTALLING_IOS_3),
        ])}
        <p>{help::INSTALLING_IOS_DATA.get()}</p>
        <h2>{help::INSTALLING_ANDROID.get()}</h2>
        {steps(&[(DOTS, help::INSTALLING_ANDROID_1), (ADD, help::INSTALLING_ANDROID_2)])}
        <h2>{help::INSTALLING_COMPUTER.get()}</h2>
        <p>{help::INSTALLING_COMPUTER_1.get()}</p>
    }
}

/// A step and its sign; the words say all of it, so the sign is not read out.
fn steps(steps: &[(&'static str, Text)]) -> impl IntoView {
    let items = steps
        .iter()
        .map(|(sign, text)| {
            view! {
                <li class="sign-step">
                    <svg class="sign" viewBox="0 0 24 24" aria-hidden="true">
                        <path d=*sign />
                    </svg>
                    <span>{text.get()}</span>
                </li>
            }
        })
        .collect_view();
    view! { <ol class="sign-steps">{items}</ol> }
}
