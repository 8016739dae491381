//! `<pidfile>`, `<changeowner>` and `icecast -b`: the process that Icecast would be.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{ForeignServer, audio, icecast_xml};
use crate::common::{BINARY, Coldwave, Program, Request, run_to_end, two_free_ports, wait_for};

/// A user that every machine has, and that owns no files.
const USER: &str = "daemon";

/// Returns the lines `Uid:` and `Gid:` of a process: real, effective, saved, file system.
fn identity(pid: u32) -> String {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("/proc shows processes");
    let lines = status.lines().filter(|line| line.starts_with("Uid:") || line.starts_with("Gid:"));
    lines.collect::<Vec<_>>().join(" ")
}

/// Returns the number that `id` prints.
fn id_of(option: &str, user: &str) -> u32 {
    let output = Command::new("id").args([option, user]).output().expect("id is installed");
    String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number")
}

/// A process that is no child of the test. It is killed at the end of the test, even if the test fails.
struct Detached(String);

impl Drop for Detached {
    fn drop(&mut self) {
        // It may have ended.
        let _ = Command::new("kill").args(["-KILL", &self.0]).stderr(Stdio::null()).status();
    }
}

/// Makes a directory that belongs to the user, with its files.
fn give_to_user(path: &Path) {
    chown(path, Some(id_of("-u", USER)), Some(id_of("-g", USER))).expect("tests run as root");
}

/// Lets all users find the files in a temporary folder.
fn open_to_all(path: &Path) {
    fs::set_permissions(path, Permissions::from_mode(0o755)).expect("an own folder");
}

#[test]
fn pid_file_has_the_process_until_its_end() {
    let mut foreign = ForeignServer::with_icecast("<paths><pidfile>{folder}/icecast.pid</pidfile></paths>");
    let path = foreign.folder.path().join("icecast.pid");
    assert_eq!(fs::read_to_string(&path).expect("a file"), format!("{}\n", foreign.server.pid()));
    let other = foreign.folder.path().join("other.pid");
    foreign.reload(&icecast_xml("<paths><pidfile>{folder}/other.pid</pidfile></paths>"));
    wait_for("another file", || other.exists().then_some(()));
    wait_for("the end of the first", || (!path.exists()).then_some(()));
    foreign.server.signal("TERM");
    assert!(foreign.server.wait().success());
    assert!(!other.exists());
}

#[test]
fn changeowner_takes_root_away_from_all_threads() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    open_to_all(folder.path());
    for name in ["logs", "web"] {
        fs::create_dir(folder.path().join(name)).expect("an own folder");
        give_to_user(&folder.path().join(name));
    }
    let owner = format!(
        "<security><changeowner><user>{USER}</user></changeowner></security>\
         <paths><logdir>{{folder}}/logs</logdir></paths><logging><errorlog>-</errorlog></logging>"
    );
    let foreign = ForeignServer::with_icecast_in(folder, &owner);
    let (uid, gid) = (id_of("-u", USER), id_of("-g", USER));
    foreign
        .server
        .log()
        .wait_for(&format!("coldwave runs as user {USER} (uid {uid}, gid {gid}) from now on"));
    let expected = format!("Uid:\t{uid}\t{uid}\t{uid}\t{uid} Gid:\t{gid}\t{gid}\t{gid}\t{gid}");
    assert_eq!(identity(foreign.server.pid()), expected);
    let tasks = fs::read_dir(format!("/proc/{}/task", foreign.server.pid())).expect("/proc shows threads");
    let tasks: Vec<u32> = tasks
        .map(|task| task.expect("an entry").file_name().to_string_lossy().parse().expect("a number"))
        .collect();
    assert!(tasks.len() > 3, "{tasks:?}");
    tasks.iter().for_each(|task| assert_eq!(identity(*task), expected));
    // Its own files are those of the user, so that a reload and a rotation can open them.
    foreign.status("/nothing");
    let log = foreign.folder.path().join("logs/access.log");
    wait_for("a line", || fs::read_to_string(&log).is_ok_and(|text| text.contains("/nothing")).then_some(()));
    fs::rename(&log, log.with_extension("1")).expect("a file");
    foreign.server.signal("HUP");
    foreign.status("/again");
    wait_for("a line", || fs::read_to_string(&log).is_ok_and(|text| text.contains("/again")).then_some(()));
    // A source plays as before.
    let mut source = foreign.source("/tour");
    source.send(&audio());
    wait_for("the mount", || foreign.status("/tour").contains(" 200 ").then_some(()));
}

#[test]
fn changeowner_sets_the_group_and_chroot_changes_no_root() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    open_to_all(folder.path());
    let foreign = ForeignServer::with_icecast_in(
        folder,
        &format!(
            "<security><chroot>0</chroot><changeowner><user>{USER}</user><group>mail</group></changeowner>\
             </security><logging><errorlog>-</errorlog></logging>"
        ),
    );
    foreign.server.log().wait_for(&format!("coldwave runs as user {USER} "));
    let (uid, gid) = (id_of("-u", USER), id_of("-g", "mail"));
    let expected = format!("Uid:\t{uid}\t{uid}\t{uid}\t{uid} Gid:\t{gid}\t{gid}\t{gid}\t{gid}");
    assert_eq!(identity(foreign.server.pid()), expected);
    let root = fs::read_link(format!("/proc/{}/root", foreign.server.pid()));
    assert_eq!(root.expect("/proc shows processes"), Path::new("/"));
}

