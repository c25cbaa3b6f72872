//! An installation moves from its file to PostgreSQL: whoever was there goes on as if nothing had happened.
//!
//! `TIDINGS_MOVE_EVENTS` and `TIDINGS_MOVE_CLIENTS` say how large it is.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
    sync::Arc,
    time::Instant,
};

use reqwest::Method;
use serde_json::{Value, json};
use tidings_models::{
    Clock as _, Draft, Log as _, Notification, NotificationId, Recipients, Store as _, SystemClock, SystemRandom,
    UserId,
};
use tokio::{sync::Semaphore, task::JoinSet};

use crate::{
    access::Visitor,
    postgres::cluster::Cluster,
    session::add,
    support::{Server, json as answer_json},
};

const EVENTS: usize = 20_000;
const CLIENTS: usize = 50;
/// Of all events those that clients had before they went away, in hundredths. The others they have missed.
const HAD: usize = 90;
/// One of so many is for everyone.
const BROADCAST: usize = 200;
/// Notifications that are stored at once.
const GROUP: usize = 256;
/// Streams that are opened at once: less than one address may have.
const AT_ONCE: usize = 100;
const PASSWORD: &str = "correct horse";

fn size(name: &str, usual: usize) -> usize {
    std::env::var(name).map_or(usual, |size| size.parse().expect("a whole number"))
}

fn name(client: usize) -> String {
    format!("user-{client}")
}

/// Who the event of this number is for. `None`: everyone.
fn reader(number: usize, clients: usize) -> Option<usize> {
    (!number.is_multiple_of(BROADCAST)).then_some(number % clients)
}

/// Stores events of some numbers, as a server does. Their numbers are their titles.
async fn fill(server: &Server, numbers: std::ops::Range<usize>, clients: usize) {
    let store = server.store().await;
    let numbers: Vec<_> = numbers.collect();
    for group in numbers.chunks(GROUP) {
        let draft = |number: &usize| {
            let at = SystemClock.now();
            let json = json!({
                "id": NotificationId::new(at, &SystemRandom).to_string(), "title": number.to_string(),
                "body": "So that it is about as long as most are, which is some hundred characters and a few more, here.",
                "level": "info", "critical": false, "created_at": at,
            });
            let notification: Box<Notification> = serde_json::from_value(json).unwrap();
            let to = match reader(*number, clients) {
                Some(client) => Recipients::User(UserId::parse(&name(client)).unwrap()),
                None => Recipients::Everyone,
            };
            Draft::Notify { notification, to, key: None, deliver_at: None }
        };
        store.commit(group.iter().map(draft).collect()).await.unwrap();
    }
    store.close().await;
}

/// Opens a stream for each client, one after the other but for some at once, and gives what became of it.
async fn each_client<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    clients: usize,
    each: impl Fn(usize) -> F,
) -> BTreeMap<usize, T> {
    let (places, mut tasks) = (Arc::new(Semaphore::new(AT_ONCE)), JoinSet::new());
    for client in 0..clients {
        let (places, work) = (Arc::clone(&places), each(client));
        tasks.spawn(async move {
            let _place = places.acquire_owned().await.unwrap();
            (client, work.await)
        });
    }
    tasks.join_all().await.into_iter().collect()
}

/// The id of the last event that a client has, which it has read up to the present.
async fn cursor(server: Arc<Server>, client: usize) -> String {
    let mut stream = server.stream(&name(client), "", None).await;
    stream.ready().await.pop().unwrap().id.unwrap()
}

/// What a client that comes back is given, up to the last of it.
async fn resume(server: Arc<Server>, client: usize, cursor: String) -> Vec<String> {
    let mut stream = server.stream(&name(client), "", Some(&cursor)).await;
    let mut titles = Vec::new();
    loop {
        let event = stream.event().await;
        assert_ne!(event.name, "reset", "the cursor of {} is good", name(client));
        if event.name == "notification" {
            titles.push(event.title());
            if titles.last().is_some_and(|title| title == "last") {
                return titles;
            }
        }
    }
}

