//! The kernel's memory limit for all TCP sockets.

use std::fs;

use crate::failure::Failure;

const TCP_MEM: &str = "/proc/sys/net/ipv4/tcp_mem";

/// The most memory of a listener's two sockets, both on this machine, while all join: a burst of 5 s at 128
/// kbit/s on one side or the other. The kernel counts whole buffers, which are up to twice as large.
const PER_LISTENER: u64 = 192 * 1024;

/// Restores the previous limit when it is dropped, but not if this process is killed.
pub struct TcpMem {
    previous: Option<String>,
}

impl TcpMem {
    /// Raises net.ipv4.tcp_mem if it is too low for the listeners, or prints how to raise it if this process
    /// lacks the permission. If it is too low, the kernel drops received bytes, and the figures are useless.
    pub fn for_listeners(listeners: usize) -> Result<Self, Failure> {
        let previous = fs::read_to_string(TCP_MEM)?;
        let pages: Vec<u64> = previous.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        let needed = listeners as u64 * PER_LISTENER / rustix::param::page_size() as u64;
        // Above the second value, the kernel reduces the buffers of all sockets.
        if pages.get(1).is_none_or(|pressure| *pressure >= needed) {
            return Ok(Self { previous: None });
        }
        let wanted = format!("{} {} {}", needed, needed, needed * 3 / 2);
        match fs::write(TCP_MEM, &wanted) {
            Ok(()) => {
                println!(
                    "net.ipv4.tcp_mem raised from {:?} to {wanted:?} for this run",
                    previous.trim().replace('\t', " ")
                );
                Ok(Self { previous: Some(previous) })
            }
            Err(error) => {
                println!(
                    "net.ipv4.tcp_mem is too low for {listeners} listeners, and this process may not raise it \
                     ({error}):\n    sudo sysctl net.ipv4.tcp_mem=\"{wanted}\""
                );
                Ok(Self { previous: None })
            }
        }
    }
}

impl Drop for TcpMem {
    fn drop(&mut self) {
        if let Some(previous) = &self.previous {
            // This process had the permission before.
            let _ = fs::write(TCP_MEM, previous);
        }
    }
}
