//! A small file system of its own, where this process may make one.

use std::{path::Path, process::Command};

use tempfile::TempDir;

/// A mounted file system in memory. Ends with the test.
pub(super) struct Mounted(TempDir);

impl Mounted {
    /// `None`: this takes Linux and its administrator.
    pub(super) fn of_size(mebibytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let options = format!("size={mebibytes}m");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &options, "tidings-test"]).arg(folder.path());
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        mounted.then(|| Self(folder))
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Lets nobody write to it any more.
    pub(super) fn make_read_only(&self) {
        let status = Command::new("mount").args(["-o", "remount,ro"]).arg(self.path()).status();
        assert!(status.unwrap().success());
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // Lazily: a server that is about to end may still have files open there.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}
