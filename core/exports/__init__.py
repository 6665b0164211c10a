"""A sample as a file to take away, with a card that says what it is: CSV, JSON Lines, Parquet and Excel.

CSV and JSON Lines hold the rows and nothing else, so that every reader takes them: their card is a file of its own.
Parquet carries it in its metadata, Excel on a second sheet.
"""

from core.exports.card import Limits, Origin, card_of
from core.exports.export import CARD, FORMATS, Export
from core.exports.fingerprint import fingerprint

__all__ = ["CARD", "FORMATS", "Export", "Limits", "Origin", "card_of", "fingerprint"]
