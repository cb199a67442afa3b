//! Tables as BENCHMARKS.md has them.

/// A title, the heads of the columns, and the rows.
pub fn table(title: &str, heads: &[&str], rows: &[Vec<String>]) -> String {
    let mut text = format!("\n{title}\n\n| {} |\n", heads.join(" | "));
    text.push_str(&"|---".repeat(heads.len()));
    text.push_str("|\n");
    for row in rows {
        text.push_str(&format!("| {} |\n", row.join(" | ")));
    }
    text
}

/// A share as people read it: more digits the rarer.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    match percent {
        0.0 => "0 %".to_string(),
        _ if percent < 0.1 => format!("{percent:.3} %"),
        _ if percent < 10.0 => format!("{percent:.2} %"),
        _ => format!("{percent:.1} %"),
    }
}

/// Thousands apart, as people read them.
pub fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_under_their_heads() {
        let rows = [vec!["50".to_string(), "0.5 %".to_string()]];
        let expected = "\nLoads\n\n| load | rate |\n|---|---|\n| 50 | 0.5 % |\n";
        assert_eq!(table("Loads", &["load", "rate"], &rows), expected);
    }

    #[test]
    fn shares_and_counts_are_readable() {
        for (share, expected) in [
            (0.0, "0 %"),
            (0.000_65, "0.065 %"),
            (0.002_59, "0.26 %"),
            (0.14, "14.0 %"),
            (1.0, "100.0 %"),
        ] {
            assert_eq!(percent(share), expected);
        }
        for (number, expected) in [
            (0.0, "0"),
            (999.0, "999"),
            (10_000.0, "10 000"),
            (1_545_450.4, "1 545 450"),
        ] {
            assert_eq!(grouped(number), expected);
        }
    }
}
