"""A real browser, Debian's chromium, and a person who uses it.

    def test_that(visit: Visit, sandbox_process: StartSandboxProcess) -> None:
        page = visit(sandbox_process().url).page
        expect(page.get_by_role("heading", name="DataGym sandbox")).to_be_visible()

A test fails, beside what it asserts, on an error in the console, on an exception in a script, and on a request to a
host that it did not visit. The fixtures stand in `tests/browser/conftest.py`; they need the synchronous interface of
playwright, whose event loop fills the thread: no asynchronous test may stand in a module that uses them.
"""
