//! The statements, written once for every database: `$1` parameters, `ON CONFLICT`, `RETURNING`.
//! What the dialects do not share stands in `sqlite.rs` and `postgres.rs`. A test prepares each.

/// The head of the log, and the last seqs of audiences ($1, as a JSON array), as a JSON array: that of the last
/// entry, of the last other event, or of what is no longer there, whichever is the last.
macro_rules! head_and_seqs {
    ($before:literal) => {
        concat!(
            $before,
            "SELECT h.position, (SELECT json_group_array(max( \
               COALESCE((SELECT seq FROM entries WHERE audience = j.value ORDER BY position DESC LIMIT 1), 0), \
               COALESCE((SELECT e.seq FROM other_events o JOIN events e ON e.position = o.position \
                 WHERE o.audience = j.value ORDER BY o.position DESC LIMIT 1), 0), \
               COALESCE((SELECT seq FROM audiences WHERE audience = j.value), 0)) ORDER BY j.key) \
             FROM json_each($1) j) FROM head h WHERE h.id = 1"
        )
    };
}

/// Of two last seqs the later one.
macro_rules! latest {
    () => {
        "ON CONFLICT (audience) DO UPDATE SET seq = excluded.seq WHERE excluded.seq > audiences.seq"
    };
}

/// Declares statements, and for the tests a list of all of them.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $text:expr;)*) => {
        $($(#[$doc])* pub(super) const $name: &str = $text;)*
        #[cfg(test)]
        pub(super) const ALL: &[&str] = &[$($name),*];
    };
}

/// An event with its content.
macro_rules! event {
    ($rest:literal) => {
        concat!(
            "SELECT e.position, e.audience, e.seq, e.kind, e.unread, e.unseen, e.created_at, p.json \
             FROM events e JOIN payloads p ON p.id = e.payload ",
            $rest
        )
    };
}

/// How many are unseen: a receipt `r` wins over the watermark.
macro_rules! unseen {
    ($position:literal) => {
        concat!("COALESCE(SUM(1 - COALESCE(r.seen, CASE WHEN ", $position, " <= seen_up_to THEN 1 ELSE 0 END)), 0)")
    };
}

/// The unread entries of an audience above the watermarks, for the user of `me` ($1), up to $2.
macro_rules! above {
    ($audience:literal, $after:literal) => {
        concat!(
            "FROM me CROSS JOIN entries e ON e.audience = ",
            $audience,
            " AND e.position > ",
            $after,
            " LEFT JOIN receipts r ON r.user_id = $1 AND r.position = e.position \
             WHERE e.position <= $2 AND COALESCE(r.read, 0) = 0 AND COALESCE(r.archived, 0) = 0 \
             AND r.deleted IS NULL"
        )
    };
}

/// Entries of an audience ($2) beside what a user ($1) made of them: a receipt wins over the
/// watermarks seen ($3), read ($4) and archived ($5).
macro_rules! entry {
    ($rest:literal) => {
        concat!(
            "SELECT n.json, n.audience, n.position, n.seq, n.seen, n.read, n.archived FROM ( \
               SELECT p.json, e.audience, e.position, e.seq, x.level, x.category, x.id, \
                      COALESCE(r.seen, CASE WHEN e.position <= $3 THEN 1 ELSE 0 END) AS seen, \
                      COALESCE(r.read, CASE WHEN e.position <= $4 THEN 1 ELSE 0 END) AS read, \
                      COALESCE(r.archived, CASE WHEN e.position <= $5 THEN 1 ELSE 0 END) AS archived \
               FROM entries e \
               JOIN notifications x ON x.id = e.notification \
               JOIN payloads p ON p.id = x.payload \
               LEFT JOIN receipts r ON r.user_id = $1 AND r.position = e.position \
               WHERE e.audience = $2 AND r.deleted IS NULL ",
            $rest
        )
    };
}

/// SQLite alone: a copy of one instant.
pub(super) const VACUUM_INTO: &str = "VACUUM INTO $1";

