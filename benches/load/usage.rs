//! What a process has used so far, as Linux accounts for it.

use std::fs;
use std::ops::Sub;
use std::time::Duration;

use crate::run::Failure;

/// Which fields of /proc/<pid>/stat behind the program's name hold the CPU time in user and in kernel mode
/// (proc_pid_stat(5): fields 14 and 15, and the first behind the name is 3).
const UTIME: usize = 14 - 3;
const STIME: usize = 15 - 3;

/// CPU time of all threads of a process.
#[derive(Debug, Clone, Copy)]
pub struct Cpu {
    /// In its own code.
    pub user: Duration,
    /// In the kernel's, for it.
    pub system: Duration,
}

impl Cpu {
    pub fn total(self) -> Duration {
        self.user + self.system
    }
}

impl Sub for Cpu {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        // The kernel shares out what it has measured by ticks, so one part may seem to shrink.
        Self {
            user: self.user.saturating_sub(before.user),
            system: self.system.saturating_sub(before.system),
        }
    }
}

/// The CPU time that a process has used since its start.
///
/// How it is shared out between user and system is known in ticks of 10 ms, all together to the nanosecond.
pub fn cpu(pid: u32) -> Result<Cpu, Failure> {
    let ticks = ticks(pid)?;
    let share = ticks.user.as_secs_f64() / ticks.total().as_secs_f64().max(f64::MIN_POSITIVE);
    let total = running(pid)?;
    let user = total.mul_f64(share.min(1.0));
    Ok(Cpu { user, system: total - user })
}

/// For how long the threads of a process have run (the first field of each one's schedstat, in nanoseconds).
fn running(pid: u32) -> Result<Duration, Failure> {
    let mut total = 0;
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        let stat = fs::read_to_string(thread?.path().join("schedstat"))?;
        total += stat.split_whitespace().next().ok_or("no time in schedstat")?.parse::<u64>()?;
    }
    Ok(Duration::from_nanos(total))
}

fn ticks(pid: u32) -> Result<Cpu, Failure> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name may hold anything, brackets and spaces too.
    let (_, fields) = stat.rsplit_once(')').ok_or("no name in /proc/<pid>/stat")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = |at: usize| -> Result<u64, Failure> { Ok(fields.get(at).ok_or("no CPU time")?.parse()?) };
    Ok(Cpu { user: duration(ticks(UTIME)?), system: duration(ticks(STIME)?) })
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
