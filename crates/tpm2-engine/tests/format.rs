//! `docs/FORMAT.md` and the code agree on what is saved: each structure of a `saved!` list has its row, and the row each
//! field's number, and none more.
use std::collections::BTreeMap;
use std::path::Path;

/// The structures that are declared in the sources: name, and the numbers of the fields. Two can have one name.
fn declared() -> BTreeMap<String, Vec<Vec<u32>>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ext| ext == "rs") && !path.ends_with("saved.rs") {
                let text = std::fs::read_to_string(path).expect("a file");
                for list in text.split("\nsaved! {").skip(1) {
                    read(list.split("\n}").next().unwrap_or_default(), &mut all);
                }
            }
        }
    }
    all
}
fn read(list: &str, all: &mut BTreeMap<String, Vec<Vec<u32>>>) {
    let mut name = String::new();
    for line in list.lines().map(str::trim) {
        if let Some(structure) = line.strip_suffix(" {") {
            name = structure.to_owned();
            all.entry(name.clone()).or_default().push(Vec::new());
        } else if let Some(number) = line.split(' ').next().and_then(|word| word.parse().ok()) {
            let last = all.get_mut(&name).and_then(|structures| structures.last_mut());
            last.expect("a structure before its fields").push(number);
        }
    }
}

/// The rows of the document: structure, and the numbers in the cell of its fields.
fn documented() -> BTreeMap<String, Vec<Vec<u32>>> {
    let text = include_str!("../../../docs/FORMAT.md");
    let text = text.split("## State record").nth(1).expect("the engine's layer");
    let mut all = BTreeMap::new();
    for row in text.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let (structure, fields) = match cells[..] {
            // Key, structure, fields; or structure, fields.
            [key, structure, fields] if key.trim().parse::<u32>().is_ok() => (structure, fields),
            [structure, fields] => (structure, fields),
            _ => continue,
        };
        let name = structure.split([',', ' ']).next().unwrap_or_default();
        // A number that begins the cell, or follows a separator, and is followed by words.
        let mut numbers = Vec::new();
        let fields = outside_of_parentheses(fields);
        let words: Vec<&str> = fields.split(' ').collect();
        for (at, word) in words.iter().enumerate() {
            let begins = at == 0 || words[at - 1].ends_with([',', ';', ':']);
            if begins && let Ok(number) = word.parse::<u32>() {
                numbers.push(number);
            }
        }
        if !numbers.is_empty() {
            all.entry(name.to_owned()).or_insert_with(Vec::new).push(numbers);
        }
    }
    all
}

/// What is in parentheses explains a field, and may count things of its own.
fn outside_of_parentheses(text: &str) -> String {
    let mut depth = 0;
    text.chars()
        .filter(|c| {
            depth += i32::from(*c == '(');
            let outside = depth == 0;
            depth -= i32::from(*c == ')');
            outside
        })
        .collect()
}

#[test]
fn the_document_has_every_field_that_is_saved() {
    let (mut declared, mut documented) = (declared(), documented());
    declared.values_mut().chain(documented.values_mut()).for_each(|structures| structures.sort());
    assert!(declared.len() > 15, "{} structures", declared.len());
    let mut missing = String::new();
    for (name, numbers) in &declared {
        match documented.get(name) {
            Some(known) if known == numbers => {}
            other => missing += &format!("{name}: {numbers:?} in the code, {other:?} in docs/FORMAT.md\n"),
        }
    }
    assert!(missing.is_empty(), "{missing}");
}
