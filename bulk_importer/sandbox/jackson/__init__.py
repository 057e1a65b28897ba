"""Look-alikes of the Java libraries whose behaviour shows in the server's answers: parser, hash order, numbers, regex.

A body that is no JSON, or breaks the schema, is answered with a text that was made by Jackson, org.json and a
schema validator. Clients meet these texts: with the line and column of a complaint, the order of a `HashSet`, the
digits of `Double.toString`, and keys that `String.split` takes for regular expressions. The modules here say the same
as the original, as far as that was recorded: all answers in `tests/vectors/schema.json` match to the column.
That is why they are so strict, and so long.

A maintainer of the importer may leave these 1,400 lines alone. The importer trusts the JSON pointers in an answer and
none of its words; a wrong column here may mislead a test, never an import. They change when a recorded answer differs,
and then with a test in `tests/conformance`.

    reader        one body to one tree of values, or a complaint with line and column
    tokens        strings, numbers, words
    scan          the place in the body, white space, the sentences of complaints
    strings       escapes, and UTF-8 by a lenient rule
    units         bytes to the units that the parser counts: bytes of UTF-8, or characters of UTF-16
    words         how complaints name a character
    quick         what orjson may read instead, because it reads the same
    java_numbers  which class a number becomes, and its digits in a message
    java_order    in which order a `HashMap` or a `HashSet` yields strings
    java_regex    `String.split`

Nothing here knows the schema, labels, or HTTP.
"""
