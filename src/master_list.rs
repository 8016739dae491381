//! Reads the list of a master's mounts again and again, on a thread, so that a master that does not answer
//! delays nothing.

use std::io;
use std::time::Duration;

use crate::http::proxy::relay_path::{self, RelayPath};
use crate::http::request::basic_auth::authorization_header;
use crate::http::upstream::{MOUNT_LIST_PATH, MountList, parse_mount_list};
use crate::http_client::get;
use crate::settings::MasterSettings;
use crate::stream_url::StreamUrl;
use crate::tls::CurrentClientTls;
use crate::worker::{
    Inbox, InboxEvent, LoopWaker, Outbox, Results, WhenFull, Worker, WorkerBuilder, result_channel,
};

/// The time limit for a response, the same as for a stream.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(15);

/// The longest list, in bytes: more mounts than are ever relayed, of the longest names.
const LIST_MAX: u64 = 512 * 1024;

/// The longest wait after a failure: a master that has been restarted is followed again soon.
const RETRY_AFTER_FAILURE: Duration = Duration::from_secs(10);

/// A list, or why there is none, as the end of a sentence.
pub type MasterListResult = Result<MountList, String>;

/// The lists that a master sends.
pub trait MasterLists {
    /// Returns the next result, if there is one. Never blocks.
    fn poll(&mut self) -> Option<MasterListResult>;
}

/// The thread that reads the lists. It ends when this is dropped.
pub struct ListReader {
    results: Results<MasterListResult>,
    _worker: Worker<()>,
}

impl ListReader {
    /// Starts the thread. `waker` wakes the event loop when there is a result.
    ///
    /// # Errors
    /// If the system cannot start a thread.
    pub fn start(master: MasterSettings, tls: CurrentClientTls, waker: LoopWaker) -> io::Result<Self> {
        let (outbox, results) = result_channel(1, waker);
        let builder = WorkerBuilder::new("master").queue(1, WhenFull::KeepNewest);
        let worker = builder.spawn(move |inbox| read_all(&master, &tls, &inbox, &outbox))?;
        Ok(Self { results, _worker: worker })
    }
}

impl MasterLists for ListReader {
    fn poll(&mut self) -> Option<MasterListResult> {
        self.results.poll()
    }
}

fn read_all(
    master: &MasterSettings,
    tls: &CurrentClientTls,
    inbox: &Inbox<()>,
    outbox: &Outbox<MasterListResult>,
) {
    loop {
        let result = read(&master.url, tls);
        let wait = match result {
            Ok(_) => master.interval,
            Err(_) => master.interval.min(RETRY_AFTER_FAILURE),
        };
        if !outbox.send(result) {
            return;
        }
        // Spread, so that two servers that follow each other do not read their lists at the same moment.
        if matches!(inbox.next_within(wait.mul_f64(0.9 + 0.2 * fastrand::f64())), InboxEvent::Closed) {
            return;
        }
    }
}

/// Reads the list once.
fn read(master: &StreamUrl, tls: &CurrentClientTls) -> MasterListResult {
    let url = format!("{}://{}{MOUNT_LIST_PATH}", master.scheme(), master.authority());
    let login = master.login().map(authorization_header);
    let headers: Vec<(&str, &str)> = login.iter().map(|login| ("Authorization", login.as_str())).collect();
    let response = get(&url, &headers, RESPONSE_TIMEOUT, tls.get())?;
    match response.status() {
        200 => {}
        401 => return Err("it refuses the password".to_owned()),
        status => return Err(format!("it responds with status {status}")),
    }
    let path = response.header(relay_path::HEADER).unwrap_or_default();
    let path = RelayPath::parse(path).map_err(|error| error.to_string())?;
    let mounts = parse_mount_list(&response.body(LIST_MAX)?, master).map_err(|error| error.to_string())?;
    Ok(MountList { mounts, path })
}
