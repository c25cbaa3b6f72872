//! The door of `/api/v1`: for every route behind it, known or not, before any handler.

use actix_web::{
    Error, HttpMessage,
    body::{BoxBody, MessageBody},
    dev::{RequestHead, ServiceRequest, ServiceResponse},
    http::header,
    middleware::Next,
    web,
};

use crate::{
    Auth, Code, Credential, Problem, Standing,
    credentials::{bearer, identify, url_has_token},
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
    match admit(&request) {
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

fn admit(request: &ServiceRequest) -> Result<(Caller, Option<Standing>), Problem> {
    let auth =
        request.app_data::<web::Data<Auth>>().ok_or_else(|| Problem::internal("the app has no web::Data<Auth>"))?;
    let head = request.head();
    if head.uri.query().is_some_and(url_has_token) {
        return Err(Problem::new(Code::TokenInUrl));
    }
    let shown = matches!(bearer(head.headers()), Ok(Some(_))).then_some(Credential::Bearer);
    if !auth.origins.admit(&Provenance::of(head), shown) {
        return Err(Problem::new(Code::OriginNotAllowed));
    }
    let caller = identify(auth, head);
    match auth.limits.request(caller.as_ref().ok(), head) {
        Ok(standing) => Ok((Caller(caller), standing)),
        // The stream says it in its own way.
        Err(_) if accepts_events(head) => Ok((Caller(Err(Code::RateLimited)), None)),
        Err(problem) => Err(problem),
    }
}
