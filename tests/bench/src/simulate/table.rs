//! The tables of docs/scaling.md.

use std::fmt::Write as _;

use super::{
    capacity::{Costs, Deployment, Figures, Routing, Usage, figures},
    queue::{self, Served},
};
use crate::report::number;

/// Users, partitions and routing of each row.
const DEPLOYMENTS: [(f64, f64, Routing); 9] = [
    (1e5, 1.0, Routing::Anywhere),
    (1e6, 1.0, Routing::Anywhere),
    (1e7, 1.0, Routing::Anywhere),
    (1e7, 8.0, Routing::Anywhere),
    (1e7, 8.0, Routing::BySlot),
    (1e8, 1.0, Routing::Anywhere),
    (1e8, 64.0, Routing::Anywhere),
    (1e8, 64.0, Routing::BySlot),
    (1e8, 128.0, Routing::BySlot),
];

pub(super) fn deployments(costs: &Costs, usage: &Usage) -> String {
    let mut out = "| users | streams | events/s | partitions | users come | nodes | events read by a node, 1/s \
                   | CPU of a node: reading | delivering | requests | CPU of a database | of what the row can do | stored after, p50 | p99 |\n\
                   | ---: | ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
        .to_owned();
    for (users, partitions, routing) in DEPLOYMENTS {
        let Figures { streams, events, nodes, reads, reading, delivering, requests, database, row } =
            figures(costs, usage, Deployment { users, partitions, routing });
        let routing = match routing {
            Routing::Anywhere => "anywhere",
            Routing::BySlot => "by slot",
        };
        let cells = [
            number(users),
            number(streams),
            number(events),
            number(partitions).trim_end_matches(".00").trim_end_matches(".0").to_owned(),
            routing.to_owned(),
            whole(nodes),
            number(reads),
            share(reading),
            share(delivering),
            share(requests),
            share(database),
            share(row.load),
            wait(&row, row.p50),
            wait(&row, row.p99),
        ];
        let _ = writeln!(out, "| {} |", cells.join(" | ")); // into a String: cannot fail
    }
    out
}

/// How full the row of one log is, by how much comes and how many nodes write.
pub(super) fn head_rows(costs: &Costs) -> String {
    let mut out =
        "| events/s | nodes that write | events of a group | of what the row can do | stored after, p50 | p99 |\n\
                   | ---: | ---: | ---: | ---: | ---: | ---: |\n"
            .to_owned();
    for rate in [100.0, 500.0, 1_000.0, 2_000.0, 5_000.0, 10_000.0] {
        for writers in [1, 3, 10, 30] {
            let row = queue::serve(costs, rate, writers, 1);
            let cells = [
                number(rate),
                writers.to_string(),
                number(row.group),
                share(row.load),
                wait(&row, row.p50),
                wait(&row, row.p99),
            ];
            let _ = writeln!(out, "| {} |", cells.join(" | "));
        }
    }
    out
}

fn whole(value: f64) -> String {
    number(value.round()).split('.').next().unwrap_or_default().to_owned()
}

fn share(part: f64) -> String {
    let percent = format!("{} %", number(part * 100.0));
    if part > 0.98 { format!("**{percent}**") } else { percent }
}

fn wait(row: &Served, millis: f64) -> String {
    if row.keeps_up { format!("{} ms", number(millis)) } else { "**never**".into() }
}
