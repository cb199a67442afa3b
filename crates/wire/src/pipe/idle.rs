//! The idle path: what is read goes on at once; frames are looked at in passing. One read and
//! one write for each message, no copy unless the taker is slow or a frame is split.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::half::{Half, Leave};
use crate::counters::Counters;
use crate::session::{Direction, Frame, Scan};

/// Larger buffers halve the cost of large values; much larger ones leave the processor's cache.
const SCRATCH_BYTES: usize = 32 * 1024;

thread_local! {
    /// One read buffer for all connections of a wire: ten thousand idle ones cost nothing.
    pub(super) static SCRATCH: RefCell<Box<[u8; SCRATCH_BYTES]>> = RefCell::new(Box::new([0; SCRATCH_BYTES]));
}

impl Half<'_> {
    pub(super) fn poll_idle(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Leave>> {
        loop {
            ready!(self.poll_send(cx))?;
            if self.direction == Direction::Down
                && self.kept_len == 0
                && let Some((bytes, answers_step)) = self.link.due()
            {
                self.take_due(&bytes, answers_step);
                continue;
            }
            if !self.input.is_empty() {
                let input = std::mem::take(&mut self.input);
                let seen = self.look(&input);
                self.unsent.extend_from_slice(&input[..seen]);
                self.input.extend_from_slice(&input[seen..]);
                if !self.input.is_empty() {
                    ready!(self.poll_send(cx))?;
                    return Poll::Ready(Ok(Leave::Turn));
                }
                continue;
            }
            let leave =
                ready!(SCRATCH.with_borrow_mut(|scratch| self.poll_pass(cx, &mut scratch[..])))?;
            if let Some(leave) = leave {
                ready!(self.poll_send(cx))?;
                return Poll::Ready(Ok(leave));
            }
        }
    }

    /// Reads once and passes on what was read.
    fn poll_pass(
        &mut self,
        cx: &mut Context<'_>,
        scratch: &mut [u8],
    ) -> Poll<io::Result<Option<Leave>>> {
        let mut buffer = ReadBuf::new(scratch);
        ready!(Pin::new(&mut self.from).poll_read(cx, &mut buffer))?;
        let bytes = buffer.filled();
        if bytes.is_empty() {
            return Poll::Ready(Ok(Some(Leave::End)));
        }
        Counters::add(&self.link.carrier.counters.bytes, bytes.len() as u64);
        let seen = self.look(bytes);
        let mut sent = 0;
        while sent < seen {
            match Pin::new(&mut self.to).poll_write(cx, &bytes[sent..seen]) {
                Poll::Ready(Ok(n)) => sent += n,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => break,
            }
        }
        self.unsent.extend_from_slice(&bytes[sent..seen]);
        self.input.extend_from_slice(&bytes[seen..]);
        let turn = seen < bytes.len() || self.is_gated();
        Poll::Ready(Ok(turn.then_some(Leave::Turn)))
    }

    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut sent = 0;
        while sent < self.unsent.len() {
            match Pin::new(&mut self.to).poll_write(cx, &self.unsent[sent..]) {
                Poll::Ready(Ok(n)) => sent += n,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    self.unsent.drain(..sent);
                    return Poll::Pending;
                }
            }
        }
        // A connection that once was slow must not keep its buffer for good.
        self.unsent = Vec::new();
        Poll::Ready(Ok(()))
    }

    /// Shows bytes to the session; says how many of them may go on.
    fn look(&mut self, bytes: &[u8]) -> usize {
        let mut at = 0;
        let link = self.link;
        link.carrier.tick();
        let mut inner = link.inner();
        while at < bytes.len() && !self.link.is_opaque() {
            if self.kept_len == 0 && self.link.is_gated(self.direction) {
                return at;
            }
            match inner.session.scan(self.direction, &bytes[at..]) {
                Scan::End(n) => {
                    let piece = &bytes[at..at + n];
                    at += n;
                    if self.kept_len == 0 {
                        self.tell(
                            &mut inner,
                            Frame {
                                bytes: piece,
                                whole: true,
                            },
                        );
                        continue;
                    }
                    self.keep(piece);
                    let kept = std::mem::take(&mut self.kept);
                    let whole = std::mem::take(&mut self.kept_len) == kept.len();
                    self.tell(
                        &mut inner,
                        Frame {
                            bytes: &kept,
                            whole,
                        },
                    );
                }
                Scan::More => {
                    self.keep(&bytes[at..]);
                    return bytes.len();
                }
                Scan::Alien(why) => self.link.go_opaque(Some(why)),
            }
        }
        bytes.len()
    }

    fn tell(&self, inner: &mut super::link::Inner, frame: Frame<'_>) {
        match self.direction {
            Direction::Up => self.link.up_idle(inner, frame),
            Direction::Down => self.link.down_idle(inner, frame),
        }
    }

    fn keep(&mut self, piece: &[u8]) {
        let room = self.kept_max().saturating_sub(self.kept.len());
        self.kept.extend_from_slice(&piece[..piece.len().min(room)]);
        self.kept_len += piece.len();
    }

    /// Gives the client an answer in the backend's place.
    fn take_due(&mut self, bytes: &[u8], answers_step: bool) {
        if answers_step {
            let _ = self.look(bytes);
        }
        self.unsent.extend_from_slice(bytes);
    }
}
