//! What the loop may rely on, whatever a thread is stuck in.

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;

/// For what happens at once. Only a test that fails waits that long.
const IN_TIME: Duration = Duration::from_secs(20);

/// For what does not happen.
const BRIEF: Duration = Duration::from_millis(20);

#[derive(Debug, PartialEq, Eq)]
enum Job {
    /// Tells its number.
    Tell(u32),
    /// Tells its number, and is stuck until the other end of the channel is dropped.
    Stick(u32, Stuck),
    Panic,
}

#[derive(Debug)]
struct Stuck(Receiver<()>);

impl PartialEq for Stuck {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Stuck {}

/// A worker, and the numbers that its jobs tell; 0 where it settles.
fn telling(spec: Spec) -> (Worker<Job>, Receiver<u32>) {
    let (tell, told) = channel();
    let worker = spec.spawn(move |inbox| {
        loop {
            let number = match inbox.next() {
                Next::Job(Job::Tell(number)) => number,
                Next::Job(Job::Stick(number, Stuck(released))) => {
                    tell.send(number).unwrap_or_default();
                    let _ = released.recv();
                    continue;
                }
                Next::Job(Job::Panic) => panic!("this belongs to the test"),
                Next::Settle => 0,
                Next::Timeout => unreachable!("there is no time limit"),
                Next::Closed => return,
            };
            tell.send(number).unwrap_or_default();
        }
    });
    (worker.expect("a thread"), told)
}

/// Has a thread stick in a job; it goes on when what is returned is dropped.
fn stick(worker: &Worker<Job>, told: &Receiver<u32>, number: u32) -> Sender<()> {
    let (release, released) = channel();
    worker.send(Job::Stick(number, Stuck(released))).expect("room");
    let began = told.iter().find(|told| *told == number);
    assert_eq!(began, Some(number));
    release
}

fn spec(bound: usize, when_full: WhenFull) -> Spec {
    Spec::new("test").queue(bound, when_full)
}

/// The numbers told so far, without the settlings.
fn numbers(told: &Receiver<u32>) -> Vec<u32> {
    told.try_iter().filter(|number| *number > 0).collect()
}

#[test]
fn jobs_are_done_in_the_order_in_which_they_were_sent() {
    let (worker, told) = telling(spec(1000, WhenFull::Refuse));
    (1..=1000).for_each(|number| worker.send(Job::Tell(number)).expect("room"));
    assert!(worker.flush(IN_TIME));
    assert!(numbers(&told).into_iter().eq(1..=1000));
}

#[test]
fn full_queue_returns_the_job_to_the_caller() {
    let (worker, told) = telling(spec(2, WhenFull::Refuse));
    let release = stick(&worker, &told, 1);
    worker.send(Job::Tell(2)).expect("room");
    worker.send(Job::Tell(3)).expect("room");
    assert_eq!(worker.send(Job::Tell(4)), Err(SendError::Full(Job::Tell(4))));
    drop(release);
    assert!(worker.flush(IN_TIME));
    assert_eq!((numbers(&told), worker.dropped()), (vec![2, 3], 0));
    worker.send(Job::Tell(5)).expect("there is room again");
}

#[test]
fn full_queue_drops_and_counts() {
    let (worker, told) = telling(spec(2, WhenFull::Drop));
    let release = stick(&worker, &told, 1);
    (2..=5).for_each(|number| worker.send(Job::Tell(number)).expect("no error"));
    assert_eq!(worker.dropped(), 2);
    drop(release);
    assert!(worker.flush(IN_TIME));
    assert_eq!(numbers(&told), [2, 3]);
}

#[test]
fn full_queue_keeps_the_newest() {
    let (worker, told) = telling(spec(2, WhenFull::KeepNewest));
    let release = stick(&worker, &told, 1);
    (2..=5).for_each(|number| worker.send(Job::Tell(number)).expect("no error"));
    drop(release);
    assert!(worker.flush(IN_TIME));
    assert_eq!((numbers(&told), worker.dropped()), (vec![2, 5], 0));
}

#[test]
fn thread_settles_when_idle_when_flushed_and_when_nudged() {
    let (worker, told) = telling(spec(8, WhenFull::Refuse));
    let release = stick(&worker, &told, 1);
    (2..=3).for_each(|number| worker.send(Job::Tell(number)).expect("room"));
    drop(release);
    let next = || told.recv_timeout(IN_TIME).expect("in time");
    assert_eq!([next(), next(), next()], [2, 3, 0], "once for all that was queued");
    worker.nudge();
    assert_eq!(next(), 0);
    assert!(worker.flush(IN_TIME));
    assert_eq!(next(), 0);
    assert!(told.try_recv().is_err());
}

#[test]
fn flush_waits_for_what_was_queued_before_it_and_for_nothing_else() {
    let (worker, told) = telling(spec(8, WhenFull::Refuse));
    let first = stick(&worker, &told, 1);
    worker.send(Job::Tell(2)).expect("room");
    assert!(!worker.flush(BRIEF), "it is stuck in the first");
    let (release, released) = channel();
    worker.send(Job::Stick(3, Stuck(released))).expect("room");
    let flushing = worker.clone();
    let (flushed, result) = channel();
    thread::spawn(move || flushed.send(flushing.flush(IN_TIME)));
    drop(first);
    let until_stuck: Vec<u32> = told.iter().take_while(|number| *number != 3).collect();
    assert_eq!(until_stuck, [2, 0], "the flush before has it settle before the queue is empty");
    drop(release);
    assert_eq!(result.recv_timeout(IN_TIME), Ok(true));
}

#[test]
fn flush_is_over_while_later_jobs_are_stuck() {
    let (worker, told) = telling(spec(8, WhenFull::Refuse));
    let first = stick(&worker, &told, 1);
    let flushing = worker.watch();
    let (flushed, result) = channel();
    thread::spawn(move || flushed.send(flushing.flush(IN_TIME)));
    // The flush is waiting when the queue knows of it.
    while worker.handle.queue.flushes_waiting() == 0 {
        thread::yield_now();
    }
    let (release, released) = channel();
    worker.send(Job::Stick(2, Stuck(released))).expect("room");
    drop(first);
    assert_eq!(result.recv_timeout(IN_TIME), Ok(true));
    assert!(!worker.flush(BRIEF));
    drop(release);
    assert!(worker.flush(IN_TIME));
}

#[test]
fn ping_is_answered_between_jobs_and_not_in_one() {
    let (worker, told) = telling(spec(8, WhenFull::Refuse));
    assert!(worker.ping(IN_TIME) && worker.ping(IN_TIME), "it is idle");
    let release = stick(&worker, &told, 1);
    assert!(!worker.ping(BRIEF) && !worker.watch().ping(Duration::ZERO));
    worker.send(Job::Tell(2)).expect("room");
    drop(release);
    assert!(worker.ping(IN_TIME));
    assert!(worker.flush(IN_TIME));
    assert_eq!(numbers(&told), [2]);
}

#[test]
fn timer_is_not_restarted_by_pings() {
    let (tick, ticks) = channel();
    let worker = Spec::new("timer").spawn(move |inbox: Inbox<()>| {
        while inbox.next_within(BRIEF) == Next::Timeout {
            tick.send(()).unwrap_or_default();
        }
    });
    let worker = worker.expect("a thread");
    while ticks.try_recv().is_err() {
        assert!(worker.ping(IN_TIME));
    }
    assert!(worker.finish(IN_TIME));
}

/// Collects what is logged about threads.
struct Lines(Mutex<Vec<String>>);

impl log::Log for Lines {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        self.0.lock().expect("no panic").push(format!("{} {}", record.level(), record.args()));
    }