/// Runs it to its end: whether it did what it was asked, and what it said.
fn run(mut command: Command) -> (bool, String) {
    let output = command.output().unwrap();
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

/// Kills it as soon as it says that it is copying this table.
fn kill_while_copying(mut command: Command, table: &str) {
    let mut copying = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(copying.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(said.any(|line| line.contains(&format!("copying {table}"))), "it was never so far");
    copying.kill().unwrap();
    assert!(!copying.wait().unwrap().success(), "it had ended already");
}

async fn publish(server: &Server, key: &str, title: &str) -> Value {
    let request = server.plain(Method::POST, "/api/v1/admin/notifications").bearer_auth(key);
    let body = json!({"to": {"everyone": true}, "title": title});
    answer_json(request.header("idempotency-key", title).json(&body).send().await.unwrap(), 201).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_client_goes_on_after_a_move_to_postgresql() {
    let (events, clients) = (size("TIDINGS_MOVE_EVENTS", EVENTS), size("TIDINGS_MOVE_CLIENTS", CLIENTS));
    let had = events * HAD / 100;
    let database = Cluster::start();
    let url = database.database("template0");
    let server = Server::start().await;
    add(&server, "ann", &[]);
    let made = server.as_admin(Method::POST, "/admin/api-keys").json(&json!({"name": "ci", "scopes": ["publish"]}));
    let key = answer_json(made.send().await.unwrap(), 201).await["key"].as_str().unwrap().to_owned();
    let first = publish(&server, &key, "first").await;
    let visitor = Visitor::sign_in(&server, "ann", PASSWORD).await;
    let (cookie, token, body) = (visitor.cookie, visitor.token, visitor.body);

    let began = Instant::now();
    fill(&server, 1..had, clients).await;
    eprintln!("moving: {had} events stored in {:?}", began.elapsed());
    let server = Arc::new(server);
    let cursors = each_client(clients, |client| cursor(Arc::clone(&server), client)).await;
    fill(&server, had..events, clients).await;
    let mut server = Arc::into_inner(server).unwrap();

    let copy = |server: &Server| server.command(&["copy", "--to", &url]);
    let (done, said) = run(copy(&server));
    assert!(!done && said.contains("is in use"), "{said}");
    assert_eq!(server.terminate().await, Some(0));
    let began = Instant::now();
    kill_while_copying(copy(&server), "entries");
    eprintln!("moving: killed after {:?}", began.elapsed());
    let (done, said) = run(server.command(&["serve", "--listen", "127.0.0.1:0"]));
    assert!(!done && said.contains("is being moved to postgres://tidings@"), "{said}");
    let mut there = server.command(&["serve", "--listen", "127.0.0.1:0"]);
    there.env("TIDINGS_DATABASE_URL", &url);
    let (done, said) = run(there);
    assert!(!done && said.contains("a part only"), "{said}");
    let began = Instant::now();
    let (done, said) = run(copy(&server));
    assert!(done && said.contains("is the same in both"), "{said}");
    eprintln!("moving: went on, compared and ended in {:?}:\n{said}", began.elapsed());
    let (done, said) = run(server.command(&["serve", "--listen", "127.0.0.1:0"]));
    assert!(!done && said.contains("was moved to postgres://tidings@") && said.contains("--undo"), "{said}");

    let server = server.start_again_with(&[("TIDINGS_DATABASE_URL", &url)]).await;
    assert!(Visitor::again(&server, cookie, token, body).is_known().await, "sessions go on");
    assert_eq!(publish(&server, &key, "first").await["id"], first["id"], "keys have the effect that they had");
    publish(&server, &key, "last").await;
    let began = Instant::now();
    let server = Arc::new(server);
    let given = each_client(clients, |client| resume(Arc::clone(&server), client, cursors[&client].clone())).await;
    eprintln!("moving: {clients} clients were given what they had missed in {:?}", began.elapsed());
    for (client, titles) in given {
        let missed = (had..events).filter(|number| reader(*number, clients).is_none_or(|reader| reader == client));
        let expected: Vec<_> = missed.map(|number| number.to_string()).chain(["last".to_owned()]).collect();
        assert_eq!(titles, expected, "of {}", name(client));
    }
    let all = (1..events).filter(|number| reader(*number, clients) == Some(0)).count();
    let unread = server.get(&name(0), "/inbox").await["unread"].as_u64().unwrap();
    assert!(unread > all as u64, "{unread} of {all} and those for everyone");
}

/// Who thinks better of it goes on with the file.
#[tokio::test]
async fn a_move_is_undone() {
    let database = Cluster::start();
    let url = database.database("template0").replace("tidings@", "tidings:planted@");
    let mut server = Server::start().await;
    server.notify(json!({"user": "ann"}), "kept").await;
    let mut stream = server.stream("ann", "?after=", None).await;
    let cursor = stream.ready().await.pop().unwrap().id;
    server.terminate().await;
    let (done, said) = run(server.command(&["copy", "--undo"]));
    assert!(!done && said.contains("nothing to undo"), "{said}");
    let (done, said) = run(server.command(&["copy", "--to", "sqlite://other.db"]));
    assert!(!done && said.contains("tidings backup"), "{said}");
    let (done, said) = run(server.command(&["copy", "--to", &url]));
    assert!(done && said.contains("clients go on where they were") && !said.contains("planted"), "{said}");
    let (done, said) = run(server.command(&["copy", "--undo"]));
    assert!(done && said.contains("new epoch") && !said.contains("planted"), "{said}");
    let server = server.start_again().await;
    let mut stream = server.stream("ann", "", cursor.as_deref()).await;
    assert_eq!(stream.ready().await[0].name, "reset");
    let (done, said) = run(server.command(&["copy", "--to", &url]));
    assert!(!done && said.contains("in use"), "{said}");
}
