//! Files with keys.

use std::{
    fs::{self, File, Metadata},
    io::{self, Read as _},
    os::unix::fs::MetadataExt as _,
    path::Path,
};

/// Longest file that is read, in bytes: a wrong path must not fill the memory.
const MAX_FILE: u64 = 64 * 1024;

/// Why a file is of no use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("it is not a file")]
    NotAFile,
    #[error("it has more than {MAX_FILE} bytes")]
    TooLong,
    #[error("it is not text")]
    NotText,
    #[error("{0}")]
    Content(String),
}

/// What tells that a file was changed or replaced, without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    modified: (i64, i64),
    size: u64,
    place: (u64, u64),
}

impl Mark {
    /// `None` when there is no such file.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().map(|found| Self::from(&found))
    }
}

impl From<&Metadata> for Mark {
    fn from(found: &Metadata) -> Self {
        Self { modified: (found.mtime(), found.mtime_nsec()), size: found.size(), place: (found.dev(), found.ino()) }
    }
}

/// The text of a file.
pub(crate) fn text(path: &Path) -> Result<String, Unreadable> {
    // Asked first: opening a pipe would wait for somebody to write into it.
    if !fs::metadata(path)?.is_file() {
        return Err(Unreadable::NotAFile);
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(Unreadable::TooLong);
    }
    String::from_utf8(bytes).map_err(|_| Unreadable::NotText)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        assert!(matches!(text(&path), Err(Unreadable::Io(_))));
        assert!(matches!(text(folder.path()), Err(Unreadable::NotAFile)));
        let write = |content: &[u8]| fs::write(&path, content).unwrap();
        write(&vec![b'a'; 64 * 1024]);
        assert_eq!(text(&path).unwrap().len(), 64 * 1024);
        write(&vec![b'a'; 64 * 1024 + 1]);
        assert!(matches!(text(&path), Err(Unreadable::TooLong)));
        write(b"\xff");
        assert!(matches!(text(&path), Err(Unreadable::NotText)));
        assert!(matches!(text(Path::new("/dev/zero")), Err(Unreadable::NotAFile)));
    }

    #[test]
    fn a_change_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("key"), folder.path().join("new"));
        assert_eq!(Mark::of(&path), None);
        fs::write(&path, "one").unwrap();
        let first = Mark::of(&path);
        assert!(first.is_some() && Mark::of(&path) == first);
        fs::write(&path, "three").unwrap();
        let second = Mark::of(&path);
        assert_ne!(second, first, "written over");
        fs::write(&other, "three").unwrap();
        fs::rename(&other, &path).unwrap();
        assert_ne!(Mark::of(&path), second, "replaced");
    }
}
