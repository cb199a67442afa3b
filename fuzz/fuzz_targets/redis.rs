//! Hostile bytes for the redis session.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::feed(model::Protocol::Redis, input));
