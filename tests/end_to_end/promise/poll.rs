//! A client that asks for its events.

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{
    client::Client,
    history::History,
    world::{answered, pause},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    events: Vec<Box<RawValue>>,
    cursor: String,
    more: bool,
    reset: Option<Reset>,
}

/// A reset's own cursor is not in the answer, whose cursor is that of its end.
type Reset = Value;

/// Asks until it has all there will be.
pub(super) async fn run(mut client: Client) -> History {
    while !client.is_done() {
        let limit = client.dice.between(1, 80);
        let path = format!("/events?after={}&limit={limit}&wait=1", client.cursor());
        match answered(client.world.as_user(client.user(), Method::GET, &path)).await {
            Some((200, _, text)) => {
                client.opens();
                take(&mut client, &serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}")));
            }
            Some((status, _, text)) => panic!("{}: {status} {text}", client.history.client),
            None => pause(&mut client.dice, 20, 200).await,
        }
    }
    client.history
}

fn take(client: &mut Client, answer: &Answer) {
    assert!(!answer.more || !answer.events.is_empty(), "more of nothing");
    if let Some(reset) = &answer.reset {
        assert!(answer.events.is_empty(), "a reset and events in one answer have no place in between");
        client.resets(&answer.cursor, reset);
    }
    for envelope in &answer.events {
        let value: Value = serde_json::from_str(envelope.get()).unwrap();
        client.takes(value["id"].as_str().unwrap(), envelope.get());
    }
    client.stands(&answer.cursor, None);
}