    fn flush(&self) {}
}

static LINES: Lines = Lines(Mutex::new(Vec::new()));

#[test]
fn panic_is_logged_once_and_ends_that_thread_only() {
    log::set_logger(&LINES).expect("no other test sets one");
    log::set_max_level(log::LevelFilter::Error);
    let (other, other_told) = telling(spec(8, WhenFull::Refuse));
    let (worker, told) = telling(Spec::new("panics").queue(8, WhenFull::Refuse));
    let release = stick(&worker, &told, 1);
    worker.send(Job::Panic).expect("room");
    worker.send(Job::Tell(2)).expect("room");
    drop(release);
    assert!(worker.watch().wait_for_end(IN_TIME));
    assert_eq!(worker.send(Job::Tell(3)), Err(SendError::Gone(Job::Tell(3))));
    assert!(!worker.ping(IN_TIME) && !worker.flush(IN_TIME), "and neither waits for it");
    worker.nudge();
    drop(worker);
    assert_eq!(numbers(&told), [0; 0]);
    let lines = LINES.0.lock().expect("no panic").clone();
    let lines: Vec<&String> = lines.iter().filter(|line| line.contains("\"panics\"")).collect();
    assert_eq!(lines, ["ERROR the thread \"panics\" has panicked; its work is not done until the restart"]);
    other.send(Job::Tell(4)).expect("room");
    assert!(other.flush(IN_TIME));
    assert_eq!(numbers(&other_told), [4]);
}

