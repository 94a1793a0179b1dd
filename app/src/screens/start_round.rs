//! Ronde: who walks, where, and what stays set from tap to tap.

use crate::browser::life;
use crate::components::dialog::Dialog;
use crate::components::notice::Notice;
use crate::components::page::Page;
use crate::routes::Screen;
use crate::services::field::Field;
use crate::services::typed::{self, Typed};
use crate::text::{common, round, update};
use crate::view::prelude::*;
use veldpost_domain::{LivingSituation, Municipality, OrganisationId};
use veldpost_journal::rows::Situation;
use wasm_bindgen_futures::spawn_local;

/// Codes of `source` and their words.
const SOURCES: [(&str, crate::text::Text); 3] = [
    ("spoken", round::SPOKEN),
    ("seen", round::SEEN),
    ("heard", round::HEARD),
];

/// Begins a round; while one is open, it changes what stays set. Lists that come while it is open are shown at once.
#[component]
pub fn StartRound() -> impl IntoView {
    let field = expect_context::<Field>();
    let lists = Memo::new(move |_| {
        field.commits.track();
        field.settings().map(|all| (all.organisations, all.areas))
    });
    // What was chosen stays when lists come.
    let situation = field.round.get_untracked();
    let situation = situation.map_or_else(first_guess, |round| round.situation);
    let chosen = RwSignal::new(situation);
    let own = field.membership().and_then(|known| known.organisation);
    let organisation = RwSignal::new(own.map(OrganisationId));
    move || {
        let areas = lists.get().map(|(_, areas)| areas).unwrap_or_default();
        let is_gone = |now: &Situation| {
            let mut names = areas.iter().map(|area| Some(area.name.as_str()));
            !names.any(|name| name == now.area.as_deref())
        };
        if field.round.with_untracked(Option::is_none) && chosen.with_untracked(is_gone) {
            chosen.update(|now| (now.area, now.municipality) = (None, None));
        }
        view! { <Form chosen=chosen organisation=organisation /> }.into_view()
    }
}

#[component]
fn Form(
    chosen: RwSignal<Situation>,
    organisation: RwSignal<Option<OrganisationId>>,
) -> impl IntoView {
    let field = expect_context::<Field>();
    let open = field.round.get_untracked();
    let select = NodeRef::<html::Select>::new();
    let selected = move || {
        let select = select.get()?;
        select.value().parse::<OrganisationId>().ok()
    };
    let crew = NodeRef::<html::Input>::new();
    let typed = expect_context::<Typed>();
    let crew_before = typed.stood(typed::Form::Round, "crew");
    let crew_before = crew_before.map_or_else(String::new, |crew| crew.to_string());
    let missing = RwSignal::new(false);
    let risky = RwSignal::new(false);
    let is_open = open.is_some();
    let begin = move |risk_accepted: bool| {
        let crew = crew.get().map(|input| input.value().trim().to_owned());
        let crew = crew.filter(|crew| !crew.is_empty());
        let begun = move || typed.forget(typed::Form::Round);
        field.start_round(
            selected(),
            crew,
            chosen.get_untracked(),
            risk_accepted,
            begun,
        );
    };
    let submit = move |event: Event| {
        event.prevent_default();
        if chosen.with_untracked(|situation| situation.area.is_none()) {
            missing.set(true);
            request_animation_frame(|| life::focus_first(".error-summary h2"));
            return;
        }
        if is_open {
            field.set_situation(chosen.get_untracked());
            return;
        }
        spawn_local(async move {
            if field.storage_is_safe().await {
                begin(false);
            } else {
                risky.set(true);
            }
        });
    };
    let settings = field.settings();
    let organisations = settings
        .as_ref()
        .map(|all| all.organisations.clone())
        .unwrap_or_default();
    let title = if is_open {
        round::SITUATION_TITLE
    } else {
        round::TITLE
    };
    view! {
        <Page title=title back=if is_open { Screen::Tally } else { Screen::Home }>
            <Notice />
            <Show when=move || missing.get()>
                <div class="error-summary">
                    <h2 tabindex="-1">{common::MISSING.get()}</h2>
                    <ul><li><a href="#area-0">{round::AREA_MISSING.get()}</a></li></ul>
                </div>
            </Show>
            <form class="stack" autocomplete="off" novalidate on:submit=submit>
                <Show when=move || !is_open>
                    <div class="field">
                        <label class="label" for="organisation">{round::ORGANISATION.get()}</label>
                        <select
                            node_ref=select
                            class="input"
                            id="organisation"
                            autocomplete="off"
                            on:change=move |_| organisation.set(selected())
                        >
                            {organisations
                                .iter()
                                .map(|known| {
                                    let id = OrganisationId(known.id);
                                    let selected = organisation.get_untracked() == Some(id);
                                    let id = id.to_string();
                                    view! { <option value=id selected=selected>{known.name.clone()}</option> }
                                })
                                .collect_view()}
                        </select>
                    </div>
                    <div class="field">
                        <label class="label" for="crew">{round::CREW.get()}</label>
                        <p class="hint" id="crew-hint">{round::CREW_HINT.get()}</p>
                        <input
                            node_ref=crew
                            class="input"
                            id="crew"
                            autocomplete="off"
                            spellcheck="false"
                            maxlength="60"
                            aria-describedby="crew-hint"
                            prop:value=crew_before.clone()
                            on:input=move |event: Event| typed.keep_typed(typed::Form::Round, &event)
                        />
                    </div>
                </Show>
                <Areas chosen=chosen missing=missing />
                <Situations chosen=chosen />
                <Sources chosen=chosen />
                <button type="submit" class="button button-primary button-big">
                    {if is_open { common::DONE.get() } else { round::BEGIN.get() }}
                </button>
            </form>
            <Dialog
                open=risky
                title=round::RISK_TITLE
                confirm=round::RISK_CONFIRM
                danger=true
                on_confirm=Callback::new(move |()| begin(true))
            >
                <p>{round::RISK_WHAT.get()}</p>
                <p>{update::PRIVATE_WINDOW.get()}</p>
            </Dialog>
        </Page>
    }
}

