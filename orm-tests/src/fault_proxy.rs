use std::io::Result;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A TCP proxy in front of a server that loses connections on demand. It ends with its runtime.
#[derive(Debug)]
pub struct FaultProxy {
    port: u16,
    control: Arc<Control>,
}

#[derive(Debug)]
struct Control {
    /// Connections with a lower number forward nothing.
    frozen_below: watch::Sender<u64>,
    /// How many connections there were.
    accepted: watch::Sender<u64>,
    /// How many more bytes of the server are forwarded before the connection ends.
    budget: AtomicI64,
    /// Whether it ends in an orderly way then, instead of being reset.
    orderly: AtomicBool,
    /// How many bytes of the server were forwarded.
    answered: AtomicU64,
    /// How many requests of clients waited for an answer.
    asked: AtomicU64,
    /// How often a client sent more while it waited for an answer.
    asked_twice: AtomicU64,
}

impl FaultProxy {
    /// A proxy in front of `host:port`.
    ///
    /// # Errors
    /// No port is free.
    pub async fn new(server: String) -> Result<FaultProxy> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let control = Arc::new(Control {
            frozen_below: watch::Sender::new(0),
            accepted: watch::Sender::new(0),
            budget: AtomicI64::new(i64::MAX),
            orderly: AtomicBool::new(false),
            answered: AtomicU64::new(0),
            asked: AtomicU64::new(0),
            asked_twice: AtomicU64::new(0),
        });
        let shared = Arc::clone(&control);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let number = *shared.accepted.borrow();
                shared.accepted.send_replace(number + 1);
                let (control, server) = (Arc::clone(&shared), server.clone());
                tokio::spawn(async move { forward(client, &server, number, &control).await });
            }
        });
        Ok(FaultProxy { port, control })
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How many connections were made through it.
    pub fn connections(&self) -> u64 {
        *self.control.accepted.borrow()
    }

    /// Stops forwarding on the existing connections without closing them, like an unplugged cable.
    pub fn freeze(&self) {
        self.control.frozen_below.send_replace(*self.control.accepted.borrow());
    }

    /// Stops forwarding on every connection, also those that are made from now on: a network that is gone.
    pub fn freeze_all(&self) {
        self.control.frozen_below.send_replace(u64::MAX);
    }

    /// Forwards again, what was held back first.
    pub fn thaw(&self) {
        self.control.frozen_below.send_replace(0);
    }

    /// Resets the next connection once it has received this many more bytes of the server.
    pub fn reset_after(&self, bytes: u32) {
        self.end_after(bytes, false);
    }

    /// Ends the next connection once it has received this many more bytes of the server, as a server that closes it
    /// does.
    pub fn truncate_after(&self, bytes: u32) {
        self.end_after(bytes, true);
    }

    fn end_after(&self, bytes: u32, orderly: bool) {
        self.control.orderly.store(orderly, Ordering::SeqCst);
        self.control.budget.store(i64::from(bytes), Ordering::SeqCst);
    }

    /// How many bytes of the server were forwarded so far.
    pub fn answered(&self) -> u64 {
        self.control.answered.load(Ordering::SeqCst)
    }

    /// How many round trips there were so far: requests that waited for the server.
    pub fn round_trips(&self) -> u64 {
        self.control.asked.load(Ordering::SeqCst)
    }

    /// How often a client sent more before the server had answered. Without TCP_NODELAY the second packet waits there until
    /// the server acknowledges the first, which it does 40 ms later unless it answers.
    pub fn unanswered(&self) -> u64 {
        self.control.asked_twice.load(Ordering::SeqCst)
    }

    /// Ends nothing any more.
    pub fn heal(&self) {
        self.control.budget.store(i64::MAX, Ordering::SeqCst);
    }
}

async fn forward(mut client: TcpStream, server: &str, number: u64, control: &Control) -> Result<()> {
    let mut server = TcpStream::connect(server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    // Whether the client waits for an answer.
    let waits = AtomicBool::new(false);
    let ended = tokio::select! {
        ended = copy(&mut from_client, &mut to_server, number, control, &waits, None) => ended,
        ended = copy(&mut from_server, &mut to_client, number, control, &waits, Some(&control.budget)) => ended,
    };
    match control.orderly.load(Ordering::SeqCst) {
        true => client.shutdown().await?,
        // Dropped, it is a reset.
        false => client.set_zero_linger()?,
    }
    ended
}

async fn copy(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    number: u64,
    control: &Control,
    waits: &AtomicBool,
    budget: Option<&AtomicI64>,
) -> Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let length = from.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        // Only the client's side is without a budget.
        if budget.is_some() {
            waits.store(false, Ordering::SeqCst);
        } else if waits.swap(true, Ordering::SeqCst) {
            control.asked_twice.fetch_add(1, Ordering::SeqCst);
        } else {
            control.asked.fetch_add(1, Ordering::SeqCst);
        }
        let mut frozen = control.frozen_below.subscribe();
        // The sender lives as long as the control does.
        let _ = frozen.wait_for(|below| number >= *below).await;
        let allowed = budget.map_or(i64::MAX, |budget| take(budget, length));
        let length = usize::try_from(allowed).map_or(0, |allowed| length.min(allowed));
        to.write_all(&buffer[..length]).await?;
        if budget.is_some() {
            control.answered.fetch_add(u64::try_from(length).unwrap_or(0), Ordering::SeqCst);
        }
        if budget.is_some_and(|budget| budget.load(Ordering::SeqCst) < 0) {
            // What was sent arrives before the reset does.
            tokio::time::sleep(Duration::from_millis(2)).await;
            return Ok(());
        }
    }
}

/// Takes bytes from the budget; returns how many there were.
fn take(budget: &AtomicI64, length: usize) -> i64 {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    match budget.load(Ordering::SeqCst) {
        i64::MAX => i64::MAX,
        left if left < length => {
            budget.store(-1, Ordering::SeqCst);
            left.max(0)
        }
        _ => budget.fetch_sub(length, Ordering::SeqCst),
    }
}
