//! What all clients do alike: begin with the list, write down, and remember where they are.

use std::{collections::VecDeque, sync::Arc};

use reqwest::Method;
use serde_json::Value;

use crate::support::Dice;

use super::{
    history::{self, Content, Event, History, Record, State},
    world::{World, answered, pause},
};

/// Cursors that a client could come back with after it has lost its newest.
const OLD_CURSORS: usize = 60;

/// A client: where it is, and what it was sent.
pub(super) struct Client {
    pub(super) world: Arc<World>,
    pub(super) dice: Dice,
    pub(super) history: History,
    cursors: VecDeque<String>,
    place: i64,
}

impl Client {
    /// A client that has fetched the list.
    pub(super) async fn begin(world: Arc<World>, user: &str, name: String, mut dice: Dice) -> Self {
        let list = loop {
            if let Some((200, _, text)) = answered(world.as_user(user, Method::GET, "/notifications?limit=200")).await {
                break serde_json::from_str::<Value>(&text).unwrap();
            }
            pause(&mut dice, 20, 100).await;
        };
        let history = History { client: name, user: user.to_owned(), records: Vec::new() };
        let mut client = Self { world, dice, history, cursors: VecDeque::new(), place: 0 };
        let state = State::asked(&client.world.cursors, &list);
        let position = state.position;
        client.note(Record::State(state), list["cursor"].as_str().unwrap(), position);
        client
    }

    pub(super) fn user(&self) -> &str {
        &self.history.user
    }

    /// Whether it has all there will be.
    pub(super) fn is_done(&self) -> bool {
        self.world.is_over(&self.history.client, self.place)
    }

    /// The cursor to come back with.
    pub(super) fn cursor(&self) -> &str {
        self.cursors.back().expect("the list had one")
    }

    /// An older one, as of a device that did not get to keep its newest.
    pub(super) fn forget(&mut self) {
        let kept = 1 + self.dice.below(self.cursors.len());
        self.cursors.truncate(kept);
    }

    /// It asks to go on from its cursor.
    pub(super) fn opens(&mut self) {
        self.place = self.world.position(self.cursor());
        self.history.records.push(Record::Opened(self.place));
    }

    /// It was sent an envelope.
    pub(super) fn takes(&mut self, cursor: &str, envelope: &str) {
        let event = Event::read(&self.world.cursors, envelope);
        let position = event.position;
        assert_eq!(position, self.world.position(cursor), "the id of the frame is that of its envelope");
        if let Content::Notification { .. } = event.content {
            let value: Value = serde_json::from_str(envelope).unwrap();
            self.world.remember(&self.history.user, value["payload"]["id"].as_str().unwrap(), cursor);
        }
        self.note(Record::Event(event), cursor, position);
    }

    /// It was sent a state.
    pub(super) fn resets(&mut self, cursor: &str, data: &Value) {
        let state = State::reset(&self.world.cursors, data, cursor);
        let position = state.position;
        self.cursors.clear(); // older ones are of a past that it has given up
        self.note(Record::State(state), cursor, position);
    }

    /// It was told that it has everything up to here.
    pub(super) fn stands(&mut self, cursor: &str, counts: Option<history::Counts>) {
        let position = self.world.position(cursor);
        self.note(Record::Place(position, counts), cursor, position);
    }

    fn note(&mut self, record: Record, cursor: &str, position: i64) {
        self.history.records.push(record);
        self.place = position;
        self.cursors.push_back(cursor.to_owned());
        self.cursors.drain(..self.cursors.len().saturating_sub(OLD_CURSORS));
    }
}
