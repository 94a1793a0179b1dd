//! `cargo xtask icons`: the pictures of `public/icons` from one drawing, by the browser that shows them.
//!
//! Deliberately not here: drawing by a library; that would be thirty crates for six files a year.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::arguments::Arguments;
use crate::shell::{capture, root, say};
use crate::tools;

/// A house that is a letter; all of it lies inside the circle that a mask may leave (80 %).
const HOUSE: &str = "M256 100 408 212v172a22 22 0 0 1-22 22H126a22 22 0 0 1-22-22V212z";
const FLAP: &str = "m92 216 164 106 164-106";
const TEAL: &str = "#0b5c5c";

enum Ground {
    /// A square with round corners on nothing.
    Rounded,
    /// To the edge: the phone cuts its own shape.
    Full,
    /// No ground: the phone gives the shape its own colour.
    None,
}

const ICONS: [(&str, u32, Ground); 5] = [
    ("icon-192.png", 192, Ground::Rounded),
    ("icon-512.png", 512, Ground::Rounded),
    ("maskable-512.png", 512, Ground::Full),
    ("monochrome-512.png", 512, Ground::None),
    ("apple-touch-180.png", 180, Ground::Full),
];

/// `cargo xtask icons`
pub fn command(arguments: &[String]) -> Result<()> {
    Arguments::new("icons", arguments).finish()?;
    tools::browser()?;
    let folder = root().join("public/icons");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("icon.svg"), drawing(&Ground::Rounded) + "\n")?;
    for (name, size, ground) in &ICONS {
        picture(&drawing(ground), *size, &folder.join(name))?;
        say(&format!("public/icons/{name}"));
    }
    Ok(())
}

fn drawing(ground: &Ground) -> String {
    let corner = if matches!(ground, Ground::Rounded) {
        " rx=\"104\""
    } else {
        ""
    };
    let flap = format!("fill=\"none\" stroke-width=\"24\" stroke-linejoin=\"round\" d=\"{FLAP}\"");
    let inside = if matches!(ground, Ground::None) {
        format!(
            "<mask id=\"m\"><rect width=\"512\" height=\"512\" fill=\"#fff\"/>\
             <path stroke=\"#000\" {flap}/></mask><path mask=\"url(#m)\" fill=\"#fff\" d=\"{HOUSE}\"/>"
        )
    } else {
        format!(
            "<rect width=\"512\" height=\"512\"{corner} fill=\"{TEAL}\"/>\
             <path fill=\"#fff\" d=\"{HOUSE}\"/><path stroke=\"{TEAL}\" {flap}/>"
        )
    };
    format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 512 512\">{inside}</svg>")
}

fn picture(drawing: &str, size: u32, file: &Path) -> Result<()> {
    let page = std::env::temp_dir().join(format!("veldpost-icon-{}.html", std::process::id()));
    let sized = drawing.replacen(
        "<svg",
        &format!("<svg width=\"{size}\" height=\"{size}\""),
        1,
    );
    let style = "<style>body{margin:0;overflow:hidden}svg{display:block}</style>";
    std::fs::write(&page, format!("<!doctype html>{style}{sized}"))?;
    let mut chromium = Command::new("chromium");
    chromium.args([
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
    ]);
    chromium.args([
        "--disable-background-networking",
        "--default-background-color=00000000",
    ]);
    chromium.arg(format!("--window-size={size},{size}"));
    chromium.arg(format!("--screenshot={}", file.display()));
    chromium.arg(format!("file://{}", page.display()));
    let outcome = capture(&mut chromium).context("the icon could not be drawn: is Chromium whole?");
    let _ = std::fs::remove_file(&page);
    outcome?;
    let bytes = std::fs::read(file).context("Chromium wrote no picture: run again")?;
    let side = |at: usize| {
        bytes.get(at..at + 4).map(|part| {
            part.iter()
                .fold(0, |sum, byte| (sum << 8) | u32::from(*byte))
        })
    };
    if side(16) != Some(size) || side(20) != Some(size) {
        bail!(
            "{} is not {size} pixels wide and high: run again",
            file.display()
        );
    }
    Ok(())
}
