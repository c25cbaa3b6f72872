//! Has the server built anew when the pages that go into it have changed.

use std::path::Path;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // Cargo takes a folder that is not there for one that changes all the time. The one above it
    // changes when the pages are built for the first time.
    let pages = Path::new("../../web/dist");
    let watched = if pages.exists() { pages } else { Path::new("../../web") };
    println!("cargo:rerun-if-changed={}", watched.display());
}
