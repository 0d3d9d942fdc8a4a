//! Whether a run was told to end early.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// The word that ends a run's reading: what is not read by then is a gap, and what was read is sealed. Clones are the same word.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    by: Option<&'static str>,
    next: u64,
    waiting: BTreeMap<u64, Waker>,
}

impl Stop {
    /// Ends the reading. `by`: what told us, for a person: `SIGTERM`. The first word counts.
    pub fn tell(&self, by: &'static str) {
        let woken = {
            let mut state = self.state();
            state.by.get_or_insert(by);
            std::mem::take(&mut state.waiting)
        };
        woken.into_values().for_each(Waker::wake);
    }

    /// What told us to stop, if anything did.
    #[must_use]
    pub fn told(&self) -> Option<&'static str> {
        self.state().by
    }

    /// Waits until we are told, and gives what told us.
    #[must_use]
    pub fn wait(&self) -> Waiting {
        let mut state = self.state();
        state.next = state.next.wrapping_add(1);
        Waiting { stop: self.clone(), number: state.next }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic of another task does not make the word unsaid.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// See [`Stop::wait`].
#[derive(Debug)]
pub struct Waiting {
    stop: Stop,
    number: u64,
}

impl Future for Waiting {
    type Output = &'static str;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<&'static str> {
        let mut state = self.stop.state();
        match state.by {
            Some(by) => Poll::Ready(by),
            None => {
                state.waiting.insert(self.number, context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // A run waits once for each request: what is over leaves nothing behind.
        self.stop.state().waiting.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    struct Counted(AtomicUsize);

    impl Wake for Counted {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn the_first_word_counts_and_wakes_whoever_still_waits() {
        let stop = Stop::default();
        let woken = Arc::new(Counted(AtomicUsize::new(0)));
        let waker = Waker::from(Arc::clone(&woken));
        let mut context = Context::from_waker(&waker);
        let (mut one, mut other, mut given_up) = (stop.wait(), stop.clone().wait(), stop.wait());
        for waiting in [&mut one, &mut other, &mut given_up] {
            assert_eq!(Pin::new(waiting).poll(&mut context), Poll::Pending);
        }
        drop(given_up);
        assert_eq!((stop.told(), stop.state().waiting.len()), (None, 2));
        stop.tell("SIGTERM");
        stop.tell("SIGINT");
        assert_eq!(woken.0.load(Ordering::Relaxed), 2);
        for waiting in [&mut one, &mut other, &mut stop.wait()] {
            assert_eq!(Pin::new(waiting).poll(&mut context), Poll::Ready("SIGTERM"));
        }
        assert_eq!((stop.told(), stop.state().waiting.len()), (Some("SIGTERM"), 0));
    }
}
