"""The tree tells where things are: small folders, small doors, a test where its module is."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache

from support.places import TOP

PACKAGE = TOP / "bulk_importer"
UNIT = TOP / "tests" / "unit"
ROOTS = (PACKAGE, TOP / "tests", TOP / "benchmarks")
"""Where folders are small. `findings` is left out: a finding is called by its name, `findings/NAME.sh`, stands alone,
and is found by the table of its README, which `test_findings.py` holds against the folder."""

MODULES = sorted(path.relative_to(PACKAGE).with_suffix("").as_posix() for path in PACKAGE.rglob("*.py"))

OF_A_PACKAGE = {
    "intake/validation/test_odd_entries": "how judge and forms agree on entries that are odd",
    "observe/test_observe": "one run of events, shown in every form",
    "settings/test_settings": "each setting, from its definition to where it is read",
}
"""Tests below `tests/unit` that take the modules of one package together, and why."""

VOCABULARIES = {
    "checkpoint/log/records": "every record of the log",
    "cli/help/exit_codes": "the meanings of exit codes",
    "datagym/answers/state_change": "every verdict on a task that is to be changed",
    "datagym/answers/verdicts": "every verdict",
    "datagym/routes": "every route of the server",
    "distributed/values": "what a plan is",
    "errors": "the tree of errors",
    "events": "every event",
    "formats/choices": "every choice of a conversion",
    "formats/model": "what label files hold, in every form",
    "labels/entry": "the keys of an entry",
    "model": "the values that travel",
    "observe/report/values": "all that a report says of a source",
    "observe/page/upload/values": "what the pages of uploads show",
    "settings/choices": "the words of every setting that has a few",
    "settings/units": "every unit of a setting",
    "sources/interfaces": "what a source is",
    "summary": "every part of what came of a run",
    "transfer/interfaces": "what the sending side asks of others",
}
"""Modules that are lists of words by nature, and of what: more than five public names are right there."""

WIDE = {
    "checkpoint/digests": 6,
    "checkpoint/log/file": 8,
    "checkpoint/rejects": 6,
    "cli/streams": 6,
    "datagym/reads/listings": 6,
    "intake/framing/exact": 7,
    "intake/framing/segments": 7,
    "labels/catalogue/words": 6,
    "library/status_values": 6,
    "pipeline/resume/recorded_source": 6,
    "pipeline/ruleset": 8,
    "pipeline/summarizing": 8,
    "sandbox/routing": 7,
}
"""Modules that show more than five public names, and how many at most: none may come, and none may grow."""

MANY_PARAMETERS = {
    "settings/definition.setting": "each is a keyword of a table row: all that a setting may be",
}
"""Functions that take eight parameters or more, and why."""


@cache
def tree(module: str) -> ast.Module:
    """The syntax tree of a module of the package."""
    return ast.parse((PACKAGE / f"{module}.py").read_text())


@cache
def public_names(module: str) -> tuple[str, ...] | None:
    """What `__all__` names; `None` where there is none."""
    for node in tree(module).body:
        match node:
            case ast.Assign(
                targets=[ast.Name(id="__all__")], value=ast.List(elts=names) | ast.Tuple(elts=names)
            ):
                return tuple(ast.unparse(name) for name in names)
            case _:
                pass
    return None


def is_only_prose(module: str) -> bool:
    """Whether there is nothing in it but its docstring."""
    return all(isinstance(node, ast.Expr) for node in tree(module).body)


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.arg]:
    """All that it names, in order."""
    return [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]


def test_a_folder_has_a_dozen_files_at_most() -> None:
    """At one level; whoever opens it sees all of it."""
    held = Counter(
        path.parent.relative_to(TOP).as_posix()
        for root in ROOTS
        for path in root.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    )
    assert not {folder: count for folder, count in held.items() if count > 12}


def test_a_unit_test_stands_where_its_module_stands() -> None:
    """`tests/unit/a/b/test_c.py` is of `bulk_importer/a/b/c.py`."""
    tests = {path.relative_to(UNIT).with_suffix("").as_posix() for path in UNIT.rglob("test_*.py")}
    strays = {test for test in tests if test.replace("test_", "") not in MODULES}
    assert strays == OF_A_PACKAGE.keys()


def test_a_package_has_a_chapter() -> None:
    """It says what the room is; one word to come is none."""
    chapters = {
        module: ast.get_docstring(tree(module)) or "" for module in MODULES if module.endswith("__init__")
    }
    assert [module for module, text in chapters.items() if "TODO" in text or len(text.split()) < 9] == []


def test_each_module_says_what_is_public() -> None:
    """Modules that are only prose aside."""
    assert [module for module in MODULES if public_names(module) is None and not is_only_prose(module)] == []


def test_a_module_shows_five_names_at_most() -> None:
    """Packages, which show what others may use of their modules, and lists of words aside."""
    counts = {
        module: len(public_names(module) or ())
        for module in MODULES
        if not module.endswith("__init__") and module not in VOCABULARIES
    }
    assert {module: count for module, count in counts.items() if count > WIDE.get(module, 5)} == {}
    assert [module for module in [*WIDE, *VOCABULARIES] if len(public_names(module) or ()) <= 5] == []


def test_a_constructor_takes_six_things_at_most() -> None:
    """Beside `self`; what belongs together is one value with a name."""
    found = {
        f"{module}.{owner.name}": len(parameters(each)) - 1
        for module in MODULES
        for owner in ast.walk(tree(module))
        if isinstance(owner, ast.ClassDef)
        for each in owner.body
        if isinstance(each, ast.FunctionDef) and each.name == "__init__"
    }
    assert {name: count for name, count in found.items() if count > 6} == {}


def test_a_function_takes_seven_things_at_most() -> None:
    """Beside `self` and `cls`; what is passed on together through several of them is one value with a name."""
    found = {
        f"{module}.{each.name}"
        for module in MODULES
        for each in ast.walk(tree(module))
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
        if sum(taken.arg not in {"self", "cls"} for taken in parameters(each)) > 7
    }
    assert found == MANY_PARAMETERS.keys()


def test_how_many_examples_are_drawn_is_said_by_the_profile() -> None:
    """`examples(150)` in place of `150`, so that a night draws more of them everywhere."""
    tests = [*(TOP / "tests").rglob("test_*.py")]
    assert [path.name for path in tests if re.search(r"max_examples=\d+[,)]", path.read_text())] == []


def test_no_member_of_an_enumeration_is_an_empty_tuple() -> None:
    """It would be another value in Python 3.11.2, that of Debian 12, where few run the tests."""
    empty = [
        f"{name}, line {member.lineno}"
        for name in MODULES
        for node in ast.walk(ast.parse((PACKAGE / f"{name}.py").read_text()))
        if isinstance(node, ast.ClassDef) and any("Enum" in ast.unparse(each) for each in node.bases)
        for member in node.body
        if isinstance(member, ast.Assign) and isinstance(member.value, ast.Tuple) and not member.value.elts
    ]
    assert not empty
