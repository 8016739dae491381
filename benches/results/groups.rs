//! The groups of scenarios in the document, and their introductions.

use crate::plots::Plot;
use crate::scenario::Scenario;

pub struct Group {
    pub title: &'static str,
    pub about: &'static str,
    pub plot: Option<Plot>,
    /// Names of scenarios. A name that ends with a hyphen stands for all names with that prefix.
    scenarios: &'static [&'static str],
}

const GROUPS: [Group; 7] = [
    Group {
        title: "Steady listeners",
        about: "All listeners have joined: the cost of a listener, and whether it receives everything in time.",
        plot: Some(Plot::Cost),
        scenarios: &["steady-"],
    },
    Group {
        title: "Joining listeners",
        about: "All listeners join at the rate in the first table. In `returns`, all leave and rejoin at once.",
        plot: None,
        scenarios: &["joins", "returns"],
    },
    Group {
        title: "Many stations",
        about: "The same number of listeners on one station, on many stations that play files (`many`), and on many \
                stations with a live source each (`live`). `stations`: listeners joined all stations in turn. On one \
                station, listeners that are served one after the other are neighbours in the system's memory; on many \
                stations they are not. `stations-churned`: as after some hours, when other listeners have replaced most \
                of them, so that neighbours in the order of service are not neighbours in memory.",
        plot: None,
        scenarios: &["stations", "stations-churned", "sources"],
    },
    Group {
        title: "Links",
        about: "`mixed`: besides the measured listeners there are others. Of all listeners 10 % read too slowly, 5 % \
                never read, and 1 % reset their connection every second; the figures include their cost. `cable`: over \
                a pair of virtual network cards. `lossy`: over a link with delay and loss. `lossy-mixed`: both.",
        plot: None,
        scenarios: &["mixed", "cable", "lossy", "lossy-mixed"],
    },
    Group {
        title: "Bit rates",
        about: "The same number of listeners at other bit rates.",
        plot: None,
        scenarios: &["kbps-"],
    },
    Group {
        title: "Delivery intervals",
        about: "The same number of listeners with other delivery intervals.",
        plot: Some(Plot::Intervals),
        scenarios: &["interval-"],
    },
    Group {
        title: "A long run",
        about: "Whether memory grows, and whether listeners keep up with the clock.",
        plot: Some(Plot::Soak),
        scenarios: &["soak"],
    },
];

/// The group of all scenarios that are in no other group.
const OTHERS: Group = Group {
    title: "Other scenarios",
    about: "Scenarios that `benches/suite` does not run.",
    plot: None,
    scenarios: &[],
};

impl Group {
    /// Returns whether benches/suite measures the scenarios of this group.
    pub fn is_in_suite(&self) -> bool {
        !self.scenarios.is_empty()
    }

    /// Returns the position of a scenario in this group, if the group has it.
    fn position(&self, name: &str) -> Option<usize> {
        self.scenarios
            .iter()
            .position(|known| if known.ends_with('-') { name.starts_with(known) } else { name == *known })
    }
}

/// Returns all groups that have a scenario. Within a group, scenarios are in the order of their names: 1000
/// before 19000.
pub fn group_scenarios<'a>(scenarios: &'a [Scenario<'a>]) -> Vec<(Group, Vec<&'a Scenario<'a>>)> {
    let known = |scenario: &&Scenario| GROUPS.iter().any(|group| group.position(scenario.name).is_some());
    let others: Vec<&Scenario> = scenarios.iter().filter(|scenario| !known(scenario)).collect();
    let grouped = GROUPS.into_iter().map(|group| {
        let mut members: Vec<&Scenario> =
            scenarios.iter().filter(|scenario| group.position(scenario.name).is_some()).collect();
        members.sort_by(|one, other| natord::compare(one.name, other.name));
        members.sort_by_key(|scenario| group.position(scenario.name));
        (group, members)
    });
    grouped.chain([(OTHERS, others)]).filter(|(_, members)| !members.is_empty()).collect()
}
