//! Turns `locales/*.txt` into constants, and refuses a text that lacks a language or a placeholder.
//! Asks the linker for relocations: from them `xtask/src/split.rs` knows what the second module needs.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, process};

fn main() {
    if env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|family| family == "wasm") {
        println!("cargo::rustc-link-arg-bins=--emit-relocs");
    }
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    if let Err(problem) = texts(&root.join("locales"), &out) {
        println!("cargo::error={problem}");
        process::exit(1);
    }
}

/// Dutch: one `pub mod` a file, one `pub const` a text. English: one list of all, for the second module.
fn texts(folder: &Path, out: &Path) -> Result<(), String> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .map_err(|error| format!("{}: {error}", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    files.sort();
    let (mut code, mut english) = (String::new(), Vec::new());
    for file in files {
        let text = fs::read_to_string(&file).map_err(|error| error.to_string())?;
        let stem = file
            .file_stem()
            .and_then(|stem| stem.to_str())
            .unwrap_or_default();
        let module = module(&text, &mut english)
            .map_err(|(line, why)| format!("{stem}.txt:{line}: {why}"))?;
        let _ = writeln!(
            code,
            "/// Texts of `locales/{stem}.txt`.\npub mod {stem} {{\n{module}}}"
        );
    }
    let write = |name, code| fs::write(out.join(name), code).map_err(|error| error.to_string());
    write("texts.rs", code)?;
    write("english.rs", format!("{english:?}"))
}

type Entry<'a> = (usize, &'a str, Option<&'a str>, Option<&'a str>);

fn module(text: &str, english: &mut Vec<String>) -> Result<String, (usize, String)> {
    let mut entries: Vec<Entry> = Vec::new();
    for (number, line) in text
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
    {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        if !line.starts_with(' ') {
            let key = line.trim();
            if !key
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            {
                return Err((number, format!("`{key}` is not a key: use a-z, 0-9 and _")));
            }
            entries.push((number, key, None, None));
            continue;
        }
        let Some(entry) = entries.last_mut() else {
            return Err((number, "a text before the first key".into()));
        };
        match line.trim_start().split_once(' ') {
            Some(("nl", value)) if entry.2.is_none() => entry.2 = Some(value.trim()),
            Some(("en", value)) if entry.3.is_none() => entry.3 = Some(value.trim()),
            _ => return Err((number, "expected `  nl …` or `  en …`, each once".into())),
        }
    }
    let mut seen = BTreeSet::new();
    let mut code = String::new();
    for (number, key, nl, en) in entries {
        let (Some(nl), Some(en)) = (nl, en) else {
            return Err((number, format!("`{key}` needs both `nl` and `en`")));
        };
        if !seen.insert(key) {
            return Err((number, format!("`{key}` stands here twice")));
        }
        if placeholders(nl) != placeholders(en) {
            return Err((
                number,
                format!("`{key}`: the languages differ in {{placeholders}}"),
            ));
        }
        let _ = writeln!(
            code,
            "    /// {}\n    pub const {}: super::Text = super::Text {{ nl: {nl:?}, number: {} }};",
            nl.replace('[', "\\[").replace(']', "\\]"),
            key.to_uppercase(),
            english.len(),
        );
        english.push(en.to_owned());
    }
    Ok(code)
}

fn placeholders(text: &str) -> BTreeSet<&str> {
    text.split('{')
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('}')?.0))
        .collect()
}
