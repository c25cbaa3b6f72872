//! Who is calling, as a type in a handler's signature.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload};
use tidings_models::{Role, Timestamp, UserId};

use crate::{Code, Problem};

/// By what a caller is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// `Authorization: Bearer`. No page of a foreign origin can have it sent.
    Bearer,
    /// The session cookie, which the browser sends by itself.
    Cookie,
}

/// Who is calling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Their identity.
    pub user: UserId,
    /// What they may do.
    pub role: Role,
    /// When that ends.
    pub expires_at: Timestamp,
    /// Since when it holds, where the issuer says so.
    pub issued_at: Option<Timestamp>,
    /// By what they are believed.
    pub credential: Credential,
}

/// What `guard` found out, in the request's extensions.
#[derive(Clone)]
pub(crate) struct Caller(pub(crate) Result<Principal, Code>);

/// Anybody who is signed in.
#[derive(Clone, Debug)]
pub struct User(pub Principal);

/// Somebody who is signed in as an admin.
#[derive(Clone, Debug)]
pub struct Admin(pub Principal);

fn caller(request: &HttpRequest) -> Result<Principal, Problem> {
    match request.extensions().get::<Caller>() {
        Some(Caller(Ok(principal))) => Ok(principal.clone()),
        Some(Caller(Err(code))) => Err(Problem::new(*code)),
        // A route that was put beside `guard` serves nobody, rather than everybody.
        None => Err(Problem::internal("a route that asks who is calling is outside of the guard")),
    }
}

impl FromRequest for User {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(caller(request).map(Self))
    }
}

impl FromRequest for Admin {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(caller(request).and_then(|principal| match principal.role {
            Role::Admin => Ok(Self(principal)),
            Role::User => Err(Problem::new(Code::Forbidden)),
        }))
    }
}
