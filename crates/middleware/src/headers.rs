//! Headers that every answer carries, so that no handler has to think of them.

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};

/// Set even over what a handler set.
static ALWAYS: [(HeaderName, HeaderValue); 3] = [
    // What is declared as JSON is never taken for a script or a page (Fetch, section 3.6).
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    // Paths hold ids of users and notifications.
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    // Clickjacking, for browsers that do not know `frame-ancestors`.
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
];

/// Set unless the handler knows better: pages bring their own policy, and assets with a hash in
/// their name may be kept.
static BY_DEFAULT: [(HeaderName, HeaderValue); 2] = [
    // Answers are one person's; no proxy or shared browser may keep them.
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    // An API answer that is opened as a page loads and runs nothing, and is framed by nobody.
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    ),
];

/// Two years of https alone, for browsers that came over it (RFC 6797). Neither `includeSubDomains` nor `preload`:
/// what other hosts speak, and a promise that takes months to take back, are the operator's to decide.
static HTTPS_ALONE: HeaderValue = HeaderValue::from_static("max-age=63072000");

/// Over plain HTTP anybody on the way could have written it, so there it is not said (RFC 6797, section 7.2).
pub(crate) fn harden(headers: &mut HeaderMap, over_tls: bool) {
    if over_tls {
        headers.insert(STRICT_TRANSPORT_SECURITY, HTTPS_ALONE.clone());
    }
    for (name, value) in &ALWAYS {
        headers.insert(name.clone(), value.clone());
    }
    for (name, value) in &BY_DEFAULT {
        if !headers.contains_key(name) {
            headers.insert(name.clone(), value.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_keeps_its_policy_and_an_asset_its_caching() {
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("max-age=31536000, immutable"));
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'self'"));
        harden(&mut headers, false);
        assert_eq!(headers.get(CACHE_CONTROL).unwrap(), "max-age=31536000, immutable");
        assert_eq!(headers.get(CONTENT_SECURITY_POLICY).unwrap(), "default-src 'self'");
        assert_eq!(headers.get(X_CONTENT_TYPE_OPTIONS).unwrap(), "nosniff");
    }

    #[test]
    fn everything_else_is_never_kept() {
        let mut headers = HeaderMap::new();
        harden(&mut headers, false);
        assert_eq!(headers.get(CACHE_CONTROL).unwrap(), "no-store");
        assert_eq!(headers.len(), ALWAYS.len() + BY_DEFAULT.len());
        harden(&mut headers, true);
        assert_eq!(headers.get(STRICT_TRANSPORT_SECURITY).unwrap(), "max-age=63072000");
    }
}
