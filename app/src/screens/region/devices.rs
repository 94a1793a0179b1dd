//! Every device: who it is, when it was heard, what of it is here and what it still holds; and removing one.

use super::Desk;
use crate::browser::clock;
use crate::components::dialog::Dialog;
use crate::screens::join::role_label;
use crate::services::post::{DeviceLine, InvitationLine};
use crate::text::region;
use crate::view::prelude::*;
use veldpost_envelope::DevicePublic;
use veldpost_envelope::act::RemovalReason;
use veldpost_envelope::genesis::Role;

/// The devices of the region.
#[component]
pub fn Devices(desk: Desk) -> impl IntoView {
    // Made anew only when it changed: a button under a finger stays the same one.
    let devices = desk.part(|view| view.devices.clone());
    let asking = RwSignal::new(false);
    let asking_out = RwSignal::new(false);
    let chosen = RwSignal::new(None::<(DevicePublic, String)>);
    let take_out = Callback::new(move |()| {
        if let Some((device, _)) = chosen.get_untracked() {
            desk.act(region::DEVICE_OUT_DONE, desk.post.take_out_device(device));
        }
    });
    let remove = Callback::new(move |()| {
        if let Some((device, _)) = chosen.get_untracked() {
            desk.act(
                region::REMOVED,
                desk.post.remove(device, RemovalReason::Lost),
            );
        }
    });
    view! {
        {move || {
            let devices = devices.get()?;
            Some(
                view! {
                    <section>
                        <h2>{region::DEVICES.get()}</h2>
                        {devices
                            .into_iter()
                            .map(|line| {
                                view! {
                                    <One
                                        desk=desk
                                        line=line
                                        asking=asking
                                        asking_out=asking_out
                                        chosen=chosen
                                    />
                                }
                            })
                            .collect_view()}
                    </section>
                },
            )
        }}
        <Dialog
            open=asking
            title=region::REMOVE_TITLE
            confirm=region::REMOVE
            danger=true
            on_confirm=remove
        >
            <p>
                <strong>{move || chosen.get().map(|(_, name)| name)}</strong>
            </p>
            <p>{region::REMOVE_WHAT.get()}</p>
        </Dialog>
        <Dialog
            open=asking_out
            title=region::TAKE_OUT_TITLE
            confirm=region::DEVICE_OUT_CONFIRM
            danger=true
            on_confirm=take_out
        >
            <p>
                <strong>{move || chosen.get().map(|(_, name)| name)}</strong>
            </p>
            <p>{region::DEVICE_OUT_WHAT.get()}</p>
        </Dialog>
    }
}

#[component]
fn One(
    desk: Desk,
    line: DeviceLine,
    asking: RwSignal<bool>,
    asking_out: RwSignal<bool>,
    chosen: RwSignal<Option<(DevicePublic, String)>>,
) -> impl IntoView {
    let name = match (line.name.as_str(), line.own) {
        ("", true) => region::THIS_DEVICE.get().to_owned(),
        ("", false) => region::UNNAMED.get().to_owned(),
        (name, true) => region::NAME_OWN.with(&[("name", &name)]),
        (name, false) => name.to_owned(),
    };
    let mut roles: Vec<&str> = line
        .roles
        .iter()
        .map(|role| role_label(*role).get())
        .collect();
    roles.dedup();
    let coordinates = line
        .roles
        .iter()
        .any(|role| matches!(role, Role::Coordinator(_)));
    // A coordinator who records nothing is no phone that is missing.
    let reads = coordinates && line.received == 0 && line.outstanding == 0;
    let heard = match line.heard {
        Some(at) => Some(region::HEARD.with(&[
            ("date", &clock::date_for_reading(at)),
            ("time", &clock::time_of_day(at)),
        ])),
        None => (!reads).then(|| region::NEVER_HEARD.get().to_owned()),
    };
    let held = if reads {
        region::ONLY_READS.get().to_owned()
    } else {
        region::HELD.with(&[
            ("received", &line.received),
            ("outstanding", &line.outstanding),
        ])
    };
    let (device, removable) = (line.device, !line.own && !line.removed);
    let (of, out_of) = (name.clone(), name.clone());
    // Of whom nothing came, nothing stands in a table.
    let can_go_out = !line.own && !line.taken_out && line.received > 0;
    view! {
        <div class="panel">
            <h3>{name.clone()}</h3>
            {line.organisation.map(|organisation| view! { <p>{organisation}</p> })}
            <p class="hint">{roles.join(", ")}</p>
            {(!line.own)
                .then(|| {
                    view! {
                        {heard.map(|heard| view! { <p class="hint">{heard}</p> })}
                        <p class="hint">{held}</p>
                    }
                })}
            {(line.recovered && !line.own && !line.removed)
                .then(|| view! { <p><strong>{region::RECOVERED.get()}</strong></p> })}
            {line.removed.then(|| view! { <p>{region::IS_REMOVED.get()}</p> })}
            {line.taken_out.then(|| view! { <p>{region::DEVICE_IS_OUT.get()}</p> })}
            {removable
                .then(|| {
                    view! {
                        <button
                            type="button"
                            class="button button-quiet"
                            on:click=move |_| {
                                chosen.set(Some((device, of.clone())));
                                asking.set(true);
                            }
                        >
                            {region::REMOVE_ONE.with(&[("name", &name)])}
                        </button>
                    }
                })}
            {can_go_out
                .then(|| {
                    view! {
                        <button
                            type="button"
                            class="button button-quiet"
                            on:click=move |_| {
                                chosen.set(Some((device, out_of.clone())));
                                asking_out.set(true);
                            }
                        >
                            {region::DEVICE_OUT.with(&[("name", &name)])}
                        </button>
                    }
                })}
            {line
                .taken_out
                .then(|| {
                    view! {
                        <button
                            type="button"
                            class="button button-quiet"
                            on:click=move |_| {
                                desk.act(
                                    region::DEVICE_IN_DONE,
                                    desk.post.put_back_device(device),
                                );
                            }
                        >
                            {region::DEVICE_IN.with(&[("name", &name)])}
                        </button>
                    }
                })}
        </div>
    }
}

/// One line about an invitation.
pub fn invitation_line(line: &InvitationLine) -> String {
    let until = clock::date_for_reading(line.ends);
    region::INVITATION_LINE.with(&[
        ("n", &line.admitted),
        ("uses", &line.uses),
        ("date", &until),
    ])
}
