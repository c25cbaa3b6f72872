//! What one `POST /api/v1/admin/notifications` costs from the parsed request to the response: all
//! layers and extractors of a node, before a store that answers at once. Beside it an answer from
//! bare actix-web, which is the floor, and from behind each of the layers.
//!
//! `cargo bench -p tidings-api --bench create`
#![expect(clippy::expect_used, reason = "what cannot be set up cannot be measured")]
#![expect(clippy::wildcard_imports, reason = "a log names nearly everything")]

use std::{io, sync::Arc, time::Duration};

use actix_http::Request;
use actix_web::{
    App as HttpApp, Error, HttpResponse,
    body::MessageBody,
    dev::{Service, ServiceResponse},
    http::header,
    middleware::from_fn,
    rt,
    test::{TestRequest, init_service},
    web,
};
use async_trait::async_trait;
use divan::{Bencher, counter::ItemsCount};
use tidings_api::{App, Sessions};
use tidings_broker::{Broker, Settings, bus::LocalBus};
use tidings_middleware::{Admin, Auth, Origins, Tokens, cors, edge, guard};
use tidings_models::{
    store::{Connection, SqliteStore},
    *,
};
use tracing_subscriber::{Layer as _, filter::LevelFilter, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// Requests in one sample: entering the runtime costs as much as a small request.
const BATCH: usize = 100;

fn main() {
    // As a node logs by default, to nowhere.
    let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(io::sink);
    tracing_subscriber::registry().with(layer.with_filter(LevelFilter::INFO)).init();
    divan::main();
}

const SESSIONS: Sessions = Sessions { unrefreshed: Duration::from_mins(1), longest: Duration::from_mins(9) };

/// Commits nothing, at once.
struct Nowhere(Arc<Cursors>);

fn epoch() -> Epoch {
    Epoch::from_random([3; 16])
}

#[async_trait]
impl Log for Nowhere {
    async fn commit(&self, drafts: Vec<Draft>) -> Result<Committed, StoreError> {
        let outcome = |draft: &Draft| match draft {
            Draft::Notify { notification, .. } => Outcome::Stored(notification.id),
            _ => Outcome::NotFound,
        };
        Ok(Committed { outcomes: drafts.iter().map(outcome).collect(), events: Vec::new() })
    }
    async fn head(&self) -> Result<Head, StoreError> {
        let position = Position::new(0).unwrap_or_default();
        Ok(Head { epoch: epoch(), position, floor: position })
    }
    async fn read_log(&self, _: Position, _: u32) -> Result<Vec<Event>, StoreError> {
        Ok(Vec::new())
    }
    async fn trim(&self, _: &Retention, _: Timestamp, _: Position) -> Result<Trimmed, StoreError> {
        Ok(Trimmed::default())
    }
    async fn replay(&self, _: &[Window], _: Position, _: Position, _: u32) -> Result<Replay, StoreError> {
        unreachable!("no stream is opened")
    }
    async fn inbox(&self, _: &UserId, _: &InboxQuery) -> Result<Option<InboxPage>, StoreError> {
        unreachable!("nobody reads")
    }
    async fn states(&self, _: &[UserId]) -> Result<Vec<Option<InboxPage>>, StoreError> {
        unreachable!("nobody reads")
    }
    fn cursors(&self) -> &Arc<Cursors> {
        &self.0
    }
    async fn is_due(&self, _: Timestamp) -> Result<bool, StoreError> {
        Ok(false)
    }
    async fn note_connections(&self, _: &[Connection]) -> Result<(), StoreError> {
        Ok(())
    }
}

fn auth() -> Arc<Auth> {
    let tokens = Tokens::new(&"0123456789abcdef0123456789abcdef".into()).expect("the secret is long enough");
    Arc::new(Auth::of_tokens(tokens, Origins::default(), Arc::new(SystemClock), Arc::new(SystemRandom)))
}

async fn app() -> Arc<App> {
    let cursors = Cursors::new(&CursorKey::new([7; 16]), epoch(), &[]);
    let log = Arc::new(Nowhere(Arc::new(cursors)));
    // Nobody reads it.
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}/log.db", folder.path().display());
    let store = SqliteStore::open(&url, SystemClock.now(), &SystemRandom).await.expect("a database");
    let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandom));
    let settings = Settings::default();
    let started = Broker::start(log, None, Arc::new(LocalBus::default()), clock.clone(), random.clone(), settings);
    let (broker, mut tasks) = started.await.expect("nothing to go wrong");
    rt::spawn(async move { tasks.failed().await });
    Arc::new(App::new(Arc::new(store), broker, clock, random, SESSIONS).expect("a thread"))
}

