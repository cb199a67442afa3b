//! Requests on their way over HTTP/1.1, one at a time on each connection.

use model::{Outcome, UnknownWhy};

use super::super::answer::Kept;
use super::super::connection::{Received, State};
use super::Exchanges;

impl Exchanges {
    pub(super) fn write(&mut self, at: usize) {
        let Some((exchange, socket)) = self.connections[at].http1() else {
            return self.write_streams(at);
        };
        let written = exchange.write(socket);
        let is_unsent = exchange.is_unsent();
        let outcome = written.and_then(|is_all| self.listen_for_room(at, !is_all));
        if let Err(_error) = outcome {
            // Of a connection that was closed meanwhile nothing was taken: another one is opened.
            if is_unsent {
                self.connections[at].close_but_keep_request();
                self.open_for_request(at);
            } else {
                self.unknown(at, UnknownWhy::Cut);
            }
        }
    }

    pub(super) fn read(&mut self, at: usize) {
        let Some((exchange, socket)) = self.connections[at].http1() else {
            return;
        };
        match exchange.read(socket, &mut self.buffer) {
            Received::Nothing => {}
            Received::Answered(answered) => {
                let Kept {
                    location,
                    body,
                    headers,
                } = exchange.kept();
                exchange.clear();
                let connection = &mut self.connections[at];
                match answered.keeps {
                    true => connection.state = State::Idle,
                    false => connection.close(),
                }
                let place = connection.place;
                let outcome = Outcome::Answered {
                    status: answered.status,
                    location,
                    body: String::from_utf8_lossy(&body).into_owned(),
                };
                self.end(place, outcome, headers);
            }
            Received::Cut => self.unknown(at, UnknownWhy::Cut),
            Received::Garbled => self.unknown(at, UnknownWhy::Garbled),
        }
    }

    pub(super) fn unknown(&mut self, at: usize, why: UnknownWhy) {
        self.connections[at].close();
        let place = self.connections[at].place;
        self.end(place, Outcome::Unknown(why), Vec::new());
    }
}
