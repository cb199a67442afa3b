//! Starts processes from one thread that lives as long as heisen. A process dies with the thread
//! that forked it, so no thread of a pool may do it.

use std::io;
use std::process::{Child, Command};
use std::sync::OnceLock;
use std::sync::mpsc::{SyncSender, sync_channel};

use tokio::sync::oneshot;

use crate::sys;

/// How many starts may wait for the thread.
const STARTS_WAITING_MAX: usize = 256;

type Start = (Command, oneshot::Sender<io::Result<Child>>);

/// Starts a process that dies with heisen and leads a group of its own.
pub async fn spawn(mut command: Command) -> io::Result<Child> {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
    sys::die_with_parent(&mut command);
    let (answer, answered) = oneshot::channel();
    let gone = || io::Error::other("the thread that starts processes has ended");
    spawner()
        .ok_or_else(gone)?
        .send((command, answer))
        .map_err(|_| gone())?;
    answered.await.map_err(|_| gone())?
}

fn spawner() -> Option<&'static SyncSender<Start>> {
    static SPAWNER: OnceLock<Option<SyncSender<Start>>> = OnceLock::new();
    SPAWNER
        .get_or_init(|| {
            let (sender, starts) = sync_channel::<Start>(STARTS_WAITING_MAX);
            let body = move || {
                for (mut command, answer) in starts {
                    if let Err(Ok(mut unwanted)) = answer.send(command.spawn()) {
                        // Whoever asked has given up; nobody else knows of this process.
                        let _ = unwanted.kill();
                        let _ = unwanted.wait();
                    }
                }
            };
            std::thread::Builder::new()
                .name("lab-spawner".to_string())
                .spawn(body)
                .ok()?;
            Some(sender)
        })
        .as_ref()
}
