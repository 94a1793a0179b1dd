//! Joining by an invitation: the link, scanned or pasted, what it is, a name, a passphrase. Nothing is written before the person agreed.

pub mod along;
mod scan;
mod tab;

use crate::browser::clock;
use crate::components::notice::Notice;
use crate::components::page::Page;
use crate::routes::Router;
use crate::screens::set_up::PassphraseForm;
use crate::services::enrol::{Enrolment, Step};
use crate::services::field::Field;
use crate::services::typed::{Form, Typed};
use crate::text::{Text, common, join, scan as words};
use crate::view::prelude::*;
use scan::{Ended, Scanning};
use veldpost_envelope::act::InviteForm;
use veldpost_envelope::genesis::Role;
use veldpost_sync::enrol::Remedy;
use veldpost_sync::{EnrolProblem, Offer};

/// The field of the link.
const LINK: &str = "link";

/// From a link to a book.
#[component]
pub fn Join(on_back: Callback<()>) -> impl IntoView {
    let field = expect_context::<Field>();
    let typed = expect_context::<Typed>();
    let enrolment = Enrolment::new(field, expect_context::<Router>(), typed);
    if let Some(link) = field.take_invitation() {
        // Taken out of the address it stands nowhere else.
        typed.keep(Form::Join, LINK, link.to_string());
        enrolment.read(&link);
    }
    // Said once: the same person is not stopped again by the next link.
    let past = RwSignal::new(false);
    move || match enrolment.step.get() {
        Step::Link => view! { <Ask enrolment=enrolment on_back=on_back /> }.into_view(),
        Step::Reading { unreachable } => {
            view! { <Reading unreachable=unreachable on_back=on_back /> }.into_view()
        }
        Step::Offered(offer) if !past.get() && tab::stands_between(&offer) => {
            let (link, on_past) = (enrolment.link(), Callback::new(move |()| past.set(true)));
            view! { <tab::Tab link=link on_past=on_past on_back=on_back /> }.into_view()
        }
        Step::Offered(offer) => {
            view! { <Offered enrolment=enrolment offer=offer on_back=on_back /> }.into_view()
        }
        Step::Passphrase => {
            view! { <Passphrase enrolment=enrolment on_back=on_back /> }.into_view()
        }
        Step::Writing => view! {
            <Page title=join::TITLE>
                <p class="hint" role="status">
                    {join::WRITING.get()}
                </p>
            </Page>
        }
        .into_view(),
        Step::Failed(problem) => {
            view! { <Failed enrolment=enrolment problem=problem on_back=on_back /> }.into_view()
        }
    }
}

/// Where the link comes from. What was pasted stays while the camera is tried, and after leaving.
#[component]
fn Ask(enrolment: Enrolment, on_back: Callback<()>) -> impl IntoView {
    let (scanning, ended) = (RwSignal::new(false), RwSignal::new(None::<Ended>));
    let typed = expect_context::<Typed>();
    let on_link = Callback::new(move |link: String| {
        enrolment.read(&link);
        typed.keep(Form::Join, LINK, link);
    });
    let on_end = Callback::new(move |why| {
        ended.set(why);
        scanning.set(false);
    });
    let on_scan = Callback::new(move |()| scanning.set(true));
    move || {
        if scanning.get() {
            return view! { <Scanning on_link=on_link on_end=on_end /> }.into_view();
        }
        view! {
            <AskLink
                enrolment=enrolment
                ended=ended.get_untracked()
                on_scan=on_scan
                on_back=on_back
            />
        }
        .into_view()
    }
}

