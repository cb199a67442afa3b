//! The only `unsafe` of this crate: what runs between fork and exec, and the removal of System V
//! shared memory. Everything here is a system call or two, with no allocation and no lock,
//! because between fork and exec nothing else is allowed.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use nix::libc;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::unistd::{Pid, getppid, setsid};

/// Makes the command's process die with the thread that spawns it.
///
/// The order matters. The user is changed before these closures run, and a change of user clears
/// the death signal; and the parent may have died before the signal was set, which only the
/// look at the parent afterwards can tell.
pub fn die_with_parent(command: &mut Command) {
    let parent = Pid::this();
    let before_exec = move || {
        set_pdeathsig(Signal::SIGKILL)?;
        if getppid() == parent {
            Ok(())
        } else {
            Err(io::Error::from_raw_os_error(libc::ESRCH))
        }
    };
    // SAFETY: two system calls on values copied into the closure; no allocation, no lock.
    unsafe {
        command.pre_exec(before_exec);
    }
}

/// Puts the command's process into a session of its own, out of reach of the terminal's signals.
pub fn own_session(command: &mut Command) {
    // SAFETY: one system call; no allocation, no lock.
    unsafe {
        command.pre_exec(|| setsid().map(drop).map_err(io::Error::from));
    }
}

/// Removes a System V shared memory segment. PostgreSQL makes a small one that stays when its
/// process is killed.
pub fn remove_shared_memory(id: i32) -> io::Result<()> {
    // SAFETY: IPC_RMID reads no buffer; a wrong id only yields an error.
    let result = unsafe { libc::shmctl(id, libc::IPC_RMID, std::ptr::null_mut()) };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
