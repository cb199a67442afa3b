//! What the two halves of a connection share: the session, the steps without an answer yet, and
//! answers that a gate gives in the backend's place.

use std::cell::{Cell, RefCell, RefMut};
use std::collections::VecDeque;
use std::rc::Rc;

use model::{ConnectionId, Reply, ReplyKind, Step, StepRecord};

use crate::counters::Counters;
use crate::session::{Direction, Down, Draft, Frame, Look, Place, Session, Up, session};
use crate::wire::Carrier;

/// Shared by the halves of one connection.
pub(super) struct Link {
    pub(super) carrier: Rc<Carrier>,
    connection: ConnectionId,
    inner: RefCell<Inner>,
    opaque: Cell<bool>,
    /// Set once a frame went up that was no mere greeting; until then going up is gated, since a
    /// greeting may have to be answered here (PostgreSQL's SSLRequest).
    greeted: Cell<bool>,
}

pub(super) struct Inner {
    pub(super) session: Box<dyn Session>,
    open: VecDeque<OpenStep>,
    connection: ConnectionId,
    ordinal: u64,
    injected: VecDeque<Injected>,
    not_understood_told: u64,
}

/// A step that went up and has no whole reply yet.
struct OpenStep {
    ordinal: u64,
    at_us: u64,
    shape: u32,
    recorded: bool,
    step: Option<Box<Step>>,
    /// The director was asked about the reply already (it was long, or slow in coming).
    asked: bool,
}

/// Bytes to give the client in the backend's place.
struct Injected {
    /// Give them once this step is the oldest open one; none means at the next frame's edge.
    to_step: Option<u64>,
    bytes: Vec<u8>,
}

/// What the up gate has to do with a frame.
pub(super) enum UpFrame {
    Clear,
    Ask(Box<Step>),
    Swallow,
}

/// What the down gate has to do with a frame.
pub(super) enum DownFrame {
    /// Belongs to no reply that is being kept: goes on in its turn.
    Clear,
    /// Goes on now with all that was kept before it.
    ClearNow,
    Keep,
    Ask(Box<Step>, Reply),
}

impl Link {
    pub(super) fn new(carrier: Rc<Carrier>, connection: ConnectionId) -> Link {
        let inner = Inner {
            session: session(carrier.protocol),
            open: VecDeque::new(),
            connection,
            ordinal: 0,
            injected: VecDeque::new(),
            not_understood_told: 0,
        };
        Link {
            carrier,
            connection,
            inner: RefCell::new(inner),
            opaque: Cell::new(false),
            greeted: Cell::new(false),
        }
    }

