//! A module that is served carries no words for programmers: panics end in a trap and nothing else, and what is imported
//! has a short name.
//!
//! A panic's message can hold a piece of what a person typed, and nobody reads it on a phone. Deliberately not here: making
//! code smaller (`wasm-opt`), and builds for development, which keep their words.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail};
use walrus::ir::Instr;
use walrus::{FunctionBuilder, FunctionId, FunctionKind, Module, ModuleConfig};

/// Parts of the names of functions that only ever end the program.
const ENDS: [&str; 14] = [
    "::panicking::",
    "::unwrap_failed",
    "::expect_failed",
    "::slice_index_fail",
    "::slice_error_fail",
    "::len_mismatch_fail",
    "::assert_failed",
    "::panic_on_ord_violation",
    "::panic_already_borrowed",
    "::panic_already_mutably_borrowed",
    "::panic_access_error",
    "::capacity_overflow",
    "::handle_alloc_error",
    "raw_vec::handle_error",
];

/// Makes a bound module lean, and its glue with it.
pub fn lean(module: &Path, glue: Option<&str>) -> Result<Option<String>> {
    let mut config = ModuleConfig::new();
    config.generate_producers_section(false);
    let mut program = config
        .parse_file(module)
        .map_err(|error| anyhow!("{error:#}"))
        .with_context(|| format!("{} is not a module", module.display()))?;
    trap(&mut program);
    let glue = glue.map(|glue| shorten(&mut program, glue)).transpose()?;
    walrus::passes::gc::run(&mut program);
    program
        .emit_wasm_file(module)
        .map_err(|error| anyhow!("{error:#}"))?;
    Ok(glue)
}

/// Empties the functions that end the program: what they would have said goes with them.
fn trap(program: &mut Module) {
    let ends: Vec<FunctionId> = program
        .funcs
        .iter_local()
        .filter(|(id, function)| {
            let name = program.funcs.get(*id).name.as_deref().unwrap_or_default();
            let block = function.block(function.entry_block());
            // Whatever it is called: a function that can come back stays.
            let never_returns = matches!(block.instrs.last(), Some((Instr::Unreachable(_), _)));
            never_returns && ENDS.iter().any(|end| name.contains(end))
        })
        .map(|(id, _)| id)
        .collect();
    for id in ends {
        let kind = program.types.get(program.funcs.get(id).ty());
        let (takes, gives) = (kind.params().to_vec(), kind.results().to_vec());
        let taken = takes.iter().map(|kind| program.locals.add(*kind)).collect();
        let mut body = FunctionBuilder::new(&mut program.types, &takes, &gives);
        body.func_body().unreachable();
        program.funcs.get_mut(id).kind = FunctionKind::Local(body.local_func(taken));
    }
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

    /// A module with an import that its export `run` calls, and a function of the given name that it calls after.
    fn program(callee: &str, comes_back: bool) -> Module {
        let mut program = Module::default();
        let none = program.types.add(&[], &[]);
        let (said, _) = program.add_import_func("./glue.js", "__wbg_say_0123456789abcdef", none);
        let mut end = FunctionBuilder::new(&mut program.types, &[ValType::I32], &[]);
        let number = program.locals.add(ValType::I32);
        end.name(callee.to_owned()).func_body().call(said);
        if !comes_back {
            end.func_body().unreachable();
        }
        let end = end.finish(vec![number], &mut program.funcs);
        let mut run = FunctionBuilder::new(&mut program.types, &[], &[]);
        run.func_body().call(said).i32_const(1).call(end);
        let run = run.finish(Vec::new(), &mut program.funcs);
        program.exports.add("run", run);
        program.exports.add("end", end);
        program
    }

    fn calls(program: &Module) -> usize {
        let local = program.funcs.iter_local();
        let count = |instrs: &[(Instr, _)]| {
            let calls = instrs
                .iter()
                .filter(|(instr, _)| matches!(instr, Instr::Call(_)));
            calls.count()
        };
        local
            .map(|(_, f)| count(&f.block(f.entry_block()).instrs))
            .sum()
    }

    #[test]
    fn what_ends_the_program_says_nothing_any_more() {
        let mut ends = program("core::panicking::panic_fmt::h0123", false);
        trap(&mut ends);
        assert_eq!(calls(&ends), 2);
        for stays in [
            program("core::panicking::panic_count", true),
            program("veldpost_journal::write", false),
        ] {
            let mut stays = stays;
            trap(&mut stays);
            assert_eq!(calls(&stays), 3);
        }
    }

    #[test]
    fn module_and_glue_agree_on_short_names() {
        let mut program = program("any", true);
        let glue = "{ __wbg_say_0123456789abcdef: say, x__wbg_say_0123456789abcdef: 1 }";
        let glue = shorten(&mut program, glue).unwrap();
        assert_eq!(glue, "{ _0: say, x__wbg_say_0123456789abcdef: 1 }");
        assert_eq!(program.imports.iter().next().unwrap().name, "_0");
    }

    #[test]
    fn glue_that_does_not_name_an_import_is_refused() {
        assert!(shorten(&mut program("any", true), "{}").is_err());
    }
}
