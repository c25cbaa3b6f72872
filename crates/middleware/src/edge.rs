//! The outermost layer. Whatever happens within, what leaves has a request id, the headers that
//! every answer has, and, if it is a refusal, the one shape of refusals.
//!
//! It is one middleware because an error on its way out has lost its request: what is to be said
//! of a request must be kept by whoever saw it come in.

use std::panic::AssertUnwindSafe;

use actix_cors::CorsError;
use actix_web::{
    Error, HttpMessage, HttpResponse, ResponseError as _,
    body::{self, BodySize, BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::{
        Method,
        header::{self, HeaderValue},
    },
    middleware::Next,
    web,
};
use futures_util::FutureExt as _;
use tidings_models::{Clock, Timestamp};
use tracing::Instrument as _;

use crate::{
    Answers, Auth, Code, Problem, RequestId, headers::harden, over_tls, request_id::X_REQUEST_ID, sizes,
    slow_head::Serving, trace, unread,
};

/// Gives every answer its request id, its headers and its shape. Wrap the app in it, last.
pub async fn edge<B>(mut request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<BoxBody>, Error>
where
    B: MessageBody + 'static,
{
    let Some(auth) = request.app_data::<web::Data<Auth>>().cloned() else {
        return Ok(request.error_response(Problem::internal("the app has no web::Data<Auth>")));
    };
    let came_at = auth.clock.now();
    let visit = Visit {
        id: RequestId::take_or_make(request.headers(), came_at, &*auth.random),
        is_head: request.method() == Method::HEAD,
        over_tls: over_tls::is(&request, &auth.limits),
        came_at,
    };
    let span = trace::span(request.method(), &visit.id);
    request.extensions_mut().insert(visit.id.clone());
    let unread = unread::hold(&mut request);
    let serving = Serving::of(&request);
    let place = request.conn_data::<Answers>().map(Answers::enter);
    let too_many = matches!(place, Some(None)).then_some(Code::Overloaded);
    let refused = too_many.or_else(|| sizes::check(request.head()));
    async move {
        // Unwind safe: what panicked is dropped, and requests share nothing that is not behind a lock.
        let answering = async {
            match refused {
                None => next.call(request).await.map(ServiceResponse::map_into_boxed_body),
                Some(code) => Ok(request.error_response(Problem::new(code))),
            }
        };
        let outcome = match AssertUnwindSafe(answering).catch_unwind().await {
            Ok(outcome) => outcome,
            Err(_) => Err(Problem::internal("a handler panicked").into()),
        };
        let outcome = visit.finish(outcome, &auth);
        auth.refusals.answered(match &outcome {
            Ok(response) => response.status(),
            Err(error) => error.as_response_error().status_code(),
        });
        visit.note(&outcome, &*auth.clock);
        if let (Some(serving), Ok(response)) = (serving, &outcome)
            && response.response().body().size() == BodySize::Stream
        {
            serving.for_good();
        }
        let outcome = match unread {
            Some(held) => outcome.map(|response| response.map_body(|_, body| held.until_sent(body))),
            None => outcome,
        };
        match place.flatten() {
            Some(place) => outcome.map(|response| response.map_body(|_, body| place.until_sent(body))),
            None => outcome,
        }
    }
    .instrument(span)
    .await
}

/// What is kept of a request until it is answered.
struct Visit {
    id: RequestId,
    is_head: bool,
    over_tls: bool,
    came_at: Timestamp,
}

impl Visit {
    fn finish(
        &self,
        outcome: Result<ServiceResponse<BoxBody>, Error>,
        auth: &Auth,
    ) -> Result<ServiceResponse<BoxBody>, Error> {
        match outcome {
            Ok(response) => {
                let (request, response) = response.into_parts();
                let refusal = self.refusal(&response, response.error());
                if let Some(refusal) = &refusal {
                    let from = || auth.limits.address(request.head());
                    auth.refusals.note(refusal.code, from, self.came_at);
                }
                Ok(ServiceResponse::new(request, self.dress(response, refusal)))
            }
            // A middleware gave up without a response. There is no request to attach one to.
            Err(error) => {
                let response = error.error_response();
                let refusal = self.refusal(&response, Some(&error));
                if let Some(refusal) = &refusal {
                    auth.refusals.count(refusal.code);
                }
                Err(InternalError::from_response("refused", self.dress(response, refusal)).into())
            }
        }
    }

    /// What to say instead of `response`. `None` if it is fine as it is: no refusal, or one that a
    /// handler put its own content into, like a page.
    fn refusal(&self, response: &HttpResponse, error: Option<&Error>) -> Option<Refusal> {
        if let Some(problem) = error.and_then(Error::as_error::<Problem>) {
            return Some(Refusal::new(problem, &self.id));
        }
        let status = response.status();
        let is_refusal = status.is_client_error() || status.is_server_error();
        match error {
            Some(error) if error.as_error::<CorsError>().is_some() => {
                Some(Refusal::new(&Problem::new(Code::OriginNotAllowed), &self.id))
            }
            // The framework's own words may tell of our insides: they go to the log alone.
            Some(error) if is_refusal => {
                let problem = Problem::new(Code::of_status(status)).caused_by(error.to_string());
                Some(Refusal::new(&problem, &self.id))
            }
            None if is_refusal && !response.headers().contains_key(header::CONTENT_TYPE) => {
                Some(Refusal::new(&Problem::new(Code::of_status(status)), &self.id))
            }
            _ => None,
        }
    }

    fn dress(&self, mut response: HttpResponse, refusal: Option<Refusal>) -> HttpResponse {
        if let Some(refusal) = refusal {
            response = refusal.apply(response, self.is_head);
        }
        harden(response.headers_mut(), self.over_tls);
        response.headers_mut().insert(X_REQUEST_ID, self.id.header());
        response
    }

    fn note(&self, outcome: &Result<ServiceResponse<BoxBody>, Error>, clock: &dyn Clock) {
        let took = || clock.now().as_millis() - self.came_at.as_millis();
        match outcome {
            Ok(response) => {
                trace::note_answer(|| response.request().match_pattern(), response.status(), took);
            }
            Err(error) => trace::note_answer(|| None, error.as_response_error().status_code(), took),
        }
    }
}

/// A problem, ready to be sent.
struct Refusal {
    code: Code,
    bare: HttpResponse,
    json: String,
}

impl Refusal {
    fn new(problem: &Problem, id: &RequestId) -> Self {
        let bare = problem.error_response();
        problem.log();
        let json = serde_json::to_string(&problem.body(id.as_str())).unwrap_or_default();
        Self { code: problem.code(), bare, json }
    }

    /// Takes the place of `response`, whose headers stay: `Allow`, CORS and `Set-Cookie` are among them.
    fn apply(self, mut response: HttpResponse, is_head: bool) -> HttpResponse {
        *response.status_mut() = self.bare.status();
        let headers = response.headers_mut();
        for (name, value) in self.bare.headers() {
            headers.insert(name.clone(), value.clone());
        }
        headers.remove(header::CONTENT_LENGTH);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        let body = if is_head { BoxBody::new(body::None::new()) } else { BoxBody::new(self.json) };
        response.set_body(body)
    }
}

#[cfg(test)]
mod tests;
