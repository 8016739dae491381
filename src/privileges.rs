//! Changing the user of the process, when everything is open that needs root.

use std::ffi::CString;
use std::fmt;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

use nix::unistd::{Gid, Group, Uid, User, geteuid, getgrouplist, setgid, setgroups, setuid};

use crate::settings::ProcessSettings;

/// The keys of `[server]`.
pub const USER: &str = "user";
pub const GROUP: &str = "group";

/// A user of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessIdentity {
    name: String,
    uid: Uid,
    gid: Gid,
    groups: Vec<Gid>,
}

impl fmt::Display for ProcessIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (uid {}, gid {})", self.name, self.uid, self.gid)
    }
}

/// Why a user or group has no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityError {
    /// The key of `[server]` with its name.
    pub key: &'static str,
    /// A sentence that begins with the key.
    pub message: String,
}

/// What becomes of the user of the process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserChange {
    /// The settings name none, or the one that has started coldwave.
    Same,
    /// Only root can change the user. The sentence says who runs coldwave instead.
    Impossible(IdentityError),
    /// The process becomes this user.
    To(ProcessIdentity),
}

/// Returns the user that runs this process, if it is neither root nor the owner of the file.
pub fn user_if_not_owner(file: &Metadata) -> Option<u32> {
    let user = geteuid();
    (!user.is_root() && user.as_raw() != file.uid()).then_some(user.as_raw())
}

/// Returns what becomes of the user with these settings. Asks the system's directory of users, which can take
/// long.
///
/// # Errors
/// Returns an error if there is no such user or group: running as root instead is not what was asked for.
pub fn plan(settings: &ProcessSettings) -> Result<UserChange, IdentityError> {
    let Some(name) = &settings.user else { return Ok(UserChange::Same) };
    let own = geteuid();
    let found = find(name, settings.group.as_deref());
    if own.is_root() {
        return Ok(match found? {
            identity if identity.uid.is_root() => UserChange::Same,
            identity => UserChange::To(identity),
        });
    }
    match found {
        Ok(identity) if identity.uid == own => Ok(UserChange::Same),
        _ => {
            let message = format!(
                "[server] user = {name:?} has no effect: only root can change the user, and coldwave was \
                 started by uid {own}"
            );
            Ok(UserChange::Impossible(IdentityError { key: USER, message }))
        }
    }
}

fn find(name: &str, group: Option<&str>) -> Result<ProcessIdentity, IdentityError> {
    let failed = |error: &dyn fmt::Display| IdentityError {
        key: USER,
        message: format!("[server] user: cannot look up {name:?}: {error}"),
    };
    let missing = |key: &'static str, name: &str| IdentityError {
        key,
        message: format!("[server] {key}: this machine has no {key} {name:?}"),
    };
    let user = User::from_name(name).map_err(|error| failed(&error))?;
    let user = user.ok_or_else(|| missing(USER, name))?;
    let gid = match group {
        None => user.gid,
        Some(group) => {
            let found = Group::from_name(group).map_err(|error| failed(&error))?;
            found.ok_or_else(|| missing(GROUP, group))?.gid
        }
    };
    let c_name = CString::new(name).map_err(|error| failed(&error))?;
    let groups = getgrouplist(&c_name, gid).map_err(|error| failed(&error))?;
    Ok(ProcessIdentity { name: name.to_owned(), uid: user.uid, gid, groups })
}

/// Makes all threads of the process run as another user, for ever.
///
/// # Errors
/// Returns one sentence with the reason. The process must end then.
pub fn become_user(identity: &ProcessIdentity) -> Result<(), String> {
    let ProcessIdentity { uid, gid, groups, .. } = identity;
    let changed = setgroups(groups).and_then(|()| setgid(*gid)).and_then(|()| setuid(*uid));
    changed.map_err(|error| format!("cannot become user {identity}: {error}"))?;
    match setuid(Uid::from_raw(0)) {
        Ok(()) => {
            Err(format!("cannot become user {identity} for ever: the system lets it become root again"))
        }
        Err(_) => Ok(()),
    }
}
