//! A chunk of a body in chunks (RFC 9112, section 7.1), in a buffer that is used again and again.

/// What ends a body in chunks.
pub(crate) const LAST: &[u8] = b"0\r\n\r\n";

/// Room for the size of a chunk, in hexadecimal digits, and the end of its line.
const HEAD: usize = 16 + 2;

/// A chunk that is being written.
#[derive(Debug)]
pub(crate) struct Chunk {
    /// Room for the head, then the content.
    bytes: Vec<u8>,
}

impl Default for Chunk {
    fn default() -> Self {
        Self { bytes: vec![0; HEAD] }
    }
}

impl Chunk {
    /// Makes it empty. A buffer that has become large is not kept.
    pub(crate) fn clear(&mut self) {
        self.bytes.truncate(HEAD);
        self.bytes.shrink_to(64 * 1024);
    }

    /// Where content is appended.
    pub(crate) fn content(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// The whole chunk, or nothing if it has no content: an empty chunk would end the body.
    pub(crate) fn framed(&mut self) -> &[u8] {
        let mut size = self.bytes.len().saturating_sub(HEAD);
        if size == 0 {
            return &[];
        }
        self.bytes.extend_from_slice(b"\r\n");
        let mut start = HEAD - 2;
        if let Some(end_of_line) = self.bytes.get_mut(start..HEAD) {
            end_of_line.copy_from_slice(b"\r\n");
        }
        while size > 0 && start > 0 {
            start -= 1;
            if let (Some(place), Some(digit)) = (self.bytes.get_mut(start), b"0123456789abcdef".get(size % 16)) {
                *place = *digit;
            }
            size /= 16;
        }
        self.bytes.get(start..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_says_how_long_it_is() {
        let mut chunk = Chunk::default();
        for (length, head) in [(1, "1"), (15, "f"), (16, "10"), (255, "ff"), (4096, "1000"), (100_000, "186a0")] {
            chunk.clear();
            chunk.content().resize(HEAD + length, b'x');
            let expected = format!("{head}\r\n{}\r\n", "x".repeat(length));
            assert_eq!(chunk.framed(), expected.as_bytes());
        }
    }

    #[test]
    fn nothing_is_no_chunk() {
        assert_eq!(Chunk::default().framed(), b"");
    }
}
