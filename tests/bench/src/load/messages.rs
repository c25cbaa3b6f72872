//! Whole messages out of a WebSocket that is cut anywhere. From a server none is masked, and ours sends each in one frame.

/// Keeps what came after the last whole frame until the rest is there.
#[derive(Debug, Default)]
pub(crate) struct Messages(Vec<u8>);

/// More than any message that a server here sends. Beyond it the generator would only hoard.
const LIMIT: usize = 1 << 20;
/// A whole message of text.
const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;

/// Why no more can be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Over {
    Closed,
    TooLong,
    /// A frame of another kind than a server of ours sends.
    Unknown(u8),
}

impl Messages {
    /// Hands over each message that is whole now.
    pub(crate) fn take(&mut self, bytes: &[u8], mut visit: impl FnMut(&[u8])) -> Result<(), Over> {
        let kept = std::mem::take(&mut self.0);
        let joined = if kept.is_empty() { None } else { Some([kept.as_slice(), bytes].concat()) };
        let mut rest = joined.as_deref().unwrap_or(bytes);
        while let Some((kind, payload, after)) = frame(rest) {
            match kind {
                TEXT => visit(payload),
                CLOSE => return Err(Over::Closed),
                other => return Err(Over::Unknown(other)),
            }
            rest = after;
        }
        self.0.extend_from_slice(rest);
        if self.0.len() > LIMIT { Err(Over::TooLong) } else { Ok(()) }
    }

    /// What was not whole is lost with its connection.
    pub(crate) fn clear(&mut self) {
        self.0 = Vec::new();
    }
}

/// The first byte, the payload, and what follows, of a frame that is whole.
fn frame(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (kind, length) = (*bytes.first()?, *bytes.get(1)?);
    let (length, head) = match length {
        126 => (u64::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?)), 4),
        127 => (u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?), 10),
        short => (u64::from(short), 2),
    };
    let end = usize::try_from(length).ok()?.checked_add(head)?;
    Some((kind, bytes.get(head..end)?, &bytes[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire() -> (Vec<u8>, Vec<Vec<u8>>) {
        let messages = [vec![b'a'; 5], vec![b'b'; 300], vec![b'c'; 70_000], Vec::new()];
        let mut wire = Vec::new();
        for message in &messages {
            wire.push(TEXT);
            match message.len() {
                short @ 0..126 => wire.push(u8::try_from(short).unwrap()),
                middle @ 126..65_536 => {
                    wire.push(126);
                    wire.extend(u16::try_from(middle).unwrap().to_be_bytes());
                }
                long => {
                    wire.push(127);
                    wire.extend((long as u64).to_be_bytes());
                }
            }
            wire.extend(message);
        }
        (wire, messages.into())
    }

    #[test]
    fn messages_are_whole_wherever_the_stream_is_cut() {
        let (wire, messages) = wire();
        let cuts = (0..400).chain(wire.len() - 70_100..wire.len() - 69_900);
        for cut in cuts {
            let mut reader = Messages::default();
            let mut got = Vec::new();
            for piece in [&wire[..cut], &wire[cut..]] {
                reader.take(piece, |message| got.push(message.to_vec())).unwrap();
            }
            assert!(got == messages, "cut at {cut}");
        }
    }

    #[test]
    fn what_is_no_message_ends_it() {
        let read = |bytes: &[u8]| Messages::default().take(bytes, |_| ());
        assert_eq!(read(&[CLOSE, 0]), Err(Over::Closed));
        assert_eq!(read(&[0x82, 0]), Err(Over::Unknown(0x82)));
        assert_eq!(read(&[&[TEXT, 127], &[0, 0, 0, 0, 1, 0, 0, 0][..], &vec![0; LIMIT]].concat()), Err(Over::TooLong));
    }
}
