//! The tools that a build needs, each installed once for the user and not once a checkout.
//!
//! Deliberately not here: tools that every Rust developer has, and Trunk's own downloads, which fail
//! behind a closed network and fetch what nobody pinned.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::shell::{answers, capture, cargo, root, run, say};

const TRUNK: &str = "0.21.14";
const BINARYEN: &str = "132.0.0";
const AXE: &str = "4.14.1";
const TERSER: &str = "5.51.2";

/// The folder of one tool in one version, whether it is there or not.
fn place(name: &str, version: &str) -> Result<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .filter(|folder| !folder.is_empty())
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))
        .context("neither XDG_CACHE_HOME nor HOME is set: set one, the tools are kept below it")?;
    Ok(cache
        .join("veldpost/tools")
        .join(format!("{name}-{version}")))
}

/// Installs into a folder beside the place and renames it, so that a broken install is never taken for one.
fn once(name: &str, version: &str, install: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let place = place(name, version)?;
    if place.exists() {
        return Ok(place);
    }
    say(&format!(
        "  installing {name} {version}, once for this user"
    ));
    let half = place.with_file_name(format!("{name}-{version}.part-{}", std::process::id()));
    let outcome = std::fs::create_dir_all(&half)
        .with_context(|| format!("{} cannot be made: check its permissions", half.display()))
        .and_then(|()| install(&half));
    if let Err(error) = outcome {
        let _ = std::fs::remove_dir_all(&half);
        return Err(error).with_context(|| {
            format!("{name} {version} could not be installed: check the network and run again")
        });
    }
    // Another run may have been faster; its install is as good as this one.
    if std::fs::rename(&half, &place).is_err() && !place.exists() {
        bail!(
            "{} could not be put in place: check its permissions",
            place.display()
        );
    }
    Ok(place)
}

/// A Python of its own that has these packages: a virtual environment cannot be moved, so a mark says that it is whole.
pub fn python(name: &str, version: &str, packages: &[&str]) -> Result<PathBuf> {
    let place = place(name, version)?;
    let (python, ready) = (place.join("bin/python"), place.join("ready"));
    if ready.exists() {
        return Ok(python);
    }
    python_with_venv()?;
    say(&format!(
        "  installing {name} {version}, once for this user"
    ));
    std::fs::create_dir_all(&place)?;
    let venv = ["-m", "venv", "--clear"];
    capture(Command::new("python3").args(venv).arg(&place))
        .context("the environment was not made: install Python's venv and run again")?;
    let install = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ];
    capture(Command::new(&python).args(install).args(packages))
        .with_context(|| format!("{name} was not installed: check the network and run again"))?;
    std::fs::write(ready, "")?;
    Ok(python)
}

/// Python with what makes such an environment and fills it: on Debian and Ubuntu a package of its own.
fn python_with_venv() -> Result<()> {
    let mut asked = Command::new("python3");
    if capture(asked.args(["-c", "import ensurepip, venv"])).is_ok() {
        return Ok(());
    }
    system_packages(
        &["python3-venv"],
        "two checks need Python 3.10 or newer with venv and pip",
    )
}

/// The compiler's target for the browser.
pub fn wasm_target() -> Result<()> {
    const TARGET: &str = "wasm32-unknown-unknown";
    rustup_has(
        &format!("lib/rustlib/{TARGET}"),
        &format!("the target {TARGET}"),
        &["target", "add", TARGET],
    )
}

/// The source of the standard library, which is compiled with the app.
pub fn rust_source() -> Result<()> {
    rustup_has(
        "lib/rustlib/src/rust/library/Cargo.lock",
        "the source of Rust's standard library",
        &["component", "add", "rust-src"],
    )
}

/// Looks for a part of the compiler's folder, and lets rustup install what is missing.
fn rustup_has(part: &str, what: &str, install: &[&str]) -> Result<()> {
    let sysroot = capture(
        Command::new("rustc")
            .current_dir(root())
            .args(["--print", "sysroot"]),
    )?;
    if Path::new(sysroot.trim()).join(part).exists() {
        return Ok(());
    }
    if !answers("rustup") {
        bail!("the compiler lacks {what}: install it with your Rust, or use rustup (rustup.rs)");
    }
    say(&format!("  installing {what}"));
    run(Command::new("rustup").current_dir(root()).args(install))
        .with_context(|| format!("{what} was not installed: check the network and run again"))
}

/// The folder that holds `trunk`.
pub fn trunk() -> Result<PathBuf> {
    let install = |folder: &Path| {
        let version = TRUNK;
        // A debug build takes a third of the time and builds the app just as fast.
        run(installation(folder).args(["trunk", "--version", version, "--locked", "--debug"]))
    };
    Ok(once("trunk", TRUNK, install)?.join("bin"))
}

/// The folder that holds `wasm-bindgen` and its test runner, of the version that the app is built with.
pub fn wasm_bindgen() -> Result<PathBuf> {
    let version = locked_version("wasm-bindgen")?;
    let install = |folder: &Path| {
        run(installation(folder).args(["wasm-bindgen-cli", "--version", &version, "--debug"]))
    };
    Ok(once("wasm-bindgen-cli", &version, install)?.join("bin"))
}

