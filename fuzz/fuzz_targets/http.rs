//! Hostile bytes for the http session.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::feed(model::Protocol::Http, input));
