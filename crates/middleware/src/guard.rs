//! The door of `/api/v1`: for every route behind it, known or not, before any handler.

use actix_web::{
    Error, HttpMessage,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web,
};

use crate::{
    Auth, Code, Credential, Problem,
    credentials::{bearer, identify, url_has_token},
    origin::Provenance,
    principal::Caller,
    trace,
};

/// Refuses tokens in URLs and foreign origins, and finds out who is calling.
///
/// Not knowing who is calling is no refusal yet: signing in needs nobody, even when an old cookie
/// comes along. The extractors [`User`](crate::User) and [`Admin`](crate::Admin) refuse.
pub async fn guard<B>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<BoxBody>, Error>
where
    B: MessageBody + 'static,
{
    match admit(&request) {
        Ok(caller) => {
            if let Ok(principal) = &caller.0 {
                trace::note_user(&principal.user);
            }
            request.extensions_mut().insert(caller);
            Ok(next.call(request).await?.map_into_boxed_body())
        }
        Err(problem) => Ok(request.error_response(problem)),
    }
}

fn admit(request: &ServiceRequest) -> Result<Caller, Problem> {
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
    Ok(Caller(identify(auth, head)))
}
