//! The rows that the server writes for notifications, written without the server.

use std::{
    collections::{HashMap, hash_map::Entry},
    fs,
    path::Path,
};

use rusqlite::{CachedStatement, Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};

use crate::failure::{Failure, Result};

/// The server's own structure.
const MIGRATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/sqlite");
/// So that the JSON of a notification is about 300 bytes.
const BODY_BYTES: usize = 130;

/// A log that this process writes.
pub(crate) struct Log {
    connection: Connection,
    /// The last seqs of audiences, which the server keeps in memory as well.
    seqs: HashMap<String, i64>,
    /// When everything in it was made, in milliseconds, and the same as text.
    at: i64,
    at_text: String,
    body: String,
}

impl Log {
    /// A new log, without a server.
    pub(crate) fn new(path: &Path) -> Result<Self> {
        let connection = Connection::open(path)?;
        set_up(&connection)?;
        let mut migrations: Vec<_> =
            fs::read_dir(MIGRATIONS)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
        migrations.sort(); // their names begin with their numbers
        for path in migrations {
            connection.execute_batch(&fs::read_to_string(path)?)?;
        }
        let head = "INSERT INTO head (id, epoch, position, floor) VALUES (1, randomblob(16), 0, 0)";
        connection.execute(head, [])?;
        connection
            .execute("INSERT INTO epochs SELECT epoch, CAST(unixepoch('subsec') * 1000 AS INTEGER) FROM head", [])?;
        Self::of(connection)
    }

    /// The log of a server that does not run, to be filled quickly: what is lost when the machine stops
    /// meanwhile is only the benchmark's.
    pub(crate) fn fill(path: &Path) -> Result<Self> {
        let connection = Connection::open(path)?;
        set_up(&connection)?;
        connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000")?;
        Self::of(connection)
    }

    fn of(connection: Connection) -> Result<Self> {
        // The log began when the machine said so: everything in it is as old.
        let times = "SELECT began_at, strftime('%Y-%m-%dT%H:%M:%fZ', began_at / 1000.0, 'unixepoch') FROM epochs \
                     JOIN head USING (epoch)";
        let (at, at_text) = connection.query_row(times, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let seqs = HashMap::new();
        Ok(Self {
            connection,
            seqs,
            at,
            at_text,
            body: "Whoever reads this measures. ".repeat(6)[..BODY_BYTES].to_owned(),
        })
    }

    /// One transaction: a notification for each list of users.
    pub(crate) fn commit<'a>(&mut self, notifications: impl IntoIterator<Item = &'a [String]>) -> Result<()> {
        let (at, body) = (self.at, &self.body);
        let tx = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut position: i64 = tx.query_row("SELECT position FROM head WHERE id = 1", [], |row| row.get(0))?;
        let mut statements = Statements::prepare(&tx)?;
        let before = position;
        for users in notifications {
            let payload = position + 1;
            let (id, id_text) = id(at, payload);
            let json = format!(
                r#"{{"id":"{id_text}","title":"Build {payload} failed","body":"{body}","level":"info","critical":false,"created_at":"{}"}}"#,
                self.at_text
            );
            statements.payload.execute(params![payload, json])?;
            statements.notification.execute(params![id, payload, "info", None::<String>, at])?;
            for user in users {
                position += 1;
                let audience = format!("user:{user}");
                statements.recipient.execute(params![user, before, at])?;
                let seq = match self.seqs.entry(audience.clone()) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(new) => new.insert(
                        statements.last.query_row(params![audience], |row| row.get(0)).optional()?.unwrap_or(0),
                    ),
                };
                *seq += 1;
                let seq = *seq;
                statements.entry.execute(params![audience, position, seq, id])?;
                statements.event.execute(params![position, audience, seq, payload, at])?;
            }
        }
        drop(statements);
        tx.execute("UPDATE head SET position = ?1 WHERE id = 1", [position])?;
        Ok(tx.commit()?)
    }

    /// The last position. Where every notification went to one user, there are so many of them.
    pub(crate) fn position(&self) -> Result<u64> {
        Ok(self.connection.query_row("SELECT position FROM head WHERE id = 1", [], |row| row.get(0))?)
    }

    /// So many users more are known, who have nothing of their own.
    pub(crate) fn know(&mut self, users: u64) -> Result<()> {
        let known = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) \
                     INSERT INTO recipients (user_id, known_from, created_at) SELECT 'known-' || i, 0, ?2 FROM n";
        Ok(self.connection.execute(known, params![users, self.at]).map(drop)?)
    }

    /// Everybody has seen and read what there is up to a position.
    pub(crate) fn read_up_to(&mut self, position: u64) -> Result<()> {
        let update = "UPDATE recipients SET seen_up_to = ?1, read_up_to = ?1";
        Ok(self.connection.execute(update, [position]).map(drop)?)
    }

    /// Puts everything into the database file, so that the server starts as if it had long run.
    pub(crate) fn finish(self) -> Result<()> {
        self.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
        self.connection.close().map_err(|(_, error)| Failure::from(error))
    }
}

