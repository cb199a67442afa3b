//! The table of commands against a real server's own. Redis is needed to run the tests.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use model::Access;

use crate::redis::encode;
use crate::redis::keys::{access, keys};
use crate::redis::scan::Scanner;
use crate::redis::table::{self, How, Keys, Row, find};
use crate::redis::value::{Token, Tokens};
use crate::session::Scan;

/// Rows for what came after Redis 7.0, or lives in Sentinel.
const NEWER: [&str; 14] = [
    "HEXPIRE",
    "HEXPIREAT",
    "HEXPIRETIME",
    "HGETDEL",
    "HGETEX",
    "HPERSIST",
    "HPEXPIRE",
    "HPEXPIREAT",
    "HPEXPIRETIME",
    "HPTTL",
    "HSETEX",
    "HTTL",
    "SENTINEL",
    "WAITAOF",
];

struct Server {
    child: Child,
    folder: PathBuf,
    stream: TcpStream,
}

impl Server {
    fn start() -> Server {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let folder =
            std::env::temp_dir().join(format!("heisen-redis-{}-{port}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut child = Command::new("redis-server")
            .args([
                "--port",
                &port.to_string(),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--dir",
            ])
            .arg(&folder)
            .stdout(Stdio::piped())
            .spawn()
            .expect("redis-server is needed to run the tests");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains("Ready to accept connections")));
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        Server {
            child,
            folder,
            stream,
        }
    }

