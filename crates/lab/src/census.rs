//! Which processes belong to a run. Guard, recovery and lab ask it before they end anything.
//!
//! A process belongs to a run when the journal names it, when it is in a group the journal names,
//! when it descends from one that belongs, or when it bears a mark: the run's id in the
//! environment it was started with, the run's logs as its output, the run's folder as its working
//! folder, or (PostgreSQL, which overwrites its environment) the run's id in its title. The marks
//! are what finds a process whose parents are gone.

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::RUN_VARIABLE;
use crate::journal::{FOLDER_PREFIX, Record};

/// A process that cannot be mistaken for a later one of the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mark {
    /// Its number.
    pub pid: u32,
    /// When it started, in clock ticks since the machine did.
    pub start: u64,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.pid, self.start)
    }
}

impl Mark {
    /// The process that has this number now.
    pub fn of(pid: u32) -> Option<Mark> {
        look(pid).map(|seen| seen.mark)
    }

    /// Reads `pid start`; what follows is ignored.
    pub fn parse(text: &str) -> Option<Mark> {
        let mut words = text.split(' ');
        let pid = words.next()?.parse().ok()?;
        let start = words.next()?.parse().ok()?;
        Some(Mark { pid, start })
    }

    /// Whether it still runs; one that waits to be reaped does not.
    pub fn is_alive(self) -> bool {
        Mark::of(self.pid) == Some(self)
    }
}

/// Whether a process is frozen by a signal.
pub fn is_stopped(pid: u32) -> bool {
    Stat::of(pid).is_some_and(|stat| stat.state == 'T')
}

/// A running process.
#[derive(Debug, Clone, Copy)]
struct Seen {
    mark: Mark,
    parent: u32,
    group: u32,
    has_terminal: bool,
}

/// Which start of the machine this is.
pub fn boot() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .map(|text| text.trim().to_string())
        .unwrap_or_default()
}

/// The processes of a run that are alive, heisen and its guard excepted.
pub fn of_run(record: &Record) -> Vec<Mark> {
    let marks = Marks::new(record);
    let same_boot = record.is_of_this_boot();
    let spared = [record.heisen, record.guard];
    let all = everything();
    let alive: HashSet<u32> = all.iter().map(|seen| seen.mark.pid).collect();
    let led = |seen: &Seen| {
        record.leaders.iter().any(|leader| {
            // A group whose leader is gone keeps its number until it is empty, and then the
            // journal says so; a leader of another time is somebody else's.
            *leader == seen.mark
                || (leader.pid == seen.group && (leader.is_alive() || !alive.contains(&leader.pid)))
        })
    };
    let first = |seen: &Seen| (same_boot && led(seen)) || marks.are_borne_by(seen);
    let mut chosen: HashSet<u32> = all
        .iter()
        .filter(|seen| first(seen))
        .map(|seen| seen.mark.pid)
        .collect();
    add_descendants(&all, &mut chosen);
    all.into_iter()
        .map(|seen| seen.mark)
        .filter(|mark| {
            chosen.contains(&mark.pid)
                && !spared.contains(&Some(*mark))
                && mark.pid != std::process::id()
        })
        .collect()
}

/// The processes that were started with this in their environment, and all that descends from
/// them.
pub fn bearing(variable: &str, value: &str) -> Vec<Mark> {
    let entry = format!("{variable}={value}").into_bytes();
    let all = everything();
    let bears = |seen: &&Seen| environment_has(seen.mark.pid, &entry);
    let mut chosen: HashSet<u32> = all.iter().filter(bears).map(|seen| seen.mark.pid).collect();
    add_descendants(&all, &mut chosen);
    all.into_iter()
        .map(|seen| seen.mark)
        .filter(|mark| chosen.contains(&mark.pid))
        .collect()
}

fn environment_has(pid: u32, entry: &[u8]) -> bool {
    let text = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    text.split(|byte| *byte == 0).any(|found| found == entry)
}

/// A process, its group and all that descends from them.
pub fn family(pid: u32) -> Vec<Mark> {
    let all = everything();
    let mut chosen: HashSet<u32> = all
        .iter()
        .filter(|seen| seen.group == pid || seen.mark.pid == pid)
        .map(|seen| seen.mark.pid)
        .collect();
    add_descendants(&all, &mut chosen);
    all.into_iter()
        .map(|seen| seen.mark)
        .filter(|mark| chosen.contains(&mark.pid))
        .collect()
}

fn add_descendants(all: &[Seen], chosen: &mut HashSet<u32>) {
    loop {
        let before = chosen.len();
        for seen in all {
            if chosen.contains(&seen.parent) {
                chosen.insert(seen.mark.pid);
            }
        }
        if chosen.len() == before {
            return;
        }
    }
}

fn everything() -> Vec<Seen> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(look)
        .collect()
}

fn look(pid: u32) -> Option<Seen> {
    let stat = Stat::of(pid)?;
    // Dead, but not yet reaped: nothing can be done to it, and it does nothing.
    if matches!(stat.state, 'Z' | 'X' | 'x') {
        return None;
    }
    Some(Seen {
        mark: Mark {
            pid,
            start: stat.start,
        },
        parent: stat.parent,
        group: stat.group,
        has_terminal: stat.terminal != 0,
    })
}

