//! The statements of the ledger.

statements! {
    /// Where notification $4 stands, or stood, for user $1 with the own audience $2, known from $3, and what they
    /// made of it. Their first place, should there be several.
    DELIVERY = concat!(
        "SELECT e.audience, e.position, e.former, COALESCE(v.created_at, x.created_at), x.ended, \
           r.seen, r.read, r.acted_at, r.archived, r.snoozed_until, COALESCE(r.deleted, FALSE), COALESCE(r.muted, ", muted!(), ") \
         FROM (SELECT audience, position, notification, FALSE AS former FROM entries WHERE notification = $4 \
             UNION ALL SELECT audience, position, notification, TRUE FROM former_entries WHERE notification = $4) e \
           JOIN notifications x ON x.id = e.notification \
           LEFT JOIN events v ON v.position = e.position \
           LEFT JOIN receipts r ON r.user_id = $1 AND r.position = e.position \
         WHERE ", belongs!(), " ORDER BY e.position LIMIT 1"
    );
    LEDGER_FLOOR = "SELECT ledger_floor FROM head WHERE id = 1";
    /// The streams of user $1 that came as far as $2, the first first: at most $3.
    CONNECTIONS_UP_TO = "SELECT id, after_position, opened_at, state_after, written_position, written_at, closed_at, \
           events FROM connections WHERE user_id = $1 AND written_position >= $2 ORDER BY opened_at, id, after_position LIMIT $3";
    /// How many of the newest $3 streams were given, as an event, what stands at $1 for audience $2, of how many
    /// users, and whether there are older ones.
    REACH = "WITH newest AS (SELECT id, after_position, user_id, written_position FROM connections \
           ORDER BY opened_at DESC LIMIT $3) \
         SELECT COUNT(DISTINCT c.id), COUNT(DISTINCT c.user_id), (SELECT COUNT(*) FROM newest) >= $3 \
         FROM newest c WHERE c.after_position < $1 AND c.written_position >= $1 AND ( \
           ($2 = 'everyone' AND EXISTS (SELECT 1 FROM recipients u WHERE u.user_id = c.user_id AND u.known_from < $1)) \
           OR ($2 = 'user:' || c.user_id) \
           OR EXISTS (SELECT 1 FROM subscriptions s WHERE s.user_id = c.user_id AND $2 = 'topic:' || s.topic \
             AND s.from_position < $1 AND (s.until_position IS NULL OR s.until_position >= $1)))";
    /// How many users have a receipt of what stands at $1 that says seen or read, read, and acted.
    RECEIPTS_AT = "SELECT COUNT(CASE WHEN seen OR read THEN 1 END), COUNT(CASE WHEN read THEN 1 END), \
           COUNT(acted_at) \
         FROM receipts WHERE position = $1";
    /// The streams that are no longer kept: those whose last word was before $1, and those opened before $2. At most
    /// $3; all of them were opened before $4, the later of both. Their places are forgotten first.
    OLD_CONNECTIONS = "SELECT EXISTS (SELECT 1 FROM connections \
         WHERE (opened_at < $1 AND written_at < $1) OR opened_at < $2)";
    RAISE_LEDGER_FLOOR = "UPDATE head SET ledger_floor = COALESCE((SELECT MAX(written_position) FROM ( \
           SELECT written_position FROM connections WHERE opened_at < $4 \
             AND (written_at < $1 OR opened_at < $2) \
           ORDER BY opened_at, id, after_position LIMIT $3) oldest WHERE written_position > ledger_floor), ledger_floor) WHERE id = 1";
    TRIM_CONNECTIONS = "DELETE FROM connections WHERE (id, after_position) IN ( \
           SELECT id, after_position FROM connections WHERE opened_at < $4 \
             AND (written_at < $1 OR opened_at < $2) \
           ORDER BY opened_at, id, after_position LIMIT $3)";
    /// When the first stream was opened that is kept when only the newest $1 are.
    FIRST_KEPT_CONNECTION = "SELECT opened_at FROM connections ORDER BY opened_at DESC LIMIT 1 OFFSET $1";
}
