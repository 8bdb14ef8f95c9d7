"""clang-repl in a process of its own, to which cells of C++ are sent."""

import os
import re
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass

HERE = os.path.dirname(os.path.abspath(__file__))
FRAME = re.compile(rb"\x1b\]xcpp;(\w+);(.*?)\x07", re.DOTALL)  # see guard.cpp
# What clang-repl adds to the compiler's own messages, and where cells come from.
NOISE = re.compile(r"^(In file included from (<<< inputs >>>|input_line_).*|error: (Parsing failed|Failed to mat).*)\n",
                   re.MULTILINE)
# Declared by hand: a session that includes nothing starts at once.
PRELUDE = 'extern "C" void xcpp_cell_begins(); extern "C" void xcpp_nothing();\n'


class StartError(Exception):
    """clang-repl cannot be used; says why, and what to do."""


@dataclass
class Failure:
    kind: str  # "CompileError", "LinkError", "Interrupted", "Crashed", "Ended" or the type of an exception
    what: str  # one line
    details: str = ""  # what the compiler said
    is_over: bool = False  # whether the process ended, and all state with it


class Repl:
    """run() executes one cell. While it does, it calls on_stream(name, text), name being "stdout" or "stderr", and
    on_display(json_text), in the order in which the cell wrote."""

    def __init__(self, guard, flags=(), program="clang-repl-19", start_seconds=60):
        self.guard, self.flags, self.program, self.start_seconds = guard, list(flags), program, start_seconds
        self.cells = 0
        self.folder = tempfile.mkdtemp(prefix="xcpp-")
        self.process = None

    def start(self):
        """Also after the process has ended. Raises StartError."""
        self.stop()
        if not shutil.which(self.program):
            raise StartError(f"{self.program} is not installed: sudo apt-get install clang-tools-19")
        if not os.path.exists(self.guard):
            raise StartError(f"{self.guard} is not there: notebooks/run builds it")
        flags = [f"-Xcc={flag}" for flag in ["-std=c++20", "-O2", f"-I{HERE}/include", *self.flags]]
        self.process = subprocess.Popen(
            [self.program, *flags], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
            env={**os.environ, "LD_PRELOAD": self.guard},
            start_new_session=True)  # so that Jupyter's interrupts come through interrupt() alone
        self.buffers = {"stdout": b"", "stderr": b""}
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ, "stdout")
        self.selector.register(self.process.stderr, selectors.EVENT_READ, "stderr")
        failure = self._send_and_wait(PRELUDE, lambda *_: None, lambda _: None, time.monotonic() + self.start_seconds)
        if failure:
            self.stop()
            raise StartError(f"{self.program} does not work with {self.guard}: {failure.what}\n{failure.details}\n"
                             "It is made for clang-repl 19 as Debian 12 and Ubuntu 24.04 have it.")

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
                stream.close()
            self.selector.close()
            self.process = None

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def interrupt(self):
        if self.process:
            self.process.send_signal(signal.SIGINT)

    def run(self, code, name, on_stream, on_display):
        """Returns None, or the Failure. `name` is what the compiler's messages call the cell."""
        if not self.process:
            self.start()
        # A file, so that functions may span lines, and macros and comments work. A cell that does not compile has
        # not run, nor defined anything.
        path = os.path.join(self.folder, f"{self.cells}.cpp")
        with open(path, "w") as file:
            file.write(f'xcpp_cell_begins();\n#line 1 "{name}"\n{code}\n')
        return self._send_and_wait(f'#include "{path}"\n', on_stream, on_display)

    def _send_and_wait(self, line, on_stream, on_display, deadline=None):
        number, self.cells = self.cells, self.cells + 1
        try:
            self.process.stdin.write(f"{line}//cell {number} ends\n".encode())
        except BrokenPipeError:
            pass  # reading says how it ended
        said = {"stdout": None, "stderr": None}  # what the end frames say, once they are there
        messages = ""  # the compiler's: what comes on stderr before the cell begins
        began = False

        def text(stream, data):
            nonlocal messages
            if stream == "stderr" and not began:
                messages += data.decode(errors="replace")
            elif data:
                on_stream(stream, data.decode(errors="replace"))

        while None in said.values():
            events = self.selector.select(None if deadline is None else max(0, deadline - time.monotonic()))
            if not events and deadline is not None and time.monotonic() >= deadline:
                return Failure("Silent", f"no answer within {self.start_seconds} s", messages)
            for key, _ in events:
                stream = key.data
                chunk = os.read(key.fd, 1 << 16)
                if not chunk:
                    return self._ended(messages, began)
                buffer = self.buffers[stream] + chunk
                while frame := FRAME.search(buffer):
                    text(stream, buffer[:frame.start()])
                    buffer = buffer[frame.end():]
                    kind, content = frame[1].decode(), frame[2].decode(errors="replace")
                    if kind == "begins":
                        began = True
                        if warnings := NOISE.sub("", messages):
                            on_stream("stderr", warnings)
                        messages = ""
                    elif kind == "display":
                        on_display(content)
                    elif kind == "ends" and content.startswith(f"{number};"):
                        said[stream] = content[len(f"{number};"):]
                cut = buffer.find(b"\x1b")  # the start of a frame, perhaps: it is looked at with what follows
                ready = buffer if cut < 0 else buffer[:cut]
                self.buffers[stream] = buffer[len(ready):]
                text(stream, ready)
        return self._failure(said["stdout"], NOISE.sub("", messages)) if said["stdout"] else None

    @staticmethod
    def _failure(said, messages):
        if said != "not run":
            kind, _, what = said.partition(": ")
            if kind in ("interrupted", "aborted", "crashed"):
                return Failure(kind.title(), what or "the cell was stopped; what it had done stays done")
            return Failure(kind, what)
        if symbols := re.search(r"Symbols not found: \[ (.*) \]", messages):
            return Failure("LinkError", f"no library that is loaded has {demangled(symbols[1])}")
        first = next((line for line in messages.splitlines() if "error: " in line), "it did not compile")
        details = messages
        if "redefinition of" in messages:
            details += "A name stays for the whole session: choose another, or put the cell between { }."
        return Failure("CompileError", first, details)

    def _ended(self, messages, began):
        status = self.process.wait()
        how = f"exit({status}) was called" if status >= 0 else signal.Signals(-status).name
        if status < 0 and not began:  # clang-repl 19 does so where a block at the top level has a local class
            how += (" while it compiled. Is there a lambda or a struct between { }? Put it before the {, or into a "
                    "function")
        self.stop()
        return Failure("Ended", f"the process of the session ended: {how}. All that was defined is gone", messages, True)


def demangled(symbols):
    """C++ names as one writes them, where c++filt is there to say."""
    if not shutil.which("c++filt"):
        return symbols
    return subprocess.run(["c++filt"], input=symbols, capture_output=True, text=True, check=False).stdout.strip()
