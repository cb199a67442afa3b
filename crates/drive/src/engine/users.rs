//! Who makes the requests of a load, and what they do next.

use std::time::Duration;

use bytes::Bytes;
use model::Outcome;

/// Makes users.
pub trait Users: Sync {
    /// The user in this place, who has the lane of this place in each service.
    fn user<'a>(&'a self, place: usize) -> Box<dyn User + 'a>;
}

/// Somebody who does one thing after the other, again and again.
pub trait User: Send {
    /// Begins anew, with the run of this number.
    fn begin(&mut self, number: u64);

    /// What comes next in this run.
    fn next(&mut self) -> Next;

    /// What came of what was asked; says whether it is what was wanted.
    fn told(&mut self, told: &Told<'_>) -> bool;
}

/// What a user does next.
#[derive(Debug)]
pub enum Next {
    /// Asks.
    Ask(Asked),
    /// Waits for so long.
    Think(Duration),
    /// Waits for others.
    Meet(Meeting),
    /// Nothing: the run is over.
    Done,
}

/// A request.
#[derive(Debug)]
pub struct Asked {
    /// The operation it belongs to, by its place: figures are kept for each.
    pub operation: usize,
    /// Who is asked, by its place.
    pub service: usize,
    /// As it goes over the wire; or why there is none.
    pub request: Result<Bytes, String>,
    /// It is HEAD, whose answer has no body.
    pub to_head: bool,
}

/// Where users wait until enough of them are there.
#[derive(Debug, Clone, Copy)]
pub struct Meeting {
    /// Which.
    pub number: usize,
    /// So many go on together.
    pub users: usize,
    /// Nobody waits longer than this.
    pub patience: Duration,
}

/// What came of a request. Times are counted from the load's beginning.
#[derive(Debug)]
pub struct Told<'a> {
    /// What came.
    pub outcome: &'a Outcome,
    /// The answer's headers, where they are kept.
    pub headers: &'a [(String, String)],
    /// When it was due.
    pub due: Duration,
    /// When it was sent.
    pub sent: Duration,
    /// When its outcome was known.
    pub ended: Duration,
}

/// Users whose runs are one request each.
pub struct Askers<'a> {
    /// The request of the nth run, by the user in this place; or why there is none.
    pub request: &'a (dyn Fn(u64, usize) -> Result<Bytes, String> + Sync),
    /// Requests are HEAD.
    pub to_head: bool,
    /// Whether what came to this place is what is wanted.
    pub expects: &'a (dyn Fn(&Told<'_>, usize) -> bool + Sync),
}

impl Users for Askers<'_> {
    fn user<'a>(&'a self, place: usize) -> Box<dyn User + 'a> {
        Box::new(Asker {
            all: self,
            place,
            run: None,
        })
    }
}

struct Asker<'a> {
    all: &'a Askers<'a>,
    place: usize,
    /// Its number, until it was asked.
    run: Option<u64>,
}

impl User for Asker<'_> {
    fn begin(&mut self, number: u64) {
        self.run = Some(number);
    }

    fn next(&mut self) -> Next {
        let Some(number) = self.run.take() else {
            return Next::Done;
        };
        Next::Ask(Asked {
            operation: 0,
            service: 0,
            request: (self.all.request)(number, self.place),
            to_head: self.all.to_head,
        })
    }

    fn told(&mut self, told: &Told<'_>) -> bool {
        (self.all.expects)(told, self.place)
    }
}
