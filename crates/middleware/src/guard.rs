//! The door of `/api/v1`: for every route behind it, known or not, before any handler.

use actix_web::{
    Error, HttpMessage,
    body::{BoxBody, MessageBody},
    dev::{RequestHead, ServiceRequest, ServiceResponse},
    http::{Method, header},
    middleware::Next,
    web,
};

use crate::{
    Auth, Code, Credential, Problem, Standing,
    credentials::{bearer, identify, ticket, url_has_token},
    origin::Provenance,
    principal::Caller,
    trace,
};

/// Refuses tokens in URLs, foreign origins and who comes too often, and finds out who is calling.
///
/// Not knowing who is calling is no refusal yet: signing in needs nobody, even when an old cookie
/// comes along. The extractors [`User`](crate::User) and [`Admin`](crate::Admin) refuse.
pub async fn guard<B>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<BoxBody>, Error>
where
    B: MessageBody + 'static,
{
    match admit(&request).await {
        Ok((caller, standing)) => {
            if let Ok(principal) = &caller.0 {
                trace::note_user(&principal.user);
            }
            request.extensions_mut().insert(caller);
            let mut response = next.call(request).await?.map_into_boxed_body();
            if let Some(standing) = standing {
                standing.tell(response.headers_mut());
            }
            Ok(response)
        }
        Err(problem) => Ok(request.error_response(problem)),
    }
}

/// Whether a request may be of an `EventSource`, which never comes back after anything but 200.
#[must_use]
pub fn accepts_events(head: &RequestHead) -> bool {
    let accepted = head.headers().get_all(header::ACCEPT);
    accepted.filter_map(|value| value.to_str().ok()).any(|value| value.contains("text/event-stream"))
}

/// Whether a request may be of a `WebSocket` of a browser, or of what is called so elsewhere: its page is told nothing of
/// an answer that is no upgrade.
#[must_use]
pub fn hears_upgrades_alone(head: &RequestHead) -> bool {
    let has = |name| head.headers().contains_key(name);
    head.method == Method::GET && has(header::UPGRADE) && (has(header::ORIGIN) || has(header::SEC_WEBSOCKET_PROTOCOL))
}

async fn admit(request: &ServiceRequest) -> Result<(Caller, Option<Standing>), Problem> {
    let auth =
        request.app_data::<web::Data<Auth>>().ok_or_else(|| Problem::internal("the app has no web::Data<Auth>"))?;
    let head = request.head();
    if head.uri.query().is_some_and(url_has_token) {
        return Err(Problem::new(Code::TokenInUrl));
    }
    // Whoever shows something that no page of a foreign origin could have sent along unasked.
    let shown = matches!(bearer(head.headers()), Ok(Some(_))) || ticket(head).is_some();
    if !auth.origins.admit(&Provenance::of(head), shown.then_some(Credential::Bearer)) {
        return Err(Problem::new(Code::OriginNotAllowed));
    }
    let caller = identify(auth, head).await.map_err(|problem| {
        if problem.code().status().is_server_error() {
            tracing::error!(code = problem.code().word(), cause = ?problem.cause(), "it was not found out who is calling");
        }
        problem.code()
    });
    match auth.limits.request(caller.as_ref().ok(), head) {
        Ok(standing) => Ok((Caller(caller), standing)),
        // The stream says it in its own way.
        Err(_) if accepts_events(head) || hears_upgrades_alone(head) => Ok((Caller(Err(Code::RateLimited)), None)),
        Err(problem) => Err(problem),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::{
        App,
        http::header,
        middleware::from_fn,
        test::{TestRequest, call_service, init_service},
    };
    use futures_util::future::join;
    use serde_json::json;

    use super::*;
    use crate::{
        PublicKeys, User,
        testing::{
            self,
            issuer::{Issuer, jwks},
        },
    };

    fn believe(auth: &Auth, issuers: &[&Issuer]) {
        auth.tokens.believe(PublicKeys::Named(PublicKeys::of_jwks(jwks(issuers).as_bytes()).unwrap().0));
    }

    async fn status(auth: &web::Data<Auth>, token: &str) -> u16 {
        let me = async |User(principal): User| principal.user.to_string();
        let app = App::new().app_data(auth.clone()).wrap(from_fn(guard)).route("/", web::get().to(me));
        let request = TestRequest::default().insert_header((header::AUTHORIZATION, format!("Bearer {token}")));
        call_service(&init_service(app).await, request.to_request()).await.status().as_u16()
    }

    #[actix_web::test]
    async fn a_token_under_a_new_key_is_good_once_the_key_was_fetched() {
        let (old, new) = (Issuer::p256("old"), Issuer::p256("new"));
        let auth = testing::auth();
        believe(&auth, &[&old]);
        let token = new.token(&json!({"sub": "alice", "exp": auth.clock.now().as_seconds() + 60}));
        let provider = async {
            auth.tokens.wanted().asked().await;
            let _round = auth.tokens.wanted().round();
            believe(&auth, &[&new]);
        };
        let (answered, ()) = join(status(&auth, &token), provider).await;
        assert_eq!(answered, 200);
        let theirs = Issuer::p256("third").token(&json!({"sub": "alice", "exp": 1_900_000_000}));
        assert_eq!(status(&auth, &theirs).await, 401, "at once: it was asked just now");
    }
}
