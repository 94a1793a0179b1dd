//! What is typed once: organisations, areas with their municipality, the count date.
//!
//! Not here: what lines and names become (`reading`).

use super::blocks::{BLOCKS, added_questions};
use super::reading::{lines, named, one_a_line, placed, wrong};
use super::{Draft, Step};
use crate::browser::{clock, life};
use crate::components::page::Page;
use crate::components::problems::{FieldError, Problems};
use crate::components::storage::PrivateWindow;
use crate::services::typed::{Form, Typed, tick};
use crate::text::{Text, common, set_up};
use crate::view::prelude::*;
use veldpost_domain::{Date, Municipality};
use veldpost_journal::rows::Settings;
use web_sys::Element;

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

/// Which names a form asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// None: nobody else joins.
    None,
    /// Of the region, of the count, of whoever begins it.
    Begun,
    /// Of the region and of who changes them: a coordinator, later.
    Changed,
}

impl Names {
    fn asks(self, id: &str) -> bool {
        match self {
            Self::None => false,
            Self::Begun => true,
            Self::Changed => id != "campaign-name",
        }
    }
}

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
            <PrivateWindow />
            <ListsForm
                names=if draft.shared { Names::Begun } else { Names::None }
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
    /// Where others join: what has a name.
    names: Names,
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
    let blocks: [NodeRef<html::Input>; BLOCKS.len()] = core::array::from_fn(|_| NodeRef::new());
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
    let known_names = [&earlier.region, &earlier.campaign_name, &earlier.own_name];
    let typed_names: [String; 3] = core::array::from_fn(|at| {
        let known = known_names.get(at).and_then(|known| known.as_ref());
        let id = NAMES.get(at).map_or("", |(id, ..)| id);
        stood(id, known.cloned().unwrap_or_default())
    });
    let ticked = BLOCKS.map(|(block, ..)| {
        let before = earlier.blocks.iter().any(|known| known == block);
        !stood(block, tick(before)).is_empty()
    });
    let typed_organisations = stood(
        "organisations",
        one_a_line(earlier.organisations.iter().map(|known| &known.name)),
    );
    let typed_areas = stood(
        "areas",
        one_a_line(earlier.areas.iter().map(|known| &known.name)),
    );
    let typed_date = if earlier.count_date.is_empty() {
        clock::date(clock::now())
    } else {
        earlier.count_date.clone()
    };
    let typed_date = stood("count-date", typed_date);
    // A region may count on several nights; while it is founded, the name stands above.
    let counted = earlier.campaign_name.as_ref();
    let counted = counted.filter(|name| in_use && names != Names::Begun && !name.is_empty());
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
        let called = name_fields.map(|field| field.get().map(|field| field.value()));
        let called = called.map(|typed| typed.map(|typed| typed.trim().to_owned()));
        for ((id, _, missing), typed) in NAMES.into_iter().zip(&called) {
            let problem = typed.as_ref().and_then(|typed| wrong(typed, missing));
            found.extend(problem.map(|words| (id, words.get().to_owned())));
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
            // What this version does not know stays as it is.
            let mut asked = before.blocks.clone();
            asked.retain(|block| BLOCKS.iter().all(|(known, ..)| known != block));
            let ticked = BLOCKS.iter().zip(&blocks);
            let ticked = ticked.filter(|(_, node)| node.get().is_some_and(|it| it.checked()));
            asked.extend(ticked.map(|((block, ..), _)| (*block).to_owned()));
            on_done.run(Settings {
                blocks: asked,
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
            {NAMES
                .into_iter()
                .zip(name_fields)
                .zip(typed_names)
                .filter(|(((id, ..), _), _)| names.asks(id))
                .map(|(((id, label, _), node), value)| {
                    let hint = (names == Names::Changed && id == "region-name")
                        .then_some(set_up::REGION_NAME_HINT);
                    view! {
                        <div class="field">
                            <label class="label" for=id>
                                {label.get()}
                            </label>
                            {hint
                                .map(|hint| {
                                    view! {
                                        <p class="hint" id=format!("{id}-hint")>
                                            {hint.get()}
                                        </p>
                                    }
                                })}
                            <FieldError problems=problems id=id />
                            <input
                                node_ref=node
                                class="input"
                                id=id
                                autocomplete="off"
                                spellcheck="false"
                                aria-describedby=described(id, hint.is_some())
                                value=value
                            />
                        </div>
                    }
                })
                .collect_view()}
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
            {added_questions(blocks, ticked)}
            <div class="buttons buttons-even">
                <button type="submit" class="button button-primary">{confirm.get()}</button>
                <button type="button" class="button" on:click=move |_| on_leave.run(())>
                    {leave.get()}
                </button>
            </div>
        </form>
    }
}

/// What a field is explained by.
fn described(id: &str, hint: bool) -> String {
    if hint {
        format!("{id}-hint {id}-error")
    } else {
        format!("{id}-error")
    }
}
