//! What is typed once: organisations, areas with their municipality, the count date.

use super::{Draft, Step};
use crate::browser::{clock, life};
use crate::components::page::Page;
use crate::services::field::Browser;
use crate::text::{common, set_up};
use leptos::html;
use leptos::prelude::*;
use veldpost_domain::{Date, Municipality};
use veldpost_journal::Outside;
use veldpost_journal::rows::{Area, Organisation};

/// Names longer than this are cut: nobody can read them in a list.
const LONGEST: usize = 60;
/// Enough for the largest municipality, and no more than a list can show.
const MOST: usize = 200;

/// Three fields; the lists are typed one a line.
#[component]
pub fn Lists(draft: Draft, on_back: Callback<()>) -> impl IntoView {
    let (organisations, areas) =
        (NodeRef::<html::Textarea>::new(), NodeRef::<html::Textarea>::new());
    let municipality = NodeRef::<html::Select>::new();
    let date = NodeRef::<html::Input>::new();
    let problems = RwSignal::new(Vec::<(&'static str, String)>::new());
    let earlier = draft.settings.get_value();
    let typed_organisations = join(earlier.organisations.iter().map(|known| &known.name));
    let typed_areas = join(earlier.areas.iter().map(|known| &known.name));
    let typed_date = if earlier.count_date.is_empty() {
        clock::date(clock::now())
    } else {
        earlier.count_date
    };
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (Some(organisations), Some(areas), Some(municipality), Some(date)) =
            (organisations.get(), areas.get(), municipality.get(), date.get())
        else {
            return;
        };
        let names = lines(&organisations.value());
        let places = lines(&areas.value());
        let day = date.value();
        let mut found = Vec::new();
        if names.is_empty() {
            found.push(("organisations", set_up::ORGANISATIONS_MISSING.get().to_owned()));
        }
        if places.is_empty() {
            found.push(("areas", set_up::AREAS_MISSING.get().to_owned()));
        }
        if Date::parse(&day).is_none() {
            found.push(("count-date", set_up::DATE_MISSING.get().to_owned()));
        }
        if !found.is_empty() {
            problems.set(found);
            life::focus_first(".error-summary h2");
            return;
        }
        draft.settings.update_value(|settings| {
            settings.count_date = day;
            settings.organisations = names
                .into_iter()
                .map(|name| {
                    let mut id = [0; 16];
                    Browser.random(&mut id);
                    Organisation { id, name }
                })
                .collect();
            let code = municipality.value();
            settings.areas = places
                .into_iter()
                .map(|name| Area { name, municipality: code.clone() })
                .collect();
        });
        draft.step.set(Step::Passphrase);
    };
    view! {
        <Page title=set_up::LISTS_TITLE>
            <p class="hint">{set_up::STEP.with(&[("n", &1)])}</p>
            <Problems problems=problems />
            <form class="stack" autocomplete="off" novalidate on:submit=submit>
                <p>{set_up::ALL_NEEDED.get()}</p>
                <div class="field">
                    <label class="label" for="count-date">{set_up::DATE.get()}</label>
                    <p class="hint" id="count-date-hint">{set_up::DATE_HINT.get()}</p>
                    <FieldError problems=problems id="count-date" />
                    <input
                        node_ref=date
                        class="input input-short"
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
                    >
                        {typed_organisations}
                    </textarea>
                </div>
                <div class="field">
                    <label class="label" for="municipality">{set_up::MUNICIPALITY.get()}</label>
                    <select
                        node_ref=municipality
                        class="input"
                        id="municipality"
                        autocomplete="off"
                    >
                        {Municipality::ALL
                            .into_iter()
                            .take(8)
                            .map(|known| {
                                view! {
                                    <option
                                        value=known.code()
                                        selected=known == Municipality::Enschede
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
                    >
                        {typed_areas}
                    </textarea>
                </div>
                <div class="buttons buttons-even">
                    <button type="submit" class="button button-primary">{common::NEXT.get()}</button>
                    <button type="button" class="button" on:click=move |_| on_back.run(())>
                        {common::BACK.get()}
                    </button>
                </div>
            </form>
        </Page>
    }
}

/// The summary above the form: every line leads to its field.
#[component]
fn Problems(problems: RwSignal<Vec<(&'static str, String)>>) -> impl IntoView {
    move || {
        let found = problems.get();
        (!found.is_empty()).then(|| {
            view! {
                <div class="error-summary">
                    <h2 tabindex="-1">{common::MISSING.get()}</h2>
                    <ul>
                        {found
                            .into_iter()
                            .map(|(id, words)| view! { <li><a href=format!("#{id}")>{words}</a></li> })
                            .collect_view()}
                    </ul>
                </div>
            }
        })
    }
}

#[component]
fn FieldError(
    problems: RwSignal<Vec<(&'static str, String)>>,
    id: &'static str,
) -> impl IntoView {
    let words = move || {
        problems.with(|all| all.iter().find(|(field, _)| *field == id).map(|(_, words)| words.clone()))
    };
    view! {
        <p class="error" id=format!("{id}-error") hidden=move || words().is_none()>
            {words}
        </p>
    }
}

fn join<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(String::as_str).collect::<Vec<_>>().join("\n")
}

/// One name a line; blank lines and doubles go.
fn lines(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for line in text.lines() {
        let name: String = line.trim().chars().take(LONGEST).collect();
        if !name.is_empty() && !names.contains(&name) && names.len() < MOST {
            names.push(name);
        }
    }
    names
}
