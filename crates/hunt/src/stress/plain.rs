//! `heisen stress --url`: load on any server, without a spec and without oracles. What comes out are
//! times and counts, and whether the generator itself kept up.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use drive::PreparedRequest;
use drive::engine::tls::is_untrusted;
use drive::engine::{self, Askers, Keeps, Load, Pace, Target, Transport, Users, Watch};
use drive::load::{Figures, Times, Until};
use model::{EventKind, Outcome};
use serde_json::{Map, Value, json};

use super::audit::{Audit, Audited, quoted};
use super::figures::{applied, busy, measured, too_slow};
use super::volleys::{self, VolleyPlan};
use super::{beside, close, seconds};
use crate::context::Context;
use crate::error::HuntError;

/// What is asked, and how.
#[derive(Debug, Clone)]
pub struct PlainPlan {
    /// Of whom.
    pub target: Target,
    /// What is spoken, and how many requests share a connection.
    pub transport: Transport,
    /// The request.
    pub request: PreparedRequest,
    /// Requests that can be on their way at once: with HTTP/1.1, connections.
    pub connections: u32,
    /// How it is applied.
    pub pace: Pace,
    /// Instead: volleys, each of as many requests as there are connections.
    pub volleys: Option<VolleyPlan>,
    /// When it ends.
    pub until: Until,
    /// An answer is waited for no longer than this.
    pub patience: Duration,
    /// Threads.
    pub workers: u32,
    /// Where each request is written down.
    pub audit: Option<Arc<Audit>>,
}

/// Applies load; returns the command's part of the machine-readable document.
pub async fn run(plan: &PlainPlan, context: &Context) -> Result<Map<String, Value>, HuntError> {
    reach(plan).await?;
    context.emit(EventKind::PhaseStarted {
        phase: "load".to_string(),
        trials: plan.until.requests.filter(|_| plan.volleys.is_none()),
    });
    let (asked, within) = (plan.clone(), context.clone());
    let (figures, skew_us) = beside(context, move |watch| apply(&asked, &within, watch)).await?;
    close(plan.audit.as_deref(), context);
    let mut document = measured(&figures);
    document.extend(applied(plan.pace, plan.connections, plan.workers, &figures));
    if let (Some(volleys), Some(skew_us)) = (plan.volleys, skew_us) {
        document.extend(volleys::document(volleys, plan.connections, &skew_us));
    }
    if let Some(load) = document.get_mut("load") {
        tell_transport(plan, load);
    }
    let busy = busy(plan.connections, plan.workers, &figures);
    if plan.volleys.is_none()
        && let Some(warning) = too_slow(plan.pace, busy, &figures)
    {
        context.warn(format!("{warning}; give --threads, or ask for less"));
    }
    context.emit(EventKind::LoadMeasured {
        figures: Value::Object(document.clone()),
    });
    Ok(document)
}

/// Opens a connection, to learn whether the target can be asked so at all.
async fn reach(plan: &PlainPlan) -> Result<(), HuntError> {
    let (address, transport, patience) =
        (plan.target.address, plan.transport.clone(), plan.patience);
    let probing =
        tokio::task::spawn_blocking(move || engine::probe(address, &transport, patience)).await;
    let Err(error) = probing.map_err(std::io::Error::other).flatten() else {
        return Ok(());
    };
    let mend = match error.kind() {
        _ if is_untrusted(&error) => {
            "; give the certificate of who vouches for it with --cacert FILE, \
             or --insecure to ask it all the same"
        }
        ErrorKind::Unsupported => "; leave out --http2",
        _ => "",
    };
    Err(HuntError::Unreachable {
        address: address.to_string(),
        why: format!("{error}{mend}"),
    })
}

/// What was spoken, and over how many connections.
fn tell_transport(plan: &PlainPlan, load: &mut Value) {
    load["protocol"] = json!(plan.transport.protocol.name());
    load["tls"] = json!(plan.transport.secured.is_some());
    load["connections"] = json!(plan.connections.div_ceil(plan.transport.streams.max(1)));
    load["streams"] = json!(plan.transport.streams);
}

/// What was measured, and the skew of volleys. Tells of each second.
fn apply(
    plan: &PlainPlan,
    context: &Context,
    watch: &Watch,
) -> std::io::Result<(Figures, Option<Times>)> {
    let left = context.left(plan.until.elapsed);
    let name = format!("{} {}", plan.request.method, plan.request.path);
    let names = [name];
    let mut tell = |second: &engine::Second| {
        if let Some(told) = seconds::told(second, &names, None) {
            context.emit(told);
        }
    };
    if let Some(volleys) = plan.volleys {
        return volleys::apply(plan, volleys, &names[0], left, watch, &mut tell);
    }
    let request = plan.transport.encode(&plan.request, &plan.target.host);
    let users = Askers {
        request: &|_, _| Ok(request.clone()),
        to_head: plan.request.method == "HEAD",
        expects: &|told, _| is_wanted(told.outcome),
    };
    let quoted = [quoted(&names[0])];
    let audited = plan.audit.as_ref();
    let audited = audited.map(|audit| Audited::new(&users, audit, &quoted, &[1]));
    let load = Load {
        services: &[vec![plan.target.address]],
        users: audited.as_ref().map_or(&users as &dyn Users, |all| all),
        operations: 1,
        keeps: Keeps::Status,
        transport: &plan.transport,
        connections: plan.connections,
        plan: &plan.pace.plan(plan.connections, left, context.seed),
        until: Until {
            elapsed: left,
            ..plan.until
        },
        patience: plan.patience,
        workers: plan.workers,
    };
    let figures = engine::apply(&load, watch, &mut tell)?.remove(0);
    Ok((figures, None))
}

/// Whether a server without a spec answered as it should.
pub fn is_wanted(outcome: &Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Answered {
            status: 200..400,
            ..
        }
    )
}
