"""The text of a COCO file: where in it values lie, and what its elements are.

`window` knows where values begin and end, `sections` finds and cuts the arrays, `stretches` decodes their elements as
`rows` of the kind that is asked for. `parts` are what is looked at of a long array side by side.
"""
