//! Measures Tidings beside its peers, in one run on one machine.

mod figures;

fn main() {}