#[test]
fn jobs_for_a_thread_that_has_ended_are_counted_as_dropped() {
    let (worker, inbox) = spec(8, WhenFull::Drop).ends();
    worker.send(1).expect("room");
    drop(inbox);
    assert_eq!(worker.send(2), Err(SendError::Gone(2)));
    assert_eq!(worker.dropped(), 1);
    assert!(worker.watch().has_ended());
}

#[test]
fn dropping_the_last_worker_has_the_thread_do_what_is_queued_and_end() {
    let (worker, told) = telling(spec(8, WhenFull::Refuse));
    let watch = worker.watch();
    let release = stick(&worker, &told, 1);
    worker.send(Job::Tell(2)).expect("room");
    drop(worker.clone());
    worker.send(Job::Tell(3)).expect("it goes on for the other");
    // None of this waits for a thread that is stuck.
    drop(worker);
    assert!(!watch.has_ended() && !watch.wait_for_end(BRIEF));
    drop(release);
    assert!(watch.wait_for_end(IN_TIME));
    assert_eq!(numbers(&told), [2, 3]);
}

#[test]
fn finish_gives_up_on_a_stuck_thread_and_lets_no_more_in() {
    let (worker, told) = telling(spec(8, WhenFull::Refuse));
    let (other, release) = (worker.clone(), stick(&worker, &told, 1));
    assert!(!worker.finish(BRIEF));
    assert_eq!(other.send(Job::Tell(2)), Err(SendError::Gone(Job::Tell(2))));
    drop(release);
    assert!(other.finish(IN_TIME));
}

#[test]
fn group_ends_with_its_last_thread() {
    let (group, other) = (Group::default(), Group::default());
    assert!(group.wait_for_end(Duration::ZERO), "it is empty");
    let (first, told) = telling(spec(8, WhenFull::Refuse).member_of(&group).member_of(&other));
    let (second, _) = telling(spec(8, WhenFull::Refuse).member_of(&group));
    assert_eq!((group.running().len(), other.running().len()), (2, 1));
    assert!(group.running().iter().all(|thread| thread.ping(IN_TIME)));
    let release = stick(&first, &told, 1);
    assert!(second.finish(IN_TIME) && !first.finish(BRIEF));
    assert!(!group.wait_for_end(BRIEF));
    drop(release);
    assert!(group.wait_for_end(IN_TIME) && other.wait_for_end(IN_TIME));
    assert_eq!((group.running().len(), other.running().len()), (0, 0));
}

#[test]
fn results_wake_the_loop_and_are_bounded() {
    let (alert, alerts) = channel();
    let (outbox, results) = results(2, Box::new(move || alert.send(()).unwrap_or_default()));
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
        alerts.recv_timeout(IN_TIME).expect("an alert");
        assert_eq!(results.poll(), Some(number));
    }
    assert_eq!(results.poll(), None);
    let watch = worker.watch();
    drop(results);
    worker.send(6).expect("room");
    assert!(watch.wait_for_end(IN_TIME), "no more is wanted");
}

#[test]
fn thread_that_cannot_be_started_is_named() {
    let (spec, group) = (Spec::new("big").stack(usize::MAX / 4), Group::default());
    let error = spec.member_of(&group).spawn(|_: Inbox<()>| ()).expect_err("no such memory");
    assert!(group.wait_for_end(Duration::ZERO));
    assert!(error.to_string().starts_with("thread \"big\" cannot be started: "), "{error}");
}
