//! What scripts are told of an isolation.

use model::{Rate, Settled, WhatIf};
use serde_json::{Map, Value, json};

use super::{Explored, Findings, IsolatePlan};

/// The command's part of the document.
pub(super) fn of(findings: &Findings, verdict: &str, plan: &IsolatePlan) -> Map<String, Value> {
    let forced = findings.forced.violations();
    let seconds = findings.forced.took.as_secs_f64();
    let best = findings.catches.first();
    model::object(json!({
        "verdict": verdict,
        "suspects": findings.settled.iter().map(suspect).collect::<Vec<_>>(),
        "sequential": findings.sequential,
        "catch": findings.paths.first(),
        "why": best.map(|catch| &catch.why),
        "saw": best.map(|catch| &catch.saw),
        "order": best.map(|catch| catch.schedule.order_in_words()),
        "k": forced.k,
        "n": forced.n,
        "interval": interval(forced),
        "trials_per_second": if seconds > 0.0 { forced.n as f64 / seconds } else { 0.0 },
        "suspect_trials": findings.trials,
        "suspect_trials_ms": findings.took.as_millis() as u64,
        "baseline": {
            "direct": counts(findings.direct.violations()),
            "proxied": counts(findings.proxied.violations()),
            "spread_ms": plan.natural_spread.as_millis() as u64,
        },
        "explored": explored(findings),
        "what_if": findings.what_if.iter().map(what_if).collect::<Vec<_>>(),
        "natural_trials_for_95": check::stats::trials_to_see(findings.direct.violations().share()),
        "learned": findings.lessons.learned.iter().map(learned).collect::<Vec<_>>(),
    }))
}

fn what_if(row: &WhatIf) -> Value {
    json!({
        "operation": row.operation,
        "step": row.step,
        "fault": row.fault,
        "verdict": row.outcome.as_str(),
        "saw": row.saw,
    })
}

fn explored(findings: &Findings) -> Value {
    let all = &findings.explored;
    let whole = !all.is_empty() && all.iter().all(Explored::is_whole);
    let sentences: Vec<String> = all.iter().map(Explored::sentence).collect();
    json!({
        "interleavings": all.iter().map(|explored| explored.coverage.inequivalent).sum::<u64>(),
        "exhausted": whole,
        "violations": all.iter().map(|explored| explored.violations.k).sum::<u64>(),
        "estimate": all.iter().fold(0.0, |sum, explored| sum + explored.estimate.round()),
        "executions": all.iter().map(|explored| explored.coverage.executions).sum::<u64>(),
        "diverged": all.iter().map(|explored| explored.coverage.diverged).sum::<u64>(),
        "sentences": sentences,
    })
}

fn suspect(settled: &Settled) -> Value {
    let suspect = &settled.suspect;
    json!({
        "id": suspect.id,
        "operations": suspect.operations,
        "args": suspect.racers.iter().map(|racer| args(&racer.args)).collect::<Vec<_>>(),
        "resource": suspect.resource,
        "label": suspect.label.as_str(),
        "why": suspect.why,
        "guard": suspect.guard,
        "verdict": settled.verdict.as_str(),
        "k": settled.violations.k,
        "n": settled.violations.n,
        "trials_to_first": settled.trials_to_first,
        "evidence": settled.evidence,
        "trial_ms": settled.trial_us as f64 / 1e3,
        "catch": settled.catch,
    })
}

fn learned(learned: &predict::suspect::Learned) -> Value {
    let template = &learned.template;
    json!({
        "operation": learned.operation,
        "args": args(&learned.args),
        "steps": template.steps.iter().map(|step| step.pattern.to_string()).collect::<Vec<_>>(),
        "set_aside": template.set_aside,
        "obscure": template.obscure,
    })
}

fn args(args: &[(String, Value)]) -> Map<String, Value> {
    args.iter().cloned().collect()
}

fn counts(rate: Rate) -> Value {
    json!({ "k": rate.k, "n": rate.n, "interval": interval(rate) })
}

fn interval(rate: Rate) -> [f64; 2] {
    let (low, high) = rate.interval();
    [low, high]
}
