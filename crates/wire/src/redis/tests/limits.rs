//! Each limit, on both of its sides.

use model::Access;

use super::{command, driver, play};
use crate::redis::conversation::{OPEN_KEPT_MAX, OPEN_MAX};
use crate::redis::encode;
use crate::redis::reply::{DEPTH_SHOWN_MAX, describe};
use crate::redis::scan::{
    ARGUMENTS_MAX, BULK_BYTES_MAX, ELEMENTS_MAX, INLINE_BYTES_MAX, LINE_BYTES_MAX,
};
use crate::redis::shape::{SHAPE_ARGUMENTS_MAX, SHAPE_KEY_BYTES_MAX};
use crate::redis::steps::{EFFECTS_MAX, PARAMETERS_MAX, RESOURCE_BYTES_MAX};
use crate::redis::{Session, scan::Scanner};
use crate::session::{Direction, Frame, Look, Scan, Session as _, TEXT_BYTES_MAX};

fn up(bytes: &[u8]) -> Scan {
    Scanner::<true>::default().scan(bytes)
}

fn down(bytes: &[u8]) -> Scan {
    Scanner::<false>::default().scan(bytes)
}

#[test]
fn arguments() {
    assert_eq!(up(format!("*{ARGUMENTS_MAX}\r\n").as_bytes()), Scan::More);
    let why = "a RESP aggregate beyond the limit of elements";
    assert_eq!(
        up(format!("*{}\r\n", ARGUMENTS_MAX + 1).as_bytes()),
        Scan::Alien(why)
    );
}

#[test]
fn elements() {
    assert_eq!(down(format!("*{ELEMENTS_MAX}\r\n").as_bytes()), Scan::More);
    let why = "a RESP aggregate beyond the limit of elements";
    assert_eq!(
        down(format!("*{}\r\n", ELEMENTS_MAX + 1).as_bytes()),
        Scan::Alien(why)
    );
    assert_eq!(
        down(format!("%{}\r\n", ELEMENTS_MAX / 2 + 1).as_bytes()),
        Scan::Alien(why)
    );
    assert_eq!(
        down("*99999\r\n".repeat(30_000).as_bytes()),
        Scan::Alien(why)
    );
}

/// Depth costs nothing, so only what is shown of it has a limit.
#[test]
fn depth() {
    let deep = |depth: usize| format!("{}:1\r\n", "*1\r\n".repeat(depth));
    let shallow = deep(DEPTH_SHOWN_MAX as usize);
    assert!(!describe(shallow.as_bytes()).value.contains("..."));
    let fits = deep(100_000);
    assert_eq!(down(fits.as_bytes()), Scan::End(fits.len()));
    let shown = format!("{}...", "[".repeat(DEPTH_SHOWN_MAX as usize));
    assert_eq!(describe(fits.as_bytes()).value, shown);
}

#[test]
fn bulk_bytes() {
    assert_eq!(
        down(format!("${BULK_BYTES_MAX}\r\n").as_bytes()),
        Scan::More
    );
    let why = "a RESP length beyond the limit";
    assert_eq!(
        down(format!("${}\r\n", BULK_BYTES_MAX + 1).as_bytes()),
        Scan::Alien(why)
    );
    assert_eq!(down(b"$00000000001\r\n"), Scan::Alien(why));
}

#[test]
fn lines() {
    let line = |of: usize| format!("+{}\r\n", "x".repeat(of - 3));
    let fits = line(LINE_BYTES_MAX);
    assert_eq!(down(fits.as_bytes()), Scan::End(fits.len()));
    let why = "a RESP line beyond the limit";
    assert_eq!(down(line(LINE_BYTES_MAX + 1).as_bytes()), Scan::Alien(why));
    assert_eq!(
        down("+".repeat(LINE_BYTES_MAX + 1).as_bytes()),
        Scan::Alien(why)
    );
    let fits = format!("{}\n", "x".repeat(INLINE_BYTES_MAX - 1));
    assert_eq!(up(fits.as_bytes()), Scan::End(fits.len()));
    assert_eq!(
        up("x".repeat(INLINE_BYTES_MAX + 1).as_bytes()),
        Scan::Alien(why)
    );
}