/// What every connection of the server begins with.
pub(crate) fn set_up(connection: &Connection) -> Result<()> {
    Ok(connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
         PRAGMA journal_size_limit = 67108864; PRAGMA trusted_schema = OFF; PRAGMA busy_timeout = 5000",
    )?)
}

/// In the order in which the server writes them.
struct Statements<'a> {
    recipient: CachedStatement<'a>,
    last: CachedStatement<'a>,
    payload: CachedStatement<'a>,
    notification: CachedStatement<'a>,
    entry: CachedStatement<'a>,
    event: CachedStatement<'a>,
}

impl<'a> Statements<'a> {
    fn prepare(tx: &'a Transaction<'_>) -> Result<Self> {
        Ok(Self {
            recipient: tx.prepare_cached(
                "INSERT INTO recipients (user_id, known_from, created_at) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (user_id) DO NOTHING",
            )?,
            last: tx.prepare_cached("SELECT seq FROM entries WHERE audience = ?1 ORDER BY position DESC LIMIT 1")?,
            payload: tx.prepare_cached("INSERT INTO payloads (id, json) VALUES (?1, ?2)")?,
            notification: tx.prepare_cached(
                "INSERT INTO notifications (id, payload, level, category, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?,
            entry: tx.prepare_cached(
                "INSERT INTO entries (audience, position, seq, notification) VALUES (?1, ?2, ?3, ?4)",
            )?,
            event: tx.prepare_cached(
                "INSERT INTO events (position, audience, seq, kind, payload, unread, unseen, created_at) \
                 VALUES (?1, ?2, ?3, 'notification', ?4, 1, 1, ?5)",
            )?,
        })
    }
}

/// A version 7 UUID of that instant: unlike the server's it is counted rather than random, so that two runs
/// write the same.
fn id(at: i64, number: i64) -> ([u8; 16], String) {
    let mut id = [0; 16];
    id[..6].copy_from_slice(&at.to_be_bytes()[2..]);
    id[6] = 0x70;
    id[8..].copy_from_slice(&number.to_be_bytes());
    id[8] = 0x80;
    let mut text = String::with_capacity(36);
    for (index, byte) in id.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for digit in [byte >> 4, byte & 0xF] {
            text.push(char::from_digit(digit.into(), 16).unwrap_or_default());
        }
    }
    (id, text)
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::new(format!("SQLite: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_uuids_of_their_time() {
        let (id, text) = id(0x0123_4567_89AB, 0xFEDC);
        assert_eq!(text, "01234567-89ab-7000-8000-00000000fedc");
        assert_eq!(id[..6], [0x01, 0x23, 0x45, 0x67, 0x89, 0xAB]);
    }

    #[test]
    fn a_log_is_as_the_server_would_have_written_it() {
        let dir = tempfile::tempdir().unwrap();
        let mut log = Log::new(&dir.path().join("log.db")).unwrap();
        let users: Vec<String> = ["ann", "bob"].map(str::to_owned).to_vec();
        log.commit(users.chunks(1)).unwrap();
        log.commit([users.as_slice()]).unwrap();
        let one = |sql: &str| log.connection.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
        let position = "SELECT group_concat(position || audience || seq || ':' || payload, ' ') FROM events";
        assert_eq!(one(position), "1user:ann1:1 2user:bob1:2 3user:ann2:3 4user:bob2:3");
        assert_eq!(one("SELECT position || ',' || floor FROM head"), "4,0");
        let known = "SELECT group_concat(user_id || known_from, ' ') FROM recipients";
        assert_eq!(one(known), "ann0 bob0");
        let entries = "SELECT count(*) || ',' || count(DISTINCT notification) FROM entries JOIN notifications ON id = notification";
        assert_eq!(one(entries), "4,3");
        let json: serde_json::Value = serde_json::from_str(&one("SELECT json FROM payloads WHERE id = 3")).unwrap();
        let id = one("SELECT lower(hex(id)) FROM notifications WHERE payload = 3");
        assert_eq!(json["id"].as_str().unwrap().replace('-', ""), id);
        assert_eq!(json["created_at"].as_str().unwrap().len(), "2026-11-21T08:30:00.000Z".len());
        let length = json.to_string().len();
        assert!((280..320).contains(&length), "{length} bytes");
    }
}
