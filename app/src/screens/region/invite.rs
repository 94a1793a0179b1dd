//! A new invitation, and those that were made: as a code to scan and a link to send.

use super::devices::invitation_line;
use super::{Desk, Outcome};
use crate::browser::{clock, life};
use crate::components::dialog::Dialog;
use crate::components::page::Page;
use crate::components::problems::{FieldError, Problems};
use crate::components::qr::Qr;
use crate::routes::Screen;
use crate::services::post::{InvitationLine, Wanted};
use crate::text::{Text, common, region};
use crate::view::prelude::*;
use std::rc::Rc;
use veldpost_domain::OrganisationId;
use veldpost_envelope::Purpose;
use veldpost_envelope::act::{EndReason, InviteForm};
use veldpost_envelope::genesis::Role;
use wasm_bindgen_futures::spawn_local;

/// How long an invitation holds: milliseconds. An evening's ends in the morning after; the others get a week or a month.
const DAY: i64 = 24 * 60 * 60 * 1_000;

/// Whom an invitation is for, as a person chooses it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    Coordinator,
    Worker,
    Evening,
    Desk,
}

impl For {
    const ALL: [(Self, Text, Text); 4] = [
        (
            Self::Coordinator,
            region::FOR_COORDINATOR,
            region::FOR_COORDINATOR_WHAT,
        ),
        (Self::Worker, region::FOR_WORKER, region::FOR_WORKER_WHAT),
        (Self::Evening, region::FOR_EVENING, region::FOR_EVENING_WHAT),
        (Self::Desk, region::FOR_DESK, region::FOR_DESK_WHAT),
    ];

    fn is_group(self) -> bool {
        matches!(self, Self::Evening | Self::Desk)
    }

    fn wanted(self, name: String, uses: u64, organisation: Option<OrganisationId>) -> Wanted {
        let now = clock::now();
        let (form, roles, ends) = match self {
            Self::Coordinator => {
                let mut roles = vec![Role::Counter, Role::NeighbourhoodTeam, Role::Intaker];
                roles.extend(Purpose::ALL.map(Role::Coordinator));
                (InviteForm::Single, roles, now + 7 * DAY)
            }
            Self::Worker => (InviteForm::Single, vec![Role::Counter], now + 7 * DAY),
            Self::Evening => (InviteForm::Evening, vec![Role::Counter], now + 2 * DAY),
            Self::Desk => (InviteForm::Desk, vec![Role::Counter], now + 30 * DAY),
        };
        Wanted {
            form,
            roles,
            uses: if self.is_group() {
                uses.clamp(2, 1_000)
            } else {
                1
            },
            ends,
            organisation,
            name,
        }
    }
}

type Shown = Option<(String, Rc<zeroize::Zeroizing<String>>)>;

/// Makes one, or shows one that was made.
#[component]
pub fn Invite() -> impl IntoView {
    let desk = Desk::open();
    let shown = StoredValue::new_local(None::<(String, Rc<zeroize::Zeroizing<String>>)>);
    let showing = RwSignal::new(false);
    let show = Callback::new(move |what: Shown| {
        showing.set(what.is_some());
        shown.set_value(what);
    });
    move || {
        if showing.get() {
            let (name, link) = shown.get_value().unwrap_or_default();
            view! { <Link name=name link=link on_back=Callback::new(move |()| showing.set(false)) /> }
                .into_view()
        } else {
            view! {
                <Page title=region::INVITE back=Screen::Region>
                    <Outcome desk=desk />
                    <Form desk=desk show=show />
                    <Made desk=desk show=show />
                </Page>
            }
            .into_view()
        }
    }
}

