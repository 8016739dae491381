#![no_main]

use coldwave::audio::Codec;

libfuzzer_sys::fuzz_target!(|input: &[u8]| coldwave_fuzz::framer::check(Codec::Aac, input));
