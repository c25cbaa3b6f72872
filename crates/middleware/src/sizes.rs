//! How large the head of a request may be.
//!
//! actix-http itself takes up to 128 KiB, and 96 headers; what is larger it answers with 431 and no more words. No
//! honest client comes near that: tokens are at most 8 KiB, and cookies of a host some more. What is within these
//! bounds here is parsed, compared and copied at most a few times.

use actix_web::dev::RequestHead;

use crate::Code;

/// Most bytes of a request's headers. Bounds what a stranger can have looked at.
const MAX_HEADERS: usize = 32 * 1024;
/// Most bytes of a URL. Longer than any cursor, search and filter together; shorter than what makes a router or a
/// log slow.
const MAX_URL: usize = 16 * 1024;

/// What is too large, if anything is.
pub(crate) fn check(head: &RequestHead) -> Option<Code> {
    let target = head.uri.path_and_query().map_or(0, |target| target.as_str().len());
    if target > MAX_URL {
        return Some(Code::UrlTooLong);
    }
    let headers: usize = head.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    (headers > MAX_HEADERS).then_some(Code::HeadersTooLarge)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn checked(url: usize, header: usize) -> Option<Code> {
        let request = TestRequest::get().uri(&format!("/{}", "x".repeat(url)));
        check(request.insert_header(("x", "x".repeat(header))).to_srv_request().head())
    }

    #[test]
    fn heads_have_a_size() {
        assert_eq!(checked(16 * 1024 - 1, 32 * 1024 - 1), None);
        assert_eq!(checked(16 * 1024, 0), Some(Code::UrlTooLong));
        assert_eq!(checked(0, 32 * 1024), Some(Code::HeadersTooLarge));
        let many =
            (0..90).fold(TestRequest::get(), |request, n| request.append_header(("cookie", format!("{n:0>400}"))));
        assert_eq!(check(many.to_srv_request().head()), Some(Code::HeadersTooLarge), "all of them together");
    }
}
