//! The same functions with probes of other crates.
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::items_after_statements)] // what those macros do

use crate::sites::{costly, site};

mod oxide {
    #[oxide_usdt::provider(provider = "bench")]
    mod rival {
        fn oxide(value: u64, count: i32) {}
        fn oxide_costly(sum: u64, count: i32) {}
    }
    pub(crate) use rival::{oxide, oxide_costly};
}

site!(/// The crate `probe`.
    probe_crate, value, count, probe::probe!(bench, probe, value, count));
site!(/// The crate `probe`, with its semaphore.
    probe_lazy, value, count, probe::probe_lazy!(bench, probe_lazy, value, count));
site!(/// The crate `probe`, with a costly argument and its semaphore.
    probe_lazy_costly, value, count, probe::probe_lazy!(bench, probe_costly, costly(value), count));
site!(/// The crate `usdt`, whose sites have a semaphore.
    oxide_crate, value, count, oxide::oxide!(|| (value, count)));
site!(/// The crate `usdt`, with a costly argument.
    oxide_costly, value, count, oxide::oxide_costly!(|| (costly(value), count)));
