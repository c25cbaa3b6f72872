//! The statements of what nodes tell each other.

statements! {
    /// At most $1.
    NODES = "SELECT id, beat, version, started_at, position, streams FROM nodes ORDER BY started_at, id LIMIT $1";
    TELL_NODE = "INSERT INTO nodes (id, beat, version, started_at, position, streams) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (id) DO UPDATE SET beat = excluded.beat, position = excluded.position, streams = excluded.streams";
    FORGET_NODE = "DELETE FROM nodes WHERE id = $1";
    FORGET_NODE_AT = "DELETE FROM nodes WHERE id = $1 AND beat = $2";
    FORGET_STREAMS = "DELETE FROM open_streams WHERE node = $1";
    /// A JSON array of hexadecimal ids ($1).
    CLOSE_STREAMS = concat!("DELETE FROM open_streams WHERE id IN (SELECT ", id!("j.value"), " FROM ", each!("$1"), ")");
    /// A JSON array of hexadecimal ids of nodes ($2).
    STREAMS_AT = concat!("SELECT COUNT(*) FROM open_streams WHERE user_id = $1 AND node IN (SELECT ",
        id!("j.value"), " FROM ", each!("$2"), ")");
    IS_ELSEWHERE = "SELECT EXISTS (SELECT 1 FROM open_streams WHERE id = $2 AND user_id = $1 AND node <> $3)";
    /// Of other nodes than $1, after $2: at most $3.
    LISTED_STREAMS = "SELECT node, id, user_id, opened_at, transport FROM open_streams \
         WHERE id > $2 AND node <> $1 ORDER BY id LIMIT $3";
    PRESENT = "SELECT COUNT(*), COUNT(DISTINCT user_id) FROM open_streams";
    PRESENT_USER = "SELECT COUNT(DISTINCT user_id) FROM open_streams WHERE user_id = $1";
    PRESENT_MEMBERS = concat!("SELECT COUNT(DISTINCT s.user_id) FROM open_streams s", look_up!(),
        "subscriptions t ON t.user_id = s.user_id AND t.topic = $1 AND t.until_position IS NULL");
    LAST_WHISPER = "SELECT COALESCE(MAX(id), 0) FROM whispers";
    /// After $1, of other nodes than $2: at most $3.
    WHISPERS = "SELECT id, position, kind, audience, payload, at FROM whispers WHERE id > $1 AND node <> $2 ORDER BY id LIMIT $3";
    TRIM_WHISPERS = "DELETE FROM whispers WHERE at < $1";
    ERASE_WHISPERS = "DELETE FROM whispers WHERE audience = $1";
}
