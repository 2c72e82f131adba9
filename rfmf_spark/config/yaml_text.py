"""The one reader of YAML: plain data with text as keys, each given once, within limits.

All files that are read as YAML come through here: settings, judgments, names of segments.
What looks like a number to old readers alone (``007``, ``12:30``) stays text.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from rfmf_spark.errors import ConfigurationError

MAX_YAML_CHARACTERS = 1_000_000

_TEXT, _WHOLE, _FRACTION = (f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float"))
_WHOLE_NUMBER = re.compile(r"^[-+]?(?:0|[1-9][0-9_]*)$")
_FRACTION_NUMBER = re.compile(
    r"^[-+]?(?:(?:0|[1-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?"
    r"|\.(?:inf|Inf|INF))$|^\.(?:nan|NaN|NAN)$"
)


class _Loader(yaml.SafeLoader):
    """Keys are text as written, and given once; nothing refers to something else."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            alias = self.get_event()  # type: ignore[no-untyped-call]
            raise _refused(
                "an alias (*) is not read; write out what it stands for", alias.start_mark
            )
        return super().compose_node(parent, index)

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        lines: dict[str, int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _refused("a key is a list or a mapping; write text", key.start_mark)
            line = key.start_mark.line + 1
            if key.value in lines:
                raise _refused(
                    f"{key.value} is given twice (lines {lines[key.value]} and {line}); keep one "
                    f"of the two",
                    key.start_mark,
                )
            lines[key.value] = line
            key.tag = _TEXT
        return node


_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in forms if tag not in (_WHOLE, _FRACTION)]
    for first, forms in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_WHOLE, _WHOLE_NUMBER, list("-+0123456789"))
_Loader.add_implicit_resolver(_FRACTION, _FRACTION_NUMBER, list("-+0123456789."))


class YamlText:
    """A text of YAML, its nodes with their lines, and their values.

    All that is wrong raises ``ConfigurationError`` with ``where`` and, of a file, the line.
    """

    def __init__(self, text: str, where: str, *, is_file: bool = True) -> None:
        if len(text) > MAX_YAML_CHARACTERS:
            raise ConfigurationError(
                f"{where}: larger than {MAX_YAML_CHARACTERS} characters; keep only what is needed"
            )
        self._where, self._is_file = where, is_file
        try:
            self._loader = _Loader(text)
            self.root: yaml.Node | None = self._loader.get_single_node()
        except (yaml.YAMLError, RecursionError) as cause:
            raise self._refusal(cause) from cause

    def value_of(self, node: yaml.Node) -> Any:
        """The plain data that a node stands for."""
        try:
            return self._loader.construct_object(node, deep=True)
        except (yaml.YAMLError, RecursionError, ValueError) as cause:
            raise self._refusal(cause, node.start_mark) from cause

    def _refusal(self, cause: Exception, mark: yaml.Mark | None = None) -> ConfigurationError:
        problem = str(cause)
        if isinstance(cause, yaml.MarkedYAMLError):
            # Without the excerpt of the text, which may hold a secret.
            problem, mark = cause.problem or problem, cause.problem_mark or mark
        elif isinstance(cause, RecursionError):
            problem = "nested too deeply"
        problem = " ".join(problem.split())
        if not isinstance(cause, _RefusedYamlError):
            problem = f"not readable as YAML: {problem}"
        line = f":{mark.line + 1}" if mark is not None and self._is_file else ""
        return ConfigurationError(f"{self._where}{line}: {problem}")


def read_yaml(text: str, where: str, *, is_file: bool = True) -> Any:
    """The plain data of a YAML text, None where it has none. Raises ``ConfigurationError``."""
    yaml_text = YamlText(text, where, is_file=is_file)
    return None if yaml_text.root is None else yaml_text.value_of(yaml_text.root)


class _RefusedYamlError(yaml.MarkedYAMLError):
    """YAML, but none that is read here."""


def _refused(problem: str, mark: yaml.Mark) -> _RefusedYamlError:
    return _RefusedYamlError(problem=problem, problem_mark=mark)
