"""Says in words what the server means by the keys of its exceptions (protocol 2.6). Pure."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["in_words"]

_MEANINGS = {
    "ex_system": "the server failed inside; most often two requests were in each other's way",
    "ex_unauthorized": "the server wants a token, or another one",
    "ex_forbidden": "the token has no right to do this",
    "ex_limit": "the quota of the organisation is used up",
    "ex_notfound": "the server does not find what the request is about",
    "ex_gen_json_upload_not_found_task": "the project has no task for the media",
    "ex_gen_wrong_entry_id": "the label configuration has no such key at this place",
    "ex_gen_entry_value_validation": "the class takes no geometry of this form",
    "ex_gen_entry_type_not_found": "the class takes no such geometry",
    "ex_validation": "a name, a key or a length has a form that the server does not allow",
    "ex_alreadyexists": "a key would stand there twice",
    "ex_gen_forbidden_keyword": "the server keeps this word for itself",
    "ex_gen_config_depth": "the label configuration would be too deep",
    "ex_gen_config_not_cleared": "there is a label configuration already",
    "ex_gen_geometry_definition_incorrect": "a geometry cannot stand at this place",
    "ex_gen_entry_classification_incorrect": "a text needs a longest length",
    "ex_gen_error_messages": "the server could not read the request",
}
_OTHER = "the server refused the request"


def in_words(key: str, params: Sequence[str] = ()) -> str:
    """What a key and its parameters mean, with both behind it, as people search for them."""
    said = f"{key} {list(params)}" if params else key
    return f"{_MEANINGS.get(key, _OTHER)} ({said})"
