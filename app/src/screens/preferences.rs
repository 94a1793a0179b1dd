//! Instellingen: how the app looks and behaves here. Each choice takes effect at once.

use crate::components::notice::Notice;
use crate::components::page::Page;
use crate::routes::Screen;
use crate::services::field::{Field, IDLE_BOUNDS};
use crate::text::{Text, common, preferences as words};
use crate::view::prelude::*;
use veldpost_journal::rows::Preferences as Chosen;

/// One possible answer.
struct Choice {
    label: String,
    hint: Option<Text>,
    /// The language of the label, when it is not the page's.
    language: Option<&'static str>,
    chosen: fn(&Chosen) -> bool,
    choose: fn(&mut Chosen),
}

fn choice(label: Text, chosen: fn(&Chosen) -> bool, choose: fn(&mut Chosen)) -> Choice {
    Choice {
        label: label.get().to_owned(),
        hint: None,
        language: None,
        chosen,
        choose,
    }
}

/// Five questions, answered already.
#[component]
pub fn Preferences() -> impl IntoView {
    view! {
        <Page title=words::TITLE back=Screen::Home>
            <Notice />
            <p>{words::WHAT.get()}</p>
            <form class="form" autocomplete="off" on:submit=|event| event.prevent_default()>
                {question("scheme", words::SCHEME, None, schemes())}
                {question("language", words::LANGUAGE, None, languages())}
                {question("hand", words::HAND, Some(words::HAND_HINT), hands())}
                {question(
                    "vibration",
                    words::VIBRATION,
                    Some(words::VIBRATION_HINT),
                    vibrations(),
                )}
                {question("lock", words::LOCK, Some(words::LOCK_HINT), lock_times())}
            </form>
            <section class="stack">
                <h2>{words::LETTERS.get()}</h2>
                <p>{words::LETTERS_WHAT.get()}</p>
            </section>
        </Page>
    }
}

/// The choice of a language by itself: before there is a book, for whoever reads no Dutch.
#[component]
pub fn Languages() -> impl IntoView {
    view! {
        <form class="form" autocomplete="off" on:submit=|event| event.prevent_default()>
            {question("language", words::LANGUAGE, None, languages())}
        </form>
    }
}

fn question(
    name: &'static str,
    legend: Text,
    hint: Option<Text>,
    choices: Vec<Choice>,
) -> impl IntoView {
    let field = expect_context::<Field>();
    let hint_id = format!("{name}-hint");
    let described = hint.is_some().then(|| hint_id.clone());
    view! {
        <fieldset class="field" aria-describedby=described>
            <legend class="label">{legend.get()}</legend>
            {hint.map(|hint| view! { <p class="hint" id=hint_id>{hint.get()}</p> })}
            <div class="choices">
                {choices
                    .into_iter()
                    .map(|Choice { label, hint, language, chosen, choose }| {
                        view! {
                            <label class="choice">
                                <input
                                    type="radio"
                                    name=name
                                    autocomplete="off"
                                    prop:checked=move || field.preferences.with(chosen)
                                    on:change=move |_| field.prefer(choose)
                                />
                                <span lang=language>
                                    {label}
                                    {hint.map(|hint| view! { <span class="hint">{hint.get()}</span> })}
                                </span>
                            </label>
                        }
                    })
                    .collect_view()}
            </div>
        </fieldset>
    }
    .into_view()
}

fn schemes() -> Vec<Choice> {
    let night = choice(
        words::SCHEME_NIGHT,
        |now| now.scheme.as_deref() == Some("nacht"),
        |now| now.scheme = Some("nacht".to_owned()),
    );
    vec![
        choice(
            words::SCHEME_PHONE,
            |now| now.scheme.is_none(),
            |now| now.scheme = None,
        ),
        choice(
            words::SCHEME_LIGHT,
            |now| now.scheme.as_deref() == Some("light"),
            |now| now.scheme = Some("light".to_owned()),
        ),
        choice(
            words::SCHEME_DARK,
            |now| now.scheme.as_deref() == Some("dark"),
            |now| now.scheme = Some("dark".to_owned()),
        ),
        Choice {
            hint: Some(words::SCHEME_NIGHT_HINT),
            ..night
        },
    ]
}

fn languages() -> Vec<Choice> {
    let dutch = choice(
        words::DUTCH,
        |now| now.language.as_deref() != Some("en"),
        |now| now.language = None,
    );
    let english = choice(
        words::ENGLISH,
        |now| now.language.as_deref() == Some("en"),
        |now| now.language = Some("en".to_owned()),
    );
    vec![
        Choice {
            language: Some("nl"),
            ..dutch
        },
        Choice {
            language: Some("en"),
            ..english
        },
    ]
}

fn hands() -> Vec<Choice> {
    vec![
        choice(
            words::RIGHT,
            |now| !now.left_hand,
            |now| now.left_hand = false,
        ),
        choice(words::LEFT, |now| now.left_hand, |now| now.left_hand = true),
    ]
}

fn vibrations() -> Vec<Choice> {
    vec![
        choice(
            common::YES,
            |now| now.vibrate != Some(false),
            |now| now.vibrate = None,
        ),
        choice(
            common::NO,
            |now| now.vibrate == Some(false),
            |now| now.vibrate = Some(false),
        ),
    ]
}

fn lock_times() -> Vec<Choice> {
    const SHORTEST: u8 = IDLE_BOUNDS.0;
    const LONGEST: u8 = IDLE_BOUNDS.1;
    vec![
        choice(
            words::LOCK_DEFAULT,
            |now| now.lock_minutes.is_none(),
            |now| now.lock_minutes = None,
        ),
        after::<SHORTEST>(),
        after::<5>(),
        after::<15>(),
        after::<LONGEST>(),
    ]
}

fn after<const MINUTES: u8>() -> Choice {
    let label = match MINUTES {
        1 => words::LOCK_MINUTE.get().to_owned(),
        minutes => words::LOCK_MINUTES.with(&[("n", &minutes)]),
    };
    Choice {
        label,
        hint: None,
        language: None,
        chosen: |now| now.lock_minutes == Some(MINUTES),
        choose: |now| now.lock_minutes = Some(MINUTES),
    }
}
