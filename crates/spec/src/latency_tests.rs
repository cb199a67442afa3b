use super::*;

#[test]
fn latencies_are_read() {
    let drawn = |distribution| Ok(Latency::Drawn(distribution));
    for (text, expected) in [
        ("0.4ms", drawn(Distribution::Fixed(400))),
        (" 2 s ", drawn(Distribution::Fixed(2_000_000))),
        ("0ms", drawn(Distribution::Fixed(0))),
        (
            "uniform(1ms, 5ms)",
            drawn(Distribution::Uniform(1_000, 5_000)),
        ),
        (
            "lognormal(0.4ms, 0.5)",
            drawn(Distribution::Lognormal {
                median_us: 400,
                sigma: 0.5,
            }),
        ),
        ("measured(0.2ms)", Ok(Latency::Measured(vec![200]))),
        (
            "measured ( 300us,0.2ms , 1s )",
            Ok(Latency::Measured(vec![300, 200, 1_000_000])),
        ),
    ] {
        assert_eq!(latency(text), expected, "{text}");
    }
}

#[test]
fn bad_latencies_say_how_to_write_them() {
    let texts = [
        "",
        "5",
        "-1ms",
        "11m",
        "lognormal(1ms)",
        "lognormal(1ms, 9)",
        "lognormal(1ms, NaN)",
        "lognormal 1ms",
        "uniform(5ms, 1ms)",
        "lognormall(1ms, 0.5)",
        "normal(1ms, 0.5)",
        "pareto(1ms, 0.5)",
        "measured",
        "measured()",
        "measured(1ms, fast)",
        "measured(1ms",
        "mesured(1ms, 2ms)",
    ];
    let told =
        texts.map(|text| format!("{text}\n  {}\n  {}", latency(text).unwrap_err(), help(text)));
    insta::assert_snapshot!(told.join("\n"));
    let many = format!("measured({}1ms)", "1ms,".repeat(MEASURED_MAX));
    assert!(latency(&many).unwrap_err().starts_with("10001 values"));
}