#[component]
fn AskLink(
    enrolment: Enrolment,
    /// Why the camera brought nothing.
    ended: Option<Ended>,
    on_scan: Callback<()>,
    on_back: Callback<()>,
) -> impl IntoView {
    let remembered = expect_context::<Typed>();
    let pasted = remembered.stood(Form::Join, LINK);
    let pasted = pasted.map_or_else(String::new, |pasted| pasted.to_string());
    let remember = move |event: Event| remembered.keep_typed(Form::Join, &event);
    let typed = NodeRef::<html::Textarea>::new();
    let missing = RwSignal::new(false);
    let ended = ended.map(|ended| {
        let (title, advice) = ended.words();
        view! {
            <div class="banner banner-warning" role="alert">
                <p class="banner-title">{title.get()}</p>
                <p>{advice.get()}</p>
            </div>
        }
    });
    let submit = move |event: Event| {
        event.prevent_default();
        let text = typed.get().map_or_else(String::new, |field| field.value());
        missing.set(text.trim().is_empty());
        if !missing.get_untracked() {
            enrolment.read(&text);
        }
    };
    view! {
        <Page title=join::TITLE on_back=on_back>
            {ended}
            <p>{join::WHAT.get()}</p>
            <button type="button" class="button button-wide" on:click=move |_| on_scan.run(())>
                {words::BUTTON.get()}
            </button>
            <form class="stack" autocomplete="off" novalidate on:submit=submit>
                <div class="field" class:field-invalid=move || missing.get()>
                    <label class="label" for="link">{join::LINK.get()}</label>
                    <p class="hint" id="link-hint">{join::LINK_HINT.get()}</p>
                    <p class="error" id="link-error" role="alert">
                        {move || missing.get().then(|| join::LINK_MISSING.get())}
                    </p>
                    <textarea
                        node_ref=typed
                        class="input"
                        id=LINK
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        aria-describedby="link-hint link-error"
                        on:input=remember
                        prop:value=pasted
                    ></textarea>
                </div>
                <button type="submit" class="button button-primary button-wide">
                    {common::NEXT.get()}
                </button>
            </form>
        </Page>
    }
}

#[component]
fn Reading(unreachable: bool, on_back: Callback<()>) -> impl IntoView {
    let words = if unreachable {
        join::UNREACHABLE
    } else {
        join::READING
    };
    view! {
        <Page title=join::TITLE on_back=on_back>
            <p role="status">{words.get()}</p>
        </Page>
    }
}

#[component]
fn Offered(enrolment: Enrolment, offer: Offer, on_back: Callback<()>) -> impl IntoView {
    let name = NodeRef::<html::Input>::new();
    let problem = RwSignal::new(None::<Text>);
    let count_only = offer.is_count_only();
    let field = expect_context::<Field>();
    let alone = field.is_alone();
    let own = field.own_records();
    let asks = alone && own.any;
    let (along, unchosen) = (RwSignal::new(None::<bool>), RwSignal::new(false));
    let question = asks.then(|| {
        let region = offer.region.clone();
        view! { <along::Question own=own region=region along=along missing=unchosen /> }
    });
    let roles = offer.roles.iter().map(|role| role_label(*role).get());
    let mut roles: Vec<&str> = roles.collect();
    roles.dedup();
    let rows = [
        (join::REGION, offer.region.clone()),
        (join::INVITED_BY, offer.inviter.clone()),
        (
            join::ORGANISATION,
            offer.organisation.clone().unwrap_or_default(),
        ),
        (join::ROLES, roles.join(", ")),
        (join::UNTIL, clock::date_for_reading(offer.ends)),
    ];
    let submit = move |event: Event| {
        event.prevent_default();
        let typed = name.get().map_or_else(String::new, |field| field.value());
        let typed = typed.trim().to_owned();
        if typed.is_empty() {
            problem.set(Some(join::NAME_MISSING));
            return;
        }
        let choice = along.get_untracked();
        unchosen.set(asks && choice.is_none());
        if unchosen.get_untracked() {
            return;
        }
        match enrolment.agree(&typed, choice.unwrap_or(false)) {
            Ok(()) => {}
            Err(EnrolProblem::Name) => problem.set(Some(join::NAME_TOO_LONG)),
            Err(other) => enrolment.step.set(Step::Failed(other)),
        }
    };
    let form = match offer.form {
        InviteForm::Single => join::FORM_SINGLE,
        InviteForm::Evening => join::FORM_EVENING,
        InviteForm::Desk => join::FORM_DESK,
    };
    let what = match (alone, count_only) {
        (true, true) => join::NOT_A_GROUP,
        (_, true) => join::COUNT_ONLY,
        _ => join::KEEPS,
    };
    view! {
        <Page title=join::OFFER_TITLE on_back=on_back>
            <Notice />
            <dl class="summary">
                {rows
                    .into_iter()
                    .filter(|(_, value)| !value.is_empty())
                    .map(|(label, value)| {
                        view! {
                            <div class="summary-row">
                                <dt>{label.get()}</dt>
                                <dd>{value}</dd>
                            </div>
                        }
                    })
                    .collect_view()}
            </dl>
            <p>{form.get()}</p>
            <p>{what.get()}</p>
            {(!(alone && count_only))
                .then(|| {
                    view! {
                        <form class="stack" autocomplete="off" novalidate on:submit=submit>
                            <div class="field" class:field-invalid=move || problem.get().is_some()>
                                <label class="label" for="device-name">{join::NAME.get()}</label>
                                <p class="hint" id="device-name-hint">{join::NAME_HINT.get()}</p>
                                <p class="error" id="device-name-error" role="alert">
                                    {move || problem.get().map(Text::get)}
                                </p>
                                <input
                                    node_ref=name
                                    class="input"
                                    id="device-name"
                                    autocomplete="off"
                                    spellcheck="false"
                                    aria-describedby="device-name-hint device-name-error"
                                />
                            </div>
                            {question}
                            <div class="buttons buttons-even">
                                <button type="submit" class="button button-primary">
                                    {join::AGREE.get()}
                                </button>
                                <button type="button" class="button" on:click=move |_| on_back.run(())>
                                    {join::DECLINE.get()}
                                </button>
                            </div>
                        </form>
                    }
                })}
        </Page>
    }
}

