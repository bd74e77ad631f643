//! Which of many jobs is looked at next.

use std::time::Duration;

/// A look at a job that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueLook {
    /// How long ago the job was looked at last.
    pub waited: Duration,
    /// How long it would be left alone at its age, if it were the only one.
    pub pause: Duration,
}

/// How many looks may be made. Where jobs want more, every pause becomes longer by the same factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How many at a time. Default 4, which is what the service's five calls leave for looks: where it answers slowly, it is this that bounds
    /// them.
    pub at_a_time: u32,
    /// How many in a second, as many as are made at a time may be made at once. Default 100.
    pub a_second: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self { at_a_time: 4, a_second: 100 }
    }
}

impl Pace {
    fn between(&self) -> Duration {
        Duration::from_secs(1) / self.a_second.max(1)
    }
}

/// The jobs whose look is due. The one that has waited longest, measured by its own pause, is next: so none is forgotten, and with too many of
/// them each is looked at as much later as the others.
///
/// Times are those of a clock that nobody sets.
#[derive(Debug)]
pub struct DueLooks<T> {
    pace: Pace,
    waiting: Vec<Waiting<T>>,
    under_way: u32,
    not_before: Duration,
}

#[derive(Debug)]
struct Waiting<T> {
    /// When it was looked at last, in seconds. May be before the clock began.
    since: f64,
    pause: f64,
    who: T,
}

/// What to do about looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextLook<T> {
    /// Look at this one; it does not wait any more.
    Now(T),
    /// Nothing before then.
    At(Duration),
    /// Nothing before a look is done, or another one is due.
    Nothing,
}

impl<T> DueLooks<T> {
    /// At this pace.
    pub fn new(pace: Pace) -> Self {
        Self { pace, waiting: Vec::new(), under_way: 0, not_before: Duration::ZERO }
    }

    /// The look at `who` is due.
    pub fn enter(&mut self, due: DueLook, who: T, now: Duration) {
        let since = now.as_secs_f64() - due.waited.as_secs_f64();
        self.waiting.push(Waiting { since, pause: due.pause.as_secs_f64().max(1e-3), who });
    }

    /// Who is to be looked at now. If that is done, it [begins](Self::begun).
    pub fn next(&mut self, now: Duration) -> NextLook<T> {
        if self.waiting.is_empty() || self.under_way >= self.pace.at_a_time.max(1) {
            return NextLook::Nothing;
        }
        if now < self.not_before {
            return NextLook::At(self.not_before);
        }
        let at = now.as_secs_f64();
        let pauses_waited = |one: &Waiting<T>| (at - one.since) / one.pause;
        let longest = self.waiting.iter().map(pauses_waited).enumerate().max_by(|a, b| a.1.total_cmp(&b.1));
        match longest {
            Some((place, _)) => NextLook::Now(self.waiting.swap_remove(place).who),
            None => NextLook::Nothing,
        }
    }

    /// A look begins.
    pub fn begun(&mut self, now: Duration) {
        let between = self.pace.between();
        let earliest = now.saturating_sub(between * self.pace.at_a_time.saturating_sub(1));
        self.not_before = self.not_before.max(earliest) + between;
        self.under_way += 1;
    }