/// What is needed of `/proc/PID/stat`.
#[derive(Debug, PartialEq)]
struct Stat {
    state: char,
    parent: u32,
    group: u32,
    terminal: i32,
    start: u64,
}

impl Stat {
    fn of(pid: u32) -> Option<Stat> {
        // Bytes, since a process may call itself anything.
        let bytes = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
        Stat::parse(&String::from_utf8_lossy(&bytes))
    }

    /// `pid (name) state ppid pgrp session tty ...`; the name may hold blanks and brackets.
    fn parse(text: &str) -> Option<Stat> {
        let words: Vec<&str> = text.rsplit_once(") ")?.1.split_ascii_whitespace().collect();
        Some(Stat {
            state: words.first()?.chars().next()?,
            parent: words.get(1)?.parse().unwrap_or(0),
            group: words.get(2)?.parse().unwrap_or(0),
            terminal: words.get(4)?.parse().ok()?,
            start: words.get(19)?.parse().ok()?,
        })
    }
}

/// What the processes of a run bear.
struct Marks<'a> {
    variable: Vec<u8>,
    title: Vec<u8>,
    folders: &'a [PathBuf],
}

impl Marks<'_> {
    fn new(record: &Record) -> Marks<'_> {
        Marks {
            variable: format!("{RUN_VARIABLE}={}", record.run).into_bytes(),
            title: format!("postgres: {FOLDER_PREFIX}{}: ", record.run).into_bytes(),
            folders: &record.folders,
        }
    }

    fn are_borne_by(&self, seen: &Seen) -> bool {
        let folder = PathBuf::from(format!("/proc/{}", seen.mark.pid));
        let file = |name: &str| std::fs::read(folder.join(name)).unwrap_or_default();
        let points_here = |name: &str| {
            std::fs::read_link(folder.join(name))
                .is_ok_and(|target| self.folders.iter().any(|ours| is_inside(&target, ours)))
        };
        environment_has(seen.mark.pid, &self.variable)
            || file("cmdline").starts_with(&self.title)
            || points_here("fd/1")
            || points_here("fd/2")
            // Somebody may stand in the folder to read the logs; such a shell has a terminal.
            || (!seen.has_terminal && points_here("cwd"))
    }
}

fn is_inside(target: &Path, folder: &Path) -> bool {
    target.starts_with(folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Child, Command};

    #[test]
    fn names_with_brackets_do_not_mislead() {
        let rest = "S 7 8 9 34816 8 4194304 1 2 3 4 5 6 7 8 20 0 1 0 4711 10 11";
        for name in ["sleep", "a) Z 1 (b", ") ) )"] {
            let stat = Stat::parse(&format!("42 ({name}) {rest}")).unwrap();
            assert_eq!(
                (
                    stat.state,
                    stat.parent,
                    stat.group,
                    stat.terminal,
                    stat.start
                ),
                ('S', 7, 8, 34816, 4711),
                "{name}"
            );
        }
        assert_eq!(Stat::parse("42 (sleep) S 7"), None);
    }

    fn record(run: &str) -> Record {
        Record {
            run: run.to_string(),
            boot: boot(),
            ..Record::default()
        }
    }

    fn sleeper(run: Option<&str>) -> Child {
        let mut command = Command::new("sleep");
        command.arg("100");
        if let Some(run) = run {
            command.env(RUN_VARIABLE, run);
        }
        command.spawn().unwrap()
    }

    fn end(mut child: Child) {
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn the_environment_marks_a_process_of_exactly_this_run() {
        let ours = sleeper(Some("census-a"));
        let longer = sleeper(Some("census-ab"));
        let found = of_run(&record("census-a"));
        let pids: Vec<u32> = found.iter().map(|mark| mark.pid).collect();
        assert_eq!(pids, [ours.id()]);
        end(ours);
        end(longer);
        assert!(of_run(&record("census-a")).is_empty());
    }

    #[test]
    fn a_number_given_to_another_process_is_not_ours() {
        let stranger = sleeper(None);
        let mark = Mark::of(stranger.id()).unwrap();
        let before = Mark {
            start: mark.start - 1,
            ..mark
        };
        let with = |leaders| Record {
            leaders,
            ..record("census-b")
        };
        assert!(of_run(&with(vec![before])).is_empty());
        assert_eq!(of_run(&with(vec![mark])), [mark]);
        assert!(!before.is_alive() && mark.is_alive());
        end(stranger);
        assert!(!mark.is_alive());
    }

    #[test]
    fn after_a_restart_of_the_machine_numbers_mean_nothing() {
        let stranger = sleeper(None);
        let leaders = vec![Mark::of(stranger.id()).unwrap()];
        let old = Record {
            leaders,
            boot: "another".to_string(),
            ..record("census-c")
        };
        assert!(of_run(&old).is_empty());
        end(stranger);
    }
}
