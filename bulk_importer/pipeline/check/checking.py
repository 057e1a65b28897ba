"""Judges a whole input without sending anything: everything that `import` would refuse, and what it would do.

Memory: what reading takes (see `intake`), the groups of findings (bounded, see `grouping`), the media that the input
mentions (at most 36 MB, for a moment 70, see `pipeline.wiped.mentions`), as much again for those of other inputs, and
for those of entries that are rejected.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import msgspec
from msgspec.structs import replace

from bulk_importer.errors import ExitCode, InputError, MalformedInput, most_important
from bulk_importer.intake import Intake, IntakeOptions
from bulk_importer.intake.framing.scan import Scan
from bulk_importer.intake.validation.geometries import geometries_in
from bulk_importer.model import Finding, KeepData, ReadPlan, Rejection, Segment, SegmentKey, Severity
from bulk_importer.pipeline.check.grouping import FindingGroup, FindingGroups
from bulk_importer.pipeline.ruleset import RuleSet
from bulk_importer.pipeline.wiped.media_counts import ProjectMedia, key_of_media
from bulk_importer.pipeline.wiped.mentions import Mentions
from bulk_importer.pipeline.wiped.wiped_entries import WipedEntries
from bulk_importer.sources import Source
from bulk_importer.summary import Books

__all__ = ["Check", "CheckReport", "Survey"]

_KEEP_NAMES = {KeepData.MISSING: "missing", KeepData.TRUE: "true", KeepData.FALSE: "false"}


class CheckReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a check found in one source: the object that `bulk-importer check --json` prints.

    The first keys are a contract with programs that read them.

    Attributes:
        entries: how many elements were read; each is in exactly one of the next three.
        accepted: how many entries an import would send.
        rejected: how many entries an import would not send, because they have an error.
        skipped: how many elements hold only `label_classes`.
        findings: code -> how many, of all severities.
        bytes: of the source, decompressed.
        message: why reading ended early; empty where it did not.
        media_accepted: media that an entry would be sent for; None where they were too many to follow.
        media_rejected: media of the project that entries name, and none of these would be sent; None likewise.
        media_without_entry: media of the project that could be imported and that no entry names; None likewise, where
            the media of the project are not looked at, and where not the whole source was read.
        replacing: accepted entries whose keepData false would delete labels of an upload or of people; None where it is
            not known which media hold labels.
        media_replaced: how many different media these are for; None likewise.
        keep_data: accepted entries by what they say in keepData.
        geometries: geometries of accepted entries by class; nested ones as `class/nested class`.
        groups: findings above a note, grouped, errors first.
        checked, unchecked: what entries were checked against and what not, a phrase each.
        server, project, project_name: whose label configuration or media it was checked against; empty where no server
            was asked.
        conversion: what became of the labels of another tool; None where the source holds entries.
    """

    entries: int
    accepted: int
    rejected: int
    skipped: int
    findings: dict[str, int]
    bytes: int
    seconds: float
    exit_code: int
    source: str
    message: str
    media_accepted: int | None
    media_rejected: int | None
    media_without_entry: int | None
    replacing: int | None
    media_replaced: int | None
    keep_data: dict[str, int]
    geometries: dict[str, int]
    groups: list[FindingGroup]
    checked: tuple[str, ...]
    unchecked: tuple[str, ...]
    server: str = ""
    project: str = ""
    project_name: str = ""
    conversion: Books | None = None

    def after(self, conversion: Books | None) -> CheckReport:
        """The report on entries that a conversion made: what it left behind counts like what is rejected."""
        code = ExitCode(self.exit_code)
        if conversion is not None and not conversion.is_complete:
            code = most_important([code, ExitCode.REJECTIONS])
        return msgspec.structs.replace(self, conversion=conversion, exit_code=code)


