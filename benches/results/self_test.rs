//! A self-test: checks the results of synthetic records.

use std::fmt::Debug;

use quick_xml::events::Event;

use crate::document::Document;
use crate::failure::Failure;
use crate::numbers::{Spread, number};
use crate::plots::Plot;
use crate::record::{Percentiles, Record};
use crate::table::{Table, escaped};
use crate::{goals, records, scenario, tables};

/// The largest size of a plot in bytes.
const SVG_MAX: usize = 20_000;

/// Runs all checks, in some milliseconds.
pub fn run() -> Result<(), Failure> {
    numbers()?;
    pairs()?;
    lines()?;
    verdicts()?;
    icecast_falls_behind()?;
    many_stations()?;
    rows()?;
    document()?;
    plots()
}

/// Returns a typical record with this CPU time in µs, a fifth of it in user mode.
fn record(scenario: &str, kind: &str, round: u64, cpu: f64) -> Record {
    Record {
        scenario: scenario.into(),
        command: format!("cargo bench --bench load -- --scenario {scenario}"),
        date: "2026-11-22".into(),
        machine: "2 cores".into(),
        program: "coldwave 0.1.0".into(),
        kind: kind.into(),
        round,
        listeners: 10_000,
        stations: 1,
        rate: 4000,
        window_s: 30.0,
        interval_ms: 1000,
        kbps: 128,
        cpu_user_us: cpu * 0.2,
        cpu_system_us: cpu * 0.8,
        cpu_join_us: 60.0,
        memory_base_kib: 5000,
        memory_kib: 10_000,
        memory_peak_kib: 10_100,
        kernel_kib: 45_000,
        first_ms: Percentiles { p50: 0.5, p99: 20.0, max: 40.0 },
        full_ms: Percentiles { p50: 0.6, p99: 21.0, max: 41.0 },
        silence_ms: Percentiles { p50: 1000.0, p99: 1020.0, max: 1100.0 },
        heard_all: 100.0,
        heard_least: 99.9,
        heard_most: 100.1,
        others: Some(1.0),
        client_ms: 3.0,
        checked_whole: 200,
        checked_frames: 250_000,
        checked_blocks: 6000,
        lost: 0,
        wrong: 0,
        returns_ms: Vec::new(),
        course: Vec::new(),
    }
}

fn numbers() -> Result<(), Failure> {
    let spread = |values: &[f64]| Spread::from_values(values.iter().copied());
    expect("no median", spread(&[]), None)?;
    let odd = Spread { median: 3.0, min: 1.0, max: 9.0, count: 3 };
    expect("the median of three values", spread(&[9.0, 1.0, 3.0]), Some(odd))?;
    expect("the median of four values", spread(&[4.0, 1.0, 2.0, 9.0]).map(|all| all.median), Some(3.0))?;
    let numbers = [number(19_000.0, 0), number(1_234_567.89, 1), number(999.5, 2), number(-1500.0, 0)];
    expect("numbers", numbers, ["19,000", "1,234,567.9", "999.50", "-1,500"].map(String::from))?;
    expect("a negative number that rounds to zero", number(-0.001, 1), "0.0".into())?;
    expect("text escaped for Markdown", escaped("a|b <c> *d*\n`e`"), r"a\|b &lt;c> \*d\* \`e\`".into())
}

