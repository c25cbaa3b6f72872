//! The crate list is the architecture: dependencies go one way, and the big ones stay where they belong.
//!
//! `server -> api -> {middleware, broker} -> models`

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::{collections::BTreeSet, fs, path::Path};

/// Each crate, and the crates of ours that it may use.
const LAYERS: [(&str, &[&str]); 5] = [
    ("models", &[]),
    ("broker", &["models"]),
    ("middleware", &["models"]),
    ("api", &["models", "broker", "middleware"]),
    ("server", &["models", "broker", "middleware", "api"]),
];

/// What only some crates may use: the beginning of its name, and who may.
const KEPT: [(&str, &[&str]); 4] = [
    ("sqlx", &["models"]),
    ("actix", &["middleware", "api", "server"]),
    ("reqwest", &["server"]),
    ("clap", &["server"]),
];

fn crates() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The names in the tables of dependencies, those for tests and build scripts too.
fn dependencies(name: &str) -> BTreeSet<String> {
    let manifest = fs::read_to_string(crates().join(name).join("Cargo.toml")).unwrap();
    let mut within = false;
    let mut found = BTreeSet::new();
    for line in manifest.lines().map(str::trim) {
        if let Some(table) = line.strip_prefix('[') {
            let table = table.trim_end_matches(']');
            within = table.ends_with("dependencies");
            // [dependencies.name]
            found.extend(table.split_once("dependencies.").map(|(_, name)| name.to_owned()));
        } else if within && let Some((name, _)) = line.split_once(['.', '=', ' ']) {
            found.insert(name.trim_matches('"').to_owned());
        }
    }
    found.remove("#");
    found
}

#[test]
fn every_crate_has_its_layer() {
    let found: BTreeSet<_> = fs::read_dir(crates())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().join("Cargo.toml").exists())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    assert_eq!(found, LAYERS.iter().map(|(name, _)| (*name).to_owned()).collect());
}

#[test]
fn dependencies_go_one_way() {
    for (name, allowed) in LAYERS {
        for other in dependencies(name) {
            if let Some(other) = other.strip_prefix("tidings-") {
                assert!(allowed.contains(&other), "{name} must not depend on {other}");
            }
        }
    }
}

#[test]
fn the_database_and_the_web_stay_where_they_belong() {
    for (name, _) in LAYERS {
        for other in dependencies(name) {
            for (prefix, allowed) in KEPT {
                assert!(!other.starts_with(prefix) || allowed.contains(&name), "{name} must not depend on {other}");
            }
        }
    }
}

/// The tests of each crate replay the corpora that have its name, and no others.
#[test]
fn every_corpus_is_of_a_target_and_of_a_crate() {
    let fuzz = crates().join("../tests/fuzz");
    let names = |folder: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(fuzz.join(folder)).unwrap().map(|entry| entry.unwrap().path());
        entries.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
    };
    let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
    let paths = manifest.lines().filter_map(|line| line.strip_prefix("path = \"targets/")?.strip_suffix(".rs\""));
    let targets: BTreeSet<_> = paths.map(str::to_owned).collect();
    assert!(!targets.is_empty());
    assert_eq!(names("targets"), targets);
    assert_eq!(names("corpus"), targets);
    for target in targets {
        let (name, _) = target.split_once('_').unwrap();
        let source = fs::read_to_string(crates().join(name).join("src/fuzz.rs")).unwrap();
        assert!(source.contains(&format!("replay::all(\"{name}\"")), "nothing replays {target}");
    }
}

#[test]
fn the_test_sees_what_it_looks_for() {
    assert!(dependencies("models").contains("sqlx"));
    assert!(dependencies("api").contains("tidings-broker") && dependencies("api").contains("actix-web"));
    assert!(dependencies("server").contains("tempfile"));
}
