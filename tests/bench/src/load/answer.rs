//! The answer to a request, as far as a publisher looks at it.

/// The status of the answer once it is whole.
pub(crate) fn whole(bytes: &[u8]) -> Option<u16> {
    let head_end = memchr::memmem::find(bytes, b"\r\n\r\n")? + 4;
    let status = std::str::from_utf8(bytes.get(9..12)?).ok()?.parse().unwrap_or(0);
    let head = &bytes[..head_end];
    let body = &bytes[head_end..];
    let is_whole = match header(head, b"content-length:") {
        Some(length) => body.len() >= std::str::from_utf8(length).ok()?.parse().unwrap_or(0),
        // Publishers send nothing before they have the answer, so nothing follows the last chunk.
        None if header(head, b"transfer-encoding:").is_some() => body.ends_with(b"0\r\n\r\n"),
        None => true,
    };
    is_whole.then_some(status)
}

fn header<'a>(head: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    head.split(|byte| *byte == b'\n').find_map(|line| {
        let (start, value) = line.split_at_checked(name.len())?;
        start.eq_ignore_ascii_case(name).then(|| value.trim_ascii())
    })
}

#[cfg(test)]
mod tests {
    use super::whole;

    #[test]
    fn an_answer_is_whole_at_its_last_byte() {
        let answers: [&[u8]; 3] = [
            b"HTTP/1.1 201 Created\r\nX: y\r\nContent-Length: 3\r\n\r\nabc",
            b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n",
        ];
        for answer in answers {
            assert_eq!(whole(answer), Some(201));
            for cut in 0..answer.len() {
                assert_eq!(whole(&answer[..cut]), None, "cut at {cut}");
            }
        }
    }
}
