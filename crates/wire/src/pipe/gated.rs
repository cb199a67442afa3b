//! The gated path: a frame goes on only when its step, or the reply it ends, was let through.
//!
//! ```text
//!   input: | clear, to be sent | frames kept until asked about | frame that goes on arriving |
//!          0                 clear                           frame                     input.len()
//! ```

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Poll, ready};
use std::time::Duration;

use model::{Fault, Reply, ReplyKind, Step};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};

use super::half::{Half, Leave};
use super::idle::SCRATCH;
use super::link::{DownFrame, UpFrame};
use crate::counters::Counters;
use crate::gate::Ruling;
use crate::session::{Direction, FRAME_KEPT_BYTES_MAX, Frame, Scan};
use crate::toxic::{self, Draw, Fate};

/// A kept reply, or a frame that says what it means before its end, waits this long for more
/// bytes; then it is asked about as it is and streams on. Without this, whatever sends slowly by
/// nature (events, long answers) would seem dead through a gate.
const MORE_MAX: Duration = Duration::from_millis(50);

/// Where the gated path stands in its input.
#[derive(Debug, Default)]
struct Place {
    clear: usize,
    frame: usize,
    scanned: usize,
    /// The current frame was asked about before its end: the rest streams.
    told: bool,
    /// It was answered here: the rest of it must not go on.
    swallow_rest: bool,
    /// All that follows in this direction is swallowed.
    dead: bool,
}

enum More {
    Bytes,
    End,
    Late,
    Due,
}

