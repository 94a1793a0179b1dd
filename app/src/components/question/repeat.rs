//! What may occur several times: one panel a time, added and removed.

use super::{Elements, elements, find, heading_says, id};
use crate::browser::life;
use crate::services::announcer::Announcer;
use crate::services::field::Field;
use crate::text::record;
use crate::view::prelude::*;
use veldpost_forms::session::{Element, Key, RepeatView};

pub(super) fn repeat(all: Elements, initial: RepeatView) -> View {
    let field = expect_context::<Field>();
    let key = initial.key;
    let view = Memo::new(move |_| {
        let now = all.with(|all| match find(all, key) {
            Some(Element::Repeat(now)) => Some(now.clone()),
            _ => None,
        });
        now.unwrap_or_else(|| initial.clone())
    });
    let heading = move || {
        // What the form counts is said by the question that counts it.
        let said = view.with(|view| view.counted || heading_says(all, &view.label));
        (!said).then(|| view! { <h2>{move || view.with(|view| view.label.clone())}</h2> })
    };
    let hint = move || {
        let hint = view.with(|view| view.hint.clone());
        (!hint.is_empty()).then(|| view! { <p class="hint">{hint}</p> })
    };
    let add = move |_| {
        let path = view.with_untracked(|view| view.path.clone());
        let elsewhere = view.with_untracked(has_pages_of_its_own);
        let place = field.peek_form(|form| form.step().0).unwrap_or(0);
        field.change_form(false, |form| {
            // A full repeat offers no button; a second tap finds it gone.
            let _ = form.session.add_instance(&path);
        });
        if elsewhere {
            // Its pages come before the list of instances.
            field.turn_to(place);
            request_animation_frame(|| life::focus_first("h1"));
        } else {
            let last = format!("#{} section:last-of-type h2", id(key));
            request_animation_frame(move || life::focus_first(&last));
        }
    };
    let more = move || {
        view.with(|view| view.can_add).then(|| {
            let label =
                record::ADD.with(&[("what", &view.with_untracked(|view| view.label.clone()))]);
            view! {
                <button type="button" class="button button-wide" on:click=add>
                    {label}
                </button>
            }
        })
    };
    let instances = move || {
        view.with(|view| {
            view.instances
                .iter()
                .map(|instance| instance.key)
                .collect::<Vec<_>>()
        })
    };
    view! {
        <div class="stack" id=id(key)>
            {heading}
            {hint}
            <For
                each=instances
                key=|instance| *instance
                children=move |instance| panel(field, all, view, instance)
            />
            {more}
        </div>
    }
    .into_view()
}

/// Instances without elements here have pages before this one.
fn has_pages_of_its_own(view: &RepeatView) -> bool {
    view.instances
        .iter()
        .all(|instance| instance.elements.is_empty())
}

fn panel(field: Field, all: Elements, view: Memo<RepeatView>, instance: Key) -> View {
    let number = Memo::new(move |old: Option<&usize>| {
        let now = view.with(|view| {
            let mut instances = view.instances.iter();
            let found = instances.find(|other| other.key == instance)?;
            Some(found.number)
        });
        // While it is being taken off the page it is shown as it was.
        now.or(old.copied()).unwrap_or_default()
    });
    let title = move || format!("{} {}", view.with(|view| view.label.clone()), number.get());
    let heading_id = move || format!("{}-heading", id(instance));
    view! {
        <section class="panel" aria-labelledby=heading_id()>
            <div class="panel-heading">
                <h2 id=heading_id() tabindex="-1">
                    {title}
                </h2>
                <Show when=move || !view.with(|view| view.counted)>
                    <Remove field=field view=view number=number />
                </Show>
            </div>
            {elements(all, Some(instance))}
        </section>
    }
    .into_view()
}

/// Two taps: the first one asks.
#[component]
fn Remove(field: Field, view: Memo<RepeatView>, number: Memo<usize>) -> impl IntoView {
    let announcer = expect_context::<Announcer>();
    let asked = RwSignal::new(false);
    let title = move || format!("{} {}", view.with(|view| view.label.clone()), number.get());
    let tap = move |_| {
        if !asked.get_untracked() {
            asked.set(true);
            return;
        }
        let (key, path) = view.with_untracked(|view| (view.key, view.path.clone()));
        let (place, title) = (number.get_untracked(), untrack(title));
        field.change_form(false, |form| {
            // Nothing there any more: then it is removed already.
            let _ = form.session.remove_instance(&path, place);
        });
        announcer.say_now(record::REMOVED.with(&[("what", &title)]));
        let add = format!("#{} > .button-wide", id(key));
        request_animation_frame(move || life::focus_first(&add));
    };
    let class = move || {
        if asked.get() {
            "button button-danger"
        } else {
            "button button-quiet"
        }
    };
    let words = move || {
        if asked.get() {
            record::REMOVE_SURE
        } else {
            record::REMOVE
        }
    };
    view! {
        <button type="button" class=class on:click=tap on:blur=move |_| asked.set(false)>
            {move || words().get()}
            <span class="visually-hidden">" " {title}</span>
        </button>
    }
}
