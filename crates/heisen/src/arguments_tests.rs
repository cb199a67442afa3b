use std::time::Duration;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

#[test]
fn the_command_line_is_sound() {
    super::Arguments::command().debug_assert();
}

fn stress(words: &[&str]) -> Result<super::StressOptions, clap::Error> {
    let all = ["heisen", "stress", "reserve"].iter().chain(words);
    match super::Arguments::try_parse_from(all)?.command {
        super::Command::Stress(options) => Ok(*options),
        other => panic!("{other:?}"),
    }
}

#[test]
fn stress_takes_bursts_or_steady_load() {
    let bursts = |words: &[&str]| {
        let options = stress(words).map_err(|error| error.kind())?;
        Ok((options.burst, options.window, options.rounds))
    };
    let window = Some(Duration::from_millis(500));
    for (words, expected) in [
        (&[][..], Ok((None, None, 20))),
        (&["--burst"], Ok((Some(None), None, 20))),
        (&["--burst", "--near-limit"], Ok((Some(None), None, 20))),
        (
            &["--burst", "40", "--window", "500ms", "--rounds", "7"],
            Ok((Some(Some(40)), window, 7)),
        ),
        (
            &["--burst", "--window", "500ms"],
            Ok((Some(None), window, 20)),
        ),
        (&["--burst", "0"], Err(ErrorKind::ValueValidation)),
        (&["--burst", "10001"], Err(ErrorKind::ValueValidation)),
        (
            &["--burst", "--rounds", "0"],
            Err(ErrorKind::ValueValidation),
        ),
        (
            &["--burst", "--window", "61s"],
            Err(ErrorKind::ValueValidation),
        ),
        (
            &["--window", "5ms"],
            Err(ErrorKind::MissingRequiredArgument),
        ),
        (&["--rounds", "5"], Err(ErrorKind::MissingRequiredArgument)),
        (
            &["--burst", "4", "-c", "5"],
            Err(ErrorKind::ArgumentConflict),
        ),
        (
            &["--burst", "4", "-r", "5"],
            Err(ErrorKind::ArgumentConflict),
        ),
        (
            &["--burst", "4", "-d", "5s"],
            Err(ErrorKind::ArgumentConflict),
        ),
        (&["--burst", "-n", "5"], Ok((Some(None), None, 20))),
        (
            &["--burst", "--url", "127.0.0.1", "--window", "5ms"],
            Err(ErrorKind::ArgumentConflict),
        ),
    ] {
        assert_eq!(bursts(words), expected, "{words:?}");
    }
}

#[test]
fn metrics_take_a_port_or_a_free_one() {
    for (words, expected) in [
        (&[][..], Ok(None)),
        (&["--metrics"], Ok(Some(0))),
        (&["--metrics", "--direct"], Ok(Some(0))),
        (&["--metrics", "9464"], Ok(Some(9464))),
        (&["--metrics", "65536"], Err(ErrorKind::ValueValidation)),
        (
            &["--audit-max", "5"],
            Err(ErrorKind::MissingRequiredArgument),
        ),
    ] {
        let metrics = stress(words).map(|options| options.outputs.metrics);
        assert_eq!(metrics.map_err(|error| error.kind()), expected, "{words:?}");
    }
}

fn replay(words: &[&str]) -> Result<super::ReplayOptions, clap::Error> {
    let all = ["heisen", "replay", "schedule.yaml"].iter().chain(words);
    match super::Arguments::try_parse_from(all)?.command {
        super::Command::Replay(options) => Ok(options),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_replay_takes_a_spread_and_delays() {
    let options = replay(&["--spread", "1s", "--delays", "10ms"]).unwrap();
    assert_eq!(options.spread, Some(Duration::from_secs(1)));
    assert_eq!(options.delays, Some(Duration::from_millis(10)));
    let together = replay(&["--spread", "0s"]).unwrap();
    assert_eq!(together.spread, Some(Duration::ZERO));
    let options = replay(&[]).unwrap();
    assert_eq!((options.spread, options.delays), (None, None));
    assert!(replay(&["--delays", "10"]).is_err(), "a time has a unit");
    assert!(replay(&["--delays", "0s"]).is_err(), "no delay is none");
    assert!(replay(&["--spread", "6s"]).is_err(), "no hold is so long");
}
