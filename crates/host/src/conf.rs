//! TOML files read strictly: every complaint is one line that names the file, the line and the key.
use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What is wrong with a configuration file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{}: {what}", path.display(), line.map(|l| format!(":{l}")).unwrap_or_default())]
pub struct Damage {
    /// The file.
    pub path: PathBuf,
    /// Counted from 1; absent when the whole file is meant.
    pub line: Option<usize>,
    /// What is wrong there, and what would be right.
    pub what: String,
}

/// A value, and the line it was written on (absent: it is a default).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value in force.
    pub value: T,
    /// Its line, counted from 1.
    pub line: Option<usize>,
}

impl<T> Setting<T> {
    /// A value that no file states.
    pub fn default_of(value: T) -> Setting<T> {
        Setting { value, line: None }
    }
}

/// Reads a file whole, as text.
pub fn read(path: &Path) -> Result<String, Damage> {
    std::fs::read_to_string(path).map_err(|e| Damage {
        path: path.to_path_buf(),
        line: None,
        what: match e.kind() {
            io::ErrorKind::InvalidData => "is not text (UTF-8)".into(),
            _ => format!("cannot be read: {e}"),
        },
    })
}

/// A file and its text: what turns byte offsets into lines.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    path: &'a Path,
    text: &'a str,
}

impl<'a> Source<'a> {
    /// `text` as read from `path`.
    #[must_use]
    pub fn new(path: &'a Path, text: &'a str) -> Source<'a> {
        Source { path, text }
    }

    /// Parses the text and hands its top table to `use_it`.
    pub fn parse<T>(self, use_it: impl FnOnce(Table<'_>) -> Result<T, Damage>) -> Result<T, Damage> {
        let root = DeTable::parse(self.text).map_err(|e| Damage {
            path: self.path.to_path_buf(),
            line: e.span().map(|s| self.line(s.start)),
            what: format!("is not valid TOML: {}", one_line(e.message())),
        })?;
        use_it(Table { source: self, entries: root.get_ref(), name: String::new(), at: root.span().start })
    }

    fn line(self, offset: usize) -> usize {
        let before = self.text.as_bytes().get(..offset).unwrap_or(self.text.as_bytes());
        before.iter().filter(|b| **b == b'\n').count() + 1
    }
}

/// A table, with the dotted name by which complaints call it.
pub struct Table<'t> {
    source: Source<'t>,
    entries: &'t DeTable<'t>,
    name: String,
    at: usize,
}

impl<'t> Table<'t> {
    /// The file it is in.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.source.path
    }

    /// Refuses every key that is not in `known`.
    pub fn only(&self, known: &[&str]) -> Result<(), Damage> {
        // The first in the file, not in the alphabet: people read from the top.
        let unknown = self
            .entries
            .keys()
            .filter(|k| !known.contains(&k.get_ref().as_ref()))
            .min_by_key(|k| k.span().start);
        let Some(key) = unknown else { return Ok(()) };
        let near =
            closest(key.get_ref(), known).map(|n| format!(" (did you mean \"{n}\"?)")).unwrap_or_default();
        let names: Vec<String> = known.iter().map(|k| self.dotted(k)).collect();
        Err(self.damage(
            key.span().start,
            format!("unknown key \"{}\"{near}; known keys: {}", self.dotted(key.get_ref()), names.join(", ")),
        ))
    }

    /// A boolean, when the key is there.
    pub fn boolean(&self, key: &str) -> Result<Option<Setting<bool>>, Damage> {
        self.scalar(key, "true or false", |v| v.as_bool())
    }

    /// A string, when the key is there.
    pub fn string(&self, key: &str) -> Result<Option<Setting<String>>, Damage> {
        self.scalar(key, "a string in quotes", |v| v.as_str().map(str::to_string))
    }

    /// A whole number, not negative, when the key is there.
    pub fn number(&self, key: &str) -> Result<Option<Setting<u64>>, Damage> {
        self.scalar(key, "a whole number from 0", |v| {
            v.as_integer().and_then(|i| u64::from_str_radix(i.as_str(), i.radix()).ok())
        })
    }

    /// A string that `parse` understands; its complaint is added to the place.
    pub fn parsed<T, E: fmt::Display>(
        &self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<Setting<T>>, Damage> {
        let Some(text) = self.string(key)? else { return Ok(None) };
        match parse(&text.value) {
            Ok(value) => Ok(Some(Setting { value, line: text.line })),
            Err(e) => Err(Damage {
                path: self.source.path.to_path_buf(),
                line: text.line,
                what: format!("{} = \"{}\": {e}", self.dotted(key), text.value),
            }),
        }
    }

    /// A key that must be there.
    pub fn required<T>(&self, key: &str, found: Option<Setting<T>>) -> Result<T, Damage> {
        found
            .map(|s| s.value)
            .ok_or_else(|| self.damage(self.at, format!("key \"{}\" is missing", self.dotted(key))))
    }

    /// A table below this one, when it is there.
    pub fn table(&self, key: &str) -> Result<Option<Table<'t>>, Damage> {
        let Some((k, v)) = self.find(key) else { return Ok(None) };
        match v.get_ref() {
            DeValue::Table(entries) => {
                Ok(Some(Table { source: self.source, entries, name: self.dotted(key), at: k.span().start }))
            }
            other => Err(self.wrong(key, k.span().start, "a table", other)),
        }
    }

    /// The tables of an array of tables; none when the key is not there.
    pub fn tables(&self, key: &str) -> Result<Vec<Table<'t>>, Damage> {
        let Some((k, v)) = self.find(key) else { return Ok(Vec::new()) };
        let DeValue::Array(items) = v.get_ref() else {
            return Err(self.wrong(key, k.span().start, "an array of tables", v.get_ref()));
        };
        items
            .iter()
            .map(|item| match item.get_ref() {
                DeValue::Table(entries) => {
                    Ok(Table { source: self.source, entries, name: self.dotted(key), at: item.span().start })
                }
                other => Err(self.wrong(key, item.span().start, "an array of tables", other)),
            })
            .collect()
    }

    fn scalar<T>(
        &self,
        key: &str,
        wanted: &str,
        read: impl FnOnce(&DeValue<'_>) -> Option<T>,
    ) -> Result<Option<Setting<T>>, Damage> {
        let Some((k, v)) = self.find(key) else { return Ok(None) };
        match read(v.get_ref()) {
            Some(value) => Ok(Some(Setting { value, line: Some(self.source.line(k.span().start)) })),
            None => Err(self.wrong(key, k.span().start, wanted, v.get_ref())),
        }
    }

    fn find(&self, key: &str) -> Option<(&'t Spanned<std::borrow::Cow<'t, str>>, &'t Spanned<DeValue<'t>>)> {
        self.entries.iter().find(|(k, _)| k.get_ref() == key)
    }

    fn wrong(&self, key: &str, at: usize, wanted: &str, found: &DeValue<'_>) -> Damage {
        self.damage(at, format!("\"{}\" must be {wanted}, not {}", self.dotted(key), kind(found)))
    }

    fn damage(&self, at: usize, what: String) -> Damage {
        Damage { path: self.source.path.to_path_buf(), line: Some(self.source.line(at)), what }
    }

    fn dotted(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_string() } else { format!("{}.{key}", self.name) }
    }
}

