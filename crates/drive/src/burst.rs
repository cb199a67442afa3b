//! A burst: requests due at times drawn before it begins, each sent at its time whatever became of
//! the others. A thread of its own watches the clock, because the runtime's timers know whole
//! milliseconds only, and what races can be shorter than that.

use std::rc::Rc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use model::Outcome;
use tokio::sync::mpsc;
use tokio::task::{JoinSet, LocalSet};

use crate::client::Client;
use crate::draws::Draws;
use crate::request::PreparedRequest;

/// A burst begins so much later than it is asked for: until the thread that watches the clock runs, all
/// that is due would be sent at once, and who comes first decides most races.
const LEAD: Duration = Duration::from_millis(20);

/// A request of a burst.
#[derive(Debug)]
pub struct Due {
    /// When it is to be sent, counted from the burst's beginning.
    pub at: Duration,
    /// Who sends it.
    pub client: Rc<Client>,
    /// What is sent.
    pub request: PreparedRequest,
}

/// What came of a request of a burst. Times are counted from the burst's beginning.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// Its place among the requests, from 0.
    pub number: usize,
    /// When it was due, in microseconds.
    pub due_us: u64,
    /// When it was handed to its client.
    pub sent_us: u64,
    /// When its outcome was known.
    pub ended_us: u64,
    /// How it ended.
    pub outcome: Outcome,
}

impl Sent {
    /// How much later than due it was sent, in microseconds: the generator's own fault.
    pub fn late_us(&self) -> u64 {
        self.sent_us.saturating_sub(self.due_us)
    }
}

/// When the requests of a burst are due: drawn evenly over the window, the earliest first.
pub fn times(requests: u64, window: Duration, draws: &mut Draws) -> Vec<Duration> {
    let span_us = window.as_micros() as u64 + 1;
    let drawn = (0..requests).map(|_| Duration::from_micros(draws.below(span_us)));
    let mut times: Vec<Duration> = drawn.collect();
    times.sort_unstable();
    times
}

/// Sends all requests of a burst, which stand in the order of their times, and waits for every
/// outcome; each client's patience bounds that. Fails only when there is no thread to be had.
pub async fn send(burst: Vec<Due>) -> std::io::Result<Vec<Sent>> {
    let (chime, mut chimes) = mpsc::channel(burst.len().max(1));
    let times: Vec<Duration> = burst.iter().map(|due| due.at).collect();
    let began = Instant::now() + LEAD;
    let _going_on = watch_clock(began, times, chime)?;
    let side_by_side = LocalSet::new();
    let send_all = async {
        let mut running = JoinSet::new();
        for (number, due) in burst.into_iter().enumerate() {
            if chimes.recv().await.is_none() {
                break;
            }
            running.spawn_local(send_one(number, due, began));
        }
        let mut all = Vec::new();
        while let Some(ended) = running.join_next().await {
            all.extend(ended);
        }
        all.sort_unstable_by_key(|sent| sent.number);
        all
    };
    Ok(side_by_side.run_until(send_all).await)
}

async fn send_one(number: usize, due: Due, began: Instant) -> Sent {
    let since = |at: Instant| at.duration_since(began).as_micros() as u64;
    let sent = Instant::now();
    let outcome = due.client.send(&due.request).await;
    Sent {
        number,
        due_us: due.at.as_micros() as u64,
        sent_us: since(sent),
        ended_us: since(Instant::now()),
        outcome,
    }
}

/// Says when each time has come, until what it returns is dropped.
fn watch_clock(
    began: Instant,
    times: Vec<Duration>,
    chime: mpsc::Sender<()>,
) -> std::io::Result<SyncSender<()>> {
    let (going_on, is_over) = sync_channel(1);
    std::thread::Builder::new()
        .name("burst".to_string())
        .spawn(move || {
            for time in times {
                // There is room for every time.
                if !wait_until(began + time, &is_over) || chime.try_send(()).is_err() {
                    return;
                }
            }
        })?;
    Ok(going_on)
}

/// Waits; says whether the burst still goes on.
fn wait_until(time: Instant, is_over: &Receiver<()>) -> bool {
    let left = time.saturating_duration_since(Instant::now());
    matches!(is_over.recv_timeout(left), Err(RecvTimeoutError::Timeout))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    #[test]
    fn the_same_seed_draws_the_same_times() {
        let window = Duration::from_millis(500);
        let drawn = |seed, round| times(40, window, &mut Draws::new(seed, "times", round));
        assert_eq!(drawn(7, 3), drawn(7, 3));
        assert_ne!(drawn(7, 3), drawn(7, 4));
        assert_ne!(drawn(7, 3), drawn(8, 3));
        assert!(drawn(7, 3).is_sorted());
    }

    #[test]
    fn times_lie_evenly_in_their_window() {
        for window_us in [0, 1, 5_000, 500_000] {
            let window = Duration::from_micros(window_us);
            let times = times(10_000, window, &mut Draws::new(1, "times", window_us));
            assert_eq!(times.len(), 10_000);
            assert!(times.iter().all(|time| *time <= window), "{window:?}");
            let is_early = |time: &&Duration| **time < window / 2;
            let early = times.iter().filter(is_early).count();
            if window_us > 1 {
                assert!((4_800..5_200).contains(&early), "{window:?}: {early}");
            }
        }
    }

    /// Answers only when `together` requests are there, each on a connection of its own.
    async fn answers_together(listener: TcpListener, together: usize) {
        let mut waiting: Vec<TcpStream> = Vec::new();
        while waiting.len() < together {
            let (mut stream, _) = listener.accept().await.unwrap();
            assert!(stream.read(&mut [0; 1024]).await.unwrap() > 0);
            waiting.push(stream);
        }
        for mut stream in waiting {
            let answer = b"HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n";
            stream.write_all(answer).await.unwrap();
        }
    }

    fn due(at: Duration, client: &Rc<Client>) -> Due {
        Due {
            at,
            client: Rc::clone(client),
            request: PreparedRequest {
                method: "GET".to_string(),
                path: "/".to_string(),
                headers: vec![],
                body: Bytes::new(),
            },
        }
    }

    #[tokio::test]
    async fn no_request_waits_for_the_answer_to_another() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = tokio::spawn(answers_together(listener, 20));
        let client = Rc::new(Client::new(&address, Duration::from_secs(20)));
        let times = times(20, Duration::from_millis(5), &mut Draws::new(1, "times", 0));
        let burst = times.iter().map(|at| due(*at, &client)).collect();
        let sent = send(burst).await.unwrap();
        server.await.unwrap();
        assert_eq!(sent.len(), 20);
        for (number, (sent, at)) in sent.iter().zip(times).enumerate() {
            assert_eq!((sent.number, sent.due_us), (number, at.as_micros() as u64));
            assert!(sent.due_us <= sent.sent_us && sent.sent_us <= sent.ended_us);
            let is_answered = matches!(sent.outcome, Outcome::Answered { status: 201, .. });
            assert!(is_answered, "{sent:?}");
        }
    }

    #[tokio::test]
    async fn what_becomes_of_one_does_not_matter_to_the_next() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        drop(listener);
        let client = Rc::new(Client::new(&address, Duration::from_secs(20)));
        let sent = send((0..5).map(|_| due(Duration::ZERO, &client)).collect());
        let sent = sent.await.unwrap();
        assert_eq!(sent.len(), 5);
        let is_not_sent = |sent: &Sent| matches!(sent.outcome, Outcome::NotSent { .. });
        assert!(sent.iter().all(is_not_sent), "{sent:?}");
        assert_eq!(send(Vec::new()).await.unwrap(), vec![]);
    }
}
