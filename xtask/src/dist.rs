//! From what Trunk built to what is served: one stylesheet, the smallest WebAssembly, names that hold their
//! content's hash, the service worker with its list, and compressed copies.
//!
//! Deliberately not here: building; and serving, which reads `build.json` as it is written here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::build::Quality;
use crate::shell::{capture, root};
use crate::tools;

/// The list of a build, read by the server.
const BUILD_LIST: &str = "build.json";
const WORKER: &str = "service-worker.js";
const PAGE: &str = "index.html";
/// Fetched by the browser itself when it installs the app, or for machines; never needed offline.
const NOT_KEPT: [&str; 4] = [WORKER, "icons/", "screenshots/", "robots.txt"];

/// Which worker a build gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worker {
    /// The one that keeps the app's files.
    Shell,
    /// The one that removes them: see `docs/operations.md`.
    KillSwitch,
}

/// The files of a build by path, before they are written.
type Files = BTreeMap<String, Vec<u8>>;

/// Makes `dist` from `stage`, as a whole: an interrupted run leaves the earlier `dist` in place.
pub fn assemble(stage: &Path, dist: &Path, quality: Quality, worker: Worker) -> Result<()> {
    let mut files = Files::new();
    read_folder(stage, stage, &mut files)?;
    if !files.contains_key(PAGE) {
        bail!(
            "{} holds no {PAGE}: Trunk did not finish, run again",
            stage.display()
        );
    }
    if quality == Quality::Release {
        optimise(&mut files, stage)?;
    }
    join_stylesheets(&mut files)?;
    put_scripts_into_pages(&mut files, quality, stage)?;
    compile_early(&mut files)?;
    let hashed = name_by_content(&mut files)?;
    let version = add_worker(&mut files, worker)?;
    let half = dist.with_extension("part");
    let _ = std::fs::remove_dir_all(&half);
    for (path, content) in &files {
        let file = half.join(path);
        std::fs::create_dir_all(file.parent().unwrap_or(&half))?;
        std::fs::write(&file, content).with_context(|| format!("{path} cannot be written"))?;
    }
    compress(&half)?;
    let listed: Vec<_> = files
        .iter()
        .map(|(path, content)| listed(&half, path, content, hashed.contains(path)))
        .collect();
    let scripts: Vec<String> = inline_scripts(&text(&files, PAGE)?)
        .iter()
        .map(hash_source)
        .collect();
    let list = json!({"version": version, "script_hashes": scripts, "files": listed});
    std::fs::write(half.join(BUILD_LIST), serde_json::to_vec_pretty(&list)?)?;
    let _ = std::fs::remove_dir_all(dist);
    std::fs::rename(&half, dist).with_context(|| {
        format!(
            "{} cannot be put in place: stop what uses it",
            dist.display()
        )
    })
}

/// A file as the list names it, with its compressed copies: browsers get those, so that the server compares them too.
fn listed(folder: &Path, path: &str, content: &[u8], hashed: bool) -> serde_json::Value {
    let mut listed = json!({
        "path": path, "sha256": hex(content), "bytes": content.len(), "hashed": hashed,
    });
    for (name, ending) in [("brotli", "br"), ("gzip", "gz")] {
        if let Ok(copy) = std::fs::read(folder.join(format!("{path}.{ending}"))) {
            listed[name] = json!(hex(&copy));
        }
    }
    listed
}

fn read_folder(top: &Path, folder: &Path, files: &mut Files) -> Result<()> {
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("{} cannot be read: build again", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            read_folder(top, &path, files)?;
        } else {
            let name = path.strip_prefix(top)?.to_string_lossy().replace('\\', "/");
            files.insert(name, std::fs::read(&path)?);
        }
    }
    Ok(())
}

