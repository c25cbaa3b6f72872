//! What is described is all that there is.

use std::collections::BTreeMap;

use super::{
    super::tables::{Kind, NOT_COPIED, OF_SERVERS},
    *,
};

/// A table: its columns with their types, by name, and those of its primary key in their order.
type Structure = BTreeMap<String, (BTreeMap<String, String>, Vec<String>)>;

fn described(name_of: impl Fn(Kind) -> &'static str) -> Structure {
    let table = |table: &Table| {
        let columns = table.columns().map(|(name, kind)| ((*name).to_owned(), name_of(*kind).to_owned())).collect();
        let key = table.key.iter().map(|(name, _)| (*name).to_owned()).collect();
        (table.name.to_owned(), (columns, key))
    };
    TABLES.iter().map(table).collect()
}

/// Of rows (table, column, type, place in the primary key from 1, or 0).
fn found(rows: &[(String, String, String, i64)]) -> Structure {
    let mut structure = Structure::new();
    let mut keys: Vec<_> = rows.iter().filter(|(.., place)| *place > 0).collect();
    keys.sort_by_key(|(.., place)| *place);
    for (table, column, of, _) in rows {
        structure.entry(table.clone()).or_default().0.insert(column.clone(), of.clone());
    }
    for (table, column, ..) in keys {
        structure.entry(table.clone()).or_default().1.push(column.clone());
    }
    for name in NOT_COPIED {
        assert!(structure.remove(name).is_some(), "there is no table {name}");
    }
    structure
}

#[tokio::test]
async fn all_that_a_file_has_is_copied() {
    const COLUMNS: &str = "SELECT t.name, c.name, c.type, c.pk FROM sqlite_schema t, pragma_table_info(t.name) c \
                           WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%'";
    let left = Left::with(0).await;
    let mut file = SqliteConnection::connect(&left.url).await.unwrap();
    let rows: Vec<_> = sqlx::query_as(COLUMNS).fetch_all(&mut file).await.unwrap();
    let expected = described(|kind| match kind {
        Kind::Number | Kind::Small | Kind::Flag | Kind::Time => "INTEGER",
        Kind::Text => "TEXT",
        Kind::Id | Kind::Bytes => "BLOB",
    });
    assert_eq!(found(&rows), expected);
}

#[tokio::test]
async fn all_that_a_server_has_is_filled() {
    const COLUMNS: &str = "SELECT CAST(c.relname AS text), CAST(a.attname AS text), format_type(a.atttypid, a.atttypmod), \
           CAST(COALESCE(array_position(CAST(i.indkey AS smallint[]), a.attnum) + 1, 0) AS bigint) \
         FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
           LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary \
         WHERE c.relkind = 'r' AND c.relnamespace = CAST('public' AS regnamespace)";
    /// The tables that have a counter. It would have to be set behind what was copied.
    const COUNTED: &str = "SELECT CAST(t.relname AS text) FROM pg_class s JOIN pg_depend d ON d.objid = s.oid \
           AND d.deptype IN ('a', 'i') JOIN pg_class t ON t.oid = d.refobjid WHERE s.relkind = 'S'";
    let url = empty_database();
    arrived(&url).await.unwrap().close().await;
    let mut server = PgConnection::connect(&url).await.unwrap();
    let mut rows: Vec<(String, String, String, i64)> = sqlx::query_as(COLUMNS).fetch_all(&mut server).await.unwrap();
    for (table, column) in OF_SERVERS {
        let of_servers = rows.extract_if(.., |row| (row.0.as_str(), row.1.as_str()) == (table, column));
        assert_eq!(of_servers.count(), 1, "there is no {column} of {table}");
    }
    let expected = described(|kind| match kind {
        Kind::Number => "bigint",
        Kind::Small => "integer",
        Kind::Flag => "boolean",
        Kind::Text => "text",
        Kind::Id => "uuid",
        Kind::Bytes => "bytea",
        Kind::Time => "timestamp with time zone",
    });
    assert_eq!(found(&rows), expected);
    let counted: Vec<String> = sqlx::query_scalar(COUNTED).fetch_all(&mut server).await.unwrap();
    assert_eq!(counted, ["whispers"], "and it is not copied");
}
