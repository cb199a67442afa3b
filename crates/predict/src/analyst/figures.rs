//! How likely it is that another request comes between, from the rate at which such requests were
//! recorded and the time that the window was open.

use super::RecordedRequest;

/// What is taken where no times are known.
const UNKNOWN: f64 = 0.01;

/// From when to when requests were recorded.
pub struct Figures {
    span_us: Option<f64>,
}

impl Figures {
    /// Of all requests.
    pub fn of(requests: &[RecordedRequest]) -> Figures {
        let steps = || requests.iter().flat_map(|request| &request.steps);
        let first = steps().map(|step| step.asked_us).min();
        let last = steps().map(|step| step.asked_us).max();
        let span = last.zip(first).map(|(last, first)| (last - first) as f64);
        Figures {
            span_us: span.filter(|span| *span > 0.0),
        }
    }

    /// What `1 - exp(-rate x window)` says of so many requests and such a window.
    pub fn probability(&self, requests: u64, window_us: Option<f64>) -> Option<f64> {
        let rate = requests as f64 / self.span_us?;
        Some(-(-rate * window_us?).exp_m1())
    }

    /// What boundaries without times are ranked by.
    pub fn or_unknown(probability: Option<f64>) -> f64 {
        probability.unwrap_or(UNKNOWN)
    }

    /// What the user should know of the figures.
    pub fn note(&self) -> Option<String> {
        let note = match self.span_us {
            Some(_) => {
                "probabilities take all recorded requests of a kind to be about the same row: \
                 they are an upper bound, for ranking"
            }
            None => "no times are known: a probability of 0.01 was taken for all boundaries",
        };
        Some(note.to_string())
    }
}
