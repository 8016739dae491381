//! CPU time and memory of a process, as Linux accounts for them.

use std::fs;
use std::ops::Sub;
use std::time::Duration;

use crate::failure::Failure;

/// The index of the CPU time in user mode among the fields after the program's name in /proc/<pid>/stat. It
/// is field 14, and the first field after the name is 3 (proc_pid_stat(5)).
const UTIME: usize = 14 - 3;

/// CPU time of all threads of a process.
#[derive(Debug, Clone, Copy)]
pub struct CpuTime {
    /// User and system time, exact to the nanosecond.
    pub total: Duration,
    /// The part in user mode, known in ticks of 10 ms.
    pub user: Duration,
}

impl CpuTime {
    /// Returns the part in the kernel.
    pub fn system(self) -> Duration {
        self.total - self.user
    }

    /// Divides both times.
    pub fn div_f64(self, shares: f64) -> Self {
        Self { total: self.total.div_f64(shares), user: self.user.div_f64(shares) }
    }
}

impl Sub for CpuTime {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        // Threads that ended are no longer counted, and the part in user mode can decrease because it is
        // counted in ticks.
        let total = self.total.saturating_sub(before.total);
        Self { total, user: self.user.saturating_sub(before.user).min(total) }
    }
}

/// Returns the CPU time that a process has used since its start.
pub fn cpu_time(pid: u32) -> Result<CpuTime, Failure> {
    let total = running(pid)?;
    Ok(CpuTime { total, user: user_ticks(pid)?.min(total) })
}

/// Returns the time that the threads of a process have run: the sum of the first field of schedstat.
fn running(pid: u32) -> Result<Duration, Failure> {
    schedstat(pid, 0)
}

/// Returns the time that the threads of a process were ready to run but waited for a core: the sum of the
/// second field of schedstat.
pub fn waiting(pid: u32) -> Result<Duration, Failure> {
    schedstat(pid, 1)
}

/// Returns the sum of a field of schedstat over the threads of a process, in nanoseconds.
fn schedstat(pid: u32, field: usize) -> Result<Duration, Failure> {
    let mut total = 0;
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        // The file is missing if the thread has just ended.
        let Ok(stat) = fs::read_to_string(thread?.path().join("schedstat")) else { continue };
        total += stat.split_whitespace().nth(field).ok_or("no time in schedstat")?.parse::<u64>()?;
    }
    Ok(Duration::from_nanos(total))
}

fn user_ticks(pid: u32) -> Result<Duration, Failure> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name may contain brackets and spaces.
    let (_, fields) = stat.rsplit_once(')').ok_or("no name in /proc/<pid>/stat")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    Ok(duration(fields.get(UTIME).ok_or("no CPU time")?.parse()?))
}

/// The indices of idle and iowait in a core's line of /proc/stat, and the number of fields to add. The ninth,
/// guest, is also in user (proc_stat(5)).
const IDLE: [usize; 2] = [3, 4];
const FIELDS: usize = 8;

/// Returns the time in which a core was busy with processes, interrupts and the hypervisor.
pub fn core_busy(core: usize) -> Result<Duration, Failure> {
    let stat = fs::read_to_string("/proc/stat")?;
    let name = format!("cpu{core} ");
    let line = stat.lines().find_map(|line| line.strip_prefix(&name)).ok_or("no such core in /proc/stat")?;
    let fields = line.split_whitespace().take(FIELDS).enumerate().filter(|(at, _)| !IDLE.contains(at));
    let ticks = fields.map(|(_, ticks)| ticks.parse::<u64>()).sum::<Result<u64, _>>()?;
    Ok(duration(ticks))
}

fn duration(ticks: u64) -> Duration {
    Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}

/// Resident memory of a process, in KiB.
#[derive(Debug, Clone, Copy)]
pub struct ProcessMemory {
    pub now: u64,
    /// The highest value since the start of the process.
    pub peak: u64,
}

/// Returns the memory of a process, without the kernel's memory for its sockets.
pub fn memory(pid: u32) -> Result<ProcessMemory, Failure> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    Ok(ProcessMemory { now: kib(&status, "VmRSS:")?, peak: kib(&status, "VmHWM:")? })
}

fn kib(status: &str, name: &str) -> Result<u64, Failure> {
    let value = status.lines().find_map(|line| line.strip_prefix(name));
    let number = value.and_then(|value| value.split_whitespace().next());
    Ok(number.ok_or(format!("no {name} in /proc/<pid>/status"))?.parse()?)
}

/// Returns the kernel's memory for all TCP sockets of the machine, in KiB, from the line `TCP:` of
/// /proc/net/sockstat.
pub fn kernel_tcp_kib() -> Result<u64, Failure> {
    let stat = fs::read_to_string("/proc/net/sockstat")?;
    let line = stat.lines().find(|line| line.starts_with("TCP:")).ok_or("no TCP in /proc/net/sockstat")?;
    let mut words = line.split_whitespace().skip_while(|word| *word != "mem");
    let pages: u64 = words.nth(1).ok_or("no mem in /proc/net/sockstat")?.parse()?;
    Ok(pages * rustix::param::page_size() as u64 / 1024)
}
