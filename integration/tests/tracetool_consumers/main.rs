//! Those for whom the command `tracetool` prints take what it prints: the C and C++ compilers, the linker and a running
//! program, `dtrace` and the ELF file, LTTng.
//!
//! The VMM that the generated C is compiled into is `integration/tracetool`: a page of C in the place of our library, behind its
//! headers (`capi/include`), that writes down what the backends were given. For each input a program is made which calls every event
//! with values at the edges of its arguments' types; what it should print is made by C's own `printf` from the line of
//! the declaration.

mod both;
mod calls;
mod compile;
mod group;
mod inputs;
mod lttng;
mod needs;
mod ours;
mod probes;
mod random;
