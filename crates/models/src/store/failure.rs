//! What an error of a database means to whoever asked.

use sqlx::postgres::PgDatabaseError;

use super::{StoreError, postgres, sqlite};

/// What there is to do about it.
#[derive(Debug, PartialEq)]
pub(super) enum Failure {
    /// Make room.
    Full,
    /// Look at the database.
    Corrupt,
    /// Try again.
    Unavailable,
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match of(&error) {
            Failure::Full => Self::Full(error),
            Failure::Corrupt => Self::Corrupt(error.to_string()),
            Failure::Unavailable => Self::Unavailable(error),
        }
    }
}

fn of(error: &sqlx::Error) -> Failure {
    let Some(told) = error.as_database_error() else {
        return match error {
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::RowNotFound => Failure::Corrupt,
            _ => Failure::Unavailable,
        };
    };
    match (told.try_downcast_ref::<PgDatabaseError>(), told.code()) {
        (Some(told), _) => postgres::failure(told.code()),
        (None, Some(code)) => sqlite::failure(&code),
        (None, None) => Failure::Unavailable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_says_what_there_is_to_do() {
        for (sqlstate, expected) in [
            ("53100", Failure::Full),
            ("53300", Failure::Unavailable),
            ("08006", Failure::Unavailable),
            ("57P01", Failure::Unavailable),
            ("57P03", Failure::Unavailable),
            ("57014", Failure::Unavailable),
            ("25006", Failure::Unavailable),
            ("25P03", Failure::Unavailable),
            ("55P03", Failure::Unavailable),
            ("40001", Failure::Unavailable),
            ("40P01", Failure::Unavailable),
            ("23505", Failure::Corrupt),
            ("22021", Failure::Corrupt),
            ("42P01", Failure::Corrupt),
            ("XX001", Failure::Corrupt),
            ("XX002", Failure::Corrupt),
            ("XX000", Failure::Unavailable),
        ] {
            assert_eq!(postgres::failure(sqlstate), expected, "{sqlstate}");
        }
        for (code, expected) in
            [("13", Failure::Full), ("267", Failure::Corrupt), ("2067", Failure::Corrupt), ("5", Failure::Unavailable)]
        {
            assert_eq!(sqlite::failure(code), expected, "{code}");
        }
    }
}
