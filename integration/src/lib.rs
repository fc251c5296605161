//! The end-to-end tests, privileged ones among them.
