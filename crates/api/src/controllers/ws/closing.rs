//! Why a WebSocket is closed, as its last frame says (RFC 6455, section 7.4). The table stands in `docs/api.md` too.

use actix_http::ws::CloseCode;
use tidings_broker::GoodbyeReason;

/// Why a WebSocket is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Closing {
    /// The server has said goodbye.
    Goodbye(GoodbyeReason),
    /// The client wants to.
    Asked(Option<CloseCode>),
    /// Something that is no frame.
    Malformed,
    /// A message that is not text.
    Binary,
    /// A text that is not UTF-8.
    NotText,
    /// A message that is too large.
    TooLarge,
    /// More frames than anybody needs to send.
    Flood,
}

impl Closing {
    /// The number for it. What asks for something of its reader before they come back has a number of ours.
    pub(super) fn code(&self) -> CloseCode {
        match self {
            Self::Goodbye(GoodbyeReason::Shutdown) => CloseCode::Away,
            Self::Goodbye(GoodbyeReason::Limit | GoodbyeReason::Overloaded) => CloseCode::Again,
            Self::Goodbye(GoodbyeReason::TokenExpired) => CloseCode::Other(4401),
            Self::Goodbye(GoodbyeReason::Revoked) => CloseCode::Other(4403),
            Self::Asked(given) => given.unwrap_or(CloseCode::Normal),
            Self::Malformed => CloseCode::Protocol,
            Self::Binary => CloseCode::Unsupported,
            Self::NotText => CloseCode::Invalid,
            Self::TooLarge => CloseCode::Size,
            Self::Flood => CloseCode::Policy,
        }
    }

    /// The word for it.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Goodbye(reason) => reason.as_str(),
            Self::Asked(_) => "",
            Self::Malformed => "malformed",
            Self::Binary => "binary",
            Self::NotText => "not UTF-8",
            Self::TooLarge => "too large",
            Self::Flood => "too many messages",
        }
    }
}

#[cfg(test)]
mod tests {
    use tidings_broker::tally::Kinds as _;

    use super::*;

    #[test]
    fn each_has_the_number_that_is_documented() {
        let page = include_str!("../../../../../docs/api.md");
        let goodbyes = GoodbyeReason::ALL.iter().copied().map(Closing::Goodbye);
        let others = [
            Closing::Malformed,
            Closing::Binary,
            Closing::NotText,
            Closing::TooLarge,
            Closing::Flood,
            Closing::Asked(None),
        ];
        for closing in goodbyes.chain(others) {
            let (code, word) = (u16::from(closing.code()), closing.word());
            let row = page.lines().find(|line| line.starts_with(&format!("| {code} |")));
            assert!(row.is_some_and(|row| row.contains(word)), "{code} {word}: {row:?}");
        }
    }

    #[test]
    fn who_closes_is_answered_with_what_they_said() {
        let code = |given: Option<u16>| {
            let closing = Closing::Asked(given.map(CloseCode::from));
            (u16::from(closing.code()), closing.word())
        };
        assert_eq!((code(None), code(Some(1000)), code(Some(4000))), ((1000, ""), (1000, ""), (4000, "")));
    }
}