/// Checks that a ratio is the median of the ratios, not the ratio of the medians, and that trials of two runs
/// are not a pair.
fn pairs() -> Result<(), Failure> {
    let trial = |kind, round, cpu| record("kbps-32", kind, round, cpu);
    let mut records = vec![
        trial("titles", 1, 10.0),
        trial("bare", 1, 10.0),
        trial("titles", 2, 30.0),
        trial("bare", 2, 15.0),
    ];
    records.extend([trial("titles", 3, 24.0), trial("bare", 3, 20.0), trial("titles", 4, 99.0)]);
    // The first run was interrupted here. A second one follows.
    records.extend([trial("titles", 1, 30.0), trial("bare", 1, 20.0), trial("bare", 4, 1.0)]);
    let scenarios = scenario::group_records(&records);
    let ratios = scenarios[0].ratios("titles", "bare").ok_or("no ratios")?;
    let Spread { median, min, max, count } = ratios;
    let rounded = [median, min, max].map(|ratio| format!("{ratio:.3}"));
    expect("ratios in pairs", (rounded, count), (["1.350", "1.000", "2.000"].map(String::from), 4))?;
    expect("the reference", scenarios[0].reference(), Some("bare"))?;
    expect("ratios to a kind that was not measured", scenarios[0].ratios("titles", "plain"), None)
}

/// Checks that records of the load program can be read, and that an error has the number of its line.
fn lines() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("records.jsonl");
    record("joins", "titles", 1, 10.0).append(&file)?;
    record("joins", "titles", 2, 11.0).append(&file)?;
    let rounds: Vec<u64> = records::read(&file)?.iter().map(|record| record.round).collect();
    expect("the rounds of the records", rounds, vec![1, 2])?;

    let mut text = std::fs::read_to_string(&file)?;
    text.push_str("{\"scenario\": \"joins\"}\n");
    let failure = records::parse(&text).err().map(|failure| failure.to_string()).unwrap_or_default();
    let has_number = failure.starts_with("line 3 is not a record: ");
    expect("the number of a line that is not a record", has_number, true)
}

type RecordChange = fn(&mut Record);

/// Checks every goal at its limit, beyond its limit, and without records.
fn verdicts() -> Result<(), Failure> {
    let at_limits = records_at_limits(|_| ());
    expect("the goals at their limits", goal_verdicts(&at_limits), vec!["met"; 12])?;
    expect("the goals without records", goal_verdicts(&[]), vec!["not measured"; 12])?;
    let small = goal_verdicts(&records_at_limits(|record| record.listeners = 50));
    expect("the goals with too few listeners", small[3..9].to_vec(), vec!["not measured"; 6])?;

    let changes: [(usize, RecordChange); 12] = [
        (0, |record| scaled(record, "plain", 1.01)),
        (1, |record| scaled(record, "titles", 1.01)),
        (2, |record| scaled(record, "icecast2", 0.99)),
        (3, |record| record.heard_least = 98.9),
        (4, |record| record.silence_ms.max = 1500.1),
        (5, |record| record.listeners *= 3),
        (6, |record| record.first_ms.p50 = 30.1),
        (7, |record| record.first_ms.p99 = 100.1),
        (8, |record| record.silence_ms.max = 1501.0),
        (9, |record| record.memory_kib += 1000),
        (10, |record| record.memory_base_kib = 7813),
        (11, |record| scaled(record, "many", 1.01)),
    ];
    for (goal, change) in changes {
        let verdict = goal_verdicts(&records_at_limits(change))[goal];
        expect(&format!("the verdict on goal {goal} beyond its limit"), verdict, "MISSED")?;
    }
    Ok(())
}

/// Returns records with all figures just within the limits, after applying `change` to each.
fn records_at_limits(change: impl Fn(&mut Record)) -> Vec<Record> {
    let mut records = Vec::new();
    for round in 1..=3 {
        // A factor that both trials of a pair share does not change their ratio.
        let slow = round as f64;
        for (kind, cpu) in [("titles", 9.98), ("plain", 9.18), ("icecast2", 60.0), ("bare", 8.0)] {
            records.push(record("steady-10000", kind, round, cpu * slow));
        }
        records.push(Record {
            listeners: 19_000,
            memory_kib: 16_000,
            ..record("steady-19000", "titles", round, 10.0)
        });
        records.push(Record { listeners: 19_000, ..record("joins", "titles", round, 10.0) });
        records.push(record("stations", "many", round, 12.98 * slow));
        records.push(record("stations", "titles", round, 10.0 * slow));
    }
    records.iter_mut().for_each(change);
    records
}

