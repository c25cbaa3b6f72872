//! Who is calling, as a type in a handler's signature.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload};
use tidings_models::{
    Digest, Grant, Role, UserId,
    access::{Scopes, SignIn},
};

use crate::{Code, Problem};

/// By what a caller is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// `Authorization: Bearer`. No page of a foreign origin can have it sent.
    Bearer,
    /// The session cookie, which the browser sends by itself.
    Cookie,
    /// A ticket in the URL of a stream.
    Ticket,
}

/// What a caller may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rights {
    /// A person: has an inbox, and may be an admin.
    Person(Role),
    /// A key of a server: has no inbox.
    Key(Scopes),
}

/// Who is calling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Their identity.
    pub user: UserId,
    /// What they may do.
    pub rights: Rights,
    /// For how long, and what would end it.
    pub grant: Grant,
    /// By what they are believed.
    pub credential: Credential,
    /// What is kept of the secret of their sign-in.
    pub secret: Option<Digest>,
    /// They must choose another password before anything else.
    pub must_change: bool,
}

impl Principal {
    /// Somebody with a sign-in that was looked up at some version of what was taken away.
    pub(crate) fn signed_in(sign_in: SignIn, version: u64) -> Self {
        let grant = Grant {
            issued_at: Some(sign_in.created_at),
            expires_at: sign_in.expires_at,
            sign_in: Some(sign_in.id),
            as_of: version,
        };
        Self {
            user: sign_in.user,
            rights: Rights::Person(sign_in.role),
            grant,
            credential: Credential::Bearer,
            secret: None,
            must_change: sign_in.must_change,
        }
    }

    /// Whether they are an admin.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.rights == Rights::Person(Role::Admin)
    }

    /// Whether they are, or stand for, a server: an admin or a key.
    pub(crate) fn is_server(&self) -> bool {
        self.is_admin() || matches!(self.rights, Rights::Key(_))
    }

    fn has(&self, scope: impl Fn(Scopes) -> bool) -> bool {
        match self.rights {
            Rights::Person(role) => role == Role::Admin,
            Rights::Key(scopes) => scope(scopes),
        }
    }
}

/// What `guard` found out, in the request's extensions.
#[derive(Clone)]
pub(crate) struct Caller(pub(crate) Result<Principal, Code>);

/// Declares a caller by what they must be.
macro_rules! callers {
    ($($(#[$doc:meta])* $name:ident: $may:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name(pub Principal);

        impl TryFrom<Principal> for $name {
            type Error = Problem;

            fn try_from(principal: Principal) -> Result<Self, Problem> {
                let may: fn(&Principal) -> Result<(), Code> = $may;
                may(&principal)?;
                Ok(Self(principal))
            }
        }

        impl FromRequest for $name {
            type Error = Problem;
            type Future = Ready<Result<Self, Problem>>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                ready(caller(request).and_then(Self::try_from))
            }
        }
    )+};
}

callers! {
    /// Any person who is signed in, even one who must choose another password first.
    SignedIn: |caller| is(matches!(caller.rights, Rights::Person(_)));
    /// Any person who is signed in.
    User: |caller| { is(matches!(caller.rights, Rights::Person(_)))?; is_settled(caller) };
    /// An admin.
    Admin: |caller| { is(caller.is_admin())?; is_settled(caller) };
    /// An admin, or a server with a key to publish.
    Publisher: |caller| { is(caller.has(|scopes| scopes.publish))?; is_settled(caller) };
    /// An admin, or a server with a key to observe.
    Observer: |caller| { is(caller.has(|scopes| scopes.observe))?; is_settled(caller) };
    /// An admin, or a server with a key to manage.
    Manager: |caller| { is(caller.has(|scopes| scopes.manage))?; is_settled(caller) };
}

fn is(allowed: bool) -> Result<(), Code> {
    if allowed { Ok(()) } else { Err(Code::Forbidden) }
}

/// A password that somebody else has seen is good for nothing but to choose another.
fn is_settled(caller: &Principal) -> Result<(), Code> {
    if caller.must_change { Err(Code::PasswordChangeRequired) } else { Ok(()) }
}

fn caller(request: &HttpRequest) -> Result<Principal, Problem> {
    match request.extensions().get::<Caller>() {
        Some(Caller(Ok(principal))) => Ok(principal.clone()),
        Some(Caller(Err(code))) => Err(Problem::new(*code)),
        // A route that was put beside `guard` serves nobody, rather than everybody.
        None => Err(Problem::internal("a route that asks who is calling is outside of the guard")),
    }
}
