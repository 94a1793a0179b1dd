//! What came in and is set apart or not counted: how much of it, why, and what can be done.

use super::along::{TakenAlong, distinct};
use super::{Desk, Outcome};
use crate::components::dialog::Dialog;
use crate::components::page::Page;
use crate::routes::Screen;
use crate::services::post::{
    ClockLine, LetCount, Odd, OddOf, PutRight, RegionView, Span, ToJudge, Waiting,
};
use crate::text::{Text, region};
use crate::view::prelude::*;
use veldpost_domain::StreamId;
use veldpost_envelope::statement::Verdict;

/// What a person may let count, stream by stream.
#[component]
fn Judging(desk: Desk) -> impl IntoView {
    let to_judge = desk.part(|view| view.to_judge.clone());
    move || {
        let groups = to_judge.get()?;
        (!groups.is_empty()).then(|| {
            view! {
                <section>
                    <h2>{region::TO_JUDGE.get()}</h2>
                    {groups
                        .into_iter()
                        .map(|group| view! { <One desk=desk group=group /> })
                        .collect_view()}
                </section>
            }
        })
    }
}

#[component]
fn One(desk: Desk, group: ToJudge) -> impl IntoView {
    let asking = RwSignal::new(false);
    let name = called(&group.name);
    let what = match group.why {
        Waiting::Late => region::JUDGE_LATE,
        Waiting::Device => region::JUDGE_HELD,
        Waiting::Roster => region::JUDGE_ROSTER,
    };
    let admit = Callback::new(move |()| {
        let act = desk
            .post
            .judge_range(group.stream, group.first, group.last, Verdict::Admit);
        desk.act(region::JUDGED, act);
    });
    view! {
        <div class="panel">
            <h3>{name.clone()}</h3>
            <p>{what.with(&[("n", &group.number)])}</p>
            <button
                type="button"
                class="button"
                aria-label=region::LET_COUNT.of(&name)
                on:click=move |_| asking.set(true)
            >
                {region::LET_COUNT.get()}
            </button>
            <Dialog
                open=asking
                title=region::LET_COUNT_TITLE
                confirm=region::LET_COUNT
                on_confirm=admit
            >
                <p>{region::LET_COUNT_WHAT.get()}</p>
                {(group.why != Waiting::Late).then(|| view! { <p>{region::LET_COUNT_ALONE.get()}</p> })}
            </Dialog>
        </div>
    }
}

/// Keys that are not what they should be, and new ones.
#[component]
fn WrongKeys(desk: Desk) -> impl IntoView {
    let asking = RwSignal::new(false);
    let wrong = desk.part(|view| view.odd.keys.now);
    let renew = Callback::new(move |()| {
        desk.act(region::KEYS_RENEWED, desk.post.renew_keys());
    });
    move || {
        let number = wrong.get().filter(|number| *number > 0)?;
        Some(view! {
            <div class="panel">
                <h2>{region::ODD_KEYS.with(&[("n", &number)])}</h2>
                <p>{region::ODD_KEYS_DO.get()}</p>
                <button type="button" class="button" on:click=move |_| asking.set(true)>
                    {region::RENEW_KEYS.get()}
                </button>
                <Dialog
                    open=asking
                    title=region::RENEW_KEYS
                    confirm=region::RENEW_KEYS
                    on_confirm=renew
                >
                    <p>{region::RENEW_KEYS_WHAT.get()}</p>
                </Dialog>
            </div>
        })
    }
}

/// What was let count, device by device, and taking that back.
#[component]
fn Judged(desk: Desk) -> impl IntoView {
    let let_count = desk.part(|view| view.let_count.clone());
    let any = Memo::new(move |_| let_count.with(|it| it.as_ref().is_some_and(|it| !it.is_empty())));
    view! {
        <Show when=move || any.get()>
            <section class="stack">
                <h2>{region::DID_LET_COUNT.get()}</h2>
                <p>{region::DID_LET_COUNT_WHAT.get()}</p>
                {move || {
                    let lines = let_count.get().unwrap_or_default();
                    let names = distinct(lines.iter().map(|line| called(&line.name)));
                    lines
                        .into_iter()
                        .zip(names)
                        .map(|(line, name)| judged(desk, line, name))
                        .collect_view()
                }}
            </section>
        </Show>
    }
}

