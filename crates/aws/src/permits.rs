//! One limit on requests under way for each source of a run: AWS counts an account's requests together, whichever of our
//! targets and collectors make them.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use sdk::Environment;
use tokio::sync::Semaphore;

/// Which requests are counted together: run, source (as it is reached), account, and how many at once.
type Key = (String, String, String, usize);

/// Collectors of one run know nothing of each other; the process does. What no session holds any more is forgotten.
static PERMITS: LazyLock<Mutex<HashMap<Key, Weak<Semaphore>>>> = LazyLock::new(Mutex::default);

/// The permits of an account in this run.
pub fn of(account: &str, environment: &Environment) -> Arc<Semaphore> {
    let limit = environment.concurrency.max(1);
    let source = environment.overrides.endpoint_url.clone().unwrap_or_default();
    let key = (environment.run_id.clone(), source, account.to_owned(), limit);
    let mut permits = PERMITS.lock().unwrap_or_else(PoisonError::into_inner);
    permits.retain(|_, known| known.strong_count() > 0);
    if let Some(known) = permits.get(&key).and_then(Weak::upgrade) {
        return known;
    }
    let new = Arc::new(Semaphore::new(limit));
    permits.insert(key, Arc::downgrade(&new));
    new
}