statements! {
    HEAD = "SELECT epoch, position, floor FROM head WHERE id = 1";
    SET_HEAD = "UPDATE head SET position = $1 WHERE id = 1";
    EPOCHS = "SELECT epoch FROM epochs";
    ADD_EPOCH = "INSERT INTO epochs (epoch, began_at) VALUES ($1, $2)";
    FIRST_HEAD = "INSERT INTO head (id, epoch, position, floor) VALUES (1, $1, 0, 0) ON CONFLICT (id) DO NOTHING";

    SECRET = "SELECT value FROM secrets WHERE name = $1";
    ADD_SECRET = "INSERT INTO secrets (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";

    LOG = event!("WHERE e.position > $1 ORDER BY e.position LIMIT $2");
    /// At most $4 events of an audience ($1) after $2 and up to $3, the first of them, in any order. An event has an
    /// entry or is among the others, never both. Above the floor no entry goes before its event, and each has one.
    REPLAY = concat!(
        "WITH places AS (SELECT position FROM entries WHERE audience = $1 AND position > $2 AND position <= $3 \
           UNION ALL SELECT position FROM other_events WHERE audience = $1 AND position > $2 AND position <= $3 \
           ORDER BY position LIMIT $4) ",
        event!("WHERE e.position IN (SELECT position FROM places)")
    );

    MEET = "INSERT INTO recipients (user_id, known_from, created_at) \
         SELECT $1, position, $2 FROM head WHERE id = 1 ON CONFLICT (user_id) DO NOTHING";
    RECIPIENT = "SELECT known_from, seen_up_to, read_up_to, archived_up_to FROM recipients WHERE user_id = $1";

    /// `$6` and `$7`: between these positions, both excluded. `$8`, `$9`: level and category, NULL for
    /// any. `$10`, `$11`: archived and read, NULL for either. Newest first, at most `$12`. (The casts tell
    /// PostgreSQL what a parameter is that may be NULL.)
    INBOX = entry!(
        "AND e.position > $6 AND e.position < $7) n \
         WHERE (CAST($8 AS TEXT) IS NULL OR n.level = $8) AND (CAST($9 AS TEXT) IS NULL OR n.category = $9) \
         AND (CAST($10 AS INTEGER) IS NULL OR n.archived = $10) AND (CAST($11 AS INTEGER) IS NULL OR n.read = $11) \
         ORDER BY n.position DESC LIMIT $12"
    );
    /// `$6`: after this position. `$7`: the notification.
    INBOX_ITEM = entry!("AND e.position > $6 AND e.notification = $7) n");

    /// The head, what is known of user $1, and how many of what stands at or below $2 are unread and
    /// unseen; $4 is their own audience. In one statement, so of one instant. The counts are those of the
    /// entries above the watermarks, and of the receipts below that take a state back: only they can make
    /// something unread there. $3: 1 leaves out what is seen by watermark, and counts what is unseen alone.
    STATE = concat!(
        "WITH me AS (SELECT u.*, CASE WHEN $3 = 1 AND seen_up_to > read_up_to AND seen_up_to > archived_up_to \
             THEN seen_up_to WHEN read_up_to > archived_up_to THEN read_up_to ELSE archived_up_to END AS settled \
           FROM recipients u WHERE u.user_id = $1), \
         below AS (SELECT COUNT(*) AS unread, ",
        unseen!("r.position"), " AS unseen FROM me JOIN receipts r ON r.user_id = $1 AND r.position <= settled \
           WHERE (r.seen = 0 OR r.read = 0 OR r.archived = 0) AND r.position <= $2 AND r.deleted IS NULL \
           AND COALESCE(r.read, CASE WHEN r.position <= read_up_to THEN 1 ELSE 0 END) = 0 \
           AND COALESCE(r.archived, CASE WHEN r.position <= archived_up_to THEN 1 ELSE 0 END) = 0), ",
        "own AS (SELECT COUNT(*) AS unread, ", unseen!("e.position"), " AS unseen ",
        above!("$4", "settled"), "), ",
        "shared AS (SELECT COUNT(*) AS unread, ", unseen!("e.position"), " AS unseen ",
        above!("'everyone'", "CASE WHEN known_from > settled THEN known_from ELSE settled END"), ") ",
        "SELECT h.epoch, h.position, h.floor, known_from, seen_up_to, read_up_to, archived_up_to, \
           below.unread + own.unread + shared.unread, below.unseen + own.unseen + shared.unseen \
         FROM me, head h, below, own, shared WHERE h.id = 1"
    );

    /// Which audiences a notification ($1) was sent to.
    PLACES = "SELECT audience FROM entries WHERE notification = $1 ORDER BY position";
    NOTIFICATION = "SELECT p.json FROM notifications n JOIN payloads p ON p.id = n.payload WHERE n.id = $1";

    /// Raises the watermarks of a user ($1) to $2, $3, $4; one that is higher already stays.
    RAISE_WATERMARKS = "UPDATE recipients SET \
           seen_up_to = CASE WHEN $2 > seen_up_to THEN $2 ELSE seen_up_to END, \
           read_up_to = CASE WHEN $3 > read_up_to THEN $3 ELSE read_up_to END, \
           archived_up_to = CASE WHEN $4 > archived_up_to THEN $4 ELSE archived_up_to END \
         WHERE user_id = $1";
    /// Below a raised watermark no receipt says otherwise: for user $1 up to $2, $3, $4 (0: as it is).
    CLEAR_RECEIPTS = "UPDATE receipts SET \
           seen = CASE WHEN position <= $2 THEN NULL ELSE seen END, \
           read = CASE WHEN position <= $3 THEN NULL ELSE read END, \
           archived = CASE WHEN position <= $4 THEN NULL ELSE archived END \
         WHERE user_id = $1 AND ((seen = 0 AND position <= $2) OR (read = 0 AND position <= $3) \
           OR (archived = 0 AND position <= $4))";
    /// Whether the audience $1, or everyone for who is known from $2, has an entry after $3 and up to $4.
    ANY_ENTRY = "SELECT EXISTS (SELECT 1 FROM entries WHERE audience = $1 AND position > $3 AND position <= $4) \
         OR EXISTS (SELECT 1 FROM entries WHERE audience = 'everyone' AND position > $2 AND position > $3 \
           AND position <= $4)";
    /// SQLite alone: where the notifications of a JSON array of hexadecimal ids ($4) stand for user $1 with the own
    /// audience $2, known from $3.
    PLACES_OF = "SELECT e.notification, e.position, r.seen, r.read, r.archived FROM json_each($4) j \
         CROSS JOIN entries e ON e.notification = unhex(j.value) AND e.audience IN ($2, 'everyone') \
         LEFT JOIN receipts r ON r.user_id = $1 AND r.position = e.position \
         WHERE r.deleted IS NULL AND e.position > CASE WHEN e.audience = 'everyone' THEN $3 ELSE 0 END";
    /// Takes states back ($8, $9, $10: 0, or NULL for one that stays) from what stands in audience $2
    /// after $6 and up to $7 and has them, for user $1 with the watermarks $3, $4, $5. $11: now.
    LOWER_RECEIPTS = "INSERT INTO receipts (user_id, position, seen, read, archived, updated_at) \
         SELECT $1, e.position, $8, $9, $10, $11 FROM entries e \
           LEFT JOIN receipts r ON r.user_id = $1 AND r.position = e.position \
         WHERE e.audience = $2 AND e.position > $6 AND e.position <= $7 AND r.deleted IS NULL AND ( \
           ($8 = 0 AND COALESCE(r.seen, CASE WHEN e.position <= $3 THEN 1 ELSE 0 END) = 1) \
           OR ($9 = 0 AND COALESCE(r.read, CASE WHEN e.position <= $4 THEN 1 ELSE 0 END) = 1) \
           OR ($10 = 0 AND COALESCE(r.archived, CASE WHEN e.position <= $5 THEN 1 ELSE 0 END) = 1)) \
         ON CONFLICT (user_id, position) DO UPDATE SET \
           seen = COALESCE(excluded.seen, receipts.seen), read = COALESCE(excluded.read, receipts.read), \
           archived = COALESCE(excluded.archived, receipts.archived), updated_at = excluded.updated_at";

    /// The end of the events after $1 and up to $2 that are older than $3: right before the first that is not.
    FIRST_KEPT = "SELECT MIN(position) FROM events WHERE position > $1 AND position <= $2 AND created_at >= $3";
    /// Keeps the last seqs of what is to be trimmed up to $1 by [`TRIM_OTHER_EVENTS`].
    KEEP_SEQS = concat!(
        "INSERT INTO audiences (audience, seq) SELECT e.audience, MAX(e.seq) FROM events e \
           JOIN other_events o ON o.audience = e.audience AND o.position = e.position \
         WHERE e.position <= $1 GROUP BY e.audience ",
        latest!()
    );
    /// Keeps the seqs of the entries that are to go with a notification ($1).
    KEEP_SEQS_OF = concat!(
        "INSERT INTO audiences (audience, seq) SELECT audience, seq FROM entries WHERE notification = $1 ",
        latest!()
    );
    /// Before the events themselves, which tell where to look.
    TRIM_OTHER_EVENTS = "DELETE FROM other_events \
         WHERE (audience, position) IN (SELECT audience, position FROM events WHERE position <= $1)";
    TRIM_EVENTS = "DELETE FROM events WHERE position <= $1";
    SET_FLOOR = "UPDATE head SET floor = $1 WHERE id = 1";
    /// Payloads after $1 and up to $2 that no event and no notification carries any more. Payloads are in
    /// the order of the events, so those before the payload of the first event are not of any.
    TRIM_PAYLOADS = "DELETE FROM payloads WHERE id > $1 AND id <= $2 \
         AND id < COALESCE((SELECT payload FROM events ORDER BY position LIMIT 1), $2 + 1) \
         AND NOT EXISTS (SELECT 1 FROM notifications WHERE payload = payloads.id)";
    /// The oldest notifications with an id below $1, all of whose events are at or below $2.
    OLD_NOTIFICATIONS = "SELECT n.id, n.payload, p.json FROM notifications n \
         JOIN payloads p ON p.id = n.payload WHERE n.id < $1 \
         AND (SELECT MAX(position) FROM entries WHERE notification = n.id) <= $2 ORDER BY n.id LIMIT $3";
    /// The first notification that is kept when only the newest $1 are.
    NEWEST_KEPT = "SELECT id FROM notifications ORDER BY id DESC LIMIT 1 OFFSET $1";
    ENTRIES = "SELECT audience, position FROM entries WHERE notification = $1 ORDER BY position";
    /// Whether the entry at $2 is unread by user $1, and unseen.
    UNREAD_UNSEEN = "SELECT \
           COALESCE(r.read, CASE WHEN $2 <= u.read_up_to THEN 1 ELSE 0 END) = 0 \
             AND COALESCE(r.archived, CASE WHEN $2 <= u.archived_up_to THEN 1 ELSE 0 END) = 0 \
             AND r.deleted IS NULL, \
           COALESCE(r.seen, CASE WHEN $2 <= u.seen_up_to THEN 1 ELSE 0 END) = 0 \
         FROM recipients u LEFT JOIN receipts r ON r.user_id = u.user_id AND r.position = $2 WHERE u.user_id = $1";
    DROP_RECEIPTS = "DELETE FROM receipts WHERE position = $1";
    DROP_KEYS = "DELETE FROM idempotency_keys WHERE notification = $1";
    DROP_ENTRIES = "DELETE FROM entries WHERE notification = $1";
    DROP_NOTIFICATION = "DELETE FROM notifications WHERE id = $1";
    DROP_PAYLOAD = "DELETE FROM payloads WHERE id = $1";

    SET_EPOCH = "UPDATE head SET epoch = $1 WHERE id = 1";

    /// SQLite alone, for its functions of JSON: what the keys of a JSON array of
    /// [publisher, key] made, by their places in it.
    KEYS = "SELECT j.key, k.fingerprint, k.notification FROM json_each($1) j \
         CROSS JOIN idempotency_keys k ON k.publisher = j.value ->> 0 AND k.key = j.value ->> 1";
    /// SQLite alone. One row, because each row that is returned wakes whoever waits.
    HEAD_AND_SEQS = head_and_seqs!("");
    /// The same, as the beginning of a transaction.
    BEGIN_WITH_HEAD_AND_SEQS = head_and_seqs!("BEGIN IMMEDIATE; ");

    ADD_ACCOUNT = "INSERT INTO accounts (user_id, password, role, disabled, created_at) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (user_id) DO NOTHING";
    ACCOUNT = "SELECT user_id, password, role, disabled, created_at FROM accounts WHERE user_id = $1";
    ACCOUNTS = "SELECT user_id, password, role, disabled, created_at FROM accounts ORDER BY user_id";
    SET_PASSWORD = "UPDATE accounts SET password = $2 WHERE user_id = $1";
    SET_DISABLED = "UPDATE accounts SET disabled = $2 WHERE user_id = $1";
}
