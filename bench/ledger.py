"""Trainings that are done, in a file that is written after each: an interrupted bench goes on behind the last one."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from heedful.errors import RunError
from heedful.run.disk import read_json, write_json

Values = Mapping[str, Any]


class Ledger:
    """What each training came to, found again by its settings. Those of other settings stay in the file.

    Args:
        path: a JSON file; made when it is not there, so that a folder that is missing is found out before anything is
            trained. None keeps nothing.
    Raises:
        RunError: the file holds something else, or cannot be written.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        known = read_json(path) if path is not None and path.exists() else {"runs": []}
        if not isinstance(known, dict) or not isinstance(known.get("runs"), list):
            raise RunError(f"{path} is not a file of this bench, and nothing is written over: name another with --json")
        self._known = known
        self._write()

    def find(self, settings: Values) -> dict[str, Any] | None:
        """What a training of just these settings came to, or None.

        Args:
            settings: plain values; all that decides the result.
        """
        # As they come back from a file: there a tuple is a list.
        wanted = json.loads(json.dumps(settings))
        return next((each["outcome"] for each in self._known["runs"] if each["settings"] == wanted), None)

    def add(self, settings: Values, outcome: Values) -> None:
        """Keep what a training came to, and write it down.

        Args:
            settings: as for `find`.
            outcome: plain values.
        """
        self._known["runs"].append(json.loads(json.dumps({"settings": settings, "outcome": outcome})))
        self._write()

    def conclude(self, table: Any) -> None:
        """Write down what all of it says, in the place of an older table.

        Args:
            table: plain values.
        """
        self._known["table"] = table
        self._write()

    def _write(self) -> None:
        if self._path is not None:
            write_json(self._path, self._known)
