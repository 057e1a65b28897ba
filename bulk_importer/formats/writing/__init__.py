"""From a picture to entries of an import, and the account of what was left behind.

- `writer` makes the entries of a picture. `places` answers where in the label configuration something may go,
  `class_map` what a person says that a name means, `answering` makes classifications of attributes.
- `account` closes the books: objects read are objects carried and objects left behind.

Pure, but for the file of a class map. No format is known here.
"""
