//! What comes over a WebSocket, as a strict reader takes it.

use actix_web::error::PayloadError;
use bytes::Bytes;
use futures_util::{FutureExt as _, stream};

use crate::controllers::ws::{
    closing::Closing,
    heard::{Ended, Heard, MAX_MESSAGE, Message},
};

/// The client's side of a WebSocket: whatever bytes come, a reader that was written from the standard (RFC 6455, section 5)
/// takes the same messages from them, wherever they are cut, and ends where this one does.
///
/// Two bytes say where they are cut; the others are what comes.
pub fn websocket(data: &[u8]) {
    let Some((cut, bytes)) = data.split_first_chunk::<2>() else { return };
    let (left, right) = bytes.split_at(usize::from(u16::from_be_bytes(*cut)) % (bytes.len() + 1));
    let (whole, cut) = (heard(&[bytes]), heard(&[left, right]));
    if [&whole, &cut].iter().any(|(_, ended)| *ended == Ended::Closing(Closing::Flood)) {
        return; // that depends on the time
    }
    assert_eq!(whole, cut, "cut elsewhere it is something else");
    let (messages, ended) = whole;
    let strict = Strict::read(bytes);
    assert_eq!(messages, strict.messages);
    match strict.ended {
        Verdict::Cut => assert_eq!(ended, Ended::Gone),
        Verdict::Refused => assert!(matches!(ended, Ended::Closing(_)), "{ended:?}"),
        // Part of a frame may be enough, or it waits for the rest of it.
        Verdict::CutInAHead | Verdict::RefusedInPart => {}
    }
}

fn heard(parts: &[&[u8]]) -> (Vec<Message>, Ended) {
    let parts: Vec<Result<Bytes, PayloadError>> = parts.iter().map(|part| Ok(Bytes::copy_from_slice(part))).collect();
    let (mut heard, mut messages) = (Heard::new(stream::iter(parts)), Vec::new());
    loop {
        match heard.next().now_or_never().unwrap() {
            Ok(message) => messages.push(message),
            Err(ended) => return (messages, ended),
        }
    }
}

#[derive(Debug)]
enum Verdict {
    /// There is no more, at the end of a frame or in its payload.
    Cut,
    /// There is no more, and of what is there not even its head is whole.
    CutInAHead,
    /// A whole frame that ends it.
    Refused,
    /// The head of a frame that ends it, of which not all is there.
    RefusedInPart,
}

struct Frame<'a> {
    last: bool,
    reserved: bool,
    code: u8,
    masked: bool,
    length: u64,
    /// As far as it is there.
    payload: &'a [u8],
    mask: [u8; 4],
    rest: &'a [u8],
}

struct Strict {
    messages: Vec<Message>,
    ended: Verdict,
}

impl Strict {
    fn read(mut bytes: &[u8]) -> Self {
        let (mut messages, mut parts) = (Vec::new(), None::<Vec<u8>>);
        let ended = loop {
            if bytes.is_empty() {
                break Verdict::Cut;
            }
            let Some(frame) = frame(bytes) else { break Verdict::CutInAHead };
            let whole = frame.payload.len() as u64 == frame.length;
            let control = frame.code >= 8;
            let in_parts = parts.is_some();
            let size = frame.length.saturating_add(parts.as_ref().map_or(0, |parts| parts.len() as u64));
            let good = !frame.reserved
                && frame.masked
                && match frame.code {
                    0 => in_parts && size <= MAX_MESSAGE as u64,
                    1 => !in_parts && size <= MAX_MESSAGE as u64,
                    9 | 10 => frame.last && frame.length <= 125,
                    _ => false, // binary, the last one, and what there is not
                };
            if !good {
                break if whole { Verdict::Refused } else { Verdict::RefusedInPart };
            }
            if !whole {
                break Verdict::Cut;
            }
            let payload: Vec<u8> =
                frame.payload.iter().zip(frame.mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
            bytes = frame.rest;
            if control {
                if frame.code == 9 {
                    messages.push(Message::Ping(payload.into()));
                }
                continue;
            }
            let mut text = parts.take().unwrap_or_default();
            text.extend(payload);
            if !frame.last {
                parts = Some(text);
                continue;
            }
            if std::str::from_utf8(&text).is_err() {
                break Verdict::Refused;
            }
            messages.push(Message::Text(text.into()));
        };
        Self { messages, ended }
    }
}

/// The next frame. `None`: its head is not all there.
fn frame(bytes: &[u8]) -> Option<Frame<'_>> {
    let (&[first, second], rest) = bytes.split_first_chunk::<2>()?;
    let (length, rest) = match second & 0x7F {
        126 => rest.split_first_chunk().map(|(length, rest)| (u64::from(u16::from_be_bytes(*length)), rest))?,
        127 => rest.split_first_chunk().map(|(length, rest)| (u64::from_be_bytes(*length), rest))?,
        length => (u64::from(length), rest),
    };
    let masked = second & 0x80 != 0;
    let (mask, rest) =
        if masked { rest.split_first_chunk().map(|(mask, rest)| (*mask, rest))? } else { ([0; 4], rest) };
    let end = usize::try_from(length).unwrap_or(usize::MAX).min(rest.len());
    let (payload, rest) = rest.split_at(end);
    Some(Frame {
        last: first & 0x80 != 0,
        reserved: first & 0x70 != 0,
        code: first & 0x0F,
        masked,
        length,
        payload,
        mask,
        rest,
    })
}
