//! The ring between the kernel and a listener.

use crate::probed::{file, own, probe, sites};
use std::thread;
use std::time::Duration;
use usdt::{Attachment, Listener, Text, Value};

pub(crate) fn losses_are_counted() {
    #[inline(never)]
    fn hit(number: u32) {
        let text = Text::new(Some(b"some"));
        usdt::probe!("attach", "flood"; number: u32, text: ptr = text.as_ptr());
    }
    let mut listener = Listener::new(64 << 10).unwrap();
    let attached = listener.attach(&file(), &probe("flood"), own(), &[1]).unwrap();
    (0..1000).for_each(hit);
    assert_eq!(attached.hits(), 1000);
    let lost = attached.lost();
    assert!((1..1000).contains(&lost), "{attached:?}");
    // the first are kept, and what comes when there is room again
    let read = |listener: &mut Listener| -> Vec<u64> {
        std::iter::from_fn(|| listener.read())
            .map(|hit| match hit.values[0] {
                Value::Unsigned(number) => number,
                ref other => panic!("{other:?}"),
            })
            .collect()
    };
    assert_eq!(read(&mut listener), (0..1000 - lost).collect::<Vec<_>>());
    hit(5000);
    assert_eq!(read(&mut listener), [5000]);
    assert_eq!((attached.hits(), attached.lost()), (1001, lost));
}

/// Two threads, three probes of one name (generic code), and a ring that is gone round many times.
pub(crate) fn many_probes_one_order() {
    trait Number {
        const NUMBER: u8;
    }
    struct Of<const N: u8>;
    impl<const N: u8> Number for Of<N> {
        const NUMBER: u8 = N;
    }
    #[inline(never)]
    fn hit<N: Number>(thread: u8, number: u32) {
        let of = std::hint::black_box(N::NUMBER);
        usdt::probe!("attach", "generic"; of: u8, thread: u8, number: u32);
    }
    const EACH: u32 = 3000;
    let sites = sites("generic");
    assert_eq!(sites.len(), 3);
    let mut listener = Listener::new(0).unwrap();
    let attached: Vec<Attachment> =
        sites.iter().map(|site| listener.attach(&file(), site, own(), &[]).unwrap()).collect();
    let threads: Vec<_> = (0..2)
        .map(|thread| {
            thread::spawn(move || {
                for number in 0..EACH {
                    match number % 3 {
                        0 => hit::<Of<0>>(thread, number),
                        1 => hit::<Of<1>>(thread, number),
                        _ => hit::<Of<2>>(thread, number),
                    }
                }
            })
        })
        .collect();
    let lost = |attached: &[Attachment]| attached.iter().map(Attachment::lost).sum::<u64>();
    let mut next = [0; 2];
    let mut read = 0;
    while read + lost(&attached) < u64::from(2 * EACH) {
        assert!(listener.wait(Duration::from_secs(20)).unwrap() || lost(&attached) > 0, "no more hits came");
        while let Some(hit) = listener.read() {
            let [Value::Unsigned(of), Value::Unsigned(thread), Value::Unsigned(number)] = hit.values[..]
            else {
                panic!("{hit:?}")
            };
            let next = &mut next[usize::try_from(thread).unwrap()];
            assert!(number >= *next, "thread {thread} told {number} after {next}");
            assert_eq!(number % 3, of);
            assert!(hit.attachment < 3);
            *next = number + 1;
            read += 1;
        }
    }
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(attached.iter().map(Attachment::hits).sum::<u64>(), u64::from(2 * EACH));
}

pub(crate) fn after_the_end() {
    #[inline(never)]
    fn hit(number: u32) {
        usdt::probe!("attach", "ended"; number: u32);
    }
    let mut listener = Listener::new(0).unwrap();
    let first = listener.attach(&file(), &probe("ended"), own(), &[]).unwrap();
    hit(1);
    drop(first);
    hit(2);
    let second = listener.attach(&file(), &probe("ended"), own(), &[]).unwrap();
    hit(3);
    let told: Vec<_> =
        std::iter::from_fn(|| listener.read()).map(|hit| (hit.attachment, hit.values)).collect();
    assert_eq!(told, [(0, vec![Value::Unsigned(1)]), (second.id(), vec![Value::Unsigned(3)])]);
    assert_eq!(second.hits(), 1);
}

/// Many come and go, with hits that are read late; none is kept for long.
pub(crate) fn the_ended_are_forgotten() {
    const LATE: u32 = 4;
    #[inline(never)]
    fn hit(number: u32) {
        usdt::probe!("attach", "forgotten"; number: u32);
    }
    let mut listener = Listener::new(0).unwrap();
    let stays = listener.attach(&file(), &probe("forgotten"), own(), &[]).unwrap();
    let known = |listener: &Listener| -> usize {
        let shown = format!("{listener:?}");
        shown.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap()
    };
    for number in 0..50 {
        let goes = listener.attach(&file(), &probe("forgotten"), own(), &[]).unwrap();
        assert!(goes.id() > stays.id());
        hit(number);
        drop(goes);
        if let Some(number) = number.checked_sub(LATE) {
            while listener.read().expect("it was hit").values != [Value::Unsigned(number.into())] {}
        }
    }
    // how many are left is looked at each time that they have doubled
    assert!(known(&listener) <= 40, "{listener:?}");
    while listener.read().is_some() {}
    hit(100);
    assert_eq!(listener.read().expect("it was hit").attachment, stays.id());
}

pub(crate) fn waiting() {
    #[inline(never)]
    fn hit() {
        usdt::probe!("attach", "awaited");
    }
    let mut listener = Listener::new(0).unwrap();
    let _attached = listener.attach(&file(), &probe("awaited"), own(), &[]).unwrap();
    assert!(!listener.wait(Duration::from_millis(1)).unwrap());
    let hitter = thread::spawn(|| {
        thread::sleep(Duration::from_millis(20));
        hit();
    });
    assert!(listener.wait(Duration::from_secs(20)).unwrap());
    hitter.join().unwrap();
    assert!(listener.read().is_some());
    assert!(!listener.wait(Duration::ZERO).unwrap());
}
