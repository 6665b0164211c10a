"""A text's lines, one by one, for the csv module: of a whole text it would make four times as much."""

import csv
import re

FIELD_MAX = 1024 * 1024
"""Letters of one field that are read. A cell is cut for the page long before; the module's own bound refuses it."""

FIELDS_MAX = 250_000
"""Fields of one row: of five megabytes of commas Python would make a hundred and fifty."""

_ALONE, _END = re.compile(r"\r(?!\n)"), re.compile(r"\r\n?|\n")

csv.field_size_limit(FIELD_MAX)


class Lines:
    """Ends each line as the text does: after a line feed, a carriage return, or both.

    `fields` counts those of the row that is being read; set it to 0 for the next. Raises csv.Error for a row of more
    than 250,000 fields.
    """

    def __init__(self, text: str, delimiter: str) -> None:
        self._text, self._delimiter, self._at = text, delimiter, 0
        self._returns = _ALONE.search(text) is not None
        self.fields = 0

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        start = self._at
        if start >= len(self._text):
            raise StopIteration
        end = self._end(start)
        self.fields += self._text.count(self._delimiter, start, end)
        if self.fields > FIELDS_MAX:
            raise csv.Error
        self._at = end
        return self._text[start:end]

    def _end(self, start: int) -> int:
        if not self._returns:
            return self._text.find("\n", start) + 1 or len(self._text)
        found = _END.search(self._text, start)
        return found.end() if found else len(self._text)
