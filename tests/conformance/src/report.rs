//! What a run found.
use crate::compare::Difference;
use crate::step::Event;
use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

/// Examples of a kind of difference that are shown.
const EXAMPLES: usize = 3;

/// The count of a run, and all that it cannot explain.
#[derive(Default)]
pub struct Report {
    /// Commands compared.
    pub cases: u64,
    /// Those that could not be made: what they use was not had.
    pub skipped: u64,
    /// Refusals with different codes, where random bytes were to be read as something else.
    pub guesses: u64,
    /// Differences that are listed.
    pub listed: u64,
    /// By command and the two answers.
    unexplained: BTreeMap<(String, Difference), Kind>,
}
#[derive(Default)]
struct Kind {
    count: u64,
    examples: Vec<(String, String)>,
}

impl Report {
    /// Counts a difference that is not listed.
    pub fn unexplained(&mut self, case: &str, event: &Event, difference: Option<Difference>) {
        let command = if let Event::Run(step) = event { step.name() } else { event.to_string() };
        let difference =
            difference.unwrap_or(Difference { ours: "refused".to_owned(), swtpm: "refused".to_owned() });
        let kind = self.unexplained.entry((command, difference)).or_default();
        kind.count += 1;
        if kind.examples.len() < EXAMPLES {
            kind.examples.push((case.to_owned(), event.to_string()));
        }
    }
    /// How many differences nobody listed.
    pub fn failures(&self) -> u64 {
        self.unexplained.values().map(|kind| kind.count).sum()
    }
    /// Adds what another worker found.
    pub fn add(&mut self, other: Report) {
        self.cases += other.cases;
        self.skipped += other.skipped;
        self.guesses += other.guesses;
        self.listed += other.listed;
        for (key, found) in other.unexplained {
            let kind = self.unexplained.entry(key).or_default();
            kind.count += found.count;
            kind.examples.extend(found.examples);
            kind.examples.truncate(EXAMPLES);
        }
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for ((command, difference), kind) in &self.unexplained {
            writeln!(
                f,
                "{command}: ours {}, swtpm {} ({} times)",
                difference.ours, difference.swtpm, kind.count
            )?;
            for (case, line) in &kind.examples {
                writeln!(f, "    {case}\n        {line}")?;
            }
        }
        let Report { cases, skipped, guesses, listed, .. } = self;
        let failures = self.failures();
        let equal = cases - skipped - guesses - listed - failures;
        write!(f, "cases {cases}, equal {equal}, listed differences {listed}, unexplained {failures}; ")?;
        write!(f, "refused for what random bytes happen to say {guesses}, not run {skipped}")
    }
}
