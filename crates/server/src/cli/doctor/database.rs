//! The database: whether it can be reached, and what is in it.

use tidings_models::{StoreError, store::Inspection};

use super::Finding;
use crate::config::DatabaseUrl;

/// What a look at it gave. `None`: there is none yet.
pub(super) type Inspected = Result<Option<Inspection>, StoreError>;

pub(super) async fn inspect(url: &DatabaseUrl) -> Inspected {
    match url.file() {
        Some(file) if matches!(file.try_exists(), Ok(false)) => Ok(None),
        Some(_) => Inspection::of_file(url.as_str()).await.map(Some),
        None => Inspection::of_server(url.as_str()).await.map(Some),
    }
}

/// Whether it answers, and a node can work with it.
pub(super) fn check(url: &DatabaseUrl, inspected: &Inspected) -> Finding {
    const PART: &str = "database";
    match inspected {
        Err(error) => Finding::wrong(
            PART,
            format!("{url} cannot be read: {error}. Is it there, does it run, and is TIDINGS_DATABASE_URL right?"),
        ),
        Ok(None) => Finding::mind(PART, format!("There is none at {url} yet: `tidings` makes it when it starts.")),
        Ok(Some(Inspection { refusal: Some(why), version, .. })) => {
            Finding::wrong(PART, format!("{url} answers ({version}), and cannot be used: {why}."))
        }
        Ok(Some(Inspection { version, last, .. })) => {
            let last = last.map_or("nothing is in it yet".to_owned(), |(at, _)| format!("its log stands at {at}"));
            Finding::fine(PART, format!("{url} answers ({version}), and {last}."))
        }
    }
}

/// Whether its structure is that of this version.
pub(super) fn structure(inspected: &Inspected) -> Option<Finding> {
    const PART: &str = "structure";
    let Inspection { pending, unknown, .. } = inspected.as_ref().ok()?.as_ref()?;
    Some(match (pending, unknown) {
        (0, 0) => Finding::fine(PART, "It is that of this version."),
        (_, 1..) => Finding::wrong(
            PART,
            format!("A later version of Tidings has changed it ({unknown} changes): use that one, or put a copy back."),
        ),
        (pending, 0) => Finding::mind(
            PART,
            format!("The next start makes {pending} changes. Do it beforehand with `tidings migrate`, after a backup."),
        ),
    })
}

/// Whether it is damaged. A server sees to that itself.
pub(super) fn integrity(url: &DatabaseUrl, inspected: &Inspected) -> Option<Finding> {
    const PART: &str = "integrity";
    let Inspection { damage, .. } = inspected.as_ref().ok()?.as_ref()?;
    url.file()?;
    Some(match &damage[..] {
        [] => Finding::fine(PART, "SQLite's quick check finds nothing wrong."),
        damage => Finding::wrong(
            PART,
            format!(
                "The file is damaged: {}. Stop the server, and put a copy back: `tidings restore`.",
                damage.join("; ")
            ),
        ),
    })
}

#[cfg(test)]
mod tests {
    use tidings_models::Position;

    use super::{super::State, *};

    #[expect(clippy::unnecessary_wraps, reason = "as a database that can be asked answers")]
    fn found(change: impl FnOnce(&mut Inspection)) -> Inspected {
        let mut inspection = Inspection {
            version: "PostgreSQL 15.1".into(),
            refusal: None,
            pending: 0,
            unknown: 0,
            damage: Vec::new(),
            last: None,
            clock: None,
        };
        change(&mut inspection);
        Ok(Some(inspection))
    }

    #[test]
    fn each_state_has_words_and_a_way_out() {
        let url = DatabaseUrl::of_file(std::path::Path::new("log.db"));
        let fine = found(|it| it.last = Position::new(7).zip(Some(tidings_models::Timestamp::from_millis(0))));
        let standby = found(|it| it.refusal = Some("it is a standby, which lags behind: name the primary".into()));
        let damaged = found(|it| it.damage = vec!["page 7 is never used".into()]);
        for (finding, state, words) in [
            (Some(check(&url, &fine)), State::Fine, "stands at 7"),
            (Some(check(&url, &standby)), State::Wrong, "name the primary"),
            (Some(check(&url, &Ok(None))), State::Mind, "makes it when it starts"),
            (structure(&fine), State::Fine, "of this version"),
            (structure(&found(|it| it.pending = 2)), State::Mind, "tidings migrate"),
            (structure(&found(|it| (it.pending, it.unknown) = (1, 1))), State::Wrong, "later version"),
            (integrity(&url, &fine), State::Fine, "nothing wrong"),
            (integrity(&url, &damaged), State::Wrong, "page 7 is never used"),
        ] {
            let finding = finding.unwrap();
            assert!(finding.state == state && finding.says.contains(words), "{finding:?}");
        }
        assert_eq!((structure(&Ok(None)), integrity(&url, &Ok(None))), (None, None));
    }
}