class Survey(Protocol):
    """Is shown the segments of a source while it is checked, in order: first where the elements stand, then what became
    of them by themselves, before the other entries of their media are looked at."""

    def delimited(self, key: SegmentKey, found: Scan, data: bytes) -> None:
        """Take a segment as `Intake` tells of it."""

    def judged(self, segment: Segment) -> None:
        """Take the same one, judged."""


class Check:
    """One source, checked against one ruleset. Construct it, `run` it once.

    Args:
        source: open, and closed by the caller.
        sample: look at so many entries from the beginning, and no further.
        others: what the sources before it mention; what this source mentions is added at its end.
        survey: is shown each segment.

    Attributes:
        is_lines: whether the source is JSON Lines; known once it was read.
    """

    def __init__(
        self,
        source: Source,
        ruleset: RuleSet,
        options: IntakeOptions,
        *,
        sample: int | None = None,
        others: Mentions | None = None,
        survey: Survey | None = None,
    ) -> None:
        self.is_lines = False
        self._source = source
        self._survey = survey
        self._ruleset = ruleset
        self._options = options
        self._sample = sample
        severities = ruleset.rules.severities()
        self._notes = frozenset(code for code, severity in severities.items() if severity is Severity.NOTE)
        self._others = others
        self._wiped = WipedEntries(ruleset.rules, importable=ruleset.media, others=others)
        self._is_of_project = ProjectMedia(ruleset.media, ruleset.rules.media_index).membership()
        self._labelled = ruleset.labelled()
        # Sums over the segments so far; changed by `_add` alone.
        self._named_by_rejected = Mentions()
        self._groups = FindingGroups()
        self._counts: Counter[str] = Counter()
        self._keeps: Counter[int] = Counter()
        self._geometries: Counter[str] = Counter()
        self._is_whole = False
        self._entries = self._accepted = self._rejected = self._skipped = self._replacing = self._bytes = 0

    async def run(
        self,
        *,
        found: Callable[[Finding], None] = lambda _: None,
        rejected: Callable[[Rejection], None] = lambda _: None,
        passed: Callable[[int, int, int], None] = lambda *_: None,
    ) -> CheckReport:
        """Read and judge to the end of the source, or of the sample, or to where it breaks off.

        Args:
            found: receives every finding above a note, in order of position, as it is found.
            rejected: receives every entry that would not be sent, in order of position within a segment.
            passed: receives after each segment how many entries are behind us, how many of them are rejected, and how
                many bytes (decompressed).

        Raises:
            SourceUnreadable: nothing of the source can be read.
        """
        began = time.monotonic()
        message, code = "", ExitCode.DELIVERED
        try:
            async with self._intake() as intake:
                async for segment in intake:
                    if self._survey is not None:
                        self._survey.judged(segment)
                    findings, rejections = self._add(_up_to(segment, self._sample))
                    for finding in findings:
                        found(finding)
                    for rejection in rejections:
                        rejected(rejection)
                    passed(self._entries, self._rejected, self._bytes)
                    if self._sample is not None and self._entries >= self._sample:
                        break
                self.is_lines = intake.is_lines
                if intake.end is not None:
                    self._is_whole = True
                    self._bytes = intake.end.length
        except InputError as error:
            if not (isinstance(error, MalformedInput) or self._entries):
                raise
            message, code = str(error), error.exit_code
        finally:
            if self._others is not None:
                self._others.join(self._wiped.mentions)
        if code is ExitCode.DELIVERED and self._rejected:
            code = ExitCode.REJECTIONS
        return self._report(message, code, round(time.monotonic() - began, 3))

    def _intake(self) -> Intake:
        rules = replace(self._ruleset.rules, is_report=True, keep_warnings=True)
        delimited = None if self._survey is None else self._survey.delimited
        return Intake(self._source, ReadPlan(), rules, self._options, delimited=delimited)

    def _add(self, judged: Segment) -> tuple[list[Finding], Sequence[Rejection]]:
        """Count a segment in; its findings above a note, in order of position, and what is rejected of it."""
        segment, wiping = self._wiped.examined(judged)
        self._entries += judged.key.count
        self._accepted += len(segment.run)
        self._rejected += len(segment.rejections)
        keys = (key_of_media(each.media_id) for each in segment.rejections if each.media_id)
        self._named_by_rejected.recall([key for key in keys if self._is_of_project(key)])
        self._skipped += sum(span.stop - span.start for span in judged.skipped)
        self._bytes = judged.key.offset + judged.key.length
        self._counts.update(segment.counts)
        self._keeps.update({keep: n for keep in KeepData if (n := segment.run.keeps.count(keep))})
        if self._labelled is not None:
            self._replacing += self._labelled.meet(segment.run)
        is_whole = len(segment.run) == len(judged.run)
        self._geometries.update(judged.geometries if is_whole else geometries_in(segment.run))
        self._groups.count_notes({code: n for code, n in segment.counts.items() if code in self._notes})
        findings = sorted((*_findings(judged), *wiping), key=lambda finding: finding.position)
        self._groups.add(findings)
        return findings, segment.rejections

    def _media(self) -> tuple[int | None, int | None, int | None]:
        """The numbers of media of a report: accepted, rejected, without an entry."""
        named, by_rejected = self._wiped.mentions, self._named_by_rejected
        accepted = rejected = rest = None
        if named.is_complete and by_rejected.is_complete:
            accepted = len(named)
            rejected = len(by_rejected) - by_rejected.shared_with(named)
            if self._is_whole and self._wiped.importable is not None:
                rest = max(0, self._wiped.importable - accepted - rejected)
        return accepted, rejected, rest

    def _report(self, message: str, code: ExitCode, seconds: float) -> CheckReport:
        labelled = self._labelled
        accepted, rejected, rest = self._media()
        return CheckReport(
            entries=self._entries,
            accepted=self._accepted,
            rejected=self._rejected,
            skipped=self._skipped,
            findings=dict(self._counts.most_common()),
            bytes=self._bytes,
            seconds=seconds,
            exit_code=code,
            source=self._source.name,
            message=message,
            media_accepted=accepted,
            media_rejected=rejected,
            media_without_entry=rest,
            replacing=None if labelled is None else self._replacing,
            media_replaced=None if labelled is None else labelled.met,
            keep_data={_KEEP_NAMES[KeepData(keep)]: n for keep, n in sorted(self._keeps.items())},
            geometries=dict(self._geometries.most_common()),
            groups=[group for group in self._groups.groups() if group.severity is not Severity.NOTE],
            server=self._ruleset.server,
            project=self._ruleset.project,
            project_name=self._ruleset.project_name,
            checked=self._ruleset.checked,
            unchecked=(*self._ruleset.unchecked, *filter(None, [self._wiped.unknown])),
        )


def _findings(segment: Segment) -> Iterable[Finding]:
    """Every finding above a note."""
    yield from segment.warnings
    for rejection in segment.rejections:
        yield from rejection.findings


def _up_to(segment: Segment, sample: int | None) -> Segment:
    """The part of a segment that belongs to the sample. Notes, which come as numbers, are left out of a part."""
    first, count = segment.key.first, segment.key.count
    if sample is None or first + count <= sample:
        return segment
    run = segment.run.take([at for at, position in enumerate(segment.run.positions) if position < sample])
    rejections = tuple(each for each in segment.rejections if each.position < sample)
    warnings = tuple(each for each in segment.warnings if each.position < sample)
    skipped = tuple(
        span._replace(stop=min(span.stop, sample)) for span in segment.skipped if span.start < sample
    )
    part = msgspec.structs.replace(
        segment,
        key=msgspec.structs.replace(segment.key, count=sample - first),
        run=run,
        rejections=rejections,
        skipped=skipped,
        warnings=warnings,
        geometries=geometries_in(run),
    )
    return msgspec.structs.replace(part, counts=dict(Counter(each.code for each in _findings(part))))
