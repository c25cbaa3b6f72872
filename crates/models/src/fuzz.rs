//! What is promised of any bytes: one function for each target of `make fuzz`, and the tests that hold it over
//! everything in `tests/fuzz/corpus`.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a panic is what says that a promise is broken")]

use std::str::from_utf8;

use url::Url;

use crate::{
    Audience, CursorError, CursorKey, Cursors, Epoch, Kind, Level, Link, NotificationId, Position, Preferences,
    Timestamp, TopicName, UserId, text,
};

/// Cursors: what was not given out opens nothing, however near it comes to what was.
///
/// The first bytes are a position and a change; the rest is what somebody sends, and what the change puts in.
pub fn cursors(data: &[u8]) {
    let epoch = |byte| Epoch::from_random([byte; 16]);
    let key = CursorKey::new([7; 16]);
    let (now, before) = (Cursors::new(&key, epoch(2), &[epoch(1)]), Cursors::new(&key, epoch(1), &[]));
    let [ann, bob] = ["ann", "bob"].map(|name| UserId::parse(name).unwrap());
    only_what_was_sealed_opens(&now, &before, &ann, data);

    let Some((position, rest)) = data.split_first_chunk::<8>() else { return };
    let Some(([at, removed], inserted)) = rest.split_first_chunk::<2>() else { return };
    let position = Position::new(i64::from_be_bytes(*position) & i64::MAX).unwrap();
    // Few enough that it is not a whole cursor of somebody else that is put in.
    let few = &inserted[..inserted.len().min(8)];
    let change = |cursor: &str| changed(cursor, *at, *removed, few);

    let event = now.seal(position);
    assert!(is_plain(event.as_str()));
    assert_eq!(now.open(event.as_str().as_bytes()), Ok(position));
    assert!(now.open_list(&ann, event.as_str()).is_err() && now.open_name("topics", event.as_str()).is_err());
    let other = change(event.as_str());
    assert_eq!(now.open(&other).is_ok(), other == event.as_str().as_bytes());

    let past = before.seal(position);
    assert_ne!(past, event);
    let other = change(past.as_str());
    let expected = if other == past.as_str().as_bytes() { CursorError::Epoch } else { CursorError::Malformed };
    assert_eq!(now.open(&other), Err(expected));

    let list = now.seal_list(&ann, position);
    assert!(is_plain(list.as_str()));
    assert!(now.open(list.as_str().as_bytes()).is_err() && now.open_list(&bob, list.as_str()).is_err());
    if let Ok(other) = String::from_utf8(change(list.as_str())) {
        assert_eq!(now.open_list(&ann, &other).is_ok(), other == list.as_str());
    }

    let name = String::from_utf8_lossy(inserted);
    let named = now.seal_name("topics", &name);
    assert_eq!(now.open_name("topics", &named).as_deref(), Ok(name.as_ref()));
    assert!(now.open_name("members of x", &named).is_err() && now.open(named.as_bytes()).is_err());
    if let Ok(other) = String::from_utf8(changed(&named, *at, *removed, b"A")) {
        assert_eq!(now.open_name("topics", &other).is_ok(), other == named);
    }
}

fn only_what_was_sealed_opens(now: &Cursors, before: &Cursors, ann: &UserId, sent: &[u8]) {
    match now.open(sent) {
        Ok(position) => assert_eq!(now.seal(position).as_str().as_bytes(), sent),
        Err(CursorError::Epoch) => assert!(before.open(sent).is_ok()),
        Err(CursorError::Malformed) => assert!(before.open(sent).is_err()),
    }
    let Ok(text) = from_utf8(sent) else { return };
    if let Ok(position) = now.open_list(ann, text) {
        assert_eq!(now.seal_list(ann, position).as_str(), text);
    }
    if let Ok(name) = now.open_name("topics", text) {
        assert_eq!(now.seal_name("topics", &name), text);
    }
}

/// What browsers send back as it is, and across origins without asking first.
fn is_plain(cursor: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'~' | b'-');
    (1..=128).contains(&cursor.len()) && cursor.bytes().all(plain)
}

/// The same with some bytes in another's place.
fn changed(text: &str, at: u8, removed: u8, inserted: &[u8]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    let at = usize::from(at) % (bytes.len() + 1);
    let end = bytes.len().min(at + usize::from(removed));
    bytes.splice(at..end, inserted.iter().copied());
    bytes
}