/// A street count begins outside, with what one sees.
fn first_guess() -> Situation {
    Situation {
        living_situation: Some(LivingSituation::PublicSpace.code().to_owned()),
        source: Some("seen".to_owned()),
        ..Situation::default()
    }
}

#[component]
fn Areas(chosen: RwSignal<Situation>, missing: RwSignal<bool>) -> impl IntoView {
    let field = expect_context::<Field>();
    let areas = field
        .settings()
        .map(|settings| settings.areas)
        .unwrap_or_default();
    view! {
        <fieldset class="field" class:field-invalid=move || missing.get()>
            <legend>{round::AREA.get()}</legend>
            <div class="choices choices-grid">
                {areas
                    .into_iter()
                    .enumerate()
                    .map(|(number, area)| {
                        let name = area.name.clone();
                        let label = format!("{}, {}", area.name, municipality_label(&area.municipality));
                        let checked = {
                            let name = area.name.clone();
                            move || chosen.with(|now| now.area.as_deref() == Some(name.as_str()))
                        };
                        view! {
                            <label class="choice">
                                <input
                                    type="radio"
                                    name="area"
                                    id=format!("area-{number}")
                                    autocomplete="off"
                                    prop:checked=checked
                                    on:change=move |_| {
                                        missing.set(false);
                                        chosen.update(|now| {
                                            now.area = Some(name.clone());
                                            now.municipality = Some(area.municipality.clone());
                                        });
                                    }
                                />
                                <span>{label}</span>
                            </label>
                        }
                    })
                    .collect_view()}
            </div>
        </fieldset>
    }
}

#[component]
fn Situations(chosen: RwSignal<Situation>) -> impl IntoView {
    view! {
        <fieldset class="field">
            <legend>{round::SITUATION.get()}</legend>
            <div class="choices">
                {LivingSituation::ALL
                    .map(|known| {
                        let checked = move || {
                            chosen.with(|now| now.living_situation.as_deref() == Some(known.code()))
                        };
                        view! {
                            <label class="choice">
                                <input
                                    type="radio"
                                    name="situation"
                                    autocomplete="off"
                                    prop:checked=checked
                                    on:change=move |_| {
                                        chosen
                                            .update(|now| {
                                                now.living_situation = Some(known.code().to_owned());
                                                now.living_subsituation = None;
                                            });
                                    }
                                />
                                <span>{situation_label(known)}</span>
                            </label>
                        }
                    })
                    .collect_view()}
            </div>
        </fieldset>
    }
}

#[component]
fn Sources(chosen: RwSignal<Situation>) -> impl IntoView {
    view! {
        <fieldset class="field">
            <legend>{round::SOURCE.get()}</legend>
            <div class="choices">
                {SOURCES
                    .map(|(code, words)| {
                        let checked = move || chosen.with(|now| now.source.as_deref() == Some(code));
                        view! {
                            <label class="choice">
                                <input
                                    type="radio"
                                    name="source"
                                    autocomplete="off"
                                    prop:checked=checked
                                    on:change=move |_| {
                                        chosen.update(|now| now.source = Some(code.to_owned()));
                                    }
                                />
                                <span>{words.get()}</span>
                            </label>
                        }
                    })
                    .collect_view()}
            </div>
        </fieldset>
    }
}

/// The label of a category in the language that is set.
pub fn situation_label(known: LivingSituation) -> &'static str {
    match crate::text::language() {
        crate::text::Language::Nl => known.label_nl(),
        crate::text::Language::En => known.label_en(),
    }
}

/// The words for a code of `source`.
pub fn source_label(code: &str) -> Option<crate::text::Text> {
    SOURCES
        .iter()
        .find(|(known, _)| *known == code)
        .map(|(_, words)| *words)
}

/// The label of a municipality's code.
pub fn municipality_label(code: &str) -> &'static str {
    let known = Municipality::from_answer(Some(code));
    match crate::text::language() {
        crate::text::Language::Nl => known.label_nl(),
        crate::text::Language::En => known.label_en(),
    }
}

impl Field {
    /// What stays set, in words: "Centrum, Enschede. In de openbare ruimte."
    pub fn situation_words(self) -> String {
        self.round.with(|round| {
            let Some(situation) = round.as_ref().map(|round| &round.situation) else {
                return String::new();
            };
            let place = match (&situation.area, &situation.municipality) {
                (Some(area), Some(code)) => format!("{area}, {}. ", municipality_label(code)),
                _ => String::new(),
            };
            let known = LivingSituation::from_answer(situation.living_situation.as_deref());
            format!("{place}{}.", situation_label(known))
        })
    }
}
