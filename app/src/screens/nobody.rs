//! "0 geteld" of an organisation or an area: an answer, and not the lack of one.
//!
//! Not here: the same of a round (`stop_round`).

use crate::browser::life;
use crate::components::notice::Notice;
use crate::components::page::Page;
use crate::routes::Screen;
use crate::services::field::Field;
use crate::text::{common, nobody};
use crate::view::prelude::*;
use veldpost_domain::OrganisationId;

/// Reports that there is nobody to count.
#[component]
pub fn Nobody() -> impl IntoView {
    let field = expect_context::<Field>();
    let organisation = NodeRef::<html::Select>::new();
    let area = NodeRef::<html::Select>::new();
    let missing = RwSignal::new(false);
    let submit = move |event: Event| {
        event.prevent_default();
        let chosen = |select: NodeRef<html::Select>| {
            let value = select.get().map(|select| select.value());
            value.filter(|value| !value.is_empty())
        };
        let organisation = chosen(organisation).and_then(|id| id.parse::<OrganisationId>().ok());
        let area = chosen(area);
        if organisation.is_none() && area.is_none() {
            missing.set(true);
            request_animation_frame(|| life::focus_first(".error-summary h2"));
        } else {
            missing.set(false);
            field.report_nobody(organisation, area);
        }
    };
    let settings = field.settings();
    let (organisations, areas) = settings.map_or_else(Default::default, |settings| {
        (settings.organisations, settings.areas)
    });
    let own = field.membership().and_then(|known| known.organisation);
    let organisations = organisations.into_iter().map(move |known| {
        let selected = own == Some(known.id);
        let id = OrganisationId(known.id).to_string();
        view! { <option value=id selected=selected>{known.name}</option> }
    });
    let areas = areas.into_iter().map(|area| {
        let (value, label) = (area.name.clone(), area.name);
        view! { <option value=value>{label}</option> }
    });
    view! {
        <Page title=nobody::TITLE back=Screen::Home>
            <Notice />
            <Show when=move || missing.get()>
                <div class="error-summary">
                    <h2 tabindex="-1">{common::MISSING.get()}</h2>
                    <ul>
                        <li><a href="#organisation">{nobody::MISSING.get()}</a></li>
                    </ul>
                </div>
            </Show>
            <p>{nobody::WHAT.get()}</p>
            <form class="form" autocomplete="off" novalidate on:submit=submit>
                <div class="field" class:field-invalid=move || missing.get()>
                    <label class="label" for="organisation">{nobody::ORGANISATION.get()}</label>
                    <p class="error" id="organisation-error">
                        {move || missing.get().then(|| nobody::MISSING.get())}
                    </p>
                    <select
                        node_ref=organisation
                        class="input"
                        id="organisation"
                        autocomplete="off"
                        aria-describedby="organisation-error"
                        aria-invalid=move || missing.get().to_string()
                    >
                        <option value="">{nobody::NO_ORGANISATION.get()}</option>
                        {organisations.collect_view()}
                    </select>
                </div>
                <div class="field">
                    <label class="label" for="area">{nobody::AREA.get()}</label>
                    <select node_ref=area class="input" id="area" autocomplete="off">
                        <option value="">{nobody::NO_AREA.get()}</option>
                        {areas.collect_view()}
                    </select>
                </div>
                <button type="submit" class="button button-primary button-big">
                    {nobody::SAVE.get()}
                </button>
            </form>
        </Page>
    }
}
