//! What is typed once: organisations, areas with their municipality, the count date.

use super::{Draft, Step};
use crate::browser::{clock, life};
use crate::components::page::Page;
use crate::components::problems::{FieldError, Problems};
use crate::services::field::Browser;
use crate::services::typed::{Form, Typed};
use crate::text::{Text, common, set_up};
use crate::view::prelude::*;
use veldpost_domain::{Date, Municipality};
use veldpost_journal::Outside;
use veldpost_journal::rows::{Area, Organisation, Settings};
use web_sys::Element;

/// Names longer than this are cut: nobody can read them in a list.
const LONGEST: usize = 60;
/// Enough for the largest municipality, and no more than a list can show.
const MOST: usize = 200;

/// Names that a region has which others join: id of the field, its label, and what is said when it is empty.
const NAMES: [(&str, Text, Text); 3] = [
    (
        "region-name",
        set_up::REGION_NAME,
        set_up::REGION_NAME_MISSING,
    ),
    (
        "campaign-name",
        set_up::CAMPAIGN_NAME,
        set_up::CAMPAIGN_NAME_MISSING,
    ),
    ("own-name", set_up::OWN_NAME, set_up::OWN_NAME_MISSING),
];

/// The first step of setting up.
#[component]
pub fn Lists(draft: Draft, on_back: Callback<()>) -> impl IntoView {
    let on_done = Callback::new(move |settings| {
        draft.settings.set_value(settings);
        draft.step.set(Step::Passphrase);
    });
    let title = if draft.shared {
        set_up::REGION_TITLE
    } else {
        set_up::LISTS_TITLE
    };
    view! {
        <Page title=title>
            <p class="hint">{set_up::STEP.with(&[("n", &1)])}</p>
            <ListsForm
                shared=draft.shared
                earlier=draft.settings.get_value()
                confirm=common::NEXT
                leave=common::BACK
                remembered=Some(draft.form())
                on_done=on_done
                on_leave=on_back
            />
        </Page>
    }
}