/// The modules of the build, made smaller. What one exports for the other stays.
fn optimise(files: &mut Files, stage: &Path) -> Result<()> {
    let modules: Vec<String> = files
        .keys()
        .filter(|path| is_module(path))
        .cloned()
        .collect();
    if modules.is_empty() {
        bail!("the build holds no .wasm file: check app/index.html");
    }
    let out = stage.with_extension("wasm");
    for path in modules {
        smallest(&stage.join(&path), &out, tools::wasm_opt()?)?;
        files.insert(path, std::fs::read(&out)?);
    }
    Ok(std::fs::remove_file(&out)?)
}

fn is_module(path: &str) -> bool {
    path.ends_with(".wasm")
}

/// `-Oz` with the features that the module already uses, and no others: a browser of 2022 must load it. Below address
/// 1024 lies the far end of the stack, so nothing that the program points at is there.
pub fn smallest(module: &Path, out: &Path, mut command: Command) -> Result<()> {
    let features = [
        "--enable-bulk-memory",
        "--enable-sign-ext",
        "--enable-mutable-globals",
        "--enable-nontrapping-float-to-int",
        "--enable-reference-types",
        "--enable-multivalue",
    ];
    command.arg(module).arg("-o").arg(out);
    command.args(["-Oz", "--low-memory-unused", "--strip-producers"]);
    capture(command.args(features)).context("wasm-opt did not take the module")?;
    Ok(())
}

/// Six small stylesheets are six requests before the first paint, so they become one, in their order.
fn join_stylesheets(files: &mut Files) -> Result<()> {
    let mut page = text(files, PAGE)?;
    let mut joined = String::new();
    let mut first_tag = None;
    for (tag, href) in stylesheet_links(&page) {
        let path = href.trim_start_matches('/').to_owned();
        joined.push_str(&without_comments(&text(files, &path)?));
        files.remove(&path);
        if first_tag.is_none() {
            page = page.replacen(&tag, "<link rel=\"stylesheet\" href=\"/app.css\"/>", 1);
            first_tag = Some(tag);
        } else {
            page = page.replacen(&tag, "", 1);
        }
    }
    if first_tag.is_some() {
        files.insert(String::from("app.css"), joined.into_bytes());
        files.insert(PAGE.to_owned(), page.into_bytes());
    }
    Ok(())
}

/// A script that must run before the first paint holds the page up until it is fetched, so it becomes part of the page.
fn put_scripts_into_pages(files: &mut Files, quality: Quality, stage: &Path) -> Result<()> {
    let pages: Vec<String> = files
        .keys()
        .filter(|path| path.ends_with(".html"))
        .cloned()
        .collect();
    let mut gone = Vec::new();
    for path in pages {
        let mut page = text(files, &path)?;
        while let Some((before, rest)) = page.split_once("<script src=\"/") {
            let (name, after) = rest
                .split_once("\"></script>")
                .with_context(|| format!("{path}: a script with src and more: check it"))?;
            let script = text(files, name)?;
            let script = match quality {
                Quality::Release => shorter(&script, &stage.with_extension("js"), &[])?,
                Quality::Dev => script,
            };
            gone.push(name.to_owned());
            page = format!("{before}<script>{}</script>{after}", script.trim());
        }
        files.insert(path, page.into_bytes());
    }
    for name in gone {
        files.remove(&name);
    }
    Ok(())
}

/// Trunk's script waits for the whole page and its styles before it asks for the module. Now a script in the head has the browser compile
/// it at once, and Trunk's only puts it to work.
fn compile_early(files: &mut Files) -> Result<()> {
    let page = text(files, PAGE)?;
    let early = compiling_early(&page).with_context(|| {
        format!("{PAGE}: Trunk writes the module's start otherwise: see compile_early in xtask")
    })?;
    files.insert(PAGE.to_owned(), early.into_bytes());
    Ok(())
}

