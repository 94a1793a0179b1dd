//! Devices that ask to join: one by one after comparing six words, a group as one list.

use super::Desk;
use crate::browser::clock;
use crate::components::dialog::Dialog;
use crate::services::post::{Newcomer, RegionView};
use crate::text::region;
use crate::view::prelude::*;
use std::collections::BTreeSet;
use veldpost_envelope::DevicePublic;
use veldpost_envelope::act::EndReason;

/// Who waits.
#[component]
pub fn Newcomers(desk: Desk) -> impl IntoView {
    let single = desk.part(|view| asking(view, true));
    let group = desk.part(|view| asking(view, false));
    let group = Memo::new(move |_| group.get().unwrap_or_default());
    let anybody = move || {
        single.with(|all| all.as_ref().is_some_and(|all| !all.is_empty()))
            || group.with(|group| !group.is_empty())
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
                <Show when=move || group.with(|group| !group.is_empty())>
                    <Group desk=desk newcomers=group />
                </Show>
            </section>
        </Show>
    }
}

/// Those who come one by one, whose words are compared, or those of a group; whoever asks later stands lower, so that
/// nothing moves under a finger.
fn asking(view: &RegionView, one_by_one: bool) -> Vec<Newcomer> {
    let all = view.newcomers.iter();
    let mut asking: Vec<Newcomer> = all
        .filter(|newcomer| newcomer.words.is_some() == one_by_one)
        .cloned()
        .collect();
    asking.sort_by_key(|newcomer| (newcomer.at, newcomer.device));
    asking
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
fn Group(desk: Desk, newcomers: Memo<Vec<Newcomer>>) -> impl IntoView {
    // Who is left out stays so when the screen is opened again, and who asks meanwhile.
    let left_out = desk.post.acting.left_out;
    let number = Memo::new(move |_| {
        let left_out = left_out.get();
        newcomers.with(|all| {
            all.iter()
                .filter(|it| !left_out.contains(&it.device))
                .count()
        })
    });
    let missing = RwSignal::new(false);
    let admit = move |_| {
        missing.set(number.get_untracked() == 0);
        if missing.get_untracked() {
            return;
        }
        let left_out = left_out.get_untracked();
        let chosen = newcomers.get_untracked().into_iter();
        let chosen = chosen.filter(|it| !left_out.contains(&it.device));
        let admissions = chosen.map(|it| (it.admission.clone(), called(&it)));
        desk.act(region::ADMITTED, desk.post.admit(admissions.collect()));
    };
    view! {
        <div class="panel">
            // No fieldset: its legend breaks no long word, and widens a narrow page.
            <div
                class="field"
                class:field-invalid=move || missing.get() && number.get() == 0
                role="group"
                aria-labelledby="group"
                aria-describedby="group-hint group-error"
            >
                <h3 id="group">{region::GROUP.get()}</h3>
                <p class="hint" id="group-hint">{region::GROUP_HINT.get()}</p>
                <p class="error" id="group-error" role="alert">
                    {move || {
                        (missing.get() && number.get() == 0).then(|| region::GROUP_NOBODY.get())
                    }}
                </p>
                <div class="choices">
                    <For
                        each=move || newcomers.get()
                        key=|it| (it.device, it.name.clone(), it.invitation.clone())
                        let:newcomer
                    >
                        <Ticked newcomer=newcomer left_out=left_out />
                    </For>
                </div>
            </div>
            <button type="button" class="button button-primary" on:click=admit>
                {move || match number.get() {
                    1 => region::ADMIT_ONE.get().to_owned(),
                    number => region::ADMIT_ALL.with(&[("n", &number)]),
                }}
            </button>
        </div>
    }
}

/// Who asks, by which invitation, and when: people of several invitations may stand in one list.
#[component]
fn Ticked(newcomer: Newcomer, left_out: RwSignal<BTreeSet<DevicePublic>>) -> impl IntoView {
    let device = newcomer.device;
    let line = region::GROUP_ONE.with(&[
        ("invitation", &newcomer.invitation),
        ("time", &clock::time_of_day(newcomer.at)),
    ]);
    let change = move |event| {
        let ticked = event_target_checked(&event);
        left_out.update(|all| {
            if ticked {
                all.remove(&device);
            } else {
                all.insert(device);
            }
        });
    };
    view! {
        <label class="choice">
            <input
                type="checkbox"
                autocomplete="off"
                prop:checked=move || left_out.with(|all| !all.contains(&device))
                on:change=change
            />
            <span>
                <span dir="auto">{called(&newcomer)}</span> <span class="hint">{line}</span>
            </span>
        </label>
    }
}
