//! Predictions: the words that terminal and page share, and the keys that scripts read.

mod details;
mod document;
pub(crate) mod words;

pub(crate) use details::details;
pub use document::prediction_document;

#[cfg(test)]
mod document_tests;
#[cfg(test)]
pub(crate) mod testkit;
#[cfg(test)]
mod words_tests;