fn judged(desk: Desk, line: LetCount, name: String) -> View {
    let LetCount { ranges, number, .. } = line;
    let take_back = move |_| {
        let act = desk.post.unjudge_ranges(ranges.clone());
        desk.act(region::TAKEN_BACK, act);
    };
    view! {
        <div class="panel">
            <h3>{name.clone()}</h3>
            <p>{region::DID_LET_COUNT_N.with(&[("n", &number)])}</p>
            <button
                type="button"
                class="button"
                aria-label=region::TAKE_BACK.of(&name)
                on:click=take_back
            >
                {region::TAKE_BACK.get()}
            </button>
        </div>
    }
    .into_view()
}

/// Devices whose clock is off, and those of which times were put right.
#[component]
fn Clocks(desk: Desk) -> impl IntoView {
    let clocks = desk.part(|view| view.clocks.clone());
    let put_right = desk.part(|view| view.put_right.clone());
    let asking = RwSignal::new(false);
    let chosen = RwSignal::new(None::<(Vec<StreamId>, String)>);
    let confirmed = Callback::new(move |()| {
        if let Some((streams, _)) = chosen.get_untracked() {
            desk.act(region::CLOCK_SET, desk.post.put_clock_right(streams));
        }
    });
    view! {
        {move || {
            let lines = clocks.get().filter(|lines| !lines.is_empty())?;
            let names = distinct(lines.iter().map(|line| called(&line.name)));
            Some(
                view! {
                    <section class="stack">
                        <h2>{region::CLOCKS.get()}</h2>
                        <p>{region::CLOCKS_WHAT.get()}</p>
                        {lines
                            .into_iter()
                            .zip(names)
                            .map(|(line, name)| odd_clock(line, name, asking, chosen))
                            .collect_view()}
                    </section>
                },
            )
        }}
        {move || {
            let lines = put_right.get().filter(|lines| !lines.is_empty())?;
            let names = distinct(lines.iter().map(|line| called(&line.name)));
            Some(
                view! {
                    <section class="stack">
                        <h2>{region::CLOCKS_RIGHT.get()}</h2>
                        {lines
                            .into_iter()
                            .zip(names)
                            .map(|(line, name)| clock_put_right(desk, line, name))
                            .collect_view()}
                    </section>
                },
            )
        }}
        <Dialog
            open=asking
            title=region::CLOCK_RIGHT_TITLE
            confirm=region::CLOCK_RIGHT
            on_confirm=confirmed
        >
            <p>
                <strong>{move || chosen.get().map(|(_, name)| name)}</strong>
            </p>
            <p>{region::CLOCK_RIGHT_WHAT.get()}</p>
        </Dialog>
    }
}

fn odd_clock(
    line: ClockLine,
    name: String,
    asking: RwSignal<bool>,
    chosen: RwSignal<Option<(Vec<StreamId>, String)>>,
) -> View {
    let words = if line.ahead {
        region::CLOCK_AHEAD
    } else {
        region::CLOCK_BEHIND
    };
    let (streams, of) = (line.streams, name.clone());
    view! {
        <div class="panel">
            <h3>{name.clone()}</h3>
            <p>{words.with(&[("time", &how_long(line.span))])}</p>
            <button
                type="button"
                class="button"
                aria-label=region::CLOCK_RIGHT.of(&name)
                on:click=move |_| {
                    chosen.set(Some((streams.clone(), of.clone())));
                    asking.set(true);
                }
            >
                {region::CLOCK_RIGHT.get()}
            </button>
        </div>
    }
    .into_view()
}

fn clock_put_right(desk: Desk, line: PutRight, name: String) -> View {
    let words = if line.forward {
        region::CLOCK_PUT_ON
    } else {
        region::CLOCK_PUT_BACK
    };
    let ranges = line.ranges;
    let take_back = move |_| {
        let act = desk.post.clock_as_told(ranges.clone());
        desk.act(region::CLOCK_TAKEN_BACK, act);
    };
    view! {
        <div class="panel">
            <h3>{name.clone()}</h3>
            <p>{words.with(&[("time", &how_long(line.span))])}</p>
            <button
                type="button"
                class="button"
                aria-label=region::CLOCK_BACK.of(&name)
                on:click=take_back
            >
                {region::CLOCK_BACK.get()}
            </button>
        </div>
    }
    .into_view()
}

