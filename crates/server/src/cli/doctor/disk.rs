//! Room on the disk of the database.

use std::path::Path;

use super::Finding;

const PART: &str = "disk";
/// With less it will soon be full: a backup alone may take it.
const LITTLE: u64 = 1024 * MIB;
/// With less the write-ahead log may not fit.
const NONE: u64 = 128 * MIB;
const MIB: u64 = 1024 * 1024;

pub(super) fn check(file: &Path) -> Finding {
    // What will be made there is where it will be made.
    let there = file.ancestors().find(|place| place.exists()).unwrap_or(Path::new("."));
    match rustix::fs::statvfs(there) {
        Ok(disk) => of(there, disk.f_bavail.saturating_mul(disk.f_frsize)),
        Err(error) => Finding::wrong(PART, format!("The disk of {} cannot be asked: {error}.", there.display())),
    }
}

fn of(place: &Path, free: u64) -> Finding {
    let says = format!("{} MiB are free where {} is", free / MIB, place.display());
    if free < NONE {
        let then = "too little to go on. Make room; what is sent is refused when it is full.";
        Finding::wrong(PART, format!("{says}: {then}"))
    } else if free < LITTLE {
        Finding::mind(PART, format!("{says}: make room before it is full."))
    } else {
        Finding::fine(PART, format!("{says}."))
    }
}

#[cfg(test)]
mod tests {
    use super::{super::State, *};

    #[test]
    fn little_is_told_from_none() {
        let place = Path::new("/data");
        for (mib, state) in [(0, State::Wrong), (127, State::Wrong), (128, State::Mind), (1024, State::Fine)] {
            let finding = of(place, mib * MIB);
            assert_eq!(finding.state, state, "{finding:?}");
            assert!(finding.says.starts_with(&format!("{mib} MiB")), "{finding:?}");
        }
        assert_eq!(check(Path::new("/none/of/it/is/there")).part, PART);
    }
}