#[component]
fn Passphrase(enrolment: Enrolment, on_back: Callback<()>) -> impl IntoView {
    let on_done = Callback::new(move |secret| {
        enrolment.protect(secret);
        true
    });
    view! {
        <Page title=join::PASSPHRASE_TITLE>
            <p>{join::PASSPHRASE_WHAT.get()}</p>
            <PassphraseForm
                confirm=join::FINISH
                leave=common::CANCEL
                on_done=on_done
                on_leave=on_back
            />
        </Page>
    }
}

#[component]
fn Failed(enrolment: Enrolment, problem: EnrolProblem, on_back: Callback<()>) -> impl IntoView {
    view! {
        <Page title=join::FAILED_TITLE on_back=on_back>
            <div class="banner banner-error" role="alert">
                <p class="banner-title">{problem_label(problem).get()}</p>
                <p>{remedy_label(problem.remedy()).get()}</p>
            </div>
            <p>{join::NOTHING_KEPT.get()}</p>
            <button
                type="button"
                class="button button-primary button-wide"
                on:click=move |_| enrolment.again()
            >
                {join::OTHER_LINK.get()}
            </button>
        </Page>
    }
}

/// What a role is called.
pub fn role_label(role: Role) -> Text {
    match role {
        Role::Counter => join::ROLE_COUNTER,
        Role::NeighbourhoodTeam => join::ROLE_TEAM,
        Role::Intaker => join::ROLE_INTAKER,
        Role::OrganisationCoordinator => join::ROLE_ORGANISATION,
        Role::Coordinator(_) => join::ROLE_COORDINATOR,
        Role::Unknown(_) => join::ROLE_UNKNOWN,
    }
}

/// What is wrong with an invitation.
pub fn problem_label(problem: EnrolProblem) -> Text {
    match problem {
        EnrolProblem::NotALink(_) | EnrolProblem::Origin => join::NOT_A_LINK,
        EnrolProblem::NewerLink | EnrolProblem::UpdateNeeded => join::NEWER,
        EnrolProblem::RegionUnknown => join::REGION_UNKNOWN,
        EnrolProblem::OtherRegion => join::OTHER_REGION,
        EnrolProblem::Unknown => join::UNKNOWN,
        EnrolProblem::Forged | EnrolProblem::RosterBroken | EnrolProblem::WelcomeForged => {
            join::FORGED
        }
        EnrolProblem::InviterGone => join::INVITER_GONE,
        EnrolProblem::Ended(_) => join::ENDED,
        EnrolProblem::Expired => join::EXPIRED,
        EnrolProblem::UsedUp => join::USED_UP,
        EnrolProblem::Frozen => join::FROZEN,
        EnrolProblem::Removed => join::REMOVED,
        EnrolProblem::NoWelcome => join::NO_WELCOME,
        EnrolProblem::Name => join::NAME_TOO_LONG,
        EnrolProblem::Practice
        | EnrolProblem::Row
        | EnrolProblem::NotNow
        | EnrolProblem::Refused(_) => join::REFUSED,
    }
}

/// What a person can do about it.
pub fn remedy_label(remedy: Remedy) -> Text {
    match remedy {
        Remedy::TakeTheLinkAgain => join::DO_TAKE_AGAIN,
        Remedy::Update => join::DO_UPDATE,
        Remedy::AskForAnother => join::DO_ASK,
        Remedy::TellTheInviter => join::DO_TELL,
        Remedy::TryLater => join::DO_LATER,
        Remedy::AnotherDevice => join::DO_OTHER_DEVICE,
        Remedy::ShorterName => join::DO_SHORTER,
        Remedy::Nothing => join::DO_AGAIN,
    }
}
