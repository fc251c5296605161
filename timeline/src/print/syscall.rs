//! A system call, as the kernel prints it in `trace` without regard to its `print fmt`: `sys_ioctl(fd: 0xb,
//! cmd: 0xae80, arg: 0)` and `sys_ioctl -> 0x0`.

use crate::kernel::format::{Format, Kind};
use printf::Text;

/// The call and its arguments: all fields but the call's number, each of them in eight bytes.
pub(super) fn enter(text: &mut Text<'_>, format: &Format, event: &[u8]) -> Option<()> {
    text.literal(b"sys_");
    text.literal(format.name.strip_prefix("sys_enter_")?.as_bytes());
    text.literal(b"(");
    let arguments =
        format.fields.iter().filter(|field| field.name != "__syscall_nr" && field.kind == Kind::Scalar);
    for (index, argument) in arguments.enumerate() {
        if index != 0 {
            text.literal(b", ");
        }
        text.literal(argument.name.as_bytes());
        text.literal(b": ");
        let value = argument.word(event)?;
        if value < 10 {
            text.unsigned(value);
        } else {
            text.literal(b"0x");
            text.hex(value);
        }
    }
    text.literal(b")");
    Some(())
}

pub(super) fn exit(text: &mut Text<'_>, format: &Format, event: &[u8]) -> Option<()> {
    text.literal(b"sys_");
    text.literal(format.name.strip_prefix("sys_exit_")?.as_bytes());
    text.literal(b" -> 0x");
    text.hex(format.field("ret")?.word(event)?);
    Some(())
}
