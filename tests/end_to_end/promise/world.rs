//! What everybody in the test shares: where the nodes are, what is known, and whether it is over.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use reqwest::{Client, Method, RequestBuilder, Response};
use tidings_models::{Cursors, Role};
use tokio::sync::watch;

use crate::support::{Dice, Server};

use super::history;

/// Longer than a node is ever stopped: what was not answered by then was cut off.
const ANSWER: Duration = Duration::from_secs(6);
/// Notifications of a user that are remembered for marking.
const REMEMBERED: usize = 40;

/// What everybody shares.
pub(super) struct World {
    addresses: Vec<String>,
    next: AtomicUsize,
    pub(super) cursors: Arc<Cursors>,
    client: Client,
    /// What each user has been sent last, to be marked.
    known: Mutex<BTreeMap<String, VecDeque<Known>>>,
    deleted: Mutex<BTreeSet<(String, u128)>>,
    /// Where the log stood when users who came late had not yet.
    unknown_until: Mutex<BTreeMap<String, i64>>,
    /// Counts the lives of the nodes.
    life: watch::Sender<u64>,
    /// Nobody is to make anything new any more, nor to be slow or away.
    calm: AtomicBool,
    /// Who has this is done; 0: it is not over.
    end: AtomicI64,
    late: Mutex<BTreeMap<String, i64>>,
}

/// A notification that a user was sent.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) id: String,
    pub(super) cursor: String,
}

impl World {
    pub(super) fn new(nodes: &[Server], cursors: Arc<Cursors>) -> Self {
        Self {
            addresses: nodes.iter().map(|node| node.address.clone()).collect(),
            next: AtomicUsize::new(0),
            cursors,
            client: Client::builder().no_proxy().timeout(ANSWER).build().unwrap(),
            known: Mutex::default(),
            deleted: Mutex::default(),
            unknown_until: Mutex::default(),
            life: watch::Sender::new(0),
            calm: AtomicBool::new(false),
            end: AtomicI64::new(0),
            late: Mutex::default(),
        }
    }

    /// The address of some node: of each in turn, and as everybody asks for one nobody can tell which.
    pub(super) fn anywhere(&self) -> &str {
        &self.addresses[self.next.fetch_add(1, Ordering::Relaxed) % self.addresses.len()]
    }

    pub(super) fn nodes(&self) -> usize {
        self.addresses.len()
    }

    pub(super) fn position(&self, cursor: &str) -> i64 {
        history::position(&self.cursors, cursor)
    }

    pub(super) fn as_admin(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, path).bearer_auth(Server::token("root", Role::Admin))
    }

    pub(super) fn as_user(&self, user: &str, method: Method, path: &str) -> RequestBuilder {
        self.request(method, path).bearer_auth(Server::token(user, Role::User))
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}/api/v1{path}", self.anywhere()))
    }

    /// A user was sent a notification.
    pub(super) fn remember(&self, user: &str, id: &str, cursor: &str) {
        let mut known = self.known.lock().unwrap();
        let known = known.entry(user.to_owned()).or_default();
        if known.iter().all(|known| known.id != id) {
            known.push_back(Known { id: id.to_owned(), cursor: cursor.to_owned() });
            known.drain(..known.len().saturating_sub(REMEMBERED));
        }
    }

    /// One of what a user was sent last.
    pub(super) fn recall(&self, user: &str, dice: &mut Dice) -> Option<Known> {
        let known = self.known.lock().unwrap();
        let known = known.get(user)?;
        known.get(dice.below(known.len())).cloned()
    }

    /// A user is about to delete one.
    pub(super) fn deletes(&self, user: &str, id: &str) {
        self.deleted.lock().unwrap().insert((user.to_owned(), history::id(id)));
    }

    pub(super) fn deleted(&self) -> BTreeSet<(String, u128)> {
        self.deleted.lock().unwrap().clone()
    }

    /// A user is about to come for the first time; of several devices, the first counts.
    pub(super) fn not_yet(&self, user: &str, position: i64) {
        let mut unknown_until = self.unknown_until.lock().unwrap();
        let known = unknown_until.entry(user.to_owned()).or_insert(position);
        *known = position.min(*known);
    }

    pub(super) fn unknown_until(&self) -> BTreeMap<String, i64> {
        self.unknown_until.lock().unwrap().clone()
    }

    /// A node has been started again.
    pub(super) fn reborn(&self) {
        self.life.send_modify(|life| *life += 1);
    }

    pub(super) fn lives(&self) -> watch::Receiver<u64> {
        self.life.subscribe()
    }

    pub(super) fn calm(&self) {
        self.calm.store(true, Ordering::Relaxed);
        self.reborn(); // wakes who waits for a node's next life
    }

    pub(super) fn is_calm(&self) -> bool {
        self.calm.load(Ordering::Relaxed)
    }

    /// It is over for whoever has everything up to here.
    pub(super) fn end_at(&self, position: i64) {
        self.end.store(position, Ordering::Relaxed);
    }

    /// Whether it is over for a client that has everything up to `place`.
    pub(super) fn is_over(&self, client: &str, place: i64) -> bool {
        let end = self.end.load(Ordering::Relaxed);
        if end > 0 {
            let mut late = self.late.lock().unwrap();
            if place >= end {
                late.remove(client);
                return true;
            }
            late.insert(client.to_owned(), place);
        }
        false
    }

    /// Who has not come to rest.
    pub(super) fn late(&self) -> String {
        let late = self.late.lock().unwrap();
        format!("not all came to rest at {}: {late:?}", self.end.load(Ordering::Relaxed))
    }
}

impl World {
    /// Where the log stands, as soon as a node tells.
    pub(super) async fn head(&self, dice: &mut Dice) -> i64 {
        loop {
            if let Some((200, _, text)) = answered(self.as_user("root", Method::GET, "/inbox")).await {
                let inbox: serde_json::Value = serde_json::from_str(&text).unwrap();
                return self.position(inbox["cursor"].as_str().unwrap());
            }
            pause(dice, 20, 100).await;
        }
    }
}

/// Waits a while, for those whose manner it is and before another attempt.
pub(super) async fn pause(dice: &mut Dice, low: u64, high: u64) {
    tokio::time::sleep(Duration::from_millis(dice.between(low, high))).await;
}

/// How long somebody waits who then asks another node, not knowing what became of it.
pub(super) fn patience(dice: &mut Dice) -> Duration {
    Duration::from_millis(dice.between(300, 3000))
}

/// The answer, if there is one and it is no 5xx: otherwise the node is away, which is what the test is
/// about.
pub(super) async fn answered(request: RequestBuilder) -> Option<(u16, bool, String)> {
    let answer: Response = request.send().await.ok()?;
    let status = answer.status().as_u16();
    let replayed = answer.headers().contains_key("idempotent-replayed");
    let text = answer.text().await.ok()?;
    (status < 500).then_some((status, replayed, text))
}
