//! One chart of something over time.

use crate::page::curve::scale::Scale;

/// The whole, and what lies around the plot: left, right, top, bottom.
const WIDTH_PX: f64 = 540.0;
const HEIGHT_PX: f64 = 240.0;
const LEFT_PX: f64 = 66.0;
const RIGHT_PX: f64 = 14.0;
const TOP_PX: f64 = 28.0;
const BOTTOM_PX: f64 = 44.0;

/// From bottom to top.
pub const ACROSS_PX: (f64, f64) = (HEIGHT_PX - BOTTOM_PX, TOP_PX);

/// The least room between the middles of two labels below the plot.
const LABEL_PX: f64 = 40.0;

/// So few points are also seen by themselves.
const DOTS_MAX: usize = 60;

/// What is drawn.
pub struct Chart<'a> {
    /// For who cannot see it.
    pub title: &'a str,
    /// What numbers on the left are.
    pub unit: &'a str,
    pub y: Scale,
    /// A number on the left in words.
    pub tick: &'a dyn Fn(f64) -> String,
    /// When load ended, in seconds.
    pub end_s: f64,
    pub lines: Vec<Line>,
}

/// A line through points; where there is none it is broken.
pub struct Line {
    /// Its class in the style sheet.
    pub class: &'static str,
    /// By time in seconds.
    pub points: Vec<(f64, Option<f64>)>,
}

impl Chart<'_> {
    /// Draws it.
    pub fn svg(&self) -> String {
        let (unit, per_unit) = unit_of(self.end_s);
        let x = Scale::up_to(self.end_s / per_unit, (LEFT_PX, WIDTH_PX - RIGHT_PX));
        let lines = self.lines.iter();
        let lines: String = lines.map(|line| self.line(line, &x, per_unit)).collect();
        format!(
            "<svg viewBox=\"0 0 {WIDTH_PX} {HEIGHT_PX}\" role=\"img\" aria-label=\"{}\">\n{}{}{lines}</svg>\n",
            self.title,
            self.across(),
            below(&x, unit)
        )
    }

    /// Lines across with their numbers.
    fn across(&self) -> String {
        let (left, right) = (LEFT_PX, WIDTH_PX - RIGHT_PX);
        let ticks = self.y.ticks();
        let lines = ticks.iter().map(|tick| {
            let at = self.y.px(*tick);
            format!(
                "<path class=\"grid\" d=\"M{left} {at:.1}H{right}\"/><text class=\"label\" \
                 x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\n",
                left - 7.0,
                at + 4.0,
                (self.tick)(*tick)
            )
        });
        let lines: String = lines.collect();
        let unit = self.unit;
        format!("{lines}<text class=\"label\" x=\"4\" y=\"14\">{unit}</text>\n")
    }

    fn line(&self, line: &Line, x: &Scale, per_unit: f64) -> String {
        let class = line.class;
        let (mut path, mut dots, mut is_open) = (String::new(), String::new(), false);
        for (at, number) in &line.points {
            let Some(number) = number.filter(|number| number.is_finite()) else {
                is_open = false;
                continue;
            };
            let (at, up) = (x.px(at / per_unit), self.y.px(number));
            path.push_str(&format!(
                "{}{at:.1} {up:.1}",
                if is_open { "L" } else { "M" }
            ));
            is_open = true;
            if line.points.len() <= DOTS_MAX {
                dots.push_str(&format!(
                    "<circle class=\"{class}\" cx=\"{at:.1}\" cy=\"{up:.1}\" r=\"1.5\"/>"
                ));
            }
        }
        match path.is_empty() {
            true => path,
            false => format!("<path class=\"line {class}\" d=\"{path}\"/>{dots}\n"),
        }
    }
}

/// The axis below, with the times that have room for their labels.
fn below(x: &Scale, unit: &str) -> String {
    let bottom = HEIGHT_PX - BOTTOM_PX;
    let right = WIDTH_PX - RIGHT_PX;
    let mut out = format!("<path class=\"axis\" d=\"M{LEFT_PX} {bottom}H{right}\"/>\n");
    let mut last = f64::NEG_INFINITY;
    for tick in x.ticks() {
        let at = x.px(tick);
        out.push_str(&format!("<path class=\"axis\" d=\"M{at:.1} {bottom}v5\"/>"));
        if at - last >= LABEL_PX {
            let tick = (tick * 1e6).round() / 1e6;
            out.push_str(&format!(
                "<text class=\"label\" x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{tick}</text>\n",
                bottom + 18.0
            ));
            last = at;
        }
    }
    out.push_str(&format!(
        "<text class=\"label\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{unit} since load began</text>\n",
        (LEFT_PX + right) / 2.0,
        HEIGHT_PX - 6.0
    ));
    out
}

/// The unit that a time is best told in, and its seconds.
fn unit_of(seconds: f64) -> (&'static str, f64) {
    match seconds {
        _ if seconds <= 300.0 => ("seconds", 1.0),
        _ if seconds <= 3.0 * 3600.0 => ("minutes", 60.0),
        _ if seconds <= 4.0 * 86_400.0 => ("hours", 3600.0),
        _ => ("days", 86_400.0),
    }
}
