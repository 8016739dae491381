//! Which scenarios stand together, and what there is to say of them.

use crate::plots::Plot;
use crate::scenario::Scenario;

pub struct Group {
    pub title: &'static str,
    pub about: &'static str,
    pub plot: Option<Plot>,
    /// Names of scenarios; one that ends with a hyphen stands for all that begin so.
    scenarios: &'static [&'static str],
}

const GROUPS: [Group; 7] = [
    Group {
        title: "Listeners who stay",
        about: "All have joined, and listen: what one of them costs, and whether he hears everything in time.",
        plot: Some(Plot::Cost),
        scenarios: &["steady-"],
    },
    Group {
        title: "Listeners who come",
        about: "All join at the rate that the first table says; in `returns`, all leave at once and come back.",
        plot: None,
        scenarios: &["joins", "returns"],
    },
    Group {
        title: "Many stations",
        about: "The same number of listeners on one station, on many that play files (`many`), and on many that each \
                have a source (`live`). `stations`: they came to all stations in turn, so that on one station those who \
                are served one after the other lie side by side in the system's memory, and on many they do not. \
                `stations-churned`: as after some hours, where most of them have gone and others have come, and nobody \
                lies beside who is next.",
        plot: None,
        scenarios: &["stations", "stations-churned", "sources"],
    },
    Group {
        title: "Links",
        about: "`mixed`: beside those who are measured, of a hundred listeners ten read too slowly, five never, and one \
                breaks off every second; what they cost counts here. `cable`: over a pair of virtual network cards. \
                `lossy`: over a link with delay and loss; `lossy-mixed`: both.",
        plot: None,
        scenarios: &["mixed", "cable", "lossy", "lossy-mixed"],
    },
    Group {
        title: "Bit rates",
        about: "The same listeners, at other bit rates.",
        plot: None,
        scenarios: &["kbps-"],
    },
    Group {
        title: "Delivery intervals",
        about: "The same listeners, written to more or less often.",
        plot: Some(Plot::Intervals),
        scenarios: &["interval-"],
    },
    Group {
        title: "A long run",
        about: "Whether memory grows, and whether listeners stay with the clock.",
        plot: Some(Plot::Soak),
        scenarios: &["soak"],
    },
];

/// For scenarios that are in no group.
const OTHERS: Group = Group {
    title: "Others",
    about: "What was measured beside the scenarios above.",
    plot: None,
    scenarios: &[],
};

impl Group {
    /// Whether benches/suite measures its scenarios.
    pub fn is_in_the_suite(&self) -> bool {
        !self.scenarios.is_empty()
    }

    /// Where among its scenarios one stands, if it is one of them.
    fn place(&self, name: &str) -> Option<usize> {
        self.scenarios
            .iter()
            .position(|known| if known.ends_with('-') { name.starts_with(known) } else { name == *known })
    }
}

/// All groups that have a scenario, with the scenarios in the order of their names: 1000 before 19000.
pub fn of<'a>(scenarios: &'a [Scenario<'a>]) -> Vec<(Group, Vec<&'a Scenario<'a>>)> {
    let known = |scenario: &&Scenario| GROUPS.iter().any(|group| group.place(scenario.name).is_some());
    let others: Vec<&Scenario> = scenarios.iter().filter(|scenario| !known(scenario)).collect();
    let grouped = GROUPS.into_iter().map(|group| {
        let mut members: Vec<&Scenario> =
            scenarios.iter().filter(|scenario| group.place(scenario.name).is_some()).collect();
        members.sort_by(|one, other| natord::compare(one.name, other.name));
        members.sort_by_key(|scenario| group.place(scenario.name));
        (group, members)
    });
    grouped.chain([(OTHERS, others)]).filter(|(_, members)| !members.is_empty()).collect()
}
