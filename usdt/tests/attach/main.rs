//! smoke
use std::path::Path;
use usdt::*;

usdt::semaphore!(static SEM);
#[inline(never)]
fn hit(x: i32, s: &str, b: u8) {
    if SEM.is_on() {
        let t = Text::new(Some(s.as_bytes()));
        usdt::probe!("prov", "ev", if SEM; x: i32, s: ptr = t.as_ptr(), b: u8);
    }
}
#[inline(never)]
fn hit5(x: i32) {
    usdt::probe!(nop5, "prov", "ev5"; x: i32);
}

fn main() {
    let path = Path::new("/proc/self/exe");
    println!("{:?}", long_nops());
    let probes = probes(path).unwrap();
    for p in &probes {
        println!("{p:?}");
    }
    let me = Target::Process(std::process::id());
    let mut l = Listener::new(1 << 20).unwrap();
    let a: Vec<_> = probes
        .iter()
        .map(|p| {
            let r = l.attach(path, p, me, if p.name == "ev" { &[1] } else { &[] });
            match &r {
                Err(e) => println!("{e}"),
                Ok(a) => println!("{a:?} {:?}", a.form()),
            };
            r.unwrap()
        })
        .collect();
    println!("sem {SEM:?}");
    for i in 0..3 {
        hit(i - 1, "hello", 255);
        hit5(i);
    }
    std::thread::spawn(|| hit(77, "thread", 1)).join().unwrap();
    while let Some(h) = l.read() {
        println!("{h:?}");
    }
    println!("{a:?}");
    drop(a);
    println!("sem {SEM:?}");
}
