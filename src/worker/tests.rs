//! Tests of what a worker guarantees to the event loop, also while its thread is blocked.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;

/// The time limit for events that happen at once. Only a failing test waits this long.
const TEST_TIMEOUT: Duration = Duration::from_secs(20);

/// The time to wait for events that must not happen.
const SHORT_WAIT: Duration = Duration::from_millis(20);

#[derive(Debug, PartialEq, Eq)]
enum Job {
    /// Reports its number.
    Report(u32),
    /// Reports its number, and blocks until the other end of the channel is dropped.
    Block(u32, Blocker),
    Panic,
}

#[derive(Debug)]
struct Blocker(Receiver<()>);

impl PartialEq for Blocker {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Blocker {}

/// Returns a worker and the numbers that its jobs report; 0 for a flush.
fn reporting_worker(builder: WorkerBuilder) -> (Worker<Job>, Receiver<u32>) {
    let (report, reported) = channel();
    let worker = builder.spawn(move |inbox| {
        loop {
            let number = match inbox.next() {
                InboxEvent::Job(Job::Report(number)) => number,
                InboxEvent::Job(Job::Block(number, Blocker(released))) => {
                    report.send(number).unwrap_or_default();
                    let _ = released.recv();
                    continue;
                }
                InboxEvent::Job(Job::Panic) => panic!("the test panics on purpose"),
                InboxEvent::Flush => 0,
                InboxEvent::Timeout => unreachable!("there is no time limit"),
                InboxEvent::Closed => return,
            };
            report.send(number).unwrap_or_default();
        }
    });
    (worker.expect("a thread"), reported)
}

/// Blocks a thread in a job until the returned sender is dropped.
fn block_thread(worker: &Worker<Job>, reported: &Receiver<u32>, number: u32) -> Sender<()> {
    let (release, released) = channel();
    worker.send(Job::Block(number, Blocker(released))).expect("room");
    let began = reported.iter().find(|reported| *reported == number);
    assert_eq!(began, Some(number));
    release
}

fn builder(bound: usize, when_full: WhenFull) -> WorkerBuilder {
    WorkerBuilder::new("test").queue(bound, when_full)
}

/// Returns the numbers reported so far, without the flushes.
fn numbers(reported: &Receiver<u32>) -> Vec<u32> {
    reported.try_iter().filter(|number| *number > 0).collect()
}

#[test]
fn jobs_are_done_in_the_order_sent() {
    let (worker, reported) = reporting_worker(builder(1000, WhenFull::Refuse));
    (1..=1000).for_each(|number| worker.send(Job::Report(number)).expect("room"));
    assert!(worker.flush(TEST_TIMEOUT));
    assert!(numbers(&reported).into_iter().eq(1..=1000));
}

#[test]
fn full_queue_returns_the_job_to_the_caller() {
    let (worker, reported) = reporting_worker(builder(2, WhenFull::Refuse));
    let release = block_thread(&worker, &reported, 1);
    worker.send(Job::Report(2)).expect("room");
    worker.send(Job::Report(3)).expect("room");
    assert_eq!(worker.send(Job::Report(4)), Err(SendError::Full(Job::Report(4))));
    drop(release);
    assert!(worker.flush(TEST_TIMEOUT));
    assert_eq!((numbers(&reported), worker.dropped()), (vec![2, 3], 0));
    worker.send(Job::Report(5)).expect("there is room again");
}

#[test]
fn full_queue_drops_and_counts() {
    let (worker, reported) = reporting_worker(builder(2, WhenFull::Drop));
    let release = block_thread(&worker, &reported, 1);
    (2..=5).for_each(|number| worker.send(Job::Report(number)).expect("no error"));
    assert_eq!(worker.dropped(), 2);
    drop(release);
    assert!(worker.flush(TEST_TIMEOUT));
    assert_eq!(numbers(&reported), [2, 3]);
}

#[test]
fn full_queue_keeps_the_newest() {
    let (worker, reported) = reporting_worker(builder(2, WhenFull::KeepNewest));
    let release = block_thread(&worker, &reported, 1);
    (2..=5).for_each(|number| worker.send(Job::Report(number)).expect("no error"));
    drop(release);
    assert!(worker.flush(TEST_TIMEOUT));
    assert_eq!((numbers(&reported), worker.dropped()), (vec![2, 5], 0));
}

#[test]
fn thread_flushes_when_idle_when_flushed_and_when_woken() {
    let (worker, reported) = reporting_worker(builder(8, WhenFull::Refuse));
    let release = block_thread(&worker, &reported, 1);
    (2..=3).for_each(|number| worker.send(Job::Report(number)).expect("room"));
    drop(release);
    let next = || reported.recv_timeout(TEST_TIMEOUT).expect("in time");
    assert_eq!([next(), next(), next()], [2, 3, 0], "one flush for all queued jobs");
    worker.wake();
    assert_eq!(next(), 0);
    assert!(worker.flush(TEST_TIMEOUT));
    assert_eq!(next(), 0);
    assert!(reported.try_recv().is_err());
}

#[test]
fn flush_waits_only_for_jobs_queued_before_it() {
    let (worker, reported) = reporting_worker(builder(8, WhenFull::Refuse));
    let first = block_thread(&worker, &reported, 1);
    worker.send(Job::Report(2)).expect("room");
    assert!(!worker.flush(SHORT_WAIT), "the thread is blocked in the first job");
    let (release, released) = channel();
    worker.send(Job::Block(3, Blocker(released))).expect("room");
    let flushing = worker.clone();
    let (flushed, result) = channel();
    thread::spawn(move || flushed.send(flushing.flush(TEST_TIMEOUT)));
    drop(first);
    let until_blocked: Vec<u32> = reported.iter().take_while(|number| *number != 3).collect();
    assert_eq!(until_blocked, [2, 0], "the earlier flush completes before the queue is empty");
    drop(release);
    assert_eq!(result.recv_timeout(TEST_TIMEOUT), Ok(true));
}

#[test]
fn flush_returns_while_later_jobs_are_blocked() {
    let (worker, reported) = reporting_worker(builder(8, WhenFull::Refuse));
    let first = block_thread(&worker, &reported, 1);
    let flushing = worker.watch();
    let (flushed, result) = channel();
    thread::spawn(move || flushed.send(flushing.flush(TEST_TIMEOUT)));
    // The flush waits once the queue has registered it.
    while worker.handle.queue.requested_flush_count() == 0 {
        thread::yield_now();
    }
    let (release, released) = channel();
    worker.send(Job::Block(2, Blocker(released))).expect("room");
    drop(first);
    assert_eq!(result.recv_timeout(TEST_TIMEOUT), Ok(true));
    assert!(!worker.flush(SHORT_WAIT));
    drop(release);
    assert!(worker.flush(TEST_TIMEOUT));
}

#[test]
fn ping_is_answered_between_jobs_but_not_during_one() {
    let (worker, reported) = reporting_worker(builder(8, WhenFull::Refuse));
    assert!(worker.ping(TEST_TIMEOUT) && worker.ping(TEST_TIMEOUT), "the thread is idle");
    let release = block_thread(&worker, &reported, 1);
    assert!(!worker.ping(SHORT_WAIT) && !worker.watch().ping(Duration::ZERO));
    worker.send(Job::Report(2)).expect("room");
    drop(release);
    assert!(worker.ping(TEST_TIMEOUT));
    assert!(worker.flush(TEST_TIMEOUT));
    assert_eq!(numbers(&reported), [2]);
}

#[test]
fn timer_is_not_restarted_by_pings() {
    let (tick, ticks) = channel();
    let worker = WorkerBuilder::new("timer").spawn(move |inbox: Inbox<()>| {
        while inbox.next_within(SHORT_WAIT) == InboxEvent::Timeout {
            tick.send(()).unwrap_or_default();
        }
    });
    let worker = worker.expect("a thread");
    while ticks.try_recv().is_err() {
        assert!(worker.ping(TEST_TIMEOUT));
    }
    assert!(worker.finish(TEST_TIMEOUT));
}

/// Collects all log lines.
struct CollectedLines(Mutex<Vec<String>>);

impl log::Log for CollectedLines {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        self.0.lock().expect("no panic").push(format!("{} {}", record.level(), record.args()));
    }

