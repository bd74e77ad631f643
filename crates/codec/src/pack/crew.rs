use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

/// Threads that work on what they are given in turn, and whose work comes back in the same order.
///
/// Dropping it ends them, and waits for that.
pub(super) struct Crew<Job, Done> {
    workers: Vec<Worker<Job, Done>>,
    given: usize,
    taken: usize,
}

struct Worker<Job, Done> {
    /// `None` once it is to end.
    jobs: Option<SyncSender<Job>>,
    done: Receiver<io::Result<Done>>,
    thread: Option<JoinHandle<()>>,
}

/// How much a worker has at most, at work and waiting. Neither channel ever blocks the one who sends.
const AT_A_TIME: usize = 2;
/// How much waits at most in all, since each of it is memory.
const WAITING: usize = 4;

impl<Job: Send + 'static, Done: Send + 'static> Crew<Job, Done> {
    /// So many threads, or as many as there can be; each makes its own work.
    ///
    /// # Errors
    /// If there can be none.
    pub(super) fn new<W>(threads: usize, work: impl Fn() -> W) -> io::Result<Self>
    where
        W: FnMut(Job) -> io::Result<Done> + Send + 'static,
    {
        let mut workers = Vec::with_capacity(threads);
        for _ in 0..threads {
            match Worker::new(work()) {
                Ok(worker) => workers.push(worker),
                Err(_) if !workers.is_empty() => break,
                Err(error) => return Err(error),
            }
        }
        Ok(Self { workers, given: 0, taken: 0 })
    }

    /// Whether something must be taken before more is given.
    pub(super) fn is_full(&self) -> bool {
        let threads = self.workers.len();
        self.given - self.taken >= threads + threads.min(WAITING)
    }

    /// Whether all that was given was taken.
    pub(super) fn is_idle(&self) -> bool {
        self.given == self.taken
    }

    /// Gives the next worker a job. The crew must not be full.
    pub(super) fn give(&mut self, job: Job) -> io::Result<()> {
        let nr = self.given % self.workers.len();
        let worker = &mut self.workers[nr];
        if worker.jobs.as_ref().is_none_or(|jobs| jobs.send(job).is_err()) {
            return Err(worker.ended());
        }
        self.given += 1;
        Ok(())
    }

    /// What became of the job that was given longest ago. Waits for it.
    pub(super) fn take(&mut self) -> io::Result<Done> {
        let nr = self.taken % self.workers.len();
        let worker = &mut self.workers[nr];
        let done = worker.done.recv().map_err(|_| worker.ended())?;
        self.taken += 1;
        done
    }
}

impl<Job: Send + 'static, Done: Send + 'static> Worker<Job, Done> {
    fn new(mut work: impl FnMut(Job) -> io::Result<Done> + Send + 'static) -> io::Result<Self> {
        let (jobs, given) = sync_channel(AT_A_TIME);
        let (finished, done) = sync_channel(AT_A_TIME);
        let thread = Builder::new().name("skattebro-pack".to_owned()).spawn(move || {
            for job in given {
                if finished.send(work(job)).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { jobs: Some(jobs), done, thread: Some(thread) })
    }
}

impl<Job, Done> Worker<Job, Done> {
    /// Why a thread is gone that was never told to go.
    fn ended(&mut self) -> io::Error {
        self.jobs = None;
        let panic = self.thread.take().and_then(|thread| thread.join().err());
        let told = panic.as_deref().and_then(|panic| {
            let literal = panic.downcast_ref::<&str>().copied();
            literal.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        });
        io::Error::other(format!(
            "a thread that packs the document broke down: {}",
            told.unwrap_or("no word of why")
        ))
    }
}

impl<Job, Done> Drop for Crew<Job, Done> {
    fn drop(&mut self) {
        self.workers.iter_mut().for_each(|worker| worker.jobs = None);
        for thread in self.workers.iter_mut().filter_map(|worker| worker.thread.take()) {
            // Its panic, if it had one, was told, or else nobody wants what it did.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn work_comes_back_in_the_order_in_which_it_was_given() {
        for threads in 1..9 {
            let mut crew = Crew::new(threads, || |job: usize| Ok(job * 2)).unwrap();
            let mut seen = Vec::new();
            for job in 0..100 {
                if crew.is_full() {
                    seen.push(crew.take().unwrap());
                }
                crew.give(job).unwrap();
            }
            while !crew.is_idle() {
                seen.push(crew.take().unwrap());
            }
            assert_eq!(seen, (0..100).map(|job| job * 2).collect::<Vec<_>>(), "{threads}");
        }
    }

    #[test]
    fn a_thread_that_panics_is_an_error() {
        let mut crew = Crew::new(2, || {
            |job: usize| {
                assert!(job != 1, "job {job} cannot be done");
                Ok(job)
            }
        })
        .unwrap();
        crew.give(0).unwrap();
        crew.give(1).unwrap();
        assert_eq!(crew.take().unwrap(), 0);
        let error = crew.take().unwrap_err().to_string();
        assert!(error.contains("broke down: job 1 cannot be done"), "{error}");
        crew.give(2).unwrap();
        assert!(crew.give(3).is_err(), "it stays gone");
    }

    #[test]
    fn no_thread_is_left_behind() {
        struct Alive(Arc<AtomicUsize>);
        impl Drop for Alive {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::SeqCst);
            }
        }
        let alive = Arc::new(AtomicUsize::new(0));
        let mut crew = Crew::new(3, || {
            alive.fetch_add(1, Ordering::SeqCst);
            let here = Alive(alive.clone());
            move |job: usize| {
                let _ = &here;
                Ok(job)
            }
        })
        .unwrap();
        (0..6).for_each(|job| crew.give(job).unwrap());
        assert!(crew.is_full());
        drop(crew);
        assert_eq!(alive.load(Ordering::SeqCst), 0);
    }
}
