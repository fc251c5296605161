//! What a line costs the thread that sends it, beside a bare `sendto(2)` of the same bytes and beside syslog(3), to the same
//! receiver: a private `/dev/log` in a mount namespace of its own. Needs root, or user namespaces.
//!
//! `cargo run --release --package vmtrace-syslog-backend --example cost` prints nanoseconds a line, and the ratio to the bare
//! call. The ways take turns, so that what else the machine does strikes all alike; each is the median of its rounds.

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{fs, io, thread};
use syslog_backend::{Batch, Message, Options, Protocol, SYSLOG, Syslog};

type Error = Box<dyn std::error::Error>;

const LINE: &[u8] = b"kvm_run_exit cpu_index 0, reason 2";
const ROUNDS: usize = 400;

/// How many at once: fewer than a queue of systemd's length, and than a socket's buffer, hold.
const LINES: usize = 100;

/// A way to send some lines.
type Way<'a> = (&'static str, Box<dyn FnMut(usize) + 'a>);

fn main() -> Result<(), Error> {
    private_dev()?;
    println!("| receiver | way | ns a line | of bare |\n| --- | --- | --- | --- |");
    let receiver = UnixDatagram::bind(SYSLOG)?;
    // fewer than the queue holds are sent, then read: the sender's own cost, since no one is woken
    receiver.set_nonblocking(true)?;
    rounds("the sender itself, in between", LINES, || while receiver.recv(&mut [0; 9000]).is_ok() {})?;
    receiver.set_nonblocking(false)?;
    let end = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !end.load(Ordering::Relaxed) {
                let _ = receiver.recv(&mut [0; 9000]);
            }
        });
        let done = rounds("a thread that reads", LINES, rest);
        end.store(true, Ordering::Relaxed);
        let _ = UnixDatagram::unbound().and_then(|socket| socket.send_to(b"end", SYSLOG));
        done
    })?;
    drop(receiver);
    fs::remove_file(SYSLOG)?;
    let Some(mut daemon) = rsyslogd()? else { return Ok(()) };
    let done = rounds("rsyslogd", LINES, rest);
    daemon.kill()?;
    daemon.wait()?;
    done
}

/// Lets the receiver come to an end with its queue, so that no way finds what another left there.
fn rest() {
    thread::sleep(Duration::from_millis(4));
}

/// A daemon that writes its lines to a file in memory, if it is installed.
fn rsyslogd() -> Result<Option<Child>, Error> {
    let configuration = format!(
        "module(load=\"imuxsock\" SysSock.Use=\"off\")\n\
         input(type=\"imuxsock\" Socket=\"{SYSLOG}\" CreatePath=\"on\" RateLimit.Interval=\"0\")\n\
         action(type=\"omfile\" file=\"/dev/out\")\n"
    );
    fs::write("/dev/rsyslog.conf", configuration)?;
    let mut command = Command::new("/usr/sbin/rsyslogd");
    command.args(["-n", "-f", "/dev/rsyslog.conf", "-i", "/dev/rsyslogd.pid"]).stdout(Stdio::null());
    let daemon = match command.spawn() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        daemon => daemon?,
    };
    while UnixDatagram::unbound()?.connect(SYSLOG).is_err() {
        thread::sleep(Duration::from_millis(10));
    }
    Ok(Some(daemon))
}

