//! What exchanges are besides what they do to data: beginnings and ends of transactions, and locks
//! that services take in Redis or keep to themselves.

use model::{Access, Effect, Protocol, Step, Transaction};
use predict::swarm::{Exchange, Role, expiry_us};
use predict::template::{Template, TemplateStep};
use wire::session::Draft;

/// By where it stands in a transaction.
pub fn of_transaction(step: &Step) -> Role {
    let of = |access| step.effects.iter().any(|effect| effect.access == access);
    match step.transaction {
        Transaction::Begin => Role::Begin,
        Transaction::Commit | Transaction::Rollback => Role::End,
        _ if step.protocol == Protocol::Http && of(Access::Lock) => Role::WaitForLock,
        _ if step.protocol == Protocol::Http && of(Access::Unlock) => {
            Role::GiveLock { own_only: true }
        }
        _ => Role::Plain,
    }
}

/// `LOCK name` or `UNLOCK name` inside a service.
pub fn own_lock(text: &str) -> Option<Draft> {
    let (verb, name) = text.split_once(' ')?;
    let access = match verb {
        "LOCK" => Access::Lock,
        "UNLOCK" => Access::Unlock,
        _ => return None,
    };
    Some(Draft {
        verb: verb.to_string(),
        shape: verb.to_string(),
        text: text.to_string(),
        effects: vec![Effect::of(access, name.trim())],
        ..Draft::default()
    })
}

/// Keys that are set if absent and later removed are locks.
pub fn find_locks(exchanges: &mut [Exchange], template: &Template) {
    let step = |exchange: &Exchange| exchange.step.and_then(|at| template.steps.get(at));
    let mut roles: Vec<(usize, Role)> = Vec::new();
    for (at, exchange) in exchanges.iter().enumerate() {
        let Some(taken) = step(exchange).filter(|step| takes(step)) else {
            continue;
        };
        let given: Vec<(usize, &TemplateStep)> = exchanges
            .iter()
            .enumerate()
            .skip(at + 1)
            .filter_map(|(later, exchange)| Some((later, step(exchange)?)))
            .filter(|(_, step)| gives(step) && is_of_one_key(taken, step))
            .collect();
        if given.is_empty() {
            continue;
        }
        let expires_us = expiry_us(&taken.step.text);
        roles.push((at, Role::TakeLock { expires_us }));
        for (later, step) in given {
            // A script can look first whose the lock is.
            let own_only = step.step.verb != "DEL" && step.step.verb != "UNLINK";
            roles.push((later, Role::GiveLock { own_only }));
        }
    }
    for (at, role) in roles {
        exchanges[at].role = role;
    }
}

fn takes(step: &TemplateStep) -> bool {
    let mut words = step.step.text.split_whitespace();
    step.step.verb == "SETNX"
        || step.step.verb == "SET" && words.any(|word| word.eq_ignore_ascii_case("NX"))
}

fn gives(step: &TemplateStep) -> bool {
    matches!(
        step.step.verb.as_str(),
        "DEL" | "UNLINK" | "EVAL" | "EVALSHA" | "FCALL"
    )
}

fn is_of_one_key(one: &TemplateStep, other: &TemplateStep) -> bool {
    one.step.target == other.step.target
        && one.step.effects.first().map(|effect| &effect.resource)
            == other.step.effects.first().map(|effect| &effect.resource)
}
