//! What the loop may rely on, whatever a thread is stuck in.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;

/// For what happens at once. Only a test that fails waits that long.
const TEST_TIMEOUT: Duration = Duration::from_secs(20);

/// For what does not happen.
const SHORT_WAIT: Duration = Duration::from_millis(20);

#[derive(Debug, PartialEq, Eq)]
enum Job {
    /// Tells its number.
    Report(u32),
    /// Tells its number, and is stuck until the other end of the channel is dropped.
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

/// A worker, and the numbers that its jobs tell; 0 where it settles.
fn reporting_worker(spec: WorkerBuilder) -> (Worker<Job>, Receiver<u32>) {
    let (tell, told) = channel();
    let worker = spec.spawn(move |inbox| {
        loop {
            let number = match inbox.next() {
                InboxEvent::Job(Job::Report(number)) => number,
                InboxEvent::Job(Job::Block(number, Blocker(released))) => {
                    tell.send(number).unwrap_or_default();
                    let _ = released.recv();
                    continue;
                }
                InboxEvent::Job(Job::Panic) => panic!("this belongs to the test"),
                InboxEvent::Flush => 0,
                InboxEvent::Timeout => unreachable!("there is no time limit"),
                InboxEvent::Closed => return,
            };
            tell.send(number).unwrap_or_default();
        }
    });
    (worker.expect("a thread"), told)
}

/// Has a thread stick in a job; it goes on when what is returned is dropped.
fn block_thread(worker: &Worker<Job>, told: &Receiver<u32>, number: u32) -> Sender<()> {
    let (release, released) = channel();
    worker.send(Job::Block(number, Blocker(released))).expect("room");
    let began = told.iter().find(|told| *told == number);
    assert_eq!(began, Some(number));
    release
}

fn spec(bound: usize, when_full: WhenFull) -> WorkerBuilder {
    WorkerBuilder::new("test").queue(bound, when_full)
}

/// The numbers told so far, without the settlings.
fn numbers(told: &Receiver<u32>) -> Vec<u32> {
    told.try_iter().filter(|number| *number > 0).collect()
}

#[test]
fn jobs_are_done_in_the_order_in_which_they_were_sent() {
    let (worker, told) = reporting_worker(spec(1000, WhenFull::Refuse));
    (1..=1000).for_each(|number| worker.send(Job::Report(number)).expect("room"));
    assert!(worker.flush(TEST_TIMEOUT));
    assert!(numbers(&told).into_iter().eq(1..=1000));
}

#[test]
fn full_queue_returns_the_job_to_the_caller() {
    let (worker, told) = reporting_worker(spec(2, WhenFull::Refuse));
    let release = block_thread(&worker, &told, 1);
    worker.send(Job::Report(2)).expect("room");
    worker.send(Job::Report(3)).expect("room");
    assert_eq!(worker.send(Job::Report(4)), Err(SendError::Full(Job::Report(4))));
    drop(release);
    assert!(worker.flush(TEST_TIMEOUT));
    assert_eq!((numbers(&told), worker.dropped()), (vec![2, 3], 0));
    worker.send(Job::Report(5)).expect("there is room again");
}

#[test]
fn full_queue_drops_and_counts() {
    let (worker, told) = reporting_worker(spec(2, WhenFull::Drop));
    let release = block_thread(&worker, &told, 1);
    (2..=5).for_each(|number| worker.send(Job::Report(number)).expect("no error"));
    assert_eq!(worker.dropped(), 2);
    drop(release);
    assert!(worker.flush(TEST_TIMEOUT));
    assert_eq!(numbers(&told), [2, 3]);
}

#[test]
fn full_queue_keeps_the_newest() {
    let (worker, told) = reporting_worker(spec(2, WhenFull::KeepNewest));
    let release = block_thread(&worker, &told, 1);
    (2..=5).for_each(|number| worker.send(Job::Report(number)).expect("no error"));
    drop(release);
    assert!(worker.flush(TEST_TIMEOUT));
    assert_eq!((numbers(&told), worker.dropped()), (vec![2, 5], 0));
}

#[test]
fn thread_settles_when_idle_when_flushed_and_when_nudged() {
    let (worker, told) = reporting_worker(spec(8, WhenFull::Refuse));
    let release = block_thread(&worker, &told, 1);
    (2..=3).for_each(|number| worker.send(Job::Report(number)).expect("room"));
    drop(release);
    let next = || told.recv_timeout(TEST_TIMEOUT).expect("in time");
    assert_eq!([next(), next(), next()], [2, 3, 0], "once for all that was queued");
    worker.wake();
    assert_eq!(next(), 0);
    assert!(worker.flush(TEST_TIMEOUT));
    assert_eq!(next(), 0);
    assert!(told.try_recv().is_err());
}

#[test]
fn flush_waits_for_what_was_queued_before_it_and_for_nothing_else() {
    let (worker, told) = reporting_worker(spec(8, WhenFull::Refuse));
    let first = block_thread(&worker, &told, 1);
    worker.send(Job::Report(2)).expect("room");
    assert!(!worker.flush(SHORT_WAIT), "it is stuck in the first");
    let (release, released) = channel();
    worker.send(Job::Block(3, Blocker(released))).expect("room");
    let flushing = worker.clone();
    let (flushed, result) = channel();
    thread::spawn(move || flushed.send(flushing.flush(TEST_TIMEOUT)));
    drop(first);
    let until_stuck: Vec<u32> = told.iter().take_while(|number| *number != 3).collect();
    assert_eq!(until_stuck, [2, 0], "the flush before has it settle before the queue is empty");
    drop(release);
    assert_eq!(result.recv_timeout(TEST_TIMEOUT), Ok(true));
}

#[test]
fn flush_is_over_while_later_jobs_are_stuck() {
    let (worker, told) = reporting_worker(spec(8, WhenFull::Refuse));
    let first = block_thread(&worker, &told, 1);
    let flushing = worker.watch();
    let (flushed, result) = channel();
    thread::spawn(move || flushed.send(flushing.flush(TEST_TIMEOUT)));
    // The flush is waiting when the queue knows of it.
    while worker.handle.queue.flushes_waiting() == 0 {
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
fn ping_is_answered_between_jobs_and_not_in_one() {
    let (worker, told) = reporting_worker(spec(8, WhenFull::Refuse));
    assert!(worker.ping(TEST_TIMEOUT) && worker.ping(TEST_TIMEOUT), "it is idle");
    let release = block_thread(&worker, &told, 1);
    assert!(!worker.ping(SHORT_WAIT) && !worker.watch().ping(Duration::ZERO));
    worker.send(Job::Report(2)).expect("room");
    drop(release);
    assert!(worker.ping(TEST_TIMEOUT));
    assert!(worker.flush(TEST_TIMEOUT));
    assert_eq!(numbers(&told), [2]);
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

/// Collects what is logged about threads.
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
    let (other, other_told) = reporting_worker(spec(8, WhenFull::Refuse));
    let (worker, told) = reporting_worker(WorkerBuilder::new("panics").queue(8, WhenFull::Refuse));
    let release = block_thread(&worker, &told, 1);
    worker.send(Job::Panic).expect("room");
    worker.send(Job::Report(2)).expect("room");
    drop(release);
    assert!(worker.watch().wait_for_end(TEST_TIMEOUT));
    assert_eq!(worker.send(Job::Report(3)), Err(SendError::Disconnected(Job::Report(3))));
    assert!(!worker.ping(TEST_TIMEOUT) && !worker.flush(TEST_TIMEOUT), "and neither waits for it");
    worker.wake();
    drop(worker);
    assert_eq!(numbers(&told), [0; 0]);
    let lines = LINES.0.lock().expect("no panic").clone();
    let lines: Vec<&String> = lines.iter().filter(|line| line.contains("\"panics\"")).collect();
    assert_eq!(lines, ["ERROR the thread \"panics\" has panicked; its work is not done until the restart"]);
    other.send(Job::Report(4)).expect("room");
    assert!(other.flush(TEST_TIMEOUT));
    assert_eq!(numbers(&other_told), [4]);
}

#[test]
fn jobs_for_a_thread_that_has_ended_are_counted_as_dropped() {
    let (worker, inbox) = spec(8, WhenFull::Drop).channel();
    worker.send(1).expect("room");
    drop(inbox);
    assert_eq!(worker.send(2), Err(SendError::Disconnected(2)));
    assert_eq!(worker.dropped(), 1);
    assert!(worker.watch().has_ended());
}

#[test]
fn dropping_the_last_worker_has_the_thread_do_what_is_queued_and_end() {
    let (worker, told) = reporting_worker(spec(8, WhenFull::Refuse));
    let watch = worker.watch();
    let release = block_thread(&worker, &told, 1);
    worker.send(Job::Report(2)).expect("room");
    drop(worker.clone());
    worker.send(Job::Report(3)).expect("it goes on for the other");
    // None of this waits for a thread that is stuck.
    drop(worker);
    assert!(!watch.has_ended() && !watch.wait_for_end(SHORT_WAIT));
    drop(release);
    assert!(watch.wait_for_end(TEST_TIMEOUT));
    assert_eq!(numbers(&told), [2, 3]);
}

#[test]
fn finish_gives_up_on_a_stuck_thread_and_lets_no_more_in() {
    let (worker, told) = reporting_worker(spec(8, WhenFull::Refuse));
    let (other, release) = (worker.clone(), block_thread(&worker, &told, 1));
    assert!(!worker.finish(SHORT_WAIT));
    assert_eq!(other.send(Job::Report(2)), Err(SendError::Disconnected(Job::Report(2))));
    drop(release);
    assert!(other.finish(TEST_TIMEOUT));
}

#[test]
fn group_ends_with_its_last_thread() {
    let (group, other) = (WorkerGroup::default(), WorkerGroup::default());
    assert!(group.wait_for_end(Duration::ZERO), "it is empty");
    let (first, told) = reporting_worker(spec(8, WhenFull::Refuse).member_of(&group).member_of(&other));
    let (second, _) = reporting_worker(spec(8, WhenFull::Refuse).member_of(&group));
    assert_eq!((group.running().len(), other.running().len()), (2, 1));
    assert!(group.running().iter().all(|thread| thread.ping(TEST_TIMEOUT)));
    let release = block_thread(&first, &told, 1);
    assert!(second.finish(TEST_TIMEOUT) && !first.finish(SHORT_WAIT));
    assert!(!group.wait_for_end(SHORT_WAIT));
    drop(release);
    assert!(group.wait_for_end(TEST_TIMEOUT) && other.wait_for_end(TEST_TIMEOUT));
    assert_eq!((group.running().len(), other.running().len()), (0, 0));
}

#[test]
fn results_wake_the_loop_and_are_bounded() {
    let (alert, alerts) = channel();
    let (outbox, results) = result_channel(2, Box::new(move || alert.send(()).unwrap_or_default()));
    let worker = spec(8, WhenFull::Refuse).spawn(move |inbox| {
        for number in inbox.jobs() {
            if !outbox.send(number) {
                return;
            }
        }
    });
    let worker = worker.expect("a thread");
    (1..=5).for_each(|number| worker.send(number).expect("room"));
    for number in 1..=5 {
        alerts.recv_timeout(TEST_TIMEOUT).expect("an alert");
        assert_eq!(results.poll(), Some(number));
    }
    assert_eq!(results.poll(), None);
    let watch = worker.watch();
    drop(results);
    worker.send(6).expect("room");
    assert!(watch.wait_for_end(TEST_TIMEOUT), "no more is wanted");
}

#[test]
fn thread_that_cannot_be_started_is_named() {
    let (spec, group) = (WorkerBuilder::new("big").stack(usize::MAX / 4), WorkerGroup::default());
    let error = spec.member_of(&group).spawn(|_: Inbox<()>| ()).expect_err("no such memory");
    assert!(group.wait_for_end(Duration::ZERO));
    assert!(error.to_string().starts_with("thread \"big\" cannot be started: "), "{error}");
}
