//! Times as the databases keep them: SQLite in milliseconds since 1970, PostgreSQL as `timestamptz`.

use sqlx::{
    Decode, Encode, Postgres, Sqlite, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueRef, types::Oid},
    sqlite::{SqliteArgumentsBuffer, SqliteTypeInfo, SqliteValueRef},
};

use crate::Timestamp;

impl Type<Sqlite> for Timestamp {
    fn type_info() -> SqliteTypeInfo {
        <i64 as Type<Sqlite>>::type_info()
    }

    fn compatible(given: &SqliteTypeInfo) -> bool {
        <i64 as Type<Sqlite>>::compatible(given)
    }
}

impl Encode<'_, Sqlite> for Timestamp {
    fn encode_by_ref(&self, buffer: &mut SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
        Encode::<Sqlite>::encode_by_ref(&self.as_millis(), buffer)
    }
}

impl<'r> Decode<'r, Sqlite> for Timestamp {
    fn decode(value: SqliteValueRef<'r>) -> Result<Self, BoxDynError> {
        <i64 as Decode<Sqlite>>::decode(value).map(Self::from_millis)
    }
}

/// `timestamptz`, and an array of it. Their numbers are the same in every PostgreSQL, like those of all built-in types.
const TIMESTAMPTZ: PgTypeInfo = PgTypeInfo::with_oid(Oid(1184));
const TIMESTAMPTZ_ARRAY: PgTypeInfo = PgTypeInfo::with_oid(Oid(1185));
/// PostgreSQL counts microseconds since 2000-01-01T00:00:00Z, which is this many milliseconds after 1970.
const EPOCH: i64 = 946_684_800_000;
/// The first instant that it can keep, which is in the year 4713 before Christ, and the first that it can not.
const FIRST: i64 = -211_813_488_000_000_000;
const END: i64 = 9_223_371_331_200_000_000;

/// What is beyond the times that PostgreSQL can keep is its `infinity`, or `-infinity`.
pub(super) fn to_micros(at: Timestamp) -> i64 {
    let micros = (i128::from(at.as_millis()) - i128::from(EPOCH)) * 1000;
    match i64::try_from(micros) {
        Ok(micros) if (FIRST..END).contains(&micros) => micros,
        _ if micros < 0 => i64::MIN,
        _ => i64::MAX,
    }
}

pub(super) fn from_micros(micros: i64) -> Timestamp {
    match micros {
        i64::MIN | i64::MAX => Timestamp::from_millis(micros),
        _ => Timestamp::from_millis(micros.div_euclid(1000) + EPOCH),
    }
}

impl Type<Postgres> for Timestamp {
    fn type_info() -> PgTypeInfo {
        TIMESTAMPTZ
    }
}

impl PgHasArrayType for Timestamp {
    fn array_type_info() -> PgTypeInfo {
        TIMESTAMPTZ_ARRAY
    }
}

impl Encode<'_, Postgres> for Timestamp {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Encode::<Postgres>::encode_by_ref(&to_micros(*self), buffer)
    }
}

impl<'r> Decode<'r, Postgres> for Timestamp {
    /// All statements are prepared, so values come as numbers and not as text.
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        let bytes: [u8; 8] = value.as_bytes()?.try_into()?;
        Ok(from_micros(i64::from_be_bytes(bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_kept_to_the_millisecond_and_what_is_beyond_all_times_stays_there() {
        let millis = Timestamp::from_millis;
        for at in
            ["1970-01-01T00:00:00Z", "1999-12-31T23:59:59.999Z", "2026-11-28T08:30:00.001Z", "9999-01-01T00:00:00Z"]
        {
            let at = Timestamp::parse(at).unwrap();
            assert_eq!(from_micros(to_micros(at)), at);
        }
        assert_eq!(to_micros(millis(EPOCH + 1)), 1000);
        assert_eq!(from_micros(to_micros(Timestamp::FOREVER)), Timestamp::FOREVER);
        assert_eq!(from_micros(to_micros(millis(i64::MIN))), millis(i64::MIN));
        assert_eq!(to_micros(millis(-300_000_000_000_000)), i64::MIN, "before all that it can keep");
    }
}
