fn f<'a>(x: &'a str) { trace::trace_main_of_rust(); }
