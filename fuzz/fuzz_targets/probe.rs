#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| coldwave_fuzz::probe::check(input));
