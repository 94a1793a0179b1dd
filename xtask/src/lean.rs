//! A module that is served carries nothing for programmers: what is imported has a short name, and classes that nobody makes
//! are not there.
//!
//! Deliberately not here: making code smaller (`wasm-opt`), and panics, which end without a word because the standard library is
//! compiled so (`build`): a message could hold a piece of what a person typed.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail};
use walrus::{FunctionBuilder, FunctionId, FunctionKind, Module, ModuleConfig};

/// Classes that a library of Leptos exports for streams of bytes; the app has none. An export is kept by every tool, and so
/// is all that it calls.
const CLASSES: [&str; 3] = [
    "IntoUnderlyingByteSource",
    "IntoUnderlyingSink",
    "IntoUnderlyingSource",
];

/// The library's name, as it stands in the names of their functions.
const OF_CLASSES: &str = "wasm_streams";

/// Makes a bound module lean, and gives its glue that goes with it.
pub fn lean(module: &Path, glue: &str) -> Result<String> {
    let mut config = ModuleConfig::new();
    config.generate_producers_section(false);
    let mut program = config
        .parse_file(module)
        .map_err(|error| anyhow!("{error:#}"))
        .with_context(|| format!("{} is not a module", module.display()))?;
    let glue = without_classes(&mut program, glue)?;
    let glue = shorten(&mut program, &glue)?;
    walrus::passes::gc::run(&mut program);
    program
        .emit_wasm_file(module)
        .map_err(|error| anyhow!("{error:#}"))?;
    Ok(glue)
}

/// Empties the functions of those classes: a table of the module still names them.
fn empty(program: &mut Module) {
    let of_classes: Vec<FunctionId> = program
        .funcs
        .iter_local()
        .map(|(id, _)| id)
        .filter(|id| {
            let name = program.funcs.get(*id).name.as_deref();
            name.is_some_and(|name| name.contains(OF_CLASSES))
        })
        .collect();
    for id in of_classes {
        let kind = program.types.get(program.funcs.get(id).ty());
        let (takes, gives) = (kind.params().to_vec(), kind.results().to_vec());
        let taken = takes.iter().map(|kind| program.locals.add(*kind)).collect();
        let mut body = FunctionBuilder::new(&mut program.types, &takes, &gives);
        body.func_body().unreachable();
        program.funcs.get_mut(id).kind = FunctionKind::Local(body.local_func(taken));
    }
}

/// Takes the classes that nobody makes out of the module and its glue.
fn without_classes(program: &mut Module, glue: &str) -> Result<String> {
    let mut glue = glue.to_owned();
    for class in CLASSES {
        let pieces = [
            (format!("export class {class} {{\n"), "\n}\n"),
            (format!("if (Symbol.dispose) {class}."), "\n"),
            (format!("const {class}Finalization = "), ";\n"),
        ];
        for (from, to) in pieces {
            glue = without(&glue, &from, to).with_context(|| {
                format!("the glue holds no {class}: take it off the list in xtask/src/lean.rs")
            })?;
        }
        if glue.contains(class) {
            bail!("the app makes a {class}: take it off the list in xtask/src/lean.rs");
        }
        let own = class.to_lowercase();
        let gone: Vec<_> = program
            .exports
            .iter()
            .filter(|export| {
                export.name.trim_start_matches("__wbg_").split('_').next() == Some(&own)
            })
            .map(|export| export.id())
            .collect();
        for export in gone {
            program.exports.delete(export);
        }
    }
    empty(program);
    Ok(glue)
}

/// The text without a piece, from its beginning to the first end after it.
fn without(text: &str, from: &str, to: &str) -> Option<String> {
    let (before, rest) = text.split_once(from)?;
    let (_, after) = rest.split_once(to)?;
    Some(format!("{before}{after}"))
}

