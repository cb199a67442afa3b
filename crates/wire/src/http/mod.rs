//! HTTP/1.1 and 1.0: a request is a step, its final response the reply. `scan` and `chunked` find
//! where frames end, `head` reads heads; this file keeps which response answers which request.
//! `steps`, `shape` and `graphql` say what a request means, `reply` what a response was.
//!
//! A frame is a head with its body, with these exceptions: a request that expects a go-ahead is
//! two frames, its head and its body, so that a held step never keeps a client waiting for its own
//! body; a response that streams (server-sent events and the like) is its head, and what follows
//! passes at once; after an upgrade, a tunnel or a body that ends with the connection nothing is
//! looked at any more. Where two peers could read a framing in two ways, or the order of replies
//! could get lost, the connection passes untouched.

use std::collections::VecDeque;

use crate::session::{Direction, Down, Frame, Look, Scan, Up};

mod chunked;
pub mod encode;
mod graphql;
mod head;
mod reply;
mod scan;
mod shape;
mod steps;
#[cfg(test)]
mod tests;
mod text;

use chunked::{Chunked, Progress};
use head::{Asked, Framing, Message, Response, Why};
use scan::{Body, Keeper};
pub(crate) use text::describe_text;

/// Requests that wait for a response on one connection; more is no pipelining anyone does.
pub const OPEN_REQUESTS_MAX: usize = 1024;

/// One HTTP/1 connection.
#[derive(Debug, Default)]
pub struct Session {
    up: UpSide,
    down: DownSide,
    /// Requests without a final response, the oldest first.
    open: VecDeque<Asked>,
    /// Final responses that nobody asked for (a server's 408 to an idle client).
    unasked: u64,
}

/// The direction of requests.
#[derive(Debug, Default)]
struct UpSide {
    keeper: Keeper,
    stage: UpStage,
    /// The request of the current frame, until `up` has been told of it.
    asked: Option<Asked>,
    message: Option<Message>,
    /// A final response came while the client still waited to send its body.
    is_refused: bool,
    /// The request of the current frame was answered before its body was whole.
    is_answered: bool,
}

#[derive(Debug, Default)]
enum UpStage {
    #[default]
    Head,
    Body(Body),
    /// The head was a frame; the body will be the next.
    Awaited(Body),
    /// What follows a CONNECT is a tunnel, or requests, or lost.
    Tunnel,
}

/// The direction of responses.
#[derive(Debug, Default)]
struct DownSide {
    keeper: Keeper,
    stage: DownStage,
    meaning: Meaning,
    response: Option<Response>,
}

#[derive(Debug, Default)]
enum DownStage {
    #[default]
    Head,
    Body(Body),
    /// Chunks of a stream, each a frame.
    Chunks(Chunked),
    /// What is left of a stream with a length, each piece a frame.
    Pieces(u64),
    /// Bytes up to the end of the connection.
    Tail,
}

/// What the current frame on its way down is for the open requests.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// Nothing, or not known yet.
    #[default]
    Aside,
    /// An interim response to the oldest.
    Interim,
    /// The final response to the oldest.
    Final,
    /// The final response to the oldest, and the last that is understood.
    Last,
    /// A final response when there was no request.
    Unasked,
}

impl crate::session::Session for Session {
    fn scan(&mut self, direction: Direction, bytes: &[u8]) -> Scan {
        let end = match direction {
            Direction::Up => self.scan_up(bytes),
            Direction::Down => self.scan_down(bytes),
        };
        match end {
            Ok(Some(end)) => Scan::End(end),
            Ok(None) => Scan::More,
            Err(why) => Scan::Alien(why),
        }
    }

    fn up(&mut self, frame: Frame<'_>, look: Look) -> Up {
        let (Some(asked), Some(message)) = (self.up.asked.take(), self.up.message) else {
            return Up::Pass;
        };
        let draft = match look {
            Look::Brief => None,
            Look::Full => Some(Box::new(steps::draft(frame, message))),
        };
        if self.up.is_answered {
            return Up::OneWay(draft);
        }
        self.open.push_back(asked);
        Up::Step(draft)
    }

    fn down(&mut self, frame: Frame<'_>, look: Look) -> Down {
        let meaning = std::mem::take(&mut self.down.meaning);
        match meaning {
            Meaning::Aside => return Down::Aside,
            Meaning::Interim => return Down::PartNow,
            Meaning::Unasked => {
                self.unasked += 1;
                return Down::Aside;
            }
            Meaning::Final | Meaning::Last => {}
        }
        self.open.pop_front();
        let reply = match (look, self.down.response) {
            (Look::Full, Some(response)) => Some(Box::new(reply::describe(frame, response))),
            _ => None,
        };
        match meaning {
            Meaning::Last => Down::Opaque { reply },
            _ => Down::End { reply, skipped: 0 },
        }
    }

    fn brief(&self, frame: Frame<'_>, out: &mut Vec<u8>) {
        if let Some(message) = self.up.message {
            steps::shape(frame, message, out);
        }
    }

    fn is_telling(&self, direction: Direction) -> bool {
        match direction {
            Direction::Up => matches!(self.up.stage, UpStage::Body(_)),
            Direction::Down => {
                matches!(self.down.stage, DownStage::Body(_) | DownStage::Chunks(_))
            }
        }
    }

    fn not_understood(&self) -> (u64, Option<&str>) {
        (
            self.unasked,
            (self.unasked > 0).then_some("a response that nobody asked for"),
        )
    }
}