impl Half<'_> {
    pub(super) async fn gated(&mut self) -> io::Result<Leave> {
        let mut place = Place::default();
        loop {
            if place.dead {
                return self.swallow_all().await;
            }
            if self.link.is_opaque() {
                place.clear = self.input.len();
                self.send_clear(&mut place).await?;
                return Ok(Leave::Turn);
            }
            if place.scanned < self.input.len() {
                self.scan_on(&mut place).await?;
                continue;
            }
            self.send_clear(&mut place).await?;
            if self.input.is_empty() && !place.told && !self.is_gated() {
                return Ok(Leave::Turn);
            }
            match self.more(&place).await? {
                More::Bytes => {}
                More::Late => self.ask_early(&mut place).await?,
                More::Due => self.give_due().await?,
                More::End => {
                    place.clear = self.input.len();
                    self.send_clear(&mut place).await?;
                    return Ok(Leave::End);
                }
            }
        }
    }

    /// Scans what is there up to the end of one frame, and puts that through the gate.
    async fn scan_on(&mut self, place: &mut Place) -> io::Result<()> {
        let scan = self
            .link
            .inner()
            .session
            .scan(self.direction, &self.input[place.scanned..]);
        match scan {
            Scan::End(n) => {
                place.scanned += n;
                let told = std::mem::take(&mut place.told);
                if !told {
                    self.judge(place, true).await?;
                } else if place.swallow_rest {
                    self.swallow(place);
                } else {
                    place.clear = place.scanned;
                }
                place.swallow_rest = false;
                place.frame = place.scanned;
            }
            Scan::More => {
                place.scanned = self.input.len();
                if place.told && place.swallow_rest {
                    self.swallow(place);
                } else if place.told {
                    place.clear = place.scanned;
                } else if place.scanned - place.frame >= FRAME_KEPT_BYTES_MAX {
                    self.judge(place, false).await?;
                    place.told = true;
                } else if place.scanned - place.clear >= FRAME_KEPT_BYTES_MAX {
                    self.ask_early(place).await?;
                }
            }
            Scan::Alien(why) => self.link.go_opaque(Some(why)),
        }
        Ok(())
    }

    /// Puts the current frame, whole or not, through the gate.
    async fn judge(&mut self, place: &mut Place, whole: bool) -> io::Result<()> {
        let end = place.scanned.min(place.frame + FRAME_KEPT_BYTES_MAX);
        let frame = Frame {
            bytes: &self.input[place.frame..end],
            whole: whole && end == place.scanned,
        };
        match self.direction {
            Direction::Up => match self.link.up_gated(frame) {
                UpFrame::Clear => place.clear = place.scanned,
                UpFrame::Swallow => {
                    self.send_clear(place).await?;
                    self.swallow(place);
                    wake_sibling().await;
                }
                UpFrame::Ask(step) => {
                    // What stands before this step must not wait with it.
                    place.clear = place.frame;
                    self.send_clear(place).await?;
                    let ruling = self.link.carrier.director.before_up(&step);
                    self.carry_out(place, ruling, &step).await?;
                }
            },
            Direction::Down => match self.link.down_gated(frame) {
                DownFrame::Clear if place.clear == place.frame => place.clear = place.scanned,
                DownFrame::Clear | DownFrame::Keep => {}
                DownFrame::ClearNow => place.clear = place.scanned,
                DownFrame::Ask(step, reply) => {
                    self.send_clear(place).await?;
                    let ruling = self.link.carrier.director.before_down(&step, &reply);
                    self.carry_out(place, ruling, &step).await?;
                }
            },
        }
        Ok(())
    }

    /// Does to the bytes up to `scanned` what the ruling says.
    async fn carry_out(
        &mut self,
        place: &mut Place,
        ruling: Ruling,
        step: &Step,
    ) -> io::Result<()> {
        let fault = match ruling {
            Ruling::Pass => None,
            Ruling::Fault(fault) => Some(fault),
            Ruling::Hold(ticket) => ticket.wait().await,
        };
        match fault {
            None => place.clear = place.scanned,
            Some(Fault::Answer(bytes)) => {
                let frame = &self.input[place.frame..place.scanned];
                let can = self.direction == Direction::Down
                    || self.link.inner().session.can_answer(frame);
                if !can {
                    // Half an answer would be believed: a cut connection is seen, and counted.
                    return Err(io::Error::other(format!(
                        "`{}` cannot be answered in the backend's place",
                        step.verb
                    )));
                }
                self.swallow(place);
                place.swallow_rest = true;
                match self.direction {
                    Direction::Up => {
                        self.link.answer(step, bytes);
                        wake_sibling().await;
                    }
                    Direction::Down => self.to.write_all(&bytes).await?,
                }
            }
            Some(fault) => {
                let gate = self.direction as u64;
                let carrier = &self.link.carrier;
                let draw = Draw::of([
                    carrier.seed,
                    u64::from(carrier.wire.0),
                    u64::from(self.link.connection().0),
                    step.ordinal * 2 + gate,
                ]);
                let bytes = &self.input[place.clear..place.scanned];
                match toxic::apply(&fault, draw, &mut self.to, bytes).await? {
                    Fate::Sent => self.swallow(place),
                    Fate::Swallowed => place.dead = true,
                }
            }
        }
        Ok(())
    }

    /// Asks about a reply, or a frame that tells enough, without waiting for its end.
    async fn ask_early(&mut self, place: &mut Place) -> io::Result<()> {
        let partial = place.scanned > place.frame && !place.told;
        if partial && self.link.inner().session.is_telling(self.direction) {
            self.judge(place, false).await?;
            place.told = true;
            return Ok(());
        }
        if self.direction == Direction::Up {
            return Ok(());
        }
        self.send_clear(place).await?;
        if let Some(step) = self.link.ask_early() {
            let reply = Reply::of(ReplyKind::Ok, "(long reply)");
            let ruling = self.link.carrier.director.before_down(&step, &reply);
            let (frame, scanned) = (place.frame, place.scanned);
            place.scanned = frame;
            self.carry_out(place, ruling, &step).await?;
            place.scanned = scanned - (frame - place.frame);
        } else {
            place.clear = place.frame;
        }
        Ok(())
    }

    /// Removes the bytes between `clear` and `scanned` without sending them.
    fn swallow(&mut self, place: &mut Place) {
        self.input.drain(place.clear..place.scanned);
        place.scanned = place.clear;
        place.frame = place.clear;
    }

    async fn send_clear(&mut self, place: &mut Place) -> io::Result<()> {
        if place.clear > 0 {
            self.to.write_all(&self.input[..place.clear]).await?;
            self.input.drain(..place.clear);
            place.frame = place.frame.saturating_sub(place.clear);
            place.scanned -= place.clear;
            place.clear = 0;
        }
        Ok(())
    }

    /// Waits for more bytes, or for a reason to go on without.
    async fn more(&mut self, place: &Place) -> io::Result<More> {
        let (from, input, link) = (&mut self.from, &mut self.input, self.link);
        let is_down = self.direction == Direction::Down;
        let at_edge = is_down && place.scanned == place.clear;
        let read = poll_fn(|cx| {
            if at_edge && link.has_due() {
                return Poll::Ready(Ok(More::Due));
            }
            SCRATCH.with_borrow_mut(|scratch| {
                let mut buffer = ReadBuf::new(&mut scratch[..]);
                ready!(Pin::new(&mut *from).poll_read(cx, &mut buffer))?;
                input.extend_from_slice(buffer.filled());
                Counters::add(&link.carrier.counters.bytes, buffer.filled().len() as u64);
                Poll::Ready(Ok(if buffer.filled().is_empty() {
                    More::End
                } else {
                    More::Bytes
                }))
            })
        });
        let keeps = place.scanned > place.clear && !place.told;
        if keeps && (is_down || link.inner().session.is_telling(Direction::Up)) {
            return tokio::time::timeout(MORE_MAX, read)
                .await
                .unwrap_or(Ok(More::Late));
        }
        read.await
    }

    /// Gives the client an answer in the backend's place.
    async fn give_due(&mut self) -> io::Result<()> {
        match self.link.due() {
            Some((bytes, true)) => self.input.extend_from_slice(&bytes),
            Some((bytes, false)) => self.to.write_all(&bytes).await?,
            None => {}
        }
        Ok(())
    }

    async fn swallow_all(&mut self) -> io::Result<Leave> {
        self.input = Vec::new();
        let mut scratch = [0u8; 4096];
        while self.from.read(&mut scratch).await? > 0 {}
        Ok(Leave::End)
    }
}

/// Has the other half looked at again: both live in this task.
async fn wake_sibling() {
    poll_fn(|cx| {
        cx.waker().wake_by_ref();
        Poll::Ready(())
    })
    .await;
}
