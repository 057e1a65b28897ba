"""Commands that need no DataGym: `sandbox` runs one to practise on, and `demo` shows an import on it.

`demo_corpus` writes the labels that the demo imports, and `demo_page` shows it in a browser. But for the tests, this is
the only room that knows the sandbox.
"""
