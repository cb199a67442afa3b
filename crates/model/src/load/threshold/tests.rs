use super::*;

#[test]
fn what_is_written_is_read_back() {
    for text in [
        "p99 < 200ms",
        "p99.9 of reserve <= 1.5s",
        "mean > 250us",
        "max >= 2s",
        "errors < 1 %",
        "errors of pay = 0.1 %",
        "rate > 400/s",
        "violations = 0",
    ] {
        assert_eq!(Threshold::parse(text).unwrap().to_string(), text);
    }
    for (text, limit) in [
        ("errors<5%", 0.05),
        ("errors < 0.05", 0.05),
        ("p50<1m", 6e7),
    ] {
        assert_eq!(Threshold::parse(text).unwrap().limit, limit, "{text}");
    }
}

#[test]
fn what_is_none_is_told() {
    for (text, expected) in [
        ("p99 200ms", "`p99 200ms` is no threshold"),
        ("p99 reserve < 1s", "`p99 reserve < 1s` is no threshold"),
        ("p98 < 1s", "`p98` is nothing that is measured"),
        ("p99 < 200", "`200` is no limit for p99"),
        ("p99 == 1s", "`= 1s` is no limit for p99"),
        ("errors < 101 %", "`101 %` is no limit for errors"),
        ("errors < 1e-3", "`1e-3` is no limit for errors"),
        ("rate > fast", "`fast` is no limit for rate"),
        ("violations < 0.5", "`0.5` is no limit for violations"),
        (
            "violations of pay = 0",
            "violations are those of the system, not of `pay`",
        ),
        ("", "`` is no threshold"),
    ] {
        assert_eq!(
            Threshold::parse(text).unwrap_err().to_string(),
            expected,
            "{text}"
        );
    }
}

#[test]
fn figures_are_held_against_limits() {
    let measured = Measured {
        requests: 1_000,
        errors: 10,
        answered: 995,
        elapsed: Duration::from_secs(2),
        violations: Some(0),
        latency_us: [1e3, 2e3, 3e3, 4e3, 5e3, 1.5e3, 9e3],
    };
    for (text, all, none) in [
        ("p50 <= 1ms", Some(true), None),
        ("p50 < 1ms", Some(false), None),
        ("p99.9 < 6ms", Some(true), None),
        ("mean > 1ms", Some(true), None),
        ("max < 9ms", Some(false), None),
        ("errors <= 1 %", Some(true), None),
        ("errors < 1 %", Some(false), None),
        ("rate > 497/s", Some(true), None),
        ("rate >= 498/s", Some(false), None),
        ("violations = 0", Some(true), None),
    ] {
        let threshold = Threshold::parse(text).unwrap();
        assert_eq!(threshold.holds(&measured), all, "{text}");
        assert_eq!(threshold.holds(&Measured::default()), none, "{text}");
    }
}
