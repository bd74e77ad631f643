//! Who hears what others ask: a task that listens, from when somebody first waits for it, for as long as there is a handle.

use crate::bell::Bell;
use sqlx::postgres::{PgListener, PgPool};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;

/// After so long without a word one asks whether the other side is still there.
const SILENCE: Duration = Duration::from_secs(30);
/// How long that may take.
const ANSWER: Duration = Duration::from_secs(10);
/// After a failure one waits so long, and at most so long.
const PAUSES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(15));

/// The task, if it is there.
#[derive(Debug, Default)]
pub(super) struct Listening(Mutex<Option<JoinHandle<()>>>);

impl Listening {
    /// Starts the task, unless it is there. Its runtime may have ended under it.
    pub(super) fn ensure(&self, pool: &PgPool, channel: &str, token: &str, bell: &Arc<Bell>) {
        let mut task = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if task.as_ref().is_none_or(JoinHandle::is_finished) {
            let (pool, bell) = (pool.clone(), bell.clone());
            let (channel, token) = (channel.to_owned(), token.to_owned());
            *task = Some(tokio::spawn(async move { listen(&pool, &channel, &token, &bell).await }));
        }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let task = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = task.take() {
            task.abort();
        }
    }
}

async fn listen(pool: &PgPool, channel: &str, token: &str, bell: &Bell) {
    let mut pause = PAUSES.0;
    loop {
        if let Ok(mut listener) = connect(pool, channel).await {
            pause = PAUSES.0;
            // What was asked before this connection listened was not heard.
            bell.ring();
            hear(&mut listener, token, bell).await;
        }
        if pool.is_closed() {
            return;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSES.1);
        // Deaf is as good as told: whoever waits looks for himself now and then.
        bell.ring();
    }
}

async fn connect(pool: &PgPool, channel: &str) -> Result<PgListener, sqlx::Error> {
    let connected = tokio::time::timeout(ANSWER, async {
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen(channel).await?;
        Ok(listener)
    });
    connected.await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

/// Until the connection is lost.
async fn hear(listener: &mut PgListener, token: &str, bell: &Bell) {
    // A lost connection is made anew by `listen`, which knows how to pause.
    listener.eager_reconnect(false);
    loop {
        match tokio::time::timeout(SILENCE, listener.try_recv()).await {
            // What this process asks itself it knows before.
            Ok(Ok(Some(heard))) if heard.payload() == token => {}
            Ok(Ok(Some(_))) => bell.ring(),
            Ok(Ok(None) | Err(_)) => return,
            Err(_) => {
                let alive = tokio::time::timeout(ANSWER, sqlx::query("SELECT 1").execute(&mut *listener));
                if !matches!(alive.await, Ok(Ok(_))) {
                    return;
                }
            }
        }
    }
}
