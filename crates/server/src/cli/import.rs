//! `tidings import`: many notifications from a file, one on each line, in JSON.
//!
//! Each line goes under a key. Where the file gives none, it is made of the content of the whole file and the
//! number of the line: after an interruption, the same command goes on, and makes nothing twice. Nothing has to
//! be remembered here for that.

mod batch;
mod line;
mod source;

use std::{path::PathBuf, time::Duration};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use self::{
    batch::{Batch, Told},
    line::Line,
    source::Source,
};
use super::{
    http::{AsAdmin, Server},
    output,
    patience::Patience,
};
use crate::failure::Failure;

/// Nobody waits: a server that restarts, or is busy for a while, is waited for.
const PATIENCE: Patience = Patience { tries: 8, pause: Duration::from_secs(1), longest: Duration::from_secs(30) };

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// A file of one JSON object on each line, as POST /api/v1/admin/notifications takes them, and with an
    /// `idempotency_key` if you like; or - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    admin: AsAdmin,
}

/// What became of the lines so far.
#[derive(Debug, Default)]
struct Tally {
    stored: u64,
    repeated: u64,
    refused: u64,
}

impl Import {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let mut source = Source::open(&self.file)?;
        let server = self.admin.server().await?;
        let bar = progress(source.length());
        let mut tally = Tally::default();
        let done = send_all(&mut source, &server, &bar, &mut tally).await;
        bar.finish_and_clear();
        let Tally { stored, repeated, refused } = tally;
        output::line(&format!("{stored} stored, {repeated} were there already, {refused} refused"))?;
        done?;
        match refused {
            0 => Ok(()),
            1 => Err(Failure::new("1 line was refused.")),
            many => Err(Failure::new(format!("{many} lines were refused."))),
        }
    }
}

async fn send_all(source: &mut Source, server: &Server, bar: &ProgressBar, tally: &mut Tally) -> Result<(), Failure> {
    let mut batch = Batch::default();
    while let Some(line) = source.next()? {
        let line = match line {
            Line::Text { number, text } => Line::Text { number, text: line::with_key(text, source.name(), number) },
            too_long @ Line::TooLong { .. } => too_long,
        };
        if !batch.has_room_for(&line) {
            deliver(&mut batch, server, bar, tally).await?;
            bar.set_position(source.position());
        }
        batch.add(line);
    }
    deliver(&mut batch, server, bar, tally).await
}

/// Sends what a batch holds until each line of it is stored or refused.
async fn deliver(batch: &mut Batch, server: &Server, bar: &ProgressBar, tally: &mut Tally) -> Result<(), Failure> {
    let mut tried = 1;
    while let Some(first) = batch.first() {
        let interrupted = |trouble: &dyn std::fmt::Display| {
            let rest = format!("Line {first} and those after it may not be stored. Run it again to go on.");
            Failure::new(format!("{trouble} {rest}"))
        };
        let told = batch.send(server, PATIENCE).await.map_err(|failure| interrupted(&failure))?;
        let mut not_now = None;
        for told in told {
            match told {
                Told::Stored => tally.stored += 1,
                Told::Repeated => tally.repeated += 1,
                Told::Refused { number, reason } => {
                    tally.refused += 1;
                    bar.suspend(|| output::note(&format!("line {number}: {reason}")));
                }
                Told::NotNow { reason } => not_now = Some(reason),
            }
        }
        if let Some(reason) = not_now {
            if tried == PATIENCE.tries {
                return Err(interrupted(&format!("the server cannot store it: {reason}.")));
            }
            tokio::time::sleep(PATIENCE.pause_after(tried)).await;
            tried += 1;
        }
    }
    Ok(())
}

/// Shown on standard error, and only where that is a terminal.
fn progress(bytes: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {percent:>3} %, {eta} to go");
    ProgressBar::new(bytes).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
