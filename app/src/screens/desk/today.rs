//! *Vandaag ingevoerd*: how many, and how far each is. After a restart only number, time and state are known.

use crate::browser::clock;
use crate::screens::records::{badges, words};
use crate::services::field::{Field, Listed, Listing, Standing};
use crate::services::post::Post;
use crate::text::{Text, desk};
use crate::view::prelude::*;
use veldpost_domain::RecordKind;
use veldpost_sync::RecordState;

const DAY: i64 = 86_400_000;

/// The people of today, the newest first, and their totals.
#[component]
pub fn Today(
    /// At most so many people are listed.
    rows: usize,
) -> impl IntoView {
    let field = expect_context::<Field>();
    let listing = AsyncDerived::new_unsync(move || {
        let commit = field.commits.get();
        field.listing(commit)
    });
    // What was made before the last commit stays until the new list is there: nothing flickers between two people.
    let shown =
        move || listing.with(|listing| listing.as_ref().map(|listing| list(field, listing, rows)));
    view! {
        <section class="stack" aria-labelledby="today">
            <h2 id="today">{desk::TODAY.get()}</h2>
            <p class="hint">{desk::GOES.get()}</p>
            {shown}
        </section>
    }
}

fn list(field: Field, listing: &Listing, most: usize) -> View {
    let from = midnight();
    let people: Vec<Listed> = listing
        .records
        .iter()
        .filter(|listed| listed.at >= from && counts(listed))
        .copied()
        .collect();
    if people.is_empty() {
        return view! { <p class="hint">{desk::NONE.get()}</p> }.into_view();
    }
    let number = people.len();
    let rows: Vec<View> = people
        .iter()
        .take(most)
        .enumerate()
        .map(|(place, listed)| row(field, listing, *listed, number - place))
        .collect();
    let newest = (number > most).then(|| {
        view! { <p class="hint">{desk::NEWEST.with(&[("n", &most)])}</p> }
    });
    view! {
        {totals(listing, people)}
        {newest}
        <ul class="rows">{rows}</ul>
    }
    .into_view()
}

fn counts(listed: &Listed) -> bool {
    listed.kind == RecordKind::Person && listed.standing == Standing::Stands
}

fn midnight() -> i64 {
    let now = clock::now();
    let shift = i64::from(clock::offset_minutes(now)) * 60_000;
    (now + shift).div_euclid(DAY) * DAY - shift
}

fn totals(listing: &Listing, people: Vec<Listed>) -> View {
    let post = expect_context::<Post>();
    let places = listing.places.clone();
    let all = people.len();
    let states = Memo::new(move |_| {
        let state = |listed: &Listed| post.state_of_record(listed.record, &places);
        let states: Vec<_> = people.iter().filter_map(state).collect();
        let of = |wanted| states.iter().filter(|state| **state == wanted).count();
        (of(RecordState::Received), of(RecordState::Attention))
    });
    let figure = |label: Text, number: View| {
        view! {
            <div>
                <dt>{label.get()}</dt>
                <dd>{number}</dd>
            </div>
        }
        .into_view()
    };
    let received = (move || states.get().0).into_view();
    let under_way = (move || {
        let (received, attention) = states.get();
        all.saturating_sub(received + attention)
    })
    .into_view();
    let attention = move || {
        let attention = states.get().1;
        (attention > 0).then(|| figure(desk::ATTENTION, attention.into_view()))
    };
    view! {
        <dl class="figures">
            {figure(desk::ENTERED, all.into_view())}
            {figure(desk::RECEIVED, received)}
            {figure(desk::UNDER_WAY, under_way)}
            {attention}
        </dl>
    }
    .into_view()
}

fn row(field: Field, listing: &Listing, listed: Listed, number: usize) -> View {
    let post = expect_context::<Post>();
    let places = listing.places.clone();
    let number = desk::NUMBER.with(&[("n", &number)]);
    let known = listed
        .readable
        .then(|| words::short(field, &listed, &listing.labels));
    let words = move || {
        let received = post.state_of_record(listed.record, &places) == Some(RecordState::Received);
        match known.as_ref().filter(|_| !received) {
            Some(known) => format!("{number}: {known}"),
            None => number.clone(),
        }
    };
    view! {
        <li>
            <button type="button" class="row" on:click=move |_| field.select(listed.record)>
                <span class="row-time">{clock::time_of_day(listed.at)}</span>
                <span class="row-main">
                    <span dir="auto">{words}</span>
                    {badges(listed.record, listed.standing, listing.places.clone())}
                </span>
            </button>
        </li>
    }
    .into_view()
}
