"""A text's lines, one by one, for the csv module: of a whole text it would make four times as much."""

import csv

FIELD_MAX = 1024 * 1024
"""Letters of one field that are read. A cell is cut for the page long before; the module's own bound refuses it."""

FIELDS_MAX = 250_000
"""Fields of one row: of five megabytes of commas Python would make a hundred and fifty."""

csv.field_size_limit(FIELD_MAX)


class Lines:
    """Ends each line as the text does. `fields` counts those of the row that is being read; set it to 0 for the next.

    Raises csv.Error for a row of more than 250,000 fields.
    """

    def __init__(self, text: str, delimiter: str) -> None:
        self._text, self._delimiter, self._at = text, delimiter, 0
        self.fields = 0

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        start = self._at
        if start >= len(self._text):
            raise StopIteration
        end = self._text.find("\n", start) + 1 or len(self._text)
        self.fields += self._text.count(self._delimiter, start, end)
        if self.fields > FIELDS_MAX:
            raise csv.Error
        self._at = end
        return self._text[start:end]
