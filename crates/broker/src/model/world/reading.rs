//! Clients come with what they have, and every frame that one of them takes is judged.

use std::sync::Arc;

use tidings_models::*;

use super::{MOMENT, World};
use crate::{
    Frame, ResetReason, Start, Transport,
    model::{
        Place,
        client::{Came, Verdict},
        holdings::Holdings,
        line::Line,
    },
    testing::pos,
};

impl World {
    pub(super) async fn connect(&mut self, client: usize, node: usize, place: &Place) {
        let broker = self.node(node).await;
        let (head, known_from) = {
            let log = self.store.log();
            (log.head(), log.known_from(&self.clients[client].user))
        };
        let seal = |place: i64| self.store.cursors().seal(pos(place)).to_string();
        let (local, line) = (client % 2 == 1, client >= 2);
        let client = &mut self.clients[client];
        client.cut();
        match place {
            Place::Held => {}
            Place::Nothing => client.become_new(None, 0, Holdings::new()),
            Place::Earlier(pick) => {
                let place = known_from + i64::from(*pick) % (head - known_from + 1);
                let past = self.store.log().inbox_at(&client.user, place);
                client.become_new(Some(seal(place)), place, past);
            }
            Place::Ahead(by) => {
                let place = head + i64::from(*by);
                client.become_dreamer(seal(place), place);
            }
            Place::Garbage(bytes) => {
                client.become_new(Some(bytes.clone()), 0, Holdings::new());
            }
        }
        let came = match (&client.cursor, place) {
            (None, _) => Came::WithNothing,
            (Some(_), Place::Garbage(_)) => Came::Impossible(ResetReason::Malformed),
            (Some(cursor), _) => match self.store.cursors().open(cursor.as_bytes()) {
                Ok(_) => Came::WithPlace,
                Err(error) => Came::Impossible(error.into()),
            },
        };
        let start = client.cursor.clone().map_or(Start::Unread, |cursor| Start::After(cursor.into()));
        let user = client.user.clone();
        let grant = Grant::of_token(None, self.clock.now().plus_millis(86_400_000));
        let (local, line) =
            (local.then(|| Arc::clone(&self.nodes[node].as_ref().unwrap().local)), line.then(Arc::<Line>::default));
        let passed_to = line.clone();
        let opening = Box::pin(async move {
            let mut stream = match local {
                Some(local) => local.open((user, grant), start, Transport::Sse).await.ok()?,
                None => broker.open((user, grant), start).await.ok()?,
            };
            if let Some(line) = passed_to {
                stream.pass_to(line);
            }
            Some((stream, Vec::new()))
        });
        client.opens(came, head, line, opening);
        client.progress(MOMENT).await;
    }

    pub(super) async fn read(&mut self, client: usize, frames: usize) -> Verdict {
        for _ in 0..frames {
            let Some(frame) = self.clients[client].next(MOMENT).await else { break };
            self.take(client, &frame)?;
        }
        Ok(())
    }

    pub(super) fn take(&mut self, client: usize, frame: &Frame) -> Verdict {
        match frame {
            Frame::Event(_, own) => {
                self.tally.events += 1;
                self.tally.muted += usize::from(own.muted);
            }
            Frame::Whisper(..) => self.tally.whispers += 1,
            Frame::Heartbeat(_) => self.tally.heartbeats += 1,
            Frame::Reset { reason, .. } => self.tally.resets[*reason as usize] += 1,
            Frame::Ready { .. } | Frame::Expiring(_) | Frame::Goodbye(_) => {}
        }
        self.clients[client].take(frame.clone(), &self.store).map_err(|what| {
            let told: String = format!("{frame:?}").chars().take(200).collect();
            format!("client {client}: {what}, by {told}")
        })
    }
}
