//! Which reply closes which step, beyond what the captures show.

use model::Access;

use super::{command, down, play};
use crate::redis::Session;
use crate::session::{Frame, Look, Session as _, Up};

const HELLO_3: &str = "%1\r\n$5\r\nproto\r\n:3\r\n";

/// Plays lines; expects what is said of the frames that come down, by the first words.
fn check(lines: &[&str], expected: &[&str]) {
    let driver = play(lines);
    let said = down(&driver);
    let is_same = said.len() == expected.len()
        && said
            .iter()
            .zip(expected)
            .all(|(said, expected)| said.contains(expected));
    assert!(is_same, "expected {expected:#?}\n{}", driver.said);
}

#[test]
fn a_subscription_is_answered_by_a_confirmation_for_each_channel() {
    let first = "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n";
    let second = "*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n";
    check(&["> SUBSCRIBE a b", first, second], &["part", "\"b\\\",2]"]);
    // The same channel twice is confirmed twice.
    check(
        &[
            "> SUBSCRIBE a a",
            first,
            first,
            "> PING",
            "*2\r\n$4\r\npong\r\n$0\r\n\r\n",
        ],
        &["part", ",1]", "pong"],
    );
}

#[test]
fn unsubscribing_from_all_is_answered_as_often_as_there_are_channels() {
    let lines = [
        "> SUBSCRIBE a b",
        "> PSUBSCRIBE p*",
        "> UNSUBSCRIBE",
        "> PUNSUBSCRIBE",
        "> GET k",
        "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n",
        "*3\r\n$10\r\npsubscribe\r\n$2\r\np*\r\n:3\r\n",
        "*4\r\n$8\r\npmessage\r\n$2\r\np*\r\n$1\r\np\r\n$1\r\nx\r\n",
        "*3\r\n$11\r\nunsubscribe\r\n$1\r\nb\r\n:2\r\n*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:1\r\n",
        "*3\r\n$12\r\npunsubscribe\r\n$2\r\np*\r\n:0\r\n",
        "$1\r\n9\r\n",
    ];
    check(
        &lines,
        &["part", "Ok", "Ok", "aside", "part", "Ok", "Ok", "Ok \"9\""],
    );
}

#[test]
fn messages_are_aside_only_while_subscribed() {
    let message = "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n";
    check(&["> LRANGE l 0 -1", message], &["Ok"]);
    let subscribed = "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n";
    check(&["> SUBSCRIBE a", subscribed, message], &["Ok", "aside"]);
    check(
        &[
            "> SUBSCRIBE a",
            subscribed,
            "> PING",
            message,
            "*2\r\n$4\r\npong\r\n$0\r\n\r\n",
        ],
        &["Ok", "aside", "Ok"],
    );
    // RESP3 tells them apart by their type, so an array is a reply.
    let subscribed = ">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n";
    check(
        &[
            "> HELLO 3",
            HELLO_3,
            "> SUBSCRIBE a",
            subscribed,
            "> LRANGE l 0 -1",
            message,
        ],
        &["Ok", "Ok", "Ok"],
    );
}

#[test]
fn a_refused_subscription_ends_with_one_error() {
    check(
        &["> SUBSCRIBE a b", "-NOPERM no\r\n", "> GET k", "$-1\r\n"],
        &["Error", "Empty"],
    );
    check(
        &[
            "> SUBSCRIBE",
            "-ERR wrong number\r\n",
            "> PING",
            "+PONG\r\n",
        ],
        &["Error", "Ok"],
    );
}

