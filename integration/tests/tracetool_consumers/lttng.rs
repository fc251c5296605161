//! `dtrace`: it takes the `.d`, and the probes are in the ELF file.
