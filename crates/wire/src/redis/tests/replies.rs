//! Replies in words.

use crate::redis::reply::describe;

fn check(cases: &[(&str, &str)]) {
    for (bytes, expected) in cases {
        let reply = describe(bytes.as_bytes());
        let said = format!(
            "{:?} {} {:?} {:?}",
            reply.kind, reply.value, reply.rows, reply.code
        );
        assert_eq!(&said, expected, "{bytes:?}");
    }
}

#[test]
fn every_type_in_words() {
    check(&[
        ("+OK\r\n", "Ok OK None None"),
        (":-9\r\n", "Ok -9 None None"),
        ("$5\r\na b\r\n\r\n", "Ok a b\r\n None None"),
        ("$0\r\n\r\n", "Ok  None None"),
        ("$-1\r\n", "Empty nil None None"),
        ("*-1\r\n", "Empty nil None None"),
        ("_\r\n", "Empty nil None None"),
        ("*0\r\n", "Empty [] Some(0) None"),
        (
            "-WRONGTYPE Operation\r\n",
            "Error WRONGTYPE Operation None Some(\"WRONGTYPE\")",
        ),
        (
            "!9\r\nERR a\r\nb \r\n",
            "Error ERR a\r\nb  None Some(\"ERR\")",
        ),
        ("*2\r\n$1\r\na\r\n$-1\r\n", "Ok [\"a\",nil] Some(2) None"),
        ("%1\r\n+k\r\n,1.5\r\n", "Ok {k:1.5} Some(1) None"),
        ("~2\r\n#t\r\n#f\r\n", "Ok [true,false] Some(2) None"),
        ("(123\r\n", "Ok 123 None None"),
        ("=7\r\ntxt:a b\r\n", "Ok a b None None"),
        ("|1\r\n+a\r\n*1\r\n:1\r\n$1\r\n9\r\n", "Ok 9 None None"),
        (
            "*2\r\n|1\r\n+a\r\n:1\r\n:2\r\n-ERR x\r\n",
            "Ok [2,error \"ERR x\"] Some(2) None",
        ),
        (
            "*2\r\n$1\r\n\"\r\n$2\r\n\n\x01\r\n",
            "Ok [\"\\\"\",\"\\n\\x01\"] Some(2) None",
        ),
    ]);
}

#[test]
fn a_reply_that_was_cut_says_so() {
    check(&[
        ("*3\r\n:1\r\n:2", "Ok [1,... Some(3) None"),
        ("$9\r\nabc", "Ok abc None None"),
    ]);
    check(&[("", "Ok  None None"), ("*", "Ok  None None")]);
}
