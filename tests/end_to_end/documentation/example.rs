//! Reading examples: `http` blocks with a request and its answer, `sse` blocks with events, and `ws` blocks with messages.

/// A block of the page that is performed.
pub(super) enum Block {
    Exchange(Exchange),
    /// What comes on the stream that was opened last; and the line where it stands.
    Events(usize, Vec<Event>),
    /// What goes over the WebSocket that was opened last; and the line where it stands.
    Messages(usize, Vec<Message>),
}

/// A request and its answer.
#[derive(Debug)]
pub(super) struct Exchange {
    /// The line of the page where it begins.
    pub(super) line: usize,
    pub(super) method: String,
    pub(super) target: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
    /// `201 Created`.
    pub(super) status: String,
    pub(super) answer_headers: Vec<(String, String)>,
    pub(super) answer: String,
}

/// A message, as JSON over perhaps several lines of the page.
#[derive(Debug)]
pub(super) enum Message {
    Sent(String),
    Got(String),
}

/// A block of a stream.
#[derive(Clone, Debug, Default)]
pub(super) struct Event {
    pub(super) name: Option<String>,
    pub(super) id: Option<String>,
    pub(super) retry: Option<String>,
    /// JSON, perhaps over several lines of the page.
    pub(super) data: Option<String>,
}

/// All blocks of a page, in order.
pub(super) fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = page.lines().enumerate();
    while let Some((index, fence)) = lines.next() {
        let Some(language) = fence.strip_prefix("```") else { continue };
        let text: Vec<_> = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
        match language {
            "http" => blocks.push(Block::Exchange(exchange(index + 2, &text))),
            "sse" => blocks.push(Block::Events(index + 2, events(&text.join("\n")))),
            "ws" => blocks.push(Block::Messages(index + 2, messages(&text))),
            _ => {}
        }
    }
    blocks
}

fn exchange(line: usize, text: &[&str]) -> Exchange {
    let wrong = |what: &str| format!("line {line}: {what}");
    let split = text.iter().position(|line| line.starts_with("HTTP/1.1 "));
    let (request, answer) = text.split_at(split.unwrap_or_else(|| panic!("{}", wrong("no answer"))));
    let (first, headers, body) = message(request);
    let mut words = first.split(' ');
    let (Some(method), Some(target), Some("HTTP/1.1"), None) = (words.next(), words.next(), words.next(), words.next())
    else {
        panic!("{}", wrong("no request line"))
    };
    let (status, answer_headers, answer) = message(answer);
    Exchange {
        line,
        method: method.to_owned(),
        target: target.to_owned(),
        headers,
        body,
        status: status.trim_start_matches("HTTP/1.1 ").to_owned(),
        answer_headers,
        answer,
    }
}

/// The first line, the headers, and the body.
fn message(lines: &[&str]) -> (String, Vec<(String, String)>, String) {
    let end = lines.iter().position(|line| line.is_empty()).unwrap_or(lines.len());
    let header = |line: &&str| {
        let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("{line:?} is no header"));
        (name.to_owned(), value.to_owned())
    };
    let body = lines[end..].join("\n").trim().to_owned();
    (lines[0].to_owned(), lines[1..end].iter().map(header).collect(), body)
}

/// What begins with blanks goes on from the line before.
fn messages(lines: &[&str]) -> Vec<Message> {
    let mut messages = Vec::new();
    for line in lines.iter().filter(|line| !line.is_empty()) {
        match line.split_at(2) {
            ("> ", text) => messages.push(Message::Sent(text.to_owned())),
            ("< ", text) => messages.push(Message::Got(text.to_owned())),
            _ => match messages.last_mut() {
                Some(Message::Sent(text) | Message::Got(text)) if line.starts_with(' ') => text.push_str(line),
                _ => panic!("{line:?} goes neither way"),
            },
        }
    }
    messages
}

/// The events of a text. What begins with blanks goes on from the line before.
pub(super) fn events(text: &str) -> Vec<Event> {
    let block = |block: &str| {
        let mut event = Event::default();
        for line in block.lines() {
            if line.starts_with(' ') {
                let data = event.data.as_mut().unwrap_or_else(|| panic!("{line:?} goes on from nothing"));
                data.push_str(line);
                continue;
            }
            let (field, value) = line.split_once(": ").unwrap_or_else(|| panic!("{line:?} is no field"));
            let field = match field {
                "event" => &mut event.name,
                "id" => &mut event.id,
                "retry" => &mut event.retry,
                "data" => &mut event.data,
                other => panic!("{other}: there is no such field"),
            };
            *field = Some(value.to_owned());
        }
        event
    };
    text.split("\n\n").filter(|text| !text.trim().is_empty()).map(block).collect()
}
