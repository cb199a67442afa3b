//! The charts of load over time: latency, throughput, errors, answers that were wrong.

use super::chart::{ACROSS_PX, Chart, Line};
use super::points::{Point, Points};
use crate::number::{count, counted, microseconds, per_second};
use crate::page::curve::scale::Scale;

/// The lines of latency, by their places in a point: class, which is a name too.
const LATENCIES: [(&str, usize); 4] = [("max", 3), ("p99", 2), ("p95", 1), ("p50", 0)];

/// The charts; nothing where no second was told.
pub fn section(points: &Points) -> String {
    if points.all.is_empty() {
        return String::new();
    }
    let figures = [
        latency(points),
        throughput(points),
        errors(points),
        violations(points),
    ];
    let each = match points.seconds_each {
        1 => "Each point is a second.".to_string(),
        some => format!(
            "Each point is {}: the highest of their percentiles, and the mean of what is counted.",
            counted(some, "second")
        ),
    };
    format!(
        "<section>\n<h2>Over time</h2>\n<p class=\"quiet\">{each}</p>\n<div class=\"curves times\">\n{}</div>\n</section>\n",
        figures.concat()
    )
}

fn figure(caption: &str, legend: &str, body: &str) -> String {
    format!("<figure>\n<figcaption>{caption}</figcaption>\n{body}{legend}</figure>\n")
}

fn line(points: &Points, class: &'static str, of: impl Fn(&Point) -> Option<f64>) -> Line {
    let points = points.all.iter();
    Line {
        class,
        points: points.map(|point| (point.at_s(), of(point))).collect(),
    }
}

fn latency(points: &Points) -> String {
    let answered = points.all.iter().filter(|point| point.answered > 0);
    let all = answered.flat_map(|point| point.latency_us);
    let Some((low, high)) = all.clone().min().zip(all.max()) else {
        return figure(
            "Latency",
            "",
            "<p class=\"quiet\">Nothing was answered.</p>\n",
        );
    };
    let lines = LATENCIES.map(|(class, place)| {
        line(points, class, |point| {
            (point.answered > 0).then_some(point.latency_us[place] as f64)
        })
    });
    let chart = Chart {
        title: "Latency over time",
        unit: "from when a request was due",
        y: Scale::logarithmic((low as f64, high as f64), ACROSS_PX),
        tick: &|us| microseconds(us.round() as u64).replace(".0 ", " "),
        end_s: points.end_us() as f64 / 1e6,
        lines: lines.into(),
    };
    let legend = LATENCIES.map(|(class, _)| {
        format!(
            "<li><svg width=\"24\" height=\"8\" aria-hidden=\"true\"><path class=\"line {class}\" \
             d=\"M0 4H24\"/></svg>{class}</li>"
        )
    });
    let legend = format!("<ul class=\"legend\">{}</ul>\n", legend.concat());
    figure("Latency", &legend, &chart.svg())
}

fn throughput(points: &Points) -> String {
    let rate = |point: &Point| point.per_second(point.requests);
    let unit = "requests per second";
    counted_chart(points, ("Throughput", unit, "throughput"), |point| {
        Some(rate(point))
    })
}

fn errors(points: &Points) -> String {
    if points.errors.is_empty() {
        let none = "<p class=\"quiet\">No request ended in an error.</p>\n";
        return figure("Errors", "", none);
    }
    counted_chart(points, ("Errors", "errors per second", "errors"), |point| {
        Some(point.per_second(point.errors))
    })
}

fn violations(points: &Points) -> String {
    match points.all.iter().filter_map(|point| point.violations).max() {
        None => String::new(),
        Some(0) => figure(
            "Violations",
            "",
            "<p class=\"quiet\">No answer was judged wrong.</p>\n",
        ),
        Some(most) => {
            let caption = format!("Violations: {}", count(most));
            let about = (
                caption.as_str(),
                "wrong answers, or bursts that broke an oracle, so far",
                "violations",
            );
            counted_chart(points, about, |point| point.violations.map(|n| n as f64))
        }
    }
}

/// A line from nothing up.
fn counted_chart(
    points: &Points,
    (caption, unit, class): (&str, &str, &'static str),
    of: impl Fn(&Point) -> Option<f64>,
) -> String {
    let line = line(points, class, of);
    let numbers = line.points.iter().filter_map(|(_, number)| *number);
    let chart = Chart {
        title: unit,
        unit,
        y: Scale::linear(numbers.fold(0.0, f64::max), ACROSS_PX),
        tick: &|number| match number {
            0.0 => "0".to_string(),
            some => per_second(some).trim_end_matches(".0").to_string(),
        },
        end_s: points.end_us() as f64 / 1e6,
        lines: vec![line],
    };
    figure(caption, "", &chart.svg())
}
