//! Documents that are read and packed when they are needed, and let go when they are not.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many cases may hold their documents at a time.
pub(crate) const AT_A_TIME: usize = 6;

/// The places of those who hold documents. Who comes first gets one first.
///
/// A holder either gets on with sending, or [lets go](Documents::let_go) before it waits for anything that another holder might have to do:
/// so nobody waits for a place for ever.
#[derive(Debug, Clone)]
pub(crate) struct Places(Arc<Semaphore>);

/// One of them, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place(#[allow(dead_code)] Option<OwnedSemaphorePermit>);

impl Places {
    pub(crate) fn new(count: usize) -> Self {
        Self(Arc::new(Semaphore::new(count.clamp(1, Semaphore::MAX_PERMITS))))
    }

    /// Waits for one.
    pub(crate) async fn take(&self) -> Place {
        // Nobody closes it.
        Place(self.0.clone().acquire_owned().await.ok())
    }
}

/// Reads and packs them. Blocks.
///
/// # Errors
/// With a sentence that says what is in the way.
pub(crate) type Make<T> = Arc<dyn Fn() -> Result<T, String> + Send + Sync>;

/// What one case sends: here while it is needed, and made again when it is needed again.
pub(crate) struct Documents<T> {
    places: Places,
    make: Make<T>,
    held: Mutex<Option<(Arc<T>, Place)>>,
    why_not: Mutex<Option<String>>,
}

impl<T: Send + Sync + 'static> Documents<T> {
    pub(crate) fn new(places: Places, make: Make<T>) -> Self {
        Self { places, make, held: Mutex::default(), why_not: Mutex::default() }
    }

    /// The documents; made first, unless they are here.
    ///
    /// # Errors
    /// If they cannot be made here.
    pub(crate) async fn get(&self) -> Result<Arc<T>, String> {
        if let Some(here) = self.here() {
            return Ok(here);
        }
        let (place, make) = (self.places.take().await, self.make.clone());
        // The place goes with the work: who drops this future does not end the work at once.
        let made = tokio::task::spawn_blocking(move || (make(), place)).await;
        let (made, place) = made.map_err(|error| error.to_string())?;
        match made {
            Ok(made) => Ok(self.hold(made, place)),
            Err(why) => {
                *self.why_not.lock().unwrap_or_else(PoisonError::into_inner) = Some(why.clone());
                Err(why)
            }
        }
    }

    /// Keeps what was just made.
    pub(crate) fn hold(&self, made: T, place: Place) -> Arc<T> {
        let made = Arc::new(made);
        *self.held() = Some((made.clone(), place));
        made
    }

    /// The documents, if they are here.
    pub(crate) fn here(&self) -> Option<Arc<T>> {
        self.held().as_ref().map(|(made, _)| made.clone())
    }

    /// Lets them go, and the place with them.
    pub(crate) fn let_go(&self) {
        drop(self.held().take());
    }

    /// Why they could not be made when they were needed, if so.
    pub(crate) fn why_not(&self) -> Option<String> {
        self.why_not.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn held(&self) -> MutexGuard<'_, Option<(Arc<T>, Place)>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> fmt::Debug for Documents<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Documents")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn counting(places: &Places, made: &Arc<AtomicUsize>) -> Documents<usize> {
        let made = made.clone();
        Documents::new(places.clone(), Arc::new(move || Ok(made.fetch_add(1, Ordering::SeqCst))))
    }

    #[tokio::test]
    async fn they_are_made_once_while_they_are_held_and_again_when_they_were_let_go() {
        let (places, made) = (Places::new(1), Arc::default());
        let documents = counting(&places, &made);
        assert_eq!((*documents.get().await.unwrap(), *documents.get().await.unwrap()), (0, 0));
        documents.let_go();
        assert!(documents.here().is_none());
        assert_eq!(*documents.get().await.unwrap(), 1);
    }

    #[tokio::test]
    async fn no_more_hold_documents_than_there_are_places_and_the_first_who_waits_is_next() {
        let (places, made) = (Places::new(2), Arc::default());
        let all: Vec<_> = (0..4).map(|_| counting(&places, &made)).collect();
        all[0].get().await.unwrap();
        all[1].get().await.unwrap();
        let (mut third, mut fourth) = (Box::pin(all[2].get()), Box::pin(all[3].get()));
        assert!(
            futures_util::poll!(&mut third).is_pending() && futures_util::poll!(&mut fourth).is_pending()
        );
        assert_eq!(made.load(Ordering::SeqCst), 2);
        all[1].let_go();
        assert!(futures_util::poll!(&mut fourth).is_pending());
        assert_eq!(*third.await.unwrap(), 2);
        assert!(futures_util::poll!(&mut fourth).is_pending(), "the place is the third's");
        all[0].let_go();
        assert_eq!(*fourth.await.unwrap(), 3);
    }

    #[tokio::test]
    async fn what_cannot_be_made_keeps_no_place() {
        let places = Places::new(1);
        let documents = Documents::<()>::new(places.clone(), Arc::new(|| Err("it is gone".to_owned())));
        assert_eq!(documents.get().await, Err("it is gone".to_owned()));
        assert_eq!(documents.why_not().as_deref(), Some("it is gone"));
        places.take().await;
    }
}