#[test]
fn files_that_only_root_can_read_are_named_by_the_check_and_at_the_start() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    open_to_all(folder.path());
    let secret = folder.path().join("secret");
    fs::create_dir(&secret).expect("an own folder");
    let port = two_free_ports();
    let owner = format!(
        "<security><changeowner><user>{USER}</user></changeowner></security>\
         <paths><logdir>{{folder}}/secret</logdir><deny-ip>{{folder}}/secret/deny</deny-ip></paths>\
         <logging><errorlog>-</errorlog></logging>"
    );
    fs::write(secret.join("deny"), "192.0.2.7\n").expect("an own folder");
    let path = super::write(folder.path(), "icecast.xml", &icecast_xml(&owner), port);
    fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("an own file");
    fs::set_permissions(&secret, Permissions::from_mode(0o700)).expect("an own folder");
    let checked = run_to_end(&["--check", "-c", &path.to_string_lossy()]);
    assert_eq!(checked.code, Some(0), "{}", checked.stderr);
    for expected in [
        format!("user        {USER} (uid "),
        "a reload as this user fails: ".to_owned(),
        path.display().to_string(),
        "Permission denied".to_owned(),
        format!("deny_ip_file: {}/secret/deny", folder.path().display()),
        format!("access_log: this user cannot write to {}/secret", folder.path().display()),
    ] {
        assert!(checked.stdout.contains(&expected), "{expected:?} is missing in\n{}", checked.stdout);
    }
    let mut command = Command::new(BINARY);
    command.arg("-c").arg(&path).env_remove("RUST_LOG");
    let server = Coldwave::start(command, 1);
    server.log().wait_for("a reload as this user fails: ");
    server.log().wait_for("cannot write the access log ");
    assert!(server.get("/").send().status_line().contains(" 200 "), "the radio runs nevertheless");
}

#[test]
fn user_that_does_not_exist_is_an_error_and_without_root_has_no_effect() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    open_to_all(folder.path());
    let owner = "<security><changeowner><user>no such user</user></changeowner></security>";
    let path = super::write(folder.path(), "icecast.xml", &icecast_xml(owner), two_free_ports());
    let refused = run_to_end(&["-c", &path.to_string_lossy()]);
    let place = format!("{}:", path.display());
    let message = "<security><changeowner><user>: [server] user: this machine has no user \"no such user\"";
    let checked = run_to_end(&["--check", "-c", &path.to_string_lossy()]);
    assert!(!checked.stdout.contains("valid"), "{}", checked.stdout);
    for refused in [refused, checked] {
        assert_eq!(refused.code, Some(1));
        assert!(refused.stderr.contains(&place) && refused.stderr.contains(message), "{}", refused.stderr);
    }
    // As AzuraCast starts it: by its own user.
    let mut command = Command::new("setpriv");
    let uid = id_of("-u", USER).to_string();
    command.args(["--reuid", &uid, "--clear-groups", BINARY, "-c"]).arg(&path).env_remove("RUST_LOG");
    let server = Coldwave::start(command, 1);
    server.log().wait_for("has no effect: only root can change the user, and coldwave was started by uid ");
}

#[test]
fn icecast_in_the_background_returns_when_it_listens() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let port = two_free_ports();
    let xml = icecast_xml("<paths><pidfile>{folder}/icecast.pid</pidfile><logdir>{folder}</logdir></paths>");
    let path = super::write(folder.path(), "icecast.xml", &xml, port);
    let mut command = Command::new(BINARY);
    command.arg0("icecast").args(["-b", "-c"]).arg(&path).env_remove("RUST_LOG");
    let finished = Program::start(command).finish();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert!(finished.stdout.contains(&format!("http://127.0.0.1:{port}/")), "{}", finished.stdout);
    let pid = fs::read_to_string(folder.path().join("icecast.pid")).expect("a file");
    let pid = pid.trim();
    let _detached = Detached(pid.to_owned());
    // It answers at once, without a terminal: it leads its own session.
    let address = ([127, 0, 0, 1], port).into();
    let status = || Request::new(address, "GET", "/").send().status_line().to_owned();
    assert!(status().contains(" 200 "));
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process");
    let after_name = stat.rsplit_once(')').expect("a name in parentheses").1;
    assert_eq!(after_name.split_whitespace().nth(3), Some(pid), "{stat}");
    for descriptor in [1, 2] {
        let target = fs::read_link(format!("/proc/{pid}/fd/{descriptor}")).expect("a descriptor");
        assert_eq!(target, Path::new("/dev/null"));
    }
    let log = folder.path().join("error.log");
    let has_line = || fs::read_to_string(&log).is_ok_and(|text| text.contains("page for listeners"));
    wait_for("Icecast's log", || has_line().then_some(()));
    // A second one says why it cannot start, and does not return success.
    let mut command = Command::new(BINARY);
    command.arg0("icecast").args(["-b", "-c"]).arg(&path).env_remove("RUST_LOG");
    let refused = Program::start(command).finish();
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("already in use"), "{}", refused.stderr);
    let stop = Command::new("kill").arg(pid).status().expect("kill is installed");
    assert!(stop.success());
    let pid_file = folder.path().join("icecast.pid");
    wait_for("its end", || (!pid_file.exists()).then_some(()));
}