fn installation(folder: &Path) -> Command {
    let mut command = cargo();
    command.args(["install", "--root"]).arg(folder);
    command
}

/// A command that is `wasm-opt`.
pub fn wasm_opt() -> Result<Command> {
    let folder = once("binaryen", BINARYEN, |folder| {
        npm_install(folder, "binaryen", BINARYEN)
    })?;
    let mut command = Command::new("node");
    command.arg(folder.join("node_modules/binaryen/bin/wasm-opt"));
    Ok(command)
}

/// A command that makes JavaScript shorter.
pub fn terser() -> Result<Command> {
    let folder = once("terser", TERSER, |folder| {
        npm_install(folder, "terser", TERSER)
    })?;
    let mut command = Command::new("node");
    command.arg(folder.join("node_modules/terser/bin/terser"));
    Ok(command)
}

/// The file of axe-core, which checks a page's accessibility.
pub fn axe() -> Result<PathBuf> {
    let folder = once("axe-core", AXE, |folder| {
        npm_install(folder, "axe-core", AXE)
    })?;
    Ok(folder.join("node_modules/axe-core/axe.min.js"))
}

fn npm_install(folder: &Path, name: &str, version: &str) -> Result<()> {
    if !answers("npm") || !answers("node") {
        bail!("{name} needs Node.js: install Node.js 20 or newer with npm");
    }
    let quiet = [
        "--no-save",
        "--no-package-lock",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
    ];
    let mut command = Command::new("npm");
    command
        .current_dir(folder)
        .args(["install", "--prefix", "."])
        .args(quiet);
    capture(command.arg(format!("{name}@{version}"))).map(|_| ())
}

/// A browser and its driver.
pub fn browser() -> Result<()> {
    if answers("chromium") && answers("chromedriver") {
        return Ok(());
    }
    system_packages(
        &["chromium", "chromium-driver"],
        "the journeys need Chromium and ChromeDriver",
    )
}

/// What counts a browser's flushes from outside.
pub fn strace() -> Result<()> {
    if answers("strace") {
        return Ok(());
    }
    system_packages(&["strace"], "the journeys count flushes with strace")
}

/// What gives a server another date than the machine's.
pub fn faketime() -> Result<()> {
    if answers("faketime") {
        return Ok(());
    }
    system_packages(
        &["faketime"],
        "the journeys let an invitation expire with faketime",
    )
}

/// Packages of the system; on Debian and Ubuntu they are installed when the user may.
fn system_packages(names: &[&str], why: &str) -> Result<()> {
    let all = names.join(" ");
    let remedy = format!("{why}: apt-get install {all}");
    let root = capture(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    let sudo = !root
        && Command::new("sudo")
            .args(["-n", "true"])
            .status()
            .is_ok_and(|s| s.success());
    if !answers("apt-get") || !(root || sudo) {
        bail!("{remedy}");
    }
    say(&format!("  installing {all}"));
    let apt = |arguments: &[&str]| {
        let mut command = Command::new(if root { "apt-get" } else { "sudo" });
        if !root {
            command.args(["-n", "apt-get"]);
        }
        let quiet = command
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive");
        capture(quiet).context(remedy.clone())
    };
    apt(&["update", "-qq"])?;
    let install = ["install", "-y", "-qq", "--no-install-recommends"];
    apt(&[&install, names].concat()).map(|_| ())
}

/// Where on `PATH` a program is.
pub fn on_path(program: &str) -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.exists())
        .with_context(|| format!("{program} is not on PATH: install it"))
}

/// `PATH` with the folders of these tools in front.
pub fn path_with(folders: &[PathBuf]) -> Result<OsString> {
    let rest = std::env::var_os("PATH").unwrap_or_default();
    let all = folders.iter().cloned().chain(std::env::split_paths(&rest));
    std::env::join_paths(all).context("a folder of PATH has a separator in its name: rename it")
}

/// The version of a crate in `Cargo.lock`.
fn locked_version(name: &str) -> Result<String> {
    let lock = std::fs::read_to_string(root().join("Cargo.lock"))
        .context("Cargo.lock is missing: restore it with git")?;
    version_in(&lock, name)
        .with_context(|| format!("{name} is not in Cargo.lock: run `cargo metadata` once"))
}

fn version_in(lock: &str, name: &str) -> Option<String> {
    let (_, rest) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
    rest.split_once('"').map(|(version, _)| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locked_version_is_of_the_crate_itself_and_not_of_one_that_begins_alike() {
        let lock = "name = \"wasm-bindgen-macro\"\nversion = \"9.9.9\"\n\n\
            [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(version_in(lock, "wasm-bindgen").as_deref(), Some("0.2.130"));
        assert_eq!(version_in(lock, "wasm"), None);
    }

    #[test]
    fn a_failed_install_leaves_nothing_that_counts_as_installed() {
        let name = format!("test-{}", std::process::id());
        let failed = once(&name, "1", |_| bail!("no network"));
        assert!(failed.is_err_and(|error| format!("{error:#}").contains("run again")));
        assert!(!place(&name, "1").unwrap().exists());
    }
}
