//! Each operation on each TPM by turns, so that whatever else the machine does hits all of them alike.
mod caller;
mod keys;
mod operations;
mod report;
mod targets;

use caller::Caller;
use operations::{OPERATIONS, Operation, Timed};
use report::{Row, Samples};
use std::path::PathBuf;
use std::time::Instant;

/// What can go wrong in a benchmark.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{doing}: {source}")]
    Io { doing: String, source: std::io::Error },
    #[error("{0}")]
    Failed(String),
    /// A command was refused with this response code.
    #[error("{command} answered {rc:#x}")]
    Refused { command: &'static str, rc: u32 },
}
impl Error {
    fn io(doing: impl Into<String>) -> impl FnOnce(std::io::Error) -> Error {
        let doing = doing.into();
        move |source| Error::Io { doing, source }
    }
}

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The other TPM: a program that takes swtpm's command line.
    #[arg(long, default_value = "swtpm", value_name = "PROGRAM")]
    against: PathBuf,
    /// Ours, built before; default: build it.
    #[arg(long, value_name = "PROGRAM")]
    donjon: Option<PathBuf>,
    /// Only operations whose name contains this.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Seconds for each operation on each TPM.
    #[arg(long, default_value_t = 0.5)]
    seconds: f64,
    /// Writes the table to docs/PERFORMANCE.md.
    #[arg(long)]
    write: bool,
}

/// Runs an operation is asked for at least this often, however long it takes.
const LEAST: usize = 5;
/// In one turn of a TPM.
const TURN: f64 = 0.02;

pub(crate) fn run(arguments: &Arguments) -> Result<(), Error> {
    let donjon = match &arguments.donjon {
        Some(path) => path.clone(),
        None => targets::build()?,
    };
    let mut targets = [
        Some(targets::socket("donjon", &donjon)?),
        Some(targets::socket("peer", &arguments.against)?),
        Some(targets::in_process()?),
    ];
    let mut rows = Vec::new();
    for operation in OPERATIONS {
        if arguments.only.as_ref().is_some_and(|text| !operation.name.contains(text.as_str())) {
            continue;
        }
        let row = measure(operation, &mut targets, arguments.seconds)?;
        println!("{}", row.line(rows.first()));
        rows.push(row);
    }
    let table = report::markdown(&rows, &arguments.against)?;
    if arguments.write {
        std::fs::write("docs/PERFORMANCE.md", table).map_err(Error::io("writing docs/PERFORMANCE.md"))?;
    }
    Ok(())
}

/// Measures one operation on all TPMs by turns.
fn measure(
    operation: &'static Operation,
    targets: &mut [Option<Caller>; 3],
    seconds: f64,
) -> Result<Row, Error> {
    let mut prepared: Vec<Option<Timed>> = Vec::new();
    for target in targets.iter_mut() {
        let timed = match target {
            // A TPM that does not know the command or the algorithm has no figure.
            Some(caller) => match (operation.prepare)(caller) {
                Ok(timed) => Some(timed),
                Err(Error::Refused { .. }) => None,
                Err(e) => return Err(e),
            },
            None => None,
        };
        prepared.push(timed);
    }
    let mut samples = [Samples::default(), Samples::default(), Samples::default()];
    let mut spent = [0.0; 3];
    let active = |samples: &Samples, spent: f64| {
        samples.len() < operation.least.unwrap_or(LEAST) || spent < seconds && samples.len() < operation.most
    };
    while (0..3).any(|i| prepared[i].is_some() && active(&samples[i], spent[i])) {
        for i in 0..3 {
            let (Some(timed), Some(caller)) = (&mut prepared[i], &mut targets[i]) else { continue };
            if !active(&samples[i], spent[i]) {
                continue;
            }
            let turn = Instant::now();
            while samples[i].len() < operation.most {
                samples[i].push(timed(caller)?);
                if turn.elapsed().as_secs_f64() > TURN {
                    break;
                }
            }
            spent[i] += turn.elapsed().as_secs_f64();
        }
    }
    for caller in targets.iter_mut().flatten() {
        caller.flush_all()?;
    }
    Ok(Row { name: operation.name, samples })
}
