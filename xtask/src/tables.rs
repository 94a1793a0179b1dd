//! `cargo xtask tables`: the region's tables from a file of records, or from the made-up population.
//!
//! The shape of a file is described in [`ndjson`]. Not here: how a table is made (`veldpost-domain`).

mod ndjson;

use anyhow::{Context as _, Result, bail};
use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use veldpost_domain::population::{COUNT_DATE, Plan, Size, population};
use veldpost_domain::{
    Act, CampaignId, Date, Operation, RecordSet, Scope, Tables, baseline, export,
};

const HELP: &str = "\
cargo xtask tables --demo [--seed N] [--records N] [--ndjson]
cargo xtask tables --records FILE [--count-date YYYY-MM-DD] [--campaign ID]

  --demo          a made-up population; its tables equal those of November 2024
  --seed N        other people (default 1)
  --records N     with --demo: so many records, in the same proportions
  --records FILE  operations as NDJSON, one a line; - is standard input
  --count-date D  the day on which ages are taken (default: of the first record; the demo's)
  --campaign ID   which count, when the file holds several
  --ndjson        write the records instead of their tables
  --plain         comma-separated, as the files of 2024: Table 1, Table 2 by origin, Table 2 by stay
  --out DIR       write files there: tables.csv; with --plain table1.csv, table2.csv,
                  table2-stay.csv; with --ndjson records.ndjson";

/// The campaign of the made-up population.
const DEMO_CAMPAIGN: CampaignId = CampaignId([0xde; 16]);

#[derive(Default)]
struct Options {
    help: bool,
    demo: bool,
    seed: Option<u64>,
    records: Option<String>,
    count_date: Option<Date>,
    campaign: Option<CampaignId>,
    plain: bool,
    ndjson: bool,
    out: Option<PathBuf>,
}

/// Runs the command with what stands after `tables`.
pub fn run(args: &[String]) -> Result<()> {
    let options = options(args)?;
    if options.help {
        return emit(&[("", format!("{HELP}\n"))], None);
    }
    let operations = operations(&options)?;
    let out = options.out.as_deref();
    if options.ndjson {
        let lines: String = operations.iter().map(ndjson::write).collect();
        return emit(&[("records.ndjson", lines)], out);
    }
    let scope = scope(&options, &operations)?;
    let records: RecordSet = operations.into_iter().collect();
    let tables = Tables::compute(records.iter(), &scope);
    remark(&records, &tables);
    emit(&files(&tables, options.plain), out)
}

fn options(args: &[String]) -> Result<Options> {
    let mut options = Options::default();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut value = || args.next().with_context(|| format!("{arg} needs a value"));
        match arg.as_str() {
            "--help" | "-h" => options.help = true,
            "--demo" => options.demo = true,
            "--plain" => options.plain = true,
            "--ndjson" => options.ndjson = true,
            "--seed" => {
                let seed = value()?
                    .parse()
                    .ok()
                    .context("--seed needs a whole number")?;
                options.seed = Some(seed);
            }
            "--records" => options.records = Some(value()?.clone()),
            "--out" => options.out = Some(value()?.into()),
            "--count-date" => {
                let date = Date::parse(value()?).context("--count-date needs a day: YYYY-MM-DD")?;
                options.count_date = Some(date);
            }
            "--campaign" => {
                let id = value()?
                    .parse()
                    .ok()
                    .context("--campaign needs 32 hexadecimal digits")?;
                options.campaign = Some(id);
            }
            unknown => bail!("tables does not know {unknown}: see cargo xtask tables --help"),
        }
    }
    if !options.help && !options.demo && options.records.is_none() {
        bail!("tables of what? --demo, or --records FILE: see cargo xtask tables --help");
    }
    if !options.demo && options.seed.is_some() {
        bail!("--seed goes with --demo");
    }
    Ok(options)
}

fn operations(options: &Options) -> Result<Vec<Operation>> {
    if options.demo {
        return demo(options);
    }
    let name = options.records.as_deref().unwrap_or("-");
    let text = if name == "-" {
        std::io::read_to_string(std::io::stdin()).context("standard input cannot be read")?
    } else {
        std::fs::read_to_string(name).with_context(|| format!("{name} cannot be read"))?
    };
    ndjson::read(&text).with_context(|| name.to_owned())
}

