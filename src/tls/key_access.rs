//! What to do about a private key that all users of the machine can read.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::process::{getegid, geteuid, getgroups};

const OWNER_READS: u32 = 0o400;
const GROUP_READS: u32 = 0o040;

/// The user that runs this process.
struct ProcessUser {
    uid: u32,
    groups: Vec<u32>,
}

/// Returns what to do about the file of a key, which all users can read, so that coldwave still can.
pub fn advice_to_restrict(path: &Path, metadata: &Metadata) -> String {
    let groups = getgroups().unwrap_or_default().into_iter().chain([getegid()]);
    let user = ProcessUser { uid: geteuid().as_raw(), groups: groups.map(|it| it.as_raw()).collect() };
    let path = path.to_string_lossy().replace(char::is_control, "\u{fffd}");
    advice(&path, metadata, &user)
}

fn advice(path: &str, metadata: &Metadata, user: &ProcessUser) -> String {
    // Root can read everything, but `--check` may run as root, and the server as another user.
    if user.uid == 0 {
        return format!(
            "chmod o= {path}, if the user that runs coldwave can read it without that \
             (docs/tls.md#permissions)"
        );
    }
    let allows = |bit: u32| metadata.mode() & bit != 0;
    let is_owner = metadata.uid() == user.uid;
    let is_in_group = user.groups.contains(&metadata.gid());
    match is_owner && allows(OWNER_READS) || !is_owner && is_in_group && allows(GROUP_READS) {
        true => format!("chmod o= {path}"),
        false => {
            format!("give it to the group of coldwave (docs/tls.md#permissions), then chmod 640 {path}")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn advice_never_takes_the_key_away_from_coldwave() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let with_mode = |mode| {
            fs::set_permissions(file.path(), Permissions::from_mode(mode)).expect("a mode");
            file.path().metadata().expect("a file")
        };
        let (uid, gid) = (with_mode(0o644).uid(), with_mode(0o644).gid());
        let user = |uid: u32, gid: u32| ProcessUser { uid: uid + 1000, groups: vec![gid] };
        let advice = |mode, user: &ProcessUser| advice("/k", &with_mode(mode), user);
        let other = "give it to the group of coldwave (docs/tls.md#permissions), then chmod 640 /k";
        assert_eq!(advice(0o644, &user(uid, gid + 1)), other);
        assert_eq!(advice(0o604, &user(uid, gid)), other);
        assert_eq!(advice(0o644, &user(uid, gid)), "chmod o= /k");
        let root = advice(0o644, &ProcessUser { uid: 0, groups: Vec::new() });
        assert!(root.starts_with("chmod o= /k, if the user that runs coldwave"), "{root}");
        if uid != 0 {
            let owner = ProcessUser { uid, groups: Vec::new() };
            assert_eq!(advice(0o644, &owner), "chmod o= /k");
        }
    }
}
