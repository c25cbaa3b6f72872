//! Tables that many rows are inserted into at once, as each database's `insert.rs` takes them.

/// A table with the columns that are given, of which the first is never NULL.
pub(in crate::store) struct Table {
    pub(in crate::store) name: &'static str,
    pub(in crate::store) columns: &'static [(&'static str, Kind)],
    /// What follows the rows: what becomes of one that is there already.
    pub(in crate::store) rest: &'static str,
}

/// What a column holds. SQLite takes it as it comes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::store) enum Kind {
    Number,
    Flag,
    Text,
    Id,
    Bytes,
    Time,
}

/// What comes after the rows.
#[derive(Clone, Copy, PartialEq)]
pub(in crate::store) enum Last {
    Nothing,
    /// The new head of the log.
    Head,
    /// That, and the end of the transaction.
    HeadAndCommit,
}

impl Table {
    /// The names of the columns, as a statement lists them.
    pub(in crate::store) fn names(&self) -> String {
        self.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }
}
