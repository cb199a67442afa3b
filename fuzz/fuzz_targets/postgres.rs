//! Hostile bytes for the postgres session.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::feed(model::Protocol::Postgres, input));
