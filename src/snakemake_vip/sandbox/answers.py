"""What VIP answers when something is wrong: codes, texts and bodies, to the letter."""

from __future__ import annotations

from typing import Any

from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

_NAMES_AND_TEMPLATES: dict[int, tuple[str, str | None]] = {
    8000: ("GENERIC_API_ERROR", "An error has been encountered on the VIP API"),
    8001: ("NOT_IMPLEMENTED", "The {} method is not implemented in the VIP API"),
    8002: ("BAD_CREDENTIALS", "Bad credentials"),
    8003: ("INSUFFICIENT_AUTH", None),
    8004: ("AUTHENTICATION_ERROR", None),
    8005: ("INVALID_PIPELINE_IDENTIFIER", "The {} pipeline identifier is not valid"),
    8006: ("APPLICATION_NOT_FOUND", None),
    8007: ("PIPELINE_NOT_FOUND", "The {} pipeline does not exists or cannot be used"),
    8008: ("NOT_ALLOWED_TO_USE_PIPELINE", "Not allowed to access pipeline {}"),
    8009: ("INPUT_FIELD_NOT_VALID", "Input field '{}' is not valid. Cause : {}"),
    8010: ("WRONG_DATE_FORMAT", "The date {} have a wrong format (needed : {})"),
    8011: ("WRONG_STAT_SERVICE", "The service {} is unknown, only 'vip' is possible"),
    8012: ("COUNTRY_UNKNOWN", "Country unknown : {}"),
    8013: ("UNAUTHORIZED_DATA_ACCESS", "Unauthorized data access to : {}"),
    8014: ("WRONG_OIDC_LOGIN", "The login process encountered an error"),
    8015: ("INVALID_EXECUTION_ID", "No execution available with this id : {}"),
    8016: ("INVALID_EXAMPLE_ID", "There is no example with the id : {}"),
    8017: ("NOT_COMPATIBLE_WITH_BOUTIQUES", "The pipeline is not compatible with boutiques : {}"),
    8018: ("INPUT_FIELD_MISSING", "Input field '{}' is missing"),
    8019: ("INVALID_EXECUTION_NAME", "The execution name is not valid : Cause {}"),
    8020: ("INVALID_EXECUTION_INIT", "The execution could not be submitted : Cause {}"),
    2000: ("PLATFORM_MAX_EXECS", "Max number of running executions reached on the platform."),
    2001: (
        "USER_MAX_EXECS",
        "Max number of running executions reached.<br />You already have {} running executions.",
    ),
    2002: ("WRONG_APPLICATION_DESCRIPTOR", "Error getting application descriptor for {}."),
}
GENERIC = 8000


class RefusedError(Exception):
    """A request that VIP refuses.

    Parameters
    ----------
    code
        VIP's error code.
    arguments
        What fills the placeholders of the code's text.
    status
        The HTTP status: 400 for nearly everything.
    reason
        Why, for the sandbox's own log: VIP does not tell it to the client.
    """

    def __init__(
        self, code: int = GENERIC, *arguments: object, status: int = 400, reason: str = ""
    ) -> None:
        self.code = code
        self.arguments = arguments
        self.status = status
        self.reason = reason
        super().__init__(reason or f"error {code}")

    @property
    def response(self) -> Response:
        """What the client receives."""
        return error_response(self.code, message(self.code, *self.arguments), self.status)


class SpringError(RefusedError):
    """A request that the framework below VIP refuses: the same code, without its suffix."""

    @property
    def response(self) -> Response:
        """What the client receives."""
        return spring_response(self.status)


def message(code: int, *arguments: object) -> str:
    """Return the text of an answer: the filled template, and its code."""
    template = _NAMES_AND_TEMPLATES[code][1] or ""
    for argument in arguments:
        template = template.replace("{}", str(argument), 1)
    return f"{template.replace('<br />', '')} (Error code {code})"


def catalogue() -> list[dict[str, Any]]:
    """Return the codes as ``/platform`` lists them: raw templates."""
    return [
        {"errorCode": code, "errorMessage": template or _unknown_in_advance(name)}
        for code, (name, template) in _NAMES_AND_TEMPLATES.items()
    ]


def _unknown_in_advance(name: str) -> str:
    told = name.lower().replace("_", " ")
    return f"The error message for '{told}' cannot be known in advance"


def error_response(code: int, text: str, status: int = 400) -> Response:
    """Return VIP's error body: two keys, in this order (clients compare the list of keys)."""
    return JSONResponse({"errorCode": code, "errorMessage": text}, status_code=status)


def spring_response(status: int) -> Response:
    """Return what an error of the framework gives: 8000 without the suffix."""
    return error_response(GENERIC, _NAMES_AND_TEMPLATES[GENERIC][1] or "", status)


def unauthorized(code: int, text: str) -> Response:
    """Return the answer to a missing or wrong key."""
    response = error_response(code, text, 401)
    response.headers["WWW-Authenticate"] = "header; header-name=apikey"
    return response


def container_page(status: int, title: str) -> Response:
    """Return the servlet container's own HTML page: not VIP's JSON."""
    page = (
        f'<!doctype html><html lang="en"><head><title>HTTP Status {status} - {title}</title>'
        f"</head><body><h1>HTTP Status {status} - {title}</h1></body></html>"
    )
    return HTMLResponse(page, status_code=status, media_type="text/html;charset=utf-8")


def text_response(text: str) -> Response:
    """Return plain text with the content type that VIP gives it."""
    return PlainTextResponse(text, media_type="text/plain;charset=UTF-8")
