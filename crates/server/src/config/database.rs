//! The URL of a database. Nothing here repeats one: it may hold a password.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::values::{Parsed, wrong};

/// What an URL of PostgreSQL may say beside user, host and name. The driver passes over anything else, and logs it.
const PARAMETERS: [&str; 7] = ["host", "sslmode", "sslrootcert", "sslcert", "sslkey", "application_name", "options"];
const SSL_MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

/// Where the data is.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct DatabaseUrl {
    url: Arc<str>,
    place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// In a file of this machine.
    File(PathBuf),
    /// In PostgreSQL. The URL without what is secret in it.
    Server(String),
}

impl DatabaseUrl {
    /// The database in a file.
    pub(crate) fn of_file(path: &Path) -> Self {
        Self { url: format!("sqlite://{}", path.display()).into(), place: Place::File(path.to_owned()) }
    }

    /// With what is secret in it.
    pub(crate) fn as_str(&self) -> &str {
        &self.url
    }

    /// The file, if it is one.
    pub(crate) fn file(&self) -> Option<&Path> {
        match &self.place {
            Place::File(path) => Some(path),
            Place::Server(_) => None,
        }
    }
}

/// For people: without a password.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::File(path) => path.display().fmt(f),
            Place::Server(shown) => f.write_str(shown),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

pub(crate) fn database_url(text: &str) -> Parsed<DatabaseUrl> {
    const RIGHT: &str =
        "write sqlite:// and the path of a file, like sqlite://data/tidings.db, or postgres://user:password@host/name";
    if text.starts_with("postgres:") || text.starts_with("postgresql:") {
        return match server(text) {
            Ok(shown) => Ok(DatabaseUrl { url: text.into(), place: Place::Server(shown) }),
            Err(problem) => wrong(format!("{problem}: {RIGHT}")),
        };
    }
    let Some(rest) = text.strip_prefix("sqlite:") else {
        return wrong(format!("it is not the URL of a database: {RIGHT}"));
    };
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    if path.is_empty() || path == ":memory:" || query.contains("mode=memory") {
        return wrong(format!("notifications must survive a restart, so they are kept in a file: {RIGHT}"));
    }
    if path.contains('%') || path.chars().any(char::is_control) {
        return wrong(format!("{text:?} has a character that a path here must not have: {RIGHT}"));
    }
    Ok(DatabaseUrl { url: text.into(), place: Place::File(path.into()) })
}

/// What may be shown of an URL of PostgreSQL, or what is wrong with it.
fn server(text: &str) -> Result<String, &'static str> {
    const NO_URL: &str = "it is not a URL; a special character in a password is written as % and two digits, @ as %40";
    let url = reqwest::Url::parse(text).map_err(|_| NO_URL)?;
    if url.fragment().is_some() || !text.contains("://") {
        return Err(NO_URL);
    }
    let mut host = url.host_str().unwrap_or_default().to_owned();
    for (name, value) in url.query_pairs() {
        match &*name {
            "host" => host = value.into_owned(),
            "sslmode" if !SSL_MODES.contains(&&*value) => {
                return Err("sslmode is none of disable, allow, prefer, require, verify-ca and verify-full");
            }
            known if PARAMETERS.contains(&known) => {}
            _ => {
                return Err(
                    "it may say host, sslmode, sslrootcert, sslcert, sslkey, application_name and options, nothing else",
                );
            }
        }
    }
    if host.is_empty() {
        return Err("it names no host");
    }
    let name = url.path().trim_start_matches('/');
    if name.is_empty() || name.contains('/') {
        return Err("it names no database");
    }
    let user = if url.username().is_empty() { String::new() } else { format!("{}@", url.username()) };
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    Ok(format!("postgres://{user}{host}{port}/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files() {
        let cases = [
            ("sqlite://data/tidings.db", "data/tidings.db"),
            ("sqlite:///var/lib/tidings.db?cache=private", "/var/lib/tidings.db"),
            ("sqlite:tidings.db", "tidings.db"),
        ];
        for (url, path) in cases {
            let parsed = database_url(url).unwrap();
            assert_eq!((parsed.as_str(), parsed.file()), (url, Some(Path::new(path))));
        }
    }

    #[test]
    fn servers_are_shown_without_their_passwords() {
        let cases = [
            ("postgres://u:planted@db/x", "postgres://u@db/x"),
            ("postgresql://u:planted%40@db:5433/x?sslmode=verify-full&sslrootcert=/ca.pem", "postgres://u@db:5433/x"),
            ("postgres://u@localhost/x?host=/run/postgresql", "postgres://u@/run/postgresql/x"),
            ("postgres://[::1]/x", "postgres://[::1]/x"),
        ];
        for (url, shown) in cases {
            let parsed = database_url(url).unwrap();
            assert_eq!((parsed.as_str(), parsed.file(), parsed.to_string().as_str()), (url, None, shown));
            assert_eq!(format!("{parsed:?}"), shown);
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        let refused = [
            ("mysql://u:planted@db/x", "not the URL of a database"),
            ("data/tidings.db", "not the URL of a database"),
            ("", "not the URL of a database"),
            ("sqlite://", "kept in a file"),
            ("sqlite::memory:", "kept in a file"),
            ("sqlite://x?mode=memory", "kept in a file"),
            ("sqlite://a%20b", "character"),
            ("postgres://u:planted@db", "names no database"),
            ("postgres://u:planted@db/", "names no database"),
            ("postgres:///x", "names no host"),
            ("postgres:x", "not a URL"),
            ("postgres://u:pla#nted@db/x", "%40"),
            ("postgres://u:planted@db/x?sslmode=planted", "verify-full"),
            ("postgres://u@db/x?pasword=planted", "nothing else"),
            ("postgres://u@db/x?password=planted", "nothing else"),
        ];
        for (url, problem) in refused {
            let message = database_url(url).unwrap_err().to_string();
            assert!(message.contains(problem) && message.contains("sqlite://data/tidings.db"), "{url}: {message}");
            assert!(!message.contains("planted"), "{message}");
        }
    }
}
