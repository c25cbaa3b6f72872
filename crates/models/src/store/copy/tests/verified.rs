//! A difference is found, whatever it comes from, and then the log goes on nowhere.

use super::*;

async fn compared_after(plant: &'static str) -> CopyError {
    let (left, url) = (Left::with(20).await, empty_database());
    assert!(left.copy_until(&url, |progress| progress.stage == Stage::Verifying).await);
    execute(&url, plant).await;
    let error = left.copy(&url).await.unwrap_err();
    refusal(arrived(&url).await);
    let store = SqliteStore::open_moved(&left.url, NOW, &SystemRandom).await.unwrap();
    assert!(store.moved().await.unwrap().is_some_and(|moved| !moved.finished));
    error
}

#[tokio::test]
async fn what_differs_is_named() {
    for (plant, expected) in [
        ("UPDATE payloads SET json = json || ' ' WHERE id = 3", ("payloads", 3)),
        ("UPDATE events SET created_at = created_at + interval '1 microsecond' WHERE position = 20", ("events", 20)),
        ("UPDATE notifications SET category = ''", ("notifications", 1)),
        ("UPDATE entries SET audience = 'user:bob' WHERE position = 1", ("entries", 1)),
        ("UPDATE head SET recipients = 7", ("head", 1)),
        ("UPDATE secrets SET value = decode('00', 'hex') WHERE name = 'token'", ("secrets", 2)),
    ] {
        let error = compared_after(plant).await;
        assert!(
            matches!(error, CopyError::Differs { table, row } if (table, row) == expected),
            "{plant}: {error}, not {expected:?}"
        );
    }
}

#[tokio::test]
async fn what_is_missing_or_too_much_is_found() {
    for (plant, expected) in [
        ("DELETE FROM events WHERE position = 3", ("events", 20, 19)),
        ("INSERT INTO audiences VALUES ('user:zoe', 1)", ("audiences", 0, 1)),
    ] {
        let error = compared_after(plant).await;
        assert!(
            matches!(error, CopyError::Count { table, here, there } if (table, here, there) == expected),
            "{plant}: {error}, not {expected:?}"
        );
    }
}

/// What PostgreSQL cannot keep is not made into something else.
#[tokio::test]
async fn what_does_not_fit_is_named() {
    for (plant, expected) in [
        ("UPDATE payloads SET json = json || char(0) WHERE id = 3", "json of payloads"),
        ("UPDATE events SET created_at = 9223372036854775806", "created_at of events"),
        ("UPDATE notifications SET replaced_by = x'00'", "replaced_by of notifications"),
    ] {
        let left = Left::with(4).await;
        left.execute(plant).await;
        let error = left.copy(&empty_database()).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{plant}: {error}");
    }
}
