"""A Jupyter kernel for C++20: what xeus-cpp's kernel of the same name, xcpp20, does, over Debian's clang-repl 19."""

import json
import os
import signal
import sys

from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from repl import Failure, Repl, StartError  # noqa: E402: a file beside this one


class CppKernel(Kernel):
    implementation = "frost's xcpp20"
    implementation_version = "0.1"
    banner = "C++20, compiled cell by cell (clang-repl 19)"
    language_info = {"name": "C++", "version": "20", "mimetype": "text/x-c++src", "file_extension": ".cpp",
                     "codemirror_mode": "text/x-c++src", "pygments_lexer": "cpp"}

    def __init__(self, **arguments):
        super().__init__(**arguments)
        self.repl = Repl(os.environ["XCPP_GUARD"], os.environ.get("XCPP_FLAGS", "").split())

    def do_execute(self, code, silent, store_history=True, user_expressions=None, allow_stdin=False, **_):
        count = {"execution_count": self.execution_count}
        signal.signal(signal.SIGINT, lambda *_: self.repl.interrupt())
        try:
            failure = self.repl.run(code, f"In[{self.execution_count}]",
                                    self.send_nothing if silent else self.send_stream,
                                    self.send_nothing if silent else self.send_display)
        except StartError as error:
            failure = Failure("StartError", str(error))
        if not failure:
            return {"status": "ok", "payload": [], "user_expressions": {}, **count}
        content = {"ename": failure.kind, "evalue": failure.what,
                   "traceback": [f"\x1b[31m{failure.kind}\x1b[0m: {failure.what}",
                                 *([failure.details.rstrip()] if failure.details.strip() else [])]}
        if not silent:
            self.send_response(self.iopub_socket, "error", content)
        return {"status": "error", **content, **count}

    def send_nothing(self, *_):
        pass

    def send_stream(self, name, text):
        self.send_response(self.iopub_socket, "stream", {"name": name, "text": text})

    def send_display(self, bundle):
        self.send_response(self.iopub_socket, "display_data",
                           {"data": json.loads(bundle), "metadata": {}, "transient": {}})

    def do_shutdown(self, restart):
        self.repl.close()
        return {"status": "ok", "restart": restart}


if __name__ == "__main__":
    IPKernelApp.launch_instance(kernel_class=CppKernel)
