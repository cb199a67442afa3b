//! What is simulated: operations as exchanges with their times, and who asks for them. Made by
//! `hunt` from a spec, from what was learned of the running system, or from both.

use model::{Incident, Latency, Link, Outage, Traffic};

use crate::footprint::Footprint;
use crate::suspect::{Learned, Unique};

/// A system to simulate.
#[derive(Debug, Clone)]
pub struct Model {
    /// What runs in replicas.
    pub services: Vec<ServiceModel>,
    /// What can be asked for.
    pub operations: Vec<OperationModel>,
    /// Arguments of all operations, by name.
    pub arguments: Vec<Argument>,
    /// How edges behave.
    pub links: Vec<Link>,
    /// When what does not serve.
    pub outages: Vec<Outage>,
    /// Who asks for what.
    pub traffic: Traffic,
    /// Columns that no two rows share.
    pub unique: Vec<Unique>,
    /// What went wrong before.
    pub incidents: Vec<Incident>,
}

/// A service.
#[derive(Debug, Clone)]
pub struct ServiceModel {
    /// Its name.
    pub name: String,
    /// How many run.
    pub replicas: u16,
    /// Requests that one works on at a time.
    pub slots: Option<u64>,
    /// How many times slower it works than on a core of its own.
    pub slowness: f64,
    /// Each key has one replica that owns it; the others pass requests on to it.
    pub has_owners: bool,
}

/// An argument and how its values are chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    /// Its name.
    pub name: String,
    /// How many values it takes.
    pub values: u64,
    /// How much the first are preferred.
    pub skew: f64,
}

/// Arguments that are told apart; of more, requests count as having the same values.
pub const ARGUMENTS_MAX: usize = 4;

/// An operation.
#[derive(Debug, Clone)]
pub struct OperationModel {
    /// The service it goes to.
    pub service: String,
    /// What suspects are found in.
    pub learned: Learned,
    /// All exchanges, those too that touch nothing shared.
    pub exchanges: Vec<Exchange>,
    /// From the last exchange before the answer to the answer.
    pub tail: Vec<Latency>,
    /// How often it can be done for one key.
    pub limit: Option<u64>,
    /// Places in [`Model::arguments`] of those it has.
    pub arguments: Vec<usize>,
}

/// One exchange with a backend or service.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// Whom.
    pub target: String,
    /// Its step in the template, if it has one there.
    pub step: Option<usize>,
    /// What it does to what is shared, with what each deed is tied to.
    pub footprint: Footprint,
    /// One for each deed.
    pub ties: Vec<DeedTies>,
    /// What the service does before it.
    pub work: Vec<Latency>,
    /// Request to reply.
    pub takes: Latency,
    /// What it reads decides whether the request goes on.
    pub decides: bool,
    /// Only when the read before it found nothing.
    pub on_miss: bool,
    /// After the answer.
    pub background: bool,
    /// The store takes what it makes once only, however often the same request is sent.
    pub once: bool,
    /// What else it is.
    pub role: Role,
}

/// What an exchange is besides what it does to data.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Role {
    /// Nothing else.
    #[default]
    Plain,
    /// Opens a transaction.
    Begin,
    /// Ends one.
    End,
    /// Takes a lock that others ask for again and again while it is taken; it goes by itself.
    TakeLock {
        /// After so long; none is never.
        expires_us: Option<u64>,
    },
    /// Waits for a lock inside the service.
    WaitForLock,
    /// Gives such a lock back, if it is its own or whoever's it is.
    GiveLock {
        /// Looks first whose it is.
        own_only: bool,
    },
    /// Asks another operation.
    Call(usize),
}

/// What a deed's resource and part are tied to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeedTies {
    /// The resource, with `*` for what differs between requests.
    pub resource: String,
    /// What its name is tied to.
    pub named: Tie,
    /// What the columns of its part are tied to.
    pub part: Vec<(String, Tie)>,
}

/// What a value is tied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tie {
    /// Arguments of the request, as bits by their places in [`Model::arguments`].
    pub arguments: u8,
    /// It is drawn anew for each request: nobody else has it.
    pub fresh: bool,
}

impl Model {
    /// An operation by name.
    pub fn operation(&self, name: &str) -> Option<usize> {
        let mut operations = self.operations.iter();
        operations.position(|operation| operation.learned.operation == name)
    }

    /// A service by name.
    pub fn service(&self, name: &str) -> Option<usize> {
        self.services
            .iter()
            .position(|service| service.name == name)
    }
}
