"""How what is frost's is shown in notebooks: <frost/notebook.hpp>, through the kernel's own clang-repl.

XCPP_GUARD, CPLUS_INCLUDE_PATH and LD_LIBRARY_PATH are set by CMakeLists.txt, as the kernelspec sets them.
"""

import json
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../notebooks/kernel"))
import repl  # noqa: E402: found through the line above

LOAD = ('#include <dlfcn.h>\n#include <stdexcept>\n'
        'if (!dlopen("libfrost-notebook.so", RTLD_NOW | RTLD_GLOBAL)) throw std::runtime_error(dlerror());')
INCLUDE = """
#include <frost/frost.hpp>
#include <frost/notebook.hpp>
#include <xcpp/xdisplay.hpp>
#include <cmath>
#include <iostream>
using namespace frost::notebook;
frost::Tensor scores = frost::tensor({{1., -2.}, {0.5, 4.}}, frost::kFloat).requires_grad_().set_name("a<b");
"""


class Display(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.repl = repl.Repl(os.environ["XCPP_GUARD"])
        for code in (LOAD, INCLUDE):
            failure = cls.repl.run(code, "start", print, print)
            assert failure is None, failure

    @classmethod
    def tearDownClass(cls):
        cls.repl.close()

    def run_cell(self, code):
        printed, bundles = [], []
        failure = self.repl.run(code, "cell", lambda _, text: printed.append(text), bundles.append)
        return failure, "".join(printed), [json.loads(bundle) for bundle in bundles]

    def shown(self, expression):
        failure, _, bundles = self.run_cell(f"xcpp::display({expression});")
        self.assertIsNone(failure)
        self.assertEqual(len(bundles), 1)
        return bundles[0]["text/html"], bundles[0]["text/plain"]

    def cells(self, html):
        return [re.sub(r"<[^>]*>", "", cell) for cell in re.findall(r"<td[^>]*?title.*?</td>", html)]

    def test_a_tensor(self):
        html, text = self.shown("scores")
        self.assertEqual(self.cells(html), ["1", "-2", "0.5", "4"])
        self.assertIn("float32 [2, 2]", html)
        self.assertIn("leaf, requires grad", html)
        self.assertIn("<b>a&lt;b</b>", html)
        self.assertNotIn("a<b", html)
        self.assertIn("requires_grad=True", text)

    def test_the_largest_value_has_the_deepest_colour(self):
        html, _ = self.shown("scores")
        self.assertRegex(html, r'rgb\(92,160,232\)[^>]*title="4"')
        self.assertRegex(html, r'rgb\(255,207,165\)[^>]*title="-2"')  # half as deep, and of the other colour

    def test_what_is_not_finite_and_bool(self):
        html, _ = self.shown("frost::tensor({NAN, INFINITY, 1e-9f})")
        self.assertEqual(self.cells(html), ["nan", "inf", "1.00e-09"])
        html, _ = self.shown("frost::tensor({true, false})")
        self.assertEqual(self.cells(html), ["true", "false"])

    def test_large_and_empty_tensors(self):
        html, _ = self.shown("frost::zeros({2, 3, 40, 50})")
        self.assertEqual(len(self.cells(html)), 4 * 16 * 16)
        self.assertIn("[1, 0, :, :]", html)
        self.assertIn("… 24 more", html)
        self.assertIn("… 34 more", html)
        self.assertIn("… 2 more", html)
        self.assertIn("no elements", self.shown("frost::zeros({0, 3})")[0])
        self.assertIn("undefined", self.shown("frost::Tensor()")[1])

    def test_the_three_states_of_a_gradient(self):
        failure, _, _ = self.run_cell(
            'frost::Tensor x = frost::tensor({1., 2.}).requires_grad_().set_name("x"), f = frost::zeros({1}).set_name("f");\n'
            'frost::Tensor z = frost::ones({1}, frost::requires_grad()).set_name("z");\n'
            "((x + f).masked_fill(frost::tensor({false, true}), 0).sum() + (z * 0).sum()).backward();")
        self.assertIsNone(failure)
        html, text = self.shown("gradients({x, f, z})")
        number, absent, zero = (part.split("</tbody>")[0] for part in html.split("gradient of")[1:])
        self.assertIn("zero at 1 of 2", number)
        self.assertIn(">zero</td>", number)
        self.assertIn(">1</td>", number)
        self.assertIn(">absent</td>", absent)
        self.assertIn("frozen: requires_grad is false", absent)
        self.assertNotIn("absent", zero)
        self.assertIn(">zero</td>", zero)
        self.assertEqual(text.splitlines()[1], "gradient of f: absent (frozen: requires_grad is false)")
        self.assertEqual(text.splitlines()[2], "gradient of z: zero, tensor([0.])")

    def test_a_graph_is_drawn_and_its_names_escaped(self):
        html, text = self.shown("frost::inspect::Trace(scores.softmax(1).sum())")
        self.assertTrue(html.startswith("<svg"), html[:80])
        self.assertIn("SoftmaxBackward0", html)
        self.assertNotIn("a<b", html)
        self.assertIn("#1 SoftmaxBackward0", text)

    def test_a_stepper_and_an_explanation(self):
        failure, _, bundles = self.run_cell(
            "frost::Tensor root = scores.relu().sum();\nfrost::inspect::Stepper stepper(root);\nstepper.next();\n"
            "xcpp::display(stepper);\nxcpp::display(frost::inspect::explain(root, scores, {0, 1}));")
        self.assertIsNone(failure)
        self.assertIn("after 1 step: #0 SumBackward0", bundles[0]["text/plain"])
        self.assertIn("<svg", bundles[0]["text/html"])
        self.assertIn("is 0", bundles[1]["text/plain"])
        self.assertIn("a&lt;b", bundles[1]["text/html"])

    def test_attention_over_a_batch_and_as_a_matrix(self):
        html, text = self.shown('attention(frost::tensor({{0.25, 0.75}, {1., 0.}}), {{"<a>", "b"}, {"c"}})')
        self.assertEqual(text, "<a> 0.250  b 0.750  sum 1\nc 1.000  pad 0  sum 1")
        self.assertIn("&lt;a&gt;", html)
        _, text = self.shown('attention(frost::tensor({{0.25, 0.75}}), std::vector<std::string>{"q"}, '
                             'std::vector<std::string>{"a", "b"})')
        self.assertEqual(text, "q: 0.250 0.750")

    def test_a_chart_leaves_out_what_is_not_finite(self):
        html, text = self.shown('Chart{"t", "x", "y", {{"a & b", {1, NAN, 3, 4}}}}')
        self.assertEqual(text, "t\na & b: 1 nan 3 4")
        self.assertIn("a &amp; b", html)
        self.assertEqual(html.count("<circle"), 3)
        self.assertNotIn("nan", html)

    def test_errors(self):
        for expression, message in (
                ('attention(frost::zeros({2, 2}), {{"a"}})', "weights of 2 sequences, but tokens of 1"),
                ('attention(frost::zeros({1, 1}), {{"a", "b"}})', "2 tokens, but 1 weights"),
                ('attention(frost::zeros({2}), std::vector<std::string>{"q"}, std::vector<std::string>{})', "[1, 0]"),
                ('Chart{"t", "x", "y", {}}', "there is no point to draw"),
                ('Chart{"t", "x", "y", {{"a", {1, 2}, {1}}}}', "line a has 1 x for 2 y"),
                ('Chart{"t", "x", "y", {{"a", {1, 0}, {1, 2}}}, true}', "line a, point 1"),
                ("gradients({frost::Tensor()})", "undefined")):
            failure, _, _ = self.run_cell(f"xcpp::display({expression});")
            self.assertIsNotNone(failure, expression)
            self.assertIn(message, failure.what)


if __name__ == "__main__":
    unittest.main()
