//! How long a cursor is that names several partitions, and how many fit.

use std::fmt::Write as _;

/// What clients may hold: more would ask browsers for a preflight.
const LONGEST: usize = 128;
/// Today, and for a stream that reads one partition: one AES block.
const BLOCK: usize = 16;
/// For each further partition: two bytes that name it, six of position.
const ENTRY: usize = 8;
/// Which partitions there were, and in which lives: the generation of the layout.
const GENERATION: usize = 4;

/// Characters of base64url.
const fn characters(bytes: usize) -> usize {
    (bytes * 4).div_ceil(3)
}

/// Of a cursor that names so many partitions: sealed as a whole (AES-SIV), as blocks that are sealed one by one could
/// be put together anew by a client.
const fn length(partitions: usize) -> usize {
    if partitions <= 1 { characters(BLOCK) } else { characters(BLOCK + GENERATION + ENTRY * partitions) }
}

pub(super) fn table() -> String {
    let mut out = "| partitions that a cursor names | characters | |\n| ---: | ---: | --- |\n".to_owned();
    for partitions in [1, 2, 4, 8, 9, 10, 64] {
        let length = length(partitions);
        let fits = if length <= LONGEST { "fits" } else { "does not fit" };
        let _ = writeln!(out, "| {partitions} | {length} | {fits} |"); // into a String: cannot fail
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_partitions_fit() {
        assert_eq!(length(1), 22, "as today");
        assert!(length(9) <= LONGEST && length(10) > LONGEST);
    }
}
