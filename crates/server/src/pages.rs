//! The pages, which are in the binary: `web/dist` as it was when this was built. `build.rs` sees to
//! it that they are the newest ones.
//!
//! Whatever is not the API's is the page's to route, so any other path shows it. Compressing is done
//! as it is sent, and for pages alone: assets are fetched once and then kept, and the streams of the
//! API must never pass a compressor, which would hold their events back.

use std::borrow::Cow;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method,
        header::{self, ETag, EntityTag, Header as _, IfNoneMatch},
    },
    middleware::Compress,
    web,
};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::printable::hex;

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Pages;

/// What a page may do: load what is ours, show pictures from elsewhere, and be framed by nobody.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: https: http:; \
    connect-src 'self'; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
/// The name of an asset has a hash of its content: under one name there is ever one content.
const FOREVER: &str = "public, max-age=31536000, immutable";
/// A page is asked for each time, and answered in a line while it has not changed.
const ASK: &str = "no-cache";
/// How the scripts are called of the element that other sites load by one tag. Any page may: there is nothing of
/// anybody in them.
const ELEMENT: &str = "tidings-inbox";
const NOT_BUILT: &str = "The server runs, but its pages were not built: run `make build`.\n";

/// Serves the pages under whatever path is left. To be configured last.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/{path:.*}").wrap(Compress::default()).to(page));
}

async fn page(request: HttpRequest) -> HttpResponse {
    let path = request.path().trim_start_matches('/');
    if path.split('/').next() == Some("api") {
        return HttpResponse::NotFound().finish();
    }
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return HttpResponse::MethodNotAllowed().insert_header((header::ALLOW, "GET, HEAD")).finish();
    }
    if let Some(file) = Pages::get(path) {
        return found(&request, path, file);
    }
    // A page is for somebody who looks at it: a probe of `/healthz/` or `/metrics` is not told that all is well.
    let looks = request.headers().get_all(header::ACCEPT).any(|accept| accept.as_bytes().starts_with(b"text/html"));
    if !path.is_empty() && !looks {
        return HttpResponse::NotFound().finish();
    }
    // What looks like a file is one that is missing: a page in its place would be taken for it.
    if path.starts_with("assets/") || path.rsplit('/').next().is_some_and(|name| name.contains('.')) {
        return HttpResponse::NotFound().finish();
    }
    match Pages::get("index.html") {
        Some(file) => found(&request, "index.html", file),
        None => HttpResponse::ServiceUnavailable().content_type("text/plain; charset=utf-8").body(NOT_BUILT),
    }
}

fn found(request: &HttpRequest, path: &str, file: EmbeddedFile) -> HttpResponse {
    // Weak, because compressed bytes go by the same tag.
    let hash = file.metadata.sha256_hash();
    let tag = EntityTag::new_weak(hex(&hash));
    let caching = if path.starts_with("assets/") { FOREVER } else { ASK };
    let known = match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|other| other.weak_eq(&tag)),
        Ok(IfNoneMatch::Any) | Err(_) => false,
    };
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header(ETag(tag))
        .insert_header((header::CACHE_CONTROL, caching))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY));
    if path.starts_with(ELEMENT) {
        // Also where a page loads from elsewhere only what lets itself be loaded (Cross-Origin-Embedder-Policy).
        response.insert_header(("cross-origin-resource-policy", "cross-origin"));
    }
    if known {
        return response.finish();
    }
    let body = match file.data {
        Cow::Borrowed(bytes) => web::Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    response.content_type(content_type(path)).body(body)
}

