//! The statements for what is kept of a person: to hand it out, and to remove it.

/// Whether somebody else's event carries the content `payloads`. The events that share one follow each other, and
/// the first of them has given it its id.
macro_rules! shared {
    () => {
        "EXISTS (SELECT 1 FROM notifications n WHERE n.payload = payloads.id) \
         OR EXISTS (SELECT 1 FROM events e WHERE e.position >= payloads.id AND e.payload = payloads.id \
           AND e.position < COALESCE((SELECT MIN(q.id) FROM payloads q WHERE q.id > payloads.id), 9223372036854775807) \
           AND NOT (e.kind = 'erased' AND e.audience LIKE 'user:erased-%'))"
    };
}

statements! {
    KNOWN = "SELECT created_at, known_from, seen_up_to, read_up_to, archived_up_to FROM recipients WHERE user_id = $1";
    /// The receipts of user $1 after $2, at most $3.
    RECEIPTS = "SELECT r.position, (SELECT x.notification FROM entries x WHERE x.position = r.position \
             AND (x.audience = 'user:' || r.user_id OR x.audience = 'everyone' OR x.audience IN ( \
               SELECT 'topic:' || topic FROM subscriptions s WHERE s.user_id = r.user_id)) LIMIT 1), \
           r.seen, r.read, r.acted_at, r.archived, r.snoozed_until, COALESCE(r.deleted, FALSE), r.updated_at \
         FROM receipts r WHERE r.user_id = $1 AND r.position > $2 ORDER BY r.position LIMIT $3";
    /// The streams of user $1 that were opened at $2 or later, and not before the one with id $3 and place $4: at
    /// most $5.
    CONNECTIONS_OF = "SELECT id, after_position, opened_at, state_after, written_position, written_at, closed_at, \
           events FROM connections WHERE user_id = $1 AND opened_at >= $2 \
           AND (opened_at, id, after_position) > ($2, $3, $4) ORDER BY opened_at, id, after_position LIMIT $5";
    /// What was in the inbox of audience $1 alone after $2: at most $3.
    FORMER = "SELECT f.position, p.json FROM former_entries f JOIN notifications n ON n.id = f.notification \
         JOIN payloads p ON p.id = n.payload WHERE f.audience = $1 AND f.position > $2 ORDER BY f.position LIMIT $3";
    /// How much there is, none of it counted further than $1.
    STORED = "SELECT position - floor, \
           (SELECT COUNT(*) FROM (SELECT 1 FROM notifications LIMIT $1) counted), \
           (SELECT COUNT(*) FROM (SELECT 1 FROM scheduled LIMIT $1) counted), \
           (SELECT COUNT(*) FROM (SELECT 1 FROM recipients LIMIT $1) counted), \
           (SELECT COUNT(*) FROM (SELECT 1 FROM topics LIMIT $1) counted) FROM head WHERE id = 1";

    /// Where audience $1 has, or had, something: the first $2 places.
    PLACES_OF_AUDIENCE = "SELECT position, notification FROM entries WHERE audience = $1 \
         UNION ALL SELECT position, notification FROM former_entries WHERE audience = $1 \
         UNION ALL SELECT position, NULL FROM other_events WHERE audience = $1 ORDER BY position LIMIT $2";
    /// The contents of the events at a JSON array of positions ($1), and of the notifications of an array of
    /// hexadecimal ids ($2).
    CONTENTS_AT = concat!("SELECT payload FROM events WHERE position IN (SELECT ", number!("value"), " FROM ", each!("$1"),
        ") UNION SELECT payload FROM notifications WHERE id IN (SELECT ", id!("value"), " FROM ", each!("$2"), ")");
    /// The events of audience $1 at a JSON array of positions ($2) become somebody's who is nobody ($3).
    RENAME_EVENTS = concat!("UPDATE events SET audience = $3, kind = 'erased', unread = 0, unseen = 0 \
         WHERE position IN (SELECT ", number!("value"), " FROM ", each!("$2"), ") AND audience = $1");
    DROP_ENTRIES_UP_TO = "DELETE FROM entries WHERE audience = $1 AND position <= $2";
    DROP_FORMER_ENTRIES_UP_TO = "DELETE FROM former_entries WHERE audience = $1 AND position <= $2";
    DROP_OTHER_EVENTS_UP_TO = "DELETE FROM other_events WHERE audience = $1 AND position <= $2";
    DROP_GROUPS_UP_TO = "DELETE FROM groups WHERE audience = $1 AND position <= $2";
    STANDS_SOMEWHERE = "SELECT EXISTS (SELECT 1 FROM entries WHERE notification = $1) \
         OR EXISTS (SELECT 1 FROM former_entries WHERE notification = $1)";
    /// Contents of a JSON array of ids ($1) that nobody else has are emptied, and those that no event carries any
    /// more are removed.
    EMPTY_CONTENTS = concat!("UPDATE payloads SET json = '{}' WHERE id IN (SELECT ", number!("value"), " FROM ", each!("$1"),
        ") AND NOT (", shared!(), ")");
    DROP_CONTENTS = concat!("DELETE FROM payloads WHERE id IN (SELECT ", number!("value"), " FROM ", each!("$1"), ") \
         AND NOT EXISTS (SELECT 1 FROM notifications n WHERE n.payload = payloads.id) \
         AND NOT EXISTS (SELECT 1 FROM events e WHERE e.position >= payloads.id AND e.payload = payloads.id \
           AND e.position < COALESCE((SELECT MIN(q.id) FROM payloads q WHERE q.id > payloads.id), 9223372036854775807))");
    ERASE_RECEIPTS = "DELETE FROM receipts WHERE (user_id, position) IN ( \
         SELECT user_id, position FROM receipts WHERE user_id = $1 LIMIT $2)";
    ERASE_KEYS = "DELETE FROM idempotency_keys WHERE (publisher, key) IN ( \
         SELECT publisher, key FROM idempotency_keys WHERE publisher = $1 LIMIT $2)";
    ERASE_CONNECTIONS = "DELETE FROM connections WHERE (id, after_position) IN ( \
         SELECT id, after_position FROM connections WHERE user_id = $1 LIMIT $2)";
    ERASE_SUBSCRIPTIONS = "DELETE FROM subscriptions WHERE (user_id, topic, from_position) IN ( \
         SELECT user_id, topic, from_position FROM subscriptions WHERE user_id = $1 LIMIT $2)";
    ERASE_MUTES = "DELETE FROM mutes WHERE (user_id, what, name, from_position) IN ( \
         SELECT user_id, what, name, from_position FROM mutes WHERE user_id = $1 LIMIT $2)";
    /// What is scheduled for audience $1 by name, at most $2.
    SCHEDULED_FOR = concat!("SELECT id, recipients FROM scheduled s WHERE EXISTS (SELECT 1 FROM ", each!("s.recipients"),
        " WHERE value = $1) LIMIT $2");
    SCHEDULE_FOR = "UPDATE scheduled SET recipients = $2, revision = revision + 1 WHERE id = $1";
    ERASE_RECIPIENT = "DELETE FROM recipients WHERE user_id = $1";
    ERASE_SEQ = "DELETE FROM audiences WHERE audience = $1";
}
