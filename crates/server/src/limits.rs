//! Open files: how many the system allows, and how many streams that is enough for.

/// Files that are not streams: the database, the listener, and requests that come and go.
const OTHER_FILES: u64 = 256;
/// Streams of a node without a limit of its own. Its memory is known up to here.
const MOST_STREAMS: u64 = 50_000;
/// Connections from one address, where nothing else is said: less than what is there beside streams for all, so
/// that no address takes it all.
const MOST_FROM_ONE_ADDRESS: u64 = 1000;
/// Below this many open files a warning is due.
const FEW_FILES: u64 = 4096;

/// Raises the limit of open files as far as the system lets us, and tells what it is now.
pub(crate) fn raise_open_files() -> u64 {
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(limit) => limit,
        Err(error) => {
            tracing::warn!(%error, "the limit of open files cannot be raised");
            rlimit::Resource::NOFILE.get_soft().unwrap_or(1024)
        }
    }
}

/// How many streams to allow: as asked for, or as many as fit under the limit of open files.
pub(crate) fn streams(asked: Option<u64>, files: u64) -> usize {
    let fitting = room(files);
    if are_few(files) {
        tracing::warn!(files, "few files may be open, so few streams too: raise the limit (ulimit -n, LimitNOFILE=)");
    }
    if asked.is_some_and(|asked| asked > fitting) {
        tracing::warn!(files, fitting, "TIDINGS_STREAMS_PER_NODE is more than the limit of open files allows");
    }
    usize::try_from(asked.unwrap_or(fitting.min(MOST_STREAMS))).unwrap_or(usize::MAX)
}

/// How many streams fit under the limit of open files.
pub(crate) fn fitting(files: u64) -> usize {
    usize::try_from(room(files)).unwrap_or(usize::MAX)
}

fn room(files: u64) -> u64 {
    files.saturating_sub(OTHER_FILES).max(files / 2)
}

/// Whether a warning is due.
pub(crate) fn are_few(files: u64) -> bool {
    files < FEW_FILES
}

/// How many connections to allow from one address: as asked for, or a part of what there is.
pub(crate) fn connections(asked: Option<u64>, files: u64) -> usize {
    let fitting = MOST_FROM_ONE_ADDRESS.min(files / 4).max(1);
    usize::try_from(asked.unwrap_or(fitting)).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_leave_room_for_other_files() {
        let cases = [
            (None, 1024, 768),
            (None, 256, 128),
            (None, 20_000, 19_744),
            (None, 1_048_576, 50_000),
            (None, u64::MAX, 50_000),
            (Some(10), 1024, 10),
            (Some(100_000), 1024, 100_000),
        ];
        for (asked, files, expected) in cases {
            assert_eq!(streams(asked, files), expected, "{asked:?} of {files}");
        }
    }

    #[test]
    fn no_address_takes_all_files() {
        for (asked, files, expected) in [(None, 1024, 256), (None, 1_048_576, 1000), (None, 2, 1), (Some(5), 1024, 5)] {
            assert_eq!(connections(asked, files), expected, "{asked:?} of {files}");
        }
    }
}
