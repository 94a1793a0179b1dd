//! From the linked program to the two modules that are served: what a first tap needs, and the rest.
//!
//! The crate behind Leptos' own splitting decides by relocations which function is in which module; the mark
//! is `#[wasm_split]` in `app/src/later.rs`. Deliberately not here: names by content and compression, which are
//! as for any other file (`dist`).

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, anyhow, bail};
use wasm_split_cli_support::{Options, transform};

use crate::build::Quality;
use crate::shell::{capture, target};
use crate::{dist, lean, tools};

/// What the second module is called in the stage, before it is named by its content.
pub const SECOND: &str = "later.wasm";

/// As the splitter names it: after the mark in `app/src/later.rs`.
const SPLIT_OFF: &str = "split_later.wasm";
const LINK: &str = "__wasm_split.js";
const GLUE: &str = "veldpost-app";

/// Puts the main module, its glue and the second module into the stage, in place of Trunk's two files.
pub fn apply(stage: &Path, profile: &str, quality: Quality) -> Result<()> {
    let staged = staged_module(stage)?;
    let parts = target().join("app/parts");
    let _ = std::fs::remove_dir_all(&parts);
    let main = split(&linked(profile), &parts)?;
    bind(&main, &parts)?;
    let glue = read(&parts.join(format!("{GLUE}.js")))?;
    let mut glue = fold(&glue, &read(&parts.join(LINK))?)?;
    if quality == Quality::Release {
        let bound = parts.join(format!("{GLUE}_bg.wasm"));
        glue = lean::lean(&bound, &glue)?;
        glue = dist::shorter(&glue, &parts.join("glue.js"), &["--module"])?;
    }
    let staged_glue = format!("{}.js", staged.trim_end_matches("_bg.wasm"));
    std::fs::write(stage.join(staged_glue), glue)?;
    std::fs::copy(parts.join(format!("{GLUE}_bg.wasm")), stage.join(staged))?;
    std::fs::copy(parts.join(SPLIT_OFF), stage.join(SECOND))?;
    Ok(())
}

/// What Cargo linked, with relocations (`app/build.rs`).
fn linked(profile: &str) -> PathBuf {
    let folder = if profile == "dev" { "debug" } else { profile };
    target()
        .join("wasm32-unknown-unknown")
        .join(folder)
        .join("veldpost-app.wasm")
}

/// The name that Trunk gave to the module, and wrote into the page.
fn staged_module(stage: &Path) -> Result<String> {
    let names: Vec<String> = std::fs::read_dir(stage)
        .with_context(|| format!("{} cannot be read: build again", stage.display()))?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with("_bg.wasm"))
        .collect();
    match names.as_slice() {
        [name] => Ok(name.clone()),
        _ => bail!(
            "Trunk left {} modules and not one: check app/index.html",
            names.len()
        ),
    }
}

fn split(linked: &Path, parts: &Path) -> Result<PathBuf> {
    let program = std::fs::read(linked)
        .with_context(|| format!("{} is not there: build again", linked.display()))?;
    let main = parts.join(format!("{GLUE}.wasm"));
    let (link, glue) = (format!("./{LINK}"), format!("./{GLUE}.js"));
    let mut options = Options::new(&program);
    options.output_dir = parts;
    options.main_out_path = &main;
    options.link_name = &link;
    options.main_module = &glue;
    let made = transform(options)
        .map_err(|error| anyhow!("{error:#}"))
        .context(
            "the program was not split: it must be linked with --emit-relocs (app/build.rs)",
        )?;
    if made.split_modules != [parts.join(SPLIT_OFF)] {
        bail!("two modules are served, but the program became others: check app/src/later.rs");
    }
    Ok(main)
}

/// The linker's exports stay: the second module is linked to them.
fn bind(main: &Path, parts: &Path) -> Result<()> {
    let mut bindgen = Command::new(tools::wasm_bindgen()?.join("wasm-bindgen"));
    bindgen.args([
        "--target",
        "web",
        "--keep-lld-exports",
        "--no-typescript",
        "--out-name",
        GLUE,
        "--out-dir",
    ]);
    capture(bindgen.arg(parts).arg(main)).context("wasm-bindgen did not take the main module")?;
    Ok(())
}

/// The glue imports the loader of the second module, and the loader imports the glue: neither could be named by
/// its content. So the loader becomes part of the glue, and one request less.
fn fold(glue: &str, link: &str) -> Result<String> {
    let changed = || "wasm-bindgen or wasm_split_cli_support writes other JavaScript than before";
    let from_link = format!("\"./{LINK}\"");
    let import = glue
        .lines()
        .find(|line| line.starts_with("import * as ") && line.contains(&from_link))
        .with_context(changed)?;
    let name = import
        .trim_start_matches("import * as ")
        .split_whitespace()
        .next()
        .with_context(changed)?;
    let back = link
        .lines()
        .find(|line| line.starts_with("import { initSync }"))
        .with_context(changed)?;
    let loaders: Vec<&str> = link
        .split("export const ")
        .skip(1)
        .filter_map(|rest| rest.split_whitespace().next())
        .collect();
    let body = link
        .replacen(back, "", 1)
        .replace("export const ", "const ")
        .replace(SPLIT_OFF, SECOND);
    if loaders.is_empty() || body.contains("import ") || body.contains("export ") {
        bail!(changed());
    }
    let folded = format!(
        "const {name} = (() => {{\n{}\nreturn {{ {} }};\n}})();",
        body.trim(),
        loaders.join(", ")
    );
    Ok(glue.replacen(import, &folded, 1))
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("{} is not there", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOADER: &str = "import { initSync } from \"./veldpost-app.js\";\n\
        const shared = () => initSync();\n\
        export const load_later = () => new URL(\"./split_later.wasm\", import.meta.url);\n";

    #[test]
    fn the_loader_becomes_part_of_the_glue_and_nothing_imports_anything() {
        let glue = "import * as import7 from \"./__wasm_split.js\"\n\nuse(import7);\n\
            function initSync() {}\nexport { initSync };\n";
        let folded = fold(glue, LOADER).unwrap();
        assert!(folded.starts_with("const import7 = (() => {\n"), "{folded}");
        assert!(folded.contains("return { load_later };"), "{folded}");
        assert!(
            folded.contains("\"./later.wasm\", import.meta.url"),
            "{folded}"
        );
        assert!(!folded.contains("__wasm_split.js"), "{folded}");
        assert_eq!(folded.matches("export ").count(), 1, "{folded}");
    }

    #[test]
    fn glue_that_is_written_otherwise_is_refused_and_not_shipped() {
        assert!(fold("import \"./other.js\"", LOADER).is_err());
        let glue = "import * as import7 from \"./__wasm_split.js\"";
        assert!(fold(glue, "").is_err());
        assert!(fold(glue, "import { initSync } from \"./a.js\";\n").is_err());
    }

    #[test]
    fn a_stage_without_exactly_one_module_is_refused() {
        let stage = std::env::temp_dir().join(format!("veldpost-stage-{}", std::process::id()));
        std::fs::create_dir_all(&stage).unwrap();
        assert!(staged_module(&stage).is_err());
        std::fs::write(stage.join("app-1_bg.wasm"), "").unwrap();
        assert_eq!(staged_module(&stage).unwrap(), "app-1_bg.wasm");
        std::fs::write(stage.join("app-2_bg.wasm"), "").unwrap();
        assert!(staged_module(&stage).is_err());
        std::fs::remove_dir_all(&stage).unwrap();
    }
}
