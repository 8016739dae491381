//! Metrics of the encode workers, labelled with their numbers.

use super::exposition::{Exposition, Family};
use crate::encode_worker::{WorkerState, WorkerStatus};
use crate::pages::AdminSnapshot;

/// Writes the metrics of all workers.
pub fn write(snapshot: &AdminSnapshot, text: &mut Exposition) {
    let add = |mut family: Family<'_>, value: &dyn Fn(&WorkerStatus) -> f64| {
        for worker in &snapshot.workers {
            family.add(&[("worker", &worker.slot.to_string())], value(worker));
        }
    };
    let help = "1 if the process of the encode worker runs.";
    add(text.gauge("coldwave_encode_worker_running", help), &|it| {
        f64::from(u8::from(it.state == WorkerState::Running))
    });
    let help = "Open jobs of the encode worker.";
    add(text.gauge("coldwave_encode_worker_jobs", help), &|it| it.jobs as f64);
    let help = "User and system CPU time of all processes of the encode worker, in seconds.";
    add(text.counter("coldwave_encode_worker_cpu_seconds_total", help), &|it| it.cpu.as_secs_f64());
    let help = "Resident memory of the process, in bytes; 0 while none runs.";
    add(text.gauge("coldwave_encode_worker_resident_memory_bytes", help), &|it| it.resident_bytes as f64);
    let help = "Times that a process was started.";
    add(text.counter("coldwave_encode_worker_starts_total", help), &|it| it.starts as f64);
    let help = "Times that a process died, or was killed because it did not answer.";
    add(text.counter("coldwave_encode_worker_deaths_total", help), &|it| it.deaths as f64);
}
