//! How many files and connections heisen may have open.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// More than any load we make needs, and few enough for children that look at each number.
const FILES_MAX: u64 = 65_536;

/// Raises the limit as far as the system allows: each connection through a wire takes two, and
/// the usual limit is 1024. Where it cannot be raised, connections fail and are counted.
pub fn allow_many_files() {
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        let wanted = hard.min(FILES_MAX);
        if soft < wanted {
            let _ = setrlimit(Resource::RLIMIT_NOFILE, wanted, hard);
        }
    }
}
