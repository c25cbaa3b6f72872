//! Where a notification leads.

use serde::{Deserialize, Serialize};

use crate::text::{Invalid, Rule};

/// A link that is safe to put behind a click: `http`, `https`, or a path on the same site. It is
/// kept as it was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Link(String);

impl Link {
    /// Longest link, in bytes. Browsers and proxies cut at about this length.
    pub const MAX_LEN: usize = 2048;

    /// Checks and takes a link.
    ///
    /// Browsers drop tabs and line ends inside a link and read `\` as `/` (WHATWG URL, section 4.4),
    /// so these are refused rather than understood.
    pub fn parse(value: String) -> Result<Self, Invalid> {
        let refused = |detail: &str| Err(Invalid::new(Rule::Url, detail));
        if value.len() > Self::MAX_LEN {
            return refused("at most 2048 bytes");
        }
        if value.is_empty() || value.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
            return refused("no blanks, control characters or backslashes");
        }
        if value.starts_with('/') {
            return if value.starts_with("//") { refused("a path starts with one slash") } else { Ok(Self(value)) };
        }
        match url::Url::parse(&value) {
            Ok(url) if !matches!(url.scheme(), "http" | "https") => {
                refused("http, https, or a path that starts with /")
            }
            Ok(url) if !url.username().is_empty() || url.password().is_some() => {
                refused("no user name or password in a link")
            }
            // `https:host` and `https:/host` read as `https://host` in a browser: only the plain form is taken.
            Ok(_) if value.split(['/', '?', '#']).nth(2).is_some_and(|authority| authority.contains('@')) => {
                refused("no user name or password in a link")
            }
            // From a page of the same scheme they even read as a path of that page's site.
            Ok(_) if value.split_once(':').is_none_or(|(_, rest)| !rest.starts_with("//")) => {
                refused("http://… or https://…")
            }
            Ok(_) => Ok(Self(value)),
            Err(_) => refused("http, https, or a path that starts with /"),
        }
    }

    /// The link as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_links_that_are_safe_to_click() {
        for good in ["/", "/builds/4711?x=1#top", "https://example.org/a", "http://[::1]:8080/", "HTTPS://EXAMPLE.ORG"]
        {
            assert_eq!(Link::parse(good.into()).unwrap().as_str(), good);
        }
        let refused = [
            "",
            "builds/4711",
            "//host/x",
            "/\\host",
            "javascript:alert(1)",
            "java\tscript:alert(1)",
            " https://x.org",
            "JavaScript:alert(1)",
            "data:text/html,x",
            "http://u:p@host/",
            "https://u@host/",
            "http://@host",
            "https:host",
            "https:host/a://b",
            "https:x?://",
            "ftp://x",
            "/a b",
            "/a\nb",
            "http://",
            "vbscript:x",
            "mailto:a@b.c",
        ];
        for bad in refused {
            assert_eq!(Link::parse(bad.into()).unwrap_err().rule, Rule::Url, "{bad:?}");
        }
        assert!(Link::parse(format!("/{}", "x".repeat(3000))).is_err());
    }
}
