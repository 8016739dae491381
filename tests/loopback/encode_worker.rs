//! Encode workers as processes: what limits them, how they end, and what follows from that.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use coldwave::encode_worker::protocol::{VERSION, WorkerRequest, WorkerResponse};
use coldwave::encode_worker::{EncodePool, JobError, Launch, StationEncoder};
use coldwave::transcode::{FileJob, FileOutput, TargetFormat};

use crate::common::{BINARY, Coldwave, PLAIN, fixture, wait_for};

const FORMAT: TargetFormat = TargetFormat { rate: 44_100, channels: 2, kbps: 128 };

/// Returns a pool of processes of the program under test.
fn pool(max_workers: usize) -> EncodePool {
    EncodePool::new(max_workers, Launch::Program(BINARY.into()))
}

/// Returns the process of a pool's first worker.
fn pid(pool: &EncodePool) -> u32 {
    wait_for("a process", || pool.workers()[0].pid)
}

pub fn kill(signal: &str, pid: u32) {
    let status = Command::new("kill").args([&format!("-{signal}"), &pid.to_string()]).status();
    assert!(status.expect("kill is installed").success(), "kill -{signal} {pid}");
}

/// Returns a file of a process in `/proc`.
fn proc_file(pid: u32, name: &str) -> Option<String> {
    fs::read_to_string(format!("/proc/{pid}/{name}")).ok()
}

/// Returns a field of `/proc/PID/stat`, counted from 1 as in its manual.
fn stat(pid: u32, field: usize) -> Option<String> {
    let stat = proc_file(pid, "stat")?;
    // The name in parentheses, the second field, may contain spaces.
    let fields = stat.rsplit_once(')')?.1;
    fields.split_whitespace().nth(field - 3).map(str::to_owned)
}

/// Returns the encode workers of a process.
fn workers_of(parent: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").expect("/proc shows processes");
    let pids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let is_worker = |pid: &u32| {
        let is_child = stat(*pid, 4) == Some(parent.to_string());
        is_child && proc_file(*pid, "cmdline").is_some_and(|line| line == "coldwave\0encode-worker\0")
    };
    pids.filter(is_worker).collect()
}

/// Waits for the encode worker of a server that is not `previous`.
pub fn worker_of(server: &Coldwave, previous: Option<u32>) -> u32 {
    wait_for("an encode worker", || workers_of(server.pid()).into_iter().find(|pid| Some(*pid) != previous))
}

/// Waits until a process is gone. A zombie is not gone.
#[track_caller]
fn wait_for_end(pid: u32) {
    wait_for("the end of a process", || proc_file(pid, "stat").is_none().then_some(()));
}

/// Writes ten minutes of a tone as WAV, 8000 Hz, mono.
fn long_wav(folder: &Path) -> PathBuf {
    let samples = 600 * 8000_u32;
    let mut wav = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
    wav[4..8].copy_from_slice(&(36 + 2 * samples).to_le_bytes());
    wav.extend([8000_u32.to_le_bytes(), 16_000_u32.to_le_bytes()].concat());
    wav.extend(b"\x02\0\x10\0data");
    wav.extend((2 * samples).to_le_bytes());
    wav.extend((0..samples).flat_map(|at| (if at % 16 < 8 { 4000_i16 } else { -4000 }).to_le_bytes()));
    let path = folder.join("Tone.wav");
    fs::write(&path, wav).expect("the folder is writable");
    path
}

/// Returns a job that converts a file.
fn job(path: &Path) -> FileJob {
    FileJob {
        path: path.to_owned(),
        output: FileOutput::Mp3 { format: FORMAT, gain_db: None },
        skip_frames: 0,
    }
}

/// Probes a file until the worker has started again.
fn probe(station: &StationEncoder, path: &Path) {
    wait_for("a worker that answers", || station.probe(path).ok());
}

/// An encode worker without a server.
struct BareWorker {
    child: Child,
}

impl BareWorker {
    fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        Self { child: command.spawn().expect("the program starts") }
    }

    fn send(&mut self, request: &WorkerRequest) {
        let message = postcard::to_stdvec(request).expect("a message");
        let length = u32::try_from(message.len()).expect("a short message").to_le_bytes();
        let bytes = [&length[..], &message].concat();
        self.child.stdin.as_mut().expect("a pipe").write_all(&bytes).expect("the worker reads");
    }

    fn receive(&mut self) -> WorkerResponse {
        let pipe = self.child.stdout.as_mut().expect("a pipe");
        let mut length = [0; 4];
        pipe.read_exact(&mut length).expect("the worker answers");
        let mut message = vec![0; u32::from_le_bytes(length) as usize];
        pipe.read_exact(&mut message).expect("a whole message");
        postcard::from_bytes(&message).expect("a response")
    }

    fn wait(&mut self) -> ExitStatus {
        wait_for("the end of the worker", || self.child.try_wait().expect("a child can be waited for"))
    }
}

