use rustix::fs::Mode;
use rustix::process::{Resource, Rlimit, setrlimit, umask};

/// Keeps what this process has from other users of the machine: new files are for its user alone, and no core dump shows
/// its secrets. Call it first, before any file is created.
pub fn protect_process() {
    umask(Mode::RWXG | Mode::RWXO);
    // Where the system refuses one of these, the other still holds, and so does the program.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    forbid_dumps();
}

/// A dump may go to a program that ignores the limit, and a debugger of the same user reads memory as well.
#[cfg(target_os = "linux")]
fn forbid_dumps() {
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

#[cfg(not(target_os = "linux"))]
fn forbid_dumps() {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::protect_process;
    use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};

    #[test]
    fn protected_process_leaves_no_core_dump() {
        protect_process();
        assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable));
        assert_eq!(getrlimit(Resource::Core).current, Some(0));
    }
}
