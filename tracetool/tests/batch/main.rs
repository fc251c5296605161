//! `tracetool batch`: trees of both kinds, lists of jobs, what is left alone, what is refused.

mod compile;
mod jobs;
mod place;
mod qemu;
mod refused;
mod tree;
