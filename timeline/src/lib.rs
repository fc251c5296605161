//! Lines a recording's sources up on one clock.
