//! A question that must be answered first: the browser's own `<dialog>`.

use crate::text::{Text, common};
use crate::view::prelude::*;

/// Asks before something that cannot be taken back. Escape and *Annuleer* do nothing.
#[component]
pub fn Dialog(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// What is asked.
    title: Text,
    /// The button that does it.
    confirm: Text,
    /// Whether doing it destroys something.
    #[prop(default = false)]
    danger: bool,
    /// Does it.
    on_confirm: Callback<()>,
    children: ChildrenFn,
) -> impl IntoView {
    let node = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = node.get() else { return };
        if open.get() {
            if !dialog.open() {
                // Refused only when it is open or not in the page: then there is nothing to show.
                let _ = dialog.show_modal();
            }
        } else if dialog.open() {
            dialog.close();
        }
    });
    let class = if danger {
        "button button-primary button-danger"
    } else {
        "button button-primary"
    };
    view! {
        <dialog node_ref=node class="dialog" aria-label=title.get() on:close=move |_| open.set(false)>
            <div class="stack">
                // Read first: nobody confirms by pressing a key twice.
                <h2 tabindex="-1" autofocus=true>
                    {title.get()}
                </h2>
                {children()}
                <div class="buttons buttons-even">
                    <button
                        type="button"
                        class=class
                        on:click=move |_| {
                            open.set(false);
                            on_confirm.run(());
                        }
                    >
                        {confirm.get()}
                    </button>
                    <button type="button" class="button" on:click=move |_| open.set(false)>
                        {common::CANCEL.get()}
                    </button>
                </div>
            </div>
        </dialog>
    }
}
