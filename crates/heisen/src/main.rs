//! heisen.
fn main() {}