/// Three fields; the lists are typed one a line.
#[component]
pub fn ListsForm(
    /// What stands in it at first.
    earlier: Settings,
    /// The lists are in use: areas that stand there stay in their municipality.
    #[prop(default = false)]
    in_use: bool,
    /// Others join: the region, the campaign and whoever begins have names.
    #[prop(default = false)]
    shared: bool,
    /// As which form what is typed is there again after leaving; none where leaving drops it. Lists that are in use may
    /// change meanwhile on another screen: of those only the names.
    #[prop(default = None)]
    remembered: Option<Form>,
    /// The button that goes on.
    confirm: Text,
    /// The button that does not.
    leave: Text,
    /// Gets the settings, once nothing is missing.
    on_done: Callback<Settings>,
    /// Nothing is changed.
    on_leave: Callback<()>,
) -> impl IntoView {
    let (organisations, areas) = (
        NodeRef::<html::Textarea>::new(),
        NodeRef::<html::Textarea>::new(),
    );
    let municipality = NodeRef::<html::Select>::new();
    let date = NodeRef::<html::Input>::new();
    let name_fields = [
        NodeRef::<html::Input>::new(),
        NodeRef::<html::Input>::new(),
        NodeRef::<html::Input>::new(),
    ];
    let problems = RwSignal::new(Vec::<(&'static str, String)>::new());
    let typed = expect_context::<Typed>();
    let stood = |id, otherwise: String| {
        let typed = remembered.and_then(|form| typed.stood(form, id));
        typed.map_or(otherwise, |typed| typed.to_string())
    };
    let names = [&earlier.region, &earlier.campaign_name, &earlier.own_name];
    let typed_names: [String; 3] = core::array::from_fn(|at| {
        let known = names.get(at).and_then(|known| known.as_ref());
        let id = NAMES.get(at).map_or("", |(id, ..)| id);
        stood(id, known.cloned().unwrap_or_default())
    });
    let typed_organisations = stood(
        "organisations",
        join(earlier.organisations.iter().map(|known| &known.name)),
    );
    let typed_areas = stood("areas", join(earlier.areas.iter().map(|known| &known.name)));
    let typed_date = if earlier.count_date.is_empty() {
        clock::date(clock::now())
    } else {
        earlier.count_date.clone()
    };
    let typed_date = stood("count-date", typed_date);
    // A region may count on several nights; while it is founded, the name stands above.
    let counted = earlier.campaign_name.as_ref();
    let counted = counted.filter(|name| in_use && !shared && !name.is_empty());
    let date_label = counted.map_or_else(
        || set_up::DATE.get().to_owned(),
        |name| set_up::DATE_OF.with(&[("name", name)]),
    );
    let first_area = earlier.areas.first().map(|area| area.municipality.clone());
    let first_area = first_area.unwrap_or_else(|| Municipality::Enschede.code().to_owned());
    let chosen_municipality = Municipality::from_answer(Some(&stood("municipality", first_area)));
    let remember = move |event: Event| {
        let named = || {
            NAMES
                .iter()
                .any(|(id, ..)| *id == event_target::<Element>(&event).id())
        };
        if let Some(form) = remembered.filter(|_| !in_use || named()) {
            typed.keep_typed(form, &event);
        }
    };
    let earlier = StoredValue::new_local(earlier);
    let submit = move |event: Event| {
        event.prevent_default();
        let (Some(organisations), Some(areas), Some(municipality), Some(date)) = (
            organisations.get(),
            areas.get(),
            municipality.get(),
            date.get(),
        ) else {
            return;
        };
        let names = lines(&organisations.value());
        let places = lines(&areas.value());
        let day = date.value();
        let mut found = Vec::new();
        let called = name_fields.map(|field| field.get().map(|field| name(&field.value())));
        for ((id, _, missing), typed) in NAMES.into_iter().zip(&called) {
            if typed.as_ref().is_some_and(String::is_empty) {
                found.push((id, missing.get().to_owned()));
            }
        }
        if Date::parse(&day).is_none() {
            found.push(("count-date", set_up::DATE_MISSING.get().to_owned()));
        }
        if names.is_empty() {
            found.push((
                "organisations",
                set_up::ORGANISATIONS_MISSING.get().to_owned(),
            ));
        }
        if places.is_empty() {
            found.push(("areas", set_up::AREAS_MISSING.get().to_owned()));
        }
        let complete = found.is_empty();
        problems.set(found);
        if complete {
            let before = earlier.get_value();
            let [region, campaign, own] = called;
            on_done.run(Settings {
                region: region.or(before.region),
                campaign_name: campaign.or(before.campaign_name),
                own_name: own.or(before.own_name),
                count_date: day,
                organisations: named(names, &before.organisations),
                areas: placed(
                    places,
                    &municipality.value(),
                    if in_use { &before.areas } else { &[] },
                ),
                ..before
            });
        } else {
            // The summary is in the page once this event is over.
            request_animation_frame(|| life::focus_first(".error-summary h2"));
        }
    };
    view! {
        <Problems title=common::MISSING problems=problems />
        <form class="stack" autocomplete="off" novalidate on:submit=submit on:input=remember>
            <p>{set_up::ALL_NEEDED.get()}</p>
            {shared
                .then(|| {
                    NAMES
                        .into_iter()
                        .zip(name_fields)
                        .zip(typed_names)
                        .map(|(((id, label, _), node), value)| {
                            view! {
                                <div class="field">
                                    <label class="label" for=id>
                                        {label.get()}
                                    </label>
                                    <FieldError problems=problems id=id />
                                    <input
                                        node_ref=node
                                        class="input"
                                        id=id
                                        autocomplete="off"
                                        spellcheck="false"
                                        aria-describedby=format!("{id}-error")
                                        value=value
                                    />
                                </div>
                            }
                        })
                        .collect_view()
                })}
            <div class="field">
                <label class="label" for="count-date">{date_label}</label>
                <p class="hint" id="count-date-hint">{set_up::DATE_HINT.get()}</p>
                <FieldError problems=problems id="count-date" />
                <input
                    node_ref=date
                    class="input"
                    id="count-date"
                    type="date"
                    autocomplete="off"
                    aria-describedby="count-date-hint count-date-error"
                    value=typed_date
                />
            </div>
            <div class="field">
                <label class="label" for="organisations">{set_up::ORGANISATIONS.get()}</label>
                <p class="hint" id="organisations-hint">{set_up::ONE_A_LINE.get()}</p>
                <FieldError problems=problems id="organisations" />
                <textarea
                    node_ref=organisations
                    class="input"
                    id="organisations"
                    autocomplete="off"
                    spellcheck="false"
                    aria-describedby="organisations-hint organisations-error"
                    prop:value=typed_organisations
                ></textarea>
            </div>
            <div class="field">
                <label class="label" for="municipality">{set_up::MUNICIPALITY.get()}</label>
                {in_use
                    .then(|| {
                        view! {
                            <p class="hint" id="municipality-hint">
                                {set_up::MUNICIPALITY_HINT.get()}
                            </p>
                        }
                    })}
                <select
                    node_ref=municipality
                    class="input"
                    id="municipality"
                    autocomplete="off"
                    aria-describedby=in_use.then_some("municipality-hint")
                >
                    {Municipality::ALL
                        .into_iter()
                        .take(8)
                        .map(|known| {
                            view! {
                                <option
                                    value=known.code()
                                    selected=known == chosen_municipality
                                >
                                    {known.label_nl()}
                                </option>
                            }
                        })
                        .collect_view()}
                </select>
            </div>
            <div class="field">
                <label class="label" for="areas">{set_up::AREAS.get()}</label>
                <p class="hint" id="areas-hint">{set_up::AREAS_HINT.get()}</p>
                <FieldError problems=problems id="areas" />
                <textarea
                    node_ref=areas
                    class="input"
                    id="areas"
                    autocomplete="off"
                    spellcheck="false"
                    aria-describedby="areas-hint areas-error"
                    prop:value=typed_areas
                ></textarea>
            </div>
            <div class="buttons buttons-even">
                <button type="submit" class="button button-primary">{confirm.get()}</button>
                <button type="button" class="button" on:click=move |_| on_leave.run(())>
                    {leave.get()}
                </button>
            </div>
        </form>
    }
}

fn join<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(String::as_str).collect::<Vec<_>>().join("\n")
}

/// A name without white space around it, no longer than anybody can read.
fn name(typed: &str) -> String {
    typed.trim().chars().take(LONGEST).collect()
}

/// One name a line; blank lines and doubles go.
fn lines(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for line in text.lines() {
        let name = name(line);
        if !name.is_empty() && !names.contains(&name) && names.len() < MOST {
            names.push(name);
        }
    }
    names
}

/// A name that was there keeps its id, and so does one that was typed over another on its line:
/// records know an organisation by its id.
fn named(names: Vec<String>, before: &[Organisation]) -> Vec<Organisation> {
    let id_of = |name: &String| {
        before
            .iter()
            .find(|known| &known.name == name)
            .map(|it| it.id)
    };
    let renamed = |line: usize| {
        let over = before.get(line)?;
        (names.len() == before.len() && !names.contains(&over.name)).then_some(over.id)
    };
    let ids: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(line, name)| id_of(name).or_else(|| renamed(line)))
        .collect();
    let new_id = || {
        let mut id = [0; 16];
        Browser.random(&mut id);
        id
    };
    ids.into_iter()
        .zip(names)
        .map(|(id, name)| Organisation {
            id: id.unwrap_or_else(new_id),
            name,
        })
        .collect()
}

/// An area of `before` stays in its municipality; a new one lies in the chosen one.
fn placed(places: Vec<String>, chosen: &str, before: &[Area]) -> Vec<Area> {
    places
        .into_iter()
        .map(|name| {
            let known = before.iter().find(|area| area.name == name);
            let municipality = known.map_or(chosen, |area| &area.municipality).to_owned();
            Area { name, municipality }
        })
        .collect()
}
