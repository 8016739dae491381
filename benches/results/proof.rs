//! That what is written is right: made-up records, of which the results are known.

use std::fmt::Debug;

use quick_xml::events::Event;

use crate::document::Document;
use crate::failure::Failure;
use crate::numbers::{Spread, number};
use crate::plots::Plot;
use crate::record::{Percentiles, Record};
use crate::table::{Table, escaped};
use crate::{goals, records, scenario, tables};

/// Bytes that a plot may have.
const SVG_MAX: usize = 20_000;

/// Tries everything; it takes milliseconds.
pub fn prove() -> Result<(), Failure> {
    numbers()?;
    pairs()?;
    lines()?;
    verdicts()?;
    behind()?;
    floor()?;
    rows()?;
    document()?;
    plots()
}

/// A turn as all are, at so many microseconds, a fifth of it in user mode.
fn turn(scenario: &str, kind: &str, round: u64, cpu: f64) -> Record {
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
    let spread = |values: &[f64]| Spread::of(values.iter().copied());
    expect("no median", spread(&[]), None)?;
    let odd = Spread { median: 3.0, least: 1.0, most: 9.0, count: 3 };
    expect("a median in the middle", spread(&[9.0, 1.0, 3.0]), Some(odd))?;
    expect("a median of two", spread(&[4.0, 1.0, 2.0, 9.0]).map(|all| all.median), Some(3.0))?;
    let numbers = [number(19_000.0, 0), number(1_234_567.89, 1), number(999.5, 2), number(-1500.0, 0)];
    expect("numbers", numbers, ["19,000", "1,234,567.9", "999.50", "-1,500"].map(String::from))?;
    expect("a number that is hardly below nothing", number(-0.001, 1), "0.0".into())?;
    expect("what Markdown takes", escaped("a|b <c> *d*\n`e`"), r"a\|b &lt;c> \*d\* \`e\`".into())
}

/// The median of the ratios is not the ratio of the medians, and turns of two runs are no pair.
fn pairs() -> Result<(), Failure> {
    let of = |kind, round, cpu| turn("kbps-32", kind, round, cpu);
    let mut records =
        vec![of("titles", 1, 10.0), of("bare", 1, 10.0), of("titles", 2, 30.0), of("bare", 2, 15.0)];
    records.extend([of("titles", 3, 24.0), of("bare", 3, 20.0), of("titles", 4, 99.0)]);
    // The run was broken off there, and begun anew.
    records.extend([of("titles", 1, 30.0), of("bare", 1, 20.0), of("bare", 4, 1.0)]);
    let scenarios = scenario::of(&records);
    let ratios = scenarios[0].ratios("titles", "bare").ok_or("no ratios")?;
    let Spread { median, least, most, count } = ratios;
    let rounded = [median, least, most].map(|ratio| format!("{ratio:.3}"));
    expect("ratios in pairs", (rounded, count), (["1.350", "1.000", "2.000"].map(String::from), 4))?;
    expect("the reference", scenarios[0].reference(), Some("bare"))?;
    expect("ratios to what there is not", scenarios[0].ratios("titles", "plain"), None)
}

/// What the load program writes can be read, and what is no record has a number.
fn lines() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("records.jsonl");
    turn("joins", "titles", 1, 10.0).append(&file)?;
    turn("joins", "titles", 2, 11.0).append(&file)?;
    let rounds: Vec<u64> = records::read(&file)?.iter().map(|record| record.round).collect();
    expect("rounds that were read", rounds, vec![1, 2])?;

    let mut text = std::fs::read_to_string(&file)?;
    text.push_str("{\"scenario\": \"joins\"}\n");
    let failure = records::parse(&text).err().map(|failure| failure.to_string()).unwrap_or_default();
    expect("the number of a line that is no record", failure.starts_with("line 3 is no record: "), true)
}

type Spoil = fn(&mut Record);

