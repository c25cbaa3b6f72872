//! Tidings, as it comes: a user for each stream, every notification on disk before it is acknowledged.

use std::{net::SocketAddr, path::Path, process::Command, sync::Arc};

use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::json;
use tempfile::TempDir;

use super::{
    Contestant, Inbox, Render, get_stream, payload, post,
    server::{Server, free_address},
    user_name,
};
use crate::{
    failure::{Failure, Result},
    load::{http::To, wire::Wire},
    stamp::{self, Stamp},
};

const SECRET: &str = "a secret of at least thirty-two bytes, for measurements";
/// Far in the future: no stream ends during a run.
const EXPIRES: u64 = 4_000_000_000;

struct Tidings {
    server: Server,
    key: EncodingKey,
    wire: Wire,
}

pub(super) fn start(
    program: &Path,
    env: &[(String, String)],
    wire: Wire,
    folder: TempDir,
) -> Result<impl Contestant + use<>> {
    let program = program.canonicalize().map_err(Failure::at(program.display()))?;
    let address = free_address()?;
    let mut command = Command::new(program);
    command
        .arg("serve")
        .env_clear()
        .env("TIDINGS_LISTEN", address.to_string())
        .env("TIDINGS_DATABASE_URL", format!("sqlite://{}/tidings.db", folder.path().display()))
        .env("TIDINGS_JWT_SECRET", SECRET)
        .env("TIDINGS_LOG", "warn")
        // A whole world is one address here.
        .env("TIDINGS_STREAMS_PER_ADDRESS", "1000000")
        .env("TIDINGS_CONNECTIONS_PER_ADDRESS", "1000000")
        .envs(env.iter().cloned());
    let server = Server::start(command, folder, address)?;
    // It listens before its database is ready, and is ready before it hears others.
    server.until_ok("/readyz", r#""bus":"ok""#)?;
    Ok(Tidings { server, key: EncodingKey::from_secret(SECRET.as_bytes()), wire })
}

impl Tidings {
    fn bearer(&self, user: &str, role: &str) -> String {
        let claims = json!({ "sub": user, "role": role, "exp": EXPIRES });
        // HS256 over JSON does not fail; a server would refuse the empty token and say so.
        let token = encode(&Header::default(), &claims, &self.key).unwrap_or_default();
        format!("Authorization: Bearer {token}\r\n")
    }
}

impl Contestant for Tidings {
    fn address(&self) -> SocketAddr {
        self.server.address
    }

    fn processes(&self) -> Vec<u32> {
        self.server.processes()
    }

    fn open(&self, user: u32, last_event_id: Option<&[u8]>) -> Vec<u8> {
        let bearer = self.bearer(&user_name(user), "user");
        match self.wire {
            Wire::Sse => get_stream("/api/v1/stream", &bearer, last_event_id),
            // The key proves nothing: that the server understood the request its answer says.
            Wire::WebSocket => format!(
                "GET /api/v1/ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                 Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                 Sec-WebSocket-Protocol: tidings.v1\r\n{bearer}\r\n"
            )
            .into_bytes(),
            Wire::LongPoll { .. } => self.get(user, "/events"),
        }
    }

    fn wire(&self) -> Wire {
        self.wire
    }

    fn render(&self) -> Render {
        let bearer = self.bearer("publisher", "admin");
        Arc::new(move |to, stamp, out| {
            let to = match to {
                To::Everyone => r#"{"to":{"everyone":true},"#.to_owned(),
                To::User(user) => format!(r#"{{"to":{{"user":"{}"}},"#, user_name(user)),
            };
            let mut body = to.into_bytes();
            body.extend_from_slice(&payload(stamp)[1..]);
            post("/api/v1/admin/notifications", &bearer, &body, out);
        })
    }

    fn says_ready(&self) -> bool {
        true
    }

    fn inbox(&self) -> Option<&dyn Inbox> {
        Some(self)
    }

    fn log(&self) -> String {
        self.server.log()
    }
}

impl Tidings {
    fn get(&self, user: u32, path: &str) -> Vec<u8> {
        let bearer = self.bearer(&user_name(user), "user");
        format!("GET /api/v1{path} HTTP/1.1\r\nHost: localhost\r\n{bearer}\r\n").into_bytes()
    }

    /// The request that publishes one notification.
    fn create(&self, to: &serde_json::Value) -> Vec<u8> {
        let payload = payload(&Stamp { kind: stamp::Kind::Unicast, micros: 0, number: 0 }.bytes());
        let mut body = json!({ "to": to }).to_string().into_bytes();
        body.pop(); // the bracket: the payload goes on from here
        body.push(b',');
        body.extend_from_slice(&payload[1..]);
        let mut request = Vec::new();
        post("/api/v1/admin/notifications", &self.bearer("publisher", "admin"), &body, &mut request);
        request
    }
}

impl Inbox for Tidings {
    fn list(&self, user: u32) -> Vec<u8> {
        self.get(user, "/notifications?limit=20")
    }

    fn counts(&self, user: u32) -> Vec<u8> {
        self.get(user, "/inbox")
    }

    fn search(&self, user: u32, text: &str) -> Vec<u8> {
        self.get(user, &format!("/notifications?limit=20&search={text}"))
    }

    fn publish(&self, users: &[u32]) -> Vec<u8> {
        let users: Vec<String> = users.iter().copied().map(user_name).collect();
        self.create(&json!({ "users": users }))
    }

    fn publish_to_all(&self) -> Vec<u8> {
        self.create(&json!({ "everyone": true }))
    }

    fn mark(&self, user: u32, up_to: &[u8]) -> Vec<u8> {
        let body = json!({ "read": true, "up_to": String::from_utf8_lossy(up_to) }).to_string();
        let mut request = Vec::new();
        post("/api/v1/notifications/mark", &self.bearer(&user_name(user), "user"), body.as_bytes(), &mut request);
        request
    }
}
