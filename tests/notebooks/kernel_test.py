"""The notebooks' kernel: what it says of cells that work and of cells that don't, and that a session goes on after them.

JUPYTER_PATH and XCPP_GUARD are set by CMakeLists.txt.
"""

import os
import sys
import tempfile
import threading
import time
import unittest

from jupyter_client.manager import start_new_kernel

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../notebooks/kernel"))
import repl  # noqa: E402: found through the line above

GUARD = os.environ["XCPP_GUARD"]


class Outcome:
    def __init__(self):
        self.stdout, self.stderr, self.displays, self.failure, self.order = "", "", [], None, []


class Cells(unittest.TestCase):
    """One session for all of them, as in a notebook: each test uses names of its own."""

    @classmethod
    def setUpClass(cls):
        cls.repl = repl.Repl(GUARD)
        assert cls.execute("#include <iostream>\n#include <stdexcept>\nint kept = 41;").failure is None

    @classmethod
    def tearDownClass(cls):
        cls.repl.close()

    @classmethod
    def execute(cls, code):
        outcome = Outcome()

        def on_stream(name, text):
            setattr(outcome, name, getattr(outcome, name) + text)
            outcome.order.append(name)

        def on_display(bundle):
            outcome.displays.append(bundle)
            outcome.order.append("display")

        outcome.failure = cls.repl.run(code, "In[7]", on_stream, on_display)
        return outcome

    def fails(self, code, kind):
        outcome = self.execute(code)
        self.assertIsNotNone(outcome.failure, f"no failure; printed {outcome.stdout!r}")
        self.assertEqual(outcome.failure.kind, kind, outcome.failure)
        return outcome

    def tearDown(self):
        self.assertEqual(self.execute("std::cout << kept + 1;").stdout, "42", "the session did not go on as it was")

    def test_output_on_both_streams(self):
        outcome = self.execute('std::cout << "out"; std::cerr << "err"; printf("%d", 3);')
        self.assertEqual((outcome.stdout, outcome.stderr, outcome.failure), ("out3", "err", None))

    def test_functions_over_lines_macros_and_comments(self):
        outcome = self.execute("#define TWICE(x) \\\n  (2 * (x))\n// a comment\nint f(int x) {\n  return TWICE(x);\n}\n"
                               "std::cout << f(4);  // the last line")
        self.assertEqual(outcome.stdout, "8")

    def test_an_escape_that_is_no_frame_is_printed(self):
        self.assertEqual(self.execute(r'std::cout << "\033[1mbold\033[0m";').stdout, "\033[1mbold\033[0m")

    def test_displays_keep_their_place_among_prints(self):
        outcome = self.execute("#include <xcpp/xdisplay.hpp>\n"
                               "namespace shapes { struct Dot {};\n"
                               'nl::json mime_bundle_repr(const Dot&) { return {{"text/html", "<b>\\a ü</b>"}}; } }\n'
                               'std::cout << 1; xcpp::display(shapes::Dot()); std::cout << 2; xcpp::display(3);')
        self.assertEqual(outcome.failure, None)
        self.assertEqual(outcome.displays, [r'{"text/html":"<b>\u0007 \u00fc</b>"}', '{"text/plain":"3"}'])
        self.assertEqual(outcome.order, ["stdout", "display", "stdout", "display"])

    def test_a_cell_that_does_not_compile_does_not_run(self):
        outcome = self.fails('kept = 0;\nstd::cout << "ran";\nint broken = "text";', "CompileError")
        self.assertIn("In[7]:3:5: error: cannot initialize", outcome.failure.what)
        self.assertIn('int broken = "text";', outcome.failure.details)
        self.assertNotIn("input_line", outcome.failure.details)
        self.assertEqual((outcome.stdout, outcome.stderr), ("", ""))
        self.assertEqual(self.execute("int broken = 5; std::cout << broken;").stdout, "5")

    def test_a_warning_is_shown_and_the_cell_runs(self):
        outcome = self.execute('int nothing() { }\nstd::cout << "ran";')
        self.assertIn("In[7]:1:17: warning: non-void function", outcome.stderr)
        self.assertEqual((outcome.stdout, outcome.failure), ("ran", None))

    def test_a_redefinition_says_how_to_go_on(self):
        outcome = self.fails("int kept = 1;", "CompileError")
        self.assertIn("redefinition of 'kept'", outcome.failure.what)
        self.assertIn("put the cell between { }", outcome.failure.details)

    def test_a_symbol_that_no_library_has(self):
        outcome = self.fails("int nowhere(int);\nstd::cout << nowhere(1);", "LinkError")
        self.assertIn("nowhere", outcome.failure.what)

    def test_an_exception_by_its_type(self):
        outcome = self.fails('struct Guest { ~Guest() { std::cout << "left"; } };\n'
                             '{ Guest guest; std::cout << "in, "; throw std::out_of_range("too far"); }',
                             "std::out_of_range")
        self.assertEqual((outcome.failure.what, outcome.stdout), ("too far", "in, left"))
        self.assertEqual(self.fails("throw 3;", "int").failure.what, "thrown, and not caught")

    def test_an_exception_that_is_caught(self):
        code = 'try { throw std::runtime_error("a"); } catch (const std::exception& e) { std::cout << e.what(); }'
        self.assertEqual(self.execute(code).stdout, "a")

    def test_crashes(self):
        self.fails("*(volatile int*)nullptr = 1;", "Crashed")
        self.fails("#include <cstdlib>\nabort();", "Aborted")
        self.fails("#include <csignal>\nraise(SIGFPE);", "Crashed")

    def test_a_stack_that_overflows(self):
        self.fails("int deep(int n) { volatile char room[1000]; room[n % 1000] = 1; return deep(n + 1) + room[0]; }\n"
                   "std::cout << deep(1);", "Crashed")

    def test_an_interrupt(self):
        for code in ("while (true) { volatile int busy = 0; (void)busy; }", "#include <unistd.h>\nsleep(100);"):
            timer = threading.Timer(0.3, self.repl.interrupt)
            timer.start()
            start = time.monotonic()
            self.fails(code, "Interrupted")
            self.assertLess(time.monotonic() - start, 10)

    def test_an_interrupt_between_cells_does_nothing(self):
        time.sleep(0.2)  # until it waits for a cell
        self.repl.interrupt()
        time.sleep(0.2)
        self.assertEqual(self.execute("std::cout << 1;").stdout, "1")


