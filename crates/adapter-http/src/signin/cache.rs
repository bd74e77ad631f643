use crate::signin::failed::{Failed, Trouble};
use skattebro_domain::Timestamp;
use skattebro_ports::{Clock, Token};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// After a failure the server is left alone for a second, then two, four … up to this long.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Tokens by what they are for. One of each is fetched at a time, however many wait for it.
#[derive(Debug)]
pub(crate) struct TokenCache<K> {
    clock: Arc<dyn Clock>,
    margin: Duration,
    places: Mutex<HashMap<K, Arc<Place>>>,
}

/// A token, and how long it lives from when it was asked for.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) token: Token,
    pub(crate) life: Duration,
}

#[derive(Debug, Default)]
struct Place {
    state: Mutex<State>,
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    held: Option<Held>,
    failure: Option<Failure>,
}

#[derive(Debug)]
struct Held {
    token: Token,
    life: Duration,
    since: Moment,
}

#[derive(Debug)]
struct Failure {
    failed: Failed,
    since: Moment,
    in_a_row: u32,
}

/// A moment on both clocks: the steady one may stand still while the machine is suspended, and the other may be set.
#[derive(Debug, Clone, Copy)]
struct Moment {
    wall: Timestamp,
    steady: Duration,
}

impl<K: Eq + Hash + Clone> TokenCache<K> {
    /// Tokens are replaced when `margin` of their life is left, or half of it if that is less.
    pub(crate) fn new(clock: Arc<dyn Clock>, margin: Duration) -> Self {
        Self { clock, margin, places: Mutex::default() }
    }

    /// The token for `key`: the one that is held while it is fresh, otherwise what `fetch` gives. Fails at once, with the same words,
    /// while the pause after a failure lasts. If a token cannot be replaced, it is given as long as it lives.
    pub(crate) async fn get<F>(&self, key: &K, fetch: F) -> Result<Token, Trouble>
    where
        F: Future<Output = Result<Fetched, Trouble>>,
    {
        let place = self.place(key);
        if let Some(token) = self.fresh(&place) {
            return Ok(token);
        }
        let _turn = place.fetching.lock().await;
        // Whoever had the turn before may have fetched it, or tried in vain.
        if let Some(token) = self.fresh(&place) {
            return Ok(token);
        }
        let error = match self.pausing(&place) {
            Some(failed) => failed.into(),
            None => {
                let since = self.moment();
                match fetch.await {
                    Ok(Fetched { token, life }) => {
                        let held = Some(Held { token: token.clone(), life, since });
                        *place.state() = State { held, failure: None };
                        return Ok(token);
                    }
                    Err(error) => {
                        self.note(&place, &error);
                        error
                    }
                }
            }
        };
        self.alive(&place).ok_or(error)
    }

    /// Holds a token that came another way.
    pub(crate) fn put(&self, key: &K, fetched: Fetched) {
        let held = Held { token: fetched.token, life: fetched.life, since: self.moment() };
        *self.place(key).state() = State { held: Some(held), failure: None };
    }

    /// Gives this token no more.
    pub(crate) fn reject(&self, token: &Token) {
        for place in lock(&self.places).values() {
            let mut state = place.state();
            if state.held.as_ref().is_some_and(|held| held.token.expose() == token.expose()) {
                state.held = None;
            }
        }
    }

    /// Forgets every token and every failure.
    pub(crate) fn clear(&self) {
        for place in lock(&self.places).values() {
            *place.state() = State::default();
        }
    }

    fn place(&self, key: &K) -> Arc<Place> {
        lock(&self.places).entry(key.clone()).or_default().clone()
    }

    fn fresh(&self, place: &Place) -> Option<Token> {
        let state = place.state();
        let held = state.held.as_ref()?;
        let margin = self.margin.min(held.life / 2);
        (self.since(held.since) < held.life - margin).then(|| held.token.clone())
    }

    fn alive(&self, place: &Place) -> Option<Token> {
        let state = place.state();
        let held = state.held.as_ref()?;
        (self.since(held.since) < held.life).then(|| held.token.clone())
    }

    fn pausing(&self, place: &Place) -> Option<Failed> {
        let state = place.state();
        let failure = state.failure.as_ref()?;
        let pause = Duration::from_secs(1 << (failure.in_a_row - 1).min(16)).min(LONGEST_PAUSE);
        (self.since(failure.since) < pause).then(|| failure.failed.clone())
    }

    fn note(&self, place: &Place, error: &Trouble) {
        // The source below keeps its own pauses.
        let Trouble::Own(failed) = error else { return };
        let mut state = place.state();
        let in_a_row = state.failure.as_ref().map_or(0, |failure| failure.in_a_row).saturating_add(1);
        state.failure = Some(Failure { failed: failed.clone(), since: self.moment(), in_a_row });
    }

    fn moment(&self) -> Moment {
        Moment { wall: self.clock.now(), steady: self.clock.steady() }
    }

    /// The time that has passed, by the clock that says more.
    fn since(&self, then: Moment) -> Duration {
        let now = self.moment();
        let wall = Duration::try_from(now.wall.duration_since(then.wall)).unwrap_or_default();
        wall.max(now.steady.saturating_sub(then.steady))
    }
}