fn how_long(span: Span) -> String {
    let (words, number) = match span {
        Span::Days(number) => (region::DAYS, number),
        Span::Hours(number) => (region::HOURS, number),
        Span::Minutes(number) => (region::MINUTES, number),
    };
    words.with(&[("n", &number)])
}

fn called(name: &str) -> String {
    if name.is_empty() {
        region::UNNAMED.get().to_owned()
    } else {
        name.to_owned()
    }
}

/// Entries, by why: what it is, and what to do.
const ENTRIES: [(OddOf, Text, Text); 10] = [
    (
        OddOf::NotAdmitted,
        region::ODD_NOT_ADMITTED,
        region::ODD_NOT_ADMITTED_DO,
    ),
    (OddOf::Removed, region::ODD_REMOVED, region::ODD_REMOVED_DO),
    (
        OddOf::OtherRoster,
        region::ODD_ROSTER,
        region::ODD_ROSTER_DO,
    ),
    (OddOf::Gap, region::ODD_GAP, region::ODD_GAP_DO),
    (OddOf::Fork, region::ODD_FORK, region::ODD_FORK_DO),
    (
        OddOf::Unreadable,
        region::ODD_UNREADABLE,
        region::ODD_UNREADABLE_DO,
    ),
    (
        OddOf::Unauthorised,
        region::ODD_UNAUTHORISED,
        region::ODD_UNAUTHORISED_DO,
    ),
    (OddOf::Late, region::ODD_LATE, region::ODD_LATE_DO),
    (OddOf::Refused, region::ODD_REFUSED, region::ODD_REFUSED_DO),
    (OddOf::Parked, region::ODD_PARKED, region::ODD_PARKED_DO),
];

/// Of whom it came, so that somebody can be called.
fn whose(lines: &[(String, usize)]) -> String {
    let names = distinct(lines.iter().map(|(name, _)| called(name)));
    let lines = names.into_iter().zip(lines);
    let words = lines.map(|(name, (_, n))| region::ODD_OF.with(&[("name", &name), ("n", n)]));
    words.collect::<Vec<String>>().join(" ")
}

/// Everything odd that has no list of its own: how much, what to do, and of whom where that is known.
fn rows(odd: &Odd) -> Vec<View> {
    let entries = ENTRIES.into_iter().map(|(of, what, advice)| {
        let lines = odd.whose.get(&of).map(|lines| whose(lines));
        (odd.number(of), what, advice, lines)
    });
    let others = [
        (
            odd.forks_again,
            region::ODD_FORKS_AGAIN,
            region::ODD_FORKS_AGAIN_DO,
        ),
        (odd.behind, region::ODD_BEHIND, region::ODD_BEHIND_DO),
        (
            odd.keys.before,
            region::ODD_OLD_KEYS,
            region::ODD_OLD_KEYS_DO,
        ),
    ];
    let others = others.map(|(number, what, advice)| (number, what, advice, None));
    let rows = entries.chain(others).filter(|(number, ..)| *number > 0);
    rows.map(|(number, what, advice, lines)| {
        view! {
            <div class="panel">
                <h2>{what.with(&[("n", &number)])}</h2>
                <p>{advice.get()}</p>
                {lines.map(|lines| view! { <p class="hint">{lines}</p> })}
            </div>
        }
        .into_view()
    })
    .collect()
}

/// By why.
#[component]
pub fn OddPage() -> impl IntoView {
    let desk = Desk::open();
    view! {
        <Page title=region::ODD_TITLE back=Screen::Region>
            <Outcome desk=desk />
            <p>{region::ODD_WHAT.get()}</p>
            <WrongKeys desk=desk />
            <Judging desk=desk />
            <Judged desk=desk />
            <Clocks desk=desk />
            <TakenAlong desk=desk />
            {move || {
                let (shown, listed) = desk.view.with(|view| {
                    let listed = |view: &RegionView| {
                        let lists = view.along.is_empty() && view.let_count.is_empty();
                        let clocks = view.clocks.is_empty() && view.put_right.is_empty();
                        !(lists && clocks) || view.odd.keys.now > 0
                    };
                    view.as_ref().map(|view| (rows(&view.odd), listed(view)))
                })?;
                let nothing = shown.is_empty() && !listed;
                Some(view! {
                    {nothing.then(|| view! { <p>{region::ODD_NOTHING.get()}</p> })}
                    {shown}
                })
            }}
        </Page>
    }
}
