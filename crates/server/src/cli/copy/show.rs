//! How far a copy has come, for people: a bar on a terminal, and elsewhere a line now and then.

use std::cell::Cell;

use indicatif::{ProgressBar, ProgressStyle};
use tidings_models::store::copy::{Progress, Stage};

use crate::cli::output;

/// Lines for each stage, where there is no terminal. Bounds what a log of it takes.
const LINES: u64 = 10;

pub(super) struct Show {
    bar: ProgressBar,
    /// The stage and the tenth of it that were last told of.
    told: Cell<Option<(Stage, u64)>>,
}

impl Show {
    pub(super) fn new() -> Self {
        let style = ProgressStyle::with_template("{msg:<28} {wide_bar} {human_pos} of {human_len} rows, {eta} to go");
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        Self { bar: ProgressBar::new(0).with_style(style), told: Cell::new(None) }
    }

    pub(super) fn progress(&self, progress: Progress) {
        let Progress { stage, table, rows, of } = progress;
        let doing = match stage {
            Stage::Copying => "copying",
            Stage::Verifying => "comparing",
        };
        let told = (stage, rows.saturating_mul(LINES).checked_div(of).unwrap_or(LINES));
        let before = self.told.replace(Some(told));
        if self.bar.is_hidden() {
            if before != Some(told) {
                output::note(&format!("{doing} {table}: {rows} of {of} rows in all"));
            }
            return;
        }
        if before.is_none_or(|(before, _)| before != stage) {
            self.bar.reset();
        }
        self.bar.set_length(of);
        self.bar.set_message(format!("{doing} {table}"));
        self.bar.set_position(rows);
    }

    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
