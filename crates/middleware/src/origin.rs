//! Which pages may call: our own, and those of the origins that the configuration lists.
//!
//! This is what stands against cross-site request forgery, forced sign-in and a
//! WebSocket of another site. CORS is not: it only keeps a foreign page from *reading* an answer.

use actix_web::{
    dev::RequestHead,
    http::header::{self, HeaderName},
};
use url::Url;

use crate::{Credential, host};

/// The origins whose pages may call, beside our own. Exact ones: no patterns, no suffixes, never `null`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins(Vec<String>);

/// A configured origin that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an origin: write http:// or https://, a host, and a port unless it is the usual one")]
pub struct WrongOrigin(pub String);

impl Origins {
    /// Reads a list, separated by commas or blanks. Each is brought to the form that browsers send.
    pub fn parse(list: &str) -> Result<Self, WrongOrigin> {
        let entries = list.split(|c: char| c == ',' || c.is_whitespace()).filter(|entry| !entry.is_empty());
        entries
            .map(|entry| normalise(entry).ok_or_else(|| WrongOrigin(entry.to_owned())))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The origins, as browsers send them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether a request that came this way may go on. `credential` is what it is believed by.
    pub(crate) fn admit(&self, from: &Provenance<'_>, credential: Option<Credential>) -> bool {
        match (from.origin, from.site) {
            (Sent::Once(origin), _) if self.0.iter().any(|listed| listed == origin) => true,
            // The scheme may differ, because a proxy may end TLS. But where the browser itself says
            // that the page is of another site, as for http: beside https:, it knows better.
            (Sent::Once(origin), Site::Unsaid | Site::SameOrigin) => from.is_own(origin),
            // A browser adds an Origin to every request of a page that can set this header.
            (Sent::Never, _) if credential == Some(Credential::Bearer) => true,
            (Sent::Never, Site::SameOrigin) => true,
            // Not a browser, or an old one. A same-origin EventSource comes like this, and may; a
            // form of a foreign page could too, so nothing is changed on the word of a cookie.
            (Sent::Never, Site::Unsaid) => !(from.changes && credential == Some(Credential::Cookie)),
            // Typed into the address bar.
            (Sent::Never, Site::Nobody) => !from.changes,
            (Sent::Once(_) | Sent::Unreadable, _) | (Sent::Never, Site::Foreign) => false,
        }
    }
}

fn normalise(entry: &str) -> Option<String> {
    let url = Url::parse(entry).ok()?;
    let bare = matches!(url.scheme(), "http" | "https")
        && url.username().is_empty()
        && url.password().is_none()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.host_str().is_some_and(|host| !host.contains('*'));
    bare.then(|| url.origin().ascii_serialization())
}

/// A header that is to be sent once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent<'a> {
    Never,
    Once(&'a str),
    Unreadable,
}

static SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What the browser says of the page that asked (Fetch Metadata, section 2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Site {
    Unsaid,
    SameOrigin,
    Nobody,
    Foreign,
}

/// Where a request came from, as far as its headers tell.
pub(crate) struct Provenance<'a> {
    origin: Sent<'a>,
    site: Site,
    host: Option<&'a str>,
    changes: bool,
}

impl<'a> Provenance<'a> {
    pub(crate) fn of(head: &'a RequestHead) -> Self {
        let site = match sent(head, &SEC_FETCH_SITE) {
            Sent::Never => Site::Unsaid,
            Sent::Once("same-origin") => Site::SameOrigin,
            Sent::Once("none") => Site::Nobody,
            // A sister host is not us; and a word that is not known yet promises nothing.
            Sent::Once(_) | Sent::Unreadable => Site::Foreign,
        };
        Self {
            origin: sent(head, &header::ORIGIN),
            site,
            host: host::of(head),
            // A WebSocket begins with a GET, yet no CORS holds it, and commands come over it.
            changes: !head.method.is_safe() || head.headers().contains_key(header::UPGRADE),
        }
    }

    /// Whether `origin` is that of a page which this server itself gave out.
    fn is_own(&self, origin: &str) -> bool {
        let own = self.host.zip(origin.split_once("://")).and_then(|(host, (scheme, _))| host::origin(scheme, host));
        // Browsers send the serialised form (Fetch, section 3.2); `null` is no origin of a host.
        own.is_some_and(|own| own.is_tuple() && own.ascii_serialization() == origin)
    }
}

fn sent<'a>(head: &'a RequestHead, name: &HeaderName) -> Sent<'a> {
    let mut values = head.headers().get_all(name);
    match (values.next(), values.next()) {
        (None, _) => Sent::Never,
        (Some(value), None) => value.to_str().map_or(Sent::Unreadable, Sent::Once),
        _ => Sent::Unreadable,
    }
}

#[cfg(test)]
mod tests;
