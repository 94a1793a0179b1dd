//! Devices that ask to join: one by one after comparing six words, a group as one list.

use super::Desk;
use crate::browser::clock;
use crate::components::dialog::Dialog;
use crate::services::post::{Newcomer, RegionView};
use crate::text::region;
use crate::view::prelude::*;
use veldpost_envelope::act::EndReason;

/// Who waits.
#[component]
pub fn Newcomers(desk: Desk) -> impl IntoView {
    let single = desk.part(|view| asking(view, true));
    let group = desk.part(|view| asking(view, false));
    let anybody = move || {
        [single, group]
            .iter()
            .any(|all| all.with(|all| !empty(all.as_ref())))
    };
    view! {
        <Show when=anybody>
            <section>
                <h2>{region::NEWCOMERS.get()}</h2>
                <For
                    each=move || single.get().unwrap_or_default()
                    key=|newcomer| (newcomer.device, newcomer.words, newcomer.frozen)
                    let:newcomer
                >
                    <Single desk=desk newcomer=newcomer />
                </For>
                {move || {
                    let group = group.get().unwrap_or_default();
                    (!group.is_empty()).then(|| view! { <Group desk=desk newcomers=group /> })
                }}
            </section>
        </Show>
    }
}

/// Those who come one by one, whose words are compared, or those of a group.
fn asking(view: &RegionView, one_by_one: bool) -> Vec<Newcomer> {
    let all = view.newcomers.iter();
    all.filter(|newcomer| newcomer.words.is_some() == one_by_one)
        .cloned()
        .collect()
}

fn empty(newcomers: Option<&Vec<Newcomer>>) -> bool {
    newcomers.is_none_or(Vec::is_empty)
}

fn called(newcomer: &Newcomer) -> String {
    let unnamed = || region::UNNAMED.get().to_owned();
    newcomer.name.clone().unwrap_or_else(unnamed)
}

#[component]
fn Single(desk: Desk, newcomer: Newcomer) -> impl IntoView {
    let asking = RwSignal::new(false);
    let (name, at) = (called(&newcomer), clock::time_of_day(newcomer.at));
    let invitation = newcomer.admission.invitation;
    let admission = StoredValue::new_local((newcomer.admission.clone(), name.clone()));
    let admit = Callback::new(move |()| {
        let admission = admission.get_value();
        desk.act(region::ADMITTED, desk.post.admit(vec![admission]));
    });
    let end = move |_| {
        if let Some(id) = invitation {
            desk.act(
                region::ENDED,
                desk.post.end_invitation(id, EndReason::Frozen),
            );
        }
    };
    let words = newcomer.words.unwrap_or_default();
    view! {
        <div class="panel">
            <h3>{name.clone()}</h3>
            <p class="hint">
                {region::ASKED.with(&[("invitation", &newcomer.invitation), ("time", &at)])}
            </p>
            {if newcomer.frozen {
                view! {
                    <p>{region::FROZEN.get()}</p>
                    <button
                        type="button"
                        class="button"
                        aria-label=region::END_INVITATION.of(&newcomer.invitation)
                        on:click=end
                    >
                        {region::END_INVITATION.get()}
                    </button>
                }
                    .into_view()
            } else {
                view! {
                    <p>{region::COMPARE.get()}</p>
                    <ol class="words">{words.map(|word| view! { <li>{word}</li> })}</ol>
                    <button
                        type="button"
                        class="button button-primary"
                        on:click=move |_| asking.set(true)
                    >
                        {region::ADMIT.with(&[("name", &name)])}
                    </button>
                    <Dialog
                        open=asking
                        title=region::ADMIT_TITLE
                        confirm=region::ADMIT_CONFIRM
                        on_confirm=admit
                    >
                        <p>{region::ADMIT_WHAT.get()}</p>
                    </Dialog>
                }
                    .into_view()
            }}
        </div>
    }
}

#[component]
fn Group(desk: Desk, newcomers: Vec<Newcomer>) -> impl IntoView {
    // Who asks, by which invitation, and when: people of several invitations may stand in one list.
    let lines: Vec<String> = newcomers
        .iter()
        .map(|newcomer| {
            region::GROUP_ONE.with(&[
                ("name", &called(newcomer)),
                ("invitation", &newcomer.invitation),
                ("time", &clock::time_of_day(newcomer.at)),
            ])
        })
        .collect();
    let number = lines.len();
    let admissions: Vec<_> = newcomers
        .iter()
        .map(|newcomer| (newcomer.admission.clone(), called(newcomer)))
        .collect();
    let admissions = StoredValue::new_local(admissions);
    let admit = move |_| {
        desk.act(region::ADMITTED, desk.post.admit(admissions.get_value()));
    };
    view! {
        <div class="panel">
            <h3>{region::GROUP.get()}</h3>
            <ul>{lines.into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}</ul>
            <button type="button" class="button button-primary" on:click=admit>
                {if number == 1 {
                    region::ADMIT_CONFIRM.get().to_owned()
                } else {
                    region::ADMIT_ALL.with(&[("n", &number)])
                }}
            </button>
        </div>
    }
}
