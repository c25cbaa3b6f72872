//! The table of contents: what is where, for whom, by which method.

use actix_web::{
    Handler, HttpResponse, Resource, Responder,
    dev::HttpServiceFactory,
    http::{Method, header},
    middleware::from_fn,
    web,
};
use tidings_middleware::{Code, Problem, guard};

use crate::{
    controllers::{admin, auth, events, health, inbox, notifications, preferences, stream, subscriptions, topics, ws},
    extract::{NoParameters, Query, body::BodyLimit},
    openapi,
};

/// Registers everything that this crate serves. Needs `web::Data` of [`App`](crate::App) and of
/// [`Auth`](tidings_middleware::Auth).
#[rustfmt::skip] // One route, one line.
pub fn routes(config: &mut web::ServiceConfig) {
    let v1 = web::scope("/api/v1")
        .wrap(from_fn(guard))
        // Tried in this order: first what servers send by the thousand.
        .service(at("/admin/notifications")      .with_query().post(admin::notifications::create::create).get(admin::notifications::list::list))
        .service(at("/auth/login")               .post(auth::login::login))
        .service(at("/auth/logout")              .with_query().post(auth::logout::logout))
        .service(at("/auth/refresh")             .post(auth::refresh::refresh))
        .service(at("/auth/password")            .post(auth::password::change))
        .service(at("/auth/me")                  .get(auth::me::me))
        .service(at("/auth/sessions")            .get(auth::sessions::list))
        .service(at("/auth/sessions/{id}")       .delete(auth::sessions::end))
        .service(at("/stream")                   .with_query().get(stream::open::open))
        .service(at("/stream/ticket")            .post(stream::ticket::ticket))
        .service(at("/stream/renew")             .post(stream::renew::renew))
        .service(at("/ws")                       .with_query().get_alone(ws::open::open))
        .service(at("/events")                   .with_query().get(events::list::list))
        .service(at("/inbox")                    .get(inbox::show::show))
        .service(at("/notifications")            .with_query().get(notifications::list::list))
        .service(at("/notifications/mark")       .post(notifications::mark::mark))
        .service(at("/notifications/{id}")       .get(notifications::show::show).patch(notifications::change::change).delete(notifications::delete::delete))
        .service(at("/topics")                   .with_query().get(topics::list::list))
        .service(at("/subscriptions/{topic}")    .put(subscriptions::change::join).delete(subscriptions::change::leave))
        .service(at("/preferences")              .get(preferences::show::show).put(preferences::put::put))
        .service(at("/admin/notifications/batch").with_query().with_body(admin::notifications::batch::BODY).post(admin::notifications::batch::batch))
        .service(at("/admin/notifications/{id}") .get(admin::notifications::show::show).patch(admin::notifications::correct::correct).delete(admin::notifications::retract::retract))
        .service(at("/admin/signals")            .post(admin::signals::signal))
        .service(at("/admin/topics")             .with_query().get(admin::topics::list::list))
        .service(at("/admin/topics/{topic}")     .put(admin::topics::put::put).delete(admin::topics::delete::delete))
        .service(at("/admin/topics/{topic}/members") .with_query().get(admin::topics::members::list).post(admin::topics::members::add))
        .service(at("/admin/topics/{topic}/members/{user}") .delete(admin::topics::members::remove))
        .service(at("/admin/notifications/{id}/deliveries").with_query().get(admin::notifications::deliveries::deliveries))
        .service(at("/admin/audience")           .with_query().get(admin::audience::audience))
        .service(at("/admin/connections")        .with_query().get(admin::connections::connections))
        .service(at("/admin/users")              .with_query().get(admin::users::list::list).post(admin::users::create::create))
        .service(at("/admin/users/{user}")       .get(admin::users::show::show).patch(admin::users::change::change).delete(admin::users::delete::delete))
        .service(at("/admin/users/{user}/revoke").post(admin::users::revoke::revoke))
        .service(at("/admin/users/{user}/export") .get(admin::users::export::export))
        .service(at("/admin/users/{user}/erase") .post(admin::users::erase::erase))
        .service(at("/admin/api-keys")           .with_query().get(admin::api_keys::list::list).post(admin::api_keys::create::create))
        .service(at("/admin/api-keys/{id}")      .delete(admin::api_keys::revoke::revoke))
        .service(at("/admin/overview")           .get(admin::overview::overview))
        .default_service(web::to(nothing));
    config
        .service(v1)
        .service(at("/healthz")                  .get(health::live::live))
        .service(at("/readyz")                   .get(health::ready::ready))
        .service(at("/metrics").guarded()        .get(health::metrics::metrics))
        .service(at("/openapi.json")             .get(openapi::show))
        .service(at("/docs/errors")              .get(openapi::errors));
}

async fn nothing() -> Problem {
    Problem::new(Code::NotFound)
}

/// A resource that answers every other method with 405 and `Allow` (RFC 9110, section 15.5.6), and
/// refuses query parameters unless it says that it takes some: a typo never passes silently.
struct At {
    resource: Resource,
    methods: Vec<Method>,
    takes_query: bool,
    guarded: bool,
}

fn at(path: &'static str) -> At {
    At { resource: web::resource(path), methods: Vec::new(), takes_query: false, guarded: false }
}

impl At {
    /// For the methods that follow.
    fn with_query(self) -> Self {
        Self { takes_query: true, ..self }
    }

    /// For what stands outside of the API, and asks who is calling all the same.
    fn guarded(self) -> Self {
        Self { guarded: true, ..self }
    }

    /// For bodies of another size than most.
    fn with_body(self, limit: BodyLimit) -> Self {
        Self { resource: self.resource.app_data(limit), ..self }
    }

    /// GET, and HEAD, which is the same without the body (RFC 9110, section 9.3.2).
    fn get<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: actix_web::FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.on(Method::GET, handler.clone()).on(Method::HEAD, handler)
    }

    /// GET, where there is nothing to say of what it would answer.
    fn get_alone<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: actix_web::FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.on(Method::GET, handler)
    }

    fn post<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: actix_web::FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.on(Method::POST, handler)
    }

    fn put<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: actix_web::FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.on(Method::PUT, handler)
    }

    fn patch<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: actix_web::FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.on(Method::PATCH, handler)
    }

    fn delete<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: actix_web::FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.on(Method::DELETE, handler)
    }

    fn on<F, Args>(mut self, method: Method, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: actix_web::FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        let route = web::method(method.clone());
        let route = if self.takes_query { route.to(handler) } else { route.to(WithoutQuery(handler)) };
        self.resource = self.resource.route(route);
        self.methods.push(method);
        self
    }
}

impl HttpServiceFactory for At {
    fn register(self, config: &mut actix_web::dev::AppService) {
        let allow = self.methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
        let refuse = move || {
            let allow = allow.clone();
            async move { HttpResponse::MethodNotAllowed().insert_header((header::ALLOW, allow)).finish() }
        };
        let refuse = if self.takes_query { web::to(refuse) } else { web::to(WithoutQuery(refuse)) };
        let resource = self.resource.default_service(refuse);
        if self.guarded { resource.wrap(from_fn(guard)).register(config) } else { resource.register(config) }
    }
}

/// A handler that is called only without query parameters. (A layer around the resource would do as
/// well, and cost each request two boxed futures.)
#[derive(Clone)]
struct WithoutQuery<F>(F);

impl<F: Handler<Args>, Args> Handler<(Query<NoParameters>, Args)> for WithoutQuery<F> {
    type Output = F::Output;
    type Future = F::Future;

    fn call(&self, (_, args): (Query<NoParameters>, Args)) -> Self::Future {
        self.0.call(args)
    }
}
