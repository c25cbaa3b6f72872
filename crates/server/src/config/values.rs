//! From text to settings. A refusal says what is wrong with the value and what would be right; the
//! caller adds the name. Only refusals of values that hold no secret repeat them.

use std::{fmt, net::SocketAddr, ops::RangeInclusive, path::PathBuf, sync::Arc};

use secrecy::SecretString;
use tidings_middleware::{Origins, Proxies, Tokens};
use tracing_subscriber::EnvFilter;

/// What is wrong with a value.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Wrong(String);

pub(super) type Parsed<T> = Result<T, Wrong>;

pub(super) fn wrong<T>(text: impl Into<String>) -> Parsed<T> {
    Err(Wrong(text.into()))
}

pub(super) fn address(text: &str) -> Parsed<SocketAddr> {
    text.parse().map_err(|_| {
        Wrong(format!(
            "{text:?} is not an IP address with a port: write 127.0.0.1:8080 for this machine alone, 0.0.0.0:8080 for all of its addresses"
        ))
    })
}

pub(super) fn number(range: RangeInclusive<u64>) -> impl Fn(&str) -> Parsed<u64> + Clone + Send + Sync + 'static {
    move |text| match text.parse() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => wrong(format!("{text:?} is not a whole number from {} to {}", range.start(), range.end())),
    }
}

pub(super) fn switch(text: &str) -> Parsed<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" | "" => Ok(false),
        _ => wrong(format!("{text:?} is neither true nor false")),
    }
}

/// The rule is the one that tokens are made by, so that both always agree.
pub(super) fn token_secret(text: &str) -> Parsed<SecretString> {
    let secret = SecretString::from(text);
    match Tokens::new(&secret) {
        Ok(_) => Ok(secret),
        Err(weak) => wrong(weak.to_string()),
    }
}

pub(super) fn token(text: &str) -> Parsed<SecretString> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_graphic()) {
        return wrong("it is not a token: `tidings token --sub NAME` makes one");
    }
    Ok(text.into())
}

pub(super) fn line(text: &str) -> Parsed<String> {
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return wrong("it is empty or more than one line: write one line, or leave it out");
    }
    Ok(text.to_owned())
}

pub(super) fn file(text: &str) -> Parsed<PathBuf> {
    if text.is_empty() || text.chars().any(char::is_control) {
        return wrong("it is not the path of a file: write one, or leave it out");
    }
    Ok(text.into())
}

/// Who can change what comes from there can be anybody here: so it comes over TLS, or from this machine.
pub(super) fn key_set(text: &str) -> Parsed<reqwest::Url> {
    // Not repeated: it may hold a password by mistake.
    let refused = || {
        Wrong("it is not the URL of a key set: write https:// and the rest, without user, password or fragment; http:// only for 127.0.0.1, [::1] and localhost".into())
    };
    let url = reqwest::Url::parse(text).map_err(|_| refused())?;
    let host = url.host_str().unwrap_or_default();
    let here = host == "localhost"
        || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    let safe = (url.scheme() == "https" && !host.is_empty()) || (url.scheme() == "http" && here);
    let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    if safe && bare { Ok(url) } else { Err(refused()) }
}

pub(super) fn origins(text: &str) -> Parsed<Origins> {
    Origins::parse(text).map_err(|error| Wrong(format!("{error}; separate several by commas")))
}

pub(super) fn proxies(text: &str) -> Parsed<Proxies> {
    Proxies::parse(text).map_err(|error| Wrong(format!("{error}; separate several by commas")))
}

pub(super) fn service(text: &str) -> Parsed<reqwest::Url> {
    // Not repeated: it may hold a password by mistake.
    let refused = || Wrong("it is not the URL of a server: write http:// or https:// and a host, nothing more".into());
    let url = reqwest::Url::parse(text).map_err(|_| refused())?;
    let bare = matches!(url.scheme(), "http" | "https")
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if bare { Ok(url) } else { Err(refused()) }
}

/// What is logged, as `tracing_subscriber` writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogFilter(Arc<str>);

impl LogFilter {
    pub(crate) fn filter(&self) -> EnvFilter {
        EnvFilter::new(&self.0)
    }
}

pub(super) fn log_filter(text: &str) -> Parsed<LogFilter> {
    match EnvFilter::builder().parse(text) {
        Ok(_) if !text.trim().is_empty() => Ok(LogFilter(text.into())),
        _ => wrong(format!(
            "{text:?} is not a filter: write off, error, warn, info, debug or trace, or for one module info,tidings_broker=debug"
        )),
    }
}

