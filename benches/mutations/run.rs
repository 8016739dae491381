//! Runs all paths, and prints a line for each.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use coldwave::audio::Codec;
use fastrand::Rng;

use crate::audio_folder::MAKERS;
use crate::child::{NoResponse, Panics, WorkerChild};
use crate::failure::Failure;
use crate::file_cases::FileCases;
use crate::findings::{Findings, HEADING, Line};
use crate::options::{Invocation, Options, parse};
use crate::seeds::{DecoderPath, Seeds};
use crate::stream_cases::{self, CASES, FRAMES};

/// The exit status when this program itself failed. Status 1 means that an input ended a worker.
const STATUS_FAILED: u8 = 2;

/// The memory of a worker is read once in so many cases.
const PEAK_EVERY: u64 = 64;

/// Runs the program.
pub fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("mutations: {failure}");
            ExitCode::from(STATUS_FAILED)
        }
    }
}

/// Returns whether no input ended a worker.
fn dispatch(arguments: &[String]) -> Result<bool, Failure> {
    match parse(arguments) {
        Invocation::Run(options) if missing_maker().is_none() => run(&options),
        Invocation::Run(_) => {
            println!("mutations: not run: {} is not installed", missing_maker().unwrap_or_default());
            Ok(true)
        }
        Invocation::Print(text) => {
            println!("{text}");
            Ok(true)
        }
        Invocation::Invalid(error) => Err(error.into()),
    }
}

/// Returns the first program that makes seeds and is not installed.
fn missing_maker() -> Option<&'static str> {
    let path = env::var_os("PATH").unwrap_or_default();
    let is_there = |program: &str| env::split_paths(&path).any(|folder| folder.join(program).is_file());
    MAKERS.iter().map(|(program, _)| *program).find(|program| !is_there(program))
}

fn run(options: &Options) -> Result<bool, Failure> {
    let seed = options.seed.unwrap_or_else(|| fastrand::u64(..));
    println!("--seed {seed}\n{HEADING}");
    let mut is_sound = true;
    for path in options.paths() {
        let trial = Trial { options, seed, seeds: Seeds::make(path)?, panics: Arc::default() };
        let (started, findings) = (Instant::now(), trial.run()?);
        let panics = trial.panics.lock().expect("no thread panics while it holds the lock").clone();
        let count = panics.values().sum::<u64>().max(findings.panics.len() as u64);
        println!("{}", Line { path, findings: &findings, elapsed: started.elapsed(), panics: count });
        report(path, seed, &findings, &panics);
        is_sound &= findings.is_sound();
    }
    Ok(is_sound)
}

/// Prints how to repeat each finding.
fn report(path: DecoderPath, seed: u64, findings: &Findings, panics: &BTreeMap<String, u64>) {
    for (place, times) in panics {
        println!("  {times} panics at {place}");
    }
    let deaths = findings.deaths.iter().map(|(case, how)| (*case, how.as_str()));
    let hangs = findings.hangs.iter().map(|case| (*case, "no response"));
    let panicked = findings.panics.iter().take(5).map(|case| (*case, "panicked"));
    for (case, how) in deaths.chain(hangs).chain(panicked) {
        println!("  {how}: --paths {path} --seed {seed} --case {case}");
    }
    println!("  slowest: --case {}; memory: up to --case {}", findings.slowest.1, findings.peak.1);
}

/// All cases of a path.
struct Trial<'a> {
    options: &'a Options,
    seed: u64,
    seeds: Seeds,
    panics: Panics,
}