/// Every goal at its limit, beyond it, and without records.
fn verdicts() -> Result<(), Failure> {
    let kept = held(|_| ());
    expect("goals that are kept", verdicts_of(&kept), vec!["kept"; 12])?;
    expect("goals that are not measured", verdicts_of(&[]), vec!["not measured"; 12])?;
    let small = verdicts_of(&held(|record| record.listeners = 50));
    expect("goals that few listeners do not measure", small[3..9].to_vec(), vec!["not measured"; 6])?;

    let spoiled: [(usize, Spoil); 12] = [
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
    for (goal, spoil) in spoiled {
        let verdict = verdicts_of(&held(spoil))[goal];
        expect(&format!("the verdict on goal {goal}, which is missed"), verdict, "MISSED")?;
    }
    Ok(())
}

/// Records with which all goals are just kept, each changed.
fn held(change: impl Fn(&mut Record)) -> Vec<Record> {
    let mut records = Vec::new();
    for round in 1..=3 {
        // Whatever slows a pair down does not change its ratio.
        let slow = round as f64;
        for (kind, cpu) in [("titles", 9.98), ("plain", 9.18), ("icecast2", 60.0), ("bare", 8.0)] {
            records.push(turn("steady-10000", kind, round, cpu * slow));
        }
        records.push(Record {
            listeners: 19_000,
            memory_kib: 16_000,
            ..turn("steady-19000", "titles", round, 10.0)
        });
        records.push(Record { listeners: 19_000, ..turn("joins", "titles", round, 10.0) });
        records.push(turn("stations", "many", round, 12.98 * slow));
        records.push(turn("stations", "titles", round, 10.0 * slow));
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

/// Of all goals but the last, which is about mistakes.
fn verdicts_of(records: &[Record]) -> Vec<&'static str> {
    let goals = goals::of(&scenario::of(records));
    goals[..goals.len() - 1].iter().map(goals::Goal::verdict).collect()
}

/// Where icecast2 fell behind, coldwave is not compared to it, and it is said.
fn behind() -> Result<(), Failure> {
    let mut records = Vec::new();
    for (scenario, listeners, heard) in [("steady-5000", 5000, 99.0), ("steady-10000", 10_000, 70.0)] {
        for (kind, cpu) in [("titles", 10.0), ("icecast2", 100.0)] {
            let heard_all = if kind == "icecast2" { heard } else { 100.0 };
            records.push(Record { listeners, heard_all, ..turn(scenario, kind, 1, cpu) });
        }
    }
    let scenarios = scenario::of(&records);
    let goal = goals::of(&scenarios).swap_remove(2);
    expect("where icecast2 served most", goal.what, "CPU, with titles / icecast2, 5,000 listeners".into())?;
    let notes = goals::notes(&scenarios).join("\n");
    let said = "With 10,000 listeners icecast2 fell behind: they heard 70.0 % of the bit rate.";
    expect("a word on icecast2", (notes.contains(said), notes.contains("With 5,000")), (true, false))
}

/// What many stations cost at the least is said beside what they cost.
fn floor() -> Result<(), Failure> {
    let mut records = Vec::new();
    for (kind, stations, cpu) in [("many", 500, 15.0), ("titles", 1, 10.0), ("bare-many", 500, 12.0)] {
        records.push(Record { stations, ..turn("stations", kind, 1, cpu) });
    }
    let said = |records: &[Record]| goals::notes(&scenario::of(records)).join("\n");
    let word = "stations: a bare writer that sends to 10,000 listeners of 500 stations costs 1.20 times what one station \
                costs coldwave; coldwave's many cost 1.25 times what they cost the bare writer (medians of 1 pairs).";
    expect("a word on many stations", said(&records).contains(word), true)?;
    let slip = Record { stations: 500, lost: 1, ..turn("stations", "bare-many", 2, 12.0) };
    let mistakes = |records: &[Record]| goals::of(&scenario::of(records)).pop().map(|goal| goal.verdict());
    expect("what others lose is not ours", mistakes(&[&records[..], &[slip]].concat()), Some("kept"))?;
    expect("none without the bare writer", said(&records[..2]).contains("a bare writer"), false)
}

/// A line of a table as it stands in the file.
fn rows() -> Result<(), Failure> {
    let mut records = held(|_| ());
    records.push(Record { lost: 3, wrong: 1, ..turn("soak", "titles", 1, 10.0) });
    let scenarios = scenario::of(&records);
    let cells = |table: Table, start: &str| -> Vec<String> {
        let text = table.to_string();
        let line = text.lines().find(|line| line.contains(start)).unwrap_or_default();
        line.trim_matches('|').split('|').map(|cell| cell.trim().into()).collect()
    };
    let steady = [&scenarios[0]];
    expect(
        "the cost of listeners without titles",
        cells(tables::cost(&steady), "| plain"),
        ["", "plain", "3.67", "14.69", "18.36", "18.4", "1.15 × bare", "1.15–1.15", "3", "60", "1.0"]
            .map(String::from)
            .to_vec(),
    )?;
    expect(
        "their memory",
        cells(tables::memory(&steady), "| plain"),
        ["", "plain", "5,000", "10,000", "10,100", "512", "4.5"].map(String::from).to_vec(),
    )?;
    let mistakes = goals::of(&scenarios).pop().ok_or("no goals")?;
    let said = (mistakes.verdict(), mistakes.measured.unwrap_or_default());
    expect("mistakes", said, ("MISSED", "3 lost, 1 wrong (turns: 19)".into()))
}

/// The parts of the whole, and what is strange in them.
fn document() -> Result<(), Failure> {
    let mut records = held(|_| ());
    records.push(turn("a|strange\none", "titles", 1, 10.0));
    records.push(Record { returns_ms: vec![900.0, 1200.0], ..turn("returns", "titles", 1, 10.0) });
    let scenarios = scenario::of(&records);
    let text = Document { records: &records, scenarios: &scenarios, drawn: &[Plot::Cost] }.text();
    for part in [
        "- Date: 2026-11-22\n",
        "- Programs: coldwave 0.1.0\n",
        "## What must hold\n",
        "](cost.svg)",
        "## Others\n",
        r"| a\|strange one |",
        "    cargo bench --bench load -- --scenario a|strange one\n",
        "\nCommands, all of them by `benches/suite joins returns`:\n",
        "| returns  | titles | 1    | 900 · 1,200 ",
        "## What this does not show\n",
    ] {
        expect(&format!("whether the results have {part:?}"), text.contains(part), true)?;
    }
    expect("a plot that was not drawn", text.contains("soak.svg"), false)?;
    let turns = text.lines().filter(|line| line.starts_with("    steady-19000 ")).count();
    expect("turns with 19,000 listeners", turns, 3)
}

/// Plots that are whole, small, and only there where there is something to draw.
fn plots() -> Result<(), Failure> {
    let mut records = held(|_| ());
    expect("a plot of nothing", Plot::Soak.svg(&scenario::of(&records)), None)?;
    // Too short for the clock that measures it.
    records.push(turn("steady-1000", "titles", 1, 0.0));
    records
        .extend([100, 1000].map(|interval_ms| Record { interval_ms, ..turn("interval-", "titles", 1, 9.0) }));
    let course =
        (0..1800_u32).map(|second| (f64::from(second), 6000 + u64::from(second % 7), 100.0)).collect();
    records.push(Record { course, ..turn("soak", "titles", 1, 10.0) });
    let scenarios = scenario::of(&records);
    for (plot, label) in
        [(Plot::Cost, "icecast2 120.0"), (Plot::Intervals, "with titles 9.0"), (Plot::Soak, "6,000 KiB")]
    {
        let svg = plot.svg(&scenarios).ok_or("no plot")?;
        expect(&format!("whether {} has {label}", plot.file()), svg.contains(label), true)?;
        expect(&format!("whether {} is small", plot.file()), svg.len() < SVG_MAX, true)?;
        let lines = svg.matches("<polyline").count();
        expect(&format!("the lines of {}", plot.file()), elements(&svg)?, lines)?;
    }
    Ok(())
}

/// How many lines an XML parser finds.
fn elements(svg: &str) -> Result<usize, Failure> {
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

fn expect<T: Debug + PartialEq>(what: &str, found: T, right: T) -> Result<(), Failure> {
    if found == right {
        return Ok(());
    }
    Err(format!("the results are wrong: {what}: {found:?}, not {right:?}").into())
}
