//! Sites of each form.

#[cfg(target_arch = "x86_64")]
use crate::probed::{file, own, probe};
#[cfg(target_arch = "x86_64")]
use usdt::{Attachment, SiteForm};

#[cfg(target_arch = "x86_64")]
pub(crate) fn the_form_of_a_site() {
    let hit = || {
        usdt::probe!(nop1, "attach", "nop1");
        usdt::probe!(nop5, "attach", "nop5");
        usdt::probe!("attach", "nop10");
    };
    let takes_long = usdt::long_nops().unwrap().ten;
    let cases = [
        ("nop1", SiteForm::Nop, false),
        ("nop5", SiteForm::Nop5, false),
        ("nop10", SiteForm::NopNop10, takes_long),
    ];
    for (name, form, is_on_long_nop) in cases {
        let attached = Attachment::new(&file(), &probe(name), own()).unwrap();
        assert_eq!((attached.form(), attached.is_on_long_nop()), (form, is_on_long_nop), "{name}");
        (0..10).for_each(|_| hit());
        assert_eq!(attached.hits(), 10, "{name}");
    }
}

#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn the_form_of_a_site() {
    eprintln!("SKIP the_form_of_a_site: all sites are one nop on this machine");
}

pub(crate) fn trying_twice_finds_the_same() {
    let found = usdt::long_nops().unwrap();
    eprintln!("{found:?}");
    let once_more = std::thread::spawn(usdt::long_nops).join().unwrap();
    assert_eq!(once_more.unwrap(), found);
}
