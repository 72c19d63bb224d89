"""Questions to a table of cells, such as `type == 'KC' and not side in ['left']`: parsed, never executed.

    question    comparison, column of true/false, not Q, Q and Q, Q or Q, (Q); also ~ & | between parentheses
    comparison  two or more terms joined by == != < <= > >= in, not in
    term        column, `column with other letters`, 'text', number, True, False, [term, ...] behind in

Python's parser reads it; whatever is not in this list is refused, so that a question from a stranger's file
does no harm.
"""

import ast
import operator
import re
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd

from brainwright.connectome.errors import ConnectomeError, shown

LONGEST = 2_000
"""Characters: Python's parser may exhaust the stack of the machine on texts without end."""
DEEPEST = 50
"""Levels of brackets and negations: each takes a few frames of Python's stack of 1,000."""
COMPARISONS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
JOINS: dict[type, Callable[[Any, Any], Any]] = {
    ast.And: operator.and_,
    ast.Or: operator.or_,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
}
# a text in quotes stays as it is; a name in backticks becomes a name that Python can read
_PIECES = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`([^`]*)`""", re.DOTALL)


class NotAQuestion(ConnectomeError):
    """A query does not fit the cells; the message says what is understood and which columns there are."""


def answered(cells: pd.DataFrame, query: str) -> np.ndarray:
    """It says which cells the query is true of, bool [cell]. Comparisons with a missing value are false, save
    `!=`.

    Raises:
        ConnectomeError: no question of the grammar above, no such column, text compared with numbers.

    Example:
        >>> cells = pd.DataFrame({"id": [1, 2, 3], "type": ["KC", "MBON", "KC"]})
        >>> answered(cells, "type == 'KC' and id > 1").tolist()
        [False, False, True]
    """
    try:
        tree, quoted = _parsed(query)
        return _Question(cells, quoted).truth(tree.body, 0)
    except NotAQuestion as error:
        raise ConnectomeError(f"the query {query[:200]!r} does not fit the cells: {error}") from error


def _parsed(query: str) -> tuple[ast.Expression, dict[str, str]]:
    """It returns the tree, and which column each name stands for that replaced one in backticks."""
    quoted: dict[str, str] = {}
    if len(query) > LONGEST:
        raise NotAQuestion(f"expected at most {LONGEST} characters, got {len(query)}")

    def plain(match: re.Match) -> str:
        if match[1] is None:
            return match[0]
        name = f"_quoted_{len(quoted)}_"
        quoted[name] = match[1]
        return name

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)  # such as "is" with a number: refused below
            tree = ast.parse(_PIECES.sub(plain, query.strip()), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = getattr(error, "msg", None) or str(error) or type(error).__name__
        raise NotAQuestion(
            f"expected a question such as type == 'KC' and count > 2, got: {reason}"
        ) from error
    return tree, quoted


class _Question:
    """Evaluates the nodes of one question over one table."""

    def __init__(self, cells: pd.DataFrame, quoted: dict[str, str]):
        self.cells, self.quoted = cells, quoted

    def truth(self, node: ast.expr, depth: int) -> np.ndarray:
        """It returns bool [cell]."""
        if depth > DEEPEST:
            raise NotAQuestion(f"expected at most {DEEPEST} levels, got more")
        if isinstance(node, ast.BoolOp):
            join = JOINS[type(node.op)]
            parts = [self.truth(value, depth + 1) for value in node.values]
            return _joined(join, parts)
        if isinstance(node, ast.BinOp) and type(node.op) in JOINS:
            return JOINS[type(node.op)](self.truth(node.left, depth + 1), self.truth(node.right, depth + 1))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.Invert):
            return ~self.truth(node.operand, depth + 1)
        if isinstance(node, ast.Compare):
            return self._compared(node)
        if isinstance(node, ast.Name):
            column = self._column(node.id)
            if not pd.api.types.is_bool_dtype(column.dtype):
                raise NotAQuestion(f"expected true or false of each cell, got {node.id!r} ({column.dtype})")
            return column.to_numpy(bool, na_value=False)
        raise NotAQuestion(f"expected a question that is true or false of each cell, got {_words(node)}")

    def _compared(self, node: ast.Compare) -> np.ndarray:
        terms = [node.left, *node.comparators]
        parts = [
            self._pair(left, op, right) for left, op, right in zip(terms, node.ops, terms[1:], strict=False)
        ]
        return _joined(operator.and_, parts)

    def _pair(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> np.ndarray:
        left_value = self._term(left)
        if isinstance(op, ast.In | ast.NotIn):
            answer = self._among(left, left_value, right)
            return ~answer if isinstance(op, ast.NotIn) else answer
        if type(op) not in COMPARISONS:
            raise NotAQuestion(f"expected == != < <= > >= or in, got {type(op).__name__.lower()}")
        other = self._term(right)
        if not isinstance(left_value, pd.Series) and not isinstance(other, pd.Series):
            raise NotAQuestion(f"expected a column on one side, got {_words(left)} and {_words(right)}")
        _same_kind(left, left_value, right, other)
        try:
            answer = COMPARISONS[type(op)](left_value, other)
        except (TypeError, ValueError, OverflowError) as error:
            raise NotAQuestion(f"cannot compare {_words(left)} with {_words(right)}: {error}") from error
        return pd.Series(answer).to_numpy(bool, na_value=False)

    def _among(self, left: ast.expr, column: Any, right: ast.expr) -> np.ndarray:
        if not isinstance(column, pd.Series):
            raise NotAQuestion(f"expected a column before in, got {_words(left)}")
        if not isinstance(right, ast.List | ast.Tuple | ast.Set):
            raise NotAQuestion(f"expected a list behind in, such as ['a', 'b'], got {_words(right)}")
        values = [self._term(element) for element in right.elts]
        if any(isinstance(value, pd.Series) for value in values):
            raise NotAQuestion("expected a list of texts or numbers behind in, got a column")
        for element, value in zip(right.elts, values, strict=True):
            _same_kind(left, column, element, value)
        try:
            return column.isin(values).to_numpy(bool, na_value=False)
        except (TypeError, ValueError, OverflowError) as error:
            raise NotAQuestion(f"cannot look for {_words(right)} in {_words(left)}: {error}") from error

    def _term(self, node: ast.expr) -> Any:
        """It returns a column, a text, a number, true or false."""
        if isinstance(node, ast.Name):
            return self._column(node.id)
        if isinstance(node, ast.Constant) and isinstance(node.value, str | int | float):
            return node.value
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            number = getattr(node.operand, "value", None)
            if isinstance(node.operand, ast.Constant) and isinstance(number, int | float):
                return -number if isinstance(node.op, ast.USub) else number
        if isinstance(node, ast.BinOp) and type(node.op) in JOINS:
            raise NotAQuestion(
                "put parentheses around the comparisons on both sides of & and |, or write and, or"
            )
        raise NotAQuestion(f"expected a column, a text or a number, got {_words(node)}")

    def _column(self, name: str) -> pd.Series:
        name = self.quoted.get(name, name)
        if name not in self.cells:
            raise NotAQuestion(f"no column {name!r}: the columns are {shown(list(self.cells.columns), 20)}")
        return self.cells[name]


def _joined(join: Callable, parts: Iterable[np.ndarray]) -> np.ndarray:
    first, *rest = parts
    for part in rest:
        first = join(first, part)
    return first


def _same_kind(left: ast.expr, left_value: Any, right: ast.expr, other: Any) -> None:
    """Text never equals a number: a question that compares them is a mistake, not an empty answer."""
    kinds = _kind(left_value), _kind(other)
    if None not in kinds and kinds[0] != kinds[1]:
        raise NotAQuestion(
            f"{_words(left)} is {kinds[0]}, {_words(right)} is {kinds[1]}: write texts in quotes"
        )


def _kind(term: Any) -> str | None:
    """It is that of a column or a value; None for columns that may hold both."""
    if isinstance(term, pd.Series):
        if isinstance(term.dtype, pd.CategoricalDtype):
            return _kind(term.cat.categories.to_series())
        if pd.api.types.is_numeric_dtype(term.dtype):
            return "a number"
        return "text" if isinstance(term.dtype, pd.StringDtype) else None
    return "text" if isinstance(term, str) else "a number"


def _words(node: ast.AST) -> str:
    try:
        return ast.unparse(node)[:60]
    except RecursionError:
        return type(node).__name__