    /// A look is done, however it went.
    pub fn done(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn due(waited: u64, pause: u64) -> DueLook {
        DueLook { waited: Duration::from_secs(waited), pause: Duration::from_secs(pause) }
    }

    fn looked_at<T>(looks: &mut DueLooks<T>, now: Duration) -> Option<T> {
        match looks.next(now) {
            NextLook::Now(who) => {
                looks.begun(now);
                Some(who)
            }
            NextLook::At(_) | NextLook::Nothing => None,
        }
    }

    #[test]
    fn who_has_waited_longest_by_its_own_pause_is_next() {
        let mut looks = DueLooks::new(Pace::default());
        let now = 100 * SECOND;
        for (due, who) in [(due(60, 30), "two pauses"), (due(6, 2), "three"), (due(3600, 3600), "one")] {
            looks.enter(due, who, now);
        }
        let order = [(); 4].map(|()| looked_at(&mut looks, now));
        assert_eq!(order, [Some("three"), Some("two pauses"), Some("one"), None]);
    }

    #[test]
    fn no_more_are_made_at_a_time_or_in_a_second_than_may_be() {
        let mut looks = DueLooks::new(Pace { at_a_time: 2, a_second: 10 });
        (0..9).for_each(|who| looks.enter(due(60, 30), who, SECOND));
        assert_eq!([(); 3].map(|()| looked_at(&mut looks, SECOND).is_some()), [true, true, false]);
        assert_eq!(looks.next(9 * SECOND), NextLook::Nothing, "two are under way");
        looks.done();
        looks.done();
        let next = SECOND + SECOND / 10;
        assert_eq!(looks.next(SECOND), NextLook::At(next));
        assert!(looked_at(&mut looks, next).is_some());
        looks.done();
        // What was not used is not saved up beyond what is made at a time.
        let later = 60 * SECOND;
        let at_once = (0..5).take_while(|_| {
            let began = looked_at(&mut looks, later).is_some();
            looks.done();
            began
        });
        assert_eq!(at_once.count(), 2);
    }

    /// Jobs that are never done, each looked at again when its pause has passed.
    struct Followed {
        looks: DueLooks<usize>,
        pauses: Vec<Duration>,
        /// When each was looked at.
        seen: Vec<Vec<Duration>>,
        began: Vec<Duration>,
    }

    fn follow(pace: Pace, jobs: &[(u64, u64)], takes: Duration, until: Duration) -> Followed {
        let mut looks = DueLooks::new(pace);
        let pauses: Vec<_> = jobs.iter().map(|(_, pause)| Duration::from_millis(*pause)).collect();
        for (who, (waited, _)) in jobs.iter().enumerate() {
            looks.enter(
                DueLook { waited: Duration::from_secs(*waited), pause: pauses[who] },
                who,
                Duration::ZERO,
            );
        }
        let mut of = Followed { looks, seen: vec![Vec::new(); jobs.len()], pauses, began: Vec::new() };
        let (mut now, mut under_way, mut later) = (Duration::ZERO, Vec::new(), Vec::new());
        while now < until {
            let mut next = until;
            for (_, who) in under_way.extract_if(.., |(ends, _)| *ends <= now) {
                of.looks.done();
                later.push((now + of.pauses[who], who));
            }
            for (_, who) in later.extract_if(.., |(due, _)| *due <= now) {
                let due = DueLook { waited: of.pauses[who], pause: of.pauses[who] };
                of.looks.enter(due, who, now);
            }
            match of.looks.next(now) {
                NextLook::Now(who) => {
                    of.looks.begun(now);
                    of.seen[who].push(now);
                    of.began.push(now);
                    under_way.push((now + takes, who));
                    next = now;
                }
                NextLook::At(at) => next = next.min(at),
                NextLook::Nothing => {}
            }
            now = under_way
                .iter()
                .chain(&later)
                .map(|(at, _): &(Duration, usize)| *at)
                .fold(next, Duration::min);
        }
        of
    }

    proptest! {
        /// No job is forgotten. All pauses become longer by the factor by which the jobs together want more than the budget; beside that, a job
        /// waits for one round of all. Where some have been left alone for hours, it is up to twice as long. And together they never
        /// want more than the budget.
        #[test]
        fn every_job_gets_its_share_of_the_budget(
            jobs in prop::collection::vec((0u64..7200, 500u64..30_000), 1..60),
            at_a_time in 1u32..5,
            a_second in 1u32..20,
            takes in 1u64..2_000,
        ) {
            let (pace, takes) = (Pace { at_a_time, a_second }, Duration::from_millis(takes));
            let until = 600 * SECOND;
            let of = follow(pace, &jobs, takes, until);
            let budget = f64::from(a_second).min(f64::from(at_a_time) / takes.as_secs_f64());
            let wanted: f64 = of.pauses.iter().map(|pause| 1.0 / (*pause + takes).as_secs_f64()).sum();
            let stretch = (wanted / budget).max(1.0);
            let round = jobs.len() as f64 / budget + 2.0 * takes.as_secs_f64();
            for (who, seen) in of.seen.iter().enumerate() {
                let allowed = 2.0 * (stretch * (of.pauses[who] + takes).as_secs_f64() + round);
                let gaps = std::iter::once(Duration::ZERO).chain(seen.iter().copied()).zip(seen.iter().copied().chain([until]));
                for (from, to) in gaps {
                    let gap = (to - from).as_secs_f64();
                    prop_assert!(gap <= allowed, "job {who} with {:?}: {gap} s, allowed {allowed}", of.pauses[who]);
                }
            }
            for (place, began) in of.began.iter().enumerate() {
                let within = |seconds: u32| of.began[place..].iter().take_while(|at| **at < *began + seconds * SECOND).count();
                for seconds in [1, 10] {
                    let most = a_second * seconds + at_a_time;
                    prop_assert!(within(seconds) <= most as usize, "{} in {seconds} s, of {most}", within(seconds));
                }
            }
        }
    }
}
