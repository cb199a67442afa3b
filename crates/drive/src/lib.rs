//! The clients: requests made from operations, sent down a lane, timed, with every outcome
//! classed: answered, unknown (it may have taken effect), or never sent.

mod client;
mod draws;
pub mod engine;
pub mod feed;
pub mod load;
pub mod mix;
pub mod profile;
mod request;

pub use client::Client;
pub use draws::Draws;
pub use request::{Filling, PreparedRequest, RequestError, prepare};
