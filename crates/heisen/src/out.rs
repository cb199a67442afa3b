//! What heisen prints for people.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write};

/// Prints to stdout. Whoever reads may stop in the middle: that is nobody's fault.
pub fn write(text: Arguments<'_>) {
    let mut out = std::io::stdout().lock();
    match out.write_fmt(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            eprintln!("warning: not all could be printed: {error}");
        }
        _ => {}
    }
}

/// As `print!`, for a reader who may go away.
macro_rules! put {
    ($($text:tt)*) => { $crate::out::write(format_args!($($text)*)) };
}
pub(crate) use put;
