//! How far each count is, and the step that comes next.

use super::Desk;
use super::missing::{Missing, before_locking};
use crate::components::dialog::Dialog;
use crate::services::field::for_reading;
use crate::services::post::{CampaignLine, OfficeProblem};
use crate::text::{Text, region, set_up};
use crate::view::prelude::*;
use veldpost_domain::{CampaignId, Date};
use veldpost_envelope::act::Stage;

/// The campaigns of the region.
#[component]
pub fn Campaigns(desk: Desk) -> impl IntoView {
    let campaigns = desk.part(|view| view.campaigns.clone());
    let missing = desk.part(Missing::of);
    view! {
        <Show when=move || campaigns.with(Option::is_some)>
            <section>
                <h2>{region::CAMPAIGNS.get()}</h2>
                {move || {
                    campaigns
                        .get()
                        .unwrap_or_default()
                        .into_iter()
                        .map(|campaign| {
                            let beside = beside(&campaigns.get().unwrap_or_default(), campaign.id);
                            view! {
                                <One
                                    desk=desk
                                    campaign=campaign
                                    beside=beside
                                    missing=missing
                                />
                            }
                        })
                        .collect_view()
                }}
                <New desk=desk />
            </section>
        </Show>
    }
}

/// Another campaign that is being counted for.
fn beside(campaigns: &[CampaignLine], id: CampaignId) -> Option<String> {
    let mut others = campaigns.iter().filter(|other| other.id != id);
    let counted = others.find(|it| matches!(it.stage, Some(Stage::Open | Stage::Grace)))?;
    Some(counted.name.clone())
}

/// The count of another night.
#[component]
fn New(desk: Desk) -> impl IntoView {
    let open = RwSignal::new(false);
    let (name, date) = (NodeRef::<html::Input>::new(), NodeRef::<html::Input>::new());
    let missing = RwSignal::new(false);
    let submit = move |event: Event| {
        event.prevent_default();
        let typed =
            |node: NodeRef<html::Input>| node.get().map_or_else(String::new, |it| it.value());
        let (called, day) = (typed(name).trim().to_owned(), typed(date));
        missing.set(called.is_empty() || Date::parse(&day).is_none());
        if !missing.get_untracked() {
            desk.act(region::CAMPAIGN_MADE, async move {
                let made = desk.post.new_campaign(called, day).await;
                if matches!(made, Ok(()) | Err(OfficeProblem::Half(..))) {
                    // Filled in and still there it would be made twice.
                    open.try_set(false);
                }
                made
            });
        }
    };
    view! {
        <Show
            when=move || open.get()
            fallback=move || {
                view! {
                    <button
                        type="button"
                        class="button button-quiet"
                        on:click=move |_| open.set(true)
                    >
                        {region::NEW_CAMPAIGN.get()}
                    </button>
                }
            }
        >
            <form class="stack panel" autocomplete="off" novalidate on:submit=submit>
                <p class="error" id="new-campaign-error" role="alert">
                    {move || missing.get().then(|| region::NEW_CAMPAIGN_MISSING.get())}
                </p>
                <div class="field">
                    <label class="label" for="new-campaign">{set_up::CAMPAIGN_NAME.get()}</label>
                    <input
                        node_ref=name
                        class="input"
                        id="new-campaign"
                        autocomplete="off"
                        aria-describedby="new-campaign-error"
                    />
                </div>
                <div class="field">
                    <label class="label" for="new-date">{set_up::DATE.get()}</label>
                    <input
                        node_ref=date
                        class="input"
                        id="new-date"
                        type="date"
                        autocomplete="off"
                        aria-describedby="new-campaign-error"
                    />
                </div>
                <button type="submit" class="button">
                    {region::NEW_CAMPAIGN.get()}
                </button>
            </form>
        </Show>
    }
}

/// The step that comes next. Behind the last one the result may have another version.
const fn next(stage: Option<Stage>) -> (Stage, Text, Text) {
    use region::{PUBLISH, PUBLISH_AGAIN, PUBLISH_AGAIN_WHAT, PUBLISH_WHAT};
    match stage {
        None | Some(Stage::Practice) => (Stage::Open, region::OPEN_COUNT, region::OPEN_COUNT_WHAT),
        Some(Stage::Open) => (Stage::Grace, region::GRACE, region::GRACE_WHAT),
        Some(Stage::Grace) => (Stage::Locked, region::LOCK_COUNT, region::LOCK_COUNT_WHAT),
        Some(Stage::Locked) => (Stage::Published, PUBLISH, PUBLISH_WHAT),
        Some(Stage::Published) => (Stage::Published, PUBLISH_AGAIN, PUBLISH_AGAIN_WHAT),
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
fn One(
    desk: Desk,
    campaign: CampaignLine,
    beside: Option<String>,
    missing: Memo<Option<Missing>>,
) -> impl IntoView {
    let asking = RwSignal::new(false);
    let id = campaign.id;
    let (step, label, what) = next(campaign.stage);
    let date = Date::parse(&campaign.count_date).map_or(campaign.count_date, for_reading);
    let (opens, locks) = (step == Stage::Open, step == Stage::Locked);
    let for_good = locks || step == Stage::Published;
    let done = if campaign.stage == Some(Stage::Published) {
        region::PUBLISHED_AGAIN
    } else {
        region::STAGE_DONE
    };
    let act = Callback::new(move |()| match step {
        Stage::Published => desk.act(done, desk.post.publish_result(id)),
        step => desk.act(done, desk.post.stage(id, step)),
    });
    view! {
        <div class="panel">
            <h3>{campaign.name}</h3>
            <p>
                {region::CAMPAIGN_LINE
                    .with(
                        &[
                            ("date", &date),
                            ("stage", &stage_label(campaign.stage).get()),
                        ],
                    )}
            </p>
            <p class="hint">{what.get()}</p>
            <button type="button" class="button" on:click=move |_| asking.set(true)>
                {label.get()}
            </button>
            <Dialog open=asking title=label confirm=label danger=for_good on_confirm=act>
                <p>{what.get()}</p>
                {opens
                    .then(|| beside.clone())
                    .flatten()
                    .map(|name| view! { <p>{region::OPEN_BESIDE.with(&[("name", &name)])}</p> })}
                {locks.then_some(move || missing.get().map(|missing| before_locking(&missing, &id)))}
            </Dialog>
        </div>
    }
}
