"""Learns what the entries of an input look like, and decides when a form is made of that, and when it is left alone.

Pure.
"""

from __future__ import annotations

from bulk_importer.intake.validation.forms.form import EntryForm
from bulk_importer.intake.validation.forms.seen import Seen, learn
from bulk_importer.intake.validation.forms.spec import Spec

__all__ = ["Narrowing"]

# To make a form of forty classes takes as long as the wide form needs for a thousand entries of 2 kB.
_LEARN_FIRST = 16
_LEARN_ALL = 256
_LEARN_EVERY = 64
_REST_SEGMENTS = 16


class Narrowing:
    """Learns from the entries that the narrow form does not take, and makes new ones of that.

    An input whose entries hardly ever fit is left to the wide form for a while: trying costs.

    Attributes:
        form: the narrow form, where there is one that is worth a try.
    """

    def __init__(self, spec: Spec) -> None:
        self.form: EntryForm | None = None
        self._spec = spec
        self._seen = Seen()
        # Entries offered in all, those since the last form was made, whether there was news in them, and forms made.
        self._offered = 0
        self._since = 0
        self._has_news = False
        self._forms_made = 0
        # The form that is not worth a try at present, and for how many segments.
        self._resting: EntryForm | None = None
        self._rest = 0

    @property
    def is_resting(self) -> bool:
        """Whether no form is tried, and none made, before this segment is judged."""
        return self._resting is not None

    def learn(self, raw: bytes) -> None:
        """Learn from an entry that is accepted without a warning. `form` may be another one afterwards."""
        if self._resting is not None:
            return
        self._offered += 1
        self._since += 1
        if self._offered <= _LEARN_ALL or not self._offered % _LEARN_EVERY:
            self._has_news = learn(self._seen, raw) or self._has_news
        # Each form waits twice as long as the one before, so all of them together cost little.
        if self._has_news and self._since >= _LEARN_FIRST << self._forms_made:
            self.form = EntryForm(self._spec, self._seen)
            self._forms_made += 1
            self._since = 0
            self._has_news = False

    def look_back(self, tried: int, refused: int) -> None:
        """Take into account how many entries of a segment the form was tried on, and how many it refused."""
        if self._resting is not None:
            self._rest -= 1
            if not self._rest:
                self.form, self._resting = self._resting, None
        elif self.form is not None and 2 * refused > tried:
            self.form, self._resting = None, self.form
            self._rest = _REST_SEGMENTS
