//! The statements of where a log has gone, or comes from.

statements! {
    /// Why this log must not go on here: it went elsewhere, or has not wholly come.
    MOVE = "SELECT id, outward, other, finished_at FROM moves WHERE outward = TRUE OR finished_at IS NULL LIMIT 1";
    ADD_MOVE = "INSERT INTO moves (id, outward, other, began_at) VALUES ($1, $2, $3, $4)";
    FINISH_MOVE = "UPDATE moves SET finished_at = $2 WHERE id = $1";
    DROP_MOVES_AWAY = "DELETE FROM moves WHERE outward = TRUE";
}
