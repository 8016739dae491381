//! What a process has used so far, as Linux accounts for it.

use std::fs;
use std::ops::Sub;
use std::time::Duration;

use crate::failure::Failure;

/// Which field of /proc/<pid>/stat behind the program's name holds the CPU time in user mode (proc_pid_stat(5): field 14,
/// and the first behind the name is 3).
const UTIME: usize = 14 - 3;

/// CPU time of all threads of a process.
#[derive(Debug, Clone, Copy)]
pub struct Cpu {
    /// All of it.
    pub total: Duration,
    /// What of that was in its own code, as far as ticks of 10 ms can tell.
    pub user: Duration,
}

impl Cpu {
    /// What was in the kernel's code, for it.
    pub fn system(self) -> Duration {
        self.total - self.user
    }

    /// The same for one of so many.
    pub fn div_f64(self, shares: f64) -> Self {
        Self { total: self.total.div_f64(shares), user: self.user.div_f64(shares) }
    }
}

impl Sub for Cpu {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        // Threads that ended are no longer counted, and what is shared out by ticks may seem to shrink.
        let total = self.total.saturating_sub(before.total);
        Self { total, user: self.user.saturating_sub(before.user).min(total) }
    }
}

/// The CPU time that a process has used since its start.
///
/// How it is shared out between user and system is known in ticks of 10 ms, all together to the nanosecond.
pub fn cpu(pid: u32) -> Result<Cpu, Failure> {
    let total = running(pid)?;
    Ok(Cpu { total, user: user_ticks(pid)?.min(total) })
}

/// For how long the threads of a process have run (the first field of each one's schedstat, in nanoseconds).
fn running(pid: u32) -> Result<Duration, Failure> {
    let mut total = 0;
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        // A thread that has just ended has none any more.
        let Ok(stat) = fs::read_to_string(thread?.path().join("schedstat")) else { continue };
        total += stat.split_whitespace().next().ok_or("no time in schedstat")?.parse::<u64>()?;
    }
    Ok(Duration::from_nanos(total))
}

fn user_ticks(pid: u32) -> Result<Duration, Failure> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name may hold anything, brackets and spaces too.
    let (_, fields) = stat.rsplit_once(')').ok_or("no name in /proc/<pid>/stat")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    Ok(duration(fields.get(UTIME).ok_or("no CPU time")?.parse()?))
}

/// Which fields of a core's line in /proc/stat hold time in which it did nothing (proc_stat(5): idle and iowait, the
/// fourth and the fifth) and what is counted twice (guest, the ninth, is also in user).
const IDLE: [usize; 2] = [3, 4];
const FIELDS: usize = 8;

/// Time in which a core was busy, with whatever: all processes, interrupts, and what the hypervisor took away.
pub fn busy(core: usize) -> Result<Duration, Failure> {
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

/// Physical memory of a process, in KiB.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    /// Now.
    pub now: u64,
    /// At the worst moment of its life.
    pub peak: u64,
}

/// The memory of a process. What the kernel holds for its sockets is not part of it.
pub fn memory(pid: u32) -> Result<Memory, Failure> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    Ok(Memory { now: kib(&status, "VmRSS:")?, peak: kib(&status, "VmHWM:")? })
}

fn kib(status: &str, name: &str) -> Result<u64, Failure> {
    let value = status.lines().find_map(|line| line.strip_prefix(name));
    let number = value.and_then(|value| value.split_whitespace().next());
    Ok(number.ok_or(format!("no {name} in /proc/<pid>/status"))?.parse()?)
}

/// What the kernel holds for all TCP sockets of this network namespace's kernel, in KiB: the line `TCP:` of
/// /proc/net/sockstat counts pages of all of them.
pub fn kernel_tcp() -> Result<u64, Failure> {
    let stat = fs::read_to_string("/proc/net/sockstat")?;
    let line = stat.lines().find(|line| line.starts_with("TCP:")).ok_or("no TCP in /proc/net/sockstat")?;
    let mut words = line.split_whitespace().skip_while(|word| *word != "mem");
    let pages: u64 = words.nth(1).ok_or("no mem in /proc/net/sockstat")?.parse()?;
    Ok(pages * rustix::param::page_size() as u64 / 1024)
}