#[test]
fn shard_channels_are_counted_apart() {
    let lines = [
        "> SSUBSCRIBE s",
        "*3\r\n$10\r\nssubscribe\r\n$1\r\ns\r\n:1\r\n",
        "*3\r\n$8\r\nsmessage\r\n$1\r\ns\r\n$1\r\nx\r\n",
        "> SUNSUBSCRIBE",
        "*3\r\n$12\r\nsunsubscribe\r\n$1\r\ns\r\n:0\r\n",
        "> SSUBSCRIBE s",
        "*3\r\n$10\r\nssubscribe\r\n$1\r\ns\r\n:1\r\n",
        // The slot moved: nobody asked for this.
        "*3\r\n$12\r\nsunsubscribe\r\n$1\r\ns\r\n:0\r\n",
        "> LRANGE l 0 -1",
        "*1\r\n$8\r\nsmessage\r\n",
    ];
    check(&lines, &["Ok", "aside", "Ok", "Ok", "aside", "Ok"]);
}

#[test]
fn reset_ends_subscriptions_transactions_and_resp3() {
    let driver = play(&[
        "> HELLO 3",
        HELLO_3,
        "> SELECT 2",
        "+OK\r\n",
        "> MULTI",
        "+OK\r\n",
        "> RESET",
        "+RESET\r\n",
        "> GET k",
        "$-1\r\n",
    ]);
    let last = driver.steps.last().unwrap();
    assert_eq!(last.effects[0].resource, "k");
    assert_eq!(last.transaction, model::Transaction::None);
}

#[test]
fn muted_commands_are_no_steps() {
    check(
        &[
            "> CLIENT REPLY OFF",
            "> SET a 1",
            "> RESET",
            "> GET a",
            "+RESET\r\n",
            "$-1\r\n",
        ],
        &["Ok \"RESET\"", "Empty"],
    );
    check(
        &["> CLIENT REPLY SKIP", "> SET a 1", "> GET a", "$1\r\n1\r\n"],
        &["Ok \"1\""],
    );
    // After SKIP even the answer to ON is left out; OFF outlives SKIP.
    check(
        &[
            "> CLIENT REPLY SKIP",
            "> CLIENT REPLY ON",
            "> GET a",
            ":1\r\n",
        ],
        &["Ok \"1\""],
    );
    check(
        &[
            "> CLIENT REPLY OFF",
            "> CLIENT REPLY SKIP",
            "> GET a",
            "> CLIENT REPLY ON",
            "+OK\r\n",
        ],
        &["Ok \"OK\""],
    );
    check(&["> CLIENT REPLY MAYBE", "-ERR syntax\r\n"], &["Error"]);
    let driver = play(&["> CLIENT REPLY OFF", "> SET a 1"]);
    let (count, why) = driver.session.not_understood();
    assert_eq!(
        (count, why),
        (2, Some("a command without a reply (CLIENT REPLY)"))
    );
}

#[test]
fn monitor_makes_lines_aside_until_reset() {
    let line = "+1700000000.123456 [0 127.0.0.1:5000] \"get\" \"a\"\r\n";
    check(
        &[
            "> MONITOR",
            "+OK\r\n",
            line,
            line,
            "> RESET",
            line,
            "+RESET\r\n",
        ],
        &["Ok", "aside", "aside", "aside", "RESET"],
    );
    check(
        &["> MONITOR", "-NOPERM no\r\n", "> GET a", line],
        &["Error", "Ok"],
    );
}

#[test]
fn what_cannot_be_followed_passes_untouched() {
    let alien = |lines: &[&str], why: &str| {
        let driver = play(lines);
        assert!(
            driver.said.contains(&format!("alien: {why}")),
            "{}",
            driver.said
        );
    };
    alien(&["+OK\r\n", "+OK\r\n"], "a reply to no command");
    alien(
        &["> PSYNC ? -1", "+FULLRESYNC x 0\r\n"],
        "a replica's connection",
    );
    alien(&["> SYNC", "$3\r\nRDB"], "a replica's connection");
    alien(
        &["> MULTI", "> SUBSCRIBE a", "> EXEC"],
        "a subscription inside a transaction",
    );
    alien(
        &["> MULTI", "> HELLO 3", "> EXEC"],
        "a change of protocol inside a transaction",
    );
    alien(
        &["> MULTI", "> CLIENT REPLY OFF", "> EXEC"],
        "CLIENT REPLY inside a transaction",
    );
    alien(
        &["> CLIENT REPLY OFF", "> SUBSCRIBE a", "> GET a"],
        "a change of protocol without a reply",
    );
    alien(
        &["> SUBSCRIBE a", ":1\r\n", ":1\r\n"],
        "a subscription without its confirmation",
    );
    alien(
        &[
            "> SUBSCRIBE a",
            "*2\r\n$9\r\nsubscribe\r\n$1\r\na\r\n",
            "+OK\r\n",
        ],
        "a confirmation that could not be read",
    );
}