    fn flush(&self) {}
}

static LINES: CollectedLines = CollectedLines(Mutex::new(Vec::new()));

#[test]
fn panic_is_logged_once_and_ends_that_thread_only() {
    log::set_logger(&LINES).expect("no other test sets one");
    log::set_max_level(log::LevelFilter::Error);
    let (other, other_reported) = reporting_worker(builder(8, WhenFull::Refuse));
    let (worker, reported) = reporting_worker(WorkerBuilder::new("panics").queue(8, WhenFull::Refuse));
    let release = block_thread(&worker, &reported, 1);
    worker.send(Job::Panic).expect("room");
    worker.send(Job::Report(2)).expect("room");
    drop(release);
    assert!(worker.watch().wait_for_end(TEST_TIMEOUT));
    assert_eq!(worker.send(Job::Report(3)), Err(SendError::Disconnected(Job::Report(3))));
    assert!(
        !worker.ping(TEST_TIMEOUT) && !worker.flush(TEST_TIMEOUT),
        "both return at once after the end of the thread"
    );
    worker.wake();
    drop(worker);
    assert_eq!(numbers(&reported), [0; 0]);
    let lines = LINES.0.lock().expect("no panic").clone();
    let lines: Vec<&String> = lines.iter().filter(|line| line.contains("\"panics\"")).collect();
    assert_eq!(lines, ["ERROR the thread \"panics\" has panicked; its work is not done until the restart"]);
    other.send(Job::Report(4)).expect("room");
    assert!(other.flush(TEST_TIMEOUT));
    assert_eq!(numbers(&other_reported), [4]);
}

