use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::Result;

/// How long each direction takes: together the round trip of another machine in the same data centre.
const EACH_WAY: Duration = Duration::from_micros(500);

/// Makes a proxy that passes on what it is sent as long after as the way to another machine takes; returns the database's
/// URL through it. Threads do this, because timers of tokio are coarser. It ends with the process.
pub fn start(url: &str) -> Result<String> {
    let (user, rest) = url.split_once('@').ok_or("a URL without a user")?;
    let (server, database) = rest.split_once('/').ok_or("a URL without a database")?;
    let (listener, server) = (TcpListener::bind("127.0.0.1:0")?, server.to_owned());
    let own = listener.local_addr()?;
    thread::spawn(move || {
        for client in listener.incoming() {
            // The contender reports that its connection has ended.
            let _ = client.and_then(|client| connect(client, &server));
        }
    });
    Ok(format!("{user}@{own}/{database}"))
}

fn connect(client: TcpStream, server: &str) -> std::io::Result<()> {
    let server = TcpStream::connect(server)?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    pass_on(client.try_clone()?, server.try_clone()?);
    pass_on(server, client);
    Ok(())
}

/// Reads at once and writes later, on a thread each, so that what follows is not held up.
fn pass_on(mut from: TcpStream, mut to: TcpStream) {
    let (sender, received) = mpsc::channel::<(Instant, Vec<u8>)>();
    thread::spawn(move || {
        let mut buffer = vec![0; 65_536];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            if sender.send((Instant::now() + EACH_WAY, buffer[..length].to_vec())).is_err() {
                break;
            }
        }
    });
    thread::spawn(move || {
        for (due, bytes) in received {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if to.write_all(&bytes).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    });
}
