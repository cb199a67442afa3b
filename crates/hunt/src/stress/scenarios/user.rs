//! A user: where it is in its run, and what it knows.

use std::time::Duration;

use drive::engine::{Asked, Meeting, Next, Told, User};
use drive::{Draws, Filling, PreparedRequest};
use model::{Latency, Outcome, ScenarioStep, Taken, Template, Variable};
use serde_json::Value;

use super::browser::{Cookies, redirected};
use super::{Ready, Scenarios};
use crate::stress::is_expected;

/// Places for meetings that each scenario has.
const MEETINGS: usize = 1_000;

/// One user at a time, in one place.
pub struct Walker<'a> {
    all: &'a Scenarios,
    place: usize,
    scenario: usize,
    /// The next step of the run.
    step: usize,
    fed: Vec<(String, Value)>,
    taken: Vec<(String, Value)>,
    /// What the last step's arguments were.
    args: Vec<(String, Value)>,
    cookies: Cookies,
    draws: Draws,
    /// What was asked last.
    last: Option<Last>,
    /// What is asked next instead of the next step, and how often that was done for this one.
    redirect: Option<(String, String)>,
    followed: u32,
}

/// What was asked last: a step's request, or where it was redirected to.
struct Last {
    operation: usize,
    step: usize,
    method: String,
    path: String,
}

impl<'a> Walker<'a> {
    /// The user of a place, who has begun nothing yet.
    pub fn new(all: &'a Scenarios, place: usize) -> Walker<'a> {
        Walker {
            all,
            place,
            scenario: 0,
            step: usize::MAX,
            fed: Vec::new(),
            taken: Vec::new(),
            args: Vec::new(),
            cookies: Cookies::default(),
            draws: Draws::new(all.seed, "stress", 0),
            last: None,
            redirect: None,
            followed: 0,
        }
    }

    fn ready(&self) -> &'a Ready {
        &self.all.scenarios[self.scenario]
    }

    fn lane(&self, operation: usize) -> (usize, &'a str) {
        let hosts = &self.all.hosts[self.all.service_of[operation]];
        let lane = self.place % hosts.len().max(1);
        (lane, hosts.get(lane).map_or("", String::as_str))
    }

    /// The request of a step.
    fn ask(&mut self, step: usize) -> Next {
        let ready = self.ready();
        let Some(ScenarioStep::Ask {
            operation, args, ..
        }) = ready.steps.get(step)
        else {
            return Next::Done;
        };
        let Some(operation) = self.all.place_of(operation) else {
            return Next::Done;
        };
        // Who is named first wins: fixed ones, then what was taken last, then what was fed last.
        let taken = self.taken.iter().rev().chain(self.fed.iter().rev());
        let args: Vec<(String, Value)> = args.iter().chain(taken).cloned().collect();
        let known = &self.all.operations[operation];
        let mut filling = Filling {
            args: &args,
            draws: &mut self.draws,
            now_ms: (self.all.now_ms)(),
        };
        let request = drive::prepare(known, &mut filling).map_err(|error| error.to_string());
        let defaults = known.args.iter();
        let defaults =
            defaults.filter_map(|(name, all)| Some((name.clone(), all.first()?.clone())));
        self.args = args.into_iter().chain(defaults).collect();
        self.followed = 0;
        self.send(operation, step, request)
    }

    /// Follows a redirect, which has no body.
    fn follow(&mut self, (method, path): (String, String)) -> Next {
        let Some(last) = self.last.take() else {
            return Next::Done;
        };
        self.followed += 1;
        let request = PreparedRequest {
            method,
            path,
            headers: Vec::new(),
            body: Vec::new().into(),
        };
        self.send(last.operation, last.step, Ok(request))
    }

    fn send(
        &mut self,
        operation: usize,
        step: usize,
        request: Result<PreparedRequest, String>,
    ) -> Next {
        let (_, host) = self.lane(operation);
        let request = request.map(|mut request| {
            self.add_headers(&mut request);
            self.last = Some(Last {
                operation,
                step,
                method: request.method.clone(),
                path: request.path.clone(),
            });
            request
        });
        Next::Ask(Asked {
            operation,
            service: self.all.service_of[operation],
            to_head: request
                .as_ref()
                .is_ok_and(|request| request.method == "HEAD"),
            request: request.map(|request| request.to_wire(host)),
        })
    }

    /// Who the user is, the scenario's headers, and cookies.
    fn add_headers(&mut self, request: &mut PreparedRequest) {
        let ready = self.ready();
        if let Some(auth) = &ready.auth
            && self.is_known(auth.template())
        {
            let value = auth.header(|hole| self.value(hole));
            request.headers.push(("authorization".to_string(), value));
        }
        for (name, template) in &ready.headers {
            if self.is_known(template) {
                let value = template.expand(|hole| self.value(hole));
                request.headers.push((name.clone(), value));
            }
        }
        if let Some(cookies) = self.cookies.header() {
            request.headers.push(("cookie".to_string(), cookies));
        }
    }

