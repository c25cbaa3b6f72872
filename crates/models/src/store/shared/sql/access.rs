//! The statements for who may come in.

macro_rules! account {
    ($rest:literal) => {
        concat!("SELECT user_id, password, role, disabled, must_change, created_at FROM accounts ", $rest)
    };
}

/// A sign-in of an account that may sign in.
macro_rules! sign_in {
    ($where:literal) => {
        concat!(
            "SELECT s.id, s.user_id, a.role, a.must_change, s.created_at, s.expires_at, s.ends_at, s.secret, \
               s.refreshed_at \
             FROM sign_ins s JOIN accounts a ON a.user_id = s.user_id WHERE a.disabled = false AND ",
            $where
        )
    };
}

macro_rules! api_key {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, publish, manage, observe, created_by, created_at, last_used_at, revoked_at FROM api_keys ",
            $rest
        )
    };
}

statements! {
    ADD_ACCOUNT = "INSERT INTO accounts (user_id, password, role, disabled, must_change, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (user_id) DO NOTHING";
    ACCOUNT = account!("WHERE user_id = $1");
    /// After a name ($1), at most $2.
    ACCOUNTS = account!("WHERE user_id > $1 ORDER BY user_id LIMIT $2");
    SET_PASSWORD = "UPDATE accounts SET password = $2, must_change = $3 WHERE user_id = $1";
    /// Only if it is $4, and the sign-in $5 goes on.
    SET_OWN_PASSWORD = "UPDATE accounts SET password = $2, must_change = $3 WHERE user_id = $1 AND password = $4 \
         AND EXISTS (SELECT 1 FROM sign_ins s WHERE s.id = $5 AND s.user_id = $1)";
    SET_DISABLED = "UPDATE accounts SET disabled = $2 WHERE user_id = $1";
    SET_ROLE = "UPDATE accounts SET role = $2 WHERE user_id = $1";
    DROP_ACCOUNT = "DELETE FROM accounts WHERE user_id = $1";

    /// Only for an account that may sign in, and whose password is still the one that was checked ($7): it may have been
    /// changed meanwhile.
    ADD_SIGN_IN = "INSERT INTO sign_ins (id, user_id, secret, refreshed_at, created_at, expires_at, ends_at) \
         SELECT $1, user_id, $3, $4, $4, $5, $6 FROM accounts WHERE user_id = $2 AND disabled = false AND password = $7";
    /// The sign-ins of user $1 beside the $2 that were refreshed last.
    DROP_MORE_SIGN_INS = "DELETE FROM sign_ins WHERE id IN (SELECT id FROM sign_ins WHERE user_id = $1 \
         ORDER BY refreshed_at DESC, id LIMIT 1000 OFFSET $2)";
    SIGN_IN = sign_in!("s.secret = $1");
    SIGN_IN_BY_FORMER = sign_in!("s.former = $1");
    SIGN_IN_OF_ID = sign_in!("s.id = $1");
    SIGN_INS_OF = sign_in!("s.user_id = $1 ORDER BY s.refreshed_at DESC, s.id");
    REFRESH = "UPDATE sign_ins SET secret = $3, former = $2, refreshed_at = $4, expires_at = $5 \
         WHERE id = $1 AND secret = $2";
    END_SIGN_IN = "DELETE FROM sign_ins WHERE id = $1";
    /// All of user $1, but for one ($2).
    END_SIGN_INS = "DELETE FROM sign_ins WHERE user_id = $1 AND (CAST($2 AS UUID) IS NULL OR id <> $2)";
    /// Of everybody.
    END_ALL_SIGN_INS = "DELETE FROM sign_ins";
    /// Those that have ended by $1: at most $2.
    TRIM_SIGN_INS = "DELETE FROM sign_ins WHERE id IN (SELECT id FROM sign_ins WHERE expires_at <= $1 LIMIT $2)";

    REVOKE = "INSERT INTO revocations (who, at) VALUES ($1, $2) \
         ON CONFLICT (who) DO UPDATE SET at = excluded.at WHERE excluded.at > revocations.at";
    REVOKED_AT = "SELECT at FROM revocations WHERE who = $1";
    IS_SIGNED_IN = "SELECT EXISTS (SELECT 1 FROM sign_ins WHERE id = $1)";
    REVOCATIONS = "SELECT who, at FROM revocations";

    /// Unless there are $8 that are good already.
    ADD_API_KEY = "INSERT INTO api_keys (id, secret, name, publish, manage, observe, created_by, created_at) \
         SELECT $1, $2, $3, $4, $5, $6, $7, $8 WHERE (SELECT COUNT(*) FROM api_keys WHERE revoked_at IS NULL) < $9";
    API_KEY = api_key!("WHERE secret = $1 AND revoked_at IS NULL");
    API_KEY_OF_ID = api_key!("WHERE id = $1");
    /// Newest first, before an id ($1): at most $2.
    API_KEYS = api_key!("WHERE id < $1 ORDER BY id DESC LIMIT $2");
    REVOKE_API_KEY = "UPDATE api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    USE_API_KEY = "UPDATE api_keys SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)";
    /// Keys that have not been good since $1: at most $2.
    TRIM_API_KEYS = "DELETE FROM api_keys WHERE id IN (SELECT id FROM api_keys \
         WHERE revoked_at IS NOT NULL AND revoked_at < $1 LIMIT $2)";

    REDEEM = "INSERT INTO used_tickets (id, used_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING";
    TRIM_TICKETS = "DELETE FROM used_tickets WHERE id IN (SELECT id FROM used_tickets WHERE used_at < $1 LIMIT $2)";
}
