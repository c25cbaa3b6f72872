//! What nodes tell each other by the log.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Digest, Grant, KeyId, SignInId};
use crate::{Timestamp, UserId};

/// Something was taken away, or lasts longer. Holds no name: it stays in the log for longer than a person may. What a
/// later version adds is not read: who does not know all of it must not go on as if nothing was taken away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case", deny_unknown_fields)]
pub enum News {
    /// A user's sign-ins have ended, and their tokens up to this second are not good any more.
    UserRevoked {
        /// Whose.
        who: Digest,
        /// When.
        at: Timestamp,
        /// But not this sign-in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        except: Option<SignInId>,
    },
    /// A sign-in has ended.
    SignInEnded {
        /// Which.
        id: SignInId,
    },
    /// A sign-in lasts longer.
    SignInRenewed {
        /// Which.
        id: SignInId,
        /// Until when.
        until: Timestamp,
    },
    /// A key is not good any more.
    KeyRevoked {
        /// Which.
        id: KeyId,
    },
    /// A stream lasts as long as another grant of its user, whatever node it is on.
    StreamRenewed {
        /// Which.
        stream: Uuid,
        /// Whose.
        who: Digest,
        /// Since when the grant holds,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        issued_at: Option<Timestamp>,
        /// when it ends,
        until: Timestamp,
        /// and the sign-in that it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sign_in: Option<SignInId>,
    },
}

impl News {
    /// Whether somebody loses what they have a stream by.
    #[must_use]
    pub fn ends(&self, user: &UserId, grant: &Grant) -> bool {
        match self {
            Self::UserRevoked { who, at, except } => {
                let kept = grant.sign_in.is_some() && grant.sign_in == *except;
                let before = grant.sign_in.is_some() || is_before(grant.issued_at, *at);
                !kept && before && *who == Digest::of_user(user)
            }
            Self::SignInEnded { id } => grant.sign_in == Some(*id),
            Self::SignInRenewed { .. } | Self::KeyRevoked { .. } | Self::StreamRenewed { .. } => false,
        }
    }

    /// Whether it may change what a secret of ours is good for. More than what [ends](Self::ends) it: who keeps a
    /// sign-in may have another role or password, and which key a grant is of it does not say.
    #[must_use]
    pub fn concerns(&self, user: &UserId, grant: &Grant) -> bool {
        match self {
            Self::UserRevoked { who, .. } => *who == Digest::of_user(user),
            Self::SignInEnded { id } => grant.sign_in == Some(*id),
            Self::KeyRevoked { .. } => grant.sign_in.is_none(),
            Self::SignInRenewed { .. } | Self::StreamRenewed { .. } => false, // takes nothing away
        }
    }
}

/// Whether a token was issued up to the second of `at`, or does not say when: tokens count in seconds.
pub(crate) fn is_before(issued_at: Option<Timestamp>, at: Timestamp) -> bool {
    issued_at.is_none_or(|issued| issued.as_seconds() <= at.as_seconds())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemRandom;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn who_loses_what() {
        let (ann, bob) = (UserId::parse("ann").unwrap(), UserId::parse("bob").unwrap());
        let (one, other) = (SignInId::make(&SystemRandom), SignInId::make(&SystemRandom));
        let token = |issued: Option<i64>| Grant::of_token(issued.map(at), at(99_000));
        let signed_in = |id| Grant { sign_in: Some(id), ..token(Some(9_000)) };
        let revoked = |except| News::UserRevoked { who: Digest::of_user(&ann), at: at(5_400), except };
        let cases = [
            (revoked(None), &ann, token(Some(5_000)), true),
            (revoked(None), &ann, token(Some(5_999)), true),
            (revoked(None), &ann, token(Some(6_000)), false),
            (revoked(None), &ann, token(None), true),
            (revoked(None), &bob, token(None), false),
            // Whatever its clock says. One that began just after is asked to come back, and may.
            (revoked(None), &ann, signed_in(one), true),
            (revoked(Some(one)), &ann, signed_in(one), false),
            (revoked(Some(one)), &ann, signed_in(other), true),
            (revoked(Some(one)), &ann, token(None), true),
            (News::SignInEnded { id: one }, &ann, signed_in(one), true),
            (News::SignInEnded { id: one }, &ann, signed_in(other), false),
            (News::SignInEnded { id: one }, &ann, token(None), false),
            (News::SignInRenewed { id: one, until: at(1) }, &ann, signed_in(one), false),
        ];
        for (news, user, grant, ends) in cases {
            assert_eq!(news.ends(user, &grant), ends, "{news:?} for {user} with {grant:?}");
        }
        assert!(revoked(Some(one)).concerns(&ann, &signed_in(one)), "the password of the one that is kept is another");
        assert!(!revoked(None).concerns(&bob, &signed_in(other)));
        let key = News::KeyRevoked { id: KeyId::make(at(1), &SystemRandom) };
        assert!(key.concerns(&bob, &token(None)) && !key.concerns(&bob, &signed_in(one)));
    }

    #[test]
    fn what_a_later_version_adds_is_not_read() {
        let known = r#"{"what":"key_revoked","id":"01890000-0000-7000-8000-000000000000"}"#;
        assert!(serde_json::from_str::<News>(known).is_ok());
        assert!(serde_json::from_str::<News>(&known.replace('}', r#","but":1}"#)).is_err());
        assert!(serde_json::from_str::<News>(&known.replace("key", "house")).is_err());
    }

    #[test]
    fn it_names_nobody() {
        let ann = UserId::parse("ann").unwrap();
        let news = News::UserRevoked { who: Digest::of_user(&ann), at: at(5), except: None };
        let json = serde_json::to_string(&news).unwrap();
        assert!(!json.contains("ann"), "{json}");
        assert_eq!(serde_json::from_str::<News>(&json).unwrap(), news);
    }
}
