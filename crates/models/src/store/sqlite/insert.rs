//! Inserting many rows by few statements that stay prepared.
//!
//! Each statement is a hop to the thread of the connection and back, and parsing one of many rows costs
//! more than running it. So an [`Insert`] fills several tables at once, and has one text for each power
//! of two of rows: a group takes the smallest that fits, and leaves the rest of it NULL, which is skipped.

use std::sync::{Arc, OnceLock};

use sqlx::{Arguments as _, AssertSqlSafe, Encode, Sqlite, SqliteConnection, Type, sqlite::SqliteArguments};

use super::{
    StoreError,
    shared::table::{Last, Table},
};

/// Rows of one table at most, by the size of a text: 1, 2, 4, and so on up to [`MOST`].
const SIZES: usize = 9;
/// Rows of one table that one statement takes. More are written in several.
pub(super) const MOST: usize = 1 << (SIZES - 1);

/// Inserts into some tables, in their order.
pub(super) struct Insert {
    tables: &'static [Table],
    last: Last,
    texts: [OnceLock<Arc<str>>; SIZES],
}

impl Insert {
    pub(super) const fn new(tables: &'static [Table], last: Last) -> Self {
        Self { tables, last, texts: [const { OnceLock::new() }; SIZES] }
    }

    fn text(&self, size: usize) -> Arc<str> {
        let rows = 1 << size;
        Arc::clone(self.texts[size].get_or_init(|| {
            let table = |table: &Table| {
                let row = format!("({})", vec!["?"; table.columns.len()].join(","));
                let rows = vec![row; rows].join(",");
                let (Table { name, rest, .. }, names) = (table, table.names());
                format!("INSERT INTO {name} ({names}) SELECT * FROM (VALUES {rows}) WHERE column1 IS NOT NULL {rest};")
            };
            let tables: String = self.tables.iter().map(table).collect();
            let last = match self.last {
                Last::Nothing => "",
                Last::Head => "UPDATE head SET position = ? WHERE id = 1",
                Last::HeadAndCommit => "UPDATE head SET position = ? WHERE id = 1; COMMIT",
            };
            format!("{tables}{last}").into()
        }))
    }

    /// Begins a statement for at most so many rows of each table.
    pub(super) fn of(&'static self, rows: usize) -> Filling {
        let size = rows.clamp(1, MOST).next_power_of_two().ilog2() as usize;
        let mut values = Values::default();
        values.args.reserve((self.tables.iter().map(|table| table.columns.len()).sum::<usize>() << size) + 1, 0);
        Filling { insert: self, size, next: 0, values }
    }
}

/// A statement that is being filled, table by table.
pub(super) struct Filling {
    insert: &'static Insert,
    size: usize,
    next: usize,
    values: Values,
}

/// The values of a statement, in their order.
#[derive(Default)]
pub(super) struct Values {
    args: SqliteArguments,
    failed: Option<sqlx::error::BoxDynError>,
}

impl Values {
    pub(super) fn add<'t>(&mut self, value: impl Encode<'t, Sqlite> + Type<Sqlite>) -> &mut Self {
        if let Err(error) = self.args.add(value) {
            self.failed = Some(error);
        }
        self
    }
}

impl Filling {
    /// Gives the next table its rows.
    pub(super) fn rows<T>(&mut self, rows: &[T], mut row: impl FnMut(&mut Values, &T)) -> &mut Self {
        for given in rows {
            row(&mut self.values, given);
        }
        let columns = self.insert.tables.get(self.next).map_or(0, |table| table.columns.len());
        for _ in 0..((1_usize << self.size) - rows.len()) * columns {
            self.values.add(None::<i64>);
        }
        self.next += 1;
        self
    }

    /// Writes the rows. `last`: what the statement that comes last is given.
    pub(super) async fn write(self, conn: &mut SqliteConnection, last: Option<i64>) -> Result<(), StoreError> {
        let mut values = self.values;
        if let Some(last) = last {
            values.add(last);
        }
        if let Some(error) = values.failed {
            return Err(sqlx::Error::Encode(error).into());
        }
        sqlx::query_with(AssertSqlSafe(self.insert.text(self.size)), values.args).execute(conn).await?;
        Ok(())
    }
}