fn demo(options: &Options) -> Result<Vec<Operation>> {
    let size = match &options.records {
        None => Size::Published,
        Some(number) => Size::Records(
            number
                .parse()
                .ok()
                .context("with --demo, --records needs a whole number of records")?,
        ),
    };
    let count_date = match options.count_date {
        Some(date) => date,
        None => Date::parse(COUNT_DATE).context("the demo has no count date")?,
    };
    let campaign = options.campaign.unwrap_or(DEMO_CAMPAIGN);
    let plan = Plan {
        seed: options.seed.unwrap_or(1),
        size,
        campaign,
        count_date,
    };
    Ok(population(&plan).collect())
}

fn scope(options: &Options, operations: &[Operation]) -> Result<Scope> {
    let contexts = || {
        operations
            .iter()
            .filter_map(|operation| match &operation.act {
                Act::Create { context, .. } => Some(context),
                _ => None,
            })
    };
    let campaigns: BTreeSet<CampaignId> = contexts()
        .map(|context| context.campaign)
        .filter(|campaign| *campaign != CampaignId::PRACTICE)
        .collect();
    if options.campaign.is_none() && campaigns.len() > 1 {
        let ids: Vec<String> = campaigns.iter().map(CampaignId::to_string).collect();
        bail!(
            "the file holds several counts; choose one with --campaign: {}",
            ids.join(" ")
        );
    }
    let count_date = match (options.count_date, options.demo) {
        (Some(date), _) => date,
        (None, true) => Date::parse(COUNT_DATE).context("the demo has no count date")?,
        (None, false) => {
            let first = contexts().map(|context| context.at).min().unwrap_or(0);
            let date = Date::from_millis(first);
            say(&format!(
                "ages are taken on {date}, the day of the first record"
            ));
            date
        }
    };
    Ok(Scope {
        campaign: options.campaign,
        count_date,
    })
}

fn files(tables: &Tables, plain: bool) -> Vec<(&'static str, String)> {
    if plain {
        vec![
            ("table1.csv", export::table_1_plain(&tables.by_situation)),
            ("table2.csv", export::table_2_plain(&tables.by_origin)),
            ("table2-stay.csv", export::table_2_plain(&tables.by_stay)),
        ]
    } else {
        vec![(
            "tables.csv",
            export::report(tables, &export::Beside::default()),
        )]
    }
}

/// What a reader of the tables should know, beside them.
fn remark(records: &RecordSet, tables: &Tables) {
    say(&format!(
        "{} people on {} forms, {} only seen: between {} and {}",
        tables.people(),
        tables.forms,
        tables.seen_only,
        tables.minimum(),
        tables.maximum()
    ));
    let incomplete = records
        .iter()
        .filter(|record| record.context().is_none())
        .count();
    if incomplete > 0 {
        say(&format!(
            "{incomplete} records have changes but no creation: they count nowhere"
        ));
    }
    let apart: usize = records
        .iter()
        .map(|record| record.set_apart().count())
        .sum();
    if apart > 0 {
        say(&format!(
            "{apart} operations are a second creation or reuse an id: not applied"
        ));
    }
    if tables.by_situation == baseline::TABLE_1 && tables.by_origin == baseline::TABLE_2 {
        say("Table 1 and Table 2 by origin equal those of November 2024");
    }
}

fn emit(files: &[(&str, String)], out: Option<&Path>) -> Result<()> {
    if let Some(folder) = out {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
        for (name, text) in files {
            let path = folder.join(name);
            std::fs::write(&path, text)
                .with_context(|| format!("{} cannot be written", path.display()))?;
            say(&format!("wrote {}", path.display()));
        }
        return Ok(());
    }
    let texts: Vec<&str> = files.iter().map(|(_, text)| text.as_str()).collect();
    match std::io::stdout().write_all(texts.join("\n").as_bytes()) {
        // `| head` has seen enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => result.context("standard output cannot be written"),
    }
}

fn say(line: &str) {
    // Nobody is there to be told that standard error is closed.
    let _ = writeln!(std::io::stderr(), "{line}");
}

#[cfg(test)]
mod tests;
