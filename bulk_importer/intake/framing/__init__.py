"""Finds where elements begin and end in the bytes of a source, and where the array stops being one.

- `readers` gives any stretch of a source, from a file or from a window that slides over a stream.
- `opening` says whether the source is an array or JSON Lines, where its elements begin, and whether it ends as it
  should; `foreign` names what is neither.
- `cutting` chooses where the next stretch ends, by a guess; `segments` is the guess, and the fast proof of what is in
  a stretch.
- `scan` delimits elements by their structure where the fast proof fails; `exact` names the byte at which JSON stops.

Nothing here knows what an entry means: an element is bytes.
"""
