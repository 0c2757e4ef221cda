"""The table of all codes that say why: from the enums and the docstrings of their members."""

import ast
import inspect
from enum import StrEnum

from polycopy.schemas.signals import ReasonCode
from polycopy.schemas.terms import FailureCode, RefusalCode, UncertainCode

CODES: tuple[tuple[type[StrEnum], str], ...] = (
    (ReasonCode, "`TradeEvaluated`, by the qualifier, for each strategy"),
    (RefusalCode, "`OrderRefused`, by the executor, before anything is sent"),
    (FailureCode, "`OrderFailed`, by the executor, from the venue's answer"),
    (UncertainCode, "`OrderUncertain`, by the executor, where the answer proves nothing"),
)
_HEAD = "Made by `make contract`: what is changed here by hand is lost.\n"


def meanings(codes: type[StrEnum]) -> dict[str, str]:
    """Each code with what its docstring says, on one line; "" for a code without."""
    [kind] = ast.parse(inspect.getsource(codes)).body
    assert isinstance(kind, ast.ClassDef)
    found = dict.fromkeys([code.value for code in codes], "")
    for assigned, said in zip(kind.body, kind.body[1:], strict=False):
        match assigned, said:
            case (
                ast.Assign(value=ast.Constant(value=str(code))),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                found[code] = " ".join(text.split())
            case _:
                pass
    return found


def reasons_text() -> str:
    """The Markdown of `schemas/reasons.md`."""
    sections = ["# Why: every reason code\n", _HEAD]
    for codes, where in CODES:
        sections.append(f"## {codes.__name__}\n\n{inspect.getdoc(codes)} In {where}.\n")
        rows = [f"| `{code}` | {meaning} |" for code, meaning in meanings(codes).items()]
        sections.append("\n".join(["| code | means |", "| --- | --- |", *rows]) + "\n")
    return "\n".join(sections)
