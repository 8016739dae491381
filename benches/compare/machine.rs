//! Describes the machine, as far as figures depend on it.

use std::fs;

use crate::failure::Failure;

/// Returns cores, memory and kernel, without anything that identifies the machine.
pub fn describe() -> Result<String, Failure> {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    // The text after the numbers depends on the builder.
    let version =
        release.split(|byte: char| !byte.is_ascii_digit() && byte != '.').next().unwrap_or_default();
    let memory = fs::read_to_string("/proc/meminfo")?;
    let kib: f64 = memory.split_whitespace().nth(1).ok_or("no MemTotal in /proc/meminfo")?.parse()?;
    let virtual_ = fs::read_to_string("/proc/cpuinfo")?.split_whitespace().any(|flag| flag == "hypervisor");
    Ok(format!(
        "{} cores{}, {:.0} GiB of memory, Linux {version}",
        // This process is pinned to one core, so its own affinity would not do.
        fs::read_to_string("/proc/stat")?.lines().filter(|line| line.starts_with("cpu")).count() - 1,
        if virtual_ { " of a virtual machine" } else { "" },
        kib / (1024.0 * 1024.0),
    ))
}
