//! How far each count is, and the step that comes next.

use super::Desk;
use crate::components::dialog::Dialog;
use crate::services::post::CampaignLine;
use crate::text::{Text, region};
use crate::view::prelude::*;
use veldpost_envelope::act::Stage;

/// The campaigns of the region.
#[component]
pub fn Campaigns(desk: Desk) -> impl IntoView {
    move || {
        let view = desk.view.get()?;
        let silent = view.silent.clone();
        let waiting: u64 = view.devices.iter().map(|line| line.outstanding).sum();
        let lines: Vec<_> = view
            .campaigns
            .into_iter()
            .map(|campaign| {
                view! {
                    <One desk=desk campaign=campaign silent=silent.clone() waiting=waiting />
                }
            })
            .collect();
        Some(view! {
            <section>
                <h2>{region::CAMPAIGNS.get()}</h2>
                {lines.into_iter().collect_view()}
            </section>
        })
    }
}

const fn next(stage: Option<Stage>) -> Option<(Stage, Text, Text)> {
    match stage {
        None | Some(Stage::Practice) => {
            Some((Stage::Open, region::OPEN_COUNT, region::OPEN_COUNT_WHAT))
        }
        Some(Stage::Open) => Some((Stage::Grace, region::GRACE, region::GRACE_WHAT)),
        Some(Stage::Grace) => Some((Stage::Locked, region::LOCK_COUNT, region::LOCK_COUNT_WHAT)),
        Some(Stage::Locked | Stage::Published) => None,
    }
}

/// What a stage is called.
pub const fn stage_label(stage: Option<Stage>) -> Text {
    match stage {
        None | Some(Stage::Practice) => region::STAGE_PRACTICE,
        Some(Stage::Open) => region::STAGE_OPEN,
        Some(Stage::Grace) => region::STAGE_GRACE,
        Some(Stage::Locked) => region::STAGE_LOCKED,
        Some(Stage::Published) => region::STAGE_PUBLISHED,
    }
}

#[component]
fn One(desk: Desk, campaign: CampaignLine, silent: Vec<String>, waiting: u64) -> impl IntoView {
    let asking = RwSignal::new(false);
    let id = campaign.id;
    let step = next(campaign.stage);
    let locks = step.is_some_and(|(stage, ..)| stage == Stage::Locked);
    let missing = StoredValue::new_local((silent, waiting));
    let act = Callback::new(move |()| {
        if let Some((stage, ..)) = step {
            desk.act(region::STAGE_DONE, desk.post.stage(id, stage));
        }
    });
    view! {
        <div class="panel">
            <h3>{campaign.name}</h3>
            <p>
                {region::CAMPAIGN_LINE
                    .with(
                        &[
                            ("date", &campaign.count_date),
                            ("stage", &stage_label(campaign.stage).get()),
                        ],
                    )}
            </p>
            {step
                .map(|(_, label, what)| {
                    view! {
                        <p class="hint">{what.get()}</p>
                        <button
                            type="button"
                            class="button"
                            on:click=move |_| asking.set(true)
                        >
                            {label.get()}
                        </button>
                        <Dialog open=asking title=label confirm=label danger=locks on_confirm=act>
                            <p>{what.get()}</p>
                            {locks.then(|| missing.with_value(|(silent, waiting)| before_locking(silent, *waiting)))}
                        </Dialog>
                    }
                })}
        </div>
    }
}

/// What is still missing, before nothing more is in time.
fn before_locking(silent: &[String], waiting: u64) -> View {
    view! {
        <p>{region::STILL_WAITING.with(&[("n", &waiting)])}</p>
        {(!silent.is_empty())
            .then(|| {
                view! {
                    <p>{region::SILENT.get()}</p>
                    <ul>
                        {silent
                            .iter()
                            .map(|name| view! { <li>{name.clone()}</li> })
                            .collect_view()}
                    </ul>
                }
            })}
    }
    .into_view()
}
