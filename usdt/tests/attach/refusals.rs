//! What is told where a probe cannot be attached to.

use crate::probed::{Probed, file, own, probe};
use caps::{CapSet, Capability};
use std::path::Path;
use usdt::{Attachment, Error, Listener, Location, Machine, Probe, Refused, Target};

#[inline(never)]
fn hit(number: u8) {
    usdt::probe!("attach", "refused"; number: u8);
}

fn why(result: Result<Attachment, Error>) -> Refused {
    match result {
        Err(Error::Attach { why, .. }) => why,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn what_cannot_be_attached_to() {
    hit(1);
    let refused = probe("refused");
    let attach = |probe: &Probe, target| why(Attachment::new(&file(), probe, target));
    let with = |change: fn(&mut Probe)| {
        let mut probe = refused.clone();
        change(&mut probe);
        probe
    };

    let dead = with(|probe| probe.site.offset = None);
    assert!(matches!(attach(&dead, own()), Refused::Dead));
    let dead = with(|probe| probe.semaphore = Some(Location { address: 8, offset: None }));
    assert!(matches!(attach(&dead, own()), Refused::DeadSemaphore));
    let far = with(|probe| probe.semaphore = Some(Location { address: 8, offset: Some(1 << 32) }));
    assert!(matches!(attach(&far, own()), Refused::SemaphoreTooFar));
    let other = with(|probe| probe.machine = Machine::Other(0xf3));
    assert!(matches!(attach(&other, own()), Refused::OtherMachine));
    let beyond = with(|probe| probe.site.offset = Some(1 << 40));
    assert!(matches!(attach(&beyond, own()), Refused::NoNop { found, .. } if found == "nothing"));
    let beside = with(|probe| probe.site.offset = probe.site.offset.map(|offset| offset - 1));
    let refused_beside = attach(&beside, own());
    assert!(matches!(&refused_beside, Refused::NoNop { .. }), "{refused_beside}");
    for nobody in [0, u32::MAX, i32::MAX.cast_unsigned()] {
        let why = attach(&refused, Target::Process(nobody));
        assert!(matches!(why, Refused::NoProcess(id) if id == nobody), "{why}");
    }

    let nowhere = Attachment::new(Path::new("/nowhere"), &refused, own());
    let said = nowhere.as_ref().map(|_| ()).unwrap_err().to_string();
    assert_eq!(said, "/nowhere: stat: No such file or directory (os error 2)");
    let device = Attachment::new(Path::new("/dev/zero"), &refused, own());
    assert!(matches!(device, Err(Error::NotAFile { .. })), "{device:?}");
    let mut listener = Listener::new(0).unwrap();
    let no_argument = listener.attach(&file(), &refused, own(), &[0, 1]);
    assert!(matches!(why(no_argument), Refused::NoArgument { index: 1, arguments: 1 }));

    let attached = Attachment::new(&file(), &refused, own()).unwrap();
    hit(2);
    assert_eq!(attached.hits(), 1);
}

pub(crate) fn without_rights() {
    let mut nobody = Probed::play("as-nobody", &[]);
    for _ in 0..2 {
        let said = nobody.answer();
        assert!(said.contains("CAP_SYS_ADMIN"), "{said}");
    }
    assert_eq!(nobody.answer(), "1 of 1");
}

/// Root without a right, and then with the one that it takes.
pub(crate) fn as_nobody() {
    caps::clear(None, CapSet::Effective).unwrap();
    println!("{}", usdt::long_nops().unwrap_err());
    println!("{}", Attachment::new(&file(), &probe("refused"), own()).unwrap_err());

    caps::set(None, CapSet::Effective, &[Capability::CAP_SYS_ADMIN].into()).unwrap();
    let mut listener = Listener::new(0).unwrap();
    let attached = listener.attach(&file(), &probe("refused"), Target::Everyone, &[]).unwrap();
    hit(7);
    println!("{} of {}", listener.read().into_iter().count(), attached.hits());
}
