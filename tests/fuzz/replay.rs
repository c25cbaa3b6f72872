//! Replays the corpora of a crate's targets, as part of its tests, and some inputs that are near to them.

use std::{
    collections::BTreeSet,
    fs,
    panic::{catch_unwind, resume_unwind},
    path::{Path, PathBuf},
};

/// The name of a target without that of its crate, and what it does with an input.
pub(super) type Target = (&'static str, fn(&[u8]));

/// Inputs beside those of a corpus. Few, as this is a test among others; `make fuzz` tries millions.
const NEAR: usize = 500;

/// Gives each target its corpus, and some changed inputs of it that are the same each time. A target without a corpus,
/// and a corpus without a target, is a mistake.
pub(super) fn all(of_crate: &str, targets: &[Target]) {
    let prefix = format!("{of_crate}_");
    let corpora: BTreeSet<_> =
        folder("").into_iter().filter_map(|path| Some(name(&path).strip_prefix(&prefix)?.to_owned())).collect();
    assert_eq!(corpora, targets.iter().map(|(target, _)| (*target).to_owned()).collect());
    for (target, run) in targets {
        let inputs: Vec<_> = folder(&format!("{prefix}{target}"))
            .into_iter()
            .map(|path| (name(&path), fs::read(path).unwrap()))
            .collect();
        assert!(!inputs.is_empty(), "{target} has no corpus");
        for (name, input) in &inputs {
            give(&format!("{prefix}{target}/{name}"), *run, input);
        }
        let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
        for number in 0..NEAR {
            let (_, input) = &inputs[dice.below(inputs.len())];
            let (_, other) = &inputs[dice.below(inputs.len())];
            give(&format!("{prefix}{target}, changed {number}"), *run, &dice.near(input, other));
        }
    }
}

fn give(name: &str, run: fn(&[u8]), input: &[u8]) {
    if let Err(panic) = catch_unwind(|| run(input)) {
        eprintln!("with {name}: b\"{}\"", input.escape_ascii());
        resume_unwind(panic);
    }
}

fn folder(name: &str) -> Vec<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/corpus").join(name);
    let entries = fs::read_dir(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// Xorshift (Marsaglia, 2003): the same numbers each time.
struct Dice(u64);

impl Dice {
    fn throw(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.throw() % u64::try_from(end.max(1)).unwrap()).unwrap()
    }

    /// An input with a few bytes changed, taken out, or put in from another one.
    fn near(&mut self, input: &[u8], other: &[u8]) -> Vec<u8> {
        let mut input = input.to_vec();
        for _ in 0..=self.below(3) {
            let at = self.below(input.len() + 1);
            let end = input.len().min(at + self.below(4));
            let from = self.below(other.len() + 1);
            let put_in = &other[from..other.len().min(from + self.below(9))];
            match self.below(3) {
                0 if at < input.len() => input[at] ^= 1 << self.below(8),
                1 => drop(input.splice(at..end, put_in.iter().copied())),
                _ => drop(input.drain(at..end)),
            }
        }
        input
    }
}
