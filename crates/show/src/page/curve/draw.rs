//! One chart: the curve with its band, axes, and the threshold.

use model::Boundary;
use model::prediction::{CurvePoint, Load};

use super::interval::interval;
use super::scale::{Scale, digits_of};
use crate::number::{count, fine_interval, fine_percent, round_milliseconds, round_percent};

/// The whole, and what lies around the plot: left, right, top, bottom.
const WIDTH_PX: f64 = 400.0;
const HEIGHT_PX: f64 = 250.0;
const LEFT_PX: f64 = 56.0;
const RIGHT_PX: f64 = 20.0;
const TOP_PX: f64 = 30.0;
const BOTTOM_PX: f64 = 48.0;

/// The least room between the middles of two labels below the plot.
const LABEL_PX: f64 = 44.0;

/// A threshold's label stands on its left side when it is this far to the right.
const TURNING_PX: f64 = WIDTH_PX * 0.55;

/// The chart of one boundary.
pub fn svg(boundary: &Boundary, points: &[CurvePoint], load: Option<&Load>) -> String {
    let requests = points.iter().map(|point| point.requests as f64);
    let low = requests.clone().fold(f64::INFINITY, f64::min);
    let high = requests.fold(0.0, f64::max);
    let highest = points.iter().map(|point| interval(point.rate).1);
    let x = Scale::spanning((low, high), (LEFT_PX, WIDTH_PX - RIGHT_PX));
    let y = Scale::linear(
        highest.fold(0.0, f64::max) * 100.0,
        (HEIGHT_PX - BOTTOM_PX, TOP_PX),
    );
    format!(
        "<svg viewBox=\"0 0 {WIDTH_PX} {HEIGHT_PX}\" role=\"img\" \
         aria-label=\"Rate by load\">\n{}{}{}{}</svg>\n",
        rates(&y),
        loads(&x, window(boundary, load)),
        curve(points, &x, &y),
        threshold(boundary, &x)
    )
}

/// The time that loads are told for.
fn window(boundary: &Boundary, load: Option<&Load>) -> Option<u64> {
    let own = boundary.threshold.map(|threshold| threshold.window_ms);
    load.map(|load| load.window_ms).or(own)
}

/// Lines across with their rates, in percent.
fn rates(y: &Scale) -> String {
    let ticks = y.ticks();
    let digits = digits_of(&ticks);
    let (left, right) = (LEFT_PX, WIDTH_PX - RIGHT_PX);
    let lines = ticks.iter().map(|tick| {
        let at = y.px(*tick);
        let label = if *tick == 0.0 { 0 } else { digits };
        format!(
            "<path class=\"grid\" d=\"M{left} {at:.1}H{right}\"/><text class=\"label\" x=\"{:.1}\" \
             y=\"{:.1}\" text-anchor=\"end\">{tick:.label$}</text>\n",
            left - 7.0,
            at + 4.0
        )
    });
    let lines: String = lines.collect();
    format!("{lines}<text class=\"label\" x=\"4\" y=\"14\">% of requests</text>\n")
}

/// The axis below, with the loads that have room for their labels.
fn loads(x: &Scale, window_ms: Option<u64>) -> String {
    let bottom = HEIGHT_PX - BOTTOM_PX;
    let mut out = format!(
        "<path class=\"axis\" d=\"M{LEFT_PX} {bottom}H{}\"/>\n",
        WIDTH_PX - RIGHT_PX
    );
    let mut last = f64::NEG_INFINITY;
    for tick in x.ticks() {
        let at = x.px(tick);
        out.push_str(&format!("<path class=\"axis\" d=\"M{at:.1} {bottom}v5\"/>"));
        if at - last >= LABEL_PX {
            out.push_str(&format!(
                "<text class=\"label\" x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\n",
                bottom + 19.0,
                short(tick)
            ));
            last = at;
        }
    }
    let within = window_ms.map(|ms| format!(" in {}", round_milliseconds(ms)));
    out.push_str(&format!(
        "<text class=\"label\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">requests{}</text>\n",
        (LEFT_PX + WIDTH_PX - RIGHT_PX) / 2.0,
        HEIGHT_PX - 8.0,
        within.unwrap_or_default()
    ));
    out
}

/// A number of requests in few cells: `500`, `12 000`, `3 M`, `1e12`.
fn short(requests: f64) -> String {
    match requests {
        _ if requests >= 1e9 => format!("{requests:e}"),
        _ if requests >= 1e6 => format!("{} M", (requests / 1e5).round() / 10.0),
        _ => count(requests.round() as u64),
    }
}

/// The band, the line and its points, each of which tells its figures.
fn curve(points: &[CurvePoint], x: &Scale, y: &Scale) -> String {
    let at = |point: &CurvePoint, share: f64| {
        let (x, y) = (x.px(point.requests as f64), y.px(share * 100.0));
        format!("{x:.1} {y:.1}")
    };
    let joined = |places: Vec<String>| places.join("L");
    let above = points.iter().map(|point| at(point, interval(point.rate).1));
    let below = points.iter().rev();
    let below = below.map(|point| at(point, interval(point.rate).0));
    let band = joined(above.chain(below).collect());
    let line = points.iter().map(|point| at(point, point.rate.share()));
    let line = joined(line.collect());
    let dots = points.iter().map(|point| {
        format!(
            "<circle class=\"dot\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\"><title>{} requests: {} ({})\
             </title></circle>\n",
            x.px(point.requests as f64),
            y.px(point.rate.share() * 100.0),
            count(point.requests),
            fine_percent(point.rate.share()),
            fine_interval(interval(point.rate))
        )
    });
    format!(
        "<path class=\"band\" d=\"M{band}Z\"/>\n<path class=\"rate\" d=\"M{line}\"/>\n{}",
        dots.collect::<String>()
    )
}

/// The load above which it shows. One that lies outside of the curve is only said.
fn threshold(boundary: &Boundary, x: &Scale) -> String {
    let Some(threshold) = boundary.threshold else {
        return String::new();
    };
    let requests = threshold.requests as f64;
    let said = format!(
        "{} above {}",
        round_percent(threshold.share),
        short(requests)
    );
    let right = WIDTH_PX - RIGHT_PX;
    let (line, place, anchor) = match x.has(requests) {
        false => (String::new(), right, "end"),
        true => {
            let at = x.px(requests);
            let bottom = HEIGHT_PX - BOTTOM_PX;
            let line = format!("<path class=\"threshold\" d=\"M{at:.1} 20V{bottom}\"/>");
            match at < TURNING_PX {
                true => (line, at + 6.0, "start"),
                false => (line, at - 6.0, "end"),
            }
        }
    };
    // Beside the name of the axis, where no curve comes.
    let place = place.max(if anchor == "start" {
        LEFT_PX + 30.0
    } else {
        0.0
    });
    format!("{line}<text x=\"{place:.1}\" y=\"22\" text-anchor=\"{anchor}\">{said}</text>\n")
}
