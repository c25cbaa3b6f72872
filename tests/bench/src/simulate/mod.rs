//! What cannot be measured on one machine: many nodes, and a log in partitions. See docs/scaling.md.
//!
//! Two parts. The figures of a deployment are worked out from what the benchmark has measured, with a queue for the row
//! that all writers take. And the protocol of the partitioned log is put through random histories.

mod capacity;
mod cursor;
mod histories;
mod queue;
mod table;

use clap::Args;

use self::{
    capacity::{Costs, Usage},
    histories::Bug,
};
use crate::failure::{Failure, Result};

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    costs: Costs,
    #[command(flatten)]
    usage: Usage,
    /// Random histories of the protocol to run.
    #[arg(long, default_value_t = 100_000)]
    histories: u64,
    /// Where their randomness begins: the same histories for the same seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A mistake to plant, to see it found.
    #[arg(long, value_enum)]
    plant: Option<Bug>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    println!("{}", table::deployments(&options.costs, &options.usage));
    println!("{}", table::head_rows(&options.costs));
    println!("{}", cursor::table());
    let tally = histories::run(options.histories, options.seed, options.plant)
        .map_err(|broken| Failure::new(format!("history {}: {}", broken.seed, broken.what)))?;
    println!("{} histories, and every promise held:\n", options.histories);
    for (what, count) in tally.all() {
        println!("- {what}: {count}");
    }
    Ok(())
}
