"""The description of the gateway as a page: one file without scripts, which loads nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Any, Final

Spec = dict[str, Any]

STYLE: Final = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 54rem; margin: 2rem auto; padding: 0 1rem }
body { color: #222 }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #ccc } h3 { margin-top: 2rem }
code { background: #f2f2f2; padding: 0 .2em; border-radius: 3px; font-size: .9em }
b.method { color: #06c }
table { border-collapse: collapse } td { padding: .2rem 1rem .2rem 0; vertical-align: top }
@media (prefers-color-scheme: dark) {
  body { background: #181818; color: #ddd } code { background: #2a2a2a } b.method { color: #6bf }
}
"""


def page(spec: Spec) -> str:
    """`spec`, an OpenAPI description, as HTML."""
    info = spec["info"]
    title = f"{info['title']} {info['version']}"
    return "\n".join(
        [
            "<!doctype html>",
            f"<html lang='en'><meta charset='utf-8'><title>{escape(title)}</title><style>{STYLE}</style>",
            f"<h1>{escape(title)}</h1><p><b>{escape(info['summary'])}</b></p>",
            _prose(info["description"]),
            *_routes(spec),
            *_schemas(spec),
        ]
    )


def _routes(spec: Spec) -> Iterator[str]:
    for tag in spec["tags"]:
        yield f"<h2>{escape(tag['name'].capitalize())}</h2>{_prose(tag['description'])}"
        for path, methods in spec["paths"].items():
            for method, route in methods.items():
                if tag["name"] in route["tags"]:
                    yield from _route(spec, f"{method.upper()} {path}", route)


def _route(spec: Spec, name: str, route: Spec) -> Iterator[str]:
    yield f"<h3><b class='method'>{escape(name)}</b> {escape(route['summary'])}</h3>"
    yield _prose(route.get("description", ""))
    parameters = [_found(spec, each) for each in route.get("parameters", ())]
    yield _table((each["name"], _said(each)) for each in parameters)
    bodies = {"body": route.get("requestBody", {}), **route["responses"]}
    rows = ((status, kind, body) for status, each in bodies.items() for kind, body in _kinds(spec, each))
    yield _table((f"{status} {kind}", _shape(body.get("schema", {}))) for status, kind, body in rows)


def _kinds(spec: Spec, body: Spec) -> Iterator[tuple[str, Spec]]:
    """The media types of a body or an answer, or just what it is."""
    body = _found(spec, body)
    yield from body.get("content", {}).items()
    if body.get("description") and "content" not in body:
        yield "", {"schema": body}


def _schemas(spec: Spec) -> Iterator[str]:
    yield "<h2>Messages</h2>"
    for name, schema in sorted(spec["components"]["schemas"].items()):
        yield f"<h3 id='{escape(name)}'>{escape(name)}</h3>{_prose(schema.get('description', ''))}"
        yield _table((field, _shape(inner)) for field, inner in schema["properties"].items())


def _found(spec: Spec, thing: Spec) -> Spec:
    """`thing`, or what it refers to."""
    for part in thing.get("$ref", "").split("/")[1:]:
        spec = spec[part]
    return spec if "$ref" in thing else thing


def _said(parameter: Spec) -> str:
    example = f" For instance `{parameter['example']}`." if "example" in parameter else ""
    choices = ", ".join(f"`{choice}`" for choice in parameter["schema"].get("enum", ()))
    return _marked(f"{parameter.get('description', '')} {choices}{example}")


def _shape(schema: Spec) -> str:
    """A type in a few words, with a link to messages."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"<a href='#{escape(name)}'>{escape(name)}</a>"
    if schema.get("type") == "array":
        return f"list of {_shape(schema['items'])}"
    words = schema.get("description") or schema.get("contentEncoding") or schema.get("type")
    return _marked(str(words or schema.get("const", "")))


def _table(rows: Iterator[tuple[str, str]] | Any) -> str:
    return f"<table>{''.join(f'<tr><td><code>{escape(a)}</code><td>{b}' for a, b in rows)}</table>"


def _prose(text: str) -> str:
    return "".join(f"<p>{_marked(paragraph)}</p>" for paragraph in text.split("\n\n") if paragraph)


def _marked(text: str) -> str:
    """Escaped, with `code` as code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))
