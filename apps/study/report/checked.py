"""JSON whose shape is checked as it is read, so that a complaint says what was wanted, what was found and where."""

import json
import re
from pathlib import Path
from typing import Any, Dict, List, Optional

# What neither XML nor a terminal should be given: control characters and halves of surrogate pairs.
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+")
KINDS = {dict: "an object", list: "a list", str: "a text", bool: "true or false", int: "a number", float: "a number",
         type(None): "null"}


class Damaged(Exception):
    """A file that can't be read or isn't what it claims: one line."""


def one_line(text: str) -> str:
    return UNPRINTABLE.sub(" ", text)


def scalar(value: Any, where: str) -> Any:
    """A number, a text, true, false or null; a text without line breaks."""
    if isinstance(value, (dict, list)):
        raise Damaged(f"{where}: a single value wanted, found {KINDS[type(value)]}")
    return one_line(value) if isinstance(value, str) else value


class Checked:
    """An object of a JSON file. A key that is absent counts as null, and null as the default."""

    def __init__(self, value: Any, where: str = "") -> None:
        if not isinstance(value, dict):
            raise Damaged(f"{where or 'the file'}: an object wanted, found {KINDS[type(value)]}")
        self.value = value
        self.where = where

    def path(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key

    def get(self, key: str, kind: type, default: Any) -> Any:
        value = self.value.get(key)
        if value is None:
            return default
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise Damaged(f"{self.path(key)}: {KINDS[kind]} wanted, found {KINDS[type(value)]}")
        return value

    def text(self, key: str, default: str = "") -> str:
        return one_line(self.get(key, str, default))

    def flag(self, key: str) -> bool:
        return self.get(key, bool, False)

    def whole(self, key: str) -> Optional[int]:
        return self.get(key, int, None)

    def scalars(self, key: str) -> List[Any]:
        return [scalar(value, f"{self.path(key)}[{i}]") for i, value in enumerate(self.get(key, list, []))]

    def texts(self, key: str) -> List[str]:
        return [value if isinstance(value, str) else json.dumps(value) for value in self.scalars(key)]

    def mapping(self, key: str) -> Dict[str, Any]:
        return {one_line(name): one_line(value) if isinstance(value, str) else value
                for name, value in self.get(key, dict, {}).items()}

    def objects(self, key: str) -> List["Checked"]:
        return [Checked(value, f"{self.path(key)}[{i}]") for i, value in enumerate(self.get(key, list, []))]


def read(file: Path) -> Checked:
    """The object that a file of format 1 holds. Throws Damaged, or FileNotFoundError."""
    try:
        content = Checked(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise
    except (OSError, ValueError, RecursionError) as error:
        raise Damaged(one_line(str(error)) or type(error).__name__) from error
    if content.value.get("format") != 1:
        raise Damaged(f"format 1 wanted, found {json.dumps(content.value.get('format'))[:40]}")
    return content
