//! `view!`: markup in Rust, as Leptos writes it, compiled to one template and the places in it that Rust fills.
//!
//! The syntax is that of Leptos: elements, `{expressions}`, components by their capital, `on:`, `prop:`, `class:`,
//! `node_ref` and `let:`. What stands in the source as text is one string of HTML; the browser parses it once
//! and copies it. `docs/decisions/0014` says why this is not Leptos' own macro.
//!
//! Deliberately not here: what the code that is written calls (`app/src/view`).

mod template;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use rstml::node::{
    KVAttributeValue, KeyedAttribute, KeyedAttributeValue, Node, NodeAttribute, NodeBlock,
    NodeElement, NodeName,
};
use syn::spanned::Spanned as _;

/// Markup, as a `View`.
#[proc_macro]
pub fn view(tokens: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let parser = rstml::Parser::new(rstml::ParserConfig::default().recover_block(true));
    let (nodes, errors) = parser.parse_recoverable(tokens).split_vec();
    let errors = errors.into_iter().map(|error| error.emit_as_expr_tokens());
    let view = match one_or_many(&nodes) {
        Ok(view) => view,
        Err(error) => error.to_compile_error(),
    };
    quote!({ #(#errors;)* #view }).into()
}

/// Code for all nodes together.
fn one_or_many(nodes: &[Node]) -> syn::Result<TokenStream> {
    match nodes {
        [] => Ok(quote!(crate::view::View::nothing())),
        [Node::Block(block)] => Ok(of_block(block)),
        [Node::Element(element)] if is_component(element) => component(element),
        _ => template::code(nodes),
    }
}

fn of_block(block: &NodeBlock) -> TokenStream {
    // A block of one expression is that expression, without its braces.
    if let NodeBlock::ValidBlock(valid) = block
        && let [syn::Stmt::Expr(only, None)] = valid.stmts.as_slice()
    {
        return quote_spanned!(block.span()=> crate::view::IntoView::into_view(#only));
    }
    quote_spanned!(block.span()=> crate::view::IntoView::into_view(#block))
}

/// A component is named by its capital, as everywhere in Rust.
fn is_component(element: &NodeElement<rstml::Infallible>) -> bool {
    match element.name() {
        NodeName::Path(path) => path.path.segments.last().is_some_and(|last| {
            let name = last.ident.to_string();
            name.chars().next().is_some_and(char::is_uppercase)
        }),
        _ => false,
    }
}

/// The call of a component, through the properties that `#[component]` wrote for it.
fn component(element: &NodeElement<rstml::Infallible>) -> syn::Result<TokenStream> {
    let name = element.name();
    let mut given = Vec::new();
    let mut bound = None;
    for attribute in element.attributes() {
        let attribute = keyed(attribute)?;
        let key = attribute.key.to_string();
        if let Some(variable) = key.strip_prefix("let:") {
            bound = Some(syn::Ident::new(variable, attribute.key.span()));
            continue;
        }
        let key = syn::Ident::new(&key, attribute.key.span());
        let value = value(attribute)?;
        given.push(quote!(.#key(#value)));
    }
    if !element.children.is_empty() {
        let children = one_or_many(&element.children)?;
        given.push(match bound {
            Some(variable) => quote!(.children(move |#variable| #children)),
            None => quote!(.children(crate::view::ToChildren::to_children(move || #children))),
        });
    }
    Ok(quote_spanned! {name.span()=>
        crate::view::IntoView::into_view(::leptos::component::component_view(
            #name,
            ::leptos::component::component_props_builder(&#name) #(#given)* .build(),
        ))
    })
}

fn keyed(attribute: &NodeAttribute) -> syn::Result<&KeyedAttribute> {
    match attribute {
        NodeAttribute::Attribute(attribute) => Ok(attribute),
        NodeAttribute::Block(block) => Err(syn::Error::new(
            block.span(),
            "attributes are written as name=value",
        )),
    }
}

/// What an attribute is set to; a bare name is `true`.
fn value(attribute: &KeyedAttribute) -> syn::Result<TokenStream> {
    match &attribute.possible_value {
        KeyedAttributeValue::None => Ok(quote!(true)),
        KeyedAttributeValue::Value(given) => match &given.value {
            KVAttributeValue::Expr(value) => Ok(quote!(#value)),
            KVAttributeValue::InvalidBraced(block) => {
                Err(syn::Error::new(block.span(), "this is not an expression"))
            }
        },
        KeyedAttributeValue::Binding(binding) => Err(syn::Error::new(
            binding.span(),
            "an attribute takes no arguments",
        )),
    }
}
