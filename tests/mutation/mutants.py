"""Finds what can be broken in the backward formulas of a C++ source, and writes all of it into the source at once: each
formula becomes (broken(1) ? (…) : broken(2) ? (…) : (as it was)), and one binary holds every mutant."""

import re
from dataclasses import dataclass

# Functions whose bodies are rules, by their names or by what they are given; and helpers of rules.
RULE_NAME = re.compile(r"backward|gradient|_slope|softmax_term|differentiate")
RULE_PARAMETERS = re.compile(r"\bgrad_outs?\b|const Tensor& h\b|Gradients&")
HELPERS = {"product_of_others", "product_before", "shifted", "sign", "from_corner", "placed", "sum_at", "reduce_to",
           "assemble", "inside", "outside", "accumulate", "spread", "restored", "unpacked", "scaled_rows"}
NOT_FUNCTIONS = {"if", "for", "while", "switch", "catch"}
# What these are given says where numbers stand, not what they are.
PLACES = {"load", "at", "data_ptr", "sizes", "size", "Saved", "static_cast", "is_skipped", "narrow", "select", "dim",
          "empty_tensor", "zeros", "wanted", "matrix", "data", "listed", "columns_of", "place", "h", "normalised", "gate",
          "zeroed"}
ABOUT_PLACES = re.compile(r"\s*(const |constexpr |static )*(using|int64_t|size_t|int|bool|Dims|uint32_t|Dtype|Layout)\b")
SWAPPED = {"matmul": 0, "mm": 0, "bmm": 0, "outer": 0, "pow": 0, "where": 1, "select": 1, "gemm": 0}
UNWRAPPED = {"masked_fill", "transpose", "flip", "t", "permute", "zeroed", "scatter"}
NOTHING = re.compile(r"(empty_tensor|zeros|zeros_like)\(.*|B\(T\(0\)\)|0")

TOKEN = re.compile(r"""[A-Za-z_]\w*|\d[\w.]*|->|::|\+\+|--|[-+*/<>=!&|]=|&&|\|\||<<|>>|\.\.\.|[^\s]""")
PRECEDENCE = {"*": 5, "/": 5, "%": 5, "+": 4, "-": 4, "<<": 3, "<": 3, ">": 3, "<=": 3, ">=": 3, "==": 2, "!=": 2, "&": 2,
              "|": 2, "&&": 1, "||": 1, "?": 0, ":": 0, ",": -1}
NEGATED = {"<": ">=", ">": "<=", "<=": ">", ">=": "<", "==": "!=", "!=": "=="}
OPENING, CLOSING = "([{", ")]}"


@dataclass
class Mutant:
    line: int
    what: str  # sign, factor, dropped, transposed, …
    before: str
    after: str


