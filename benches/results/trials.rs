//! The list of all trials, in lines of text.

use crate::record::{Percentiles, Record};
use crate::scenario::is_bare;
use crate::table::on_one_line;

/// The names of the columns in two lines; the first line is for groups of columns.
const COLUMNS: [&str; 2] = [
    "                             CPU, µs/list·s   join      first byte, ms    64 KiB, ms              gap, ms          memory, KiB  kernel  received/due, %       other client",
    "scenario         kind       n  user  system     µs    p50    p99    max    p50    p99    p50    p99    max   base    end   peak     KiB    all    min    max load, %     ms lost errors",
];

/// Returns the two lines with the names of the columns, then a line for each record.
pub fn lines<'a>(records: impl IntoIterator<Item = &'a Record>) -> Vec<String> {
    COLUMNS.map(String::from).into_iter().chain(records.into_iter().map(line)).collect()
}

fn line(record: &Record) -> String {
    let Record { scenario, kind, round, cpu_user_us, cpu_system_us, .. } = record;
    let Record { memory_base_kib, memory_kib, memory_peak_kib, kernel_kib, .. } = record;
    let Record { heard_all, heard_least, heard_most, client_ms, lost, wrong, .. } = record;
    let Percentiles { p50, p99, max } = record.silence_ms;
    let others = record.others.map_or_else(|| "?".into(), |others| format!("{others:.1}"));
    on_one_line(&format!(
        "{scenario:16} {kind:9} {round:2} {cpu_user_us:5.2} {cpu_system_us:7.2} {} {p50:6.0} {p99:6.0} {max:6.0} \
         {memory_base_kib:6} {memory_kib:6} {memory_peak_kib:6} {kernel_kib:7} \
         {heard_all:6.2} {heard_least:6.2} {heard_most:6.2} {others:>7} {client_ms:6.1} {lost:4} {wrong:6}",
        join_columns(record),
    ))
}

/// Returns the columns about joins. The bare writer has none, because it answers no requests.
fn join_columns(record: &Record) -> String {
    if is_bare(&record.kind) {
        return ["-"; 6].map(|none| format!("{none:>6}")).join(" ");
    }
    let Record { cpu_join_us, first_ms: Percentiles { p50, p99, max }, full_ms, .. } = record;
    format!("{cpu_join_us:6.0} {p50:6.1} {p99:6.1} {max:6.1} {:6.1} {:6.1}", full_ms.p50, full_ms.p99)
}