impl Drop for BareWorker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn file_is_converted_by_a_process() {
    let pool = pool(1);
    let station = pool.station("/live");
    let path = fixture(PLAIN);
    assert_eq!(station.probe(&path).expect("an MP3 file").rate, 44_100);
    let (mut file, _) = station.open_file(job(&path), None).expect("an open file");
    let (mut count, mut is_last) = (0, false);
    while !is_last {
        let frames = file.next().expect("frames");
        (count, is_last) = (count + frames.count, frames.is_last);
    }
    count += file.finish().expect("frames").count;
    // 24 frames are 0.63 s; the encoder adds at most two.
    assert!((24..=27).contains(&count), "{count} frames");
    let worker = &pool.workers()[0];
    assert_eq!((worker.starts, worker.deaths, &worker.stations), (1, 0, &vec!["/live".to_owned()]));
    wait_for("a measurement of its memory", || (pool.workers()[0].resident_bytes > 1 << 20).then_some(()));
}

#[test]
fn process_has_a_low_priority_and_limits() {
    let pool = pool(1);
    probe(&pool.station("/live"), &fixture(PLAIN));
    let pid = pid(&pool);
    let nice = |pid| stat(pid, 19).and_then(|nice| nice.parse::<i32>().ok()).expect("a nice value");
    assert_eq!(nice(pid), (nice(std::process::id()) + 5).min(19));
    let limits = proc_file(pid, "limits").expect("limits");
    let limit = |name: &str| {
        let line = limits.lines().find(|line| line.starts_with(name)).expect("a limit");
        line[name.len()..].split_whitespace().next().expect("a soft limit").to_owned()
    };
    assert_eq!([limit("Max core file size"), limit("Max file size")], ["0", "0"]);
    assert_eq!(limit("Max data size"), (512 << 20).to_string());
    assert_eq!(proc_file(pid, "environ").as_deref(), Some(""));
    assert_eq!(stat(pid, 5), Some(pid.to_string()), "it has a process group of its own");
}

#[test]
fn process_ignores_the_signals_that_end_the_server() {
    let pool = pool(1);
    let station = pool.station("/live");
    probe(&station, &fixture(PLAIN));
    for signal in ["TERM", "INT", "HUP"] {
        kill(signal, pid(&pool));
        assert!(station.probe(&fixture(PLAIN)).is_ok(), "{signal}");
    }
    assert_eq!(pool.workers()[0].starts, 1);
}

#[test]
fn no_zombie_is_left_after_twenty_kills() {
    let pool = pool(10);
    let stations: Vec<_> = (0..10).map(|number| pool.station(&format!("/{number}"))).collect();
    let mut killed = Vec::new();
    for round in 1..=2 {
        stations.iter().for_each(|station| probe(station, &fixture(PLAIN)));
        let pids: Vec<u32> = pool.workers().iter().filter_map(|worker| worker.pid).collect();
        assert_eq!(pids.len(), 10, "round {round}");
        pids.iter().for_each(|pid| kill("KILL", *pid));
        pids.iter().for_each(|pid| wait_for_end(*pid));
        killed.extend(pids);
    }
    wait_for("the deaths", || {
        let deaths: u64 = pool.workers().iter().map(|worker| worker.deaths).sum();
        (deaths == 20).then_some(())
    });
    assert!(stations.iter().all(|station| station.status().left_out.is_empty()));
    assert!(pool.workers().iter().all(|worker| worker.pid.is_none()));
    assert_eq!(killed.len(), 20);
}

#[test]
fn process_that_does_not_answer_is_killed() {
    let pool = pool(1);
    let station = pool.station("/live");
    probe(&station, &fixture(PLAIN));
    let stopped = pid(&pool);
    kill("STOP", stopped);
    let result = station.probe(&fixture(PLAIN));
    // A process that has used no processor time waits for something, so that the file is not to blame.
    let Err(JobError::Died { times: 0, signal }) = &result else { panic!("not a death: {result:?}") };
    assert_eq!(signal, "no answer within 10 s, waiting for a file");
    wait_for_end(stopped);
    assert!(station.probe(&fixture(PLAIN)).is_ok());
}

