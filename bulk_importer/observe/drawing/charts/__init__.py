"""What plots are made of; `plots` puts them together.

A plot is as wide as the page, whatever that is, and its letters keep their size: places across are percentages, those
down are pixels, and curves are stretched by themselves. So it can be read on a telephone and on a wall, in a page
without a style sheet.

`ticks` finds round numbers and times, `period` puts time where it belongs and cuts out days between two runs, `bins`
joins stretches until a curve can be read. `axes`, `curves` and `held`, which draws what kept a run from going on, are
put together by `panel`, and by `times` for each of the plots over time. `bars` and `strip` draw what has no time.
"""
