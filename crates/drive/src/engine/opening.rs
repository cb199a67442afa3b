//! Opening connections before the first request is due, and those that were closed since.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use nix::sys::epoll::{EpollEvent, EpollFlags, EpollTimeout};

use super::connection::State;
use super::exchanges::{EVENTS_MAX, Exchanges};
use super::transport::Transport;
use super::{Keeps, Watch};

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
                let at = event.data() as usize;
                opening -= usize::from(self.is_opened(at, event.events()));
            }
        }
        let left = self.connections.iter_mut();
        left.filter(|connection| connection.state == State::Opening)
            .for_each(|connection| connection.close());
        Ok(())
    }

    /// Whether this ends an opening, well or not.
    fn is_opened(&mut self, at: usize, flags: EpollFlags) -> bool {
        match self.connections.get(at).map(|known| known.state) {
            Some(State::Opening) => {}
            Some(State::Idle) => {
                self.attend(at, flags);
                return false;
            }
            _ => return false,
        }
        match self.open_further(at, flags) {
            Ok(is_open) => is_open,
            Err(_) => {
                self.connections[at].close();
                true
            }
        }
    }

    /// Closes connections that the other side has closed while they rested.
    fn notice_closed(&mut self) -> io::Result<()> {
        let mut events = [EpollEvent::empty(); EVENTS_MAX];
        loop {
            let count = self.poll.wait(&mut events, EpollTimeout::ZERO)?;
            for event in &events[..count] {
                let at = event.data() as usize;
                let known = self.connections.get(at).map(|known| known.state);
                if known == Some(State::Idle) {
                    self.attend(at, event.events());
                }
            }
            if count < EVENTS_MAX {
                return Ok(());
            }
        }
    }
}

/// Opens one connection and closes it again: whether somebody can be asked this way, and why not.
pub fn probe(address: SocketAddr, transport: &Transport, patience: Duration) -> io::Result<()> {
    let mut exchanges = Exchanges::new(transport, Keeps::Status, patience)?;
    exchanges.add(address);
    exchanges.open(0)?;
    let mut events = [EpollEvent::empty(); EVENTS_MAX];
    let began = Instant::now();
    while began.elapsed() < patience {
        let count = exchanges
            .poll
            .wait(&mut events, EpollTimeout::from(100_u8))?;
        for event in &events[..count] {
            if event.data() == 0 && exchanges.open_further(0, event.events())? {
                exchanges.connections[0].close();
                return Ok(());
            }
        }
    }
    Err(io::ErrorKind::TimedOut.into())
}
