//! What the kernel allows all TCP sockets together.

use std::fs;

use crate::failure::Failure;

const TCP_MEM: &str = "/proc/sys/net/ipv4/tcp_mem";

/// What a listener's two sockets, both on this machine, may hold at worst while all join: a burst of 5 s at 128 kbit/s and
/// what it costs to keep it (the kernel counts whole buffers, which are up to twice as large), on one side or the other.
const PER_LISTENER: u64 = 192 * 1024;

/// The setting as it was, set again with the end of this value; not if this process is killed.
pub struct TcpMem {
    was: Option<String>,
}

impl TcpMem {
    /// Raises net.ipv4.tcp_mem where it is too little for so many listeners and this process may do that, and says so.
    /// With too little, the kernel throws arriving bytes away, and what is measured is that.
    pub fn for_listeners(listeners: usize) -> Result<Self, Failure> {
        let was = fs::read_to_string(TCP_MEM)?;
        let pages: Vec<u64> = was.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        let needed = listeners as u64 * PER_LISTENER / rustix::param::page_size() as u64;
        // From the second on the kernel presses all sockets to hold less.
        if pages.get(1).is_none_or(|pressure| *pressure >= needed) {
            return Ok(Self { was: None });
        }
        let wanted = format!("{} {} {}", needed, needed, needed * 3 / 2);
        match fs::write(TCP_MEM, &wanted) {
            Ok(()) => {
                println!(
                    "net.ipv4.tcp_mem raised from {:?} to {wanted:?} for this run",
                    was.trim().replace('\t', " ")
                );
                Ok(Self { was: Some(was) })
            }
            Err(error) => {
                println!(
                    "net.ipv4.tcp_mem is too little for {listeners} listeners, and this process may not raise it \
                     ({error}):\n    sudo sysctl net.ipv4.tcp_mem=\"{wanted}\""
                );
                Ok(Self { was: None })
            }
        }
    }
}

impl Drop for TcpMem {
    fn drop(&mut self) {
        if let Some(was) = &self.was {
            // It could be written before.
            let _ = fs::write(TCP_MEM, was);
        }
    }
}