/// Links: what is taken leads to the same place from every page, by http or https, and nobody is signed in by it.
pub fn links(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let Ok(link) = Link::parse(text.to_owned()) else { return };
    assert_eq!(link.as_str(), text);
    assert!(text.len() <= Link::MAX_LEN);
    let pages = ["https://tidings.example/inbox/?x#y", "http://tidings.example:8080/", "http://[::1]/a/b"];
    let targets = pages.map(|page| {
        let page = Url::parse(page).unwrap();
        let target = page.join(text).unwrap();
        assert!(target.username().is_empty() && target.password().is_none());
        assert!(!text.starts_with('/') || target.origin() == page.origin(), "{text:?} leads to {target}");
        target
    });
    if !text.starts_with('/') {
        let [one, others @ ..] = &targets;
        assert!(matches!(one.scheme(), "http" | "https"));
        assert!(others.iter().all(|other| other == one), "{text:?} leads to {one} from one page alone");
    }
}

/// Texts, names and times: what is taken is printable and bounded, and is read back from what is written.
pub fn values(data: &[u8]) {
    let Ok(given) = from_utf8(data) else { return };
    let chars = given.chars().count();
    for (taken, most) in [(text::title(given.into()), 200), (text::word(given.into()), 100)] {
        if let Ok(line) = taken {
            assert!(line == given && (1..=most).contains(&chars) && line.chars().all(stays_on_its_line));
        }
    }
    if let Ok(body) = text::body(given.into()) {
        assert!(body == given && body.len() <= 8192);
        assert!(body.chars().all(|c| matches!(c, '\t' | '\r' | '\n') || !is_control(c)));
    }
    if let Ok(user) = UserId::parse(given) {
        assert!(user.as_str() == given && (1..=255).contains(&chars) && !given.chars().any(is_control));
        let audience = Audience::User(user);
        assert_eq!(Audience::parse(&audience.to_string()), Some(audience));
    }
    if let Ok(topic) = TopicName::parse(given) {
        let audience = Audience::Topic(topic);
        assert_eq!(Audience::parse(&audience.to_string()), Some(audience));
        assert!(is_plain(given) && given.len() <= 64);
    }
    if let Some(audience) = Audience::parse(given) {
        assert_eq!(audience.to_string(), given);
    }
    if let Ok(kind) = Kind::signal(given) {
        assert!(is_plain(given) && given.len() <= 64 && kind.as_str() == given);
        assert_eq!(Kind::parse(given.into()), Some(kind), "no signal looks like what the server says");
    }
    if let Some(level) = Level::parse(given) {
        assert_eq!(level.as_str(), given);
    }
    if let Some(id) = NotificationId::parse(given) {
        assert_eq!(id.to_string(), given);
        let _ = id.made_at();
    }
    if let Some(at) = Timestamp::parse(given) {
        let written = at.to_string();
        assert!(is_rfc3339(given), "{given:?} is taken for {written}");
        assert!(is_rfc3339(&written) && written.len() == "2026-11-21T08:30:00.000Z".len(), "{given:?} is {written:?}");
        assert_eq!(Timestamp::parse(&written), Some(at));
    }
    if let Ok(preferences) = serde_json::from_str::<Preferences>(given) {
        let json = serde_json::to_string(&preferences).unwrap();
        assert_eq!(serde_json::from_str::<Preferences>(&json).unwrap(), preferences);
    }
}

fn is_control(c: char) -> bool {
    matches!(c, '\0'..='\u{1F}' | '\u{7F}'..='\u{9F}')
}

/// Neither ends a line nor turns the direction of what follows.
fn stays_on_its_line(c: char) -> bool {
    !is_control(c) && !matches!(c, '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// The grammar of `date-time` (RFC 3339, section 5.6), digit by digit.
fn is_rfc3339(text: &str) -> bool {
    let shape = |text: &str, shape: &str| {
        let fits = |(byte, wanted): (u8, u8)| if wanted == b'0' { byte.is_ascii_digit() } else { byte == wanted };
        text.len() == shape.len() && text.bytes().zip(shape.bytes()).all(fits)
    };
    let text = text.to_ascii_uppercase();
    let Some((seconds, rest)) = text.split_at_checked("0000-00-00T00:00:00".len()) else { return false };
    let zone = rest.strip_prefix('.').map_or(rest, |rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    let fraction_has_digits = !rest.starts_with('.') || rest.len() - zone.len() > 1;
    shape(seconds, "0000-00-00T00:00:00")
        && fraction_has_digits
        && (zone == "Z" || shape(zone, "+00:00") || shape(zone, "-00:00"))
}

#[cfg(test)]
#[path = "../../../tests/fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_promised_holds_over_every_corpus() {
        replay::all("models", &[("cursors", cursors), ("links", links), ("values", values)]);
    }
}
