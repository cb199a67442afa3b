//! Medians of interleaved rounds.

/// One figure over all rounds.
#[derive(Debug, Clone, Default)]
pub struct Figure(Vec<f64>);

impl Figure {
    pub fn add(&mut self, value: f64) {
        self.0.push(value);
    }

    pub fn rounds(&self) -> usize {
        self.0.len()
    }

    pub fn median(&self) -> f64 {
        median(self.0.clone())
    }

    /// The mean: what stands beside counts that are taken together.
    pub fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / self.0.len() as f64
    }

    /// The median, with the least and the most.
    pub fn range(&self) -> Ratio {
        Ratio::of(self.0.clone())
    }

    /// The median of the round-by-round ratios to another figure, with the least and the most.
    pub fn ratio_to(&self, other: &Figure) -> Ratio {
        let ratios: Vec<f64> = self.0.iter().zip(&other.0).map(|(a, b)| a / b).collect();
        Ratio::of(ratios)
    }

    /// As `ratio_to`, with differences.
    pub fn above(&self, other: &Figure) -> Ratio {
        Ratio::of(self.0.iter().zip(&other.0).map(|(a, b)| a - b).collect())
    }
}

/// A median with its range.
#[derive(Debug, Clone, Copy)]
pub struct Ratio {
    pub median: f64,
    pub least: f64,
    pub most: f64,
}

impl Ratio {
    fn of(values: Vec<f64>) -> Ratio {
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Ratio {
            median: median(values),
            least,
            most,
        }
    }

    pub fn show(self, digits: usize) -> String {
        format!(
            "{:.digits$} ({:.digits$} .. {:.digits$})",
            self.median, self.least, self.most
        )
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[n / 2],
        n => (values[n / 2 - 1] + values[n / 2]) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_ratios() {
        let figure = |values: &[f64]| Figure(values.to_vec());
        assert_eq!(figure(&[3.0, 1.0, 2.0]).median(), 2.0);
        assert_eq!(figure(&[4.0, 1.0, 2.0, 3.0]).median(), 2.5);
        let ratio = figure(&[2.0, 9.0, 4.0]).ratio_to(&figure(&[1.0, 3.0, 4.0]));
        assert_eq!((ratio.median, ratio.least, ratio.most), (2.0, 1.0, 3.0));
        assert_eq!(figure(&[4.0, 1.0, 2.0]).range().show(0), "2 (1 .. 4)");
        assert_eq!(figure(&[4.0, 1.0, 1.0]).mean(), 2.0);
        assert_eq!(figure(&[5.0]).above(&figure(&[3.0])).median, 2.0);
    }
}
