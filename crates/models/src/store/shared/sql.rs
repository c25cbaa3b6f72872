//! The statements, written once for every database: `$1` parameters, `ON CONFLICT`, `RETURNING`. What a dialect says
//! in its own way is a macro of `dialect.rs`, and what only one of them has stands there. A test prepares each.

/// The head of the log, and the last seqs of audiences ($1, as a JSON array), as a JSON array: that of the last
/// entry, of the last other event, or of what is no longer there, whichever is the last.
macro_rules! head_and_seqs {
    ($before:literal) => {
        concat!(
            $before,
            "SELECT h.position, (SELECT ",
            group_array!(
                greatest!(),
                "(COALESCE((SELECT seq FROM entries WHERE audience = j.value ORDER BY position DESC LIMIT 1), 0), \
                 COALESCE((SELECT e.seq FROM other_events o JOIN events e ON e.position = o.position \
                   WHERE o.audience = j.value ORDER BY o.position DESC LIMIT 1), 0), \
                 COALESCE((SELECT seq FROM audiences WHERE audience = j.value), 0)) ORDER BY j.key"
            ),
            " FROM ",
            each!("$1"),
            ") FROM head h WHERE h.id = 1"
        )
    };
}

/// Of two last seqs the later one.
macro_rules! latest {
    () => {
        "ON CONFLICT (audience) DO UPDATE SET seq = excluded.seq WHERE excluded.seq > audiences.seq"
    };
}

