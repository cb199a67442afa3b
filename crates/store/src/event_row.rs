//! An event as a row, and back. Only what questions are asked about has a column of its own;
//! the whole event stands in `json`.

use model::{Event, EventKind};

/// A row of `events`, but for its number.
#[derive(Debug)]
pub(crate) struct EventRow {
    pub at_us: i64,
    pub kind: &'static str,
    pub phase: Option<String>,
    pub trial: Option<i64>,
    pub json: String,
}

/// The word for a kind, as in the event's JSON.
pub(crate) fn kind_word(kind: &EventKind) -> &'static str {
    match kind {
        EventKind::RunStarted { .. } => "run_started",
        EventKind::Ready { .. } => "ready",
        EventKind::WireOpened { .. } => "wire_opened",
        EventKind::WireClosed { .. } => "wire_closed",
        EventKind::OperationLearned { .. } => "operation_learned",
        EventKind::Explored { .. } => "explored",
        EventKind::Asked { .. } => "asked",
        EventKind::SuspectSettled { .. } => "suspect_settled",
        EventKind::PhaseStarted { .. } => "phase_started",
        EventKind::StepDone { .. } => "step_done",
        EventKind::TrialJudged { .. } => "trial_judged",
        EventKind::PhaseEnded { .. } => "phase_ended",
        EventKind::ReplicaDied { .. } => "replica_died",
        EventKind::Warning { .. } => "warning",
        EventKind::LoadSecond { .. } => "load_second",
        EventKind::Offered { .. } => "offered",
        EventKind::LoadMeasured { .. } => "load_measured",
        EventKind::Predicted { .. } => "predicted",
        EventKind::RunEnded { .. } => "run_ended",
    }
}

/// SQLite's integers are signed; what does not fit is told as the largest.
pub(crate) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Makes the row; `phase` is the one that runs, for events that do not say.
pub(crate) fn to_row(event: &Event, phase: Option<&str>) -> Result<EventRow, serde_json::Error> {
    let (own_phase, trial) = match &event.kind {
        EventKind::PhaseStarted { phase, .. } | EventKind::PhaseEnded { phase, .. } => {
            (Some(phase.as_str()), None)
        }
        EventKind::TrialJudged { phase, history, .. } => {
            (Some(phase.as_str()), Some(integer(history.trial)))
        }
        EventKind::StepDone { phase, trial, .. } => (Some(phase.as_str()), Some(integer(*trial))),
        _ => (None, None),
    };
    let kind = kind_word(&event.kind);
    let whole = serde_json::to_string(&event.kind)?;
    // `{"warning":{...}}`: the kind has its own column, so only the body is kept.
    let body = whole.get(kind.len() + 4..whole.len() - 1).unwrap_or(&whole);
    Ok(EventRow {
        at_us: integer(event.at_us),
        kind,
        phase: own_phase.or(phase).map(str::to_string),
        trial,
        json: body.to_string(),
    })
}

/// Reads an event from its row.
pub(crate) fn from_row(at_us: i64, kind: &str, json: &str) -> Result<Event, serde_json::Error> {
    // As a JSON string, so that a foreign file's kind never becomes syntax.
    let whole = format!("{{{}:{json}}}", serde_json::to_string(kind)?);
    let kind = serde_json::from_str(&whole)?;
    Ok(Event {
        at_us: u64::try_from(at_us).unwrap_or(0),
        kind,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::one_of_each;

    #[test]
    fn every_kind_of_event_survives_its_row() {
        let mut words = Vec::new();
        for event in one_of_each() {
            let row = to_row(&event, Some("forced")).unwrap();
            assert!(
                row.json.starts_with('{') && row.json.ends_with('}'),
                "{}",
                row.json
            );
            assert_eq!(from_row(row.at_us, row.kind, &row.json).unwrap(), event);
            words.push(row.kind);
        }
        words.dedup();
        assert_eq!(
            words.len(),
            18,
            "one_of_each must have every kind: {words:?}"
        );
    }

    #[test]
    fn the_running_phase_is_noted_where_the_event_has_none() {
        let phase_of = |wanted: &str| {
            let events = one_of_each();
            let event = events
                .iter()
                .find(|event| kind_word(&event.kind) == wanted)
                .unwrap();
            let row = to_row(event, Some("running")).unwrap();
            (row.phase.unwrap(), row.trial)
        };
        assert_eq!(phase_of("step_done"), ("forced".to_string(), Some(3)));
        assert_eq!(phase_of("trial_judged"), ("forced".to_string(), Some(3)));
        assert_eq!(phase_of("warning"), ("running".to_string(), None));
    }

    #[test]
    fn an_unknown_kind_is_an_error_and_no_syntax() {
        assert!(from_row(0, "tomorrow", "{}").is_err());
        assert!(from_row(0, "\":{},\"warning", "{\"message\":\"x\"}").is_err());
    }
}
