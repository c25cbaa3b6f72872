//! One span for each request: what is logged on its behalf carries its id.
//!
//! A span holds the method, the route's pattern and the user; never the path as it came, the query
//! or a header, where tokens may be. What a stranger chose is written with escapes, so it stays
//! within its quotes and on its line.

use actix_web::http::{Method, StatusCode};
use tidings_models::UserId;
use tracing::{Span, field};

use crate::RequestId;

/// The span of a request that has just come in. It is of the highest level, so that a line about an
/// error has its request id however little is logged.
pub(crate) fn span(method: &Method, id: &RequestId) -> Span {
    tracing::error_span!(
        "request",
        request_id = id.as_str(),
        method = ?method.as_str(),
        route = field::Empty,
        status = field::Empty,
        user = field::Empty,
    )
}

/// Adds the caller to the current request's span.
pub(crate) fn note_user(user: &UserId) {
    Span::current().record("user", field::debug(user.as_str()));
}

/// Adds what is known once the request was routed and answered. Only one line comes after it, which
/// few levels show: for all others nothing is written.
pub(crate) fn note_answer(route: impl FnOnce() -> Option<String>, status: StatusCode, took: impl FnOnce() -> i64) {
    if tracing::enabled!(tracing::Level::DEBUG) {
        let span = Span::current();
        span.record("route", route().as_deref().unwrap_or("-"));
        span.record("status", status.as_u16());
        tracing::debug!(millis = took(), "answered");
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use actix_web::{
        App,
        middleware::from_fn,
        test::{TestRequest, call_service, init_service},
        web,
    };
    use tidings_models::Role;

    use crate::{Problem, User, edge, guard, testing};

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is logged for one request of `user` to `uri`.
    async fn logged(level: tracing::Level, user: &str, uri: &str) -> String {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(level)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        let _guard = tracing::subscriber::set_default(subscriber);
        let auth = testing::auth();
        let fails = |_: User| async { Err::<String, _>(Problem::internal("disk\r\n2026-11-21 INFO forged")) };
        let api = web::scope("/api/v1").wrap(from_fn(guard)).route("/things/{id}", web::get().to(fails));
        let app = init_service(App::new().app_data(auth.clone()).wrap(from_fn(edge)).service(api)).await;
        let token = testing::token(&auth, user, Role::User, 60);
        let request = TestRequest::get()
            .uri(uri)
            .insert_header(("x-request-id", "id-1"))
            .insert_header(("authorization", format!("Bearer {token}")));
        call_service(&app, request.to_request()).await;
        let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        assert!(!text.contains(&token) && !text.contains("planted"), "{text}");
        text
    }

    #[actix_web::test]
    async fn an_error_is_one_line_with_its_request_however_little_is_logged() {
        let line = logged(tracing::Level::ERROR, "alice", "/api/v1/things/planted-1?q=planted-2").await;
        assert_eq!(line.lines().count(), 1, "{line}");
        for part in [r#"request_id="id-1""#, r#"method="GET""#, r#"user="alice""#, r"disk\r\n2026"] {
            assert!(line.contains(part), "{line}");
        }
    }

    #[actix_web::test]
    async fn an_answer_is_noted_with_its_route() {
        let lines = logged(tracing::Level::DEBUG, "alice", "/api/v1/things/planted-1").await;
        let answered = lines.lines().find(|line| line.contains("answered")).unwrap();
        assert!(answered.contains(r#"route="/api/v1/things/{id}" status=500"#), "{answered}");
    }

    #[actix_web::test]
    async fn nobody_forges_a_line_by_their_name() {
        let name = "bob\" status=200 \u{2028}2026-11-21 INFO forged";
        let line = logged(tracing::Level::ERROR, name, "/api/v1/things/1").await;
        assert!(line.contains(r#"user="bob\" status=200 \u{2028}2026"#), "{line}");
    }

    #[actix_web::test]
    async fn a_token_in_a_url_is_not_logged_either() {
        let lines = logged(tracing::Level::TRACE, "alice", "/api/v1/things/1?access_token=planted").await;
        assert!(lines.contains("status=400"), "{lines}");
    }
}