#[test]
fn an_error_to_no_command_is_the_server_saying_goodbye() {
    check(&["-ERR max number of clients reached\r\n"], &["aside"]);
}

#[test]
fn a_refused_multi_opens_no_transaction() {
    let driver = play(&["> MULTI", "-NOAUTH no\r\n", "> GET a", "-NOAUTH no\r\n"]);
    assert_eq!(driver.steps[1].transaction, model::Transaction::None);
    let driver = play(&[
        "> MULTI",
        "+OK\r\n",
        "> MULTI",
        "-ERR MULTI calls can not be nested\r\n",
        "> GET a",
        "+QUEUED\r\n",
    ]);
    assert_eq!(driver.steps[2].transaction, model::Transaction::Inside);
}

#[test]
fn exec_carries_what_was_queued_and_watched() {
    let driver = play(&[
        "> WATCH a w",
        "+OK\r\n",
        "> GET a",
        "$1\r\n1\r\n",
        "> MULTI",
        "+OK\r\n",
        "> SET a 2",
        "+QUEUED\r\n",
        "> INCR b",
        "+QUEUED\r\n",
        "> EXEC",
        "*2\r\n+OK\r\n:1\r\n",
        "> MULTI",
        "+OK\r\n",
        "> SET c 1",
        "+QUEUED\r\n",
        "> DISCARD",
        "+OK\r\n",
        "> EXEC",
        "-ERR EXEC without MULTI\r\n",
    ]);
    insta::assert_snapshot!(driver.said);
}

#[test]
fn exec_may_do_anything_when_nobody_looked_at_what_was_queued() {
    let mut session = Session::default();
    let mut up = |line: &str, look| {
        let bytes = command(line);
        match session.up(
            Frame {
                bytes: &bytes,
                whole: true,
            },
            look,
        ) {
            Up::Step(draft) => draft,
            other => panic!("{other:?}"),
        }
    };
    assert!(up("MULTI", Look::Brief).is_none());
    assert!(up("SET a 1", Look::Brief).is_none());
    up("SET b 1", Look::Full);
    let effects = up("EXEC", Look::Full).unwrap().effects;
    let said: Vec<_> = effects
        .iter()
        .map(|effect| (effect.access, effect.resource.as_str()))
        .collect();
    assert_eq!(said, [(Access::Write, "b"), (Access::Unknown, "*")]);
    up("MULTI", Look::Brief);
    assert!(up("EXEC", Look::Full).unwrap().effects.is_empty());
}

#[test]
fn select_moves_keys_to_another_database() {
    let driver = play(&[
        "> SELECT 3",
        "+OK\r\n",
        "> GET a",
        "$-1\r\n",
        "> SELECT 99",
        "-ERR DB index\r\n",
        "> GET a",
        "$-1\r\n",
        "> MULTI",
        "+OK\r\n",
        "> SELECT 1",
        "+QUEUED\r\n",
        "> DISCARD",
        "+OK\r\n",
        "> SELECT 0",
        "+OK\r\n",
        "> COPY a b DB 5",
        ":1\r\n",
        "> MOVE a 4",
        ":1\r\n",
    ]);
    insta::assert_snapshot!(driver.said);
}