/// wasm-bindgen names an import by what it does and a hash. The module and its glue agree on a number instead.
fn shorten(program: &mut Module, glue: &str) -> Result<String> {
    let mut short = BTreeMap::new();
    for import in program.imports.iter_mut() {
        if import.name.starts_with("__wbg_") || import.name.starts_with("__wbindgen_") {
            let number = short.len();
            let name = short
                .entry(import.name.clone())
                .or_insert_with(|| format!("_{number}"));
            import.name.clone_from(name);
        }
    }
    let mut text = String::with_capacity(glue.len());
    let mut found = 0;
    for word in words(glue) {
        match short.get(word) {
            Some(name) => {
                found += 1;
                text.push_str(name);
            }
            None => text.push_str(word),
        }
    }
    if found != short.len() {
        bail!(
            "the glue names {found} of {} imports once: wasm-bindgen writes other JavaScript than before",
            short.len()
        );
    }
    Ok(text)
}

/// Words and what is between them, in turn.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let is_word = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '$';
        let first = is_word(rest.chars().next()?);
        let end = rest
            .find(|letter| is_word(letter) != first)
            .unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after;
        Some(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use walrus::ValType;
    use walrus::ir::Instr;

    /// A module with an import that its export `run` calls, and a function of the given name that it calls after.
    fn program(callee: &str) -> Module {
        let mut program = Module::default();
        let none = program.types.add(&[], &[]);
        let (said, _) = program.add_import_func("./glue.js", "__wbg_say_0123456789abcdef", none);
        let mut end = FunctionBuilder::new(&mut program.types, &[ValType::I32], &[]);
        let number = program.locals.add(ValType::I32);
        end.name(callee.to_owned()).func_body().call(said);
        let end = end.finish(vec![number], &mut program.funcs);
        let mut run = FunctionBuilder::new(&mut program.types, &[], &[]);
        run.func_body().call(said).i32_const(1).call(end);
        let run = run.finish(Vec::new(), &mut program.funcs);
        program.exports.add("run", run);
        program.exports.add("end", end);
        program
    }

    fn calls(program: &Module) -> usize {
        let count = |instrs: &[(Instr, _)]| {
            let calls = instrs
                .iter()
                .filter(|(instr, _)| matches!(instr, Instr::Call(_)));
            calls.count()
        };
        let local = program.funcs.iter_local();
        local
            .map(|(_, f)| count(&f.block(f.entry_block()).instrs))
            .sum()
    }

    #[test]
    fn functions_of_classes_that_nobody_makes_are_empty() {
        let mut of_class = program("<wasm_streams[0]::IntoUnderlyingSink>::write");
        empty(&mut of_class);
        assert_eq!(calls(&of_class), 2);
        let mut stays = program("veldpost_journal::write");
        empty(&mut stays);
        assert_eq!(calls(&stays), 3);
    }

    #[test]
    fn module_and_glue_agree_on_short_names() {
        let mut program = program("any");
        let glue = "{ __wbg_say_0123456789abcdef: say, x__wbg_say_0123456789abcdef: 1 }";
        let glue = shorten(&mut program, glue).unwrap();
        assert_eq!(glue, "{ _0: say, x__wbg_say_0123456789abcdef: 1 }");
        assert_eq!(program.imports.iter().next().unwrap().name, "_0");
    }

    fn classes() -> String {
        CLASSES
            .map(|class| {
                format!(
                    "export class {class} {{\n    free() {{\n    }}\n}}\nif (Symbol.dispose) {class}.x = 1;\n\
                     const {class}Finalization = (1)\n    ? 2 : 3;\n"
                )
            })
            .concat()
    }

    #[test]
    fn classes_that_nobody_makes_leave_module_and_glue() {
        let mut program = program("any");
        let run = program.exports.get_func("run").unwrap();
        program.exports.add("__wbg_intounderlyingsink_free", run);
        program.exports.add("intounderlyingsink_abort", run);
        let glue = format!("{}keep();\n", classes());
        assert_eq!(without_classes(&mut program, &glue).unwrap(), "keep();\n");
        let left: Vec<_> = program
            .exports
            .iter()
            .map(|export| export.name.as_str())
            .collect();
        assert_eq!(left, ["run", "end"]);
    }

    #[test]
    fn a_class_that_is_made_or_gone_is_told_and_not_dropped() {
        let made = format!("{}IntoUnderlyingSink.__wrap(1);\n", classes());
        assert!(without_classes(&mut program("any"), &made).is_err());
        assert!(without_classes(&mut program("any"), "").is_err());
    }

    #[test]
    fn glue_that_does_not_name_an_import_is_refused() {
        assert!(shorten(&mut program("any"), "{}").is_err());
    }
}
