"""How the API refuses: one exception for each kind of error body CoopCycle writes.

The bodies are those of API Platform with `Accept: application/ld+json`; with `application/json` they are
problem documents (recorded: create_refusals, "asks for JSON, refused").
"""

from __future__ import annotations

from dataclasses import dataclass


class ApiProblem(Exception):
    """A refusal; its body is hydra's error object."""

    content_type = "application/ld+json; charset=utf-8"

    def __init__(self, status: int, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.description = description

    def body(self) -> dict[str, object]:
        """Return the JSON-LD body."""
        return {
            "@context": "/api/contexts/Error",
            "@type": "hydra:Error",
            "hydra:title": "An error occurred",
            "hydra:description": self.description,
        }

    def plain_body(self) -> dict[str, object]:
        """Return the problem document."""
        return {
            "type": "https://tools.ietf.org/html/rfc2616#section-10",
            "title": "An error occurred",
            "detail": self.description,
        }


class BadRequest(ApiProblem):
    """The request is of the wrong type, form or content: 400."""

    def __init__(self, description: str) -> None:
        super().__init__(400, description)


class NotAuthenticated(ApiProblem):
    """No bearer at all: 401, as hydra's error (recorded: token, "no Authorization")."""

    def __init__(self) -> None:
        super().__init__(401, "Full authentication is required to access this resource.")


class Forbidden(ApiProblem):
    """The object belongs to somebody else, or the scope is missing: 403."""

    def __init__(self, description: str = "Access Denied.") -> None:
        super().__init__(403, description)


class NotFound(ApiProblem):
    """There is no such object: 404."""

    def __init__(self, description: str = "Not Found") -> None:
        super().__init__(404, description)


class ServerFault(ApiProblem):
    """A PHP error. In production its text is masked, so the client learns nothing: 500."""

    def __init__(self) -> None:
        super().__init__(500, "Internal Server Error")


class NoPrice(ApiProblem):
    """No rule of the store's price list matches; the body shows how it was calculated.

    Recorded: feasibility_and_price, the price asked by acme2; its type is plain `application/json`.
    """

    content_type = "application/json"

    def __init__(self, calculation: dict[str, object]) -> None:
        super().__init__(400, "Le prix de la course n'a pas pu être calculé.")
        self.calculation = calculation

    def body(self) -> dict[str, object]:
        """Return hydra's error object with the calculation."""
        return {**super().body(), "calculation": self.calculation}


@dataclass(frozen=True)
class Violation:
    """One broken constraint; clients should go by the path, as the message is translated."""

    path: str
    message: str
    code: str | None


class Invalid(ApiProblem):
    """The object breaks constraints: 400 with a list of violations."""

    def __init__(self, *violations: Violation) -> None:
        super().__init__(400, "\n".join(f"{each.path}: {each.message}" for each in violations))
        self.violations = violations

    def listed(self) -> list[dict[str, object]]:
        """Return the violations as the API lists them."""
        return [
            {"propertyPath": each.path, "message": each.message, "code": each.code}
            for each in self.violations
        ]

    def body(self) -> dict[str, object]:
        """Return hydra's list of violations."""
        return {
            "@context": "/api/contexts/ConstraintViolationList",
            "@type": "ConstraintViolationList",
            "hydra:title": "An error occurred",
            "hydra:description": self.description,
            "violations": self.listed(),
        }

    def plain_body(self) -> dict[str, object]:
        """Return the problem document with the violations."""
        return {**super().plain_body(), "violations": self.listed()}


class Unauthorized(Exception):
    """The bearer is refused, or the route is not open to it: 401, in Lexik's form."""

    def __init__(self, message: str = "Invalid JWT Token") -> None:
        super().__init__(message)
        self.message = message


class PageOfDocumentation(Exception):
    """API Platform shows its documentation to whoever asks for HTML: 200, and nothing is done.

    Recorded: create_refusals, `Accept: text/html` on a POST.
    """
