//! What a process has used so far, as Linux accounts for it.

use std::fs;
use std::time::Duration;

use crate::run::Failure;

/// Which fields of /proc/<pid>/stat behind the program's name hold the CPU time in user and in kernel mode
/// (proc_pid_stat(5): fields 14 and 15, and the first behind the name is 3).
const UTIME: usize = 14 - 3;
const STIME: usize = 15 - 3;

/// CPU time of all threads of a process, in user and in kernel mode.
pub fn cpu(pid: u32) -> Result<Duration, Failure> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name may hold anything, brackets and spaces too.
    let (_, fields) = stat.rsplit_once(')').ok_or("no name in /proc/<pid>/stat")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = |at: usize| -> Result<u64, Failure> { Ok(fields.get(at).ok_or("no CPU time")?.parse()?) };
    Ok(duration(ticks(UTIME)? + ticks(STIME)?))
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
