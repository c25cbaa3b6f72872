#![no_main]

#[path = "../../../crates/server/src/fuzz.rs"]
#[allow(dead_code, reason = "each target is one function of it")]
mod fuzz;

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::sse(data));
