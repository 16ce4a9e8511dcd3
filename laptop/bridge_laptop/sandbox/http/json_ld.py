"""Writing answers: JSON-LD, or the plain JSON of a client that asks for it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Response, request

from bridge_laptop.sandbox.instance.clock import atom

JSON_LD = "application/ld+json"
JSON = "application/json"

Body = dict[str, Any]


def wants_plain_json() -> bool:
    """Say whether the client wants JSON rather than JSON-LD; of `*/*` it gets JSON-LD."""
    return request.accept_mimetypes.best_match([JSON_LD, JSON], JSON_LD) == JSON


def wants_html() -> bool:
    """Say whether the client wants a page rather than data."""
    return request.accept_mimetypes.best_match([JSON_LD, JSON, "text/html"], JSON_LD) == "text/html"


def answer(
    body: object,
    status: int = 200,
    *,
    plain: Callable[[], object] | None = None,
    location: str | None = None,
) -> Response:
    """Write an object in the form the client accepts; `plain` makes its plain form where that is another."""
    if wants_plain_json():
        written = data(plain() if plain else plainly(body), status, f"{JSON}; charset=utf-8")
    else:
        written = data(body, status, f"{JSON_LD}; charset=utf-8")
    if location:
        written.headers["Location"] = location
    return written


def data(body: object, status: int = 200, content_type: str = JSON) -> Response:
    """Write JSON of just this type, whatever the client accepts."""
    return Response(json.dumps(body, ensure_ascii=False), status, content_type=content_type)


def nothing() -> Response:
    """Write the answer to what was done and shows nothing: 204, of no type."""
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response


def base_url() -> str:
    """Return the address of the instance as the client knows it, without a slash at its end."""
    return request.host_url.rstrip("/")


def with_context(body: Body, name: str) -> Body:
    """Put the context in front, as on an object that is a whole answer."""
    return {"@context": f"/api/contexts/{name}", **body}


def anonymous() -> str:
    """Return the identity of an object that has none of its own."""
    return f"/api/.well-known/genid/{uuid.uuid4().hex[:20]}"


def vocabulary(class_name: str, *members: str) -> Body:
    """Return the context of an object that is no resource."""
    return {
        "@vocab": f"{base_url()}/api/docs.jsonld#",
        "hydra": "http://www.w3.org/ns/hydra/core#",
        **{member: f"{class_name}/{member}" for member in members},
    }


def collection(context: str, iri: str, members: list[Body], total: int, **more: object) -> Body:
    """Write a list of objects."""
    return {
        "@context": f"/api/contexts/{context}",
        "@id": iri,
        "@type": "hydra:Collection",
        "hydra:totalItems": total,
        "hydra:member": members,
        **more,
    }


def search(iri: str, variables: list[str]) -> Body:
    """Write which filters a list knows; a variable stands for the property in its brackets, or for itself."""
    return {
        "@type": "hydra:IriTemplate",
        "hydra:template": f"{iri}{{?{','.join(variables)}}}",
        "hydra:variableRepresentation": "BasicRepresentation",
        "hydra:mapping": [
            {
                "@type": "IriTemplateMapping",
                "variable": each,
                "property": each.partition("[")[2].rstrip("]") or each,
                "required": False,
            }
            for each in variables
        ],
    }


def plainly(body: object) -> object:
    """Return a JSON-LD body as API Platform writes it for a client that wants plain JSON."""
    if isinstance(body, list):
        return [plainly(each) for each in body]
    if not isinstance(body, dict):
        return body
    if "hydra:member" in body:
        return plainly(body["hydra:member"])
    return {name: plainly(each) for name, each in body.items() if not name.startswith("@")}


def time_of(moment: datetime | None) -> str | None:
    """Write a time: whole seconds, with its offset."""
    return atom(moment) if moment else None