fn scaled(record: &mut Record, kind: &str, by: f64) {
    if record.kind == kind {
        record.cpu_user_us *= by;
        record.cpu_system_us *= by;
    }
}

/// Returns the verdicts on all goals but the last, which is about errors.
fn goal_verdicts(records: &[Record]) -> Vec<&'static str> {
    let goals = goals::evaluate(&scenario::group_records(records));
    goals[..goals.len() - 1].iter().map(goals::Goal::verdict).collect()
}

/// Checks that a scenario in which icecast2 fell behind is not used for the goal, and that a note says so.
fn icecast_falls_behind() -> Result<(), Failure> {
    let mut records = Vec::new();
    for (scenario, listeners, heard) in [("steady-5000", 5000, 99.0), ("steady-10000", 10_000, 70.0)] {
        for (kind, cpu) in [("titles", 10.0), ("icecast2", 100.0)] {
            let heard_all = if kind == "icecast2" { heard } else { 100.0 };
            records.push(Record { listeners, heard_all, ..record(scenario, kind, 1, cpu) });
        }
    }
    let scenarios = scenario::group_records(&records);
    let goal = goals::evaluate(&scenarios).swap_remove(2);
    expect(
        "the scenario with most listeners of icecast2",
        goal.what,
        "CPU, with titles / icecast2, 5,000 listeners".into(),
    )?;
    let notes = goals::notes(&scenarios).join("\n");
    let note = "With 10,000 listeners icecast2 fell behind: they received 70.0 % of the bit rate.";
    expect("the note on icecast2", (notes.contains(note), notes.contains("With 5,000")), (true, false))
}

/// Checks that a note has the cost of many stations for the bare writer.
fn many_stations() -> Result<(), Failure> {
    let mut records = Vec::new();
    for (kind, stations, cpu) in [("many", 500, 15.0), ("titles", 1, 10.0), ("bare-many", 500, 12.0)] {
        records.push(Record { stations, ..record("stations", kind, 1, cpu) });
    }
    let notes = |records: &[Record]| goals::notes(&scenario::group_records(records)).join("\n");
    let note = "stations: a bare writer that sends to 10,000 listeners of 500 stations needs 1.20 times the CPU time of \
                coldwave with one station. coldwave with as many stations needs 1.25 times that of the bare writer \
                (medians of 1 pairs).";
    expect("the note on many stations", notes(&records).contains(note), true)?;
    let lossy = Record { stations: 500, lost: 1, ..record("stations", "bare-many", 2, 12.0) };
    let errors = |records: &[Record]| {
        goals::evaluate(&scenario::group_records(records)).pop().map(|goal| goal.verdict())
    };
    expect("losses of other servers do not count", errors(&[&records[..], &[lossy]].concat()), Some("met"))?;
    expect("a note without the bare writer", notes(&records[..2]).contains("a bare writer"), false)
}

/// Checks rows of the tables.
fn rows() -> Result<(), Failure> {
    let mut records = records_at_limits(|_| ());
    records.push(Record { lost: 3, wrong: 1, ..record("soak", "titles", 1, 10.0) });
    let scenarios = scenario::group_records(&records);
    let cells = |table: Table, start: &str| -> Vec<String> {
        let text = table.to_string();
        let line = text.lines().find(|line| line.contains(start)).unwrap_or_default();
        line.trim_matches('|').split('|').map(|cell| cell.trim().into()).collect()
    };
    let steady = [&scenarios[0]];
    expect(
        "the cost of listeners without titles",
        cells(tables::cpu(&steady), "| plain"),
        ["", "plain", "3.67", "14.69", "18.36", "18.4", "1.15 × bare", "1.15–1.15", "3", "60", "1.0"]
            .map(String::from)
            .to_vec(),
    )?;
    expect(
        "their memory",
        cells(tables::memory(&steady), "| plain"),
        ["", "plain", "5,000", "10,000", "10,100", "512", "4.5"].map(String::from).to_vec(),
    )?;
    let goal = goals::evaluate(&scenarios).pop().ok_or("no goals")?;
    let outcome = (goal.verdict(), goal.measured.unwrap_or_default());
    expect("the goal on errors", outcome, ("MISSED", "3 lost, 1 errors (trials: 19)".into()))
}