impl Place {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use skattebro_ports::ErrorKind;
    use skattebro_ports::fakes::ManualClock;
    use std::sync::atomic::{AtomicUsize, Ordering};

    struct Cached {
        clock: ManualClock,
        cache: TokenCache<u8>,
        fetched: AtomicUsize,
    }

    impl Cached {
        fn new(margin: u64) -> Self {
            let clock = ManualClock::default();
            let cache = TokenCache::new(Arc::new(clock.clone()), Duration::from_secs(margin));
            Self { clock, cache, fetched: AtomicUsize::new(0) }
        }

        /// A token that lives so long, numbered by how many were fetched before.
        async fn get(&self, life: u64) -> String {
            let fetch = async {
                tokio::task::yield_now().await;
                let number = self.fetched.fetch_add(1, Ordering::Relaxed);
                Ok(Fetched { token: token(number), life: Duration::from_secs(life) })
            };
            self.cache.get(&0, fetch).await.unwrap().expose().to_owned()
        }

        async fn fail(&self) -> Result<Token, Trouble> {
            let fetch = async {
                self.fetched.fetch_add(1, Ordering::Relaxed);
                Err(Failed::for_now(ErrorKind::Unreachable, "nobody is there", None).into())
            };
            self.cache.get(&0, fetch).await
        }

        fn pass(&self, seconds: u64) {
            self.clock.advance(Duration::from_secs(seconds));
        }
    }

    fn token(number: usize) -> Token {
        Token::parse(&format!("t{number}")).unwrap()
    }

    #[tokio::test]
    async fn a_token_is_replaced_before_it_expires() {
        let cached = Cached::new(20);
        assert_eq!(cached.get(120).await, "t0");
        cached.pass(99);
        assert_eq!(cached.get(120).await, "t0");
        cached.pass(1);
        assert_eq!(cached.get(30).await, "t1", "20 s are left");
        cached.pass(14);
        assert_eq!(cached.get(30).await, "t1", "a short life is used up to its half");
        cached.pass(1);
        assert_eq!(cached.get(30).await, "t2");
    }

    #[tokio::test]
    async fn time_is_what_the_clock_says_that_says_more() {
        let cached = Cached::new(20);
        assert_eq!(cached.get(120).await, "t0");
        cached.clock.set(Timestamp::UNIX_EPOCH - Duration::from_secs(3600));
        cached.pass(99);
        assert_eq!(
            cached.get(120).await,
            "t0",
            "a clock that is set back keeps no token alive, and ends none"
        );
        cached.pass(1);
        assert_eq!(cached.get(120).await, "t1");
        cached.clock.set(Timestamp::UNIX_EPOCH + Duration::from_secs(7200));
        assert_eq!(cached.get(120).await, "t2", "the machine was suspended");
    }

    #[tokio::test]
    async fn many_who_wait_get_the_same() {
        let cached = Arc::new(Cached::new(20));
        let all = (0..20).map(|_| {
            let cached = cached.clone();
            async move { cached.get(120).await }
        });
        assert!(futures_util::future::join_all(all).await.iter().all(|token| token == "t0"));
        assert_eq!(cached.fetched.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn a_failure_is_told_for_a_while_before_it_is_tried_again() {
        let cached = Cached::new(20);
        let mut pauses = Vec::new();
        for _ in 0..7 {
            let before = cached.fetched.load(Ordering::Relaxed);
            assert!(cached.fail().await.is_err());
            assert_eq!(cached.fetched.load(Ordering::Relaxed), before + 1);
            let mut pause = 0;
            while cached.cache.pausing(&cached.cache.place(&0)).is_some() {
                assert!(cached.fail().await.is_err());
                cached.pass(1);
                pause += 1;
            }
            assert_eq!(
                cached.fetched.load(Ordering::Relaxed),
                before + 1,
                "nothing was tried within the pause"
            );
            pauses.push(pause);
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(cached.get(120).await, "t7");
        cached.cache.reject(&token(7));
        assert!(cached.fail().await.is_err());
        cached.pass(1);
        assert_eq!(cached.get(120).await, "t9", "the pauses begin anew after a success");
    }

    #[tokio::test]
    async fn a_token_that_cannot_be_replaced_is_used_to_its_end() {
        let cached = Cached::new(20);
        cached.get(120).await;
        cached.pass(110);
        assert_eq!(cached.fail().await.unwrap().expose(), "t0");
        assert_eq!(cached.fail().await.unwrap().expose(), "t0", "within the pause as well");
        cached.pass(10);
        assert!(cached.fail().await.is_err());
    }

    #[tokio::test]
    async fn only_the_token_that_is_held_can_be_rejected() {
        let cached = Cached::new(20);
        cached.get(120).await;
        cached.cache.reject(&token(9));
        assert_eq!(cached.get(120).await, "t0");
        cached.cache.reject(&token(0));
        assert_eq!(cached.get(120).await, "t1");
        cached.cache.reject(&token(0));
        assert_eq!(cached.get(120).await, "t1");
    }
}
