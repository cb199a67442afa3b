//! Opening connections before the first request is due, and those that were closed since.

use std::io;
use std::time::Instant;

use nix::sys::epoll::{EpollEvent, EpollFlags, EpollTimeout};

use super::Watch;
use super::connection::State;
use super::exchanges::{EVENTS_MAX, Exchanges};

/// Connections of a thread that are being opened at once: backlogs of listeners are short.
const OPENING_MAX: usize = 128;

impl Exchanges {
    /// Opens all connections. One that cannot be opened now is tried again by the request
    /// that needs it, which then tells why.
    pub fn open_all(&mut self, watch: &Watch) -> io::Result<()> {
        self.notice_closed()?;
        let is_closed = |at: &usize| self.connections[*at].state == State::Closed;
        let mut waiting: Vec<usize> = (0..self.connections.len())
            .rev()
            .filter(is_closed)
            .collect();
        let mut opening = 0;
        let mut events = [EpollEvent::empty(); EVENTS_MAX];
        let began = Instant::now();
        while began.elapsed() < self.patience && !watch.is_stopped() {
            while opening < OPENING_MAX {
                let Some(at) = waiting.pop() else { break };
                opening += usize::from(self.open(at).is_ok());
            }
            if opening == 0 {
                break;
            }
            let count = self.poll.wait(&mut events, EpollTimeout::from(100_u8))?;
            for event in &events[..count] {
                opening -= usize::from(self.is_opened(event.data() as usize)?);
            }
        }
        let left = self.connections.iter_mut();
        left.filter(|connection| connection.state == State::Opening)
            .for_each(|connection| connection.close());
        Ok(())
    }

    /// Whether this ends an opening, well or not.
    fn is_opened(&mut self, at: usize) -> io::Result<bool> {
        let Some(connection) = self.connections.get_mut(at) else {
            return Ok(false);
        };
        if connection.state != State::Opening {
            return Ok(false);
        }
        match connection.opened() {
            Ok(()) => self.listen(at, EpollFlags::EPOLLIN)?,
            Err(_) => connection.close(),
        }
        Ok(true)
    }

    /// Closes connections that the other side has closed while they rested.
    fn notice_closed(&mut self) -> io::Result<()> {
        let mut events = [EpollEvent::empty(); EVENTS_MAX];
        loop {
            let count = self.poll.wait(&mut events, EpollTimeout::ZERO)?;
            for event in &events[..count] {
                let connection = self.connections.get_mut(event.data() as usize);
                if let Some(connection) = connection.filter(|known| known.state == State::Idle) {
                    connection.close();
                }
            }
            if count < EVENTS_MAX {
                return Ok(());
            }
        }
    }
}