/// Checks the parts of the document, and special characters in names.
fn document() -> Result<(), Failure> {
    let mut records = records_at_limits(|_| ());
    records.push(record("a|strange\none", "titles", 1, 10.0));
    records.push(Record { returns_ms: vec![900.0, 1200.0], ..record("returns", "titles", 1, 10.0) });
    let scenarios = scenario::group_records(&records);
    let text = Document { records: &records, scenarios: &scenarios, plots: &[Plot::Cost] }.to_markdown();
    for part in [
        "- Date: 2026-11-22\n",
        "- Programs: coldwave 0.1.0\n",
        "## Goals\n",
        "](cost.svg)",
        "## Other scenarios\n",
        r"| a\|strange one |",
        "    cargo bench --bench load -- --scenario a|strange one\n",
        "\nCommands; `benches/suite joins returns` runs all of them:\n",
        "| returns  | titles | 1     | 900 · 1,200 ",
        "## Limits of these measurements\n",
    ] {
        expect(&format!("whether the document has {part:?}"), text.contains(part), true)?;
    }
    expect("a plot that was not drawn", text.contains("soak.svg"), false)?;
    let trials = text.lines().filter(|line| line.starts_with("    steady-19000 ")).count();
    expect("the trials with 19,000 listeners", trials, 3)
}

/// Checks that plots are well-formed and small, and that there are none without data.
fn plots() -> Result<(), Failure> {
    let mut records = records_at_limits(|_| ());
    expect("a plot without data", Plot::Soak.svg(&scenario::group_records(&records)), None)?;
    // A time below the resolution of the clock.
    records.push(record("steady-1000", "titles", 1, 0.0));
    records.extend(
        [100, 1000].map(|interval_ms| Record { interval_ms, ..record("interval-", "titles", 1, 9.0) }),
    );
    let course =
        (0..1800_u32).map(|second| (f64::from(second), 6000 + u64::from(second % 7), 100.0)).collect();
    records.push(Record { course, ..record("soak", "titles", 1, 10.0) });
    let scenarios = scenario::group_records(&records);
    for (plot, label) in
        [(Plot::Cost, "icecast2 120.0"), (Plot::Intervals, "with titles 9.0"), (Plot::Soak, "6,000 KiB")]
    {
        let svg = plot.svg(&scenarios).ok_or("no plot")?;
        expect(&format!("whether {} has {label}", plot.file()), svg.contains(label), true)?;
        expect(&format!("whether {} is small", plot.file()), svg.len() < SVG_MAX, true)?;
        let lines = svg.matches("<polyline").count();
        expect(&format!("the lines of {}", plot.file()), count_polylines(&svg)?, lines)?;
    }
    Ok(())
}

/// Returns the number of `<polyline>` elements that an XML parser finds.
fn count_polylines(svg: &str) -> Result<usize, Failure> {
    let mut reader = quick_xml::Reader::from_str(svg);
    let mut lines = 0;
    loop {
        match reader.read_event()? {
            Event::Empty(element) if element.name().as_ref() == "polyline" => lines += 1,
            Event::Eof => return Ok(lines),
            _ => (),
        }
    }
}

fn expect<T: Debug + PartialEq>(what: &str, actual: T, expected: T) -> Result<(), Failure> {
    if actual == expected {
        return Ok(());
    }
    Err(format!("self-test failed: {what}: {actual:?}, expected {expected:?}").into())
}
