//! One direction of a connection: which path its bytes take, and how it ends.

use std::future::poll_fn;
use std::io;

use tokio::io::AsyncWriteExt;
use tokio::net::tcp::{ReadHalf, WriteHalf};

use super::link::Link;
use crate::session::{Direction, FRAME_KEPT_BYTES_MAX};

/// One direction.
pub(super) struct Half<'a> {
    pub(super) direction: Direction,
    pub(super) from: ReadHalf<'a>,
    pub(super) to: WriteHalf<'a>,
    pub(super) link: &'a Link,
    /// Idle path: scanned, and not yet taken by `to`.
    pub(super) unsent: Vec<u8>,
    /// Idle path: the beginning of a frame that did not end in the bytes it began in. It was
    /// sent on already; this copy is for the session.
    pub(super) kept: Vec<u8>,
    /// Length of that frame so far, which may be more than is kept.
    pub(super) kept_len: usize,
    /// Read, and neither scanned nor sent: where the gated path begins.
    pub(super) input: Vec<u8>,
}

/// Why a path was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leave {
    /// The peer will send no more.
    End,
    /// The other path has to take over.
    Turn,
}

impl<'a> Half<'a> {
    pub(super) fn new(
        direction: Direction,
        from: ReadHalf<'a>,
        to: WriteHalf<'a>,
        link: &'a Link,
    ) -> Half<'a> {
        let (unsent, kept, input) = (Vec::new(), Vec::new(), Vec::new());
        Half {
            direction,
            from,
            to,
            link,
            unsent,
            kept,
            kept_len: 0,
            input,
        }
    }

    /// Carries until the peer ends its side, then passes that on: the other direction may go on.
    pub(super) async fn run(mut self) -> io::Result<()> {
        loop {
            let leave = if self.is_gated() {
                self.gated().await?
            } else {
                poll_fn(|cx| self.poll_idle(cx)).await?
            };
            if leave == Leave::End {
                return match self.to.shutdown().await {
                    // The other side may be gone altogether by now.
                    Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
                    result => result,
                };
            }
        }
    }

    /// Whether the next bytes go through the gate. Only ever changes at a frame's edge.
    pub(super) fn is_gated(&self) -> bool {
        self.kept_len == 0 && !self.link.is_opaque() && self.link.is_gated(self.direction)
    }

    /// How much of a frame is kept for the session on the idle path: requests say what they mean
    /// in their bytes, of replies only the beginning tells anything there.
    pub(super) fn kept_max(&self) -> usize {
        match self.direction {
            Direction::Up => FRAME_KEPT_BYTES_MAX,
            Direction::Down => 1024,
        }
    }
}
