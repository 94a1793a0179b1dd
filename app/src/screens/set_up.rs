//! A region begins: what is typed once, the passphrase, the kit. Nothing is written before the end. A region of one
//! stays on this device; one that others join begins at the relay where the app comes from.
//!
//! The passphrase is proven by typing it again, the kit by typing a part of it; skipping the kit is
//! a choice of its own.

mod blocks;
mod kit;
mod lists;
mod passphrase;
mod reading;

pub use kit::ProveKit;
pub use lists::{ListsForm, Names};
pub use passphrase::PassphraseForm;

use crate::browser::http;
use crate::services::field::{Browser, Field};
use crate::services::typed::{Form, Typed};
use crate::view::prelude::*;
use veldpost_envelope::UnlockSecret;
use veldpost_journal::rows::Settings;
use veldpost_journal::{Kind, NewRegion, Outside, Protection};

/// How far setting up has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Lists,
    Passphrase,
    Kit,
}

/// What has been entered so far; in memory only.
#[derive(Clone, Copy)]
struct Draft {
    shared: bool,
    step: RwSignal<Step>,
    typed: Typed,
    settings: StoredValue<Settings, LocalStorage>,
    secret: StoredValue<Option<UnlockSecret>, LocalStorage>,
    region: StoredValue<Option<NewRegion>, LocalStorage>,
}

/// The three steps.
#[component]
pub fn SetUp(
    on_back: Callback<()>,
    /// Whether others will join.
    shared: bool,
) -> impl IntoView {
    let draft = Draft {
        shared,
        step: RwSignal::new(Step::Lists),
        typed: expect_context::<Typed>(),
        settings: StoredValue::new_local(empty()),
        secret: StoredValue::new_local(None),
        region: StoredValue::new_local(None),
    };
    move || match draft.step.get() {
        Step::Lists => view! { <lists::Lists draft=draft on_back=on_back /> }.into_view(),
        Step::Passphrase => view! { <passphrase::Choose draft=draft /> }.into_view(),
        Step::Kit => view! { <kit::Kit draft=draft /> }.into_view(),
    }
}

fn empty() -> Settings {
    let mut campaign = [0; 16];
    Browser.random(&mut campaign);
    Settings {
        campaign,
        count_date: String::new(),
        organisations: Vec::new(),
        areas: Vec::new(),
        blocks: Vec::new(),
        kit_proven: false,
        region: None,
        campaign_name: None,
        own_name: None,
    }
}

impl Draft {
    fn form(self) -> Form {
        if self.shared {
            Form::Region
        } else {
            Form::Alone
        }
    }

    /// Makes the keys, so that the kit can be shown. Nothing is written.
    fn make_region(self) -> bool {
        let kind = if self.shared {
            Kind::Shared
        } else {
            Kind::Solo
        };
        let made = NewRegion::make(kind, self.settings.get_value(), &Browser).ok();
        let made_it = made.is_some();
        self.region.set_value(made);
        made_it
    }

    /// Writes everything in one transaction and opens the book.
    async fn finish(self, field: Field, kit_proven: bool) -> bool {
        let taken = (
            self.region.try_update_value(Option::take).flatten(),
            self.secret.try_update_value(Option::take).flatten(),
        );
        let (Some(mut region), Some(secret)) = taken else {
            return false;
        };
        region.kit_proven(kit_proven);
        let protection = Protection::Passphrase(secret.clone());
        let relay = self.shared.then(http::own_origin);
        if field
            .begin_region(&region, relay.as_deref(), &protection)
            .await
        {
            self.typed.forget(self.form());
            return true;
        }
        // The store refused and it was said: nothing is lost, the button can be pressed again.
        let _ = self.region.try_set_value(Some(region));
        let _ = self.secret.try_set_value(Some(secret));
        false
    }
}
