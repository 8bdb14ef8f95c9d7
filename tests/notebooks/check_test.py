"""check.py itself: what it takes for the same as stored, and what not."""

import unittest

from nbformat.v4 import new_code_cell, new_output

import check


def printed(text, name="stdout"):
    return new_output("stream", name=name, text=text)


def picture(text, html="<b></b>"):
    return new_output("display_data", data={"text/plain": text, "text/html": html})


class Same(unittest.TestCase):
    def same(self, shown, stored, tag=None):
        cell = new_code_cell(outputs=shown)
        cell.metadata.tags = [tag] if tag else []
        return check.difference(cell, stored) == ""

    def test_numbers_to_a_thousandth(self):
        self.assertTrue(self.same([printed("loss 1.2345")], [printed("loss 1.2346")]))
        self.assertFalse(self.same([printed("loss 1.2345")], [printed("loss 1.2445")]))
        self.assertTrue(self.same([printed("7.1e-09")], [printed("-3.2e-08")]))
        self.assertFalse(self.same([printed("0.3")], [printed("-0.3")]))

    def test_whole_numbers_and_words_exactly(self):
        self.assertFalse(self.same([printed("1001 nodes")], [printed("1000 nodes")]))
        self.assertFalse(self.same([printed("absent")], [printed("zero")]))
        self.assertFalse(self.same([printed("SumBackward0")], [printed("SumBackward1")]))
        self.assertFalse(self.same([printed("nan")], [printed("0.5")]))

    def test_tags(self):
        self.assertTrue(self.same([printed("took 812 us")], [printed("took 9.5 us")], "timing"))
        self.assertFalse(self.same([printed("took 812 us")], [printed("took 812 ms")], "timing"))
        self.assertTrue(self.same([printed("loss 1.05")], [printed("loss 1.1")], "training"))
        self.assertFalse(self.same([printed("loss 0.5")], [printed("loss 1.1")], "training"))

    def test_prints_in_parts_are_one(self):
        self.assertTrue(self.same([printed("a b"), printed(" c")], [printed("a b c")]))
        self.assertFalse(self.same([printed("a"), printed("b", "stderr")], [printed("a b")]))

    def test_what_is_shown_and_in_which_order(self):
        self.assertTrue(self.same([picture("1.0", "<i>")], [picture("1.0")]))
        self.assertFalse(self.same([picture("1.0")], [picture("1.0"), picture("1.0")]))
        self.assertFalse(self.same([picture("a"), printed("b")], [printed("b"), picture("a")]))
        self.assertFalse(self.same([], [printed("a")]))

    def test_errors_by_name_and_text(self):
        def error(text):
            return new_output("error", ename="frost::Error", evalue=text, traceback=["…"])
        self.assertTrue(self.same([error("[gradcheck] 0.31")], [error("[gradcheck] 0.31001")]))
        self.assertFalse(self.same([error("[gradcheck] 0.31")], [error("[matmul] 0.31")]))

    def test_a_difference_says_both(self):
        text = check.difference(new_code_cell(outputs=[printed("new")]), [printed("old")])
        self.assertIn("-(stdout) old", text)
        self.assertIn("+(stdout) new", text)

    def test_a_frame_is_not_stored(self):
        cell = new_code_cell(outputs=[picture("a page", "<iframe srcdoc=''></iframe>"), picture("b")])
        check.without_frames(check.nbformat.v4.new_notebook(cells=[cell]))
        self.assertNotIn("text/html", cell.outputs[0].data)
        self.assertIn("text/html", cell.outputs[1].data)


if __name__ == "__main__":
    unittest.main()