/// By the ending of the name. What is not listed is not shown but saved.
fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use actix_web::{
        App,
        body::to_bytes,
        http::StatusCode,
        test::{TestRequest, call_service, init_service},
    };

    use super::*;

    async fn ask(request: TestRequest) -> (StatusCode, header::HeaderMap, String) {
        let app = init_service(App::new().configure(routes)).await;
        let answer = call_service(&app, request.to_request()).await;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = to_bytes(answer.into_body()).await.unwrap();
        (status, headers, String::from_utf8_lossy(&body).into_owned())
    }

    async fn get(path: &str) -> (StatusCode, header::HeaderMap, String) {
        ask(TestRequest::get().uri(path)).await
    }

    /// The script that the page loads, if the pages were built.
    fn script() -> Option<String> {
        Pages::iter().find(|path| path.starts_with("assets/") && path.ends_with(".js")).map(Cow::into_owned)
    }

    #[actix_web::test]
    async fn what_is_no_page_is_not_found() {
        for path in [
            "/healthz/",
            "/metrics",
            "/api",
            "/api/v1/nothing",
            "/assets/none-123.js",
            "/robots.txt",
            "/.env",
            "/a/b.map",
        ] {
            let (status, headers, body) = get(path).await;
            assert_eq!((status, body.as_str()), (StatusCode::NOT_FOUND, ""), "{path}");
            assert!(!headers.contains_key(header::CONTENT_TYPE), "the shape of a refusal is the middleware's");
        }
        let (status, headers, _) = ask(TestRequest::post().uri("/")).await;
        assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(headers.get(header::ALLOW).unwrap(), "GET, HEAD");
    }

    #[actix_web::test]
    async fn nothing_outside_of_the_pages_is_read() {
        for path in
            ["/../package.json", "/assets/../../package.json", "//etc/passwd", "/%2e%2e/package.json", "/assets"]
        {
            let (_, _, body) = get(path).await;
            assert!(!body.contains("tidings-web") && !body.contains("root:"), "{path}: {body}");
        }
    }

    #[actix_web::test]
    async fn every_other_path_is_the_page_or_says_how_to_build_it() {
        for path in ["/", "/compose", "/some/where?state=unread"] {
            let request = TestRequest::get().uri(path).insert_header((header::ACCEPT, "text/html,*/*;q=0.8"));
            let (status, headers, body) = ask(request).await;
            if script().is_none() {
                assert_eq!((status, body.as_str()), (StatusCode::SERVICE_UNAVAILABLE, NOT_BUILT));
                continue;
            }
            assert!(status == StatusCode::OK && body.contains("<div id=\"app\">"), "{path}");
            assert_eq!(headers.get(header::CONTENT_TYPE).unwrap(), "text/html; charset=utf-8");
            assert_eq!(headers.get(header::CACHE_CONTROL).unwrap(), ASK);
            assert_eq!(headers.get(header::CONTENT_SECURITY_POLICY).unwrap(), POLICY);
        }
    }

    #[actix_web::test]
    async fn any_site_may_load_the_element_and_asks_for_it_each_time() {
        let Some(script) = script() else { return };
        for path in ["/tidings-inbox.js", "/tidings-inbox-panel.js"] {
            let (status, headers, _) = get(path).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            assert_eq!(headers.get(header::CONTENT_TYPE).unwrap(), "text/javascript; charset=utf-8");
            assert_eq!(headers.get(header::CACHE_CONTROL).unwrap(), ASK);
            assert_eq!(headers.get("cross-origin-resource-policy").unwrap(), "cross-origin");
        }
        let (_, headers, _) = get(&format!("/{script}")).await;
        assert!(!headers.contains_key("cross-origin-resource-policy"), "what is for our own pages is not");
    }

    #[actix_web::test]
    async fn an_asset_is_kept_and_compressed_and_not_sent_twice() {
        let Some(script) = script() else { return };
        let path = format!("/{script}");
        let (status, plain, body) = get(&path).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(plain.get(header::CACHE_CONTROL).unwrap(), FOREVER);
        assert_eq!(plain.get(header::CONTENT_TYPE).unwrap(), "text/javascript; charset=utf-8");
        let tag = plain.get(header::ETAG).unwrap();
        let (status, _, nothing) = ask(TestRequest::get().uri(&path).insert_header((header::IF_NONE_MATCH, tag))).await;
        assert_eq!((status, nothing.as_str()), (StatusCode::NOT_MODIFIED, ""));
        for coding in ["br", "gzip"] {
            let request = TestRequest::get().uri(&path).insert_header((header::ACCEPT_ENCODING, coding));
            let (_, headers, small) = ask(request).await;
            assert_eq!(headers.get(header::CONTENT_ENCODING).unwrap(), coding);
            assert_eq!(headers.get(header::ETAG).unwrap(), tag);
            assert!(small.len() < body.len(), "{coding}");
        }
    }
}
