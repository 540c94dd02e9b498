//! Judges who else may write or read a file or a directory, by its owner, group and mode.

use std::{
    fmt,
    fs::Metadata,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
};

use crate::file::shell_word;

const ROOT: u32 = 0;

/// A permission of others: its bits, the words of the finding, and what `chmod` takes away.
struct Permission {
    group: u32,
    all: u32,
    done: &'static str,
    taken: &'static str,
}

const WRITE: Permission = Permission { group: 0o020, all: 0o002, done: "written", taken: "w" };
const READ: Permission = Permission { group: 0o040, all: 0o004, done: "read", taken: "rwx" };

/// The user and the primary group that a program runs as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct User {
    /// The user's id.
    pub id: u32,
    /// The id of the primary group.
    pub group: u32,
}

/// Owner and permissions of a file or a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// The owner's user id.
    pub owner: u32,
    /// The group's id.
    pub group: u32,
    /// The permission bits, such as `0o640`.
    pub mode: u32,
}

/// A file or a directory that others may write or read. The text follows its path and names the command that corrects it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposure {
    problem: String,
    advice: String,
}

impl User {
    /// The user of this process.
    #[must_use]
    pub fn of_process() -> User {
        User { id: rustix::process::geteuid().as_raw(), group: rustix::process::getegid().as_raw() }
    }

    /// True for root.
    #[must_use]
    pub fn is_root(self) -> bool {
        self.id == ROOT
    }

    /// True for a group that gives no other user a permission: root's, and the user's primary group.
    fn trusts(self, group: u32) -> bool {
        group == self.group || group == ROOT
    }
}

impl From<&Metadata> for Access {
    fn from(metadata: &Metadata) -> Access {
        Access { owner: metadata.uid(), group: metadata.gid(), mode: metadata.permissions().mode() & 0o7777 }
    }
}

impl Access {
    /// Refuses what somebody other than root and this user may write: by its owner, or by its mode. The group may be this
    /// user's primary group or root's.
    ///
    /// # Errors
    ///
    /// The reason, with the command that corrects it.
    pub fn refuse_other_writers(self, path: &Path, user: User) -> Result<(), Exposure> {
        if self.owner != user.id && self.owner != ROOT {
            let problem = format!("belongs to user {}, who may write it", self.owner);
            let command = format!("chown {} {}", user.id, argument(path));
            // The file of a service belongs to its user: as root's, the service could not read it.
            let advice = if user.is_root() {
                format!("run this as that user, or give the file to root: {command}")
            } else {
                format!("run as root: {command}")
            };
            return Err(Exposure { problem, advice });
        }
        self.exposure(path, user, &WRITE).map_or(Ok(()), Err)
    }

    /// The finding about a directory whose content somebody other than root, this user and its group may read.
    #[must_use]
    pub fn other_readers(self, path: &Path, user: User) -> Option<Exposure> {
        self.exposure(path, user, &READ)
    }

    fn exposure(self, path: &Path, user: User, permission: &Permission) -> Option<Exposure> {
        let by_group = self.mode & permission.group != 0 && !user.trusts(self.group);
        let (who, classes) = match (by_group, self.mode & permission.all != 0) {
            (false, false) => return None,
            (false, true) => ("everyone".to_owned(), "o"),
            (true, false) => (format!("group {}", self.group), "g"),
            (true, true) => ("everyone".to_owned(), "go"),
        };
        let problem = format!("can be {} by {who} (mode {:04o})", permission.done, self.mode);
        let advice = format!("run: chmod {classes}-{} {}", permission.taken, argument(path));
        Some(Exposure { problem, advice })
    }
}

impl fmt::Display for Exposure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}; {}", self.problem, self.advice)
    }
}

impl std::error::Error for Exposure {}

fn argument(path: &Path) -> String {
    shell_word(&path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGENT: User = User { id: 990, group: 991 };
    const OTHER: u32 = 1000;

    fn writers(owner: u32, group: u32, mode: u32) -> Result<(), String> {
        let access = Access { owner, group, mode };
        access.refuse_other_writers(Path::new("/etc/flux/c.yml"), AGENT).map_err(|exposure| exposure.to_string())
    }

    #[test]
    fn file_that_only_root_and_the_user_may_write_is_accepted() {
        for (owner, group, mode) in [
            (ROOT, ROOT, 0o644),
            (ROOT, 991, 0o640),
            (ROOT, 991, 0o660),
            (ROOT, ROOT, 0o664),
            (990, 991, 0o600),
            (990, 991, 0o664),
            (990, OTHER, 0o644),
        ] {
            assert_eq!(writers(owner, group, mode), Ok(()), "{owner}:{group} {mode:o}");
        }
    }

    #[test]
    fn file_that_others_may_write_is_refused_with_the_command() {
        for (owner, group, mode, text) in [
            (990, 991, 0o602, "can be written by everyone (mode 0602); run: chmod o-w /etc/flux/c.yml"),
            (990, 991, 0o666, "can be written by everyone (mode 0666); run: chmod o-w /etc/flux/c.yml"),
            (990, OTHER, 0o666, "can be written by everyone (mode 0666); run: chmod go-w /etc/flux/c.yml"),
            (ROOT, OTHER, 0o660, "can be written by group 1000 (mode 0660); run: chmod g-w /etc/flux/c.yml"),
            (OTHER, 991, 0o600, "belongs to user 1000, who may write it; run as root: chown 990 /etc/flux/c.yml"),
        ] {
            assert_eq!(writers(owner, group, mode), Err(text.to_owned()), "{owner}:{group} {mode:o}");
        }
    }

    #[test]
    fn root_is_told_to_use_the_owner_or_to_take_the_file() {
        let access = Access { owner: 990, group: 991, mode: 0o600 };
        let root = User { id: ROOT, group: ROOT };
        let text = access.refuse_other_writers(Path::new("/etc/flux/token"), root).map_err(|it| it.to_string());
        let expected = "belongs to user 990, who may write it; run this as that user, or give the file to root: chown 0 /etc/flux/token";
        assert_eq!(text, Err(expected.to_owned()));
    }

    #[test]
    fn directory_is_read_by_everyone_or_a_foreign_group() {
        let readers = |group, mode| {
            let access = Access { owner: 990, group, mode };
            access.other_readers(Path::new("/var/my state"), AGENT).map(|exposure| exposure.to_string())
        };
        for (group, mode) in [(991, 0o700), (991, 0o750), (OTHER, 0o700), (OTHER, 0o710)] {
            assert_eq!(readers(group, mode), None, "{group} {mode:o}");
        }
        let text = "can be read by everyone (mode 0755); run: chmod o-rwx '/var/my state'";
        assert_eq!(readers(991, 0o755).as_deref(), Some(text));
        let text = "can be read by group 1000 (mode 0750); run: chmod g-rwx '/var/my state'";
        assert_eq!(readers(OTHER, 0o750).as_deref(), Some(text));
        let text = "can be read by everyone (mode 0755); run: chmod go-rwx '/var/my state'";
        assert_eq!(readers(OTHER, 0o755).as_deref(), Some(text));
    }
}
