//! Elements as one string of HTML, and a step for each place in it that Rust fills.
//!
//! The steps visit the elements and the empty comments of the copied template in document order: each says how many of them
//! lie between the last place and its own.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use rstml::Infallible;
use rstml::node::{KeyedAttribute, Node, NodeElement};
use syn::spanned::Spanned as _;
use syn::{Expr, ExprLit, Lit};

use crate::{component, is_component, keyed, of_block, value};

/// Elements that hold nothing and have no end tag.
const VOID: [&str; 6] = ["br", "hr", "img", "input", "link", "meta"];

/// Elements whose content the browser does not read as markup, so that no place can be marked in it.
const PLAIN: [&str; 4] = ["textarea", "title", "style", "script"];

/// What is being written.
#[derive(Default)]
struct Template {
    html: String,
    steps: Vec<TokenStream>,
    /// Elements and comments so far.
    places: u16,
    /// The place that the last step left off at.
    at: u16,
}

/// Code for nodes of which at least one is an element or a text.
pub fn code(nodes: &[Node]) -> syn::Result<TokenStream> {
    let mut template = Template::default();
    template.nodes(nodes, "")?;
    let (html, steps) = (template.html, template.steps);
    if steps.is_empty() {
        return Ok(quote!(crate::view::Template::new(#html).done()));
    }
    Ok(quote!({
        let mut __template = crate::view::Template::new(#html);
        #(#steps)*
        __template.done()
    }))
}

impl Template {
    fn nodes(&mut self, nodes: &[Node], parent: &str) -> syn::Result<()> {
        nodes.iter().try_for_each(|node| self.node(node, parent))
    }

    fn node(&mut self, node: &Node, parent: &str) -> syn::Result<()> {
        match node {
            Node::Element(element) if is_component(element) => {
                let child = component(element)?;
                self.child(&child);
            }
            Node::Element(element) => self.element(element, parent)?,
            Node::Block(block) => {
                if PLAIN.contains(&parent) {
                    let why = format!("<{parent}> holds no markup: use prop:value");
                    return Err(syn::Error::new(block.span(), why));
                }
                self.child(&of_block(block));
            }
            Node::Text(text) => self.text(&text.value_string()),
            Node::RawText(text) => self.text(&text.to_string_best()),
            Node::Fragment(fragment) => self.nodes(&fragment.children, parent)?,
            Node::Comment(_) => {}
            Node::Doctype(_) | Node::Custom(_) => {
                return Err(syn::Error::new(
                    node.span(),
                    "only elements, text and {expressions}",
                ));
            }
        }
        Ok(())
    }

    fn child(&mut self, view: &TokenStream) {
        self.html.push_str("<!>");
        self.places += 1;
        let steps = self.advance();
        self.steps.push(quote!(__template.child(#steps, #view);));
    }

    fn text(&mut self, text: &str) {
        for letter in text.chars() {
            match letter {
                '<' => self.html.push_str("&lt;"),
                '&' => self.html.push_str("&amp;"),
                _ => self.html.push(letter),
            }
        }
    }

    /// From the last place that was visited to the newest one.
    fn advance(&mut self) -> u16 {
        let steps = self.places - self.at;
        self.at = self.places;
        steps
    }

    fn element(&mut self, element: &NodeElement<Infallible>, parent: &str) -> syn::Result<()> {
        let name = element.name().to_string();
        if name == "tr" && parent == "table" {
            // The browser would put a <tbody> between them, and the places would shift.
            let why = "<tr> stands in <thead>, <tbody> or <tfoot>";
            return Err(syn::Error::new(element.name().span(), why));
        }
        self.html.push('<');
        self.html.push_str(&name);
        self.places += 1;
        for attribute in element.attributes() {
            self.attribute(keyed(attribute)?)?;
        }
        self.html.push('>');
        if VOID.contains(&name.as_str()) {
            return Ok(());
        }
        self.nodes(&element.children, &name)?;
        self.html.push_str("</");
        self.html.push_str(&name);
        self.html.push('>');
        Ok(())
    }

    fn attribute(&mut self, attribute: &KeyedAttribute) -> syn::Result<()> {
        let key = attribute.key.to_string();
        let given = value(attribute)?;
        let span = attribute.key.span();
        let parts = key.split_once(':');
        if parts.is_none()
            && let Some(text) = literal(attribute)
        {
            self.html.push_str(&format!(
                " {key}=\"{}\"",
                text.replace('&', "&amp;").replace('"', "&quot;")
            ));
            return Ok(());
        }
        let steps = self.advance();
        self.steps.push(match parts {
            Some(("on", event)) => {
                quote_spanned!(span=> __template.on(#steps, #event, #given);)
            }
            Some(("class", class)) => {
                quote_spanned!(span=> crate::view::IntoFlag::set(#given, &__template.step(#steps), #class);)
            }
            Some(("prop", property)) => {
                quote_spanned!(span=> crate::view::IntoProperty::set(#given, &__template.step(#steps), #property);)
            }
            Some((kind, _)) => {
                let why = format!("{kind}: is not known here: on:, class: and prop: are");
                return Err(syn::Error::new(span, why));
            }
            None if key == "node_ref" => quote_spanned!(span=> #given.set(__template.step(#steps));),
            None => {
                quote_spanned!(span=> crate::view::IntoAttribute::set(#given, &__template.step(#steps), #key);)
            }
        });
        Ok(())
    }
}

/// The text of an attribute that never changes.
fn literal(attribute: &KeyedAttribute) -> Option<String> {
    match attribute.value() {
        None => Some(String::new()),
        Some(Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        })) => Some(text.value()),
        Some(Expr::Lit(ExprLit {
            lit: Lit::Int(number),
            ..
        })) => Some(number.to_string()),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(markup: TokenStream) -> Result<String, String> {
        let nodes = rstml::parse2(markup).map_err(|error| error.to_string())?;
        let code = code(&nodes).map_err(|error| error.to_string())?;
        Ok(code.to_string().replace(' ', ""))
    }

    #[test]
    fn what_stands_in_the_source_is_one_string() {
        let code = written(quote!(<p class="hint" hidden>"a < b & c"</p><br/>));
        let expected =
            r#"Template::new("<pclass=\"hint\"hidden=\"\">a&lt;b&amp;c</p><br>").done()"#;
        assert!(
            code.as_ref().is_ok_and(|code| code.ends_with(expected)),
            "{code:?}"
        );
    }

    #[test]
    fn a_quote_does_not_end_an_attribute() {
        let code = written(quote!(<p title="say \"yes\" & go">"x"</p>));
        assert!(code.is_ok_and(|code| code.contains("say&quot;yes&quot;&amp;go")));
    }

    #[test]
    fn steps_count_elements_and_places_from_the_last_one() {
        let code = written(quote! {
            <div><b>"never changes"</b><p id=one class:two=three>{four}</p><Five/><i on:click=six></i></div>
        });
        let code = code.unwrap_or_default();
        let at = |part: &str| code.find(part).unwrap_or(usize::MAX);
        // <div> 1, <b> 2, <p> 3, {four} 4, <Five/> 5, <i> 6.
        let order = [
            "set(one,&__template.step(3u16),\"id\")",
            "set(three,&__template.step(0u16),\"two\")",
            "child(1u16,crate::view::IntoView::into_view(four))",
            "child(1u16,crate::view::IntoView::into_view(::leptos::component::component_view(Five",
            "on(1u16,\"click\",six)",
        ];
        for (before, after) in order.iter().zip(order.iter().skip(1)) {
            assert!(at(before) < at(after), "{before} {after} {code}");
        }
        assert!(at(order[4]) < code.len(), "{code}");
        assert!(code.contains("<!></p><!><i></i></div>"), "{code}");
    }

    #[test]
    fn what_the_browser_would_read_otherwise_is_refused() {
        let row = written(quote!(<table><tr><td>"1"</td></tr></table>));
        assert!(row.is_err_and(|why| why.contains("<tbody>")));
        let typed = written(quote!(<textarea>{typed}</textarea>));
        assert!(typed.is_err_and(|why| why.contains("prop:value")));
        let style = written(quote!(<p style:color="red">"x"</p>));
        assert!(style.is_err_and(|why| why.contains("is not known")));
    }
}