def blank(text):
    """The source with comments and the insides of strings as spaces: every character stays in its place."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'', re.S)
    return pattern.sub(lambda m: re.sub(r"[^\n]", " ", m.group()) if m.group()[0] == "/" else
                       m.group()[0] + "_" * (len(m.group()) - 2) + m.group()[0], text)


class Tokens:
    def __init__(self, text):
        self.text = text
        self.spans = [m.span() for m in TOKEN.finditer(text)]
        self.words = [text[a:b] for a, b in self.spans]
        self.match = {}
        stack = []
        for i, word in enumerate(self.words):
            if word in OPENING:
                stack.append(i)
            elif word in CLOSING and stack:
                self.match[stack[-1]] = i
                self.match[i] = stack.pop()
        for i, word in enumerate(self.words):  # template arguments are brackets too
            if word == "<" and i and re.match(r"[A-Za-z_]", self.words[i - 1]) and (end := self._template_end(i)):
                self.match[i] = end
                self.match[end] = i

    def _template_end(self, i):
        depth = 0
        for k in range(i, min(i + 30, len(self.words))):
            word = self.words[k]
            depth += word == "<"
            depth -= word == ">"
            if depth == 0:
                return k if k + 1 < len(self.words) and self.words[k + 1] in "(::{" else None
            if not re.match(r"[\w<,*&:]", word):
                return None
        return None

    def opens(self, i):
        return i in self.match and self.match[i] > i

    def is_binary(self, i, first):
        if i == first:
            return False
        before = self.words[i - 1]
        return bool(re.match(r"[\w\"']", before) and before not in ("return", "case")) or before in (")", "]", "}") or \
            (before == ">" and (i - 1) in self.match)


def regions(tokens):
    """Pairs of tokens between which a rule stands."""
    found = []
    for i, word in enumerate(tokens.words):
        if word != "{" or i not in tokens.match:
            continue
        k = i - 1
        while k >= 0 and tokens.words[k] not in ")};{":  # const, noexcept, -> Type
            k -= 1
        if k < 0 or tokens.words[k] != ")" or k not in tokens.match or i - k > 8:
            continue
        opening = tokens.match[k]
        parameters = tokens.text[tokens.spans[opening][0]:tokens.spans[k][1]]
        name = tokens.words[opening - 1] if opening else ""
        if name in NOT_FUNCTIONS:
            continue
        if RULE_PARAMETERS.search(parameters) or RULE_NAME.search(name) or name in HELPERS:
            found.append((i, tokens.match[i]))
    for m in re.finditer(r"Binary::\w+_backward\)|\belse\b(?=\s*return x \* math::gelu_slope)", tokens.text):
        start = next(i for i, span in enumerate(tokens.spans) if span[0] >= m.end())
        found.append((start - 1, tokens.words.index(";", start)))
    return found


def expressions(tokens, first, last):
    """(begin, end, is_result) of the formulas between two tokens: what is returned, assigned, or a statement's last
    argument."""
    words, i = tokens.words, first + 1
    stack, statement = [], i
    while i < last:
        word = words[i]
        if word == "return":
            yield from split(tokens, i + 1, True)
        elif word in ("=", "+=", "-=", "*=", "/=") and (not stack or words[stack[-1]] == "{") and \
                not ABOUT_PLACES.match(tokens.text[tokens.spans[statement][0]:]):
            is_grad = "grad" in tokens.text[tokens.spans[statement][0]:tokens.spans[i][0]]
            yield from split(tokens, i + 1, is_grad)
        elif word == "(" and i in tokens.match and words[min(tokens.match[i] + 1, last)] == ";" and \
                (not stack or words[stack[-1]] == "{"):
            yield from last_argument(tokens, statement, i)
        if word in OPENING:
            stack.append(i)
        elif word in CLOSING and stack:
            stack.pop()
        if word in ";{}" or (word == ")" and i in tokens.match and words[tokens.match[i] - 1] in NOT_FUNCTIONS):
            statement = i + 1
        i += 1


def split(tokens, begin, is_result):
    """Up to the ; that ends it, in parts where commas stand between."""
    words, start, i = tokens.words, begin, begin
    if words[begin] == "{":  # return {a, b};
        i = start = begin + 1
    while i < len(words):
        if tokens.opens(i):
            if words[i] == "{":
                return  # a lambda within, whose statements are found themselves
            i = tokens.match[i] + 1
            continue
        if words[i] in (",", ";", "}", ")"):
            if i > start:
                yield start, i, is_result
            if words[i] != ",":
                return
            start = i + 1
            if words[begin - 1] == "=" and start + 1 < len(words) and words[start + 1] == "=":
                start += 2  # the next declarator's name
                i = start
                continue
        i += 1


def last_argument(tokens, statement, opening):
    end, start = tokens.match[opening], opening + 1
    i, has_several = start, False
    while i < end:
        if tokens.opens(i):
            if tokens.words[i] == "{":
                return
            i = tokens.match[i]
        elif tokens.words[i] == ",":
            start, has_several = i + 1, True
        i += 1
    name = tokens.words[opening - 1]
    if tokens.words[opening - 1] == ">" and opening - 1 in tokens.match:
        name = tokens.words[tokens.match[opening - 1] - 1]
    if has_several and name in ("set", "store") and start < end:
        yield start, end, True


def source(tokens, begin, end):
    return re.sub(r"\s+", " ", tokens.text[tokens.spans[begin][0]:tokens.spans[end - 1][1]]) if end > begin else ""


def operand_ends(tokens, at, begin, end):
    """What a binary operator takes: (begin of the left, end of the right)."""
    rank = PRECEDENCE[tokens.words[at]]
    left = at - 1
    while left >= begin:
        if left in tokens.match and tokens.match[left] < left:
            left = tokens.match[left] - 1
            continue
        word = tokens.words[left]
        if word in "([{" or (word in PRECEDENCE and PRECEDENCE[word] < rank and tokens.is_binary(left, begin)) or \
                word in ("?", ":", ","):
            break
        left -= 1
    right = at + 1
    while right < end:
        if tokens.opens(right):
            right = tokens.match[right] + 1
            continue
        word = tokens.words[right]
        if word in ")]}" or word in ("?", ":", ",", ";") or \
                (word in PRECEDENCE and PRECEDENCE[word] <= rank and tokens.is_binary(right, at + 1)):
            break
        right += 1
    return left + 1, right


def arguments(tokens, opening):
    """Pairs of tokens between which each argument of a call stands."""
    ends, start, i = [], opening + 1, opening + 1
    while i < tokens.match[opening]:
        if tokens.opens(i):
            i = tokens.match[i]
        elif tokens.words[i] == ",":
            ends.append((start, i))
            start = i + 1
        i += 1
    return ends + [(start, tokens.match[opening])]


def broken(tokens, begin, end, is_result):
    """(what, text) of each way to break the formula between two tokens."""
    def put(a, b, text):
        return " ".join(part for part in (source(tokens, begin, a), text, source(tokens, b, end)) if part)

    whole = source(tokens, begin, end)
    if is_result and not NOTHING.fullmatch(whole):
        yield "sign", f"-({whole})"
        yield "factor", f"({whole}) + ({whole})"
    i = begin
    while i < end:
        word, name = tokens.words[i], tokens.words[i - 1] if i > begin else ""
        if name == ">" and i - 1 in tokens.match:
            name = tokens.words[tokens.match[i - 1] - 1]
        if word == "(" and name in SWAPPED:
            given, k = arguments(tokens, i), SWAPPED[name]
            if len(given) >= k + 2:
                a, b = given[k], given[k + 1]
                yield "transposed", put(a[0], b[1], source(tokens, *b) + ", " + source(tokens, *a))
        if word == "(" and name in UNWRAPPED and tokens.words[i - 2] != "template":
            given = arguments(tokens, i)
            start = i - 1
            while start - 2 >= begin and tokens.words[start - 1] in ("::", ".", "->"):
                start -= 2
            if given[0][1] > given[0][0]:
                yield "dropped", put(start, tokens.match[i] + 1, "(" + source(tokens, *given[0]) + ")")
        if i in tokens.match and tokens.match[i] > i and (word in "[{<" or (word == "(" and name in PLACES)):
            i = tokens.match[i] + 1
            continue
        if word in PRECEDENCE and i not in tokens.match and tokens.is_binary(i, begin):
            left, right = operand_ends(tokens, i, begin, end)
            first, second = source(tokens, left, i), source(tokens, i + 1, right)
            other = {"+": "-", "-": "+", "*": "/", "/": "*"}.get(word)
            if other:
                yield "sign" if word in "+-" else "factor", put(i, i + 1, other)
                yield "dropped", put(left, right, f"({first})")
                if word != "/":
                    yield "dropped", put(left, right, f"({'-' if word == '-' else ''}({second}))")
            elif word in NEGATED:
                yield "sign", put(i, i + 1, NEGATED[word])
        elif word == "-" and not tokens.is_binary(i, begin):
            yield "sign", put(i, i + 1, "")
        elif re.fullmatch(r"\d+(\.\d+)?", word):
            yield "factor", put(i, i + 1, str(int(word) + 1) if word.isdigit() else str(float(word) + 1))
        i += 1


def find(text):
    """[(begin, end of a formula in text, its Mutants)], from the last to the first."""
    tokens = Tokens(blank(text))
    spans = {}
    for region in regions(tokens):
        for begin, end, is_result in expressions(tokens, *region):
            place = tokens.spans[begin][0], tokens.spans[end - 1][1]
            spans[place] = (begin, end, is_result or spans.get(place, (0, 0, False))[2])
    found = []
    for place, (begin, end, is_result) in sorted(spans.items(), reverse=True):
        if any(place[0] <= a and b <= place[1] and (a, b) != place for a, b in spans):
            continue  # one that holds another
        line, before = text.count("\n", 0, place[0]) + 1, source(tokens, begin, end)
        mutants, seen = [], {before}
        for what, after in broken(tokens, begin, end, is_result):
            after = re.sub(r"\s+", " ", after)
            if after not in seen and '"' not in after:
                seen.add(after)
                mutants.append(Mutant(line, what, before, after))
        if mutants:
            found.append((*place, mutants))
    return found


def rewrite(text, numbered, header):
    """The source with every mutant in it; numbered: [(begin, end, [(number, after)])] from the last to the first. The lines
    of a mutant name it, so that one which does not compile can be told."""
    for begin, end, choices in numbered:
        original = text[begin:end]
        chain = "".join(f"\n::frost::broken({number}) ? /*M{number}*/ ({after}) :" for number, after in choices)
        text = text[:begin] + "(" + chain + "\n(" + original + "))" + text[end:]
    return f'#include "{header}"\n' + text
