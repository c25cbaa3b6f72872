//! The statements for topics, and for who belongs to them.

/// The topics that user $1 may join or belongs to, and whether they do.
macro_rules! topic_of {
    ($which:literal) => {
        concat!(
            "SELECT t.topic, title, open, created_at, s.user_id IS NOT NULL FROM topics t \
               LEFT JOIN subscriptions s ON s.user_id = $1 AND s.topic = t.topic AND s.until_position IS NULL \
             WHERE (open = TRUE OR s.user_id IS NOT NULL) AND ",
            $which
        )
    };
}

statements! {
    TOPIC = "SELECT topic, title, open, created_at FROM topics WHERE topic = $1";
    PUT_TOPIC = "INSERT INTO topics (topic, title, open, created_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (topic) DO UPDATE SET title = excluded.title, open = excluded.open";
    DROP_TOPIC = "DELETE FROM topics WHERE topic = $1";
    /// Topics after $1 with how many belong to them: at most $2.
    TOPICS = "SELECT topic, title, open, created_at, members FROM topics \
         WHERE topic > $1 ORDER BY topic LIMIT $2";
    MEMBER_COUNT = "SELECT members FROM topics WHERE topic = $1";
    /// How many users are known.
    RECIPIENTS = "SELECT recipients FROM head WHERE id = 1";
    /// The topics after $2 that user $1 may join or belongs to, and whether they do: at most $3.
    TOPICS_OF = topic_of!("t.topic > $2 ORDER BY t.topic LIMIT $3");
    /// Topic $2, if user $1 may join it or belongs to it.
    TOPIC_OF = topic_of!("t.topic = $2");
    MEMBERS = "SELECT user_id FROM subscriptions WHERE topic = $1 AND until_position IS NULL AND user_id > $2 \
         ORDER BY user_id LIMIT $3";
    IS_MEMBER = "SELECT from_position FROM subscriptions \
         WHERE topic = $1 AND user_id = $2 AND until_position IS NULL";
    SUBSCRIPTIONS_OF = "SELECT COUNT(*) FROM subscriptions WHERE user_id = $1";
    JOIN = "INSERT INTO subscriptions (user_id, topic, from_position) VALUES ($1, $2, $3)";
    LEAVE = "UPDATE subscriptions SET until_position = $3 \
         WHERE user_id = $1 AND topic = $2 AND until_position IS NULL";
    FORGET = "DELETE FROM subscriptions WHERE user_id = $1 AND topic = $2 AND until_position IS NULL";
}