fn rounds(receiver: &str, lines: usize, mut drain: impl FnMut()) -> Result<(), Error> {
    let options = Options { wait: Duration::from_secs(10), ..Options::new("cost") };
    let journal = Options { protocol: Protocol::Journal, path: Some(SYSLOG.into()), ..options.clone() };
    let (syslog, journal) = (Syslog::open(&options)?, Syslog::open(&journal)?);
    let bare = UnixDatagram::unbound()?;
    bare.connect(SYSLOG)?;
    let datagram = format!("<30>Nov 22 17:30:00 cost[{}]: ", std::process::id()).into_bytes();
    let datagram = [&datagram[..], LINE].concat();
    // SAFETY: the identity is static.
    unsafe { libc::openlog(c"cost".as_ptr(), libc::LOG_PID | libc::LOG_NDELAY, libc::LOG_DAEMON) };
    let mut batch = Batch::new();
    let mut ways: Vec<Way<'_>> = vec![
        ("bare `sendto`", Box::new(|lines| send_bare(&bare, &datagram, lines))),
        ("sync", Box::new(|lines| (0..lines).for_each(|_| syslog.send(&message())))),
        (
            "batch",
            Box::new(|lines| {
                (0..lines).for_each(|_| syslog.push(&mut batch, &message()));
                syslog.flush(&mut batch);
            }),
        ),
        ("journal, sync", Box::new(|lines| (0..lines).for_each(|_| journal.send(&message())))),
        (
            "`libc::syslog`",
            Box::new(|lines| {
                for _ in 0..lines {
                    // SAFETY: the format takes an int and an unsigned, which are given.
                    unsafe {
                        libc::syslog(libc::LOG_INFO, c"kvm_run_exit cpu_index %d, reason %u".as_ptr(), 0, 2);
                    }
                }
            }),
        ),
    ];
    let mut times = vec![Vec::with_capacity(ROUNDS); ways.len()];
    for _ in 0..ROUNDS {
        for ((_, send), times) in ways.iter_mut().zip(&mut times) {
            let start = Instant::now();
            send(lines);
            times.push(start.elapsed());
            drain();
        }
    }
    let nanoseconds = |times: &mut Vec<Duration>| {
        times.sort_unstable();
        times[ROUNDS / 2].as_secs_f64() * 1e9 / f64::from(u32::try_from(lines).unwrap_or(1))
    };
    let of_bare = nanoseconds(&mut times[0]);
    for ((way, _), times) in ways.iter().zip(&mut times) {
        let each = nanoseconds(times);
        println!("| {receiver} | {way} | {each:.0} | {:.3} |", each / of_bare);
    }
    drop(ways);
    assert_eq!((syslog.losses().total(), journal.losses().total()), (0, 0), "all was sent");
    Ok(())
}

/// What `vmtrace` hands over in `sync`: with the time, which it has to read. The coarse clock is good enough for seconds.
fn message() -> Message<'static> {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::RealtimeCoarse);
    let realtime = now.tv_sec.unsigned_abs() * 1_000_000_000 + now.tv_nsec.unsigned_abs();
    Message {
        realtime,
        monotonic: realtime,
        thread: 1,
        name: "kvm_run_exit",
        line: LINE,
        fields: &|fields| {
            fields.signed("cpu_index", 0);
            fields.unsigned("reason", 2);
        },
    }
}

fn send_bare(socket: &UnixDatagram, datagram: &[u8], lines: usize) {
    for _ in 0..lines {
        // SAFETY: sendto(2) on an open socket, of bytes that are ours.
        let sent = unsafe {
            let bytes = datagram.as_ptr().cast();
            libc::sendto(socket.as_raw_fd(), bytes, datagram.len(), libc::MSG_NOSIGNAL, std::ptr::null(), 0)
        };
        assert!(sent > 0, "{}", io::Error::last_os_error());
    }
}

/// A `/dev` of our own, with next to nothing in it, and queues as long as systemd makes them.
fn private_dev() -> Result<(), Error> {
    let user = if nix::unistd::geteuid().is_root() { CloneFlags::empty() } else { CloneFlags::CLONE_NEWUSER };
    unshare(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWNET | user)?;
    fs::write("/proc/sys/net/unix/max_dgram_qlen", "512")?;
    mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&str>)?;
    let devices = ["/dev/null", "/dev/urandom"].map(|path| fs::File::open(path).map(|file| (path, file)));
    mount(Some("tmpfs"), "/dev", Some("tmpfs"), MsFlags::empty(), None::<&str>)?;
    for device in devices {
        let (path, file) = device?;
        fs::File::create(path)?;
        let from = format!("/proc/self/fd/{}", file.as_raw_fd());
        mount(Some(&*from), path, None::<&str>, MsFlags::MS_BIND, None::<&str>)?;
    }
    Ok(())
}
