use model::{Distribution, Fault};

use super::*;
use crate::tests::good;

#[test]
fn faults_are_read() {
    for (text, expected) in [
        (
            "cache:latency=20ms",
            Fault::Delay(Distribution::Fixed(20_000)),
        ),
        (
            "db: latency = uniform( 1ms , 5ms )",
            Fault::Delay(Distribution::Uniform(1_000, 5_000)),
        ),
        (
            "cache:latency=lognormal(20ms,0.5)",
            Fault::Delay(Distribution::Lognormal {
                median_us: 20_000,
                sigma: 0.5,
            }),
        ),
        ("bank:drop", Fault::Drop),
        ("stock:reset", Fault::Reset),
        (
            "cache:bandwidth=64KiB/s",
            Fault::Bandwidth {
                bytes_per_second: 65_536,
            },
        ),
        (
            "cache:slow=16B/10ms",
            Fault::Slow {
                slice_bytes: 16,
                pause_us: 10_000,
            },
        ),
    ] {
        let fault = wire_fault(text, &good()).unwrap();
        assert_eq!(fault.fault, expected, "{text}");
        assert_eq!(fault.target, text.split(':').next().unwrap());
    }
}

#[test]
fn bad_faults_say_how_to_write_them() {
    let texts = [
        "",
        "cache",
        ":drop",
        "cache:",
        "cahce:drop",
        "shop:drop",
        "cache:latancy=20ms",
        "cache:explode",
        "cache:latency",
        "cache:latency=20",
        "cache:latency=-3ms",
        "cache:latency=2h",
        "cache:latency=uniform(5ms,1ms)",
        "cache:latency=uniform(5ms)",
        "cache:latency=normal(5ms,1ms)",
        "cache:latency=lognormal(5ms,1ms)",
        "cache:latency=lognormal(5ms,99)",
        "cache:latency=lognormal(5ms,NaN)",
        "cache:latency=uniform(1ms,5ms",
        "cache:drop=1",
        "cache:bandwidth=64KiB",
        "cache:bandwidth=fast/s",
        "cache:slow=16B",
        "cache:slow=9GiB/1ms",
        "cache:slow=16B/soon",
    ];
    let said: Vec<String> = texts
        .iter()
        .map(|text| wire_fault(text, &good()).unwrap_err().to_string())
        .collect();
    insta::assert_snapshot!(said.join("\n"));
}
