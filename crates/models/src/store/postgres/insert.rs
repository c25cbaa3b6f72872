//! Inserting many rows by few statements that stay prepared.
//!
//! A column is given as one array, so one text takes any number of rows. What fills several tables is one statement
//! too, of parts: a statement costs a round trip.

use std::sync::{Arc, OnceLock};

use sqlx::{AssertSqlSafe, PgConnection, Postgres, postgres::PgArguments, query::Query};
use uuid::Uuid;

use super::{
    StoreError,
    shared::table::{Kind, Last, Table},
};
use crate::Timestamp;

/// Rows of one table that one statement takes: many more than a group has. Bounds a message to the server.
pub(super) const MOST: usize = 1 << 16;

/// Inserts into some tables.
pub(super) struct Insert {
    tables: &'static [Table],
    last: Last,
    text: OnceLock<Arc<str>>,
}

impl Insert {
    pub(super) const fn new(tables: &'static [Table], last: Last) -> Self {
        Self { tables, last, text: OnceLock::new() }
    }

    fn text(&self) -> Arc<str> {
        let make = || {
            let mut given = 0;
            let mut inserts: Vec<_> = self.tables.iter().map(|table| insert(table, &mut given)).collect();
            if self.last == Last::Nothing && inserts.len() == 1 {
                return inserts.remove(0).into();
            }
            let part = |(number, insert): (usize, &String)| format!("part{number} AS ({insert})");
            let parts: Vec<_> = inserts.iter().enumerate().map(part).collect();
            let last = match self.last {
                Last::Nothing => "SELECT 1".to_owned(),
                Last::Head | Last::HeadAndCommit => {
                    format!("UPDATE head SET position = ${} WHERE id = 1", given + 1)
                }
            };
            format!("WITH {} {last}", parts.join(", ")).into()
        };
        Arc::clone(self.text.get_or_init(make))
    }

    /// Begins a statement. It takes as many rows as there are.
    pub(super) fn of(&'static self, _: usize) -> Filling {
        let columns = self.tables.iter().flat_map(|table| table.columns).map(|(_, kind)| Column::of(*kind)).collect();
        Filling { insert: self, next: 0, values: Values { columns, first: 0, width: 1, next: 0, misplaced: false } }
    }
}

fn insert(table: &Table, given: &mut usize) -> String {
    let array = |(_, kind): &(&str, Kind)| {
        *given += 1;
        let name = match kind {
            Kind::Number => "bigint",
            Kind::Flag => "boolean",
            Kind::Text => "text",
            Kind::Id => "uuid",
            Kind::Bytes => "bytea",
            Kind::Time => "timestamptz",
        };
        format!("CAST(${given} AS {name}[])")
    };
    let arrays: Vec<_> = table.columns.iter().map(array).collect();
    let (Table { name, rest, .. }, names) = (table, table.names());
    format!("INSERT INTO {name} ({names}) SELECT * FROM UNNEST({}) {rest}", arrays.join(", "))
}

/// The values of one column.
pub(super) enum Column {
    Number(Vec<Option<i64>>),
    Flag(Vec<Option<bool>>),
    Text(Vec<Option<Arc<str>>>),
    Id(Vec<Option<Uuid>>),
    Bytes(Vec<Option<Vec<u8>>>),
    Time(Vec<Option<Timestamp>>),
}

impl Column {
    fn of(kind: Kind) -> Self {
        match kind {
            Kind::Number => Self::Number(Vec::new()),
            Kind::Flag => Self::Flag(Vec::new()),
            Kind::Text => Self::Text(Vec::new()),
            Kind::Id => Self::Id(Vec::new()),
            Kind::Bytes => Self::Bytes(Vec::new()),
            Kind::Time => Self::Time(Vec::new()),
        }
    }

    fn bind<'q>(&'q self, query: Query<'q, Postgres, PgArguments>) -> Query<'q, Postgres, PgArguments> {
        match self {
            Self::Number(values) => query.bind(values),
            Self::Flag(values) => query.bind(values),
            Self::Text(values) => query.bind(values.iter().map(Option::as_deref).collect::<Vec<_>>()),
            Self::Id(values) => query.bind(values),
            Self::Bytes(values) => query.bind(values),
            Self::Time(values) => query.bind(values),
        }
    }
}

/// What can be put into a column. Whether it is one of that kind.
pub(super) trait Value {
    /// Adds a value, or else NULL.
    fn put(value: Option<Self>, column: &mut Column) -> bool
    where
        Self: Sized;
}

macro_rules! values {
    ($($of:ty => $kind:ident;)*) => {
        $(impl Value for $of {
            fn put(value: Option<Self>, column: &mut Column) -> bool {
                let Column::$kind(values) = column else { return false };
                values.push(value);
                true
            }
        })*
    };
}

values! {
    i64 => Number;
    bool => Flag;
    Arc<str> => Text;
    Uuid => Id;
    Vec<u8> => Bytes;
    Timestamp => Time;
}

impl Value for &str {
    fn put(value: Option<Self>, column: &mut Column) -> bool {
        Arc::<str>::put(value.map(Arc::from), column)
    }
}

impl Value for String {
    fn put(value: Option<Self>, column: &mut Column) -> bool {
        Arc::<str>::put(value.map(Arc::from), column)
    }
}

impl<T: Value> Value for Option<T> {
    fn put(value: Option<Self>, column: &mut Column) -> bool {
        T::put(value.flatten(), column)
    }
}

/// The values of a statement, row by row.
pub(super) struct Values {
    columns: Vec<Column>,
    /// The first column of the table that is being filled, how many it has, and which is next.
    first: usize,
    width: usize,
    next: usize,
    misplaced: bool,
}

impl Values {
    pub(super) fn add(&mut self, value: impl Value) -> &mut Self {
        let column = self.columns.get_mut(self.first + self.next);
        self.misplaced |= !column.is_some_and(|column| Value::put(Some(value), column));
        self.next = (self.next + 1) % self.width;
        self
    }
}

/// A statement that is being filled, table by table.
pub(super) struct Filling {
    insert: &'static Insert,
    next: usize,
    values: Values,
}

impl Filling {
    /// Gives the next table its rows.
    pub(super) fn rows<T>(&mut self, rows: &[T], mut row: impl FnMut(&mut Values, &T)) -> &mut Self {
        let width = self.insert.tables.get(self.next).map_or(1, |table| table.columns.len());
        (self.values.width, self.values.next) = (width, 0);
        for given in rows {
            row(&mut self.values, given);
        }
        self.values.first += width;
        self.next += 1;
        self
    }

    /// Writes the rows. `last`: what comes last is given.
    pub(super) async fn write(self, conn: &mut PgConnection, last: Option<i64>) -> Result<(), StoreError> {
        if self.values.misplaced {
            return Err(sqlx::Error::Encode("a value in a column of another kind".into()).into());
        }
        let mut query = sqlx::query(AssertSqlSafe(self.insert.text()));
        for column in &self.values.columns {
            query = column.bind(query);
        }
        if let Some(last) = last {
            query = query.bind(last);
        }
        query.execute(&mut *conn).await?;
        if self.insert.last == Last::HeadAndCommit {
            sqlx::query("COMMIT").execute(conn).await?;
        }
        Ok(())
    }
}