#[test]
fn open_commands() {
    let mut session = Session::default();
    let bytes = command("PING");
    let frame = Frame {
        bytes: &bytes,
        whole: true,
    };
    for _ in 0..OPEN_MAX {
        session.up(frame, Look::Brief);
    }
    assert_eq!(session.scan(Direction::Up, &bytes), Scan::End(bytes.len()));
    session.up(frame, Look::Brief);
    assert_eq!(
        session.scan(Direction::Up, &bytes),
        Scan::Alien("too many open commands")
    );
    let reply = Frame {
        bytes: b"+PONG\r\n",
        whole: true,
    };
    for _ in 0..OPEN_MAX {
        session.down(reply, Look::Brief);
    }
    assert!(session.conversation.open.is_empty());
    assert!(session.conversation.open.capacity() <= 2 * OPEN_KEPT_MAX);
}

#[test]
fn effects() {
    let keys = |of: usize| {
        let line = format!(
            "> DEL{}",
            (0..of).map(|nth| format!(" k{nth}")).collect::<String>()
        );
        play(&[&line]).steps[0].effects.clone()
    };
    assert_eq!(keys(EFFECTS_MAX).len(), EFFECTS_MAX);
    let beyond = keys(EFFECTS_MAX + 5);
    assert_eq!(beyond.len(), EFFECTS_MAX + 1);
    assert_eq!(beyond.last().unwrap().access, Access::Unknown);
}

#[test]
fn effects_of_a_transaction() {
    let mut driver = play(&["> MULTI", "+OK\r\n"]);
    for nth in 0..EFFECTS_MAX + 5 {
        driver.feed(Direction::Up, &command(&format!("SET k{nth} 1")), 64);
    }
    driver.feed(Direction::Up, &command("EXEC"), 64);
    let effects = &driver.steps.last().unwrap().effects;
    assert_eq!(effects.len(), EFFECTS_MAX + 1);
    assert_eq!(effects.last().unwrap().access, Access::Unknown);
}

#[test]
fn channels() {
    let line = format!("> SUBSCRIBE{}", " c".repeat(EFFECTS_MAX + 5));
    assert_eq!(play(&[&line]).steps[0].effects.len(), EFFECTS_MAX);
}

#[test]
fn parameters_and_text() {
    let line = format!("> RPUSH q{}", " value".repeat(1000));
    let step = &play(&[&line]).steps[0];
    assert_eq!(step.parameters.len(), PARAMETERS_MAX);
    assert!(step.text.len() <= TEXT_BYTES_MAX + 3, "{}", step.text.len());
    assert_eq!(step.shape, "RPUSH q ?*14 ...");
}

#[test]
fn names() {
    let key = "k".repeat(2000);
    let step = &play(&[&format!("> GET {key}")]).steps[0];
    assert_eq!(step.effects[0].resource.len(), RESOURCE_BYTES_MAX);
    assert_eq!(step.shape.len(), "GET ".len() + SHAPE_KEY_BYTES_MAX);
    let step = &play(&[&format!("> {key} a")]).steps[0];
    assert_eq!(step.verb.len(), 64);
    assert_eq!(step.shape.len(), SHAPE_KEY_BYTES_MAX + 2);
}

#[test]
fn arguments_of_a_shape() {
    let keys = |of: usize| {
        play(&[&format!("> MGET{}", " k:1".repeat(of))]).steps[0]
            .shape
            .clone()
    };
    assert_eq!(keys(SHAPE_ARGUMENTS_MAX - 1), "MGET k:#");
    assert_eq!(keys(SHAPE_ARGUMENTS_MAX), "MGET k:# ...");
}

#[test]
fn a_frame_that_was_cut_may_hold_more_keys() {
    let mut driver = driver();
    let mut bytes = Vec::new();
    encode::command(
        &[
            b"DEL".to_vec(),
            b"a".to_vec(),
            vec![b'x'; 70_000],
            b"b".to_vec(),
        ],
        &mut bytes,
    );
    driver.feed(Direction::Up, &bytes, 1000);
    let effects = &driver.steps[0].effects;
    assert_eq!(effects.len(), 3);
    assert_eq!(
        (effects[2].access, effects[2].resource.as_str()),
        (Access::Unknown, "*")
    );
    bytes.clear();
    encode::command(
        &[b"SET".to_vec(), b"a".to_vec(), vec![b'x'; 70_000]],
        &mut bytes,
    );
    driver.feed(Direction::Up, &bytes, 1000);
    assert_eq!(driver.steps[1].effects.len(), 1);
}