#[test]
fn jobs_for_a_thread_that_has_ended_are_counted_as_dropped() {
    let (worker, inbox) = builder(8, WhenFull::Drop).channel();
    worker.send(1).expect("room");
    drop(inbox);
    assert_eq!(worker.send(2), Err(SendError::Disconnected(2)));
    assert_eq!(worker.dropped(), 1);
    assert!(worker.watch().has_ended());
}

#[test]
fn thread_finishes_its_queue_and_ends_after_the_last_worker_is_dropped() {
    let (worker, reported) = reporting_worker(builder(8, WhenFull::Refuse));
    let watch = worker.watch();
    let release = block_thread(&worker, &reported, 1);
    worker.send(Job::Report(2)).expect("room");
    drop(worker.clone());
    worker.send(Job::Report(3)).expect("the other worker still works");
    // None of these calls waits for a blocked thread.
    drop(worker);
    assert!(!watch.has_ended() && !watch.wait_for_end(SHORT_WAIT));
    drop(release);
    assert!(watch.wait_for_end(TEST_TIMEOUT));
    assert_eq!(numbers(&reported), [2, 3]);
}

#[test]
fn finish_gives_up_on_a_blocked_thread_and_refuses_further_jobs() {
    let (worker, reported) = reporting_worker(builder(8, WhenFull::Refuse));
    let (other, release) = (worker.clone(), block_thread(&worker, &reported, 1));
    assert!(!worker.finish(SHORT_WAIT));
    assert_eq!(other.send(Job::Report(2)), Err(SendError::Disconnected(Job::Report(2))));
    drop(release);
    assert!(other.finish(TEST_TIMEOUT));
}

#[test]
fn group_ends_with_its_last_thread() {
    let (group, other) = (WorkerGroup::default(), WorkerGroup::default());
    assert!(group.wait_for_end(Duration::ZERO), "the group is empty");
    let (first, reported) =
        reporting_worker(builder(8, WhenFull::Refuse).member_of(&group).member_of(&other));
    let (second, _) = reporting_worker(builder(8, WhenFull::Refuse).member_of(&group));
    assert_eq!((group.running().len(), other.running().len()), (2, 1));
    assert!(group.running().iter().all(|thread| thread.ping(TEST_TIMEOUT)));
    let release = block_thread(&first, &reported, 1);
    assert!(second.finish(TEST_TIMEOUT) && !first.finish(SHORT_WAIT));
    assert!(!group.wait_for_end(SHORT_WAIT));
    drop(release);
    assert!(group.wait_for_end(TEST_TIMEOUT) && other.wait_for_end(TEST_TIMEOUT));
    assert_eq!((group.running().len(), other.running().len()), (0, 0));
}

#[test]
fn results_wake_the_loop_and_are_bounded() {
    let (wake, wakeups) = channel();
    let (outbox, results) = result_channel(2, Box::new(move || wake.send(()).unwrap_or_default()));
    let worker = builder(8, WhenFull::Refuse).spawn(move |inbox| {
        for number in inbox.jobs() {
            if !outbox.send(number) {
                return;
            }
        }
    });
    let worker = worker.expect("a thread");
    (1..=5).for_each(|number| worker.send(number).expect("room"));
    for number in 1..=5 {
        wakeups.recv_timeout(TEST_TIMEOUT).expect("a wake-up");
        assert_eq!(results.poll(), Some(number));
    }
    assert_eq!(results.poll(), None);
    let watch = worker.watch();
    drop(results);
    worker.send(6).expect("room");
    assert!(watch.wait_for_end(TEST_TIMEOUT), "the thread ends when no results are wanted");
}

#[test]
fn thread_that_cannot_be_started_is_named() {
    let (builder, group) = (WorkerBuilder::new("big").stack(usize::MAX / 4), WorkerGroup::default());
    let error = builder.member_of(&group).spawn(|_: Inbox<()>| ()).expect_err("no such memory");
    assert!(group.wait_for_end(Duration::ZERO));
    assert!(error.to_string().starts_with("thread \"big\" cannot be started: "), "{error}");
}
