//! Whole guests: the real one and the script side by side, and hostile ones.

use crate::disk::{BUFFER, COMMAND, READ, SECTOR, SECTOR_SIZE, TEXT};
use crate::kvm::{self, KvmVcpu, guest};
use crate::machine::{self, DISK, Machine};
use crate::script::Script;
use crate::vmm::{Vcpu, drive};
use crate::{Error, timer};
use kvm_ioctls::VcpuExit;
use std::thread;
use vm_memory::{Bytes, GuestAddress, GuestMemoryMmap};

/// An access of the guest's, with what it wrote.
#[derive(Debug, PartialEq, Eq)]
enum Access {
    In { port: u16, size: usize },
    Out { port: u16, data: Vec<u8> },
    Load { addr: u64, size: usize },
    Store { addr: u64, data: Vec<u8> },
    Halt,
    Other(String),
}

/// A vcpu whose accesses are written down.
struct Watched {
    vcpu: Box<dyn Vcpu>,
    seen: Vec<Access>,
}

impl Vcpu for Watched {
    fn run(&mut self) -> Result<VcpuExit<'_>, Error> {
        let exit = self.vcpu.run()?;
        self.seen.push(match &exit {
            VcpuExit::IoIn(port, data) => Access::In { port: *port, size: data.len() },
            VcpuExit::IoOut(port, data) => Access::Out { port: *port, data: data.to_vec() },
            VcpuExit::MmioRead(addr, data) => Access::Load { addr: *addr, size: data.len() },
            VcpuExit::MmioWrite(addr, data) => Access::Store { addr: *addr, data: data.to_vec() },
            VcpuExit::Hlt => Access::Halt,
            VcpuExit::Intr => return Ok(exit),
            exit => Access::Other(format!("{exit:?}")),
        });
        Ok(exit)
    }
}

/// What came of a guest.
struct Played {
    exits: Result<u64, Error>,
    seen: Vec<Access>,
    printed: Vec<u8>,
    sector_1: [u8; SECTOR_SIZE],
}

fn play(vcpu: Box<dyn Vcpu>, memory: &GuestMemoryMmap, rounds: u32) -> Played {
    let mut watched = Watched { vcpu, seen: Vec::new() };
    let mut printed = Vec::new();
    let (timer, clock) = timer::timer();
    let mut machine = Machine::new(memory.clone(), timer, &mut printed);
    let exits = thread::scope(|scope| {
        scope.spawn(move || clock.run());
        let exits = drive(&mut watched, &mut machine, rounds);
        // Read as a guest reads it.
        for (register, value) in [(SECTOR, 1), (BUFFER, 0x1000), (COMMAND, READ)] {
            machine.mmio_write(DISK + register, &value.to_le_bytes());
        }
        drop(machine);
        exits
    });
    let mut sector_1 = [0; SECTOR_SIZE];
    memory.read_slice(&mut sector_1, GuestAddress(0x1000)).unwrap();
    Played { exits, seen: watched.seen, printed, sector_1 }
}

fn play_script(rounds: u32) -> Played {
    let memory = machine::memory().unwrap();
    play(Box::new(Script::new(memory.clone())), &memory, rounds)
}

/// Plays code on KVM; `None`, and a word on it, where there is no KVM.
fn play_kvm(test: &str, code: &[u8], rounds: u32) -> Option<Played> {
    let vm = kvm::create_vm().inspect_err(|why| eprintln!("SKIP {test}: {why}")).ok()?;
    let memory = machine::memory().unwrap();
    let vcpu = KvmVcpu::new(vm, memory.clone(), code, 0).unwrap();
    Some(play(Box::new(vcpu), &memory, rounds))
}

fn assert_did_its_work(played: &Played, rounds: u8) {
    assert_eq!(*played.exits.as_ref().unwrap(), played.seen.len() as u64);
    assert_eq!(played.printed, TEXT.repeat(rounds.into()));
    let mut expected = [0; SECTOR_SIZE];
    expected[..TEXT.len()].copy_from_slice(TEXT);
    expected[SECTOR_SIZE - 1] = rounds;
    assert_eq!(played.sector_1, expected);
}

#[test]
fn script_does_the_guests_work() {
    for rounds in [1, 3] {
        assert_did_its_work(&play_script(rounds.into()), rounds);
    }
}

#[test]
fn guest_does_its_work_on_kvm() {
    for rounds in [1, 3] {
        let Some(played) = play_kvm("guest_does_its_work_on_kvm", guest(), rounds.into()) else { return };
        assert_did_its_work(&played, rounds);
    }
}

#[test]
fn script_makes_the_guests_accesses() {
    let Some(real) = play_kvm("script_makes_the_guests_accesses", guest(), 2) else { return };
    assert_eq!(play_script(2).seen, real.seen);
}

#[test]
fn guest_fits_on_a_page() {
    let source = include_str!("guest.S");
    assert!(source.lines().count() <= 66, "{} lines", source.lines().count());
    assert_eq!(guest().len(), 121);
}

/// Machine code that means no good: each access is seen and answered, and the VMM goes on to the halt.
#[test]
fn hostile_guests_on_kvm() {
    const HLT: u8 = 0xf4;
    let cases: [(&str, &[u8], Vec<Access>); 6] = [
        ("halt at once", &[HLT], vec![]),
        (
            "mov dx, 0x1234; in eax, dx",
            &[0xba, 0x34, 0x12, 0x66, 0xed, HLT],
            vec![Access::In { port: 0x1234, size: 4 }],
        ),
        ("out 0x80, ax", &[0xe7, 0x80, HLT], vec![Access::Out { port: 0x80, data: vec![0, 0] }]),
        (
            "mov cx, 700; mov di, 0x1000; mov dx, 0x3f8; rep insb",
            &[0xb9, 0xbc, 0x02, 0xbf, 0, 0x10, 0xba, 0xf8, 0x03, 0xf3, 0x6c, HLT],
            vec![Access::In { port: 0x3f8, size: 700 }],
        ),
        (
            "mov ax, 0xd000; mov es, ax; mov byte ptr es:[8], al; mov ax, word ptr es:[13]",
            &[0xb8, 0, 0xd0, 0x8e, 0xc0, 0x26, 0xa2, 8, 0, 0x26, 0xa1, 13, 0, HLT],
            vec![Access::Store { addr: 0xd_0008, data: vec![0] }, Access::Load { addr: 0xd_000d, size: 2 }],
        ),
        (
            "mov ax, 0x9fff; mov ds, ax; mov eax, dword ptr [14], half of it beyond the memory",
            &[0xb8, 0xff, 0x9f, 0x8e, 0xd8, 0x66, 0xa1, 14, 0, HLT],
            vec![Access::Load { addr: 0xa_0000, size: 2 }],
        ),
    ];
    for (name, code, mut expected) in cases {
        let Some(played) = play_kvm("hostile_guests_on_kvm", code, 1) else { return };
        expected.push(Access::Halt);
        assert_eq!(played.seen, expected, "{name}");
        assert_eq!(played.exits.unwrap(), expected.len() as u64, "{name}");
    }
}

#[test]
fn a_guest_that_cannot_go_on_is_an_error() {
    // jmp 0xd000:0, where there is no memory to run
    let code = [0xea, 0, 0, 0, 0xd0];
    let Some(played) = play_kvm("a_guest_that_cannot_go_on_is_an_error", &code, 1) else { return };
    assert!(matches!(played.exits, Err(Error::Exit(_))), "{:?}", played.exits);
}
