//! `Transfer-Encoding: chunked`, wherever it is cut.

/// Takes the bytes of a body out of its chunks. Knows how far it is; keeps no bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chunks {
    part: Part,
    /// Bytes of the chunk that are still to come, or the digits of its size so far.
    left: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Size,
    /// From the first thing after the size to the end of its line.
    Extension,
    Data,
    /// The line end after the data.
    End,
    /// The last chunk, of size nought, was seen.
    Over,
}

/// The body is not what chunked encoding allows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

impl Chunks {
    pub(crate) fn is_over(self) -> bool {
        self.part == Part::Over
    }

    /// The next piece of the body in these bytes, and how many bytes were used. An empty piece with all bytes used
    /// says that there is no more in them.
    pub(crate) fn next<'a>(&mut self, bytes: &'a [u8]) -> Result<(&'a [u8], usize), Malformed> {
        let mut at = 0;
        while at < bytes.len() {
            let byte = bytes[at];
            match self.part {
                Part::Size => match char::from(byte).to_digit(16) {
                    Some(digit) if self.left < 1 << 27 => self.left = self.left * 16 + digit,
                    Some(_) => return Err(Malformed),
                    None if byte == b'\n' => self.size_is_known(),
                    None => self.part = Part::Extension,
                },
                Part::Extension if byte == b'\n' => self.size_is_known(),
                Part::Extension => {}
                Part::End if byte == b'\n' => *self = Self::default(),
                Part::End if byte == b'\r' => {}
                Part::End => return Err(Malformed),
                Part::Data => {
                    let rest = &bytes[at..];
                    let length = rest.len().min(self.left as usize);
                    self.left -= u32::try_from(length).unwrap_or(self.left);
                    if self.left == 0 {
                        self.part = Part::End;
                    }
                    return Ok((&rest[..length], at + length));
                }
                Part::Over => return Ok((&[], bytes.len())),
            }
            at += 1;
        }
        Ok((&[], at))
    }

    fn size_is_known(&mut self) {
        self.part = if self.left == 0 { Part::Over } else { Part::Data };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIRE: &[u8] = b"5\r\nhello\r\n10;x=y\r\n, chunked world!\r\n0\r\n\r\n";
    const BODY: &[u8] = b"hello, chunked world!";

    fn decode(pieces: &[&[u8]]) -> Result<(Vec<u8>, bool), Malformed> {
        let mut chunks = Chunks::default();
        let mut body = Vec::new();
        for piece in pieces {
            let mut rest = *piece;
            while !rest.is_empty() {
                let (data, used) = chunks.next(rest)?;
                body.extend_from_slice(data);
                rest = &rest[used..];
            }
        }
        Ok((body, chunks.is_over()))
    }

    #[test]
    fn a_body_is_the_same_wherever_it_is_cut() {
        for first in 0..WIRE.len() {
            for second in first..WIRE.len() {
                let pieces = [&WIRE[..first], &WIRE[first..second], &WIRE[second..]];
                assert_eq!(decode(&pieces), Ok((BODY.to_vec(), true)), "cut at {first} and {second}");
            }
        }
    }

    #[test]
    fn nonsense_is_refused() {
        assert_eq!(decode(&[b"2\r\nabX"]), Err(Malformed));
        assert_eq!(decode(&[b"fffffffff\r\n"]), Err(Malformed));
    }
}