    /// Whether all of a text's arguments have values.
    fn is_known(&self, template: &Template) -> bool {
        template.holes().all(|hole| {
            matches!(hole, Variable::Uuid | Variable::Now)
                || self.args.iter().any(|(name, _)| *name == hole.to_string())
        })
    }

    fn value(&mut self, hole: &Variable) -> String {
        match hole {
            Variable::Uuid => self.draws.uuid(),
            Variable::Now => (self.all.now_ms)().to_string(),
            named => {
                let name = named.to_string();
                let value = self.args.iter().find(|(known, _)| *known == name);
                match value.map(|(_, value)| value) {
                    Some(Value::String(text)) => text.clone(),
                    Some(other) => other.to_string(),
                    None => String::new(),
                }
            }
        }
    }

    fn think(&mut self, latency: &Latency) -> Duration {
        match latency {
            Latency::Drawn(drawn) => drawn.sample(self.draws.unit(), self.draws.unit()),
            Latency::Measured(all) => {
                let nth = self.draws.below(all.len().max(1) as u64);
                Duration::from_micros(all.get(nth as usize).copied().unwrap_or(0))
            }
        }
    }

    /// Where an answer redirects to, if that is to be followed.
    fn redirect(&self, last: &Last, outcome: &Outcome) -> Option<(String, String)> {
        let Outcome::Answered {
            status, location, ..
        } = outcome
        else {
            return None;
        };
        let method = match status {
            301..=303 if last.method == "HEAD" => "HEAD",
            301..=303 => "GET",
            // These ask for the same again: a body is gone by then.
            307 | 308 if matches!(last.method.as_str(), "GET" | "HEAD") => &last.method,
            _ => return None,
        };
        if self.followed >= self.ready().redirects {
            return None;
        }
        let (_, host) = self.lane(last.operation);
        let path = redirected(location.as_deref()?, host, &last.path)?;
        Some((method.to_string(), path))
    }

    /// Takes what the step wants of an answer; says whether all of it was there.
    fn take(&mut self, last: &Last, told: &Told<'_>) -> bool {
        let Some(ScenarioStep::Ask {
            operation, takes, ..
        }) = self.ready().steps.get(last.step)
        else {
            return true;
        };
        let body = match told.outcome {
            Outcome::Answered { body, .. } => body.as_str(),
            _ => "",
        };
        let found = |taken: &Taken| taken.from_answer(told.headers, body);
        for (name, taken) in takes {
            match found(taken) {
                Some(value) => self.taken.push((name.clone(), value)),
                None => {
                    self.all.lacks(format!("{operation}: {taken}"));
                    return false;
                }
            }
        }
        true
    }
}

impl User for Walker<'_> {
    fn begin(&mut self, number: u64) {
        let turn = self.all.mix.turn(number);
        self.scenario = turn.scenario;
        self.step = 0;
        self.fed.clear();
        for feed in &self.ready().feeds {
            self.fed.extend(feed.args(turn.number));
        }
        self.taken.clear();
        self.cookies.clear();
        self.draws = Draws::new(self.all.seed, "stress", number);
        (self.last, self.redirect) = (None, None);
    }

    fn next(&mut self) -> Next {
        if let Some(redirect) = self.redirect.take() {
            return self.follow(redirect);
        }
        let step = self.step;
        self.step = step.saturating_add(1);
        match self.ready().steps.get(step) {
            None => Next::Done,
            Some(ScenarioStep::Ask { .. }) => self.ask(step),
            Some(ScenarioStep::Think(latency)) => Next::Think(self.think(latency)),
            Some(ScenarioStep::Meet { users, patience }) => Next::Meet(Meeting {
                number: self.scenario * MEETINGS + step,
                users: *users as usize,
                patience: *patience,
            }),
        }
    }

    fn told(&mut self, told: &Told<'_>) -> bool {
        self.cookies.take(told.headers);
        let Some(last) = self.last.take() else {
            self.step = usize::MAX;
            return false;
        };
        let (lane, _) = self.lane(last.operation);
        self.all.write_down(lane, told);
        self.redirect = self.redirect(&last, told.outcome);
        if self.redirect.is_some() {
            self.last = Some(last);
            return true;
        }
        let operation = &self.all.operations[last.operation];
        self.all.judge(last.operation, lane, told.outcome);
        let is_done = matches!(told.outcome, Outcome::Answered { status, .. } if operation.is_accepted(*status));
        let has_all = !is_done || self.take(&last, told);
        if !is_done || !has_all {
            // What was refused, or is lacking, is what later steps need.
            self.step = usize::MAX;
        }
        is_expected(operation, told.outcome) && has_all
    }
}
