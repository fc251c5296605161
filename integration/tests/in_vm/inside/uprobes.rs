//! Probes that the kernel's breakpoints are on: what they leave of a function's locals, and what a listener is told.

use crate::machine::Machine;
use crate::{Test, TestResult};

pub(crate) const TESTS: &[Test] = &[
    Test::new("leave_the_locals_alone", leave_the_locals_alone),
    Test::new("leave_the_locals_alone_on_6_12", leave_the_locals_alone).on(Machine::USER_EVENTS),
];

fn leave_the_locals_alone() -> TestResult {
    integration::red_zone::check()
}