class Process(unittest.TestCase):
    def test_exit_ends_the_session_and_the_next_cell_starts_another(self):
        session = repl.Repl(GUARD)
        self.addCleanup(session.close)
        printed = []
        failure = session.run("#include <cstdlib>\nint gone = 1; exit(3);", "In[1]", print, print)
        self.assertEqual((failure.kind, failure.is_over), ("Ended", True))
        self.assertIn("exit(3)", failure.what)
        failure = session.run('#include <cstdio>\nint gone = 2; printf("%d", gone);', "In[2]",
                              lambda _, text: printed.append(text), print)
        self.assertEqual((failure, printed), (None, ["2"]))

    def test_a_program_that_is_not_installed(self):
        with self.assertRaisesRegex(repl.StartError, "clang-repl-7 is not installed: sudo apt-get install clang-tools-19"):
            repl.Repl(GUARD, program="clang-repl-7").start()

    def test_a_guard_that_is_not_built(self):
        with self.assertRaisesRegex(repl.StartError, "/nowhere/guard.so is not there"):
            repl.Repl("/nowhere/guard.so").start()

    def test_a_clang_repl_that_the_guard_does_not_fit(self):
        with tempfile.NamedTemporaryFile(suffix=".so") as no_library:
            session = repl.Repl(no_library.name, start_seconds=2)
            self.addCleanup(session.close)
            with self.assertRaisesRegex(repl.StartError, "does not work with .*no answer within 2 s"):
                session.start()

    def test_flags_that_clang_does_not_take(self):
        session = repl.Repl(GUARD, flags=["-std=c++1234"])
        self.addCleanup(session.close)
        with self.assertRaisesRegex(repl.StartError, "invalid value 'c\\+\\+1234'"):
            session.start()


class Jupyter(unittest.TestCase):
    """The same through Jupyter's protocol, with the kernelspec of the build."""

    def test_a_session(self):
        manager, client = start_new_kernel(kernel_name="xcpp20", startup_timeout=60)
        self.addCleanup(manager.shutdown_kernel, now=True)
        self.addCleanup(client.stop_channels)

        def execute(code, before_reply=lambda: None):
            messages = []
            timer = threading.Timer(0.5, before_reply)
            timer.start()
            reply = client.execute_interactive(code, timeout=60, output_hook=messages.append)
            timer.cancel()
            if reply["content"]["status"] == "aborted":  # Jupyter drops what comes right behind an error
                return execute(code, before_reply)
            return reply["content"], {message["msg_type"]: message["content"] for message in messages}

        reply, messages = execute('#include <xcpp/xdisplay.hpp>\n#include <iostream>\nint x = 2;\nstd::cout << x;\n'
                                  'xcpp::display(x);')
        self.assertEqual((reply["status"], messages["stream"]["text"]), ("ok", "2"))
        self.assertEqual(messages["display_data"]["data"], {"text/plain": "2"})
        reply, messages = execute("x = y;")
        self.assertEqual((reply["status"], reply["ename"]), ("error", "CompileError"))
        self.assertIn("In[2]:1:5: error: use of undeclared identifier 'y'", "\n".join(messages["error"]["traceback"]))
        reply, _ = execute("while (true) { volatile int busy = 0; (void)busy; }", manager.interrupt_kernel)
        self.assertEqual((reply["status"], reply["ename"]), ("error", "Interrupted"))
        reply, messages = execute("std::cout << x;")
        self.assertEqual(messages["stream"]["text"], "2")


if __name__ == "__main__":
    unittest.main()
