"""What a program of coldwave contains besides crates of crates.io: Rust's standard library, with crates of its own, and
musl in the static program. The texts are those of the toolchain that builds it."""

import html
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Parts of the standard library, under its own licence.
PARTS = {"alloc", "core", "panic_abort", "panic_unwind", "std", "std_detect", "sysroot", "unwind"}
PARTS |= {"rustc_std_workspace_alloc", "rustc_std_workspace_core", "rustc_std_workspace_std"}
# Libraries beside it that only tests, profiles, procedural macros and the compiler use.
UNUSED = {"getopts", "profiler_builtins", "proc_macro", "rustc_literal_escaper", "test"}
# Its crates that the notices of the toolchain leave out, with their licences.
UNNOTICED = {
    "addr2line": "MIT OR Apache-2.0",
    "adler2": "0BSD OR MIT OR Apache-2.0",
    "compiler_builtins": "MIT AND Apache-2.0 WITH LLVM-exception AND (MIT OR Apache-2.0)",
    "memchr": "Unlicense OR MIT",
    "miniz_oxide": "MIT OR Zlib OR Apache-2.0",
    "object": "MIT OR Apache-2.0",
}


@dataclass
class Component:
    """A part of a program, with the texts of its licence."""

    name: str
    # Empty if the toolchain does not say it.
    version: str
    licence: str
    authors: str
    texts: list = field(default_factory=list)
    cpe: str = ""
    # Whether it is a crate in the standard library.
    is_crate: bool = False


def rustc(*arguments):
    """Returns what the compiler says, without the end of the last line."""
    return subprocess.run(["rustc", *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def strings(path, pattern):
    """Returns the matches of a pattern in a binary file."""
    return [found.decode() for found in re.findall(pattern, path.read_bytes())]


def plain(markup):
    """Returns the text of a piece of HTML, without empty lines."""
    text = html.unescape(re.sub(r"<[^>]*>", "", markup))
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def notices():
    """Returns the toolchain's notices about the standard library itself, and those about its crates, by name."""
    path = Path(rustc("--print", "sysroot"), "share/doc/rust/COPYRIGHT-library.html")
    if not path.is_file():
        sys.exit(f"{path} is missing: packages are built with a toolchain of rustup, whose notices are there")
    own, *crates = path.read_text(encoding="utf-8").split("<h3>")
    found = {}
    for crate in crates:
        name, version = re.match(r"\W*([\w-]+?)-(\d[^<]*)</h3>", crate).groups()
        value = lambda label: plain(re.search(rf"<b>{label}:</b>(.*?)</p>", crate, re.DOTALL)[1])
        texts = [html.unescape(text).strip() for text in re.findall(r"<pre>(.*?)</pre>", crate, re.DOTALL)]
        component = Component(name, version, value("License"), value("Authors"), texts, is_crate=True)
        found[name.replace("-", "_")] = component
    return plain(own[own.index("In-tree files</h2>"):own.index("Out-of-tree dependencies</h2>")]), found


def version_in(library, name):
    """Returns the version of a crate, from the paths of its source in the library, or nothing."""
    pattern = rf"deps/{name.replace('_', '[_-]')}-(\d+\.\d+\.\d+[\w.+-]*)".encode()
    return next(iter(strings(library, pattern)), "")


def components(target):
    """Returns the parts of a program for this target, and the notices about the standard library's own files."""
    release = re.search(r"^release: (.*)$", rustc("-vV"), re.MULTILINE)[1]
    libraries = Path(rustc("--print", "target-libdir", "--target", target))
    licences = Path(rustc("--print", "sysroot"), "share/doc/rust/licenses")
    text = lambda name: (licences / f"{name}.txt").read_text(encoding="utf-8").strip()
    in_tree, noticed = notices()
    own = [text(name) for name in ("MIT", "Apache-2.0", "LLVM-exception", "Unicode-3.0", "BSD-2-Clause")]
    found = [
        Component("Rust's standard library", release, "MIT OR Apache-2.0", "the Rust project developers", own,
                  f"cpe:2.3:a:rust-lang:rust:{release}:*:*:*:*:*:*:*"),
    ]
    for library in sorted(libraries.glob("*.rlib")):
        name = re.match(r"lib(\w+)-", library.name)[1]
        if name in PARTS | UNUSED:
            continue
        if name in noticed:
            found.append(noticed[name])
        elif name in UNNOTICED:
            # Not a crate of crates.io, whose text packaging/licences would take.
            texts = own[:3] if name == "compiler_builtins" else []
            found.append(Component(name, version_in(library, name), UNNOTICED[name], "its authors", texts, is_crate=True))
        else:
            sys.exit(f"packaging/runtime.py does not know {name}, a crate of Rust's standard library")
    if target.endswith("-musl"):
        version = strings(libraries / "self-contained/libc.a", rb"\0(1\.\d+\.\d+)\0")[0]
        musl = (ROOT / "LICENSES/musl.txt").read_text(encoding="utf-8").strip()
        gcc = [text("GCC-exception-3.1"), (ROOT / "LICENSES/GPL-3.0-only.txt").read_text(encoding="utf-8").strip()]
        found += [
            Component("GCC's start files", "", "GPL-3.0-or-later WITH GCC-exception-3.1", "Free Software Foundation", gcc),
            Component("LLVM's libunwind", "", "Apache-2.0 WITH LLVM-exception", "the LLVM project", own[1:3]),
            Component("musl", version, "MIT", "Rich Felker and others, see the text", [musl],
                      f"cpe:2.3:a:musl-libc:musl:{version}:*:*:*:*:*:*:*"),
        ]
    return found, in_tree
