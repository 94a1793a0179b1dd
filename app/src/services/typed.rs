//! What was typed on a screen that was left: in memory, so that *Terug* costs nothing, and gone with the page.
//!
//! Not here: passphrases, which are typed again; and questionnaires, whose drafts are sealed on the disk.

use leptos::prelude::*;
use web_sys::{Element, Event};
use zeroize::Zeroizing;

/// A screen whose fields are remembered, each by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A region of one is set up.
    Alone,
    /// A region is founded that others join.
    Region,
    /// A region of one opens itself to others.
    Grow,
    /// A round is begun.
    Round,
    /// An invitation. Its link is a secret: it is on no disk, in no address, and wiped when it is dropped.
    Join,
}

type Field = (Form, String, Zeroizing<String>);

/// What was typed and not used yet.
#[derive(Clone, Copy)]
pub struct Typed(StoredValue<Vec<Field>, LocalStorage>);

impl Typed {
    /// Nothing was typed.
    pub fn new() -> Self {
        Self(StoredValue::new_local(Vec::new()))
    }

    /// Remembers the field in which somebody typed just now; of a tick that it was ticked, or not.
    pub fn keep_typed(self, form: Form, event: &Event) {
        let field = event_target::<Element>(event);
        let value = if field.get_attribute("type").as_deref() == Some("checkbox") {
            tick(event_target_checked(event))
        } else {
            event_target_value(event)
        };
        self.keep(form, &field.id(), value);
    }

    /// Remembers this as what stands in a field.
    pub fn keep(self, form: Form, id: &str, value: String) {
        self.0.update_value(|all| {
            all.retain(|(of, field, _)| *of != form || field != id);
            all.push((form, id.to_owned(), Zeroizing::new(value)));
        });
    }

    /// What stood in a field; none where nobody typed.
    pub fn stood(self, form: Form, id: &str) -> Option<Zeroizing<String>> {
        self.0.with_value(|all| {
            let found = all.iter().find(|(of, field, _)| *of == form && field == id);
            found.map(|(.., value)| value.clone())
        })
    }

    /// It was used, or somebody does not want it any more.
    pub fn forget(self, form: Form) {
        self.0
            .update_value(|all| all.retain(|(of, ..)| *of != form));
    }
}

/// How a tick is remembered.
pub fn tick(ticked: bool) -> String {
    if ticked { "on" } else { "" }.to_owned()
}