/// How a log line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// For programs: one JSON object a line.
    Json,
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Json => "json",
        })
    }
}

pub(super) fn log_format(text: &str) -> Parsed<LogFormat> {
    let known = [LogFormat::Text, LogFormat::Json].into_iter().find(|format| format.to_string() == text);
    known.ok_or_else(|| Wrong(format!("{text:?} is neither text nor json")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_in_their_range() {
        for (text, expected) in [("1", Some(1)), ("300", Some(300)), ("0", None), ("301", None), ("-1", None)] {
            assert_eq!(number(1..=300)(text).ok(), expected, "{text}");
        }
        for bad in ["", "abc", "1.5", " 5", "1e3", "99999999999999999999"] {
            let message = number(1..=300)(bad).unwrap_err().to_string();
            assert_eq!(message, format!("{bad:?} is not a whole number from 1 to 300"));
        }
    }

    #[test]
    fn addresses_are_numeric() {
        for good in ["127.0.0.1:8080", "0.0.0.0:0", "[::1]:80"] {
            assert_eq!(address(good).unwrap().to_string(), good);
        }
        for bad in ["", "8080", ":8080", "localhost:8080", "127.0.0.1", "127.0.0.1:99999"] {
            assert!(address(bad).unwrap_err().to_string().contains("127.0.0.1:8080"), "{bad}");
        }
    }

    #[test]
    fn a_secret_is_long_and_never_shown() {
        assert!(token_secret(&"x".repeat(32)).is_ok());
        let planted = "planted-but-too-short";
        for bad in ["", planted] {
            let message = token_secret(bad).unwrap_err().to_string();
            assert!(message.contains("32 bytes") && !message.contains(planted), "{message}");
        }
        assert!(!format!("{:?}", token_secret(&"planted!".repeat(5))).contains("planted"));
        assert!(!token("plan\nted").unwrap_err().to_string().contains("plan"));
    }

    #[test]
    fn key_sets_come_over_tls_or_from_here() {
        for good in [
            "https://login.example.org/realms/x/protocol/openid-connect/certs",
            "https://login.example.org:8443/keys?policy=x",
            "http://127.0.0.1:9000/jwks.json",
            "http://[::1]/jwks.json",
            "http://localhost:8081/keys",
        ] {
            assert!(key_set(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "jwks.json",
            "login.example.org/jwks.json",
            "http://login.example.org/keys",
            "http://10.0.0.1/keys",
            "http://localhost.example.org/keys",
            "http://127.0.0.1.example.org/keys",
            "https://u:planted@login.example.org/keys",
            "https://planted@login.example.org/keys",
            "https://login.example.org/keys#planted",
            "file:///etc/planted",
            "ftp://login.example.org/planted",
        ] {
            let message = key_set(bad).unwrap_err().to_string();
            assert!(message.contains("https://") && !message.contains("planted"), "{bad}: {message}");
        }
    }

    #[test]
    fn other_values() {
        for (text, expected) in [("true", Some(true)), ("ON", Some(true)), ("0", Some(false)), ("maybe", None)] {
            assert_eq!(switch(text).ok(), expected, "{text}");
        }
        assert_eq!(log_format("json"), Ok(LogFormat::Json));
        assert!(log_format("xml").is_err());
        for good in ["info", "off", "warn,tidings_broker=debug"] {
            assert!(log_filter(good).is_ok(), "{good}");
        }
        for bad in ["", "tidings=loud", "info,=,"] {
            assert!(log_filter(bad).is_err(), "{bad}");
        }
        assert!(line("auth.example.org").is_ok());
        assert!(line(" ").is_err() && line("a\nb").is_err());
        assert!(origins("").is_ok() && origins("https://a.example, https://b.example").is_ok());
        assert!(origins("a.example").is_err());
        assert!(proxies("").is_ok() && proxies("127.0.0.1, 10.0.0.0/8").is_ok());
        assert!(proxies("proxy.example").is_err());
        assert!(service("https://tidings.example.org").is_ok());
        assert!(file("/etc/tidings/key.pem").is_ok());
        assert!(file("").is_err() && file("a\nb").is_err());
        for bad in ["tidings", "ftp://x", "http://u:planted@x", "http://x?q", ""] {
            assert!(!service(bad).unwrap_err().to_string().contains("planted"), "{bad}");
        }
    }
}