    pub(super) fn inner(&self) -> RefMut<'_, Inner> {
        self.inner.borrow_mut()
    }

    pub(super) fn is_opaque(&self) -> bool {
        self.opaque.get()
    }

    pub(super) fn connection(&self) -> ConnectionId {
        self.connection
    }

    /// Whether a frame of this direction must go through the gate.
    pub(super) fn is_gated(&self, direction: Direction) -> bool {
        self.carrier.director.is_attentive() || (direction == Direction::Up && !self.greeted.get())
    }

    pub(super) fn go_opaque(&self, why: Option<&str>) {
        if let Some(why) = why {
            self.carrier.counters.note_not_understood(1, why);
        }
        self.opaque.set(true);
        self.greeted.set(true);
    }

    /// Takes a frame that went up, on the idle path.
    pub(super) fn up_idle(&self, inner: &mut Inner, frame: Frame<'_>) {
        match inner.session.up(frame, Look::Brief) {
            Up::Step(_) => inner.begin(&self.carrier, frame, None),
            Up::Pass | Up::OneWay(_) | Up::Local(_) => {}
        }
        inner.tell_not_understood(&self.carrier.counters);
    }

    /// Takes a frame that came down, on the idle path.
    pub(super) fn down_idle(&self, inner: &mut Inner, frame: Frame<'_>) {
        match inner.session.down(frame, Look::Brief) {
            Down::End { skipped, .. } => {
                for _ in 0..=skipped {
                    inner.end(&self.carrier);
                }
            }
            Down::Opaque { .. } => {
                inner.end(&self.carrier);
                self.go_opaque(None);
            }
            Down::Aside | Down::OneWay | Down::Part | Down::PartNow => {}
        }
    }

    /// Takes a frame at the up gate.
    pub(super) fn up_gated(&self, frame: Frame<'_>) -> UpFrame {
        let attentive = self.carrier.director.is_attentive();
        let look = if attentive { Look::Full } else { Look::Brief };
        self.carrier.tick();
        let mut inner = self.inner();
        let up = inner.session.up(frame, look);
        inner.tell_not_understood(&self.carrier.counters);
        if let Up::Local(answer) = up {
            inner.injected.push_back(Injected {
                to_step: None,
                bytes: answer.to_vec(),
            });
            return UpFrame::Swallow;
        }
        self.greeted.set(true);
        match up {
            Up::Step(draft) => {
                let step = draft.map(|draft| Box::new(self.step(*draft, inner.ordinal)));
                inner.begin(&self.carrier, frame, step.clone());
                step.map_or(UpFrame::Clear, UpFrame::Ask)
            }
            Up::OneWay(Some(draft)) => {
                let step = Box::new(self.step(*draft, inner.ordinal));
                inner.ordinal += 1;
                UpFrame::Ask(step)
            }
            Up::Pass | Up::OneWay(None) | Up::Local(_) => UpFrame::Clear,
        }
    }

    /// Takes a frame at the down gate.
    pub(super) fn down_gated(&self, frame: Frame<'_>) -> DownFrame {
        let attentive = self.carrier.director.is_attentive();
        let look = if attentive { Look::Full } else { Look::Brief };
        self.carrier.tick();
        let mut inner = self.inner();
        let asked = inner
            .open
            .front()
            .is_none_or(|open| open.asked || open.step.is_none());
        match inner.session.down(frame, look) {
            Down::Aside => DownFrame::Clear,
            Down::OneWay if attentive => {
                let step = self.step(
                    Draft {
                        verb: "BYTES".into(),
                        ..Draft::default()
                    },
                    inner.ordinal,
                );
                DownFrame::Ask(Box::new(step), Reply::of(ReplyKind::Ok, ""))
            }
            Down::OneWay => DownFrame::Clear,
            Down::Part if asked => DownFrame::Clear,
            Down::Part => DownFrame::Keep,
            Down::PartNow => DownFrame::ClearNow,
            Down::End { reply, skipped } => {
                let step = inner.end(&self.carrier);
                let void: Vec<_> = (0..skipped)
                    .filter_map(|_| inner.end(&self.carrier))
                    .collect();
                drop(inner);
                for step in void {
                    self.carrier.director.cut(&step);
                }
                match (step, reply) {
                    (Some(step), Some(reply)) if !asked => DownFrame::Ask(step, *reply),
                    _ => DownFrame::ClearNow,
                }
            }
            Down::Opaque { reply } => {
                let step = inner.end(&self.carrier);
                drop(inner);
                self.go_opaque(None);
                match (step, reply) {
                    (Some(step), Some(reply)) if !asked => DownFrame::Ask(step, *reply),
                    _ => DownFrame::ClearNow,
                }
            }
        }
    }

    /// The oldest open step, to ask about its reply before that is whole: it is long, or slow.
    pub(super) fn ask_early(&self) -> Option<Box<Step>> {
        let mut inner = self.inner();
        let open = inner.open.front_mut()?;
        if open.asked {
            return None;
        }
        open.asked = true;
        open.step.clone()
    }

    /// Keeps an answer for a step that was not sent up.
    pub(super) fn answer(&self, step: &Step, bytes: Vec<u8>) {
        self.inner().injected.push_back(Injected {
            to_step: Some(step.ordinal),
            bytes,
        });
    }

    /// An answer that is due now. The flag says whether it answers a step.
    pub(super) fn due(&self) -> Option<(Vec<u8>, bool)> {
        if !self.has_due() {
            return None;
        }
        self.inner()
            .injected
            .pop_front()
            .map(|due| (due.bytes, due.to_step.is_some()))
    }

    /// Whether `due` would give something.
    pub(super) fn has_due(&self) -> bool {
        let inner = self.inner();
        inner
            .injected
            .front()
            .is_some_and(|due| due.to_step.is_none() || due.to_step == inner.oldest())
    }

    /// Tells the director of all that will never be answered.
    pub(super) fn close(&self) {
        let steps: Vec<_> = self
            .inner()
            .open
            .drain(..)
            .filter_map(|open| open.step)
            .collect();
        for step in steps {
            self.carrier.director.cut(&step);
        }
    }

    fn step(&self, draft: Draft, ordinal: u64) -> Step {
        draft.at(Place {
            wire: self.carrier.wire,
            lane: self.carrier.lane,
            target: &self.carrier.target,
            protocol: self.carrier.protocol,
            connection: self.connection,
            ordinal,
        })
    }
}

impl Inner {
    fn begin(&mut self, carrier: &Carrier, frame: Frame<'_>, step: Option<Box<Step>>) {
        Counters::add(&carrier.counters.steps, 1);
        let mut open = OpenStep {
            ordinal: self.ordinal,
            at_us: 0,
            shape: 0,
            recorded: false,
            step,
            asked: false,
        };
        self.ordinal += 1;
        if let Some(recorder) = carrier.recorder() {
            let mut recorder = recorder.borrow_mut();
            recorder.shape_bytes.clear();
            self.session.brief(frame, &mut recorder.shape_bytes);
            open.shape = recorder.shape();
            open.at_us = recorder.now_us();
            open.recorded = true;
        }
        self.open.push_back(open);
    }

    fn end(&mut self, carrier: &Carrier) -> Option<Box<Step>> {
        let open = self.open.pop_front()?;
        if let Some(recorder) = carrier.recorder()
            && open.recorded
        {
            let mut recorder = recorder.borrow_mut();
            let took_us = recorder.now_us().saturating_sub(open.at_us);
            let record = StepRecord {
                at_us: open.at_us,
                took_us: u32::try_from(took_us).unwrap_or(u32::MAX),
                connection: self.connection.0,
                shape: open.shape,
            };
            recorder.record(record);
        }
        open.step
    }

    /// The ordinal of the oldest open step.
    fn oldest(&self) -> Option<u64> {
        self.open.front().map(|open| open.ordinal)
    }

    fn tell_not_understood(&mut self, counters: &Counters) {
        let (count, why) = self.session.not_understood();
        if count > self.not_understood_told {
            counters
                .note_not_understood(count - self.not_understood_told, why.unwrap_or("unknown"));
            self.not_understood_told = count;
        }
    }
}
