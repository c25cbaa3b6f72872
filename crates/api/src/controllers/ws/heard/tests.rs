use actix_http::ws::{CloseCode, OpCode, Parser};
use futures_util::stream;

use super::*;

/// A frame as a client sends it.
fn frame(code: OpCode, last: bool, payload: &[u8]) -> Vec<u8> {
    let mut bytes = BytesMut::new();
    Parser::write_message(&mut bytes, payload, code, last, true);
    bytes.to_vec()
}

fn heard(bytes: &[u8], piece: usize) -> Heard<impl Stream<Item = Result<Bytes, PayloadError>> + Unpin + use<>> {
    let pieces: Vec<_> = bytes.chunks(piece).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    Heard::new(stream::iter(pieces))
}

/// All that is heard, and how it ends, wherever the bytes are cut.
async fn all(frames: &[Vec<u8>]) -> (Vec<Message>, Ended) {
    let bytes = frames.concat();
    let mut told = Vec::new();
    for piece in [1, 7, bytes.len().max(1)] {
        let (mut heard, mut messages) = (heard(&bytes, piece), Vec::new());
        let ended = loop {
            match heard.next().await {
                Ok(message) => messages.push(message),
                Err(ended) => break ended,
            }
        };
        told.push((messages, ended));
    }
    assert!(told.iter().all(|one| *one == told[0]), "cut elsewhere it is something else: {told:?}");
    told.remove(0)
}

/// A frame of a kind that there is not.
fn opcode(code: u8) -> Vec<u8> {
    let mut bytes = frame(OpCode::Text, true, b"{}");
    bytes[0] = 0x80 | code;
    bytes
}

/// A client's last frame.
fn closed(code: u16, reason: &[u8]) -> Vec<u8> {
    frame(OpCode::Close, true, &[&code.to_be_bytes(), reason].concat())
}

fn said(text: &str) -> Message {
    Message::Text(Bytes::copy_from_slice(text.as_bytes()))
}

#[tokio::test]
async fn messages_come_whole_or_in_parts() {
    let frames = [
        frame(OpCode::Text, true, "{}".as_bytes()),
        frame(OpCode::Text, false, "a\u{e9}".as_bytes().split_at(2).0),
        frame(OpCode::Ping, true, b"between"),
        frame(OpCode::Continue, false, b""),
        frame(OpCode::Pong, true, b"unasked"),
        frame(OpCode::Continue, true, "a\u{e9}".as_bytes().split_at(2).1),
        frame(OpCode::Text, true, b""),
    ];
    let (messages, ended) = all(&frames).await;
    let ping = Message::Ping(Bytes::from_static(b"between"));
    assert_eq!(messages, [said("{}"), ping, said("a\u{e9}"), said("")]);
    assert_eq!(ended, Ended::Gone);
}

