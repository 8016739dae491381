# The configure script of LAME reads this file before it does anything else; see config.toml. It stops the build
# of LAME if make or the C compiler is missing, before the output of configure hides the reason.
#
# The autotools crate runs $MAKE, or make. It sets CC to the path of the compiler, also for another target.

for coldwave_need in "${MAKE:-make}" "${CC:-cc}"; do
    if ! command -v "$coldwave_need" >/dev/null; then
        echo "error: LAME, the MP3 encoder of coldwave, cannot be built, because \`$coldwave_need\` is missing." \
            "Install it (Debian: apt install build-essential), or build coldwave without LAME, which then converts" \
            "nothing to MP3: add --no-default-features to the cargo command." >&2
        exit 1
    fi
done
