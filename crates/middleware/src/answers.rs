//! The answers under way over a connection that carries many at once (HTTP/2).
//!
//! Over HTTP/1.1 a connection has one answer, and the kernel ends both when the client takes nothing more. Over
//! HTTP/2 the client says for each answer how much it will take, while the connection itself goes on: an answer that
//! nobody takes would stay for good, and so would as many as the client likes. actix-http bounds neither, nor does it
//! end a connection that has nothing to do. So each answer has a place among those of its connection, of which there
//! are not many; and whoever serves the connection asks here when it is to end.
//!
//! It works the other way round too: actix-http writes each answer in a task of its own, which sees only at its next
//! write that the connection has gone. Here a stream that waits is told at once, and gives its place back.

use std::{
    cell::RefCell,
    cmp::min,
    collections::BTreeMap,
    future::poll_fn,
    mem::replace,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use actix_web::{
    body::{BodySize, BoxBody, MessageBody},
    rt::time::{Instant, sleep_until},
    web::Bytes,
};

/// Most answers that may be under way over one connection. Keeps one client from having thousands made that it does
/// not take; a browser with all its tabs has a few dozen.
const MOST: usize = 250;
/// Bytes that are given to the server at once. How much of an answer was taken is seen at this grain.
const PIECE: usize = 16 * 1024;

/// What a connection knows of its answers. It is in the data of the connection.
#[derive(Clone, Debug)]
pub struct Answers(Rc<RefCell<State>>);

#[derive(Debug)]
struct State {
    under_way: BTreeMap<u64, Doing>,
    /// The number of the next one.
    next: u64,
    /// Since when there is none. What it says while there are some means nothing.
    idle_since: Instant,
    gone: bool,
    /// Who wants to know when there is none.
    waiting: Option<Waker>,
}

/// What is being done about an answer.
#[derive(Debug)]
enum Doing {
    /// It is being made, or has come to its end.
    Made,
    /// There is nothing to send of it. Whom to wake when the connection has gone.
    Silent(Waker),
    /// A piece of it was given to the server then, which has not come back for more.
    Given(Instant),
}

/// One answer under way. Dropping it gives the place back.
#[derive(Debug)]
pub(crate) struct AnswerPlace {
    answers: Answers,
    number: u64,
}

impl Default for Answers {
    fn default() -> Self {
        let (under_way, idle_since) = (BTreeMap::new(), Instant::now());
        Self(Rc::new(RefCell::new(State { under_way, next: 0, idle_since, gone: false, waiting: None })))
    }
}

impl Answers {
    /// One more, if there is room for it.
    pub(crate) fn enter(&self) -> Option<AnswerPlace> {
        let mut state = self.0.borrow_mut();
        if state.under_way.len() >= MOST {
            return None;
        }
        let number = state.next;
        state.next += 1;
        state.under_way.insert(number, Doing::Made);
        Some(AnswerPlace { answers: self.clone(), number })
    }

    /// Ready when nothing of some answer was taken for as long as `stall`, or when there was none for `idle`.
    pub async fn overdue(&self, stall: Duration, idle: Duration) {
        loop {
            let now = Instant::now();
            let due = self.0.borrow().due(stall, idle).unwrap_or(now + stall);
            if due <= now {
                return;
            }
            // What begins meanwhile is not due before then.
            sleep_until(min(due, now + stall)).await;
        }
    }

    /// Ready when no answer is under way.
    pub async fn none(&self) {
        poll_fn(|context| {
            let mut state = self.0.borrow_mut();
            if state.under_way.is_empty() {
                return Poll::Ready(());
            }
            state.waiting = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// The connection has gone: what waits for something to send ends.
    pub fn end(&self) {
        let mut state = self.0.borrow_mut();
        state.gone = true;
        let silent: Vec<_> = state.under_way.values_mut().map(|doing| replace(doing, Doing::Made)).collect();
        drop(state);
        for doing in silent {
            if let Doing::Silent(waker) = doing {
                waker.wake();
            }
        }
    }
}

impl State {
    /// When the connection is to end, as it looks now.
    fn due(&self, stall: Duration, idle: Duration) -> Option<Instant> {
        if self.under_way.is_empty() {
            return Some(self.idle_since + idle);
        }
        let given = self.under_way.values().filter_map(|doing| match doing {
            Doing::Given(at) => Some(*at),
            Doing::Made | Doing::Silent(_) => None,
        });
        given.min().map(|at| at + stall)
    }
}

impl AnswerPlace {
    /// Keeps the place until `body` is sent.
    pub(crate) fn until_sent(self, body: BoxBody) -> BoxBody {
        BoxBody::new(Answer { body, rest: Bytes::new(), place: self })
    }

    fn is_gone(&self) -> bool {
        self.answers.0.borrow().gone
    }

    fn now(&self, doing: Doing) {
        let before = self.answers.0.borrow_mut().under_way.insert(self.number, doing);
        drop(before); // not under the borrow: it may be the last that keeps a task
    }
}

impl Drop for AnswerPlace {
    fn drop(&mut self) {
        let mut state = self.answers.0.borrow_mut();
        let before = state.under_way.remove(&self.number);
        let waiting = if state.under_way.is_empty() {
            state.idle_since = Instant::now();
            state.waiting.take()
        } else {
            None
        };
        drop(state);
        drop(before);
        if let Some(waiting) = waiting {
            waiting.wake();
        }
    }
}

/// The body of an answer, in pieces.
struct Answer {
    body: BoxBody,
    /// What it gave and is not yet given on.
    rest: Bytes,
    place: AnswerPlace,
}

impl MessageBody for Answer {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = &mut *self;
        if this.place.is_gone() {
            return Poll::Ready(None);
        }
        while this.rest.is_empty() {
            match Pin::new(&mut this.body).poll_next(context) {
                Poll::Ready(Some(Ok(bytes))) => this.rest = bytes,
                Poll::Ready(end) => {
                    this.place.now(Doing::Made);
                    return Poll::Ready(end);
                }
                Poll::Pending => {
                    this.place.now(Doing::Silent(context.waker().clone()));
                    return Poll::Pending;
                }
            }
        }
        this.place.now(Doing::Given(Instant::now()));
        let piece = min(this.rest.len(), PIECE);
        Poll::Ready(Some(Ok(this.rest.split_to(piece))))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::{
        body::{BodyStream, to_bytes},
        rt::{spawn, time::timeout},
    };
    use futures_util::stream;

    use super::*;

    const STALL: Duration = Duration::from_mins(1);
    const IDLE: Duration = Duration::from_secs(75);

    fn answers() -> Answers {
        tokio::time::pause();
        Answers::default()
    }

    /// After how many seconds the connection is to end.
    async fn overdue(answers: &Answers) -> Option<u64> {
        let begun = Instant::now();
        let overdue = timeout(Duration::from_hours(1), answers.overdue(STALL, IDLE)).await;
        overdue.ok().map(|()| begun.elapsed().as_secs())
    }

    async fn next(body: &mut BoxBody) -> Option<Bytes> {
        poll_fn(|context| Pin::new(&mut *body).poll_next(context)).await.map(Result::unwrap)
    }

    fn silent() -> BoxBody {
        BoxBody::new(BodyStream::new(stream::pending::<Result<Bytes, actix_web::Error>>()))
    }

    #[actix_web::test]
    async fn a_connection_with_nothing_to_do_ends() {
        let answers = answers();
        assert_eq!(overdue(&answers).await, Some(75));
        let place = answers.enter().unwrap();
        assert_eq!(overdue(&answers).await, None, "an answer may take as long as it likes to be made");
        drop(place);
        assert_eq!(overdue(&answers).await, Some(75));
    }

    #[actix_web::test]
    async fn an_answer_that_nobody_takes_ends_its_connection() {
        let answers = answers();
        let mut body = answers.enter().unwrap().until_sent(BoxBody::new(vec![7; 40_000]));
        assert_eq!(next(&mut body).await.unwrap().len(), 16 * 1024);
        tokio::time::advance(STALL / 2).await;
        assert_eq!(next(&mut body).await.unwrap().len(), 16 * 1024, "some of it was taken");
        assert_eq!(overdue(&answers).await, Some(60));
    }

    #[actix_web::test]
    async fn a_stream_with_nothing_to_say_goes_on() {
        let answers = answers();
        let mut body = answers.enter().unwrap().until_sent(silent());
        assert!(timeout(STALL, next(&mut body)).await.is_err());
        assert_eq!(overdue(&answers).await, None);
    }

    #[actix_web::test]
    async fn what_waits_ends_with_its_connection() {
        let answers = answers();
        let body = answers.enter().unwrap().until_sent(silent());
        let waiting = spawn(to_bytes(body));
        actix_web::rt::task::yield_now().await;
        answers.end();
        assert!(timeout(STALL, waiting).await.expect("it waits on").unwrap().unwrap().is_empty());
        timeout(STALL, answers.none()).await.expect("its place is free");
    }

    #[actix_web::test]
    async fn there_are_only_so_many_at_once() {
        let answers = answers();
        let mut places: Vec<_> = std::iter::from_fn(|| answers.enter()).collect();
        assert_eq!(places.len(), 250);
        drop(places.pop());
        assert!(answers.enter().is_some(), "places are given back");
    }

    #[actix_web::test]
    async fn a_body_stays_what_it_is() {
        let content: Vec<u8> = (0..100_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        let body = answers().enter().unwrap().until_sent(BoxBody::new(content.clone()));
        assert_eq!(body.size(), BodySize::Sized(100_000));
        assert_eq!(to_bytes(body).await.unwrap(), content);
    }
}