fn token(auth: &Auth) -> String {
    let now = auth.clock.now();
    let user = UserId::parse("publisher").expect("a name");
    auth.tokens.mint(&user, Role::Admin, now, now.plus_millis(3_600_000)).expect("a token")
}

/// A body of 200 bytes, as a server sends it.
fn body() -> String {
    let mut body = r#"{"to":{"user":"user-004711"},"title":"Build 4711 failed","level":"error","body":""#.to_owned();
    while body.len() < 198 {
        body.push('x');
    }
    body + "\"}"
}

/// What a client on a kept connection sends.
fn request(token: &str, body: &str) -> Request {
    TestRequest::post()
        .uri("/api/v1/admin/notifications")
        .insert_header((header::HOST, "127.0.0.1:8080"))
        .insert_header((header::AUTHORIZATION, format!("Bearer {token}")))
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .insert_header((header::CONTENT_LENGTH, body.len().to_string()))
        .set_payload(body.to_owned())
        .to_request()
}

/// Sends requests one by one, each to the end of its answer.
async fn send<S, B>(service: &S, requests: Vec<Request>)
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    for request in requests {
        let Ok(response) = service.call(request).await else { unreachable!("no layer gives up") };
        assert_eq!(response.status(), 201);
        let body = response.into_body();
        assert!(divan::black_box(body.try_into_bytes()).is_ok(), "the answer is in one piece");
    }
}

fn run<S, B>(bencher: Bencher<'_, '_>, system: &rt::SystemRunner, service: &S, auth: &Auth)
where
    S: Service<Request, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    let (token, body) = (token(auth), body());
    bencher
        .with_inputs(|| (0..BATCH).map(|_| request(&token, &body)).collect::<Vec<_>>())
        .input_counter(|requests| ItemsCount::new(requests.len()))
        .bench_local_values(|requests| system.block_on(send(service, requests)));
}

#[divan::bench]
fn create(bencher: Bencher<'_, '_>) {
    let system = rt::System::new();
    let auth = auth();
    let service = system.block_on(async {
        let (app, auth) = (web::Data::from(app().await), web::Data::from(Arc::clone(&auth)));
        let origins = cors(&auth.origins);
        let app = HttpApp::new().app_data(app).app_data(auth).wrap(origins).wrap(from_fn(edge));
        init_service(app.configure(tidings_api::routes)).await
    });
    run(bencher, &system, &service, &auth);
}

/// Reads the body and gives it back.
async fn echo(body: web::Bytes) -> HttpResponse {
    HttpResponse::Created().content_type("application/json").body(body)
}

#[divan::bench]
fn bare(bencher: Bencher<'_, '_>) {
    let system = rt::System::new();
    let v1 = web::scope("/api/v1").route("/admin/notifications", web::post().to(echo));
    let service = system.block_on(init_service(HttpApp::new().service(v1)));
    run(bencher, &system, &service, &auth());
}

#[divan::bench]
fn behind_edge(bencher: Bencher<'_, '_>) {
    let system = rt::System::new();
    let auth = auth();
    let v1 = web::scope("/api/v1").route("/admin/notifications", web::post().to(echo));
    let app = HttpApp::new().app_data(web::Data::from(Arc::clone(&auth))).wrap(cors(&auth.origins)).wrap(from_fn(edge));
    let service = system.block_on(init_service(app.service(v1)));
    run(bencher, &system, &service, &auth);
}

#[divan::bench]
fn behind_edge_and_guard(bencher: Bencher<'_, '_>) {
    let system = rt::System::new();
    let auth = auth();
    let for_admins = |_: Admin, body| echo(body);
    let v1 = web::scope("/api/v1").wrap(from_fn(guard)).route("/admin/notifications", web::post().to(for_admins));
    let app = HttpApp::new().app_data(web::Data::from(Arc::clone(&auth))).wrap(cors(&auth.origins)).wrap(from_fn(edge));
    let service = system.block_on(init_service(app.service(v1)));
    run(bencher, &system, &service, &auth);
}

/// A token that was seen before.
#[divan::bench]
fn verify(bencher: Bencher<'_, '_>) {
    let auth = auth();
    let now = auth.clock.now();
    let token = token(&auth);
    bencher.bench_local(|| auth.tokens.verify(divan::black_box(&token), now));
}

/// A token that comes for the first time.
#[divan::bench]
fn verify_anew(bencher: Bencher<'_, '_>) {
    let now = SystemClock.now();
    let token = token(&auth());
    // Whoever knows no token yet is new.
    bencher.with_inputs(auth).bench_local_refs(|auth| auth.tokens.verify(divan::black_box(&token), now));
}