#[tokio::test]
async fn what_is_no_message_closes() {
    let (half, most) = (vec![b'x'; MAX_MESSAGE / 2 + 1], vec![b'x'; MAX_MESSAGE]);
    let unmasked = {
        let mut bytes = BytesMut::new();
        Parser::write_message(&mut bytes, b"{}", OpCode::Text, true, false);
        bytes.to_vec()
    };
    let compressed = {
        let mut bytes = frame(OpCode::Text, true, b"{}");
        bytes[0] |= 0x40;
        bytes
    };
    let cases = [
        (vec![frame(OpCode::Binary, true, b"x")], Closing::Binary),
        (vec![frame(OpCode::Binary, false, b"x")], Closing::Binary),
        (vec![frame(OpCode::Text, true, b"\xff")], Closing::NotText),
        (vec![frame(OpCode::Text, false, b"\xc3"), frame(OpCode::Continue, true, b"x")], Closing::NotText),
        (vec![frame(OpCode::Text, true, &[&most[..], b"x"].concat())], Closing::TooLarge),
        (vec![frame(OpCode::Text, false, &half), frame(OpCode::Continue, false, &half)], Closing::TooLarge),
        (vec![frame(OpCode::Text, false, &half), frame(OpCode::Continue, true, &half)], Closing::TooLarge),
        (vec![frame(OpCode::Continue, true, b"x")], Closing::Malformed),
        (vec![frame(OpCode::Text, false, b"x"), frame(OpCode::Text, true, b"x")], Closing::Malformed),
        (vec![frame(OpCode::Ping, true, &[0; 126])], Closing::Malformed),
        (vec![unmasked], Closing::Malformed),
        (vec![compressed], Closing::Malformed),
        (vec![b"GET / HTTP/1.1\r\n\r\n".to_vec()], Closing::Malformed),
        (vec![frame(OpCode::Ping, false, b"x")], Closing::Malformed),
        (vec![frame(OpCode::Close, false, b"\x03\xe8")], Closing::Malformed),
        (vec![opcode(0x3)], Closing::Malformed),
        (vec![opcode(0xB)], Closing::Malformed),
        (vec![frame(OpCode::Close, true, b"\x03")], Closing::Malformed),
        (vec![closed(1000, b"\xff")], Closing::Malformed),
        (vec![closed(999, b"")], Closing::Malformed),
        (vec![closed(1005, b"")], Closing::Malformed),
        (vec![closed(1006, b"")], Closing::Malformed),
        (vec![closed(1015, b"")], Closing::Malformed),
        (vec![closed(4000, b"done")], Closing::Asked(Some(CloseCode::Other(4000)))),
        (vec![frame(OpCode::Close, true, b"")], Closing::Asked(None)),
    ];
    for (frames, closing) in cases {
        assert_eq!(all(&frames).await, (vec![], Ended::Closing(closing)), "{frames:?}");
    }
    let (messages, _) = all(&[frame(OpCode::Text, true, &most)]).await;
    assert_eq!(messages.len(), 1, "the largest");
}

/// What the HTTP server reads at once, and gives on.
const READ: usize = 128 * 1024;

/// A frame says how long it will be. Nobody waits for all of it.
#[tokio::test]
async fn no_more_is_read_for_a_frame_once_it_is_larger_than_a_message() {
    let announced = [&[0x81, 0xff][..], &u64::to_be_bytes(1 << 40), &[0; 4]].concat();
    let endless = stream::iter([Ok(Bytes::from(announced))]).chain(stream::repeat_with(|| Ok(vec![0; READ].into())));
    let mut heard = Heard::new(endless);
    assert_eq!(heard.next().await, Err(Ended::Closing(Closing::TooLarge)));
    assert!(heard.bytes.len() <= MAX_HEAD + MAX_MESSAGE + READ, "{}", heard.bytes.len());
}

#[tokio::test]
async fn empty_frames_are_a_flood_too() {
    tokio::time::pause();
    let begun = frame(OpCode::Text, false, b"");
    for (first, then) in [
        (Some(begun.clone()), frame(OpCode::Continue, false, b"")),
        (Some(begun), frame(OpCode::Pong, true, b"")),
        (None, frame(OpCode::Text, true, b"1")),
    ] {
        let frames: Vec<_> = first.into_iter().chain(vec![then; 200]).collect();
        let mut heard = heard(&frames.concat(), 64);
        let ended = loop {
            if let Err(ended) = heard.next().await {
                break ended;
            }
        };
        assert_eq!(ended, Ended::Closing(Closing::Flood));
    }
}

#[tokio::test]
async fn whoever_is_told_to_go_is_heard_no_more() {
    let close = frame(OpCode::Close, true, b"\x03\xe8");
    let noise = vec![b'x'; 100_000];
    for frames in [vec![close.clone()], vec![frame(OpCode::Binary, true, b"x"); 200], vec![noise], vec![]] {
        heard(&frames.concat(), 1000).closed().await; // it returns
    }
    let rest = [close, frame(OpCode::Text, true, b"left")].concat();
    let mut heard = heard(&rest, rest.len());
    heard.closed().await;
    assert_eq!(heard.next().await, Ok(said("left")), "at the client's last frame, and not later");
}
