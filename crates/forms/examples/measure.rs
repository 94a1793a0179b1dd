//! Size of a compiled form and time an answer takes: `cargo run --release --example measure -- DIR`.
//!
//! Not here: budgets; `cargo xtask size` and `bench` hold those.
#![expect(clippy::print_stdout, reason = "that is what it is for")]

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use veldpost_forms::{Form, Moment, Session, reader};

fn main() -> Result<(), Box<dyn core::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: measure DIR")?;
    let bytes = reader::read(&reader::load(Path::new(&folder))?)?.to_bytes();
    if let Some(out) = std::env::args().nth(2) {
        std::fs::write(out, &bytes)?;
    }
    println!("bytes {}", bytes.len());
    let started = Instant::now();
    let form = Arc::new(Form::from_bytes(&bytes)?);
    println!("from_bytes {:?}", started.elapsed());
    let now = Moment {
        at: 1_795_212_000_000,
        offset_minutes: 60,
    };
    let started = Instant::now();
    let mut session = Session::create(form, now);
    println!("create {:?}", started.elapsed());
    let answers = [
        ("night_place", "family_friends"),
        ("living_subsituation", "garage_shed"),
        ("source", "spoken"),
        ("municipality_stay", "enschede"),
        ("minors_here", "more"),
        ("minors_more", "16"),
        ("minors_direct[16]/minor_birth_year", "2020"),
        ("gender", "man"),
        ("more_questions", "yes"),
        ("block_health", "yes"),
    ];
    for (path, value) in answers {
        let started = Instant::now();
        session.answer(path, value)?;
        let answered = started.elapsed();
        let started = Instant::now();
        let pages = session.pages("nl");
        let page = session.page(pages[0].key, "nl");
        let shown = started.elapsed();
        println!(
            "{path}: answer {answered:?}, pages and a page {shown:?} ({} pages, {})",
            pages.len(),
            page.is_some()
        );
    }
    let started = Instant::now();
    let fields = session.draft().map().len();
    println!("draft of {fields} {:?}", started.elapsed());
    Ok(())
}