/// Declares statements, and for the tests a list of all of them with their names.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $text:expr;)*) => {
        $($(#[$doc])* pub(in crate::store) const $name: &str = $text;)*
        #[cfg(test)]
        pub(in crate::store) const ALL: &[(&str, &str)] = &[$((stringify!($name), $name)),*];
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

/// What a user muted, as a JSON array of [what, name, from, until].
macro_rules! mutes {
    () => {
        mutes!("$1")
    };
    ($user:literal) => {
        concat!(
            "SELECT ",
            group_array!(array_of!("what, name, from_position, until_position")),
            " FROM mutes WHERE user_id = ",
            $user
        )
    };
}

/// How many are unseen: a receipt `r` wins over the watermark.
macro_rules! unseen {
    ($position:literal) => {
        concat!("COUNT(CASE WHEN COALESCE(r.seen, ", $position, " <= seen_up_to) = FALSE THEN 1 END)")
    };
}

/// Whether the entry `e` was muted by a user, $1 if no other is named, when it came.
macro_rules! muted {
    () => {
        muted!("$1")
    };
    ($user:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM mutes m",
            look_up!(),
            "notifications x ON x.id = e.notification WHERE m.user_id = ",
            $user,
            " \
           AND e.position > m.from_position AND (m.until_position IS NULL OR e.position <= m.until_position) \
           AND x.critical = FALSE AND CASE m.what WHEN 'topic' THEN e.audience = 'topic:' || m.name \
             WHEN 'category' THEN x.category = m.name ELSE x.level = m.name END)"
        )
    };
}

/// Whether a receipt `r`, if there is one, does not put its entry off.
macro_rules! awake {
    () => {
        concat!("COALESCE(r.snoozed_until, ", never!(), ") = ", never!())
    };
}

/// The entries of an audience above the watermarks that count as unread, for the user of `me` ($1), up to $2.
macro_rules! above {
    ($($of:expr)?, $audience:literal, $after:literal) => {
        concat!(
            "FROM me",
            $($of,)?
            look_up!(),
            "entries e ON e.audience = ",
            $audience,
            " AND e.position > ",
            $after,
            " LEFT JOIN receipts r ON r.user_id = $1 AND r.position = e.position \
             WHERE e.position <= $2 AND COALESCE(r.read, FALSE) = FALSE AND COALESCE(r.archived, FALSE) = FALSE \
             AND r.deleted IS NULL AND ",
            awake!(),
            " AND NOT ",
            muted!()
        )
    };
}

/// What a user belongs to and belonged to beside what is theirs alone and everyone's, as a JSON array of [topic,
/// from, until].
macro_rules! subscriptions {
    () => {
        subscriptions!("$1")
    };
    ($user:literal) => {
        concat!(
            "(SELECT ",
            group_array!(array_of!("topic, from_position, until_position")),
            " FROM subscriptions WHERE user_id = ",
            $user,
            ")"
        )
    };
}

/// How many there are, times 2 to the 32nd, and how many of them are unseen.
macro_rules! unread_unseen {
    ($position:literal) => {
        concat!("COUNT(*) * 4294967296 + ", unseen!($position))
    };
}

/// The same of the entries of an audience above the watermarks that count as unread, for the user of `me`.
macro_rules! above_of {
    ($from:expr, $which:literal) => {
        concat!(
            unread_unseen!("e.position"),
            " FROM ",
            $from,
            " LEFT JOIN receipts r ON r.user_id = me.user_id AND r.position = e.position WHERE ",
            $which,
            " AND COALESCE(r.read, FALSE) = FALSE AND COALESCE(r.archived, FALSE) = FALSE \
             AND r.deleted IS NULL AND ",
            awake!(),
            " AND NOT ",
            muted!("me.user_id")
        )
    };
}

/// Whether the entry `e` belongs to user $1 with the own audience $2, known from $3.
macro_rules! belongs {
    () => {
        "(e.audience = $2 OR (e.audience = 'everyone' AND e.position > $3) OR EXISTS (SELECT 1 FROM subscriptions s \
           WHERE s.user_id = $1 AND e.audience = 'topic:' || s.topic AND e.position > s.from_position \
           AND (s.until_position IS NULL OR e.position <= s.until_position)))"
    };
}

/// Entries of an audience ($2) beside what a user ($1) made of them: a receipt wins over the
/// watermarks seen ($3), read ($4) and archived ($5).
macro_rules! entry {
    ($rest:expr) => {
        concat!(
            "SELECT n.json, n.audience, n.position, n.seq, n.seen, n.read, n.acted_at, n.archived, n.snoozed_until, n.muted \
             FROM (SELECT p.json, e.audience, e.position, e.seq, x.level, x.category, x.id, \
                      COALESCE(r.snoozed_until, ",
            never!(),
            ") AS snoozed_until, r.acted_at, ",
            muted!(),
            " AS muted, \
                      COALESCE(r.seen, e.position <= $3) AS seen, \
                      COALESCE(r.read, e.position <= $4) AS read, \
                      COALESCE(r.archived, e.position <= $5) AS archived \
               FROM entries e \
               JOIN notifications x ON x.id = e.notification \
               JOIN payloads p ON p.id = x.payload \
               LEFT JOIN receipts r ON r.user_id = $1 AND r.position = e.position \
               WHERE e.audience = $2 AND r.deleted IS NULL ",
            $rest
        )
    };
}

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
    RECIPIENT = concat!(
        "SELECT known_from, seen_up_to, read_up_to, archived_up_to, ", subscriptions!(),
        " FROM recipients WHERE user_id = $1"
    );
    /// What user $1 muted, as a JSON array of [what, name, from, until].
    MUTES = mutes!();

    /// `$6` and `$7`: between these positions, both excluded. `$8`, `$9`: level and category, NULL for
    /// any. `$10`, `$11`: archived and read, NULL for either. `$13`: snoozed. `$14`: a pattern for title or body,
    /// or NULL. Newest first, at most `$12`. (The casts tell
    /// PostgreSQL what a parameter is that may be NULL.)
    INBOX = entry!(concat!(
        "AND e.position > $6 AND e.position < $7) n \
         WHERE (CAST($8 AS TEXT) IS NULL OR n.level = $8) AND (CAST($9 AS TEXT) IS NULL OR n.category = $9) \
         AND (CAST($10 AS BOOLEAN) IS NULL OR n.archived = $10) \
         AND (CAST($11 AS BOOLEAN) IS NULL OR (n.read = $11 AND (n.read = TRUE OR NOT n.muted))) \
         AND (n.snoozed_until > ", never!(), ") = $13 \
         AND (CAST($14 AS TEXT) IS NULL OR ", like!(member!("n.json", "'title'"), "$14"), " OR ",
        like!(member!("n.json", "'body'"), "$14"), ") \
         ORDER BY n.position DESC LIMIT $12"
    ));
    /// The first of user $1 up to $2 that a receipt takes back from a watermark.
    TAKEN_BACK = "SELECT MIN(position) FROM receipts \
         WHERE user_id = $1 AND position <= $2 AND (read = FALSE OR archived = FALSE)";
    /// Between `$6` and `$7`, both excluded. `$8`: the notification.
    INBOX_ITEM = entry!("AND e.position > $6 AND e.position < $7 AND e.notification = $8) n");

    /// The head, what is known of user $1, and how many of what stands at or below $2 are unread and
    /// unseen; $4 is their own audience. In one statement, so of one instant. The counts are those of the
    /// entries above the watermarks, and of the receipts below that take a state back: only they can make
    /// something unread there. $3 leaves out what is seen by watermark, and counts what is unseen alone.
    STATE = concat!(
        "WITH me AS (SELECT u.*, CASE WHEN $3 AND seen_up_to > read_up_to AND seen_up_to > archived_up_to \
             THEN seen_up_to WHEN read_up_to > archived_up_to THEN read_up_to ELSE archived_up_to END AS settled \
           FROM recipients u WHERE u.user_id = $1), \
         below AS (SELECT COUNT(*) AS unread, ",
        unseen!("r.position"), " AS unseen FROM me JOIN receipts r ON r.user_id = $1 AND r.position <= settled \
           WHERE (r.seen = FALSE OR r.read = FALSE OR r.archived = FALSE) AND r.position <= $2 AND r.deleted IS NULL \
           AND ", awake!(), " AND COALESCE(r.muted, FALSE) = FALSE \
           AND COALESCE(r.read, r.position <= read_up_to) = FALSE \
           AND COALESCE(r.archived, r.position <= archived_up_to) = FALSE), ",
        "own AS (SELECT COUNT(*) AS unread, ", unseen!("e.position"), " AS unseen ",
        above!(, "$4", "settled"), "), ",
        "shared AS (SELECT COUNT(*) AS unread, ", unseen!("e.position"), " AS unseen ",
        above!(, "'everyone'", "CASE WHEN known_from > settled THEN known_from ELSE settled END"), "), ",
        "joined AS (SELECT COUNT(*) AS unread, ", unseen!("e.position"), " AS unseen ",
        above!(
            concat!(look_up!(), "subscriptions s ON s.user_id = $1"), "'topic:' || s.topic",
            "CASE WHEN s.from_position > settled THEN s.from_position ELSE settled END \
             AND (s.until_position IS NULL OR e.position <= s.until_position)"
        ), ") ",
        "SELECT h.epoch, h.position, h.floor, known_from, seen_up_to, read_up_to, archived_up_to, ",
        subscriptions!(), ", (", mutes!(), "), \
           below.unread + own.unread + shared.unread + joined.unread, \
           below.unseen + own.unseen + shared.unseen + joined.unseen \
         FROM me, head h, below, own, shared, joined WHERE h.id = 1"
    );

    /// The same of many users ($1, as a JSON array), each with their place in it: all of one instant.
    /// Unread and unseen are one number, because a subquery gives one: unread times 2 to the 32nd, and unseen.
    STATES = concat!(
        "SELECT me.place, h.epoch, h.position, h.floor, known_from, seen_up_to, read_up_to, archived_up_to, ",
        subscriptions!("me.user_id"), ", (", mutes!("me.user_id"), "), (SELECT ", unread_unseen!("r.position"),
        " FROM receipts r WHERE r.user_id = me.user_id AND r.position <= settled \
           AND (r.seen = FALSE OR r.read = FALSE OR r.archived = FALSE) AND r.deleted IS NULL \
           AND ", awake!(), " AND COALESCE(r.muted, FALSE) = FALSE \
           AND COALESCE(r.read, r.position <= read_up_to) = FALSE \
           AND COALESCE(r.archived, r.position <= archived_up_to) = FALSE) \
         + (SELECT ", above_of!("entries e", "e.audience = 'user:' || me.user_id AND e.position > settled"), ") \
         + (SELECT ", above_of!("entries e", "e.audience = 'everyone' \
             AND e.position > CASE WHEN known_from > settled THEN known_from ELSE settled END"), ") \
         + (SELECT ", above_of!(concat!("subscriptions s", look_up!(), "entries e ON e.audience = 'topic:' || s.topic \
             AND e.position > CASE WHEN s.from_position > settled THEN s.from_position ELSE settled END \
             AND (s.until_position IS NULL OR e.position <= s.until_position)"), "s.user_id = me.user_id"), ") \
         FROM (SELECT j.key AS place, u.*, CASE WHEN read_up_to > archived_up_to \
               THEN read_up_to ELSE archived_up_to END AS settled \
             FROM ", each!("$1"), look_up!(), "recipients u ON u.user_id = j.value) me, head h WHERE h.id = 1"
    );

    /// Which audiences a notification ($1) was sent to.
    PLACES = "SELECT audience, position FROM entries WHERE notification = $1 \
         UNION ALL SELECT audience, position FROM former_entries WHERE notification = $1 ORDER BY position";
    /// A notification, with what a correction must know it by.
    /// One that stands nowhere any more and has not ended was replaced.
    NOTIFICATION = "SELECT p.json, n.payload, n.ended, n.ended_at, n.replaced_by, n.replaced_at, \
           EXISTS (SELECT 1 FROM entries WHERE notification = n.id) FROM notifications n \
         JOIN payloads p ON p.id = n.payload WHERE n.id = $1";
    /// Newest first, after an id ($1): at most $2.
    NOTIFICATIONS = "SELECT n.id FROM notifications n WHERE n.id < $1 ORDER BY n.id DESC LIMIT $2";
    CONTENT = "SELECT p.json FROM notifications n JOIN payloads p ON p.id = n.payload WHERE n.id = $1";
    CORRECT = "UPDATE notifications SET payload = $2, level = $3, category = $4, critical = $5, expires_at = $6 \
         WHERE id = $1";
    /// A newer one ($2) of its group has taken the place of a notification ($1) in an inbox. Once that was the last,
    /// it does not expire any more: it is gone already.
    REPLACE = "UPDATE notifications SET replaced_by = $2, replaced_at = $3, \
           expires_at = CASE WHEN EXISTS (SELECT 1 FROM entries WHERE notification = $1) THEN expires_at END \
         WHERE id = $1";
    END = "UPDATE notifications SET ended = $2, ended_at = $3 WHERE id = $1";
    ADD_AUDIT = "INSERT INTO audit (notification, number, at, actor, action, before) \
         SELECT $1, COUNT(*) + 1, $2, $3, $4, $5 FROM audit WHERE notification = $1";
    AUDIT = "SELECT at, actor, action, before FROM audit WHERE notification = $1 ORDER BY number";
    DROP_AUDIT = "DELETE FROM audit WHERE notification = $1";

    SCHEDULE = "INSERT INTO scheduled (id, due_at, recipients, json, revision) VALUES ($1, $2, $3, $4, 1)";
    RESCHEDULE = "UPDATE scheduled SET due_at = $2, recipients = $3, json = $4, revision = revision + 1 WHERE id = $1";
    UNSCHEDULE = "DELETE FROM scheduled WHERE id = $1";
    SCHEDULED = "SELECT json, recipients, due_at, revision FROM scheduled WHERE id = $1";
    SCHEDULED_LIST = "SELECT id FROM scheduled WHERE (due_at, id) > ($1, $2) ORDER BY due_at, id LIMIT $3";
    /// Whether anything is due at $1.
    ANY_DUE = concat!("SELECT EXISTS (SELECT 1 FROM scheduled WHERE due_at <= $1) \
         OR EXISTS (SELECT 1 FROM notifications WHERE expires_at <= $1 AND expires_at IS NOT NULL AND ended IS NULL) \
         OR EXISTS (SELECT 1 FROM receipts WHERE snoozed_until > ", never!(), " AND snoozed_until <= $1)");
    /// What is due at $1, the earliest first: at most $2. What is due at one moment has an order too, or one history
    /// would be told in two ways, and a moved log would not go on as it would have.
    DUE_TO_DELIVER = "SELECT id, due_at, recipients, json FROM scheduled WHERE due_at <= $1 ORDER BY due_at, id LIMIT $2";
    DUE_TO_EXPIRE = "SELECT n.id, p.json FROM notifications n JOIN payloads p ON p.id = n.payload \
         WHERE n.expires_at <= $1 AND n.expires_at IS NOT NULL AND n.ended IS NULL ORDER BY n.expires_at, n.id LIMIT $2";
    DUE_TO_WAKE = concat!("SELECT user_id, notification FROM receipts WHERE snoozed_until > ", never!(),
        " AND snoozed_until <= $1 ORDER BY snoozed_until, user_id, position LIMIT $2");
    FORGET_SNOOZE = "UPDATE receipts SET snoozed_until = NULL WHERE user_id = $1 AND notification = $2";
    /// Whether the receipts at $1 of audience $2 are of something that their users had muted, now that it has
    /// become level $3 and category $4, and critical or not ($5).
    REMUTE = "UPDATE receipts SET muted = NOT $5 AND EXISTS (SELECT 1 FROM mutes m \
           WHERE m.user_id = receipts.user_id AND $1 > m.from_position \
           AND (m.until_position IS NULL OR $1 <= m.until_position) \
           AND CASE m.what WHEN 'topic' THEN $2 = 'topic:' || m.name \
             WHEN 'category' THEN $4 = m.name ELSE $3 = m.name END) \
         WHERE position = $1";

    QUIET_HOURS = "SELECT quiet_hours FROM recipients WHERE user_id = $1";
    SET_QUIET_HOURS = "UPDATE recipients SET quiet_hours = $2 WHERE user_id = $1";
    MUTE = "INSERT INTO mutes (user_id, what, name, from_position) VALUES ($1, $2, $3, $4)";
    UNMUTE = "UPDATE mutes SET until_position = $4 \
         WHERE user_id = $1 AND what = $2 AND name = $3 AND until_position IS NULL";

    /// Raises the watermarks of a user ($1) to $2, $3, $4; one that is higher already stays.
    RAISE_WATERMARKS = "UPDATE recipients SET \
           seen_up_to = CASE WHEN $2 > seen_up_to THEN $2 ELSE seen_up_to END, \
           read_up_to = CASE WHEN $3 > read_up_to THEN $3 ELSE read_up_to END, \
           archived_up_to = CASE WHEN $4 > archived_up_to THEN $4 ELSE archived_up_to END \
         WHERE user_id = $1";
    /// Below a raised watermark no receipt says otherwise, and what is put away is not put off: for user $1 up to $2, $3, $4 (0: as it is).
    CLEAR_RECEIPTS = concat!("UPDATE receipts SET \
           seen = CASE WHEN position <= $2 THEN NULL ELSE seen END, \
           read = CASE WHEN position <= $3 THEN NULL ELSE read END, \
           archived = CASE WHEN position <= $4 THEN NULL ELSE archived END, \
           snoozed_until = CASE WHEN position <= $4 THEN NULL ELSE snoozed_until END \
         WHERE user_id = $1 AND ((seen = FALSE AND position <= $2) OR (read = FALSE AND position <= $3) \
           OR ((archived = FALSE OR snoozed_until > ", never!(), ") AND position <= $4))");
    /// Whether an audience ($1) has an entry after $2 and up to $3.
    ANY_ENTRY = "SELECT EXISTS (SELECT 1 FROM entries WHERE audience = $1 AND position > $2 AND position <= $3)";
    /// Whether it has any event there.
    ANY_EVENT = "SELECT EXISTS (SELECT 1 FROM entries WHERE audience = $1 AND position > $2 AND position <= $3) \
         OR EXISTS (SELECT 1 FROM other_events WHERE audience = $1 AND position > $2 AND position <= $3)";
    /// Where the notifications of a JSON array of hexadecimal ids ($4) stand for user $1 with the own
    /// audience $2, known from $3.
    PLACES_OF = concat!(
        "SELECT e.notification, e.position, r.seen, r.read, r.acted_at IS NOT NULL, r.archived, r.snoozed_until, COALESCE(r.muted, ", muted!(),
        ") FROM ", each!("$4"), look_up!(), "entries e ON e.notification = ", id!("j.value"), " AND ",
        belongs!(),
        " LEFT JOIN receipts r ON r.user_id = $1 AND r.position = e.position WHERE r.deleted IS NULL"
    );
    /// Takes states back ($8, $9, $10: false, or NULL for one that stays) from what stands in audience $2
    /// after $6 and up to $7 and has them, for user $1 with the watermarks $3, $4, $5. $11: now.
    LOWER_RECEIPTS = concat!("INSERT INTO receipts (user_id, position, seen, read, archived, updated_at, muted) \
         SELECT $1, e.position, $8, $9, $10, $11, ", muted!(), " FROM entries e \
           LEFT JOIN receipts r ON r.user_id = $1 AND r.position = e.position \
         WHERE e.audience = $2 AND e.position > $6 AND e.position <= $7 AND r.deleted IS NULL AND ( \
           ($8 = FALSE AND COALESCE(r.seen, e.position <= $3) = TRUE) \
           OR ($9 = FALSE AND COALESCE(r.read, e.position <= $4) = TRUE) \
           OR ($10 = FALSE AND COALESCE(r.archived, e.position <= $5) = TRUE)) \
         ON CONFLICT (user_id, position) DO UPDATE SET \
           seen = COALESCE(excluded.seen, receipts.seen), read = COALESCE(excluded.read, receipts.read), \
           archived = COALESCE(excluded.archived, receipts.archived), updated_at = excluded.updated_at, \
           muted = excluded.muted");

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
    /// The oldest notifications with an id below $1, all of whose events are at or below $2, and that were made
    /// by $4: what was scheduled is younger than its id.
    OLD_NOTIFICATIONS = "SELECT n.id, n.payload, p.json FROM notifications n \
         JOIN payloads p ON p.id = n.payload WHERE n.id < $1 \
         AND NOT EXISTS (SELECT 1 FROM entries WHERE notification = n.id AND position > $2) \
         AND NOT EXISTS (SELECT 1 FROM former_entries WHERE notification = n.id AND position > $2) \
         AND n.created_at <= $4 ORDER BY n.id LIMIT $3";
    /// The first notification that is kept when only the newest $1 are.
    NEWEST_KEPT = "SELECT id FROM notifications ORDER BY id DESC LIMIT 1 OFFSET $1";
    ENTRIES = "SELECT audience, position FROM entries WHERE notification = $1 ORDER BY position";
    /// Where the entry of a group ($2) of an audience ($1) stands, and of which notification.
    OF_GROUP = "SELECT position, notification FROM groups WHERE audience = $1 AND group_key = $2";
    SET_GROUP = "INSERT INTO groups (audience, group_key, position, notification) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (audience, group_key) DO UPDATE \
         SET position = excluded.position, notification = excluded.notification";
    DROP_GROUPS = "DELETE FROM groups WHERE notification = $1";
    /// An entry ($1, $2) leaves the inboxes before its time. Its event is found among the others from now on,
    /// unless it was trimmed already ($3: the floor).
    KEEP_FORMER_ENTRY = "INSERT INTO former_entries SELECT audience, position, seq, notification FROM entries \
         WHERE audience = $1 AND position = $2";
    LIST_FORMER_EVENT = "INSERT INTO other_events SELECT audience, position FROM entries \
         WHERE audience = $1 AND position = $2 AND position > $3";
    DROP_ENTRY = "DELETE FROM entries WHERE audience = $1 AND position = $2";
    DROP_FORMER_ENTRIES = "DELETE FROM former_entries WHERE notification = $1";
    /// Users who no longer belong to a topic ($1) and did so at $2.
    FORMER_MEMBERS = "SELECT DISTINCT user_id FROM subscriptions \
         WHERE topic = $1 AND until_position >= $2 AND from_position < $2 ORDER BY user_id";
    /// Whether the entry at $2 of audience $3 counts as unread for user $1, and as unseen.
    UNREAD_UNSEEN = concat!("SELECT COALESCE(r.read, $2 <= u.read_up_to) = FALSE \
             AND COALESCE(r.archived, $2 <= u.archived_up_to) = FALSE \
             AND r.deleted IS NULL AND ", awake!(), " AND NOT ", muted!(), ", \
           COALESCE(r.seen, $2 <= u.seen_up_to) = FALSE \
         FROM recipients u", look_up!(), "entries e ON e.audience = $3 AND e.position = $2 \
           LEFT JOIN receipts r ON r.user_id = u.user_id AND r.position = $2 WHERE u.user_id = $1");
    DROP_RECEIPTS = "DELETE FROM receipts WHERE position = $1";
    DROP_KEYS = "DELETE FROM idempotency_keys WHERE notification = $1";
    /// The keys of signals and marks whose events are all at or below $1.
    TRIM_KEYS = "DELETE FROM idempotency_keys WHERE position <= $1";
    DROP_ENTRIES = "DELETE FROM entries WHERE notification = $1";
    DROP_NOTIFICATION = "DELETE FROM notifications WHERE id = $1";
    DROP_PAYLOAD = "DELETE FROM payloads WHERE id = $1";

    SET_EPOCH = "UPDATE head SET epoch = $1 WHERE id = 1";

    SAVE = "SAVEPOINT together";
    KEEP_SAVED = "RELEASE SAVEPOINT together";
    GO_BACK = "ROLLBACK TO SAVEPOINT together";

    /// What the keys of a JSON array of [publisher, key] made, by their places in it.
    KEYS = concat!("SELECT j.key, k.fingerprint, k.notification, k.position FROM ", each!("$1"), look_up!(),
        "idempotency_keys k ON k.publisher = ", member!("j.value", "0"), " AND k.key = ", member!("j.value", "1"));
    /// One row, because each row that is returned wakes whoever waits.
    HEAD_AND_SEQS = head_and_seqs!("");
}

pub(in crate::store) mod access;
pub(in crate::store) mod ledger;
pub(in crate::store) mod moves;
pub(in crate::store) mod nodes;
pub(in crate::store) mod people;
pub(in crate::store) mod topics;

/// All statements by their names, for the tests.
#[cfg(test)]
pub(in crate::store) fn every() -> Vec<(&'static str, &'static str)> {
    [ALL, access::ALL, ledger::ALL, moves::ALL, nodes::ALL, people::ALL, topics::ALL].concat()
}
