"""From the bytes of an upload to its entries, or to the answer that refuses them before their meaning is looked at.

    body      the two ways through: a fast one that accepts, an exact one that words the refusal
    check     compiles the schema into checks, in the order of the server's validator
    failure   what is wrong, as a tree, with pointers escaped as that validator escapes them
    messages  the text of an answer, made of such a tree, with the server's bugs

`import-schema.json` is what the server validates with (protocol 2.5). Nothing here knows projects, media or the store.
"""
