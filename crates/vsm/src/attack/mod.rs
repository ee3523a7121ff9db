//! The attacker: reads another process's memory by every avenue that Linux offers to user space, and says
//! what each one gave.
//!
//! The probe uses it at every start to measure that the container holds; the tests use it, as root, to show
//! that it holds at L2 and that the same attack finds the same key at L0. It stops its victim as little as it
//! can: only tracing stops it, for the time of the reads. [`core_dump`] alone kills it.

mod core_dump;
mod descriptors;
mod ebpf;
mod inject;
mod maps;
mod memory;
mod needle;
mod tracing;

pub use core_dump::core_dump;
pub use ebpf::{TAPPED, Tap};
pub use inject::make_it_send;
pub use needle::{Hit, Needle, RUN};

use std::fmt;

use crate::sys;
use maps::{Map, Page, read_maps};
use needle::Search;

/// How much of the victim is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Every mapping that the victim could have written to, and by the word-wise avenue only the pages at
    /// [`Target::hints`]. Some milliseconds.
    Quick,
    /// Every mapping, by every avenue.
    Everything,
}

/// Whom to attack.
#[derive(Clone, Debug)]
pub struct Target {
    /// The process.
    pub pid: i32,
    /// Addresses at which needles are said to lie.
    pub hints: Vec<u64>,
}

/// What one avenue gave.
#[derive(Clone, Debug)]
pub struct Avenue {
    /// Its name: a system call or a file.
    pub name: &'static str,
    /// Whether it reads ordinary memory of a victim that it may attack; then finding no decoy is a defect.
    pub reads_memory: bool,
    /// Where a needle, or a run of at least [`RUN`] bytes of one, was found.
    pub hits: Vec<Hit>,
    /// Bytes that were read and searched.
    pub read: u64,
    /// Bytes that exist and were refused.
    pub refused: u64,
    /// The first error number met.
    pub errno: Option<i32>,
    /// Why it was not tried, if it was not.
    pub not_tried: Option<String>,
}

/// What one avenue says about one needle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was read: this many places hold it or a run of it, the longest run in bytes.
    Read {
        /// Places.
        places: usize,
        /// Longest run.
        longest: usize,
    },
    /// Other memory was read, and it is not in there.
    NotFound {
        /// Bytes searched.
        read: u64,
        /// Bytes refused.
        refused: u64,
        /// The error number of the refusals.
        errno: Option<i32>,
    },
    /// Nothing at all was read.
    Refused {
        /// The error number.
        errno: i32,
    },
    /// The avenue does not exist here, or was left out.
    NotTried {
        /// Why.
        why: String,
    },
}

/// What a whole attack gave.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// One entry for each avenue, in the order of the attack.
    pub avenues: Vec<Avenue>,
}

/// Attacks `target` by every avenue that leaves it alive, looking for `needles`.
pub fn attack(target: &Target, needles: &[Needle], depth: Depth) -> Report {
    let search = Search::new(needles);
    let mut avenues = Vec::new();
    match read_maps(target.pid, depth) {
        Ok(maps) => {
            avenues.push(memory::process_vm_readv(target.pid, &maps, &search));
            avenues.push(memory::proc_mem(target.pid, &maps, &search));
            avenues.extend(tracing::tracing(target, &maps, &search, depth));
            if depth == Depth::Everything {
                avenues.push(descriptors::mapped_files(target.pid, &search));
            }
        }
        // Without the map an attacker tries the addresses that it guesses.
        Err(e) => {
            let maps = maps::guesses(&target.hints);
            let mut blind = vec![
                memory::process_vm_readv(target.pid, &maps, &search),
                memory::proc_mem(target.pid, &maps, &search),
            ];
            blind.extend(tracing::tracing(target, &maps, &search, Depth::Quick));
            avenues.push(Avenue::refused("/proc/PID/maps", sys::errno(&e)));
            avenues.append(&mut blind);
        }
    }
    avenues.push(descriptors::stolen(target.pid, &search));
    Report { avenues }
}

impl Avenue {
    fn new(name: &'static str) -> Self {
        Avenue { name, reads_memory: false, hits: vec![], read: 0, refused: 0, errno: None, not_tried: None }
    }

    fn of_memory(name: &'static str) -> Self {
        Avenue { reads_memory: true, ..Avenue::new(name) }
    }

    fn refused(name: &'static str, errno: i32) -> Self {
        Avenue { errno: Some(errno), ..Avenue::new(name) }
    }

    fn not_tried(name: &'static str, why: impl Into<String>) -> Self {
        Avenue { not_tried: Some(why.into()), ..Avenue::new(name) }
    }

    /// What this avenue says about the needle named `needle`.
    pub fn outcome(&self, needle: &str) -> Outcome {
        let of_needle = || self.hits.iter().filter(|hit| hit.needle == needle);
        if let Some(longest) = of_needle().map(|hit| hit.run).max() {
            Outcome::Read { places: of_needle().count(), longest }
        } else if let Some(why) = &self.not_tried {
            Outcome::NotTried { why: why.clone() }
        } else {
            match self.errno {
                Some(errno) if self.read == 0 => Outcome::Refused { errno },
                errno => Outcome::NotFound { read: self.read, refused: self.refused, errno },
            }
        }
    }

    /// True when the needle was read.
    pub fn found(&self, needle: &str) -> bool {
        matches!(self.outcome(needle), Outcome::Read { .. })
    }
}

impl Report {
    /// The avenues by which the needle was read.
    pub fn found(&self, needle: &str) -> Vec<&'static str> {
        self.avenues.iter().filter(|avenue| avenue.found(needle)).map(|avenue| avenue.name).collect()
    }

    /// The avenues that read ordinary memory, or were let to, and yet did not find `decoy`, which lies there:
    /// what they say about a secret proves nothing.
    pub fn blind(&self, decoy: &str) -> Vec<&'static str> {
        let blind = |avenue: &&Avenue| {
            avenue.reads_memory
                && matches!(avenue.outcome(decoy), Outcome::NotFound { .. } | Outcome::NotTried { .. })
        };
        self.avenues.iter().filter(blind).map(|avenue| avenue.name).collect()
    }

    /// One line for each avenue, about one needle.
    pub fn lines(&self, needle: &str) -> Vec<String> {
        self.avenues.iter().map(|avenue| format!("{}: {}", avenue.name, avenue.outcome(needle))).collect()
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Read { places, longest } => {
                write!(f, "READ at {places} places, {longest} bytes in a row")
            }
            Outcome::NotFound { read, refused: 0, .. } => write!(f, "not in the {} KiB read", read >> 10),
            Outcome::NotFound { read, refused, errno } => {
                let why = errno.map_or("no error".to_owned(), sys::describe);
                write!(f, "not in the {} KiB read; {} KiB refused: {why}", read >> 10, refused >> 10)
            }
            Outcome::Refused { errno } => write!(f, "refused: {}", sys::describe(*errno)),
            Outcome::NotTried { why } => write!(f, "not tried: {why}"),
        }
    }
}
