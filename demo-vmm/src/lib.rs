//! A VMM of a few pages on /dev/kvm, traced by vmtrace: the example to copy.