    fn ask(&mut self, words: &[&str]) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode::command(words, &mut bytes);
        self.stream.write_all(&bytes).unwrap();
        let mut scanner = Scanner::<false>::default();
        let (mut reply, mut piece) = (Vec::new(), [0; 16 * 1024]);
        loop {
            let read = self.stream.read(&mut piece).unwrap();
            assert!(read > 0, "the server left");
            reply.extend_from_slice(&piece[..read]);
            match scanner.scan(&piece[..read]) {
                Scan::End(n) => assert_eq!(n, read),
                Scan::More => continue,
                Scan::Alien(why) => panic!("{why}"),
            }
            return reply;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A reply as a tree.
#[derive(Debug)]
enum Tree {
    Leaf(String),
    Branch(Vec<Tree>),
}

impl Tree {
    fn read(tokens: &mut Tokens<'_>) -> Tree {
        match tokens.next().unwrap() {
            Token::List(count) => Tree::Branch((0..count).map(|_| Tree::read(tokens)).collect()),
            Token::Plain(text) | Token::Bulk(text) | Token::Error(text) => {
                Tree::Leaf(String::from_utf8_lossy(text).into_owned())
            }
            _ => Tree::Leaf(String::new()),
        }
    }

    fn branch(&self) -> &[Tree] {
        match self {
            Tree::Branch(trees) => trees,
            Tree::Leaf(_) => &[],
        }
    }

    fn leaf(&self) -> &str {
        match self {
            Tree::Leaf(text) => text,
            Tree::Branch(_) => "",
        }
    }
}

/// A command of the server: `object|encoding`, its arity, its flags.
struct Entry {
    name: Vec<String>,
    arity: i64,
    flags: Vec<String>,
}

fn entries(server: &mut Server) -> Vec<Entry> {
    let reply = server.ask(&["COMMAND"]);
    let mut entries = Vec::new();
    for command in Tree::read(&mut Tokens(&reply)).branch() {
        let subcommands = command.branch()[9].branch();
        for command in std::iter::once(command).chain(subcommands) {
            let fields = command.branch();
            entries.push(Entry {
                name: fields[0]
                    .leaf()
                    .to_uppercase()
                    .split('|')
                    .map(str::to_string)
                    .collect(),
                arity: fields[1].leaf().parse().unwrap(),
                flags: fields[2]
                    .branch()
                    .iter()
                    .map(|flag| flag.leaf().to_string())
                    .collect(),
            });
        }
    }
    entries
}

#[test]
fn the_table_knows_every_command() {
    let mut server = Server::start();
    let entries = entries(&mut server);
    assert!(entries.len() > 350, "{}", entries.len());
    for entry in &entries {
        let name = entry.name.join(" ");
        let row = find(entry.name[0].to_lowercase().as_bytes()).expect(&name);
        let is_container = entry.name.len() > 1;
        assert!(!is_container || row.container, "{name}");
        let has = |flag: &str| entry.flags.iter().any(|has| has == flag);
        let is_write = !matches!(
            row.how,
            How::Read | How::Noise | How::Everything(Access::Read)
        );
        if has("write") && entry.name[0] != "FUNCTION" {
            assert!(is_write, "{name}");
        }
        if has("readonly") {
            assert!(!is_write, "{name}");
        }
        assert_eq!(
            has("pubsub") && row.how == How::Noise,
            entry.name[0] == "PUBSUB" && has("pubsub"),
            "{name}"
        );
    }
    for row in table::all() {
        let is_known = entries.iter().any(|entry| entry.name[0] == row.name);
        assert_eq!(is_known, !NEWER.contains(&row.name), "{}", row.name);
    }
}

/// Arguments for a command: as few as it takes, or some more.
fn sample(entry: &Entry, row: &Row, more: usize) -> Vec<String> {
    let least = usize::try_from(entry.arity.abs()).unwrap();
    let mut arguments = entry.name.clone();
    for at in arguments.len()..least + more {
        arguments.push(match row.keys {
            Keys::Counted(count) if at == usize::from(count) => "1".to_string(),
            Keys::StoreCounted if at == 2 => "1".to_string(),
            _ => format!("k{at}"),
        });
    }
    arguments
}

/// Samples whose keys hang on words in them.
const WORDED: [&str; 26] = [
    "XREAD STREAMS a b 0 0",
    "XREAD COUNT 2 BLOCK 0 STREAMS a 0",
    "XREADGROUP GROUP g c NOACK STREAMS a b > >",
    "SORT a BY nosort LIMIT 0 1 STORE b",
    "GEORADIUS a 1 1 1 km STORE b",
    "GEORADIUS a 1 1 1 km STOREDIST b",
    "GEORADIUSBYMEMBER a m 1 km STORE b",
    "MIGRATE h 1 a 0 10 COPY",
    "MIGRATE h 1  0 10 REPLACE KEYS a b c",
    "SET a 1 NX",
    "SET a 1 XX GET",
    "SET a 1 NX PX 10",
    "SET a 1 EX 10",
    "BITFIELD a GET u8 0",
    "BITFIELD a SET u8 0 1",
    "ZUNION 3 a b c WEIGHTS 1 2 3",
    "ZUNIONSTORE d 2 a b AGGREGATE MAX",
    "SINTERCARD 2 a b LIMIT 1",
    "BLMPOP 0 2 a b LEFT",
    "EVAL s 2 a b c d",
    "FCALL_RO f 0 a",
    "MSET a 1 b 2",
    "MEMORY USAGE a SAMPLES 5",
    "COPY a b REPLACE",
    "BITOP AND d a b",
    "ZRANGESTORE d a 0 -1 REV",
];

#[test]
fn the_table_finds_the_keys_that_the_server_finds() {
    let mut server = Server::start();
    let mut samples: Vec<Vec<String>> = Vec::new();
    for entry in entries(&mut server) {
        let row = find(entry.name[0].as_bytes()).unwrap();
        let is_free = matches!(row.keys, Keys::Streams | Keys::Migrate);
        let is_channel = matches!(row.how, How::Publish | How::Subscribe);
        if is_free || is_channel || row.container && entry.name.len() == 1 {
            continue;
        }
        let more: &[usize] = match (row.keys, entry.arity) {
            (Keys::Pairs, _) => &[0, 2],
            // The server's own search for keys fails on a destination alone.
            (Keys::StoreRest, _) => &[1, 3],
            (Keys::Counted(_) | Keys::StoreCounted, _) => &[1, 3],
            (_, ..0) => &[0, 3],
            _ => &[0],
        };
        samples.extend(more.iter().map(|more| sample(&entry, row, *more)));
    }
    samples.extend(
        WORDED
            .iter()
            .map(|line| line.split(' ').map(str::to_string).collect()),
    );
    let mut with_keys = 0;
    for sample in &samples {
        let words: Vec<&str> = sample.iter().map(String::as_str).collect();
        if words.len() == 1 {
            // The server does not take the question, for there can be no key.
            assert!(our_keys(&words).is_empty(), "{words:?}");
            continue;
        }
        let reply = server.ask(&[&["COMMAND", "GETKEYSANDFLAGS"], words.as_slice()].concat());
        let tree = Tree::read(&mut Tokens(&reply));
        assert!(
            matches!(tree, Tree::Branch(_)) || tree.leaf().contains("no key arguments"),
            "{sample:?} {tree:?}"
        );
        let mut theirs: Vec<(String, String)> = Vec::new();
        for key in tree.branch() {
            let key = key.branch();
            theirs.push((
                key[0].leaf().to_string(),
                key[1].branch()[0].leaf().to_string(),
            ));
        }
        let ours = our_keys(&words);
        let is_same = ours.len() == theirs.len()
            && ours.iter().all(|(key, access)| {
                let flag = theirs
                    .iter()
                    .find(|(other, _)| other == key)
                    .map(|(_, flag)| flag);
                flag.is_some_and(|flag| agrees(&words, *access, flag))
            });
        assert!(is_same, "{sample:?}\nours {ours:?}\ntheirs {theirs:?}");
        with_keys += usize::from(!ours.is_empty());
    }
    assert!(with_keys > 200, "{with_keys}");
}

fn our_keys(words: &[&str]) -> Vec<(String, Access)> {
    let arguments: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
    let row = find(arguments[0]).unwrap();
    let mut found = Vec::new();
    keys(
        row,
        access(row, &arguments),
        &arguments,
        arguments.len(),
        |at, access| {
            found.push((words[at].to_string(), access));
        },
    );
    found
}

/// Whether our access is what the server's flag means, or better.
fn agrees(words: &[&str], access: Access, flag: &str) -> bool {
    match words[0] {
        // They set a key only when it is not there.
        "SETNX" | "MSETNX" | "RENAMENX" | "RESTORE" | "RESTORE-ASKING" => access == Access::Atomic,
        "COPY" if flag == "OW" && !words.contains(&"REPLACE") => access == Access::Atomic,
        "SET" if words.contains(&"NX") => matches!(access, Access::Atomic | Access::Lock),
        // A cache inside the value makes the server call it a write.
        "PFCOUNT" => access == Access::Read,
        // The group's position moves.
        "XREADGROUP" => access == Access::Atomic,
        _ => match flag {
            "RO" => access == Access::Read,
            "OW" | "RM" => access == Access::Write,
            _ => matches!(access, Access::Write | Access::Atomic | Access::Lock),
        },
    }
}
