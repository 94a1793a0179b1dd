//! What was counted alone and taken along, and whether it counts.

use super::Desk;
use crate::browser::{clock, life};
use crate::services::post::{AlongLine, CampaignLine, takes_in};
use crate::text::region;
use crate::view::prelude::*;

/// Device by device, with the campaigns that it may count for.
#[component]
pub fn TakenAlong(desk: Desk) -> impl IntoView {
    let lines = desk.part(|view| view.along.clone());
    let campaigns = desk.part(|view| {
        let campaigns = view.campaigns.iter();
        let open = campaigns.filter(|campaign| takes_in(campaign.stage));
        open.cloned().collect::<Vec<CampaignLine>>()
    });
    let any =
        Memo::new(move |_| lines.with(|lines| lines.as_ref().is_some_and(|it| !it.is_empty())));
    view! {
        <Show when=move || any.get()>
            <section class="stack">
                <h2 id="meegenomen" tabindex="-1">{region::ALONG.get()}</h2>
                <p>{region::ALONG_WHAT.get()}</p>
                {move || {
                    let lines = lines.get().unwrap_or_default();
                    let campaigns = campaigns.get().unwrap_or_default();
                    let names = distinct(lines.iter().map(called));
                    lines
                        .into_iter()
                        .zip(names)
                        .map(|(line, name)| one(desk, &line, &name, &campaigns))
                        .collect_view()
                }}
            </section>
        </Show>
    }
}

fn called(line: &AlongLine) -> String {
    match (line.name.as_str(), line.own) {
        ("", true) => region::THIS_DEVICE.get().to_owned(),
        ("", false) => region::UNNAMED.get().to_owned(),
        (name, _) => name.to_owned(),
    }
}

/// What each is called on this screen: two devices may have one name, or none.
pub fn distinct(called: impl Iterator<Item = String>) -> Vec<String> {
    let called: Vec<String> = called.collect();
    let numbered = called.iter().enumerate().map(|(at, name)| {
        let before = called.iter().take(at);
        match before.filter(|other| *other == name).count() {
            0 => name.clone(),
            same => format!("{name} ({})", same + 1),
        }
    });
    numbered.collect()
}

fn one(desk: Desk, line: &AlongLine, name: &str, campaigns: &[CampaignLine]) -> View {
    let made_for = line.made_for;
    let stands = match &line.counts_for {
        None => region::ALONG_OUT.get().to_owned(),
        Some(campaign) if line.late == line.number => {
            region::ALONG_ALL_LATE.with(&[("campaign", campaign)])
        }
        Some(campaign) if campaign.is_empty() => region::ALONG_IN_UNNAMED.get().to_owned(),
        Some(campaign) => region::ALONG_IN.with(&[("campaign", campaign)]),
    };
    let decide = move |campaign| {
        let act = desk.post.count_along(made_for, campaign);
        desk.act(region::ALONG_DECIDED, act);
        // The button goes once it is decided.
        life::focus_first("#meegenomen");
    };
    let buttons = if line.settled {
        view! { <p class="hint">{region::ALONG_SETTLED.get()}</p> }.into_view()
    } else if line.counts_for.is_some() {
        let label = region::ALONG_TAKE_BACK.with(&[("name", &name)]);
        button(label, move || decide(None))
    } else if campaigns.is_empty() {
        view! { <p class="hint">{region::ALONG_NO_CAMPAIGN.get()}</p> }.into_view()
    } else {
        let of = |campaign: &CampaignLine| {
            let values: [(&str, &dyn std::fmt::Display); 2] =
                [("campaign", &campaign.name), ("name", &name)];
            let id = campaign.id;
            button(region::ALONG_COUNT.with(&values), move || decide(Some(id)))
        };
        campaigns.iter().map(of).collect_view().into_view()
    };
    view! {
        <div class="panel">
            <h3>{name.to_owned()}</h3>
            <p>{how_much(line)}</p>
            <p>
                <strong>{stands}</strong>
            </p>
            {(line.late > 0 && line.late < line.number)
                .then(|| view! { <p>{region::ALONG_LATE.with(&[("n", &line.late)])}</p> })}
            {line.contested.then(|| view! { <p class="hint">{region::ALONG_CONTESTED.get()}</p> })}
            {buttons}
        </div>
    }
    .into_view()
}

fn button(label: String, act: impl Fn() + 'static) -> View {
    view! {
        <button type="button" class="button" on:click=move |_| act()>
            {label}
        </button>
    }
    .into_view()
}

/// How many, and of which days.
fn how_much(line: &AlongLine) -> String {
    let days = line.days.map(|(first, last)| {
        let [first, last] = [first, last].map(clock::date_for_reading);
        (first, last)
    });
    match days {
        None => region::ALONG_NUMBER.with(&[("n", &line.number)]),
        Some((first, last)) if first == last => {
            region::ALONG_DAY.with(&[("n", &line.number), ("date", &first)])
        }
        Some((first, last)) => {
            region::ALONG_DAYS.with(&[("n", &line.number), ("first", &first), ("last", &last)])
        }
    }
}
