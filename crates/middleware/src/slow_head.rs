//! Heads of requests that do not come to their end.
//!
//! actix-http gives the first head of a connection a time, and an idle connection one until the next. But once a
//! byte of a second head has come it waits for the rest without end: one honest request, one byte, and the
//! connection is held for good. So a connection watches itself: bytes that come while no request is being served
//! must have become one within a time, and if none is served for longer than idle connections are kept, whatever
//! the reason, it ends.
//!
//! A timer is made once for a connection and moved seldom: what it is for is looked at when it is over.

use std::{
    cell::RefCell,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

use actix_web::{
    dev::ServiceRequest,
    rt::time::{Instant, Sleep, sleep_until},
};

/// What a connection, and the requests that come over it, know of its heads. It is in the data of the connection.
#[derive(Clone, Debug)]
pub struct Heads(Rc<RefCell<State>>);

#[derive(Debug)]
struct State {
    head: Duration,
    idle: Duration,
    /// Requests that are being served, and what is no longer HTTP.
    served: usize,
    /// When there must be a request. `None` while one is served, and before the first, for which actix watches.
    due: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

/// A request that is being served. What comes meanwhile is its body, or waits for its end.
#[derive(Debug)]
pub(crate) struct Serving(Heads);

impl Heads {
    /// Of a new connection, where a head may take so long, and none may come for so long.
    #[must_use]
    pub fn new(head: Duration, idle: Duration) -> Self {
        Self(Rc::new(RefCell::new(State { head, idle, served: 0, due: None, timer: None })))
    }

    /// Something was read from the connection.
    pub fn read(&self) {
        let mut state = self.0.borrow_mut();
        if let Some(due) = state.due {
            state.due = Some(due.min(Instant::now() + state.head));
        }
    }

    /// Something was written to the connection: it is not idle.
    pub fn wrote(&self) {
        let mut state = self.0.borrow_mut();
        if state.due.is_some() {
            state.due = Some(Instant::now() + state.idle);
        }
    }

    /// What was read has been looked at. Ready when a request is overdue.
    pub fn poll_late(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.0.borrow_mut();
        let Some(due) = state.due else { return Poll::Pending };
        let timer = state.timer.get_or_insert_with(|| Box::pin(sleep_until(due)));
        if timer.deadline() > due {
            timer.as_mut().reset(due);
        }
        while timer.as_mut().poll(context).is_ready() {
            if Instant::now() >= due {
                return Poll::Ready(());
            }
            timer.as_mut().reset(due); // it was for another head
        }
        Poll::Pending
    }

    fn serve(&self) -> Serving {
        let mut state = self.0.borrow_mut();
        state.served += 1;
        state.due = None;
        Serving(self.clone())
    }
}

impl Serving {
    /// A request has come.
    pub(crate) fn of(request: &ServiceRequest) -> Option<Self> {
        request.conn_data::<Heads>().map(Heads::serve)
    }

    /// The answer has no end that is known: nothing that comes over this connection from now on is a request.
    pub(crate) fn for_good(self) {
        self.0.0.borrow_mut().served += 1;
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let mut state = self.0.0.borrow_mut();
        state.served -= 1;
        if state.served == 0 {
            state.due = Some(Instant::now() + state.idle);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use actix_web::rt::time::{sleep, timeout};

    use super::*;

    const HEAD: Duration = Duration::from_secs(5);
    const IDLE: Duration = Duration::from_secs(75);

    fn heads() -> Heads {
        tokio::time::pause();
        Heads::new(HEAD, IDLE)
    }

    /// After how many seconds a request is overdue.
    async fn late(heads: &Heads) -> Option<u64> {
        let begun = Instant::now();
        let late = timeout(Duration::from_hours(1), poll_fn(|context| heads.poll_late(context))).await;
        late.ok().map(|()| begun.elapsed().as_secs())
    }

    #[actix_web::test]
    async fn the_first_head_is_left_to_others() {
        let heads = heads();
        heads.read();
        assert_eq!(late(&heads).await, None);
    }

    #[actix_web::test]
    async fn a_second_head_has_its_time_however_many_bytes_come() {
        let heads = heads();
        drop(heads.serve());
        assert!(timeout(Duration::from_mins(1), poll_fn(|context| heads.poll_late(context))).await.is_err(), "idle");
        heads.read();
        sleep(Duration::from_secs(3)).await;
        heads.read();
        assert_eq!(late(&heads).await, Some(2));
    }

    #[actix_web::test]
    async fn what_is_served_may_take_as_long_as_it_likes() {
        let heads = heads();
        let serving = heads.serve();
        heads.read(); // of its body
        assert_eq!(late(&heads).await, None);
        drop(serving);
        assert_eq!(late(&heads).await, Some(75), "and then a connection is kept for a while");
        heads.serve().for_good();
        heads.read();
        assert_eq!(late(&heads).await, None);
    }

    #[actix_web::test]
    async fn a_connection_that_is_used_goes_on() {
        let heads = heads();
        for _ in 0..10 {
            drop(heads.serve());
            assert!(timeout(IDLE / 2, poll_fn(|context| heads.poll_late(context))).await.is_err());
            heads.read();
            assert!(timeout(HEAD / 2, poll_fn(|context| heads.poll_late(context))).await.is_err());
        }
        drop(heads.serve());
        sleep(IDLE / 2).await;
        heads.wrote();
        assert_eq!(late(&heads).await, Some(75), "an answer that takes long is no silence");
    }
}