fn kind(value: &DeValue<'_>) -> String {
    match value {
        DeValue::Integer(i) => i.to_string(),
        DeValue::Boolean(b) => b.to_string(),
        DeValue::String(_) => "a string".into(),
        DeValue::Float(_) => "a fraction".into(),
        DeValue::Datetime(_) => "a date".into(),
        DeValue::Array(_) => "an array".into(),
        DeValue::Table(_) => "a table".into(),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The known key that shares the most letter pairs with `key`, if they are close.
fn closest<'k>(key: &str, known: &[&'k str]) -> Option<&'k str> {
    let pairs = |s: &str| -> BTreeSet<(char, char)> { s.chars().zip(s.chars().skip(1)).collect() };
    let wanted = pairs(key);
    known
        .iter()
        .map(|k| {
            let have = pairs(k);
            (wanted.intersection(&have).count() * 2, wanted.len() + have.len(), *k)
        })
        .filter(|(shared, all, _)| shared * 2 > *all)
        .max_by_key(|(shared, all, _)| shared * 1000 / (*all).max(1))
        .map(|(_, _, k)| k)
}

/// A TOML string literal that reads back as `text`.
#[must_use]
pub fn quote(text: &str) -> String {
    toml::Value::String(text.to_string()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn damage_of(text: &str, check: impl FnOnce(Table<'_>) -> Result<(), Damage>) -> String {
        Source::new(Path::new("/etc/x.toml"), text).parse(check).expect_err("it is damaged").to_string()
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_the_known_ones() {
        let text = "# comment\n[isolation]\nenabled = true\nminimun = \"L2\"\n";
        let said = damage_of(text, |top| {
            top.only(&["isolation"])?;
            top.table("isolation")?.expect("it is there").only(&["enabled", "minimum"])
        });
        assert_eq!(
            said,
            "/etc/x.toml:4: unknown key \"isolation.minimun\" (did you mean \"minimum\"?); \
             known keys: isolation.enabled, isolation.minimum"
        );
    }

    #[test]
    fn the_first_unknown_key_of_the_file_is_named() {
        let said = damage_of("zebra = 1\nant = 2\n", |top| top.only(&["horse"]));
        assert_eq!(said, "/etc/x.toml:1: unknown key \"zebra\"; known keys: horse");
    }

    #[test]
    fn a_wrong_type_says_what_is_wanted() {
        let said = damage_of("\nenabled = \"yes\"\n", |top| top.boolean("enabled").map(|_| ()));
        assert_eq!(said, "/etc/x.toml:2: \"enabled\" must be true or false, not a string");
        let said = damage_of("cpus = -1\n", |top| top.number("cpus").map(|_| ()));
        assert!(said.starts_with("/etc/x.toml:1: \"cpus\" must be a whole number from 0, not -1"), "{said}");
    }

    #[test]
    fn broken_toml_names_the_line_on_one_line() {
        let said = damage_of("a = 1\nb = = 2\n", |_| Ok(()));
        assert!(said.starts_with("/etc/x.toml:2: is not valid TOML: "), "{said}");
        assert!(!said.contains('\n'), "{said}");
    }

    #[test]
    fn quoting_reads_back() {
        for text in ["plain", "a \"b\" \\ c", "tab\tnew\nline", "ünï", ""] {
            let doc = format!("k = {}", quote(text));
            let back = Source::new(Path::new("x"), &doc)
                .parse(|t| t.string("k"))
                .expect("it parses")
                .expect("it is there");
            assert_eq!(back.value, text);
        }
    }
}
