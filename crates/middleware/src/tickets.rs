//! Tickets: what lets a client open one stream that can set neither a header nor a cookie.
//!
//! A ticket stands in a URL, and URLs end up in logs. So it is good for half a minute, once, and for nothing but a
//! stream. It is sealed under a key of the installation, so nothing is kept of it before it is used.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, crypto};
use secrecy::{ExposeSecret as _, SecretBox};
use serde::{Deserialize, Serialize};
use tidings_models::{Digest, Grant, Random, Role, SignInId, Timestamp, UserId, access::TicketId};

use crate::{Code, Principal, Problem, Rights};

/// How long a ticket is good, in milliseconds.
const LIFE: i64 = 30_000;
/// Longest ticket that is looked at, in bytes. Bounds what a stranger can have parsed.
const MAX_TICKET: usize = 4096;
const PREFIX: &str = "tdt_";

/// Makes tickets, and opens them. Holds a secret; there is no way to print it.
pub struct Tickets {
    sealing: EncodingKey,
    opening: DecodingKey,
}

/// What a ticket says: whom it lets in, and as what.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Content {
    id: uuid::Uuid,
    made_at: i64,
    user: UserId,
    role: Role,
    issued_at: Option<i64>,
    expires_at: i64,
    sign_in: Option<SignInId>,
}

/// A good ticket. Whether it was used already is to be asked.
pub(crate) struct Ticket {
    pub(crate) id: TicketId,
    pub(crate) user: UserId,
    pub(crate) role: Role,
    /// By what its holder was believed when it was made.
    pub(crate) grant: Grant,
}

impl Tickets {
    /// Seals under a key that is derived from the secret of the installation, so that none of its tokens is a ticket.
    #[must_use]
    pub fn new(secret: &SecretBox<[u8; 32]>) -> Self {
        let key = Digest::of(&format!("tickets of streams {}", URL_SAFE_NO_PAD.encode(secret.expose_secret())));
        Self { sealing: EncodingKey::from_secret(key.as_bytes()), opening: DecodingKey::from_secret(key.as_bytes()) }
    }

    /// A ticket for somebody, and when it ends.
    pub fn make(
        &self,
        principal: &Principal,
        random: &dyn Random,
        now: Timestamp,
    ) -> Result<(String, Timestamp), Problem> {
        let Rights::Person(role) = principal.rights else { return Err(Problem::new(Code::Forbidden)) };
        let mut id = [0; 16];
        random.fill(&mut id);
        let content = Content {
            id: uuid::Builder::from_random_bytes(id).into_uuid(),
            made_at: now.as_millis(),
            user: principal.user.clone(),
            role,
            issued_at: principal.grant.issued_at.map(Timestamp::as_millis),
            expires_at: principal.grant.expires_at.as_millis(),
            sign_in: principal.grant.sign_in,
        };
        let json = serde_json::to_vec(&content).map_err(Problem::internal)?;
        let seal = crypto::sign(&json, &self.sealing, Algorithm::HS256).map_err(Problem::internal)?;
        Ok((format!("{PREFIX}{}.{seal}", URL_SAFE_NO_PAD.encode(json)), now.plus_millis(LIFE)))
    }

    /// What a ticket says, if it is one of ours and still good.
    pub(crate) fn open(&self, text: &str, now: Timestamp) -> Result<Ticket, Code> {
        let content = self.read(text).ok_or(Code::InvalidToken)?;
        let age = now.as_millis() - content.made_at;
        if !(-LIFE..LIFE).contains(&age) {
            return Err(Code::TicketExpired);
        }
        let grant = Grant {
            issued_at: content.issued_at.map(Timestamp::from_millis),
            expires_at: Timestamp::from_millis(content.expires_at),
            sign_in: content.sign_in,
            as_of: 0,
        };
        Ok(Ticket { id: TicketId(content.id), user: content.user, role: content.role, grant })
    }

    fn read(&self, text: &str) -> Option<Content> {
        let (json, seal) = text.strip_prefix(PREFIX).filter(|_| text.len() <= MAX_TICKET)?.split_once('.')?;
        let json = URL_SAFE_NO_PAD.decode(json).ok()?;
        let good = crypto::verify(seal, &json, &self.opening, Algorithm::HS256).unwrap_or_default();
        if good { serde_json::from_slice(&json).ok() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use tidings_models::SystemRandom;

    use super::*;
    use crate::Credential;

    fn tickets(key: u8) -> Tickets {
        Tickets::new(&SecretBox::new(Box::new([key; 32])))
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn ann() -> Principal {
        let grant = Grant { sign_in: Some(SignInId::make(&SystemRandom)), ..Grant::of_token(Some(at(5)), at(90_000)) };
        Principal {
            user: UserId::parse("ann").unwrap(),
            rights: Rights::Person(Role::User),
            grant,
            credential: Credential::Bearer,
            secret: None,
            must_change: false,
        }
    }

    #[test]
    fn a_ticket_says_who_and_for_how_long() {
        let (text, ends_at) = tickets(1).make(&ann(), &SystemRandom, at(1_000)).unwrap();
        assert_eq!(ends_at, at(31_000));
        let open = |text: &str, now: i64| tickets(1).open(text, at(now)).map(|ticket| ticket.user.to_string());
        assert_eq!(open(&text, 1_000), Ok("ann".into()));
        assert_eq!(open(&text, 30_999), Ok("ann".into()));
        assert_eq!(open(&text, 31_000), Err(Code::TicketExpired));
        let ticket = tickets(1).open(&text, at(1_000)).unwrap();
        assert_eq!((ticket.role, ticket.grant), (Role::User, Grant { as_of: 0, ..ann_grant(&ticket) }));
        let another = tickets(1).make(&ann(), &SystemRandom, at(1_000)).unwrap().0;
        assert!(tickets(1).open(&another, at(1_000)).unwrap().id != ticket.id);
    }

    fn ann_grant(ticket: &Ticket) -> Grant {
        Grant { sign_in: ticket.grant.sign_in, ..ann().grant }
    }

    #[test]
    fn only_ours_are_opened() {
        let (text, _) = tickets(1).make(&ann(), &SystemRandom, at(1_000)).unwrap();
        assert!(tickets(2).open(&text, at(1_000)).is_err(), "of another installation");
        for index in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(tickets(1).open(&changed, at(1_000)).is_err(), "{changed}");
        }
        for bad in ["", "tdt_", "tdt_.", "x", &text[4..], &format!("{text}.x"), &"x".repeat(9_000)] {
            assert_eq!(tickets(1).open(bad, at(1_000)).err(), Some(Code::InvalidToken), "{bad}");
        }
    }

    #[test]
    fn a_key_gets_none() {
        let scopes = tidings_models::access::Scopes { publish: true, manage: true, observe: true };
        let key = Principal { rights: Rights::Key(scopes), ..ann() };
        assert_eq!(tickets(1).make(&key, &SystemRandom, at(1)).unwrap_err().code(), Code::Forbidden);
    }
}
