"""The fast accept narrowed to what the entries of an input have looked like so far.

The geometries of one class mostly look alike: the same shape, the same classifications, one text each. A form (see
`plain`) in which exactly that is demanded proves it while it decodes, and then geometries need not be walked to be
counted: what one counts, times their number. So an ordinary entry costs a few operations for each class, in place of
a few for each geometry. What does not fit is taken by the wide form, from which this one is narrowed, and is learnt
from; the two count alike and give the same digest.

Narrow: an entry has no keys but those that the server reads, every class has one shape, a classification has a single
text (or always at least one), nothing is null, no geometry stands under the deprecated key, classifications do not hold
further ones. Whether a classification is given may differ from geometry to geometry; where it does, that one is looked
at in each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter, itemgetter
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import astuple

from bulk_importer.intake.validation.forms.coordinates import SHAPES
from bulk_importer.intake.validation.forms.plain import has_twice
from bulk_importer.intake.validation.forms.seen import SeenAnswers, SeenEntry, SeenPlace
from bulk_importer.intake.validation.forms.wide import Answers, Form, Ground, Place, WideForm, struct_of

__all__ = ["Count", "NarrowForm", "Narrowing"]

_LEARN_FIRST = 8
_LEARN_ALL = 256
_LEARN_EVERY = 64
_REST_SEGMENTS = 16


@dataclass(slots=True)
class Count:
    """What was counted in one entry.

    Attributes:
        keys: of all objects.
        weight: as in `ElementCount`.
        omitted, required: classifications that are not given.
        is_odd: there is something that needs a look at it: an option twice, a polygon without area.
    """

    keys: int = 0
    weight: int = 0
    omitted: int = 0
    required: int = 0
    is_odd: bool = False


class NarrowForm:
    """A form of an entry, and the count of what arrived in it."""

    def __init__(self, seen: SeenEntry, wide: WideForm) -> None:
        self._count = Count()
        self._answers = _AnswersForm(seen.answers, wide.answers)
        self._classes = _ClassesForm(seen.classes, wide.ground)
        fields: list[tuple[str, Form, Form] | tuple[str, Form]] = [
            ("global_classifications", self._answers.type | UnsetType, UNSET),
            ("internal_media_ID", str),
            ("keepData", bool | UnsetType, UNSET),
            ("labels", self._classes.type | UnsetType, UNSET),
        ]
        # An entry with other keys needs a look at these, so it is better refused at once.
        form = msgspec.defstruct("NarrowEntry", fields, forbid_unknown_fields=True, gc=False, kw_only=True)
        self.decode: Callable[[bytes], Form] = msgspec.json.Decoder(form).decode

    def count(self, entry: Form) -> Count:
        """Count a decoded entry. The answer is good until the next call."""
        count = self._count
        count.keys = 1 if entry.keepData is UNSET else 2
        count.weight = 1
        count.is_odd = False
        count.omitted, count.required = self._answers.none
        if entry.global_classifications is not UNSET:
            count.keys += 1
            self._answers.count([entry.global_classifications], count)
        if entry.labels is not UNSET:
            count.keys += 1
            self._classes.count(entry.labels, count)
        return count

    def add_geometries(self, entry: Form) -> None:
        """Add the geometries of a decoded entry to those that `take_geometries` gives."""
        if entry.labels is not UNSET:
            self._classes.add_geometries(entry.labels)

    def take_geometries(self) -> dict[str, int]:
        """The geometries added since the last call, by class, as `geometries_in` names them."""
        return dict(self._classes.take_geometries())


class _AnswersForm:
    """The form of the classifications at one place.

    What is always given is in the constants, for each place where classifications are given at all; what is given
    sometimes, or with more than one text, is looked at one by one.
    """

    def __init__(self, seen: SeenAnswers, answers: Answers) -> None:
        self.none = answers.optional, answers.required
        self.keys = self.weight = self.omitted = self.required = 0
        self._looked_at: list[tuple[Callable[[Form], Form], bool, int, int]] = []
        types = []
        for place, (key, given) in enumerate(sorted(seen.given.items())):
            question = answers.question(key)
            assert question is not None
            always = given.times == seen.times
            if always and not given.many:
                self.keys += 1
                self.weight += 1
                self.omitted += question.omitted
                self.required += question.required
            else:
                getter = attrgetter(f"at{place}")
                self._looked_at.append((getter, given.many, question.omitted, question.required))
            types.append((key, question.many if given.many else question.one, always))
        self.type = struct_of("NarrowAnswers", types)

    @property
    def is_constant(self) -> bool:
        return not self._looked_at

    def count(self, given: Sequence[Form], count: Count) -> None:
        """Count the answers at so many places; that places have none was counted before."""
        times = len(given)
        count.keys += times * self.keys
        count.weight += times * self.weight
        count.omitted += times * self.omitted
        count.required += times * self.required
        for get, many, omitted, required in self._looked_at:
            values = [value for value in map(get, given) if value is not UNSET]
            times = len(values)
            count.keys += times
            if many:
                texts = sum(map(len, values))
                count.weight += texts
                if texts > times and any(map(has_twice, values)):
                    count.is_odd = True
            else:
                count.weight += times
            count.omitted += times * omitted
            count.required += times * required


class _Group:
    """The form of the geometries of one class.

    Attributes:
        name: of the class, behind that of the one in which it is nested.
        nested: the form of what is nested in its geometries.
        type: of the list of them.
        keys, weight: what each counts at least.
        varies: there is more to count in them than that.
    """

    def __init__(self, name: str, seen: SeenPlace, place: Place) -> None:
        self.name = name
        self.type: Form = Annotated[list[None], Meta(max_length=0)]
        self.keys = self.weight = 1
        self._omitted, self._required = place.answers.optional, place.answers.required
        self._points: Callable[[Form], Form] | None = None
        self._has_flat: Callable[[Sequence[Form]], bool] | None = None
        self._answers: _AnswersForm | None = None
        self.nested: _ClassesForm | None = None
        if seen.times:
            self._begin(seen, place)
        self.varies = any((self._omitted, self._required, self._points, self._answers, self.nested))

    def _begin(self, seen: SeenPlace, place: Place) -> None:
        shape = SHAPES[seen.shape]
        if shape.writes_points:
            self._points = attrgetter(seen.shape)
            self._has_flat = shape.has_flat
        else:
            self.keys += shape.keys_each
        types = [(seen.shape, shape.narrow, True)]
        answered = seen.answers.times
        if answered:
            answers = _AnswersForm(seen.answers, place.answers)
            types.append(("classifications", answers.type, answered == seen.times))
            if answered == seen.times and answers.is_constant:
                self.keys += 1 + answers.keys
                self.weight += answers.weight
                self._omitted += answers.omitted
                self._required += answers.required
            else:
                self._answers = answers
        if seen.is_nested:
            assert place.nested is not None
            self.nested = _ClassesForm(seen.nested, place.nested, within=f"{self.name}/")
            types.append(("nested_geometries", self.nested.type, False))
        geometry = struct_of("NarrowGeometry", sorted(types, key=itemgetter(0)), named=True)
        self.type = list.__class_getitem__(geometry)

    def count(self, geometries: Sequence[Form], count: Count) -> None:
        """Count what varies in the geometries."""
        times = len(geometries)
        count.omitted += times * self._omitted
        count.required += times * self._required
        if self._points is not None:
            shapes = list(map(self._points, geometries))
            if self._has_flat is not None and self._has_flat(shapes):
                count.is_odd = True
            points = sum(map(len, shapes))
            count.keys += 2 * points
            count.weight += points
        if self._answers is not None:
            given = [each.classifications for each in geometries if each.classifications is not UNSET]
            count.keys += len(given)
            self._answers.count(given, count)
        if self.nested is not None:
            for geometry in geometries:
                if geometry.nested_geometries is not UNSET:
                    count.keys += 1
                    self.nested.count(geometry.nested_geometries, count)


class _ClassesForm:
    """The form of an object of classes; each of them may be missing."""

    def __init__(self, seen: dict[str, SeenPlace], ground: Ground, *, within: str = "") -> None:
        types = []
        self._names: list[str] = []
        self._nested: list[_ClassesForm | None] = []
        self._constants: list[tuple[int, int, _Group | None]] = []
        for key, each in sorted(seen.items()):
            place = ground.place(key, each.shape)
            assert place is not None
            group = _Group(f"{within}{key}", each, place)
            types.append((key, group.type, False))
            self._names.append(group.name)
            self._nested.append(group.nested)
            self._constants.append((group.keys, group.weight, group if group.varies else None))
        self._geometries = [0] * len(types)
        self.type = struct_of("NarrowClasses", types)

    def count(self, classes: Form, count: Count) -> None:
        """Count the geometries of all classes, and the keys of these."""
        for place, geometries in enumerate(astuple(classes)):  # `zip(strict=True)` costs as much as a class
            if geometries is not UNSET:
                times = len(geometries)
                keys_each, weight_each, varying = self._constants[place]
                count.keys += 1 + times * keys_each
                count.weight += times * weight_each
                if varying is not None:
                    varying.count(geometries, count)

    def add_geometries(self, classes: Form) -> None:
        """Add the geometries of all classes, and those in them."""
        for place, geometries in enumerate(astuple(classes)):
            if geometries is not UNSET and geometries:
                self._geometries[place] += len(geometries)
                nested = self._nested[place]
                if nested is not None:
                    for geometry in geometries:
                        if geometry.nested_geometries is not UNSET:
                            nested.add_geometries(geometry.nested_geometries)

    def take_geometries(self) -> Iterator[tuple[str, int]]:
        """Each class with the geometries added since the last call, where there are any."""
        for place, (name, nested) in enumerate(zip(self._names, self._nested, strict=True)):
            if self._geometries[place]:
                yield name, self._geometries[place]
                self._geometries[place] = 0
            if nested is not None:
                yield from nested.take_geometries()


class Narrowing:
    """Learns from the entries that only the wide form takes, and makes narrow forms of that.

    An input whose entries hardly ever fit is left to the wide form for a while: trying costs.

    Attributes:
        form: the narrow form, where there is one that is worth a try.
    """

    def __init__(self, wide: WideForm) -> None:
        self.form: NarrowForm | None = None
        self._wide = wide
        self._seen = SeenEntry()
        # Entries offered in all, those since the last form was made, whether there was news in them, and forms made.
        self._offered = 0
        self._since = 0
        self._has_news = False
        self._forms_made = 0
        # The form that is not worth a try at present, and for how many segments.
        self._resting: NarrowForm | None = None
        self._rest = 0

    @property
    def is_resting(self) -> bool:
        """Whether no form is tried, and none made, before this segment is judged."""
        return self._resting is not None

    def learn(self, raw: bytes) -> None:
        """Learn from an entry that the wide form takes. `form` may be another one afterwards."""
        if self._resting is not None:
            return
        self._offered += 1
        self._since += 1
        if self._offered <= _LEARN_ALL or not self._offered % _LEARN_EVERY:
            self._has_news = self._seen.learn(raw, self._wide) or self._has_news
        # Each form waits twice as long as the one before, so all of them together cost little.
        if self._has_news and self._since >= _LEARN_FIRST << self._forms_made:
            self.form = NarrowForm(self._seen, self._wide)
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
