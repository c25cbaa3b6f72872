//! A row as bytes that both databases agree on: as the binary form of PostgreSQL's COPY has it, so that it is written
//! there as it is, and compared as it is.

use sqlx::{
    Row as _, Sqlite, ValueRef as _,
    postgres::PgRow,
    query::Query,
    sqlite::{SqliteArguments, SqliteRow},
};

use super::{
    super::timestamp::{from_micros, to_micros},
    tables::{Kind, Table},
};
use crate::Timestamp;

/// What a COPY in binary form begins with: no flags, and nothing more to come.
pub(super) const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What it ends with.
pub(super) const TRAILER: &[u8] = &[0xff, 0xff];
/// The length of what is NULL.
const NULL: i32 = -1;

/// A value that cannot be kept in the other database as it is here.
#[derive(Debug, thiserror::Error)]
#[error("{column} of {table}: {problem}")]
struct Unfit {
    table: &'static str,
    column: &'static str,
    problem: &'static str,
}

/// Writes a row of SQLite. Its columns are those of the table, in their order.
pub(super) fn of_sqlite(table: &Table, row: &SqliteRow, into: &mut Vec<u8>) -> Result<(), sqlx::Error> {
    begin(table, into);
    for (place, (column, kind)) in table.columns().enumerate() {
        if row.try_get_raw(place)?.is_null() {
            into.extend(NULL.to_be_bytes());
            continue;
        }
        let unfit = |problem| sqlx::Error::Decode(Unfit { table: table.name, column, problem }.into());
        match kind {
            Kind::Number => field(into, &row.try_get_unchecked::<i64, _>(place)?.to_be_bytes()),
            Kind::Small => field(into, &row.try_get_unchecked::<i32, _>(place)?.to_be_bytes()),
            Kind::Flag => match row.try_get_unchecked::<i64, _>(place)? {
                flag @ (0 | 1) => field(into, &[u8::from(flag == 1)]),
                _ => return Err(unfit("a flag is neither 0 nor 1")),
            },
            Kind::Text => match row.try_get_unchecked::<&str, _>(place)? {
                text if text.contains('\0') => return Err(unfit("PostgreSQL keeps no text with a zero byte")),
                text => field(into, text.as_bytes()),
            },
            Kind::Id => match row.try_get_unchecked::<&[u8], _>(place)? {
                id if id.len() == 16 => field(into, id),
                _ => return Err(unfit("an id has 16 bytes")),
            },
            Kind::Bytes => field(into, row.try_get_unchecked::<&[u8], _>(place)?),
            Kind::Time => {
                let at = row.try_get_unchecked::<Timestamp, _>(place)?;
                if from_micros(to_micros(at)) != at {
                    return Err(unfit("PostgreSQL cannot keep this time"));
                }
                field(into, &to_micros(at).to_be_bytes());
            }
        }
    }
    Ok(())
}

/// Writes a row of PostgreSQL: prepared statements give values in binary form.
pub(super) fn of_postgres(table: &Table, row: &PgRow, into: &mut Vec<u8>) -> Result<(), sqlx::Error> {
    begin(table, into);
    for place in 0..table.columns().count() {
        let value = row.try_get_raw(place)?;
        if value.is_null() {
            into.extend(NULL.to_be_bytes());
        } else {
            field(into, value.as_bytes().map_err(sqlx::Error::Decode)?);
        }
    }
    Ok(())
}

fn begin(table: &Table, into: &mut Vec<u8>) {
    let columns = i16::try_from(table.columns().count()).unwrap_or(i16::MAX);
    into.extend(columns.to_be_bytes());
}

fn field(into: &mut Vec<u8>, value: &[u8]) {
    // No database keeps values of two gigabytes.
    into.extend(i32::try_from(value.len()).unwrap_or(i32::MAX).to_be_bytes());
    into.extend(value);
}

/// Where a row stands: its primary key.
pub(super) struct Key(Vec<Part>);

enum Part {
    Number(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Key {
    /// That of a row of which the first columns are asked for.
    pub(super) fn of_postgres(table: &Table, row: &PgRow) -> Result<Self, sqlx::Error> {
        let part = |(place, (_, kind)): (usize, &(&str, Kind))| {
            Ok(match kind {
                Kind::Number => Part::Number(row.try_get(place)?),
                Kind::Small => Part::Number(row.try_get::<i32, _>(place)?.into()),
                Kind::Flag => Part::Number(row.try_get::<bool, _>(place)?.into()),
                Kind::Time => Part::Number(row.try_get::<Timestamp, _>(place)?.as_millis()),
                Kind::Text => Part::Text(row.try_get(place)?),
                Kind::Id => Part::Bytes(row.try_get::<uuid::Uuid, _>(place)?.into_bytes().to_vec()),
                Kind::Bytes => Part::Bytes(row.try_get(place)?),
            })
        };
        Ok(Self(table.key.iter().enumerate().map(part).collect::<Result<_, sqlx::Error>>()?))
    }

    pub(super) fn bind<'q>(&self, query: Query<'q, Sqlite, SqliteArguments>) -> Query<'q, Sqlite, SqliteArguments> {
        self.0.iter().fold(query, |query, part| match part {
            Part::Number(number) => query.bind(*number),
            Part::Text(text) => query.bind(text.clone()),
            Part::Bytes(bytes) => query.bind(bytes.clone()),
        })
    }
}