fn compiling_early(page: &str) -> Option<String> {
    let (before, rest) = page.split_once("<script type=\"module\">\nimport init")?;
    let (import, rest) = rest.split_once("const wasm = await init({ module_or_path: '")?;
    let (module, after) = rest.split_once("' });")?;
    // A preload that stands behind the script is not what the script's request takes.
    let (after, links) = after.split_once("<link rel=\"modulepreload\"")?;
    let (links, end) = links.split_once("</head>")?;
    // WebKit's `fetch` takes no preload: the module would come twice. The script asks as early; the link only names the
    // program from now on (`app::browser::life::program`).
    let links = links.replace("rel=\"preload\"", "rel=\"program\"");
    let after = format!("{after}</head>{end}");
    Some(format!(
        "{before}<link rel=\"modulepreload\"{links}\n<script>globalThis.appModule = WebAssembly.compileStreaming(fetch(\"{module}\"))</script>\n\
        <script type=\"module\" async>\nimport init{import}\
        document.body ?? await new Promise((there) => addEventListener(\"DOMContentLoaded\", there));\n\
        const wasm = await init({{ module_or_path: appModule }});{after}"
    ))
}

/// A script without what only people read.
pub fn shorter(script: &str, place: &Path, options: &[&str]) -> Result<String> {
    std::fs::write(place, script)?;
    let mut terser = tools::terser()?;
    terser.arg(place).args(["--compress", "--mangle"]);
    let shorter = capture(terser.args(options)).context("terser did not take a script")?;
    std::fs::remove_file(place)?;
    Ok(shorter)
}

fn stylesheet_links(page: &str) -> Vec<(String, String)> {
    page.split_inclusive('>')
        .filter_map(|piece| piece.rfind("<link").and_then(|start| piece.get(start..)))
        .filter(|tag| tag.contains("rel=\"stylesheet\""))
        .filter_map(|tag| Some((tag.to_owned(), attribute(tag, "href")?)))
        .collect()
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split_once('"').map(|(value, _)| value.to_owned())
}

