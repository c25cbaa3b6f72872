//! What `docs/security.md` promises stands beside the tests that show it: here it is seen that there are such tests.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The tables whose every row names a test.
const SECTIONS: [&str; 2] = ["## Bad input, and where it is shown", "## Attacks, and where they are shown"];

/// What a row says instead for what cannot be tested.
const NOT_BUILT: &str = "not built yet";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// Sources with tests, by their path from the root.
fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> =
        ["crates", "tests/end_to_end", "tests/browser", "tests/contract"].map(|name| root().join(name)).into();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.to_string_lossy().into_owned();
            let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            if hidden {
                continue; // what was installed beside them
            }
            if path.is_dir() {
                folders.push(path);
            } else if is_source(&name) {
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found
}

fn has_ending(file: &str, ending: &str) -> bool {
    Path::new(file).extension().is_some_and(|found| found == ending)
}

fn is_source(file: &str) -> bool {
    has_ending(file, "rs") || file.strip_suffix(".mjs").is_some_and(|name| has_ending(name, "test"))
}

/// What stands between backticks in a line, in the form `file::test`.
fn references(line: &str) -> Vec<(&str, &str)> {
    let quoted = line.split('`').skip(1).step_by(2);
    quoted.filter_map(|text| text.split_once("::")).filter(|(file, _)| is_source(file)).collect()
}

fn has_test(source: &str, file: &str, name: &str) -> bool {
    if has_ending(file, "mjs") {
        return source.contains(&format!("test(\"{name}\""));
    }
    let lines: Vec<_> = source.lines().map(str::trim).collect();
    lines.iter().enumerate().any(|(at, line)| {
        let is_it = line.split_once("fn ").is_some_and(|(_, rest)| rest.split('(').next() == Some(name));
        // Its attributes are the lines just above it.
        is_it
            && lines[..at].iter().rev().take_while(|line| line.starts_with('#') || line.starts_with("//")).any(|line| {
                ["#[test]", "#[tokio::test", "#[actix_web::test"].iter().any(|attribute| line.starts_with(attribute))
            })
    })
}

/// How many tests of that name there are in files that end so.
fn count(sources: &[(String, String)], file: &str, name: &str) -> usize {
    let end = format!("/{file}");
    sources.iter().filter(|(path, source)| path.ends_with(&end) && has_test(source, file, name)).count()
}

#[test]
fn every_test_that_is_named_is_there() {
    let sources = sources();
    for document in ["docs/security.md", "docs/asvs.md"] {
        let text = read(document);
        let mut named = 0;
        for line in text.lines() {
            for (file, name) in references(line) {
                assert_eq!(count(&sources, file, name), 1, "{document}: {file}::{name}");
                named += 1;
            }
        }
        assert!(named > 20, "{document} names tests");
    }
}

#[test]
fn every_row_names_a_test() {
    let text = read("docs/security.md");
    for section in SECTIONS {
        let (_, rest) = text.split_once(section).unwrap();
        let rows: Vec<_> = rest
            .lines()
            .skip_while(|line| !line.starts_with("| ---"))
            .skip(1)
            .take_while(|line| line.starts_with('|'))
            .collect();
        assert!(rows.len() > 15, "{section}");
        for row in rows {
            assert!(!references(row).is_empty() || row.contains(NOT_BUILT), "{row}");
        }
    }
}

#[test]
fn the_test_sees_what_it_looks_for() {
    assert_eq!(
        references("| a `code` | `b/c.rs::d`, `e.test.mjs::f, g` | `h::i` |"),
        [("b/c.rs", "d"), ("e.test.mjs", "f, g")]
    );
    let source = "fn helper() {}\n#[tokio::test]\n// why\nasync fn found() {\n}\ntest(\"in words\", () => {});";
    assert!(has_test(source, "a.rs", "found") && has_test(source, "a.mjs", "in words"));
    for missing in ["helper", "foun", "found2"] {
        assert!(!has_test(source, "a.rs", missing), "{missing}");
    }
    let sources = [("/x/b/c.rs".to_owned(), source.to_owned())];
    assert_eq!((count(&sources, "c.rs", "found"), count(&sources, "x/c.rs", "found")), (1, 0));
}