#[test]
fn dropped_pool_ends_its_processes() {
    let pool = pool(1);
    let station = pool.station("/live");
    probe(&station, &fixture(PLAIN));
    let pid = pid(&pool);
    drop((pool, station));
    wait_for_end(pid);
}

#[test]
fn process_ends_with_its_pipe_in_the_middle_of_work() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = job(&long_wav(folder.path()));
    let mut worker = BareWorker::start(Command::new(BINARY).arg("encode-worker"));
    assert!(matches!(worker.receive(), WorkerResponse::Hello { version: VERSION, .. }));
    worker.send(&WorkerRequest::OpenFile { job: 1, file, after: None });
    (0..600).for_each(|_| worker.send(&WorkerRequest::Next { job: 1 }));
    assert!(matches!(worker.receive(), WorkerResponse::Opened { .. }));
    drop(worker.child.stdin.take());
    let mut rest = Vec::new();
    worker.child.stdout.take().expect("a pipe").read_to_end(&mut rest).expect("the end");
    assert_eq!(worker.wait().code(), Some(0));
    // All 600 seconds at 128 kbit/s are 9,600,000 bytes.
    assert!(rest.len() < 5_000_000, "{} bytes", rest.len());
}

#[test]
fn process_that_needs_too_much_memory_is_aborted() {
    let mut command = Command::new("sh");
    // The process takes a lower limit over. The stack of a thread counts: 8 MiB.
    command.args(["-c", "ulimit -d 20000 && exec \"$0\" encode-worker", BINARY]);
    let mut worker = BareWorker::start(&mut command);
    worker.receive();
    // The length of the longest message: 16 MiB.
    let length = (16_u32 << 20).to_le_bytes();
    worker.child.stdin.as_mut().expect("a pipe").write_all(&length).expect("the worker reads");
    assert_eq!(worker.wait().signal(), Some(6));
}

#[test]
fn person_at_a_terminal_is_told_that_the_server_starts_it() {
    let command = format!("{BINARY} encode-worker");
    let output = Command::new("script").args(["-qec", &command, "/dev/null"]).stdin(Stdio::null()).output();
    let output = output.expect("script is installed");
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("`coldwave encode-worker` is started by the server"), "{text}");
}

#[test]
fn worker_of_a_server_has_no_sockets_and_ends_with_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    long_wav(folder.path());
    let server = Coldwave::with_music(&[folder.path()]);
    let mut listener = server.listen();
    listener.until("converted audio", |it| it.frames.len() > 10);
    let worker = worker_of(&server, None);
    let links = |pid| {
        let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).expect("/proc shows descriptors");
        let links = descriptors.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
        links.map(|link| link.to_string_lossy().into_owned()).collect::<Vec<_>>()
    };
    // Descriptors that the server was started with are not the server's to close.
    let is_of_server = |link: &&String| link.starts_with("socket:") || link.starts_with("anon_inode:");
    assert!(links(server.pid()).iter().filter(is_of_server).count() >= 3, "{:?}", links(server.pid()));
    assert_eq!(links(worker).iter().find(is_of_server), None);
    server.signal("KILL");
    wait_for_end(worker);
}

#[test]
fn killed_worker_starts_again_although_the_program_was_replaced() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let music = folder.path().join("music");
    fs::create_dir(&music).expect("the folder is writable");
    long_wav(&music);
    let program = folder.path().join("coldwave");
    fs::copy(BINARY, &program).expect("the folder is writable");
    let mut command = Command::new(&program);
    command.args(["--listen", "127.0.0.1:0"]).arg(&music).env_remove("RUST_LOG");
    let server = Coldwave::start(command, 1);
    let mut listener = server.listen();
    listener.until("converted audio", |it| it.frames.len() > 10);
    let worker = worker_of(&server, None);
    fs::remove_file(&program).expect("the folder is writable");
    fs::write(&program, "another version").expect("the folder is writable");
    kill("KILL", worker);
    wait_for_end(worker);
    let log = wait_for("a line about the death", || {
        let text = server.log().text();
        text.contains(&format!("encode worker 1 (pid {worker}) died: signal 9 (SIGKILL)")).then_some(text)
    });
    assert!(log.contains("; restarting"), "{log}");
    worker_of(&server, Some(worker));
    let heard = listener.frames.len();
    listener.until("more audio", |it| it.frames.len() > heard + 100);
}