impl Session {
    fn scan_up(&mut self, bytes: &[u8]) -> Result<Option<usize>, Why> {
        let up = &mut self.up;
        match std::mem::take(&mut up.stage) {
            UpStage::Head => {}
            UpStage::Body(body) => return up.body(body, bytes, 0),
            UpStage::Awaited(_) if up.is_refused => {
                // The client may send the body all the same, or its next request.
                return Err("a request was answered before its body was sent");
            }
            UpStage::Awaited(body) => return up.body(body, bytes, 0),
            UpStage::Tunnel => return Err("bytes behind a CONNECT that was not answered"),
        }
        if up.keeper.is_empty() {
            (up.asked, up.message) = (None, None);
            (up.is_refused, up.is_answered) = (false, false);
            if self.open.len() >= OPEN_REQUESTS_MAX {
                return Err("too many requests without a response");
            }
        }
        let parse = |bytes: &[u8]| {
            Ok(head::request(bytes)?.map(|request| (request.message.length, request)))
        };
        let Some((end, request)) = up.keeper.find(bytes, parse)? else {
            return Ok(None);
        };
        up.asked = Some(request.asked);
        up.message = Some(request.message);
        match Body::framed(request.message.framing) {
            None if request.asked == Asked::Connect => up.stage = UpStage::Tunnel,
            None => {}
            Some(body) if request.expects => up.stage = UpStage::Awaited(body),
            Some(body) => return up.body(body, bytes, end),
        }
        Ok(Some(end))
    }

    fn scan_down(&mut self, bytes: &[u8]) -> Result<Option<usize>, Why> {
        let down = &mut self.down;
        match std::mem::take(&mut down.stage) {
            DownStage::Head => {}
            DownStage::Body(body) => return down.body(body, bytes, 0),
            DownStage::Chunks(chunks) => return down.chunk(chunks, bytes),
            DownStage::Pieces(left) => {
                let here = (bytes.len() as u64).min(left);
                if here < left {
                    down.stage = DownStage::Pieces(left - here);
                }
                return Ok(Some(here as usize));
            }
            DownStage::Tail => {
                down.stage = DownStage::Tail;
                return Ok(Some(bytes.len()));
            }
        }
        let asked = self.open.front().copied();
        if asked.is_none() && !self.up.keeper.is_empty() {
            // Nobody can say whether the request that follows is answered or still to be.
            return Err("a response amid the head of a request");
        }
        // An impatient backend answers a request whose body is still on its way; no step is open.
        let early = self.up.asked.filter(|_| asked.is_none());
        let parse = |bytes: &[u8]| {
            let found = head::response(bytes, asked.or(early).unwrap_or(Asked::Other))?;
            Ok(found.map(|response| (response.message.length, response)))
        };
        let Some((end, response)) = down.keeper.find(bytes, parse)? else {
            return Ok(None);
        };
        down.response = Some(response);
        down.meaning = meaning(asked, response);
        if early.is_some() && down.meaning == Meaning::Unasked {
            down.meaning = Meaning::Aside;
            self.up.is_answered = true;
        }
        if down.meaning == Meaning::Final && self.open.len() == 1 {
            self.up.is_refused = matches!(self.up.stage, UpStage::Awaited(_));
        }
        // A refused CONNECT is followed by requests again.
        if down.meaning == Meaning::Final && asked == Some(Asked::Connect) {
            self.up.stage = UpStage::Head;
        }
        match Body::framed(response.message.framing) {
            _ if down.meaning == Meaning::Last => down.stage = DownStage::Tail,
            None if response.message.framing == Framing::UntilClose => down.stage = DownStage::Tail,
            None => {}
            Some(Body::Length(length)) if response.streams => {
                down.stage = DownStage::Pieces(length);
            }
            Some(Body::Chunked(chunks)) if response.streams => {
                down.stage = DownStage::Chunks(chunks);
            }
            Some(body) => return down.body(body, bytes, end),
        }
        Ok(Some(end))
    }
}

/// What a response is for the oldest open request.
fn meaning(asked: Option<Asked>, response: Response) -> Meaning {
    let Some(asked) = asked else {
        return match response.status {
            100..=199 => Meaning::Aside,
            _ => Meaning::Unasked,
        };
    };
    match response.status {
        101 => Meaning::Last,
        100..=199 => Meaning::Interim,
        200..=299 if asked == Asked::Connect => Meaning::Last,
        _ if response.message.framing == Framing::UntilClose => Meaning::Last,
        _ => Meaning::Final,
    }
}

impl UpSide {
    /// Looks for the end of a body that begins or goes on at `from`.
    fn body(&mut self, mut body: Body, bytes: &[u8], from: usize) -> Result<Option<usize>, Why> {
        let end = body.end(&bytes[from..])?;
        if end.is_none() {
            self.stage = UpStage::Body(body);
        }
        Ok(end.map(|end| from + end))
    }
}

impl DownSide {
    fn body(&mut self, mut body: Body, bytes: &[u8], from: usize) -> Result<Option<usize>, Why> {
        let end = body.end(&bytes[from..])?;
        if end.is_none() {
            self.stage = DownStage::Body(body);
        }
        Ok(end.map(|end| from + end))
    }

    fn chunk(&mut self, mut chunks: Chunked, bytes: &[u8]) -> Result<Option<usize>, Why> {
        Ok(match chunks.advance(bytes, |_| {})? {
            Progress::More => {
                self.stage = DownStage::Chunks(chunks);
                None
            }
            Progress::Chunk(end) => {
                self.stage = DownStage::Chunks(chunks);
                Some(end)
            }
            Progress::Last(end) => Some(end),
        })
    }
}
