//! The frame of a screen: practice banner, status on top, the page, the bar in the thumb zone.

use crate::browser::life;
use crate::components::notice::LocksSoon;
use crate::routes::{Router, Screen};
use crate::services::field::Field;
use crate::text::{self, Text, common};
use crate::view::prelude::*;

/// One screen. `title` becomes the heading and the page's title, and gets the focus, as a newly
/// loaded page would. The bar always holds *Verberg*: lock-and-leave is one tap away everywhere.
#[component]
pub fn Page(
    /// Heading and title: a kind of screen, never an answer.
    title: Text,
    /// Where *Terug* leads; none on the first screen.
    #[prop(optional)]
    back: Option<Screen>,
    /// What *Terug* does where it does not just open another screen.
    #[prop(optional)]
    on_back: Option<Callback<()>>,
    /// What the heading says where it is not the title: a page of a form has its own.
    #[prop(optional)]
    heading: Option<Memo<String>>,
    /// Extra classes of the page.
    #[prop(default = "")]
    class: &'static str,
    /// The heading is for screen readers only: the screen speaks for itself.
    #[prop(default = false)]
    quiet_title: bool,
    /// What stands on the right of the status line.
    #[prop(optional)]
    top: Option<ViewFn>,
    /// Buttons beside *Verberg* in the bar.
    #[prop(optional)]
    bar: Option<ViewFn>,
    children: Children,
) -> impl IntoView {
    let router = expect_context::<Router>();
    let field = expect_context::<Field>();
    life::set_title(&format!("{} · {}", title.get(), common::APP_NAME.get()));
    Effect::new(|_| life::focus_first("h1"));
    let banner = field
        .banner()
        .map(|banner| view! { <p class="practice">{banner.get()}</p> });
    let back = on_back.or_else(|| back.map(|screen| Callback::new(move |()| router.go(screen))));
    let back = back.map(|back| {
        view! {
            <button type="button" class="button button-quiet" on:click=move |_| back.run(())>
                {common::BACK.get()}
            </button>
        }
    });
    view! {
        <div class="app">
            <a class="skip-link" href="#inhoud">{common::SKIP_LINK.get()}</a>
            <header>
                {banner} <div class="top">
                    {back} <p class="status">{move || field.status_line()}</p>
                    {top.map(|top| top.run())}
                </div>
            </header>
            <main id="inhoud" class=format!("page {class}") tabindex="-1">
                <h1 tabindex="-1" class:visually-hidden=quiet_title>
                    {move || heading.map_or_else(|| title.get().to_owned(), |heading| heading.get())}
                </h1>
                {children()}
            </main>
            <LocksSoon />
            <nav class="bar" aria-label=text::common::BAR.get()>
                <button type="button" class="button" on:click=move |_| field.lock_and_leave()>
                    {common::HIDE.get()}
                </button>
                {bar.map(|bar| bar.run())}
            </nav>
        </div>
    }
}
