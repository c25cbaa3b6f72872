//! Whole events out of a stream that is cut anywhere.

/// Keeps what came after the last whole frame (the blank line that ends an event) until the rest is there. Most reads
/// end with a frame, and then this neither copies nor allocates.
#[derive(Debug, Default)]
pub(crate) struct Frames(Vec<u8>);

/// More than any frame that a server here sends. Beyond it the generator would only hoard.
const LIMIT: usize = 1 << 20;

/// A frame without an end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

impl Frames {
    /// Hands over all frames that are whole now, as one slice.
    pub(crate) fn take(&mut self, bytes: &[u8], mut visit: impl FnMut(&[u8])) -> Result<(), TooLong> {
        if self.0.is_empty() {
            let whole = end_of_frames(bytes);
            if whole > 0 {
                visit(&bytes[..whole]);
            }
            self.0.extend_from_slice(&bytes[whole..]);
        } else {
            self.0.extend_from_slice(bytes);
            let whole = end_of_frames(&self.0);
            if whole > 0 {
                visit(&self.0[..whole]);
                self.0.drain(..whole);
            }
            if self.0.is_empty() {
                self.0 = Vec::new(); // thousands of streams: none keeps room that it may never need again
            }
        }
        if self.0.len() > LIMIT { Err(TooLong) } else { Ok(()) }
    }

    /// What was not whole is lost with its connection.
    pub(crate) fn clear(&mut self) {
        self.0 = Vec::new();
    }
}

fn end_of_frames(bytes: &[u8]) -> usize {
    if bytes.ends_with(b"\n\n") { bytes.len() } else { memchr::memmem::rfind(bytes, b"\n\n").map_or(0, |at| at + 2) }
}

/// The last `id:` in whole frames.
pub(crate) fn last_id(frames: &[u8]) -> Option<&[u8]> {
    let start = match memchr::memmem::rfind(frames, b"\nid:") {
        Some(at) => at + 4,
        None if frames.starts_with(b"id:") => 3,
        None => return None,
    };
    let rest = &frames[start..];
    let line = &rest[..memchr::memchr(b'\n', rest)?];
    Some(line.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIRE: &[u8] = b"retry: 10\n\nid: a\ndata: one\n\nid: b\nevent: x\ndata: two\n\n: half";

    #[test]
    fn frames_are_whole_wherever_the_stream_is_cut() {
        for first in 0..WIRE.len() {
            for second in first..WIRE.len() {
                let mut frames = Frames::default();
                let mut got = Vec::new();
                for piece in [&WIRE[..first], &WIRE[first..second], &WIRE[second..]] {
                    let visit = |whole: &[u8]| {
                        assert!(whole.ends_with(b"\n\n"));
                        got.extend_from_slice(whole);
                    };
                    assert_eq!(frames.take(piece, visit), Ok(()));
                }
                assert_eq!(got, &WIRE[..WIRE.len() - 6], "cut at {first} and {second}");
            }
        }
    }

    #[test]
    fn a_frame_without_end_is_not_hoarded() {
        let mut frames = Frames::default();
        let results: Vec<_> = (0..3).map(|_| frames.take(&vec![b'x'; LIMIT / 2], |_| ())).collect();
        assert_eq!(results, [Ok(()), Ok(()), Err(TooLong)]);
    }

    #[test]
    fn the_last_id_is_found() {
        assert_eq!(last_id(WIRE), Some(&b"b"[..]));
        assert_eq!(last_id(b"id:c\n\n"), Some(&b"c"[..]));
        assert_eq!(last_id(b"data: id:no\n\n"), None);
    }
}