/// Comments and indents go; brotli does the rest better than a minifier would.
fn without_comments(css: &str) -> String {
    let mut kept = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((before, after)) = rest.split_once("/*") {
        kept.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    kept.push_str(rest);
    kept.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .fold(String::with_capacity(kept.len()), |mut lines, line| {
            lines.push_str(line);
            lines.push('\n');
            lines
        })
}

/// Renames what `index.html` loads, and the modules that scripts load later, to its own content's hash, so that
/// it may be kept for ever. The hash that Trunk put into a name is of the content before it was made smaller here.
fn name_by_content(files: &mut Files) -> Result<Vec<String>> {
    let mut hashed = Vec::new();
    let loaded = |path: &str| {
        !path.contains('/')
            && [".css", ".wasm", ".js"]
                .iter()
                .any(|end| path.ends_with(end))
    };
    let page = text(files, PAGE)?;
    // A worker that the app starts by its plain name keeps that name.
    let named = |path: &str| page.contains(path) || is_module(path);
    let mut names: Vec<String> = files
        .keys()
        .filter(|path| loaded(path) && named(path))
        .cloned()
        .collect();
    // Scripts name the modules, so the modules get their names first.
    names.sort_by_key(|path| !is_module(path));
    for old in names {
        let Some(content) = files.remove(&old) else {
            continue;
        };
        let (stem, ending) = old.rsplit_once('.').unwrap_or((&old, ""));
        let stem = stem.trim_end_matches("_bg");
        let stem = stem.split_once('-').map_or(stem, |_| "veldpost");
        let new = format!(
            "{stem}-{}.{ending}",
            hex(&content).get(..16).unwrap_or_default()
        );
        for other in [".html", ".js"] {
            replace_in(files, other, &old, &new);
        }
        files.insert(new.clone(), content);
        hashed.push(new);
    }
    Ok(hashed)
}

fn replace_in(files: &mut Files, ending: &str, old: &str, new: &str) {
    for (_, content) in files.iter_mut().filter(|(path, _)| path.ends_with(ending)) {
        if let Ok(text) = std::str::from_utf8(content)
            && text.contains(old)
        {
            *content = text.replace(old, new).into_bytes();
        }
    }
}

/// The worker's list and version come from the files themselves, so that any change makes another version.
fn add_worker(files: &mut Files, worker: Worker) -> Result<String> {
    let name = if worker == Worker::Shell {
        WORKER
    } else {
        "kill-switch.js"
    };
    let source = root().join("service-worker").join(name);
    let source = std::fs::read_to_string(&source)
        .with_context(|| format!("service-worker/{name} is missing: restore it with git"))?;
    let kept: Vec<_> = files
        .iter()
        .filter(|(path, _)| !NOT_KEPT.iter().any(|not| path.starts_with(not)))
        .map(|(path, content)| json!([format!("/{path}"), hex(content)]).to_string())
        .collect();
    let list = kept.join(",\n  ");
    let version = hex(format!("{source}{list}").as_bytes());
    let version = version.get(..12).unwrap_or_default().to_owned();
    let filled = source
        .replace("\"@version@\"", &format!("\"{version}\""))
        .replace("[\"@files@\"]", &format!("[\n  {list}\n]"));
    if worker == Worker::Shell && (filled.contains("@version@") || filled.contains("@files@")) {
        bail!("service-worker/{name} has no place for its list: restore it with git");
    }
    files.insert(WORKER.to_owned(), filled.into_bytes());
    Ok(version)
}

/// The scripts that stand in the page itself; the policy names each by its hash.
fn inline_scripts(page: &str) -> Vec<String> {
    page.split("<script")
        .skip(1)
        .filter_map(|piece| piece.split_once('>'))
        .filter(|(attributes, _)| !attributes.contains("src="))
        .filter_map(|(_, rest)| rest.split_once("</script>"))
        .map(|(script, _)| script.to_owned())
        .collect()
}

fn hash_source(script: &String) -> String {
    let digest =
        base64::engine::general_purpose::STANDARD.encode(Sha256::digest(script.as_bytes()));
    format!("'sha256-{digest}'")
}

fn compress(dist: &Path) -> Result<()> {
    let script: PathBuf = root().join("xtask/src/compress.mjs");
    let mut command = Command::new("node");
    capture(command.arg(script).arg(dist))
        .map(|_| ())
        .context("compressing needs Node.js: install Node.js 20 or newer")
}

fn text(files: &Files, path: &str) -> Result<String> {
    let content = files
        .get(path)
        .with_context(|| format!("{path} is not in the build"))?;
    Ok(String::from_utf8_lossy(content).into_owned())
}

pub fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(list: &[(&str, &str)]) -> Files {
        list.iter()
            .map(|(path, content)| ((*path).to_owned(), content.as_bytes().to_vec()))
            .collect()
    }

    #[test]
    fn the_list_names_what_browsers_get() {
        let folder = std::env::temp_dir().join(format!("veldpost-listed-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("a.js.br"), "smaller").unwrap();
        let file = listed(&folder, "a.js", b"larger", true);
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(file["sha256"], hex(b"larger"));
        assert_eq!(file["brotli"], hex(b"smaller"));
        assert!(file.get("gzip").is_none() && file["hashed"] == true);
    }

    #[test]
    fn stylesheets_become_one_in_the_order_of_the_page() {
        let page = "<head><link rel=\"stylesheet\" href=\"/b-1.css\"/><title>x</title>\
            <link rel=\"stylesheet\" href=\"/a-2.css\"/></head>";
        let mut files = files(&[
            ("index.html", page),
            ("a-2.css", "a{}"),
            ("b-1.css", "/* why */\n  b{}\n"),
        ]);
        join_stylesheets(&mut files).unwrap();
        assert_eq!(text(&files, "app.css").unwrap(), "b{}\na{}\n");
        let page = text(&files, "index.html").unwrap();
        assert_eq!(
            page,
            "<head><link rel=\"stylesheet\" href=\"/app.css\"/><title>x</title></head>"
        );
        assert!(!files.contains_key("a-2.css"));
    }

    #[test]
    fn a_changed_module_gets_another_name_everywhere() {
        let build = |main: &str, second: &str| {
            let page = "<script>import '/app-0_bg.wasm'; import '/app-0.js'</script>";
            let mut files = files(&[
                ("index.html", page),
                ("app-0.js", "load('app-0_bg.wasm'); later('./later.wasm')"),
                ("app-0_bg.wasm", main),
                ("later.wasm", second),
                ("worker.js", "plain name"),
            ]);
            let hashed = name_by_content(&mut files).unwrap();
            assert!(files.contains_key("worker.js") && !files.contains_key("app-0.js"));
            let page = text(&files, "index.html").unwrap();
            let [main, later, glue] = hashed.as_slice() else {
                panic!("{hashed:?}");
            };
            assert!(page.contains(main) && page.contains(glue), "{page}");
            assert!(!page.contains(later), "{page}");
            assert!(text(&files, glue).unwrap().contains(&format!("./{later}")));
            hashed
        };
        let first = build("one", "later");
        let main_changed = build("two", "later");
        assert_eq!(first.get(1), main_changed.get(1));
        assert!(first.first() != main_changed.first() && first.get(2) != main_changed.get(2));
        // The page does not name the second module, but it names the glue, which does.
        let later_changed = build("one", "other");
        assert_eq!(first.first(), later_changed.first());
        assert!(first.get(1) != later_changed.get(1) && first.get(2) != later_changed.get(2));
    }

    #[test]
    fn a_worker_with_a_plain_name_finds_its_module_by_the_name_of_its_content() {
        let mut files = files(&[
            ("index.html", "<script>import '/app-0_bg.wasm'</script>"),
            ("app-0_bg.wasm", "app"),
            ("scan.wasm", "reader"),
            ("scan-worker.js", "fetch(\"/scan.wasm\")"),
        ]);
        let hashed = name_by_content(&mut files).unwrap();
        let module = hashed
            .iter()
            .find(|name| name.starts_with("scan-"))
            .unwrap();
        let worker = text(&files, "scan-worker.js").unwrap();
        assert_eq!(worker, format!("fetch(\"/{module}\")"));
        assert!(!text(&files, "index.html").unwrap().contains("scan"));
    }

    #[test]
    fn the_module_is_compiled_before_the_page_is_read() {
        let page = "<head>\n<script type=\"module\">\nimport init, * as b from '/a.js';\n\
            const wasm = await init({ module_or_path: '/a.wasm' });\nmore()</script>\
            <link rel=\"modulepreload\" href=\"/a.js\"><link rel=\"preload\" href=\"/a.wasm\"></head>";
        let early = compiling_early(page).unwrap();
        let [compile, start]: [String; 2] = inline_scripts(&early).try_into().unwrap();
        assert!(compile.ends_with("compileStreaming(fetch(\"/a.wasm\"))"));
        assert!(start.starts_with("\nimport init, * as b from '/a.js';"));
        assert!(start.ends_with("init({ module_or_path: appModule });\nmore()"));
        let links = early.find("<link rel=\"modulepreload\"").unwrap();
        assert!(links < early.find("<script>").unwrap());
        // WebKit fetches what is preloaded and asked for by a script twice.
        assert!(!early.contains("rel=\"preload\""));
        assert!(early.contains("<link rel=\"program\" href=\"/a.wasm\">"));
        assert!(compiling_early("<script type=\"module\">other()</script>").is_none());
    }

    #[test]
    fn the_policy_names_inline_scripts_only() {
        let page = "<script src=\"/a.js\"></script><script type=\"module\">\nrun()\n</script>";
        assert_eq!(inline_scripts(page), ["\nrun()\n"]);
        // The hash of the empty script, a published value.
        assert_eq!(
            hash_source(&String::new()),
            "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
        );
    }

    #[test]
    fn any_changed_file_makes_another_version_of_the_worker() {
        let version = |content: &str| {
            let mut files = files(&[("index.html", content), ("screenshots/a.png", content)]);
            let version = add_worker(&mut files, Worker::Shell).unwrap();
            let worker = text(&files, WORKER).unwrap();
            assert!(worker.contains(&format!("\"{version}\"")));
            assert!(worker.contains("\"/index.html\"") && !worker.contains("screenshots"));
            version
        };
        assert_eq!(version("a"), version("a"));
        assert_ne!(version("a"), version("b"));
    }
}
