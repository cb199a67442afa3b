//! What tools that make load report, each in its own words.

use serde_json::Value;

use crate::bench::outcomes::number;

/// What a tool says it did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Report {
    /// Requests that were answered.
    pub requests: f64,
    pub per_second: f64,
    pub errors: f64,
}

pub fn of_heisen(text: &str) -> Option<Report> {
    let document: Value = serde_json::from_str(text).ok()?;
    let errors = document["errors"].as_object()?;
    Some(Report {
        requests: number(&document, "/requests").ok()?,
        per_second: number(&document, "/requests_per_second").ok()?,
        errors: errors.values().filter_map(Value::as_f64).sum(),
    })
}

pub fn of_wrk(text: &str) -> Option<Report> {
    let mut errors = 0.0;
    if let Some(told) = after(text, "Socket errors:") {
        let words = told.split([' ', ',']);
        errors += words
            .filter_map(|word| word.parse::<f64>().ok())
            .sum::<f64>();
    }
    if let Some(told) = after(text, "Non-2xx or 3xx responses:") {
        errors += told.parse::<f64>().ok()?;
    }
    let requests = text.lines().find_map(|line| {
        let (count, _) = line.trim().split_once(" requests in ")?;
        count.parse().ok()
    });
    Some(Report {
        requests: requests?,
        per_second: after(text, "Requests/sec:")?.parse().ok()?,
        errors,
    })
}

/// Lines that begin with a number in brackets count statuses, or errors.
pub fn of_hey(text: &str) -> Option<Report> {
    let (mut requests, mut errors) = (0.0, 0.0);
    for line in text.lines() {
        let Some((head, rest)) = line
            .trim()
            .strip_prefix('[')
            .and_then(|line| line.split_once(']'))
        else {
            continue;
        };
        let count = rest.trim().strip_suffix(" responses");
        match (head, count.and_then(|count| count.parse::<f64>().ok())) {
            ("200", Some(count)) => requests += count,
            (_, Some(count)) => errors += count,
            (count, None) => errors += count.parse().unwrap_or(0.0),
        }
    }
    Some(Report {
        requests,
        per_second: after(text, "Requests/sec:")?.parse().ok()?,
        errors,
    })
}

pub fn of_oha(text: &str) -> Option<Report> {
    let document: Value = serde_json::from_str(text).ok()?;
    let statuses = document["statusCodeDistribution"].as_object()?;
    let answered: f64 = statuses.values().filter_map(Value::as_f64).sum();
    let requests = statuses.get("200").and_then(Value::as_f64).unwrap_or(0.0);
    Some(Report {
        requests,
        per_second: number(&document, "/summary/requestsPerSec").ok()?,
        errors: answered - requests,
    })
}

/// What stands after a label, to the end of its line.
fn after<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    let mut lines = text.lines();
    lines.find_map(|line| Some(line.trim().strip_prefix(label)?.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(requests: f64, per_second: f64, errors: f64) -> Option<Report> {
        Some(Report {
            requests,
            per_second,
            errors,
        })
    }

    #[test]
    fn heisen_is_read() {
        let text =
            r#"{ "requests": 30, "requests_per_second": 10.5, "errors": { "cut": 2, "503": 1 } }"#;
        assert_eq!(of_heisen(text), report(30.0, 10.5, 3.0));
        assert_eq!(of_heisen(r#"{ "requests": 30 }"#), None);
    }

    #[test]
    fn wrk_is_read() {
        let text = "Running 3s test\n  1 threads and 50 connections\n  \
                    Latency   459.92us  479.98us\n  251571 requests in 3.01s, 39.59MB read\n\
                    Requests/sec:  83699.20\nTransfer/sec:     13.17MB\n";
        assert_eq!(of_wrk(text), report(251_571.0, 83_699.2, 0.0));
        let failed = format!(
            "{text}  Socket errors: connect 0, read 2, write 0, timeout 40\n  \
             Non-2xx or 3xx responses: 7\n"
        );
        assert_eq!(of_wrk(&failed), report(251_571.0, 83_699.2, 49.0));
        assert_eq!(of_wrk("unable to connect"), None);
    }

    #[test]
    fn hey_is_read() {
        let text = "Summary:\n  Total:\t3.0021 secs\n  Requests/sec:\t14412.5267\n\n\
                    Response time histogram:\n  0.000 [1]\t|\n  0.003 [17594]\t|■■■\n\n\
                    Status code distribution:\n  [200]\t43268 responses\n  [503]\t2 responses\n\n\
                    Error distribution:\n  [5]\tGet \"http://127.0.0.1:1/\": EOF\n";
        assert_eq!(of_hey(text), report(43_268.0, 14_412.526_7, 7.0));
        assert_eq!(of_hey("Usage: hey [options...] <url>"), None);
    }

    #[test]
    fn oha_is_read() {
        let text = r#"{ "summary": { "requestsPerSec": 20.5 },
            "statusCodeDistribution": { "200": 61, "500": 1 } }"#;
        assert_eq!(of_oha(text), report(61.0, 20.5, 1.0));
        assert_eq!(of_oha("{}"), None);
    }
}
