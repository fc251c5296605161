//! A process whose memory does not come when it is asked for.

use crate::probed::{Probed, file, own, probe};
use std::ptr;
use std::thread;
use std::time::Duration;
use usdt::{Attachment, HitText, Listener, Memory, Part, Place, Probe, Value};

#[inline(never)]
fn hit(string: *const u8) {
    usdt::probe!("attach", "hostile"; string: ptr);
}

/// The probe, told as if it had two arguments: the string, and the 8 bytes that the pointer leads to.
fn twofold() -> Probe {
    let mut probe = probe("hostile");
    let Place::Register(Part { register, .. }) = probe.arguments[0].place else {
        panic!("{:?} is not in a register", probe.arguments[0])
    };
    let mut word = probe.arguments[0].clone();
    word.place = Place::Memory(Memory { base: Some(register), ..Memory::default() });
    probe.arguments.push(word);
    probe
}

/// Ours, which is there.
const THERE: &[u8; 8] = b"nothing\0";

fn there() -> [Value; 2] {
    let text = HitText { bytes: b"nothing".to_vec(), is_cut: false };
    [Value::Text(text), Value::Unsigned(u64::from_ne_bytes(*THERE))]
}

/// One that is ready to hit, and where its page is.
fn hostile(test: &str) -> Option<(Probed, Value)> {
    let mut hostile = Probed::play("as-hostile", &[]);
    let answer = hostile.answer();
    let page = answer.parse().ok();
    if page.is_none() {
        eprintln!("SKIP {test}: {answer}");
    }
    page.map(|page| (hostile, Value::Fault(page)))
}

/// It is a fault: neither the process nor anyone else waits.
pub(crate) fn a_page_that_never_comes() {
    let Some((mut hostile, fault)) = hostile("a_page_that_never_comes") else { return };
    let mut listener = Listener::new(0).unwrap();
    let attached =
        [hostile.target(), own()].map(|target| listener.attach(&file(), &twofold(), target, &[0]).unwrap());
    hostile.tell("hit");
    // it goes on to what only another thread could help it with, and there is none
    while attached[0].hits() == 0 {
        thread::sleep(Duration::from_millis(1));
    }
    assert!(listener.wait(Duration::from_secs(20)).unwrap());
    let told = listener.read().unwrap();
    assert_eq!((told.pid, &told.values[..]), (hostile.id(), &[fault, Value::Unreadable][..]));
    hit(THERE.as_ptr());
    assert_eq!(listener.read().unwrap().values, there());
    assert_eq!(hostile.answer(), "went on");
    drop(attached);
    hostile.kill();
}

/// Where that was asked for, the process waits, and its detaching; the hits of others are told.
pub(crate) fn a_page_that_is_waited_for() {
    let Some((mut hostile, fault)) = hostile("a_page_that_is_waited_for") else { return };
    let mut listener = Listener::new(0).unwrap();
    let [waits, goes_on] = [hostile.target(), own()]
        .map(|target| listener.attach_bringing_in(&file(), &twofold(), target, &[0]).unwrap());
    let counts = Attachment::new(&file(), &twofold(), hostile.target()).unwrap();
    hostile.tell("hit");
    while waits.hits() == 0 {
        thread::sleep(Duration::from_millis(1));
    }
    for _ in 0..100 {
        hit(THERE.as_ptr());
        assert!(listener.wait(Duration::from_secs(20)).unwrap());
        let told = listener.read().expect("a hit of ours");
        assert_eq!((told.attachment, &told.values[..]), (goes_on.id(), &there()[..]));
    }
    assert!(!listener.wait(Duration::ZERO).unwrap());
    // the page comes no more
    let id = hostile.id();
    hostile.kill();
    let told = listener.read().expect("what was left of it");
    assert_eq!((told.pid, &told.values[..]), (id, &[fault, Value::Unreadable][..]));
    drop([waits, goes_on, counts]);
    assert_eq!(listener.read(), None);
}

/// Has a page that userfaultfd(2) never fills, tells where, and hits the probe with it when it is told to.
pub(crate) fn as_hostile() {
    match page_that_never_comes() {
        Ok(page) => {
            println!("{}", page.addr());
            _ = std::io::stdin().read_line(&mut String::new());
            hit(page);
            println!("went on");
            _ = std::io::stdin().read_line(&mut String::new());
        }
        Err(why) => println!("userfaultfd: {why}"),
    }
}

fn page_that_never_comes() -> std::io::Result<*const u8> {
    #[repr(C)]
    struct Api {
        version: u64,
        features: u64,
        ioctls: u64,
    }
    #[repr(C)]
    struct Register {
        start: u64,
        length: u64,
        mode: u64,
        ioctls: u64,
    }
    // linux/userfaultfd.h
    const UFFD_API: u64 = 0xaa;
    const UFFDIO_API: libc::Ioctl = 0xc018_aa3f_u32 as libc::Ioctl;
    const UFFDIO_REGISTER: libc::Ioctl = 0xc020_aa00_u32 as libc::Ioctl;
    const MODE_MISSING: u64 = 1;

    let done = |result: libc::c_long| match result {
        -1 => Err(std::io::Error::last_os_error()),
        made => Ok(made),
    };
    // the test's thread may end before its own end of this process does
    // SAFETY: it takes two numbers.
    done(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) }.into())?;
    // SAFETY: it takes a number.
    let file = done(unsafe { libc::syscall(libc::SYS_userfaultfd, libc::O_CLOEXEC) })?;
    let file = libc::c_int::try_from(file).expect("a descriptor");
    let mut api = Api { version: UFFD_API, features: 0, ioctls: 0 };
    // SAFETY: it reads and writes the structure.
    done(unsafe { libc::ioctl(file, UFFDIO_API, &raw mut api) }.into())?;
    let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: the kernel chooses the place.
    let page = unsafe { libc::mmap(ptr::null_mut(), 1 << 16, access, kind, -1, 0) };
    if page == libc::MAP_FAILED {
        return Err(std::io::Error::last_os_error());
    }
    let mut register = Register { start: page.addr() as u64, length: 1 << 16, mode: MODE_MISSING, ioctls: 0 };
    // SAFETY: it reads and writes the structure; nobody looks at the page but the kernel.
    done(unsafe { libc::ioctl(file, UFFDIO_REGISTER, &raw mut register) }.into())?;
    Ok(page.cast())
}
