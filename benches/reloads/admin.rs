//! Requests of the administrator: a reload, and how many reloads there were with which result.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine as _};

use crate::failure::Failure;

/// The time in which the server must answer.
const ANSWER_MAX: Duration = Duration::from_secs(30);

/// The results of reloads so far, by the label of their metric.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Results {
    pub applied: u64,
    pub unchanged: u64,
    pub refused: u64,
}

impl Results {
    pub fn total(self) -> u64 {
        self.applied + self.unchanged + self.refused
    }
}

/// The administrator.
#[derive(Debug, Clone)]
pub struct Administrator {
    pub server: SocketAddr,
    pub user: String,
    pub password: String,
}

impl Administrator {
    /// Asks for a reload and waits until it is done. Returns the answer.
    pub fn reload(&self) -> Result<String, Failure> {
        self.request("POST", "/api/v1/admin/reload")
    }

    /// Returns the results of all reloads.
    pub fn results(&self) -> Result<Results, Failure> {
        let metrics = self.request("GET", "/metrics")?;
        let value = |result: &str| -> Result<u64, Failure> {
            let name = format!("coldwave_reloads_total{{result=\"{result}\"}} ");
            let number = metrics.lines().find_map(|line| line.strip_prefix(&name));
            Ok(number.ok_or_else(|| format!("no {name}in the metrics"))?.trim().parse()?)
        };
        Ok(Results { applied: value("applied")?, unchanged: value("unchanged")?, refused: value("refused")? })
    }

    fn request(&self, method: &str, path: &str) -> Result<String, Failure> {
        let mut socket = TcpStream::connect(self.server)?;
        socket.set_read_timeout(Some(ANSWER_MAX))?;
        let login = BASE64_STANDARD.encode(format!("{}:{}", self.user, self.password));
        let head = format!(
            "{method} {path} HTTP/1.0\r\nHost: {}\r\nAuthorization: Basic {login}\r\nContent-Length: 0\r\n\r\n",
            self.server
        );
        socket.write_all(head.as_bytes())?;
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer)?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        if answer.split_whitespace().nth(1).is_none_or(|status| status == "401") {
            return Err(format!("{method} {path}: {}", answer.lines().next().unwrap_or("no answer")).into());
        }
        Ok(answer)
    }
}
