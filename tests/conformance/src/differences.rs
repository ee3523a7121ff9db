//! The list of differences that are meant: data, of which each entry must occur and beside which nothing may.
use crate::compare::Difference;
use serde::Deserialize;
use std::collections::BTreeMap;

/// One entry of `differences.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What it is about: a heading of the page.
    pub title: String,
    /// The commands; a `*` stands for anything.
    pub commands: Vec<String>,
    /// The cases, likewise; all, when left out.
    #[serde(default)]
    pub cases: Vec<String>,
    /// Our answers, likewise: the response code and its position, or `field=value`.
    pub ours: Vec<String>,
    /// swtpm's.
    pub swtpm: Vec<String>,
    /// Who is right, and by which clause.
    pub clause: String,
    /// Why.
    pub why: String,
    /// It goes away with work that is under way, and is no failure when it has.
    #[serde(default)]
    pub pending: bool,
}
#[derive(Deserialize)]
struct File {
    difference: Vec<Entry>,
}

/// The list, and how often each entry occurred.
pub struct Listed {
    pub entries: Vec<Entry>,
    counts: Vec<u64>,
}

impl Listed {
    /// The list of this program.
    pub fn load() -> Result<Listed, toml::de::Error> {
        let File { difference } = toml::from_str(include_str!("../differences.toml"))?;
        let counts = vec![0; difference.len()];
        Ok(Listed { entries: difference, counts })
    }
    /// Is the difference listed? Counts it, if so.
    pub fn expects(&mut self, command: &str, case: &str, difference: &Difference) -> bool {
        let at = self.entries.iter().position(|entry| {
            any(&entry.commands, command)
                && (entry.cases.is_empty() || any(&entry.cases, case))
                && any(&entry.ours, &difference.ours)
                && any(&entry.swtpm, &difference.swtpm)
        });
        if let Some(count) = at.and_then(|at| self.counts.get_mut(at)) {
            *count += 1;
        }
        at.is_some()
    }
    /// Adds what another worker counted.
    pub fn add(&mut self, other: &Listed) {
        self.counts.iter_mut().zip(&other.counts).for_each(|(count, other)| *count += other);
    }
    /// Entries that did not occur.
    pub fn stale(&self) -> impl Iterator<Item = &Entry> {
        let all = self.entries.iter().zip(&self.counts);
        all.filter(|(_, count)| **count == 0).map(|(entry, _)| entry)
    }
    /// The page.
    pub fn page(&self) -> String {
        let mut page = String::from(HEAD);
        let mut titles: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
        for entry in &self.entries {
            titles.entry(&entry.title).or_default().push(entry);
        }
        for (title, entries) in titles {
            page += &format!(
                "\n## {title}\n\n| commands | where | ours | swtpm 0.7.1 | clause | why |\n|---|---|---|---|---|---|\n"
            );
            for entry in entries {
                let list = |all: &[String]| all.join(", ").replace('|', "\\|").replace('*', "\\*");
                let row = [
                    &list(&entry.commands),
                    &list(&entry.cases),
                    &list(&entry.ours),
                    &list(&entry.swtpm),
                    &entry.clause,
                    &entry.why,
                ];
                page += &format!(
                    "| {} |\n",
                    row.map(|cell| cell.replace('\n', " ").trim().to_owned()).join(" | ")
                );
            }
        }
        page
    }
}

const HEAD: &str = "\
# Compared with swtpm

`make conformance` runs the same commands on our engine and, over its socket, on the installed swtpm (Debian's 0.7.1 with
libtpms 0.9.2), both made with the same seeds, and compares response codes with their positions, handles, parameters,
session attributes and HMACs. This page is all in which they differ, and who is right. It is written by the program from
`tests/conformance/differences.toml` (`cargo run -p conformance -- page --write`); a difference that is not listed fails
the run, and so does one that is listed and does not occur. A `*` stands for anything; a position is the handle (H), session (S)
or parameter (P) that the code names.
";

fn any(patterns: &[String], text: &str) -> bool {
    patterns.iter().any(|pattern| fits(pattern.as_bytes(), text.as_bytes()))
}
/// Does the text fit the pattern, in which `*` stands for anything?
fn fits(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => (0..=text.len()).any(|skip| fits(rest, &text[skip..])),
        ([p, pattern @ ..], [t, text @ ..]) => p == t && fits(pattern, text),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, text, fit) in [
            ("*", "", true),
            ("a*c", "abc", true),
            ("a*c", "ab", false),
            ("a", "ab", false),
            ("*b*", "abc", true),
        ] {
            assert_eq!(fits(pattern.as_bytes(), text.as_bytes()), fit, "{pattern} {text}");
        }
    }
    #[test]
    fn the_list_can_be_read_and_each_entry_says_why() {
        let listed = Listed::load().expect("differences.toml");
        for entry in &listed.entries {
            assert!(!entry.why.is_empty() && !entry.clause.is_empty(), "{}", entry.title);
        }
    }
}
