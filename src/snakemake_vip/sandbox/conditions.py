"""The conditions of Boutiques' ``conditional-path-template``, read without ``eval``."""

from __future__ import annotations

import ast
import operator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_WORDS = {"true": True, "false": False, "True": True, "False": False}


class _AbsentError(Exception):
    """A condition speaks of a parameter that has no value: it does not hold."""


def holds(condition: str, values: Mapping[str, Any], parameters: frozenset[str]) -> bool:
    """Whether `condition` holds.

    Parameters
    ----------
    condition
        E.g. ``(mode == fast and size > 3)``: ids of parameters, numbers, plain words, comparisons,
        ``and``, ``or`` and parentheses.
    values
        The values of parameters that have one.
    parameters
        The ids of all parameters: any other word is text.

    Raises
    ------
    ValueError
        If it is not such an expression.
    """
    if condition.strip() == "default":
        return True
    try:
        expression = ast.parse(condition.strip(), mode="eval").body
        return bool(_value(expression, values, parameters))
    except _AbsentError:
        return False
    except (SyntaxError, TypeError) as error:
        msg = f"cannot read the condition {condition!r}: {error}"
        raise ValueError(msg) from error


def _value(node: ast.expr, values: Mapping[str, Any], parameters: frozenset[str]) -> Any:
    if isinstance(node, ast.BoolOp):
        parts = (_value(part, values, parameters) for part in node.values)
        return all(parts) if isinstance(node.op, ast.And) else any(parts)
    if isinstance(node, ast.Compare):
        return _compared(node, values, parameters)
    if isinstance(node, ast.Name):
        return _word(node.id, values, parameters)
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float | str):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, values, parameters)
    msg = f"cannot read {ast.unparse(node)!r} in a condition"
    raise ValueError(msg)


def _compared(node: ast.Compare, values: Mapping[str, Any], parameters: frozenset[str]) -> bool:
    left = _value(node.left, values, parameters)
    for sign, comparator in zip(node.ops, node.comparators, strict=True):
        right = _value(comparator, values, parameters)
        compare = _COMPARISONS.get(type(sign))
        if compare is None:
            msg = f"cannot compare by {ast.unparse(node)!r} in a condition"
            raise ValueError(msg)
        if not compare(left, right):
            return False
        left = right
    return True


def _word(word: str, values: Mapping[str, Any], parameters: frozenset[str]) -> Any:
    if word in values:
        return values[word]
    if word in parameters:
        raise _AbsentError(word)
    return _WORDS.get(word, word)