#[component]
fn Form(desk: Desk, show: Callback<Shown>) -> impl IntoView {
    let here = StoredValue::new(());
    let (name, uses) = (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    let organisation = NodeRef::<html::Select>::new();
    let chosen = RwSignal::new(For::Worker);
    let problems = RwSignal::new(Vec::<(&'static str, String)>::new());
    let organisations = desk.part(|view| view.organisations.clone());
    let submit = move |event: Event| {
        event.prevent_default();
        let typed =
            |node: NodeRef<html::Input>| node.get().map_or_else(String::new, |it| it.value());
        let called = typed(name).trim().to_owned();
        let number = typed(uses).trim().parse::<u64>();
        let group = chosen.get_untracked().is_group();
        let mut found = Vec::new();
        if called.is_empty() {
            found.push(("invite-name", region::INVITE_NAME_MISSING.get().to_owned()));
        }
        if group
            && !number
                .as_ref()
                .is_ok_and(|number| (2..=1_000).contains(number))
        {
            found.push(("invite-uses", region::INVITE_USES_WRONG.get().to_owned()));
        }
        let complete = found.is_empty();
        problems.set(found);
        if !complete {
            // The summary is in the page once this event is over.
            request_animation_frame(|| life::focus_first(".error-summary h2"));
            return;
        }
        let picked = organisation.get().map_or_else(String::new, |it| it.value());
        let known = desk.view.with_untracked(|view| {
            let view = view.as_ref()?;
            let index: usize = picked.parse().ok()?;
            view.organisations.get(index).map(|(id, _)| *id)
        });
        let wanted = chosen
            .get_untracked()
            .wanted(called.clone(), number.unwrap_or(2), known);
        desk.act(region::INVITED, async move {
            let invited = desk.post.invite(wanted).await?;
            // Who went elsewhere meanwhile finds it in the list.
            if here.try_get_value().is_some() {
                show.run(Some((called, invited.link)));
            }
            Ok(())
        });
    };
    view! {
        <Problems title=common::MISSING problems=problems />
        <form class="stack" autocomplete="off" novalidate on:submit=submit>
            <fieldset class="field">
                <legend>{region::FOR_WHOM.get()}</legend>
                <div class="choices">
                    {For::ALL
                        .map(|(whom, label, what)| {
                            view! {
                                <label class="choice">
                                    <input
                                        type="radio"
                                        name="whom"
                                        autocomplete="off"
                                        prop:checked=move || chosen.get() == whom
                                        on:change=move |_| chosen.set(whom)
                                    />
                                    <span>
                                        {label.get()} <span class="hint">{what.get()}</span>
                                    </span>
                                </label>
                            }
                        })}
                </div>
            </fieldset>
            <div class="field">
                <label class="label" for="invite-name">{region::INVITE_NAME.get()}</label>
                <p class="hint" id="invite-name-hint">{region::INVITE_NAME_HINT.get()}</p>
                <FieldError problems=problems id="invite-name" />
                <input
                    node_ref=name
                    class="input"
                    id="invite-name"
                    autocomplete="off"
                    spellcheck="false"
                    aria-describedby="invite-name-hint invite-name-error"
                />
            </div>
            <Show when=move || chosen.get().is_group()>
                <div class="field">
                    <label class="label" for="invite-uses">{region::INVITE_USES.get()}</label>
                    <FieldError problems=problems id="invite-uses" />
                    <input
                        node_ref=uses
                        class="input"
                        id="invite-uses"
                        inputmode="numeric"
                        autocomplete="off"
                        value="20"
                        aria-describedby="invite-uses-error"
                    />
                </div>
            </Show>
            <div class="field">
                <label class="label" for="invite-organisation">
                    {region::INVITE_ORGANISATION.get()}
                </label>
                <select
                    node_ref=organisation
                    class="input"
                    id="invite-organisation"
                    autocomplete="off"
                >
                    <option value="">{region::NO_ORGANISATION.get()}</option>
                    {move || {
                        Some(
                            organisations
                                .get()?
                                .into_iter()
                                .enumerate()
                                .map(|(index, (_, name))| {
                                    view! { <option value=index.to_string()>{name}</option> }
                                })
                                .collect_view(),
                        )
                    }}
                </select>
            </div>
            <button type="submit" class="button button-primary button-wide">
                {region::MAKE_INVITATION.get()}
            </button>
        </form>
    }
}

/// Those that were made.
#[component]
fn Made(desk: Desk, show: Callback<Shown>) -> impl IntoView {
    let invitations = desk.part(|view| view.invitations.clone());
    move || {
        let lines = invitations.get()?;
        (!lines.is_empty()).then(|| {
            view! {
                <section>
                    <h2>{region::MADE.get()}</h2>
                    {lines
                        .into_iter()
                        .map(|line| view! { <One desk=desk line=line show=show /> })
                        .collect_view()}
                </section>
            }
        })
    }
}

#[component]
fn One(desk: Desk, line: InvitationLine, show: Callback<Shown>) -> impl IntoView {
    let (id, name, open) = (line.id, line.name.clone(), line.ended.is_none());
    // Once as many came as may come, its code is of no use to anybody.
    let used_up = line.admitted >= line.uses;
    let asking = RwSignal::new(false);
    let taken_out = line.taken_out;
    let judge = Callback::new(move |()| {
        if taken_out {
            desk.act(region::PUT_BACK_DONE, desk.post.put_back_invitation(id));
        } else {
            desk.act(region::TAKEN_OUT, desk.post.take_out_invitation(id));
        }
    });
    let (ask, title, what) = if taken_out {
        (
            region::PUT_BACK,
            region::PUT_BACK_TITLE,
            region::PUT_BACK_WHAT,
        )
    } else {
        (
            region::TAKE_OUT,
            region::TAKE_OUT_TITLE,
            region::TAKE_OUT_WHAT,
        )
    };
    let words = invitation_line(&line);
    let called = if name.is_empty() {
        region::UNNAMED.get().to_owned()
    } else {
        name.clone()
    };
    view! {
        <div class="panel">
            <h3>{called.clone()}</h3>
            <p class="hint">{words}</p>
            {line.ended.map(|_| view! { <p>{region::HAS_ENDED.get()}</p> })}
            {taken_out.then(|| view! { <p>{region::IS_TAKEN_OUT.get()}</p> })}
            <div class="buttons">
                {(open && line.known && !used_up)
                    .then(|| {
                        view! {
                            <button
                                type="button"
                                class="button"
                                aria-label=region::SHOW_LINK.of(&called)
                                on:click=move |_| {
                                    let link = desk.post.link_of(id);
                                    show.run(link.map(|link| (name.clone(), link)));
                                }
                            >
                                {region::SHOW_LINK.get()}
                            </button>
                        }
                    })}
                {open
                    .then(|| {
                        view! {
                            <button
                                type="button"
                                class="button button-quiet"
                                aria-label=region::END_INVITATION.of(&called)
                                on:click=move |_| {
                                    desk.act(
                                        region::ENDED,
                                        desk.post.end_invitation(id, EndReason::NotNeeded),
                                    );
                                }
                            >
                                {region::END_INVITATION.get()}
                            </button>
                        }
                    })}
                <button
                    type="button"
                    class="button button-quiet"
                    aria-label=ask.of(&called)
                    on:click=move |_| asking.set(true)
                >
                    {ask.get()}
                </button>
            </div>
            <Dialog
                open=asking
                title=title
                confirm=ask
                danger=!taken_out
                on_confirm=judge
            >
                <p>{region::TAKE_OUT_OF.with(&[("name", &called)])}</p>
                <p>{what.get()}</p>
            </Dialog>
        </div>
    }
}

/// The code to scan, and the link to send.
#[component]
fn Link(
    name: String,
    link: Rc<zeroize::Zeroizing<String>>,
    on_back: Callback<()>,
) -> impl IntoView {
    let (copied, copy) = (RwSignal::new(None::<Text>), Rc::clone(&link));
    let on_copy = move |_| {
        let copying = life::copy(&copy);
        spawn_local(async move {
            let words = if copying.await {
                region::LINK_COPIED
            } else {
                region::LINK_NOT_COPIED
            };
            copied.try_set(Some(words));
        });
    };
    view! {
        <Page title=region::LINK_TITLE on_back=on_back>
            <p>{name}</p>
            <p>{region::LINK_WHAT.get()}</p>
            <Qr text=link.to_string() label=region::QR_LABEL />
            <p class="code" id="invitation-link">
                {link.to_string()}
            </p>
            <div class="buttons">
                <button type="button" class="button" on:click=on_copy>
                    {region::LINK_COPY.get()}
                </button>
            </div>
            <p class="status" role="status">
                {move || copied.get().map(Text::get)}
            </p>
            <p class="hint">{region::LINK_CARE.get()}</p>
        </Page>
    }
}
