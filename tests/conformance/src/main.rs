//! Compares the engine with the installed swtpm: the same commands to both, and the same answers but for what is
//! listed, with the clause, in `differences.toml`.
#![allow(unreachable_pub)] // a program has no other users

mod cases;
mod compare;
mod differences;
mod mask;
mod report;
mod run;
mod session;
mod step;
mod table;
mod target;
mod text;

use clap::{Parser, Subcommand};
use differences::Listed;
use report::Report;
use std::error::Error;
use std::process::ExitCode;
use std::thread;

/// Compares the engine with the installed swtpm.
#[derive(Parser)]
struct Options {
    /// All of it, when left out.
    #[command(subcommand)]
    what: Option<What>,
}
#[derive(Subcommand)]
enum What {
    /// The table of cases.
    Table {
        /// Only cases whose name contains this.
        #[arg(default_value = "")]
        filter: String,
    },
    /// The page of what differs.
    Page {
        /// Write it; without this, say whether it is up to date.
        #[arg(long)]
        write: bool,
    },
}

/// Where the page is.
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/COMPARE.md");

fn main() -> ExitCode {
    match run(Options::parse().what.as_ref()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(e) => {
            eprintln!("{e}");
            ExitCode::FAILURE
        }
    }
}

fn run(what: Option<&What>) -> Result<bool, Box<dyn Error>> {
    match what {
        None => Ok(table("")? & page(false)?),
        Some(What::Table { filter }) => table(filter),
        Some(What::Page { write }) => page(*write),
    }
}

/// Each processor has its own two TPMs and its share of the cases.
fn table(filter: &str) -> Result<bool, Box<dyn Error>> {
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let results = thread::scope(|scope| {
        let work = |first: usize| {
            move || {
                let mut listed = Listed::load().map_err(|e| e.to_string())?;
                let report = table::run(filter, first, workers, &mut listed).map_err(|e| e.to_string())?;
                Ok::<_, String>((report, listed))
            }
        };
        let threads: Vec<_> = (0..workers).map(|first| scope.spawn(work(first))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a worker does not panic")).collect::<Vec<_>>()
    });
    let (mut report, mut listed) = (Report::default(), Listed::load()?);
    for result in results {
        let (found, counted) = result?;
        report.add(found);
        listed.add(&counted);
    }
    println!("{report}");
    let mut fine = report.failures() == 0 && report.cases > 0;
    if filter.is_empty() {
        for entry in listed.stale() {
            println!(
                "listed, but does not occur: {} {:?} {:?} {:?}",
                entry.title, entry.commands, entry.ours, entry.swtpm
            );
            fine &= entry.pending;
        }
    }
    Ok(fine)
}

fn page(write: bool) -> Result<bool, Box<dyn Error>> {
    let page = Listed::load()?.page();
    if write {
        std::fs::write(PAGE, page)?;
        return Ok(true);
    }
    let current = std::fs::read_to_string(PAGE)? == page;
    if !current {
        println!(
            "docs/COMPARE.md is not what differences.toml says: cargo run -p conformance -- page --write"
        );
    }
    Ok(current)
}