impl Trial<'_> {
    /// Divides the cases among the workers.
    fn run(&self) -> Result<Findings, Failure> {
        let total = Mutex::new(Findings::default());
        let workers = if self.options.case.is_some() { 1 } else { self.options.workers };
        let run = &|worker| {
            let findings = self.run_share(worker, workers).map_err(|failure| failure.to_string())?;
            total.lock().expect("no thread panics while it holds the lock").add(findings);
            Ok(())
        };
        let outcomes: Vec<Result<(), String>> = thread::scope(|scope| {
            let threads: Vec<_> = (0..workers).map(|worker| scope.spawn(move || run(worker))).collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        outcomes.into_iter().collect::<Result<(), String>>()?;
        Ok(total.into_inner().expect("no thread panics while it holds the lock"))
    }

    fn run_share(&self, worker: u64, workers: u64) -> Result<Findings, Failure> {
        let mut share = Share { trial: self, worker: self.start_worker()?, findings: Findings::default() };
        match self.seeds.path.stream() {
            Some(codec) => share.run_streams(codec, worker, workers)?,
            None => share.run_files(worker, workers)?,
        }
        Ok(share.findings)
    }

    fn start_worker(&self) -> Result<WorkerChild, Failure> {
        WorkerChild::start(&self.options.program, &self.panics)
    }

    /// Returns the random numbers of a case.
    fn random(&self, case: u64) -> Rng {
        let path = self.seeds.path as u64;
        Rng::with_seed(self.seed ^ (path << 56) ^ case.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    fn keep(&self, case: u64, path: &Path) -> Result<(), Failure> {
        let Some(folder) = &self.options.keep else { return Ok(()) };
        fs::create_dir_all(folder)?;
        let name = format!("{}-{}-{case}", self.seeds.path, self.seed);
        let extension = path.extension().unwrap_or_default();
        fs::copy(path, folder.join(name).with_added_extension(extension))?;
        Ok(())
    }
}

/// The cases of one worker.
struct Share<'a> {
    trial: &'a Trial<'a>,
    worker: WorkerChild,
    findings: Findings,
}

impl Share<'_> {
    fn run_files(&mut self, worker: u64, workers: u64) -> Result<(), Failure> {
        let files = FileCases::new(&self.trial.seeds)?;
        let all = worker..self.trial.options.inputs;
        let only = self.trial.options.case;
        let cases: Box<dyn Iterator<Item = u64>> = match only {
            Some(case) => Box::new(std::iter::once(case)),
            None => Box::new(all.step_by(workers as usize)),
        };
        for case in cases {
            let path = files.write(self.trial.random(case))?;
            let (started, panics) = (Instant::now(), self.findings.panics.len());
            let outcome = files.run(&mut self.worker, case, &path, &mut self.findings);
            if outcome.is_err() || self.findings.panics.len() > panics || only.is_some() {
                self.trial.keep(case, &path)?;
            }
            self.after(case, started, outcome)?;
        }
        Ok(())
    }

    /// Counts what happened to a case, and replaces a worker that has ended.
    fn after(&mut self, case: u64, started: Instant, outcome: Result<(), NoResponse>) -> Result<(), Failure> {
        self.findings.add_time(case, started.elapsed());
        match outcome {
            Err(reason) => {
                self.findings.add_no_response(case, reason);
                self.worker = self.trial.start_worker()?;
            }
            Ok(()) if case % PEAK_EVERY < 2 || self.trial.options.case.is_some() => {
                self.findings.add_peak(case, self.worker.peak_kib());
            }
            Ok(()) => {}
        }
        Ok(())
    }

    fn run_streams(&mut self, codec: Codec, worker: u64, workers: u64) -> Result<(), Failure> {
        let cases = self.trial.options.inputs.div_ceil(FRAMES as u64);
        let jobs: Vec<u64> = match self.trial.options.case {
            Some(case) => vec![case / CASES],
            None => (worker..cases.div_ceil(CASES)).step_by(workers as usize).collect(),
        };
        for job in jobs {
            let end = self.trial.options.case.map_or(cases, |case| case + 1);
            self.run_stream(codec, job * CASES..end.min((job + 1) * CASES))?;
        }
        Ok(())
    }

    /// Runs the cases of a job. A worker that has ended takes the rest of its job with it.
    fn run_stream(&mut self, codec: Codec, cases: std::ops::Range<u64>) -> Result<(), Failure> {
        let last = cases.end - 1;
        let mut outcome = stream_cases::open(&mut self.worker, codec, cases.start);
        for case in cases {
            let started = Instant::now();
            let frames = stream_cases::frames(&self.trial.seeds, codec, &mut self.trial.random(case));
            outcome =
                outcome.and_then(|()| stream_cases::push(&mut self.worker, case, frames, &mut self.findings));
            if outcome.is_err() {
                return self.after(case, started, outcome);
            }
            self.after(case, started, Ok(()))?;
        }
        let started = Instant::now();
        let finished = stream_cases::finish(&mut self.worker);
        self.after(last, started, finished)
    }
}
