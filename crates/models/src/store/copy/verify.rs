//! That a copy is what it is a copy of.

use futures_util::TryStreamExt as _;

use super::{CopyError, row, source::Source, tables::Table, target::Target};

/// Rows after which it is told how far this has come.
const TELL_EVERY: u64 = 10_000;

/// Reads a table from end to end on both sides, and compares row by row. `rows` counts on.
pub(super) async fn table(
    source: &mut Source,
    target: &mut Target,
    table: &Table,
    count: u64,
    rows: &mut u64,
    tell: &mut impl FnMut(u64),
) -> Result<(), CopyError> {
    let there = target.count(table).await?;
    if there != count {
        return Err(CopyError::Count { table: table.name, here: count, there });
    }
    let (mut left, mut right) = (source.rows(table, None), target.rows(table));
    let (mut here, mut there) = (Vec::new(), Vec::new());
    let mut number = 0;
    loop {
        number += 1;
        let (one, other) = tokio::try_join!(left.try_next(), right.try_next())?;
        let (Some(one), Some(other)) = (&one, &other) else {
            return if one.is_none() && other.is_none() {
                tell(*rows);
                Ok(())
            } else {
                Err(CopyError::Differs { table: table.name, row: number })
            };
        };
        here.clear();
        there.clear();
        row::of_sqlite(table, one, &mut here)?;
        row::of_postgres(table, other, &mut there)?;
        if here != there {
            return Err(CopyError::Differs { table: table.name, row: number });
        }
        *rows += 1;
        if rows.is_multiple_of(TELL_EVERY) {
            tell(*rows);
        }
    }
}
