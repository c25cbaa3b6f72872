//! Finds the folder of the built pages, which may not be there yet.

use std::{env, path::PathBuf};

fn main() {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let top = here.join("../..");
    // Without `..`: a debug build reads the pages when it runs, and takes only paths below this one.
    let pages = top.canonicalize().unwrap_or(top).join("web/dist");
    println!("cargo:rustc-env=PAGES_DIR={}", pages.display());
    println!("cargo:rerun-if-changed=build.rs");
    // A release build embeds them, so it is made again when they change.
    if env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo:rerun-if-changed={}", pages.display());
    }
}
